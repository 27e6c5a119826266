"""What health rules look at in the machine: a GPU that is full or held down, speed, and room on the disk."""

from __future__ import annotations

import itertools
from statistics import median

from engine.jobs.events import Event, FailedEvent, MachineEvent
from engine.train.health_history import SPEEDS, Found, History, Thresholds, last_of, number


def gpu_memory(h: History, event: Event, t: Thresholds) -> Found | None:
    """A GPU that is nearly full, several readings in a row."""
    readings = [_fullest(machine) for machine in _recent(h, t)]
    if not readings or any(share <= number(t, "share") for share, _ in readings):
        return None
    share, index = readings[-1]
    return f"GPU {index}: {share:.0%} of its memory is used."


def _fullest(machine: MachineEvent) -> tuple[float, int]:
    shares = [
        (gpu.memory_used / gpu.memory_total, gpu.index)
        for gpu in machine.gpus
        if gpu.memory_used is not None and gpu.memory_total
    ]
    return max(shares, default=(0.0, 0))


def _recent(h: History, t: Thresholds) -> list[MachineEvent]:
    """The last so many readings; none while there are too few."""
    wanted = int(number(t, "readings"))
    return list(h.machines)[-wanted:] if len(h.machines) >= wanted else []


def throttled(h: History, event: Event, t: Thresholds) -> Found | None:
    """A GPU whose clocks are held down for the reason that the rule names, several readings in a row."""
    words, readings = str(t["words"]), _recent(h, t)
    held = [[gpu for gpu in machine.gpus if words in gpu.throttled] for machine in readings]
    if not held or not all(held):
        return None
    gpu = held[-1][0]
    heat = f", {gpu.temperature} °C" if gpu.temperature is not None else ""
    return f"GPU {gpu.index} is {gpu.throttled}{heat}."


def slow(h: History, event: Event, t: Thresholds) -> Found | None:
    """Half the usual speed."""
    count, known = int(number(t, "steps")), int(number(t, "known"))
    if len(h.usual_speeds) * SPEEDS < known:
        return None
    usual, late = median(h.usual_speeds), sorted(last_of(h.speeds, count))
    now = median(late)
    # Rows of different lengths make single steps slow; a machine that is slow is so nearly all the time.
    if now >= usual * number(t, "factor") or late[int(0.8 * count)] >= usual * number(t, "nearly_all"):
        return None
    return f"{now:,.0f} tokens/s; usually {usual:,.0f}."


def disk_full(h: History, event: Event, t: Thresholds) -> Found | None:
    """No room for the next checkpoint, now or at the pace at which room vanishes."""
    if isinstance(event, FailedEvent):
        return event.what or event.title if event.code == "disk_full" else None
    assert isinstance(event, MachineEvent)
    if event.disk_free_bytes is None or not event.checkpoint_bytes:
        return None
    free = event.disk_free_bytes - _vanishing(h) * _until_next(h, event.t)
    if free >= event.checkpoint_bytes * number(t, "factor"):
        return None
    return (
        f"{event.disk_free_bytes / 1e6:,.0f} MB are free; a checkpoint takes {event.checkpoint_bytes / 1e6:,.0f} MB"
        f"{'' if event.disk_free_bytes < event.checkpoint_bytes else ', and the room is going'}."
    )


def _vanishing(h: History) -> float:
    """Bytes a second by which the free room shrinks, over the readings of the last ten minutes; 0 where it grows."""
    readings = [machine for machine in h.machines if machine.disk_free_bytes is not None]
    # Only where the clock went forward: one that is set back in between would make the same loss of room much faster.
    seconds = sum(max(0.0, later.t - earlier.t) for earlier, later in itertools.pairwise(readings))
    if len(readings) < 4 or not seconds:
        return 0.0
    first, last = readings[0], readings[-1]
    return max(0.0, ((first.disk_free_bytes or 0) - (last.disk_free_bytes or 0)) / seconds)


def _until_next(h: History, now: float) -> float:
    """Seconds until the next checkpoint, by the time between the last two; 0 while that is not known."""
    if len(h.checkpoint_times) < 2:
        return 0.0
    last = h.checkpoint_times[-1]
    apart = max(0.0, last - h.checkpoint_times[-2])
    # Never longer than that, whatever a clock that was set back says.
    return min(apart, max(0.0, last + apart - now))
