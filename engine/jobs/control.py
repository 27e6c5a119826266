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
from engine.jobs.process import is_alive, is_here
from engine.jobs.state import STALL_SECONDS, JobState, view


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

    A job that was started on another machine gets the request only. Where it is stalled and says nothing to that
    either, it is recorded as ended by force: most often its machine is gone, or bears another name now.

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
    record = folder.read()
    if record.pid is not None and not is_here(record):
        _stop_elsewhere(folder, by, grace_s)
    elif not _gone_within(folder, grace_s):
        _signal_group(folder, signal.SIGTERM)
        if not _gone_within(folder, kill_after_s):
            _signal_group(folder, signal.SIGKILL)
            _gone_within(folder, 10.0)
            _record_forced_stop(folder, by)
    return view(folder).state


def _record_forced_stop(folder: JobFolder, by: str) -> None:
    """Write the end event that a killed process could not write itself."""
    job = view(folder)
    if job.state == "died" or (job.state == "stalled" and not is_here(job.record)):
        writer = EventWriter(folder.events_file)
        writer.emit_last(StoppedEvent(by=by, forced=True))
        writer.close()


def _stop_elsewhere(folder: JobFolder, by: str, grace_s: float) -> None:
    """Wait for the end, or for four heartbeats that did not come; no process can be looked at from here."""
    begun, last = time.monotonic(), view(folder).snapshot.last_seq
    quiet_since = begun
    while (now := time.monotonic()) - begun < grace_s and now - quiet_since < STALL_SECONDS:
        time.sleep(0.2)
        snapshot = view(folder).snapshot
        if snapshot.end is not None:
            return
        if snapshot.last_seq != last:
            last, quiet_since = snapshot.last_seq, time.monotonic()
    if view(folder).snapshot.last_seq == last:
        _record_forced_stop(folder, by)


def _gone_within(folder: JobFolder, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        record = folder.read()
        gone = is_alive(record) is False if record.pid is not None else not view(folder).active
        if gone:
            return True
        time.sleep(0.1)
    return False


def _signal_group(folder: JobFolder, which: signal.Signals) -> None:
    record = folder.read()
    if record.pid is not None and is_alive(record):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(os.getpgid(record.pid), which)
