"""Words of names that are everyday words too: where they mean the person, and how the proof counts the rest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.data.rows import RawRow
from engine.privacy.cases import opens_sentence
from engine.privacy.findings import NewFinding
from engine.privacy.innerjson import quoted_in_json, without_escapes
from engine.privacy.intake import Intake
from engine.privacy.merge import Hit, merge_hits
from engine.privacy.parts import doubtful_words, lone_words, tells, words_of_name
from engine.privacy.remains import Remains, hidden_values
from engine.privacy.replace import Edit, apply
from engine.privacy.rowscan import findings_of_row
from engine.privacy.store import FindingsStore
from engine.privacy.sweep import Sweeper, Wanted
from engine.privacy.texts import new_finding, scanned_fields


def hit(text: str, value: str, score: float = 0.9) -> Hit:
    return Hit(text.index(value), text.index(value) + len(value), "PERSON", score, "Fake")


def test_words_of_a_name() -> None:
    assert words_of_name("Mrs Brook van Winter") == ["Brook", "Winter"]
    assert words_of_name("Winter") == []
    assert doubtful_words("Maya Stone") == ["Stone"]
    assert tells("Lindqvist")
    assert not tells("Stone")


@pytest.mark.parametrize(
    ("text", "opens"),
    [("Stone is", True), ("So. Stone is", True), ("a\nStone", True), ('he: "Stone', True), ("to Stone", False)],
)
def test_a_capital_at_the_beginning_says_nothing(text: str, opens: bool) -> None:
    assert opens_sentence(text, text.index("Stone")) is opens


def test_a_lone_surname_beside_the_whole_name_is_found() -> None:
    record = {"a": "my friend Tobias Stone came", "b": "Stone cold. Give Stone my number, no stone, no Stonehenge"}
    row = RawRow(0, 1, record)
    fields = scanned_fields(row)
    hits = [[hit(fields[0][1], "Tobias Stone")], []]
    found = [(one.field, one.start, one.value) for one in findings_of_row(row, fields, hits, Sweeper([]))]
    assert found == [("a", 10, "Tobias Stone"), ("b", 17, "Stone")]
    assert lone_words([("a", "no name here, Stone")], [[]]) == []


def store_of(path: Path, text: str, values: Sequence[str]) -> FindingsStore:
    store = FindingsStore(path / "findings.sqlite")
    intake = Intake(store)
    intake.begin()
    found: list[NewFinding] = [new_finding(0, "text", text, hit(text, value), "text", "x") for value in values]
    intake.add(found)
    intake.finish({"scan_id": "x"})
    return store


def test_a_lone_name_that_is_a_word_is_found_in_the_other_turns() -> None:
    asked, said = "Will will pick it up, joy has the key", "Got it. I'll let Will know. Will that be all? Tell Joy."
    found = lone_words([("a", asked), ("b", said)], [[hit(asked, "Will"), hit(asked, "joy")], []])
    assert found[0] == []
    assert [(said[one.start : one.end], one.start) for one in found[1]] == [("Will", 17), ("Joy", 51)]
    assert lone_words([("a", asked), ("b", said)], [[hit(asked, "Will", 0.5)], []]) == []


def test_what_is_searched_and_what_is_only_counted(tmp_path: Path) -> None:
    text = "Maya Lindqvist, Tobias Stone, Will, Anna Berg, Berg"
    with store_of(tmp_path, text, ["Maya Lindqvist", "Tobias Stone", "Will", "Anna Berg", "Berg"]) as store:
        store.decide_values(
            [row.id for row in store.values(0, 9, search="Berg") if row.value == "Berg"], "keep", "person"
        )
        hidden = hidden_values(store, parts=True)
        assert "Lindqvist" not in {one.value for one in hidden_values(store, parts=False).searched}
    searched = {one.value for one in hidden.searched}
    assert searched >= {"Lindqvist", "Tobias", "Will", "Anna Berg"}
    assert not {"Berg", "Stone"} & searched, "kept, and a word"
    assert {"Stone", "Will"} <= set(hidden.doubtful)
    assert [match.start for match in Sweeper(hidden.searched).find("Will you ask Will? I will.")] == [0, 13]


def test_remains_are_counted_apart() -> None:
    remains = Remains(["Stone", "4821"])
    text = "Stone. Give Stone a stone, pin 4821, for Stone or Stone"
    ours = [Edit(text.rindex("Stone"), len(text), "Stone", "PERSON")]
    remains.look(3, "text", text, ours, lambda _, start, __: start == text.index("Stone or"))
    made = remains.as_dict()
    assert (made["count"], made["as_words"]) == (2, 2)
    assert made["by_word"][0] == {"word": "Stone", "as_name": 1, "as_word": 2}
    assert made["listed"][0] == {"row": 3, "field": "text", "start": 12, "word": "Stone"}


def test_json_in_a_text_is_read_as_it_is_meant() -> None:
    text = json.dumps({"body": 'Dear all,\nMaya says "Tobias\\x"', "phone": 46701740631, "at": [1, 46701740631]})
    eased = without_escapes(text)
    assert len(eased) == len(text)
    assert [one.start for one in Sweeper([Wanted("Maya", "PERSON")]).find(text)] == [text.index("Maya")]
    assert without_escapes(r"no json \nMaya") == r"no json \nMaya"
    places = [at for at in range(len(text)) if text.startswith("46701740631", at)]
    edits = [Edit(at, at + 11, "<PHONE_NUMBER_1>", "PHONE_NUMBER") for at in places]
    assert json.loads(apply(text, quoted_in_json(text, edits)))["at"] == [1, "<PHONE_NUMBER_1>"]
    numbers = [Edit(at, at + 11, "46701740699", "PHONE_NUMBER") for at in places]
    assert quoted_in_json(text, numbers) == numbers
    said = "[46701740631] he said"
    assert quoted_in_json(said, [Edit(1, 12, "<X_1>", "ID")])[0].new == "<X_1>"


def test_many_findings_in_one_text_stay_what_they_are() -> None:
    text = ", ".join(f"Maya Berg{number:04d}" for number in range(400))
    hits = [Hit(at * 15, at * 15 + 13, "PERSON", 0.9, "Fake") for at in range(400)]
    inner = [Hit(at * 15 + 5, at * 15 + 13, "LOCATION", 0.5, "Fake") for at in range(400)]
    assert merge_hits(text, [*inner, *hits]) == hits
