"""The health page of the data step: what it lists, its keys, and what they do to the project."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.actions import choose_data
from engine.data.check import check_data
from engine.files import atomic_write, sha256_of
from engine.project import Project, create_project
from engine.spec import ProjectSpec
from engine.steps import take_step
from tests.tui.conftest import both_sizes, frame, shows, until, wizard
from tui.data_report import Report
from tui.health import health_of
from tui.proof import Proof

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LONG = "We printed the little stickers on blue paper and they all arrived on Tuesday with a kind letter"


def chat(question: str, answer: str) -> str:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns})


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    project, _ = create_project(tmp_path / "fresh")
    project.update(lambda spec: take_step("model", spec))
    return project


@pytest.fixture
def unhealthy(tmp_path: Path) -> Path:
    rows = [chat("Where are the stickers that I ordered last week?", LONG)]
    rows.append(chat("Where are the stickers that I ordered last week", f"{LONG}."))
    rows.append(chat("ok", "yes"))
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def read(project: Project, file: Path) -> None:
    """The data step, taken without a job."""
    spec = choose_data(project, file)
    assert spec.data is not None
    report = check_data(spec.data)
    atomic_write(project.check_file, json.dumps(report.as_dict()))
    project.update(lambda spec: take_step("data", spec))


@both_sizes
async def test_a_fix_is_chosen_counted_and_undone(fresh: Project, unhealthy: Path, size: tuple[int, int]) -> None:
    read(fresh, unhealthy)
    before = sha256_of(unhealthy)
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(fresh.root, "data")
        await shows(pilot, "3 rows can be used", "may do harm: h shows why")
        await pilot.press("h")
        await shows(pilot, "rows may harm the training", "! open", "nearly the same as another row")
        await shows(pilot, "learned by heart", "rows.jsonl:2", "line 1", "enter Fix, or not", "esc Back")
        await pilot.press("enter")
        await shows(pilot, "✓ fixed")
        assert _fixes(fresh) == ["drop_near_duplicates"]
        await pilot.press("u")
        await until(pilot, lambda: _fixes(fresh) == [], "the fix is undone")
        await pilot.press("space")
        await until(pilot, lambda: _fixes(fresh) == ["drop_near_duplicates"], "the fix is chosen")
        await pilot.press("down", "down", "enter")
        await shows(pilot, "very short", "fewer than")
        await until(pilot, lambda: "drop_too_short" in _fixes(fresh), "two fixes are chosen")
        await pilot.press("escape")
        await shows(pilot, "1 rows can be used")
        await pilot.press("b")
        await shows(
            pilot, "2 rows of rows.jsonl cannot be used", "1 near repeats, 1 too short", "nearly the same as line 1"
        )
    assert sha256_of(unhealthy) == before


@both_sizes
async def test_a_statement_is_made_in_the_wizard(fresh: Project, tmp_path: Path, size: tuple[int, int]) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [chat("What do you sell on your page these days?", "Nudes of me, and I am thirty years old by the way")]
    rows += [chat(f"Which colour is sticker number {n} going to be?", f"{LONG} {n * 7919}") for n in range(3)]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    read(fresh, file)
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(fresh.root, "data")
        await shows(pilot, "4 rows can be used")
        await pilot.press("h")
        await shows(pilot, "with sexual content")
        await pilot.press("end", "enter")
        await shows(pilot, "everybody in it is an adult?", "Not now")
        await pilot.press("down", "enter")
        await until(pilot, lambda: fresh.load().content.statement is not None, "the statement is recorded")
        await shows(pilot, "You stated it on")
        assert "Nudes" not in frame(app)
    statement = fresh.load().content.statement
    assert statement is not None
    assert statement.rights
    assert statement.adults


def test_blocked_rows_are_told_by_line_only() -> None:
    content = {"adult_rows": 2, "rows": 10, "blocked": {"count": 1, "lines": [7]}}
    health = health_of(Report({"content": content}).content, ProjectSpec(name="n", created=NOW), "rows.jsonl")
    blocked = health.of("blocked")
    assert blocked is not None
    assert (blocked.count, blocked.standing, blocked.places, blocked.fix) == (1, "always", ("rows.jsonl:7",), "")


def _fixes(project: Project) -> list[str]:
    data = project.load().data
    return [] if data is None else list(data.fixes)


def test_the_proof_tells_the_share_of_adult_rows_in_one_line() -> None:
    content = {"content": {"adult_rows": 3, "rows": 40}, "left_out": {"blocked": 1, "needs_consent": 2}}
    lines = {name: (count, note) for name, count, note in Proof(content, "redacted.jsonl").lines}
    assert lines["adult"] == (3, "rows with sexual content, 7.5% of all")
    notes = [(count, note) for name, count, note in Proof(content, "redacted.jsonl").lines if name == "left out"]
    assert [count for count, _ in notes] == [1, 2]
    assert "adult" not in {name for name, _, _ in Proof({}, "redacted.jsonl").lines}
