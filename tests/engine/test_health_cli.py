"""`tunesmith data`: the health of a project's data, fixes and their undoing, as JSON and in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.actions import choose_data
from engine.cli.entry import main
from engine.project import Project, create_project

LONG = "We printed the little stickers on blue paper and they all arrived on Tuesday with a kind letter"


def chat(question: str, answer: str) -> str:
    return json.dumps({"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    rows = [chat("Where are the stickers that I ordered?", LONG), chat("Where are the stickers I ordered?", f"{LONG}!")]
    (tmp_path / "rows.jsonl").write_text("\n".join([*rows, chat("ok", "yes")]) + "\n", encoding="utf-8")
    project, _ = create_project(tmp_path / "project")
    choose_data(project, tmp_path / "rows.jsonl")
    return project


def data(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[dict[str, Any], str]:
    """The JSON and the prose of `tunesmith data`."""
    capsys.readouterr()
    assert main(["data", *arguments, "--json"]) == 0
    said = capsys.readouterr()
    report: dict[str, Any] = json.loads(said.out)
    return report, said.err


def test_a_fix_is_chosen_and_undone(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(project.root)
    report, prose = data(capsys, root, "--fix", "drop_near_duplicates")
    found = {issue["name"]: (issue["count"], issue["fixed"]) for issue in report["health"]["issues"]}
    assert found["near_duplicates"] == (1, True)
    assert found["too_short"] == (1, False)
    assert (report["usable"], report["health"]["fixes"]) == (2, ["drop_near_duplicates"])
    assert report["health"]["issues"][0]["examples"] == [{"line": 2, "note": "nearly the same as line 1"}]
    assert "rows.jsonl:2" in prose
    assert f"tunesmith data {root} --unfix drop_near_duplicates" in prose
    assert f"tunesmith data {root} --fix drop_too_short" in prose
    report, _ = data(capsys, root, "--unfix", "drop_near_duplicates")
    assert (report["usable"], report["health"]["fixes"]) == (3, [])


def test_what_cannot_be_fixed(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(project.root), "--fix", "drop_shorts"]) == 2
    assert "There is no fix `drop_shorts`" in capsys.readouterr().err
    assert main(["data", str(project.root.parent / "rows.jsonl"), "--fix", "drop_too_short"]) == 2
    assert "A fix belongs to a project." in capsys.readouterr().err
