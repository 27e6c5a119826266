"""What an optimizer keeps for every trained parameter, by the names transformers knows.

Counted from the algorithms: Adam keeps two moments, momentum methods one; transformers' plain SGD is without momentum
and keeps nothing. Four-bit states (torchao) take half a byte. Eight-bit states (bitsandbytes) take a byte
a moment and a float32 for every 256 (Dettmers et al. 2022); tensors below 4,096 elements stay in 32 bits, which for
an adapter's matrices of real sizes is nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_NAMES = re.compile(r"^class OptimizerNames\(.*?(?=^\S)", re.DOTALL | re.MULTILINE)
_VALUE = re.compile(r'^    \w+ = "([\w.-]+)"', re.MULTILINE)


@dataclass(frozen=True)
class OptimizerState:
    """Bytes for each trained parameter, and whether they can move to the host's memory when the card is full."""

    bytes_per_element: int
    paged: bool


_MOMENTS = {
    "adam": 2,
    "lamb": 2,
    "ademamix": 3,
    "lion": 1,
    "rmsprop": 1,
    "adagrad": 1,
    "free_sgd": 1,
    "sgd": 0,
    "lomo": 0,
}


def optimizer_state(name: str) -> OptimizerState:
    """What the optimizer of this name keeps; an unknown one is taken for Adam, the largest common."""
    if "adafactor" in name or "galore" in name or "apollo" in name:
        return OptimizerState(0, paged=False)
    moments = next((count for part, count in _MOMENTS.items() if part in name), 2)
    if "ademamix" in name:
        moments = 3
    each = 0.5 if "4bit" in name else 1 if "8bit" in name else 4
    return OptimizerState(round(moments * each), paged="paged" in name)


@cache
def known_optimizers() -> frozenset[str]:
    """The names that the installed transformers knows, read from its text; empty when that cannot be found."""
    spec = find_spec("transformers")
    if spec is None or not spec.submodule_search_locations:
        return frozenset()
    for name in ("training_args.py", "trainer_optimizer.py"):
        file = Path(next(iter(spec.submodule_search_locations))) / name
        found = _NAMES.search(file.read_text(encoding="utf-8")) if file.is_file() else None
        if found:
            return frozenset(_VALUE.findall(found.group(0)))
    return frozenset()
