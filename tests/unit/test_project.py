"""A project folder: private, whole or not at all, safe with two writers."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DiskFullError, ProjectError, SpecError, TunesmithError, UsageError, from_os_error
from engine.files import atomic_stream, atomic_write, make_private_folder
from engine.machine import known_projects, places, state_folder
from engine.project import Project, create_project, open_project
from engine.spec import DataSpec, ModelSpec, ProjectSpec
from engine.spec_text import with_settings


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_folders_are_0700_and_files_0600_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        project, _ = create_project(tmp_path / "a" / "voice")
        atomic_write(project.check_file, "{}")
    finally:
        os.umask(before)
    assert mode(project.root) == 0o700
    assert mode(project.root.parent) == 0o700
    assert mode(project.file) == 0o600
    assert mode(project.check_file.parent) == 0o700
    assert mode(project.check_file) == 0o600


def test_a_made_project_can_be_opened_and_is_remembered(tmp_path: Path) -> None:
    first, spec = create_project(tmp_path / "one")
    second, _ = create_project(tmp_path / "two", name="Zwei")
    assert known_projects() == [second.root, first.root]
    project, again = open_project(tmp_path / "one")
    assert (project, again) == (first, spec)
    assert known_projects() == [first.root, second.root]
    second.file.unlink()
    assert known_projects() == [first.root]


def test_one_that_was_begun_and_killed_can_be_made_again(tmp_path: Path) -> None:
    project, _ = create_project(tmp_path / "voice")
    with pytest.raises(ProjectError) as told:
        create_project(project.root)
    assert f"rm -r {project.root}" in told.value.hint
    data, model = DataSpec(path="/rows.jsonl"), ModelSpec(source="demo", kind="folder", path="/m")
    project.update(lambda spec: spec.model_copy(update={"data": data, "model": model}))
    with pytest.raises(ProjectError) as told:
        create_project(project.root)
    assert "rm -r" not in told.value.hint


def test_a_folder_that_holds_something_is_not_taken(tmp_path: Path) -> None:
    create_project(tmp_path / "voice")
    with pytest.raises(ProjectError, match="a project here already"):
        create_project(tmp_path / "voice")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").touch()
    with pytest.raises(ProjectError, match="not empty"):
        create_project(tmp_path / "photos")
    (tmp_path / "file").touch()
    with pytest.raises(ProjectError, match="in the way"):
        create_project(tmp_path / "file")
    with pytest.raises(TunesmithError) as told:
        create_project(tmp_path / "file" / "below")
    assert told.value.exit_code == 2


def test_what_is_no_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="not a tunesmith project") as told:
        open_project(tmp_path)
    assert str(tmp_path / "project.yaml") in told.value.what
    assert "tunesmith new" in told.value.hint
    (tmp_path / "project.yaml").write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(ProjectError, match="not readable text"):
        open_project(tmp_path)
    (tmp_path / "project.yaml").write_text("naem: x")
    with pytest.raises(SpecError):
        open_project(tmp_path)


def test_a_folder_under_proc_cannot_be_made() -> None:
    # Unlike permission bits, this binds root as well.
    with pytest.raises(TunesmithError) as told:
        create_project(Path("/proc/voice"))
    assert told.value.exit_code == 2
    assert "/proc/voice" in told.value.what


@pytest.mark.parametrize(
    ("number", "code", "exit_code"),
    [
        (errno.ENOSPC, "disk_full", 1),
        (errno.EDQUOT, "disk_full", 1),
        (errno.EACCES, "read_only", 2),
        (errno.EROFS, "read_only", 2),
    ],
)
def test_what_was_saved_survives_a_write_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str, exit_code: int
) -> None:
    project, spec = create_project(tmp_path / "voice")
    before = project.file.read_bytes()

    def fail(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(TunesmithError) as told:
        project.update(lambda current: with_settings(current, ["recipe.rank=64"]))
    assert (told.value.error_code, told.value.exit_code) == (code, exit_code)
    assert str(project.file) in told.value.what
    assert project.file.read_bytes() == before
    assert sorted(path.name for path in project.root.iterdir()) == [".lock", "project.yaml"], "nothing half-made stays"
    assert project.load() == spec


def begin_and_fail(path: Path, error: Exception) -> None:
    with atomic_stream(path) as stream:
        stream.write(b"begun")
        raise error


def test_a_file_larger_than_allowed_is_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError):
        begin_and_fail(tmp_path / "big", OSError(errno.EFBIG, os.strerror(errno.EFBIG)))
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_caller_leaves_the_old_file(tmp_path: Path) -> None:
    atomic_write(tmp_path / "kept", "old")
    with pytest.raises(ZeroDivisionError):
        begin_and_fail(tmp_path / "kept", ZeroDivisionError())
    assert (tmp_path / "kept").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    project, _ = create_project(tmp_path / "voice")

    def add(value: str) -> None:
        def change(spec: ProjectSpec) -> ProjectSpec:
            spec.redaction.known_values.append(value)
            return spec

        project.update(change)

    threads = [threading.Thread(target=add, args=(str(number),)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(project.load().redaction.known_values, key=int) == [str(number) for number in range(12)]


def test_existing_folders_keep_their_mode(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    (tmp_path / "shared").chmod(0o755)
    make_private_folder(tmp_path / "shared" / "mine" / "deep")
    assert mode(tmp_path / "shared") == 0o755
    assert mode(tmp_path / "shared" / "mine") == 0o700


def test_paths_of_a_project_lie_inside_it(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for path in (project.file, project.check_file, project.findings_file, project.proof_file, project.audit_file,
                 project.preview_folder, project.jobs_folder, project.ship_folder, project.run_folder("r"),
                 project.evaluation_file("r")):  # fmt: skip
        assert tmp_path in path.parents


def test_a_folder_goes_to_one_of_two_who_found_it_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_project(tmp_path / "voice", name="mine")
    (tmp_path / "voice" / "project.yaml").unlink()
    monkeypatch.setattr(Path, "iterdir", lambda path: iter(()))
    with pytest.raises(ProjectError, match="being made here"):
        create_project(tmp_path / "voice")


@pytest.mark.parametrize("what", ["atomic_write", "remember_project"])
def test_a_project_that_could_not_be_written_leaves_its_folder_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def full(*_: object) -> None:
        raise DiskFullError("The disk is full.", "", "")

    with monkeypatch.context() as patch:
        patch.setattr(f"engine.project.{what}", full)
        with pytest.raises(DiskFullError):
            create_project(tmp_path / "voice")
    assert list((tmp_path / "voice").iterdir()) == []
    create_project(tmp_path / "voice")


def test_a_file_system_that_cannot_sync_a_folder_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sync(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", sync)
    atomic_write(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "new"


def test_a_name_as_long_as_can_be_is_written(tmp_path: Path) -> None:
    atomic_write(tmp_path / ("n" * 255), "new")
    assert (tmp_path / ("n" * 255)).read_text() == "new"


def test_the_places_of_the_machine_are_the_same_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("TUNESMITH_STATE", "TUNESMITH_MODELS"):
        monkeypatch.setenv(variable, "here")
    assert places() == dict.fromkeys(("TUNESMITH_STATE", "TUNESMITH_MODELS"), str(tmp_path / "here"))
    monkeypatch.setenv("TUNESMITH_STATE", "~/there")
    assert state_folder() == Path.home() / "there"
    monkeypatch.delenv("TUNESMITH_STATE")
    assert list(places()) == ["TUNESMITH_MODELS"]
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert state_folder() == Path.home() / ".local" / "state" / "tunesmith"


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUNESMITH_STATE")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])
    with pytest.raises(UsageError) as caught:
        state_folder()
    assert "TUNESMITH_STATE" in caught.value.hint


@pytest.mark.parametrize("content", ["5", '{"a": 1}', "\\xff", "[1, null]"])
def test_a_damaged_list_of_projects_is_an_empty_one(state: Path, content: str) -> None:
    atomic_write(state / "projects.json", content)
    assert known_projects() == []


def test_what_goes_wrong_with_many_files_is_told_as_with_one() -> None:
    """`shutil.copytree` collects its errors as text."""
    full = "[Errno 28] No space left on device: '/runs/a/weights'"
    told = from_os_error(shutil.Error([("/from/weights", "/runs/a/weights", full)]), "rolling back")
    assert (type(told), told.error_code) == (DiskFullError, "disk_full")
    assert "/runs/a/weights" in told.what
    denied = PermissionError(errno.EACCES, "Permission denied", "/data/chats.jsonl")
    forbidden = from_os_error(denied, "reading the data")
    assert forbidden.error_code == "not_readable"
    assert "write" not in forbidden.title + forbidden.hint
