"""Is the process of a job still that process? A pid alone does not say: it may have been given away."""

from __future__ import annotations

import os

import psutil

from engine.jobs.folder import JobRecord
from engine.machine import boot_id, hostname


def identity() -> dict[str, object]:
    """Who the calling process is, as fields of a `JobRecord`."""
    return {
        "pid": os.getpid(),
        "process_start": psutil.Process().create_time(),
        "host": hostname(),
        "boot_id": boot_id(),
    }


def is_alive(record: JobRecord) -> bool | None:
    """Whether the job's process runs now. None: it runs on another host, or has not said its pid yet."""
    if record.pid is None or record.process_start is None or record.host != hostname():
        return None
    if record.boot_id and record.boot_id != boot_id():
        return False
    try:
        process = psutil.Process(record.pid)
        # Both figures come from the kernel's clock ticks; a hundredth of a second is their grain.
        same = abs(process.create_time() - record.process_start) < 0.05
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
