"""What an optimizer keeps for every trained parameter, by the names transformers knows.

Counted from the algorithms: Adam keeps two moments, momentum methods one. Eight-bit states (bitsandbytes) take a byte
a moment and a float32 for every 256 (Dettmers et al. 2022); tensors below 4,096 elements stay in 32 bits, which for
an adapter's matrices of real sizes is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OptimizerState:
    """Bytes for each trained parameter, and whether they can move to the host's memory when the card is full."""

    bytes_per_element: int
    paged: bool


_MOMENTS = {"adam": 2, "lamb": 2, "ademamix": 3, "lion": 1, "rmsprop": 1, "adagrad": 1, "sgd": 1, "lomo": 0}


def optimizer_state(name: str) -> OptimizerState:
    """What the optimizer of this name keeps; an unknown one is taken for Adam, the largest common."""
    if "adafactor" in name or "galore" in name or "apollo" in name:
        return OptimizerState(0, paged=False)
    moments = next((count for part, count in _MOMENTS.items() if part in name), 2)
    if "ademamix" in name:
        moments = 3
    each = 1 if "8bit" in name else 4
    return OptimizerState(moments * each, paged="paged" in name)
