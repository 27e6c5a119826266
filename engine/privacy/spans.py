"""Looking up places among stretches of a text by halving: a row may have tens of thousands of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import attrgetter
from typing import Protocol, TypeVar


class Spans(Protocol):
    """Anything with a beginning and an end, in characters of a text."""

    @property
    def start(self) -> int:
        """Its first character."""
        ...

    @property
    def end(self) -> int:
        """The character after its last."""
        ...


S = TypeVar("S", bound=Spans)
_START, _END = attrgetter("start"), attrgetter("end")


def meeting(ordered: Sequence[S], start: int, end: int) -> Sequence[S]:
    """Those that overlap a place, of stretches in order that do not overlap each other."""
    return ordered[bisect_right(ordered, start, key=_END) : bisect_left(ordered, end, key=_START)]


def within(ordered: Sequence[S], start: int, end: int) -> Sequence[S]:
    """Those that lie wholly in a place, of stretches in order that do not overlap each other."""
    return ordered[bisect_left(ordered, start, key=_START) : bisect_right(ordered, end, key=_END)]


class Covers:
    """Stretches in any order, which may overlap, asked whether one of them holds a whole place."""

    def __init__(self, stretches: Iterable[Spans]) -> None:
        ordered = sorted((one.start, one.end) for one in stretches)
        self._starts = [start for start, _ in ordered]
        self._farthest = list(accumulate((end for _, end in ordered), max))

    def holds(self, start: int, end: int) -> bool:
        """Whether a single one of them begins at `start` or before and ends at `end` or after."""
        at = bisect_right(self._starts, start)
        return at > 0 and self._farthest[at - 1] >= end
