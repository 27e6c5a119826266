"""Giving freed memory back to the system while training on a processor.

glibc keeps what was freed for later, in pieces. Loading a model leaves 0.2 to 0.4 GB of such pieces behind for 135
million parameters, and rows of other lengths find no room in the pieces of earlier ones. Asked once a learning step,
it hands them back; taking the room anew costs less than a hundredth of the step.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from transformers import TrainerCallback


def give_back() -> None:
    """Return free pages of the heap to the system; nothing where the C library has no such call."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


class HeapCallback(TrainerCallback):  # type: ignore[misc]
    """Gives back what loading left, and what each learning step leaves."""

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Before the first step."""
        give_back()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """After the optimizer's step."""
        give_back()
