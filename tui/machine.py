"""The machine in a few words, for line 1 of every screen, and the memory a run can have on it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

from engine.machine import hostname
from tui.charset import Glyphs

_DRIVER_SECONDS = 3.0


@dataclass(frozen=True)
class MachineFacts:
    """What is known of the machine.

    Args:
        words: `gpu-box · RTX 4090 24 GiB`.
        gpu_bytes: Memory of the smallest GPU; None without one.
        ram_bytes: Memory of the machine.
    """

    words: str
    gpu_bytes: int | None
    ram_bytes: int


def look_at_machine(chosen: Glyphs) -> MachineFacts:
    """Ask the NVIDIA driver, which may take seconds: call it in a thread."""
    import psutil

    from engine.hardware.nvml import NvmlSampler

    sampler = NvmlSampler()
    sampler.start()
    deadline = time.monotonic() + _DRIVER_SECONDS
    while sampler.latest() is None and not sampler.why_not and time.monotonic() < deadline:
        time.sleep(0.05)
    readings = sampler.latest() or ()
    sampler.close()
    cards = Counter(_card(reading.name, reading.memory_total) for reading in readings)
    words = ", ".join(f"{count} {chosen.times} {card}" if count > 1 else card for card, count in cards.items())
    memories = [reading.memory_total for reading in readings if reading.memory_total]
    return MachineFacts(
        f"{hostname()} {chosen.dot} {words or 'no NVIDIA GPU'}",
        min(memories) if memories else None,
        int(psutil.virtual_memory().total),
    )


def _card(name: str | None, memory_total: int | None) -> str:
    short = (name or "GPU").removeprefix("NVIDIA ").removeprefix("GeForce ")
    return f"{short} {memory_total / 2**30:.0f} GiB" if memory_total else short
