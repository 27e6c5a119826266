"""Looking at a bare file leaves nothing behind, and disturbs nobody who looks at another."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from engine.cli.follow import LeftRunning
from engine.cli.scratch import scratch_project
from engine.errors import StoppedError
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


def test_it_is_gone_after_a_signal(state: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as caught, scratch_project(DATA):
        os.kill(os.getpid(), signal.SIGTERM)
    assert caught.value.code == 128 + signal.SIGTERM
    assert list((state / "scans").iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is before
