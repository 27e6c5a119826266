"""Corpora become rows for tuning the name model: text as people type it, names without titles."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presets.redaction.names_model.corpora import CORPORA, main, spoken_order
from presets.redaction.names_model.documents import meddocan
from presets.redaction.names_model.rows import Row
from presets.redaction.names_model.sentences import (
    detokenised,
    grouped,
    joined,
    name_in,
    rewritten,
    tagged_sentence,
    without_gaps,
)


def values(row: Row) -> list[tuple[str, str]]:
    return [(row.text[start:end], label) for start, end, label in row.spans]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("Ann 's dog , Rex , wo n't bark .", "Ann's dog, Rex, won't bark."),
        ('" Stop ! " said Bo ( twice ) .', '"Stop!" said Bo (twice).'),
        ("It cost $ 5 , `` they '' said .", 'It cost $5, "they" said.'),
        ("# tbt @ann", "#tbt @ann"),
    ],
)
def test_words_become_text_again(words: str, text: str) -> None:
    assert detokenised(words.split())[0] == text


@given(st.lists(st.sampled_from(["Ann", "'s", ",", '"', "(", ")", "n't", "``", "''", "ça", "."]), max_size=12))
def test_every_word_stands_where_it_is_said_to(words: list[str]) -> None:
    text, starts = detokenised(words)
    shown = {"``": '"', "''": '"'}
    for word, start in zip(words, starts, strict=True):
        assert text.startswith(shown.get(word, word), start)


@pytest.mark.parametrize(
    ("mention", "name", "loosely"),
    [
        ("Mr. Darcy", "Darcy", False),
        ("Dr Ann Lee's", "Ann Lee", False),
        ("the old Count", None, True),
        ("Aunt Polly", "Polly", True),
        ("Prof.", None, False),
    ],
)
def test_titles_are_no_part_of_a_name(mention: str, name: str | None, loosely: bool) -> None:
    place = name_in(mention, 0, len(mention), loosely)
    assert (mention[slice(*place)] if place else None) == name


def test_a_tagged_sentence_has_its_names() -> None:
    words = ["I", "met", "Mr.", "Bo", "Lee", "at", "Lee", "'s", "Diner"]
    tags = ["O", "O", "B-PER", "I-PER", "I-PER", "O", "B-ORG", "I-ORG", "I-ORG"]
    row = tagged_sentence(words, tags, {"PER"}, {"ORG"})
    assert row.text == "I met Mr. Bo Lee at Lee's Diner"
    assert values(row) == [("Bo Lee", "PERSON"), ("Lee's Diner", "OTHER")]
    assert not row.complete


def test_contracted_words_move_the_names_along() -> None:
    import re

    row = Row("a casa de o Rui e de a Ana", ((12, 15, "PERSON"), (23, 26, "PERSON")))
    other = rewritten(row, re.compile(r"\bde [oa]\b"), {"de o": "do", "de a": "da"})
    assert other.text == "a casa do Rui e da Ana"
    assert values(other) == [("Rui", "PERSON"), ("Ana", "PERSON")]


def test_orders_to_an_assistant_have_their_people() -> None:
    row = spoken_order("mail [person : ann lee] about [event_name : bach]", "Mail Ann Lee about Bach")
    assert values(row) == [("Ann Lee", "PERSON"), ("Bach", "OTHER")]


def test_sentences_are_put_together_and_keep_their_names() -> None:
    sentences = [Row("Hi Bo.", ((3, 5, "PERSON"),)), Row("So", ()), Row("Ann left.", ((0, 3, "PERSON"),))]
    whole = joined(sentences, line=False)
    assert whole.text == "Hi Bo. So\nAnn left."
    assert values(whole) == [("Bo", "PERSON"), ("Ann", "PERSON")]
    rows = list(grouped([sentences], 2, random.Random(1)))
    assert sum(len(row.spans) for row in rows) == 2
    assert "".join(row.text for row in rows).count("left") == 1


def test_rows_with_a_forgotten_mark_are_left_out() -> None:
    rows = [Row("Odile came.", ((0, 5, "PERSON"),)), Row("Then Odile went.", ()), Row("Nobody came.", ())]
    assert [row.text for row in without_gaps(rows)] == ["Odile came.", "Nobody came."]


def test_case_reports_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "corpus" / "train" / "brat"
    folder.mkdir(parents=True)
    text = "Nombre: Ana Ruiz.\nVive en Calle Sol 4.\n"
    (folder / "a.txt").write_text(text, encoding="utf-8")
    marks = [("NOMBRE_SUJETO_ASISTENCIA", "Ana Ruiz"), ("CALLE", "Calle Sol 4")]
    lines = [
        f"T{number}\t{kind} {text.index(value)} {text.index(value) + len(value)}\t{value}"
        for number, (kind, value) in enumerate(marks, 1)
    ]
    (folder / "a.ann").write_text("\n".join(lines), encoding="utf-8")
    (document,) = meddocan(tmp_path, "train")
    assert [one for row in document for one in values(row)] == [("Ana Ruiz", "PERSON"), ("Calle Sol 4", "ADDRESS")]


def test_the_command_writes_what_tuning_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "in" / CORPORA["wnut17"].repository
    repository.mkdir(parents=True)
    tweet = "hi\tO\nOdile\tB-person\n!\tO\n\n"
    (repository / "wnut17train.conll").write_text(tweet, encoding="utf-8")
    out = tmp_path / "out"
    monkeypatch.setattr("sys.argv", ["corpora", "--repositories", str(tmp_path / "in"), "--out", str(out)])
    main()
    assert [file.name for file in out.iterdir()] == ["wnut17.train.jsonl"]
    record = json.loads((out / "wnut17.train.jsonl").read_text(encoding="utf-8"))
    assert record == {"text": "hi Odile!", "spans": [{"start": 3, "end": 8, "label": "PERSON"}]}
