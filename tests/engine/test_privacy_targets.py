"""What must not be overwritten, and what the scan says about rows that nobody can look at."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.cli.out import Out
from engine.cli.privacy import redact, scan
from engine.cli.restore import restore
from engine.errors import DataError, UsageError
from engine.privacy.jobs import run_redact, run_scan
from engine.privacy.targets import must_be_free
from engine.project import Project, create_project
from engine.spec import DataSpec
from tests.engine.test_privacy_replacing import detector, job, project

__all__ = ["detector", "project"]


def data_of(project: Project) -> Path:
    data = project.load().data
    assert data is not None
    return Path(data.path)


@pytest.mark.parametrize("option", ["--out", "--findings", "--in"])
@pytest.mark.parametrize(
    "name", ["rows.jsonl", "link.jsonl", "hard.jsonl", "project.yaml", "among", "none/x", ".", "/dev/null"]
)
def test_nothing_of_the_project_is_overwritten(project: Project, tmp_path: Path, option: str, name: str) -> None:
    data = data_of(project)
    before = data.read_bytes()
    (tmp_path / "link.jsonl").symlink_to(data)
    (tmp_path / "hard.jsonl").hardlink_to(data)
    places = {"project.yaml": project.file, "among": project.findings_file.with_name("new.jsonl")}
    target = str(places.get(name, tmp_path / name))
    commands: dict[str, tuple[Callable[[argparse.Namespace, Out], int], dict[str, object]]] = {
        "--out": (redact, {"out": target, "operator": None, "force": True, "forget_key": False}),
        "--findings": (scan, {"target": str(project.root), "findings": target, "profile": None, "engine": "local"}),
        "--in": (restore, {"source": str(data), "target": target}),
    }
    command, options = commands[option]
    with pytest.raises(UsageError) as caught:
        command(argparse.Namespace(project=str(project.root), json=False, **options), Out())
    assert caught.value.error_code == "bad_target"
    assert data.read_bytes() == before


def test_a_free_place_is_free(project: Project, tmp_path: Path) -> None:
    (tmp_path / "old.jsonl").write_text("old")
    for name in ("new.jsonl", "old.jsonl"):
        must_be_free(tmp_path / name, "--out", project)


def test_a_folder_of_files_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "chats.jsonl").write_text("{}")
    options = argparse.Namespace(target=str(tmp_path), findings=None, profile=None, engine="local")
    with pytest.raises(UsageError) as caught:
        scan(options, Out())
    assert str(tmp_path / "chats.jsonl") in caught.value.hint


def test_rows_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    project, _ = create_project(tmp_path / "project")
    data = tmp_path / "rows.jsonl"
    project.update(lambda spec: spec.model_copy(update={"data": DataSpec(path=str(data))}))
    data.write_text('{"text": "a"}\n{"text": \n[1]\n')
    result = job(project, "one", run_scan)
    assert (result["rows"], result["unreadable"]) == (1, 2)
    data.write_text('{"text": \n[1]\n')
    with pytest.raises(DataError, match="Not one row"):
        job(project, "two", run_scan)


def test_what_a_killed_redaction_left_is_cleared_away(project: Project) -> None:
    left = project.findings_file.with_name("..candidate.jsonl.abc123")
    left.write_text(json.dumps({"text": "half"}))
    job(project, "a", run_redact)
    assert not left.exists()
    assert sorted(one.name for one in left.parent.iterdir() if "candidate" in one.name) == []
