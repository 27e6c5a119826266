"""Getting large libraries into memory sooner.

Nothing that is made by importing is ever let go of, and looking for what could be takes a sixth of the time that a
training job needs until it can begin (measured: 6.3 s of processor time with the collector, 5.2 s without).
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Look for no garbage meanwhile, and never among what is there at the end."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
