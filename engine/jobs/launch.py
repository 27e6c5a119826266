"""Starting a job so that nothing that happens to this terminal can reach it.

The child has its own session, reads /dev/null and writes to a file. A pipe would break when the reader goes:
measured, a child with its own session but a pipe dies one line later.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from engine.errors import BusyError, JobFailedError
from engine.files import PRIVATE_UMASK
from engine.jobs.emit import EventWriter
from engine.jobs.events import StoppedEvent
from engine.jobs.folder import JobFolder, new_job
from engine.jobs.kinds import KINDS
from engine.jobs.offline import QUIET_ENVIRONMENT
from engine.jobs.process import is_here
from engine.jobs.state import JobView, all_jobs, view
from engine.machine import places

_START_TIMEOUT_S = 30.0
_CALL_OFF_S = 5.0


def launch(project_root: Path, kind: str, spec: dict[str, Any], *, force: bool = False) -> JobFolder:
    """Start a job and return when its process has said who it is.

    Args:
        project_root: The project folder it works on.
        kind: A name in `KINDS`.
        spec: What the job needs to know beyond `project.yaml`.
        force: Start a heavy job although another is running.

    Raises:
        BusyError: Another heavy job is running on this machine.
        JobFailedError: The process ended before it could say anything.
        DiskFullError, ProjectError: The job folder cannot be written.
    """
    if KINDS[kind].heavy and not force and (other := running_heavy_job()):
        raise busy_error(other)
    folder = new_job(project_root.resolve(), kind, {**spec, "force": force})
    # The child works in the project's folder, where a relative path would be another place.
    environment = {**os.environ, **QUIET_ENVIRONMENT, **places()}
    log = os.open(folder.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "engine.jobs.runner", str(folder.root)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=str(project_root),
            start_new_session=True,
            umask=PRIVATE_UMASK,
        )
    finally:
        os.close(log)
    try:
        _wait_until_up(folder, child)
    except KeyboardInterrupt:
        # Whoever interrupts now has not been told of a job yet, and would not look for one.
        _call_off(folder, child)
        raise
    # Collects the exit code whenever it comes, so that an ended job is not kept as a zombie by a long-lived screen.
    threading.Thread(target=child.wait, name=f"wait-{folder.id}", daemon=True).start()
    return folder


def _wait_until_up(folder: JobFolder, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while folder.read().pid is None:
        if child.poll() is not None or time.monotonic() > deadline:
            child.kill()
            child.wait()
            tail = "\n".join(folder.log_tail(5))
            raise JobFailedError("The job did not start.", tail, f"The whole log is in {folder.log_file}.")
        time.sleep(0.02)


def _call_off(folder: JobFolder, child: subprocess.Popen[bytes]) -> None:
    """End a job that has only just begun, and say in its events that it was stopped."""
    child.terminate()
    try:
        child.wait(_CALL_OFF_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if view(folder).snapshot.end is None:
        writer = EventWriter(folder.events_file)
        writer.emit_last(StoppedEvent(by="Ctrl-C", forced=True))
        writer.close()


def running_heavy_job() -> JobView | None:
    """The heavy job that is running on this machine, if any.

    One that was started on another is not here, and nobody could say here whether it still runs: a folder of projects
    may be shared, or have moved from one rented machine to the next.
    """
    heavy = (job for job in all_jobs() if job.active and KINDS.get(job.record.kind, KINDS["check"]).heavy)
    return next((job for job in heavy if job.record.pid is None or is_here(job.record)), None)


def busy_error(other: JobView) -> BusyError:
    """The message that another job has the machine."""
    step = other.snapshot.step
    where = f", at step {step.step:,} of {step.steps:,}" if step else ""
    return BusyError(
        "Another heavy job is running on this machine.",
        f"{other.record.id} ({other.record.kind} of {Path(other.record.project).name}){where}. "
        "Two at once would slow both down or run out of memory.",
        f"Wait for it, stop it with `tunesmith stop {other.record.id}`, or add --force to run both.",
    )
