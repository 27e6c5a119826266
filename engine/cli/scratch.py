"""A private project folder for looking at a bare file: made for one command, gone after it."""

from __future__ import annotations

import contextlib
import fcntl
import secrets
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from engine.cli.follow import LeftRunning
from engine.cli.signals import ended_by_signals
from engine.errors import StoppedError
from engine.files import make_private_folder
from engine.jobs.control import stop_job
from engine.jobs.state import all_jobs
from engine.machine import state_folder
from engine.project import Project
from engine.spec import DataSpec, ProjectSpec, RedactionSpec

_GRACE_S = 5.0
_OWNER = ".owner"
"""Locked by the command that uses the folder, for as long as it lives."""


@contextlib.contextmanager
def scratch_project(data: DataSpec, redaction: RedactionSpec | None = None) -> Iterator[Project]:
    """A project on `data` that no list shows; its jobs are stopped and its folder is removed at the end.

    What an earlier command left behind because it was killed is removed first.
    """
    home = state_folder() / "scans"
    _sweep(home)
    project = Project(home / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}")
    now = datetime.now(UTC).replace(microsecond=0)
    # Around all of it: a second signal must not end the cleaning up that the first began.
    with ended_by_signals():
        try:
            with _owned(project.root):
                project.save(ProjectSpec(name="scan", created=now, data=data, redaction=redaction or RedactionSpec()))
                yield project
        except LeftRunning:
            raise StoppedError("Stopped.", "The file was only looked at; nothing of that is kept.", "") from None
        finally:
            stop_jobs(project.root)
            shutil.rmtree(project.root, ignore_errors=True)


@contextlib.contextmanager
def _owned(root: Path) -> Iterator[None]:
    """The folder made, and its mark locked. Before the lock is held another command may sweep it: then once more."""
    while True:
        make_private_folder(root)
        with (root / _OWNER).open("a") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX)
            if (root / _OWNER).exists():
                yield
                return


def stop_jobs(root: Path) -> None:
    """Stop whatever runs in a folder that is about to be removed."""
    for job in all_jobs([root]):
        if job.active:
            stop_job(job.folder, by="tunesmith", grace_s=_GRACE_S, kill_after_s=_GRACE_S)


def _sweep(home: Path) -> None:
    """Remove the folders whose command is gone; the kernel lets go of a dead one's lock."""
    for mark in home.glob(f"*/{_OWNER}"):
        with contextlib.suppress(OSError), mark.open("a") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not any(job.active for job in all_jobs([mark.parent])):
                shutil.rmtree(mark.parent, ignore_errors=True)
