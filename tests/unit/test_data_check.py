"""The check of a whole dataset, the split, and files of which no row can be used."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.check import CheckReport, check_data
from engine.data.shapes import Example, Message
from engine.data.split import choose_holdout, content_hash, holdout_point
from engine.errors import DataError, StoppedError
from engine.files import sha256_of
from engine.spec import DataSpec


def chat(question: str, answer: str) -> str:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns})


def save(folder: Path, lines: list[str], name: str = "rows.jsonl") -> DataSpec:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogatepass")
    return DataSpec(path=str(folder / name))


def test_everything_is_counted(tmp_path: Path) -> None:
    lines = [chat(f"question {number}", "answer" * (1 + number % 3)) for number in range(100)]
    lines[10:10] = [lines[3], chat("q", ""), '{"messages": [', "", lines[3], chat("broken \ud83d", "a")]
    data = save(tmp_path, lines)
    told: list[tuple[int, int, str]] = []
    report = check_data(data, lambda *now: told.append(now))
    assert (report.rows, report.usable, report.bad_rows, report.duplicates) == (105, 101, 4, 2)
    assert [(row.index, row.line, row.kind) for row in report.bad] == [
        (10, 11, "duplicate"),
        (11, 12, "empty_answer"),
        (12, 13, "truncated_json"),
        (13, 15, "duplicate"),
    ]
    assert report.bad[0].reason == "exact duplicate of line 4"
    assert {reason.kind: reason.count for reason in report.reasons} == {
        "duplicate": 2,
        "empty_answer": 1,
        "truncated_json": 1,
    }
    assert report.roles == {"user": 101, "assistant": 101}
    assert (report.repaired, report.columns, report.shape, report.format) == (1, ["messages"], "messages", "jsonl")
    assert (report.chars.shortest, report.chars.longest) == (9, 29)
    assert 1 <= report.holdout <= 25
    assert report.sha256 == sha256_of(Path(data.path))
    assert report.samples[0][1] == {"role": "assistant", "content": "answer"}
    assert len(report.samples) == 3
    assert told[-1][0] == told[-1][1] == report.size_bytes
    assert CheckReport.from_dict(json.loads(json.dumps(report.as_dict()))) == report


def test_listed_bad_rows_are_capped_and_counts_are_not(tmp_path: Path) -> None:
    report = check_data(save(tmp_path, [chat("q", "a"), *["[]"] * 1500]))
    assert (len(report.bad), report.bad_rows, report.reasons[0].count) == (1000, 1500, 1500)


def test_duplicates_in_a_file_of_one_line(tmp_path: Path) -> None:
    rows = [json.loads(chat("q", "a")), json.loads(chat("q2", "a")), json.loads(chat("q", "a"))]
    report = check_data(save(tmp_path, [json.dumps(rows)], "rows.json"))
    assert (report.usable, report.duplicates, report.bad[0].reason) == (2, 1, "exact duplicate of row 1")


def test_all_bad_shows_the_commonest_reasons(tmp_path: Path) -> None:
    lines = [chat("q", "")] * 5 + ["{"] * 3 + ["[]"] * 2 + ["{]"]
    with pytest.raises(DataError) as caught:
        check_data(save(tmp_path, lines))
    assert caught.value.error_code == "all_bad"
    first, *places = caught.value.what.splitlines()
    assert first.startswith("All 11 rows are bad.")
    assert [place.split(":")[:2] for place in places] == [["rows.jsonl", "1, field messages.1.content"], *[
        ["rows.jsonl", "6"], ["rows.jsonl", "9"]]]  # fmt: skip
    assert "(5 rows)" in places[0]


def test_a_thousand_bad_rows_are_enough(tmp_path: Path) -> None:
    data = save(tmp_path, ["no json at all"] * 200_000)
    with pytest.raises(DataError, match="Not one row") as caught:
        check_data(data)
    assert "The first 1000 rows" in caught.value.what
    bad_chats = save(tmp_path, [chat("q", "")] * 5000, "chats.jsonl")
    with pytest.raises(DataError) as caught:
        check_data(bad_chats)
    assert "The first 1000 rows" in caught.value.what


def test_a_file_of_another_encoding_with_few_such_lines_is_refused(tmp_path: Path) -> None:
    lines = [chat(f"q{number}", "a").encode() for number in range(200)]
    for number in range(0, 200, 20):
        lines[number] = b'{"text": "d\xe9j\xe0"}'
    (tmp_path / "rows.jsonl").write_bytes(b"\n".join(lines))
    with pytest.raises(DataError) as caught:
        check_data(DataSpec(path=str(tmp_path / "rows.jsonl")))
    assert caught.value.error_code == "encoding"
    assert "rows.jsonl:1: byte 0xE9" in caught.value.what


def test_the_check_is_light() -> None:
    heavy = ("torch", "transformers", "datasets", "pyarrow", "pandas", "numpy", "spacy", "jinja2")
    code = f"import sys, engine.data.check, engine.data.jobs; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_stop(tmp_path: Path) -> None:
    asked = iter([False] * 10 + [True])
    with pytest.raises(StoppedError):
        check_data(save(tmp_path, [chat(str(n), "a") for n in range(50)]), stop=lambda: next(asked))


def test_many_rows_are_checked(tmp_path: Path) -> None:
    data = save(tmp_path, [chat(f"question number {number} of many", "an answer " * 20) for number in range(4_000)])
    report = check_data(data)
    assert report.usable == 4_000
    assert 0.09 < report.holdout / report.usable < 0.11


def example(question: str, answer: str = "a", index: int = 0) -> Example:
    return Example((Message("user", question), Message("assistant", answer)), None, index)


@given(st.text(), st.text())
def test_the_split_depends_on_content_only(question: str, answer: str) -> None:
    here, there = example(question, answer, 1), example(question, answer, 999)
    assert holdout_point(here) == holdout_point(there)
    assert content_hash(here) == content_hash(there)
    assert 0 <= holdout_point(here) < 1


def test_turns_cannot_be_confused() -> None:
    assert content_hash(example("ab", "c")) != content_hash(example("a", "bc"))
    assert content_hash(Example(None, "a", 0)) != content_hash(Example((Message("user", "a"),), None, 0))


def test_rows_that_differ_in_case_or_space_stay_together() -> None:
    assert holdout_point(example("Hello  there")) == holdout_point(example("hello there\n"))


def _held(rows: list[Example]) -> set[tuple[tuple[str, str], ...]]:
    chosen = choose_holdout([holdout_point(row) for row in rows], 0.1)
    return {row.content() for row, held in zip(rows, chosen, strict=True) if held}


def test_reordering_and_adding_move_no_row() -> None:
    rows = [example(str(number)) for number in range(2000)]
    held = _held(rows)
    assert 150 < len(held) < 250
    more = [*rows, *(example(f"new {number}") for number in range(500))]
    random.Random(3).shuffle(more)
    again = _held(more)
    assert held <= again


@given(st.lists(st.floats(0, 0.999), max_size=40), st.floats(0, 0.5))
def test_never_nothing_and_never_everything(points: list[float], share: float) -> None:
    chosen = choose_holdout(points, share)
    assert len(chosen) == len(points)
    assert not points or not all(chosen)
    if share > 0 and len(set(points)) > 1 and len(points) >= 10:
        assert any(chosen)
    fates = {point: fate for point, fate in zip(points, chosen, strict=True)}
    assert [fates[point] for point in points] == chosen
