"""What a run is planned for: the card that NVML names, one that was typed in, or this machine's own memory."""

from __future__ import annotations

import re
import time

import psutil

from engine.errors import UsageError
from engine.hardware.nvml import NvmlSampler
from engine.plan.cards import card_named, cards_with
from engine.plan.correction import correction_for
from engine.plan.report import Machine

_GPU_WAIT_S = 3.0
_UNITS = {"gib": 2**30, "gb": 10**9, "mib": 2**20, "mb": 10**6, "g": 2**30, "m": 2**20}


def amount_of(text: str) -> int:
    """Bytes of an amount such as `24GiB`.

    Raises:
        UsageError: It is no amount.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]+)", text.strip().lower())
    if not found or found[2] not in _UNITS or float(found[1]) <= 0:
        raise UsageError(f"`{text}` is not an amount of memory.", "", "Write it as 24GiB.")
    return int(float(found[1]) * _UNITS[found[2]])


def this_machine(gpu_memory: int | None = None, device: str | None = None, card: str = "") -> Machine:
    """What to plan for.

    Args:
        gpu_memory: Bytes of a card that is typed in; None: what is here.
        device: `cuda` or `cpu` to say which; None: CUDA where a card is given or here.
        card: The name of the card that is typed in, where it is known.
    """
    if device == "cpu":
        memory = psutil.virtual_memory()
        return Machine(gpu_memory or memory.total, on_cuda=False, free_ram=memory.available)
    if gpu_memory:
        named = card_named(card) if card else None
        return Machine(gpu_memory, on_cuda=True, cards=(named,) if named else cards_with(gpu_memory))
    here = _largest_gpu()
    if here:
        name, total = here
        known = card_named(name)
        return Machine(total, True, (known,) if known else (), name, correction_for(name))
    if device == "cuda":
        return Machine(None, on_cuda=True)
    return this_machine(device="cpu")


def _largest_gpu() -> tuple[str, int] | None:
    with NvmlSampler(interval_s=0.2) as sampler:
        deadline = time.monotonic() + _GPU_WAIT_S
        while sampler.latest() is None and not sampler.why_not and time.monotonic() < deadline:
            time.sleep(0.02)
        found = [(gpu.name or "", gpu.memory_total) for gpu in sampler.latest() or () if gpu.memory_total]
    return max(found, key=lambda entry: entry[1]) if found else None
