# ruff: noqa: RUF001, SIM905 (names in their own letters; lists of lines read better as text)
"""A scan after edits finds what a scan from the beginning finds, and looks only at what changed."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.privacy.changednames import ChangedNames
from engine.privacy.jobs import run_scan
from engine.privacy.lazy import LazyDetector
from engine.privacy.merge import Hit
from engine.privacy.store import FindingsStore
from engine.privacy.sweep import Sweeper, Wanted
from engine.project import Project, create_project
from engine.spec import DataSpec
from tests.engine.test_privacy_replacing import choose, job

_NAMES = "Maya Lindqvist|Bob Stone|José Ibárruri|Zoë Winter|李小龍|Ann Berg Hansen|Lindqvist, Anna|Ölaf"
_FAKE = re.compile(rf"(?P<PERSON>{_NAMES})|(?P<USERNAME>@[a-z_0-9]{{4,}})|(?P<ID>\d{{9,}})")
_SAID = """nothing to tell|ask {who}|{who} wrote to {other}?|{small} is late|"{who}" said \\ {shout}|line\nbreak {last}
{first} and {last}, no more|call @{small_one}_x or @9{small_one}|{{"to": "{who}", "n": 1}}|winter in berg stone
it's the {who}'s {last}|e\u0301 \U0001f600 {who} \u2028 {other}|李小龍打電話給{who}|@bob_stone_99 {first}?""".split("|")


def detect(_: LazyDetector, texts: Sequence[str]) -> list[list[Hit]]:
    """Names, less sure where the text asks; found only as they are written in the list."""
    return [
        [
            Hit(*found.span(), str(found.lastgroup), 0.65 if "?" in text else 0.93, "Fake")
            for found in _FAKE.finditer(text)
        ]
        for text in texts
    ]


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LazyDetector, "detect", detect)


def a_row(dice: random.Random) -> dict[str, Any]:
    who, other = dice.sample(_NAMES.split("|"), 2)
    words = who.replace(",", "").split()
    text = dice.choice(_SAID).format(
        who=who, other=other, small=who.lower(), shout=who.upper(), first=words[0], last=words[-1],
        small_one=words[0].lower(),
    )  # fmt: skip
    row: dict[str, Any] = {"text": text, "n": dice.choice((1, 1.50, 918273645, 1e22))}
    if dice.random() < 0.3:
        row["messages"] = [{"role": "user", "content": json.dumps({"by": who}, ensure_ascii=dice.random() < 0.5)}]
    if dice.random() < 0.1:
        row[other] = 1
    return row


def edited(rows: list[dict[str, Any]], dice: random.Random) -> list[dict[str, Any]]:
    """The rows after what people do to a file."""
    rows = list(rows)
    kind = dice.choice(("change", "change", "delete", "insert", "again", "shuffle", "forget", "nothing"))
    if kind == "change":
        rows[dice.randrange(len(rows))] = a_row(dice)
    elif kind == "delete":
        del rows[dice.randrange(len(rows))]
    elif kind == "insert":
        rows.insert(dice.randrange(len(rows)), a_row(dice))
    elif kind == "again":
        rows.insert(dice.randrange(len(rows)), dice.choice(rows))
    elif kind == "shuffle":
        dice.shuffle(rows)
    elif kind == "forget":  # A name goes from the rows that tell it; where it was only swept it must not stay hidden.
        name = dice.choice(_NAMES.split("|"))
        rows = [json.loads(json.dumps(row, ensure_ascii=False).replace(name, "somebody")) for row in rows]
    return rows


def write(path: Path, rows: Sequence[dict[str, Any]], dice: random.Random) -> None:
    if path.suffix == ".csv":
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["text", "n"])
        writer.writerows([row["text"], row["n"]] for row in rows)
        path.write_text(out.getvalue(), encoding="utf-8", newline="")
        return
    lines = [json.dumps(row, ensure_ascii=number % 3 == 0) + "\n" for number, row in enumerate(rows)]
    lines.insert(min(3, len(lines)), '{"text": "torn Maya Lindqvist\n')
    path.write_text("".join(lines), encoding="utf-8")


def project_of(folder: Path, data: Path) -> Project:
    project, _ = create_project(folder)
    project.update(lambda spec: spec.model_copy(update={"data": DataSpec(path=str(data))}))
    return project


def everything(project: Project) -> list[tuple[Any, ...]]:
    """All findings with their context, all values with what was counted, and what the redaction reads of a scan."""
    with FindingsStore(project.findings_file) as store:
        return [
            *store.query(
                "SELECT f.id, f.row, f.field, f.start, f.end, v.entity, v.value, f.score, f.recogniser, f.before,"
                " f.match, f.after, f.role, f.text_hash FROM findings f JOIN vals v ON v.id = f.value_id ORDER BY f.id"
            ),
            *store.query(
                "SELECT entity, value, count, max_score, min_score, risk, differs FROM vals"
                " WHERE count > 0 ORDER BY entity, value"
            ),
            *store.query("SELECT key, value FROM meta WHERE key NOT IN ('rows_upto', 'totals') ORDER BY key"),
            *store.query("SELECT entity, value, score, source FROM swept ORDER BY entity, value"),
        ]


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "seed"), [(".jsonl", 1), (".jsonl", 2), (".csv", 3)])
def test_a_scan_after_edits_finds_what_a_fresh_one_finds(tmp_path: Path, suffix: str, seed: int) -> None:
    dice = random.Random(seed)
    data = tmp_path / f"rows{suffix}"
    rows = [a_row(dice) for _ in range(14)]
    project = project_of(tmp_path / "project", data)
    for number in range(9):
        write(data, rows, dice)
        if number == 6:
            choose(project, known_values=["nothing", "Rosewood"])
        job(project, f"scan-{number}", run_scan)
        fresh = project_of(tmp_path / f"fresh-{number}", data)
        choose(fresh, known_values=project.load().redaction.known_values)
        job(fresh, "scan", run_scan)
        assert everything(project) == everything(fresh), number
        rows = edited(rows, dice)


def known_rows(project: Project) -> dict[bytes, int]:
    with FindingsStore(project.findings_file) as store:
        return {bytes(name): int(number) for name, number in store.query("SELECT name, id FROM known_rows")}


def test_rows_that_stay_are_not_looked_at_again(tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    texts = ["I am Maya Lindqvist", "lindqvist is late", "nothing", "I am Bob Stone", "nothing at all", "gone"]
    data.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    project = project_of(tmp_path / "project", data)
    job(project, "a", run_scan)
    before = known_rows(project)
    assert len(before) == 6
    data.write_text("".join(json.dumps({"text": text}) + "\n" for text in ["I am Bob", *texts[1:5], "Zoë Winter"]))
    job(project, "b", run_scan)
    after = known_rows(project)
    kept = {number for name, number in after.items() if before.get(name) == number}
    # Of the rows that stayed, only the one that names somebody who is gone was looked through again.
    assert (len(after), len(kept)) == (6, 3)
    with FindingsStore(project.findings_file) as store:
        assert [finding.value for finding in store.findings()] == ["Bob", "Bob Stone", "Zoë Winter"]


def test_other_rules_forget_the_rows(tmp_path: Path) -> None:
    data = tmp_path / "rows.csv"
    data.write_text("a;b,c\nBob Stone;x,1\nhello;y,2\n")
    project = project_of(tmp_path / "project", data)
    job(project, "a", run_scan)
    before = set(known_rows(project).values())
    choose(project, profile="strict")
    job(project, "b", run_scan)
    assert len(known_rows(project)) == len(before) == 2
    with FindingsStore(project.findings_file) as store:
        assert store.meta("rows_upto") == "2", "none of the first scan is left"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Maya Lindqvist", "so MAYA\n lindqvist\tcame"),
        ("José", 'tool {"by": "jos\u00e9"}'),
        ("ΑΣ", "\U0001f600 ΑΣ.Β"),
        ("İnci Aydın", "by İnci Aydın"),
        ("李小龍", "打電話給李小龍吧"),
        ("Ölaf", '{"a": "\\u00d6laf\\n"}'),
        ("10000000000000000000000", ""),
        ("O'Brien", "the o'brien's"),
        ("x\\y zed", "in x\\y zed"),
    ],
)
def test_a_row_that_holds_a_changed_name_is_never_passed_over(value: str, text: str) -> None:
    wanted = Wanted(value, "KNOWN_VALUE")
    changed = ChangedNames([], [wanted], as_json=True)
    found = Sweeper([wanted]).find(text)
    assert found or not text
    for plain in (True, False):
        row = {"text": text, "n": 1e22}
        assert changed.may_be_in(json.dumps(row, ensure_ascii=plain))
    assert ChangedNames([wanted], [], as_json=False).may_be_in(repr(row))
    assert changed
    assert not ChangedNames([wanted], [wanted], as_json=True)
    if not value[0].isdigit():
        assert not changed.may_be_in('{"text": "nobody \\n here"}')
