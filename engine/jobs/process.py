"""Is the process of a job still that process? A pid alone does not say: it may have been given away."""

from __future__ import annotations

from pathlib import Path

import psutil

from engine.jobs.folder import JobRecord
from engine.machine import boot_id, hostname


def identity() -> dict[str, object]:
    """Who the calling process is, as fields of a `JobRecord`."""
    process = psutil.Process()
    return {
        "pid": process.pid,
        "process_start": process.create_time(),
        "start_ticks": _start_ticks(process.pid),
        "host": hostname(),
        "boot_id": boot_id(),
    }


def is_here(record: JobRecord) -> bool:
    """Whether the job was started on this machine. A machine that was renamed since (a container) is another."""
    return record.host == hostname()


def is_alive(record: JobRecord) -> bool | None:
    """Whether the job's process runs now. None: it runs on another host, or has not said its pid yet."""
    if record.pid is None or record.process_start is None or not is_here(record):
        return None
    if record.boot_id and record.boot_id != boot_id():
        return False
    try:
        process = psutil.Process(record.pid)
        return _same(record, process) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _same(record: JobRecord, process: psutil.Process) -> bool:
    """Whether a pid is still who it was."""
    ticks = _start_ticks(process.pid)
    if record.start_ticks is not None and ticks is not None:
        return ticks == record.start_ticks
    # Seconds since 1970, with a hundredth as their grain; they move when somebody sets the clock.
    return abs(process.create_time() - (record.process_start or 0.0)) < 0.05


def _start_ticks(pid: int) -> int | None:
    """When a process started, in the kernel's ticks since boot, which no clock can move; None where it is not Linux."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The name, second of the fields, may hold blanks and brackets; the start is the 22nd (proc_pid_stat(5)).
    return int(stat.rpartition(b")")[2].split()[19])
