"""The health of a dataset: each trouble with its count, places and a fix that can be undone."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.actions import choose_data, choose_fixes
from engine.data.check import CheckReport, check_data
from engine.data.examples import open_dataset
from engine.data.health import KINDS
from engine.data.health_rules import load_health_rules
from engine.data.language import language_of
from engine.data.rows import BadRow
from engine.data.shapes import Example
from engine.data.split import choose_holdout, holdout_point
from engine.data.survey import count_words
from engine.errors import DataError, SpecError
from engine.files import sha256_of
from engine.project import create_project
from engine.spec import FIXES, DataSpec
from engine.steps import inputs_of, step_statuses, take_step
from tui.data_report import Report

CHANCE = random.Random(5)
NOUNS = ["".join(CHANCE.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(2000)]


def words(seed: int, count: int = 25) -> str:
    """English enough to be told, and different for every seed."""
    chance = random.Random(seed)
    return " ".join(
        f"the {chance.choice(NOUNS)} is" if place % 4 == 0 else chance.choice(NOUNS) for place in range(count)
    )


def chat(question: str, answer: str) -> str:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns})


def save(folder: Path, lines: list[str], **settings: Any) -> DataSpec:
    file = folder / "rows.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return DataSpec(path=str(file), **settings)


def issue(report: CheckReport, name: str) -> dict[str, Any]:
    return next(found for found in report.health["issues"] if found["name"] == name)


def good(count: int, start: int = 0) -> list[str]:
    return [chat(words(n), words(n + 100_000)) for n in range(start, start + count)]


def test_every_fix_has_a_kind() -> None:
    assert {kind.fix for kind in KINDS} == set(FIXES)
    assert load_health_rules().similarity == 0.8


def test_good_rows_have_no_trouble(tmp_path: Path) -> None:
    report = check_data(save(tmp_path, good(60)))
    assert {found["name"]: found["count"] for found in report.health["issues"] if found["count"]} == {}
    assert (report.health["language"], report.health["json"]) == ("English", False)
    assert CheckReport.from_dict(json.loads(json.dumps(report.as_dict()))) == report


def troubled(name: str) -> tuple[list[str], int]:
    """Rows of which some have one trouble, and how many."""
    rows = good(40)
    if name == "near_duplicates":
        return [*rows, *(chat(words(n) + " indeed", words(n + 100_000)) for n in range(4))], 4
    if name == "too_short":
        return [*rows, chat("hi", "you"), chat("oh", "no")], 2
    if name == "too_long":
        return [*rows, chat("tell me all", words(77, 3000))], 1
    if name == "wrong_language":
        german = "der Hund und die Katze sind nicht im Haus, aber ich bin noch da und das ist auch gut"
        return [*rows, chat(german, german + " so")], 1
    answers = [chat(words(n), json.dumps({"answer": words(n + 1), "n": n})) for n in range(40)]
    return [*answers, chat(words(90), "Sorry, I cannot."), chat(words(91), '{"answer": ')], 2


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.row_kind], ids=lambda kind: kind.name)
def test_a_fix_leaves_rows_out_and_removing_it_undoes_it(tmp_path: Path, kind: Any) -> None:
    lines, count = troubled(kind.name)
    data = save(tmp_path, lines)
    before = check_data(data)
    found = issue(before, kind.name)
    assert (found["count"], found["fix"], found["fixed"]) == (count, kind.fix, False)
    assert [place["line"] for place in found["examples"]] == list(range(len(lines) - count + 1, len(lines) + 1))
    fixed = check_data(data.model_copy(update={"fixes": [kind.fix]}))
    assert (fixed.usable, fixed.bad_rows, fixed.rows) == (len(lines) - count, count, len(lines))
    assert {row.kind for row in fixed.bad} == {kind.row_kind}
    assert all(row.reason and row.fate == "left out" for row in fixed.bad)
    assert (issue(fixed, kind.name)["count"], issue(fixed, kind.name)["fixed"]) == (count, True)
    assert fixed.health["left_out"] == {kind.row_kind: count}
    assert fixed.sha256 == before.sha256 == sha256_of(Path(data.path))
    assert check_data(data) == before


def test_what_is_read_is_what_the_check_says(tmp_path: Path) -> None:
    lines, count = troubled("near_duplicates")
    data = save(tmp_path, [*lines, chat("hi", "you")], fixes=["drop_near_duplicates", "drop_too_short"])
    rows = list(open_dataset(data).examples())
    left_out = [row for row in rows if isinstance(row, BadRow)]
    assert [row.kind for row in left_out] == ["near_duplicate"] * count + ["too_short"]
    assert left_out[0].reason == "nearly the same as line 1"
    assert len(rows) == len(lines) + 1


def test_shared_system_texts_make_no_near_duplicates(tmp_path: Path) -> None:
    system = {"role": "system", "content": words(1, 300)}
    rows = [json.loads(line) for line in good(20)]
    lines = [json.dumps({"messages": [system, *row["messages"]]}) for row in rows]
    assert issue(check_data(save(tmp_path, lines)), "near_duplicates")["count"] == 0


def test_fixes_that_leave_nothing_are_told(tmp_path: Path) -> None:
    data = save(tmp_path, [chat("a", "b"), chat("c", "d")], fixes=["drop_too_short"])
    with pytest.raises(DataError) as caught:
        check_data(data)
    assert caught.value.error_code == "all_left_out"
    assert "drop_too_short" in caught.value.what


def twins(count: int) -> list[str]:
    rows = []
    for n in range(count):
        rows += [chat(words(n), words(n + 100_000)), chat(words(n) + " indeed", words(n + 100_000))]
    return rows


def test_near_duplicates_stay_on_one_side(tmp_path: Path) -> None:
    data = save(tmp_path, twins(80), holdout=0.2)
    before = check_data(data)
    assert issue(before, "leakage")["count"] > 5
    together = data.model_copy(update={"fixes": ["keep_near_duplicates_together"]})
    rows = [row for row in open_dataset(together).examples() if isinstance(row, Example)]
    held_out = choose_holdout([holdout_point(row) for row in rows], 0.2)
    assert held_out[::2] == held_out[1::2]
    assert 0.08 < sum(held_out) / len(held_out) < 0.35
    after = check_data(together)
    assert (after.usable, after.holdout) == (160, sum(held_out))
    assert issue(after, "leakage")["fixed"]


@settings(max_examples=6, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_side_of_a_group_does_not_depend_on_the_order(
    tmp_path_factory: pytest.TempPathFactory, chance: Any
) -> None:
    lines = twins(12)
    sides = []
    for _ in range(2):
        chance.shuffle(lines)
        data = save(tmp_path_factory.mktemp("rows"), lines, fixes=["keep_near_duplicates_together"])
        rows = [row for row in open_dataset(data).examples() if isinstance(row, Example)]
        sides.append({row.content(): holdout_point(row) for row in rows})
    assert sides[0] == sides[1]


def test_mixed_languages_have_no_wrong_one(tmp_path: Path) -> None:
    german = "der Hund und die Katze sind nicht im Haus, aber ich bin noch da und das ist auch gut"
    lines = [*good(15), *(chat(f"{german} {n}", f"{german} {n * 7}") for n in range(15))]
    report = check_data(save(tmp_path, lines))
    assert (report.health["language"], issue(report, "wrong_language")["count"]) == ("", 0)


def test_words_are_counted_in_scripts_without_blanks() -> None:
    assert count_words("one two, three") == 3
    assert count_words("\u8fd9\u662f\u4e00\u4e2a\u6d4b\u8bd5 ok") == 4


def test_choosing_fixes_keeps_the_step_and_wants_a_new_preview(tmp_path: Path) -> None:
    project, _ = create_project(tmp_path / "project")
    data = save(tmp_path, good(3))
    choose_data(project, data.path)
    project.update(lambda spec: take_step("preview", take_step("privacy", take_step("data", spec))))
    spec = choose_fixes(project, add=["drop_too_short", "drop_near_duplicates"])
    assert spec.data is not None
    assert spec.data.fixes == ["drop_near_duplicates", "drop_too_short"]
    states = {status.step: (status.state, status.reason) for status in step_statuses(project.load())}
    assert states["data"][0] == states["privacy"][0] == "done"
    assert states["preview"] == ("stale", "what is done about unhealthy rows was changed")
    spec = choose_data(project, data.path, shape="messages")
    assert spec.data is not None
    assert len(spec.data.fixes) == 2
    spec = choose_fixes(project, remove=FIXES)
    assert "fixes" not in inputs_of("preview", spec)


def test_an_unknown_fix_names_the_nearest(tmp_path: Path) -> None:
    project, _ = create_project(tmp_path / "project")
    with pytest.raises(SpecError) as caught:
        choose_fixes(project, add=["drop_near_duplicate"])
    assert "drop_near_duplicates" in caught.value.hint
    with pytest.raises(DataError):
        choose_fixes(project, add=["drop_too_short"])


@pytest.mark.parametrize(
    ("answer", "sound"),
    [
        ('```JSON\r\n{"a": 1}\r\n```', True),
        ('``` {"a": 1} ```', True),
        ('{"a": 1}', True),
        ('{"a": NaN}', False),
        ('Here: {"a": 1}', False),
        ('```json\n{"a": ```', False),
        ("1", False),
    ],
)
def test_what_counts_as_a_json_answer(tmp_path: Path, answer: str, sound: bool) -> None:
    lines = [chat(words(n), json.dumps({"answer": words(n + 1)})) for n in range(12)]
    found = issue(check_data(save(tmp_path, [*lines, chat(words(90), answer)])), "invalid_json")
    assert found["count"] == (0 if sound else 1)


def test_repeats_never_push_broken_rows_off_the_list(tmp_path: Path) -> None:
    report = check_data(save(tmp_path, [*good(1)] * 1100 + [chat("a question", ""), '{"messages": [']))
    assert (len(report.bad), report.bad_rows, report.duplicates) == (1000, 1101, 1099)
    assert [row.line for row in report.bad[-2:]] == [1101, 1102]
    shown = Report(report.as_dict())
    assert [row["kind"] for row in shown.bad_first_broken[:3]] == ["empty_answer", "truncated_json", "duplicate"]
    assert shown.bad_kinds == [("empty answer", 1), ("cut off", 1), ("repeats", 1099)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("no no no dont do that to me again", "English"),
        ("minha mulher está fora então tenho o fim de semana todo", "Portuguese"),
        ("tómate tu tiempo con el vídeo no hay prisa", "Spanish"),
        ("ok no problem babe, talk to you later then", "English"),
    ],
)
def test_short_rows_are_not_taken_for_a_neighbour(text: str, language: str) -> None:
    assert language_of(text) == language
