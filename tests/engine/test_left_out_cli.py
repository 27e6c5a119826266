"""`tunesmith data PROJECT --leave-out ROW... | --take-back`: rows that are not trained on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.actions import choose_data
from engine.audit import entries
from engine.cli.entry import main
from engine.data.left_out import come_back, come_back_warning
from engine.project import Project, create_project
from engine.spec import ProjectSpec
from engine.steps import step_statuses, take_step


def chat(question: str, answer: str) -> str:
    return json.dumps({"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    rows = [chat(f"Where is parcel {number}?", f"It lies behind door {number} and waits.") for number in range(6)]
    (tmp_path / "rows.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    made, _ = create_project(tmp_path / "project")
    choose_data(made, tmp_path / "rows.jsonl")
    (made.root / "privacy").mkdir()
    (made.root / "privacy" / "redacted.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")

    def change(spec: ProjectSpec) -> ProjectSpec:
        redaction = spec.redaction.model_copy(update={"path": "privacy/redacted.jsonl"})
        return take_step("train", spec.model_copy(update={"redaction": redaction, "run": "one"}))

    made.update(change)
    return made


def test_rows_are_left_out_and_taken_back(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(project.root)
    assert main(["data", root, "--leave-out", "1", "4", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["left_out"] == 2
    assert "2 rows taken out of training" in said.err
    spec = project.load()
    assert spec.data
    assert all(len(name) == 32 for name in spec.data.left_out)
    train = next(status for status in step_statuses(spec) if status.step == "train")
    assert (train.state, train.reason) == ("stale", "rows were taken out")

    report = project.evaluation_file("one")
    report.parent.mkdir()
    recited = [{"fingerprint": "ab" * 16}, {"fingerprint": spec.data.left_out[0]}]
    report.write_text(json.dumps({"memorisation": {"recited_rows": recited}}))
    assert main(["data", root, "--leave-out", "recited", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["left_out"] == 3

    assert main(["data", root, "--take-back", "4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["left_out"] == 2
    assert main(["data", root, "--take-back", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["left_out"] == 0
    assert "2 rows taken back" in said.err
    trail = [entry.action for entry in entries(project)]
    assert trail.count("rows_left_out") == trail.count("rows_taken_back") == 2


def test_rows_that_a_new_redaction_wrote_in_other_words_are_told(project: Project) -> None:
    assert main(["data", str(project.root), "--leave-out", "1", "4"]) == 0
    spec = project.load()
    assert spec.data
    assert come_back(project, spec) == []
    file = project.root / "privacy" / "redacted.jsonl"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("behind door 4", "behind Anna's door"), encoding="utf-8")
    [gone] = come_back(project, spec)
    assert gone == spec.data.left_out[1]
    assert come_back_warning(1)["title"] == "1 row that you took out is not found among the redacted rows."
    # A row that is dropped as a repeated one is still known.
    file.write_text(before + before, encoding="utf-8")
    fixes = {"data": spec.data.model_copy(update={"fixes": ["duplicates"]})}
    assert come_back(project, spec.model_copy(update=fixes)) == []


def test_what_cannot_be_left_out(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(project.root), "--leave-out", "6"]) == 2
    assert "There is no row `6`" in capsys.readouterr().err
    assert main(["data", str(project.root), "--leave-out", "recited"]) == 2
    assert "tunesmith evaluate" in capsys.readouterr().err
    assert main(["data", str(project.root.parent / "rows.jsonl"), "--take-back"]) == 2
    assert "Rows are left out of a project's training." in capsys.readouterr().err


def test_reading_the_same_file_otherwise_keeps_what_is_left_out(project: Project) -> None:
    assert main(["data", str(project.root), "--leave-out", "2"]) == 0
    assert main(["data", str(project.root), "--shape", "messages"]) == 0
    data = project.load().data
    assert data
    assert len(data.left_out) == 1
