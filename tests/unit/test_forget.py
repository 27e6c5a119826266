"""Forgetting a project: what tunesmith made goes, what is the person's stays; by command as in the wizard."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from engine.cli.entry import main
from engine.errors import BusyError, ProjectError
from engine.forget import belongings, delete_project, unlist
from engine.machine import known_projects
from engine.plan.report import FILE as PLAN_FILE
from engine.project import Project, create_project
from engine.spec import DataSpec
from engine.train.hosts import FOLDER as HOSTS_FOLDER
from tests.tui.recorded import RecordedJob


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made, _ = create_project(tmp_path / "voice", "fan voice")
    made_names = ("privacy/redacted.jsonl", "runs/one/adapter/weights", "ship/fan-voice.tsmith", "jobs/a/log.txt")
    for name in (*made_names, PLAN_FILE, f"{HOSTS_FOLDER}/one.json", "cache/rows.npz", ".project.yaml.x1y2"):
        (made.root / name).parent.mkdir(parents=True, exist_ok=True)
        (made.root / name).write_text("made")
    return made


def with_data(project: Project, file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine")
    project.update(lambda spec: spec.model_copy(update={"data": DataSpec(path=str(file))}))


def test_a_project_is_deleted_and_the_persons_file_stays(project: Project, tmp_path: Path) -> None:
    with_data(project, tmp_path / "chats.jsonl")
    found = delete_project(project.root)
    assert (found.name, found.runs, [file.name for file in found.packages]) == ("fan voice", 1, ["fan-voice.tsmith"])
    assert found.size > 16
    assert not project.root.exists()
    assert (tmp_path / "chats.jsonl").read_text() == "mine"
    assert project.root not in known_projects()


def test_what_the_person_put_into_the_folder_stays(project: Project, tmp_path: Path) -> None:
    with_data(project, project.root / "data" / "chats.jsonl")
    (project.root / "notes.txt").write_text("mine")
    elsewhere = tmp_path / "big-disk"
    elsewhere.mkdir()
    (elsewhere / "model.bin").write_text("mine")
    (project.root / "runs" / "link").symlink_to(elsewhere)
    (project.root / "preview").symlink_to(elsewhere)
    assert belongings(project.root).stays == ("notes.txt", "data/chats.jsonl")
    delete_project(project.root)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"voice/data/chats.jsonl", "voice/notes.txt", "big-disk/model.bin"}


def test_a_project_that_cannot_be_read_can_be_deleted(project: Project) -> None:
    project.file.write_text("nme: x\n")
    assert delete_project(project.root).name == "voice"
    assert not project.root.exists()


def test_nothing_is_deleted_while_a_job_runs_or_where_there_is_no_project(project: Project, tmp_path: Path) -> None:
    job = RecordedJob(project)
    with pytest.raises(BusyError, match="A job of this project is running"):
        delete_project(project.root)
    assert (project.root / "privacy" / "redacted.jsonl").is_file()
    job.die()
    delete_project(project.root)
    (tmp_path / "mine").mkdir()
    with pytest.raises(ProjectError, match="not a tunesmith project"):
        delete_project(tmp_path / "mine")


def test_what_cannot_be_deleted_stays_on_the_list(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == "weights":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(ProjectError, match="deleting the project needs write access"):
        delete_project(project.root)
    monkeypatch.undo()
    assert not (project.root / "privacy").exists() or not list((project.root / "privacy").iterdir())
    assert project.load().name == "fan voice"


def test_the_command_wants_the_name_and_can_keep_the_files(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_data(project, tmp_path / "chats.jsonl")
    assert main(["forget", str(project.root)]) == 2
    said = capsys.readouterr()
    assert "1 run" in said.out
    assert "fan-voice.tsmith" in said.out
    assert str(tmp_path / "chats.jsonl") in said.out
    assert '--delete "fan voice"' in said.err
    assert main(["forget", str(project.root), "--delete", "voice"]) == 2
    assert project.file.is_file()
    # Off the list only; the folder can be opened again by its path.
    assert main(["forget", str(project.root), "--keep-files"]) == 0
    assert project.file.is_file()
    assert known_projects() == []
    capsys.readouterr()
    assert main(["forget", str(project.root), "--delete", "fan voice", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["deleted"] is True
    assert not project.root.exists()


def test_one_of_two_is_taken_off_the_list(project: Project, tmp_path: Path) -> None:
    other, _ = create_project(tmp_path / "other")
    unlist(project.root)
    assert known_projects() == [other.root]
