"""The machine in a few words, for line 1 of every screen."""

from __future__ import annotations

import time
from collections import Counter

from engine.machine import hostname
from tui.charset import Glyphs

_DRIVER_SECONDS = 3.0


def machine_words(chosen: Glyphs) -> str:
    """The hostname, and the GPUs if there are any: `gpu-box · RTX 4090 24 GB`.

    Asks the driver, which may take seconds: call it in a thread.
    """
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
    return f"{hostname()} {chosen.dot} {words or 'no NVIDIA GPU'}"


def _card(name: str | None, memory_total: int | None) -> str:
    short = (name or "GPU").removeprefix("NVIDIA ").removeprefix("GeForce ")
    return f"{short} {memory_total / 2**30:.0f} GB" if memory_total else short
