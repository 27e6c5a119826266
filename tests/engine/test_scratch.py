"""Looking at a bare file leaves nothing behind, and disturbs nobody who looks at another."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from pathlib import Path
from typing import IO

import pytest

from engine.cli.follow import LeftRunning
from engine.cli.scratch import scratch_project
from engine.errors import EXIT_STOPPED, StoppedError
from engine.machine import known_projects
from engine.spec import DataSpec

DATA = DataSpec(path="/rows.jsonl")


def look_and_leave(error: Exception) -> None:
    with scratch_project(DATA):
        raise error


def test_it_is_private_unlisted_and_gone_afterwards(state: Path) -> None:
    with scratch_project(DATA) as project:
        assert project.root.parent == state / "scans"
        assert project.root.stat().st_mode & 0o777 == 0o700
        assert known_projects() == []
    assert list((state / "scans").iterdir()) == []


def test_it_is_gone_after_an_error_too(state: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        look_and_leave(ZeroDivisionError())
    with pytest.raises(StoppedError, match=r"Stopped\."):
        look_and_leave(LeftRunning("Left it.", "", ""))
    assert list((state / "scans").iterdir()) == []


def test_what_a_killed_command_left_is_swept_and_what_is_in_use_is_not(state: Path) -> None:
    left = state / "scans" / "left"
    left.mkdir(parents=True)
    (left / ".owner").touch()
    with scratch_project(DATA) as first, scratch_project(DATA) as second:
        assert not left.exists()
        assert first.file.exists()
        assert second.file.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_is_gone_after_a_signal(state: Path, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as caught, scratch_project(DATA):
        os.kill(os.getpid(), number)
    assert caught.value.code == EXIT_STOPPED
    assert list((state / "scans").iterdir()) == []
    assert signal.getsignal(number) is before


def test_a_folder_that_was_swept_before_it_was_locked_is_made_again(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fcntl.flock
    swept: list[IO[str]] = []

    def flock(file: IO[str], how: int) -> None:
        if not swept:
            swept.append(file)
            shutil.rmtree(Path(file.name).parent)
        real(file, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with scratch_project(DATA) as project:
        assert (project.root / ".owner").exists(), "without its mark nobody would sweep what a kill leaves"
    assert list((state / "scans").iterdir()) == []
