"""What a GPU was seen to need, over what was planned for it: kept for each GPU, and applied to later plans.

Only what depends on the batch is corrected (activations and logits): weights, adapter and optimizer are counted, and
where they differ the reason is not the card.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from engine.files import atomic_write, make_private_folder
from engine.machine import state_folder
from engine.plan.memory import Memory

_PLAUSIBLE = (0.5, 2.0)
"""A factor outside of this says that something else was measured."""


def correction_for(gpu: str) -> float:
    """The factor for the GPU of this name; 1 where none was measured."""
    try:
        found = float(json.loads(_file(gpu).read_text())["factor"])
    except (OSError, ValueError, KeyError, TypeError):
        return 1.0
    return found if _PLAUSIBLE[0] <= found <= _PLAUSIBLE[1] else 1.0


def learn(gpu: str, planned: Memory, measured: int) -> float:
    """Keep what was measured in one probe step.

    Args:
        gpu: The name the driver gives it.
        planned: The plan of that step, made with a correction of 1.
        measured: Allocated bytes at the step's peak.

    Returns:
        The factor from now on: 1 where what was measured cannot be that step.
    """
    fixed = sum(amount for kind, amount in planned.breakdown.items() if kind not in ("activations", "logits"))
    moving = planned.allocated - fixed
    factor = (measured - fixed) / moving if moving > 0 else 1.0
    if not _PLAUSIBLE[0] <= factor <= _PLAUSIBLE[1]:
        return 1.0
    file = _file(gpu)
    make_private_folder(file.parent)
    atomic_write(file, json.dumps({"gpu": gpu, "factor": factor, "planned": planned.allocated, "measured": measured}))
    return factor


def _file(gpu: str) -> Path:
    name = hashlib.sha256(gpu.encode()).hexdigest()[:16]
    return state_folder() / "plan" / "gpus" / f"{name}.json"
