"""The machine beside its GPUs: processor, memory, and room on the disk that holds the project."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import psutil

from engine.machine import hostname


@dataclass(frozen=True)
class HostReading:
    """The machine at one moment; sizes in bytes."""

    hostname: str
    cpu_percent: float | None
    """Of all cores together since the reading before; None for the first one."""
    ram_used: int
    """Not available to a new process: total less what can be had without swapping."""
    ram_total: int
    disk_free: int | None
    """For an ordinary user, on the disk of the given path; None when it cannot be read."""
    cpu_times: tuple[float, float]
    """Busy and total seconds of all cores since boot: what the next reading subtracts."""


def read_host(path: Path, before: HostReading | None = None) -> HostReading:
    """Read the machine now, without waiting for anything but the disk of `path`.

    Args:
        path: Whose disk counts; the nearest existing parent is taken.
        before: The reading before this one; the processor's load is that of the time between.
    """
    memory = psutil.virtual_memory()
    times = _cpu_times()
    return HostReading(
        hostname=hostname(),
        cpu_percent=_load(before.cpu_times, times) if before else None,
        ram_used=memory.total - memory.available,
        ram_total=memory.total,
        disk_free=_disk_free(path),
        cpu_times=times,
    )


class HostSampler:
    """Reads the machine on a daemon thread: the disk of a project may be a network that hangs."""

    def __init__(self, path: Path, interval_s: float = 1.0) -> None:
        self._path = path
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._reading: HostReading | None = None

    def start(self) -> None:
        """Begin sampling. Returns at once; does nothing when already started."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="host", daemon=True)
            self._thread.start()

    def close(self, timeout_s: float = 1.0) -> bool:
        """End sampling; whether the thread has ended (one that hangs on a disk stays behind, harmless)."""
        self._stop.set()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def latest(self) -> HostReading | None:
        """The last reading; None before the first."""
        return self._reading

    def _run(self) -> None:
        while not self._stop.is_set():
            self._reading = read_host(self._path, self._reading)
            self._stop.wait(self._interval_s)


def _cpu_times() -> tuple[float, float]:
    times = psutil.cpu_times()
    # Guest time is counted in user time already, waiting for a disk is idleness.
    guest = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    total = sum(times) - guest
    return total - times.idle - getattr(times, "iowait", 0.0), total


def _load(before: tuple[float, float], now: tuple[float, float]) -> float | None:
    span = now[1] - before[1]
    if span <= 0:
        return None
    return min(100.0, max(0.0, 100.0 * (now[0] - before[0]) / span))


def _disk_free(path: Path) -> int | None:
    for folder in (path, *path.parents):
        try:
            return psutil.disk_usage(str(folder)).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None
