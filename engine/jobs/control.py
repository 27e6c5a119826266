"""Asking a job to stop, and making sure that it does."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from engine.files import atomic_write
from engine.jobs.emit import EventWriter
from engine.jobs.events import StoppedEvent
from engine.jobs.folder import JobFolder
from engine.jobs.process import is_alive
from engine.jobs.state import JobState, view


def request_stop(folder: JobFolder, by: str = "you") -> None:
    """Ask: the job saves what it has, writes its end event and exits. Returns at once.

    Where the request file cannot be written (a full disk), the process group gets SIGTERM instead.
    """
    try:
        atomic_write(folder.stop_file, by, "asking the job to stop")
    except Exception:
        _signal_group(folder, signal.SIGTERM)


def stop_job(folder: JobFolder, by: str = "you", grace_s: float = 120.0, kill_after_s: float = 20.0) -> JobState:
    """Stop a job and wait until it is gone: request file, then SIGTERM, then SIGKILL, to the whole group.

    Args:
        folder: The job.
        by: Who asks, for the record.
        grace_s: How long it may take to save after the request.
        kill_after_s: How long it may take after SIGTERM.

    Returns:
        How it ended: `stopped`, or what it had become meanwhile.
    """
    if not view(folder).active:
        return view(folder).state
    request_stop(folder, by)
    if not _gone_within(folder, grace_s):
        _signal_group(folder, signal.SIGTERM)
        if not _gone_within(folder, kill_after_s):
            _signal_group(folder, signal.SIGKILL)
            _gone_within(folder, 10.0)
            _record_forced_stop(folder, by)
    return view(folder).state


def _record_forced_stop(folder: JobFolder, by: str) -> None:
    """Write the end event that a killed process could not write itself."""
    if view(folder).state == "died":
        writer = EventWriter(folder.events_file)
        writer.emit(StoppedEvent(by=by, forced=True))
        writer.close()


def _gone_within(folder: JobFolder, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        record = folder.read()
        if record.pid is not None and is_alive(record) is False:
            return True
        time.sleep(0.1)
    return False


def _signal_group(folder: JobFolder, which: signal.Signals) -> None:
    record = folder.read()
    if record.pid is not None and is_alive(record):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(os.getpgid(record.pid), which)
