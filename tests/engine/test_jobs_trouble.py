"""Jobs where something around them is odd: another machine, another clock, damaged or copied folders, a bad moment."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil
import pytest

from engine.errors import UsageError
from engine.jobs import runner
from engine.jobs.context import JobContext
from engine.jobs.control import stop_job
from engine.jobs.emit import EventWriter
from engine.jobs.events import HeartbeatEvent, StoppedEvent
from engine.jobs.folder import JobFolder, new_job
from engine.jobs.launch import launch, running_heavy_job
from engine.jobs.process import is_alive
from engine.jobs.reader import read_events
from engine.jobs.state import all_jobs, find_job, view
from engine.project import Project, open_project
from tests.conftest import wait_until
from tests.engine.job_projects import own_kinds, root

__all__ = ["own_kinds", "root"]


def ended(folder: JobFolder) -> bool:
    """Whether the job's process is gone."""
    return not view(folder).active


def test_stopping_what_never_came_up_does_not_wait(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its launcher was killed before it could start a process."""
    folder = new_job(root, "t-gate", {})
    monkeypatch.setattr("engine.jobs.state._START_SECONDS", 0.3)
    assert view(folder).state == "starting"
    assert stop_job(folder, grace_s=600) == "died"


def renamed(folder: JobFolder) -> JobFolder:
    """The job as it looks when this machine bears another name than the one it was started on."""
    folder.write(folder.read().model_copy(update={"host": "another-box", "kind": "t-heavy"}))
    return folder


def test_a_job_of_another_machine_does_not_keep_this_one_busy(root: Path) -> None:
    folder = launch(root, "t-vanish", {})
    wait_until(lambda: ended(folder), "the job is gone")
    assert view(renamed(folder)).active, "nobody can say here whether it runs"
    assert running_heavy_job() is None


def test_a_job_of_another_machine_that_answers_to_nothing_is_recorded_as_ended(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.jobs.state.STALL_SECONDS", -1.0)
    monkeypatch.setattr("engine.jobs.control.STALL_SECONDS", 0.3)
    silent = launch(root, "t-vanish", {})
    wait_until(lambda: ended(silent), "the job is gone")
    assert stop_job(renamed(silent), grace_s=60) == "stopped"
    assert silent.stop_file.exists()
    heard = launch(root, "t-gate", {})
    monkeypatch.setattr("engine.jobs.control.STALL_SECONDS", 60.0)
    assert stop_job(renamed(heard), grace_s=60) == "stopped", "it read the request, wherever it was"
    end = view(heard).snapshot.end
    assert isinstance(end, StoppedEvent)
    assert not end.forced


def test_setting_the_clock_does_not_end_a_job(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = launch(root, "t-gate", {})
    real = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: real(process) + 3600)
    assert is_alive(folder.read()) is True
    assert is_alive(folder.read().model_copy(update={"start_ticks": None})) is False, "the clock alone would say so"


def test_ctrl_c_while_a_job_begins_leaves_none_behind(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.jobs.launch._wait_until_up", interrupted)
    with pytest.raises(KeyboardInterrupt):
        launch(root, "t-gate", {})
    [job] = all_jobs([root])
    assert job.state == "stopped"
    assert job.record.pid is None or is_alive(job.record) is False


def test_nothing_stands_after_the_end(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A heartbeat comes from a thread of its own, and may come just then."""
    monkeypatch.setattr(runner, "_cut_off", lambda *_: None)  # it could not be taken back in this process
    folder = new_job(root, "t-quick", {})
    writer = EventWriter(folder.events_file)
    context = JobContext(folder, Project(root), {}, writer)
    context.listeners.append(lambda event: context.emit(HeartbeatEvent(quiet_s=0)) if event.seq == 2 else None)
    assert runner._work(context, "t-quick") == 0
    writer.close()
    assert [event.kind for event in read_events(folder.events_file)] == ["phase", "progress", "finished"]


def test_a_record_that_cannot_be_read_hides_no_other(root: Path) -> None:
    damaged, sound = (launch(root, "t-quick", {}) for _ in range(2))
    wait_until(lambda: ended(damaged) and ended(sound), "the jobs end")
    damaged.record_file.write_bytes(b"")
    assert [job.record.id for job in all_jobs()] == [sound.id]
    assert running_heavy_job() is None


def test_the_jobs_of_a_copied_project_are_those_of_the_first(root: Path, tmp_path: Path) -> None:
    folder = launch(root, "t-quick", {})
    wait_until(lambda: ended(folder), "the job ends")
    shutil.copytree(root, tmp_path / "copy")
    open_project(tmp_path / "copy")
    assert find_job(folder.id).root == folder.root
    shutil.copytree(tmp_path / "copy", tmp_path / "another")
    shutil.rmtree(root)
    open_project(tmp_path / "another")
    with pytest.raises(UsageError, match="Several jobs") as caught:
        find_job(folder.id)
    assert str(tmp_path / "copy" / "jobs" / folder.id) in caught.value.what


@pytest.mark.parametrize("name", ["", "nothing"])
def test_an_empty_name_is_no_job(root: Path, name: str) -> None:
    folder = launch(root, "t-quick", {})
    wait_until(lambda: ended(folder), "the job ends")
    with pytest.raises(UsageError, match="There is no job"):
        find_job(name)


def test_a_job_finds_the_state_that_was_named_by_a_relative_path(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUNESMITH_STATE", "state-here")
    folder = launch(root, "t-heavy", {})
    assert running_heavy_job() is None, "it is in no list here, so only the lock tells"
    wait_until(lambda: (tmp_path / "state-here" / "heavy.lock").exists(), "the lock lies where it was named")
    assert not (root / "state-here").exists()
    assert stop_job(folder) == "stopped"
