"""What a run is planned for: the card that NVML names, one that was typed in, or this machine's own memory."""

from __future__ import annotations

import re
import time
from pathlib import Path

import psutil

from engine.errors import UsageError
from engine.hardware.nvml import NvmlSampler
from engine.plan.cards import amount_of, card_named, cards_with
from engine.plan.correction import correction_for
from engine.plan.report import Machine

_GPU_WAIT_S = 3.0
_CPU_INFO = Path("/proc/cpuinfo")
_MOST_CARDS = 64
_ALIKE = 0.9


def cards_of(text: str) -> tuple[int, int]:
    """The memory in bytes and the number of cards of `24GiB`, `2x24GiB` or `24GiB,24GiB`; of unlike ones the smallest.

    Raises:
        UsageError: It is no amount, or no number of cards from 1 to 64.
    """
    found: list[int] = []
    parts = text.split(",")
    if len(parts) == 2 and all(part.strip().isdecimal() for part in parts):
        # two cards, or the comma of other languages: a card of 5 GiB is not what somebody with 24.5 means
        raise UsageError(
            f"`{text}` may mean one card or two.", "", f"Write {'.'.join(parts)}GiB, or {parts[0]}GiB,{parts[1]}GiB."
        )
    for part in parts:
        several = re.fullmatch(r"\s*(\d+)\s*[x*]\s*(.+)", part)
        count = int(several[1]) if several else 1
        if not 1 <= count <= _MOST_CARDS:
            raise UsageError(f"`{text}` names {count:,} cards.", "", f"Plan for 1 to {_MOST_CARDS}.")
        found += [amount_of(several[2] if several else part)] * count
    if len(found) > _MOST_CARDS:
        raise UsageError(f"`{text}` names {len(found):,} cards.", "", f"Plan for 1 to {_MOST_CARDS}.")
    return min(found), len(found)


def this_machine(gpu_memory: int | None = None, device: str | None = None, card: str = "", count: int = 1) -> Machine:
    """What to plan for.

    Args:
        gpu_memory: Bytes of a card that is typed in; None: what is here.
        device: `cuda` or `cpu` to say which; None: CUDA where a card is given or here.
        card: The name of the card that is typed in, where it is known.
        count: How many such cards there are; of cards that are here, those of like memory are counted.
    """
    if device == "cpu":
        memory = psutil.virtual_memory()
        return Machine(gpu_memory or memory.total, on_cuda=False, free_ram=memory.available, products=cpu_products())
    if gpu_memory:
        named = card_named(card) if card else None
        likely = (named,) if named else cards_with(gpu_memory)
        return Machine(gpu_memory, on_cuda=True, cards=likely, count=count)
    here = _gpus()
    if here:
        name, total, alike = largest_alike(here)
        known = card_named(name)
        return Machine(total, True, (known,) if known else (), name, correction_for(name), count=alike)
    if device == "cuda":
        return Machine(None, on_cuda=True)
    return this_machine(device="cpu")


def cpu_products() -> str | None:
    """What this processor makes large products of, as `engine.train.precision` chooses; None: float32 as all else.

    Read from the processor's own list, since asking PyTorch would take seconds to import.
    """
    try:
        listed = _CPU_INFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    flags = next((line for line in listed.splitlines() if line.startswith("flags")), "").split()
    return "bfloat16" if {"amx_tile", "avx512_bf16"} & set(flags) else None


def largest_alike(gpus: list[tuple[str, int]]) -> tuple[str, int, int]:
    """The name of the largest card, the least memory of those that are about as large, and how many these are.

    A small card beside it, for a display, takes no part.
    """
    name, most = max(gpus, key=lambda gpu: gpu[1])
    alike = [memory for _, memory in gpus if memory >= _ALIKE * most]
    return name, min(alike), len(alike)


def _gpus() -> list[tuple[str, int]]:
    """Name and bytes of each NVIDIA card here; none where no driver answers."""
    with NvmlSampler(interval_s=0.2) as sampler:
        deadline = time.monotonic() + _GPU_WAIT_S
        while sampler.latest() is None and not sampler.why_not and time.monotonic() < deadline:
            time.sleep(0.02)
        return [(gpu.name or "", gpu.memory_total) for gpu in sampler.latest() or () if gpu.memory_total]
