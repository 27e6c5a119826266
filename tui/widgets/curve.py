"""A curve of any length in a bounded number of buckets, so that drawing it costs the same at step 100 and 1,000,000.

Each bucket keeps the least, the greatest, the first and the last finite value of its steps, and counts those that
are no number. Nothing that stands out is lost: a spike of one step is the greatest value of its bucket.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

MOST_BUCKETS = 2048
"""More than the dots of the widest terminal; when they are full, neighbours are merged and half are free again."""

LARGEST = 1e300
"""Finite values beyond are taken as this, so that differences of values stay finite."""


def clamped(value: float) -> float:
    """A finite value within what can be drawn; others as they are."""
    return min(LARGEST, max(-LARGEST, value)) if math.isfinite(value) else value


class Curve:
    """Loss by step, bucketed as it comes. Adding a point costs the same however many there are.

    The lists have one entry a bucket, `width` steps each, beginning at step 0; a bucket without a finite value holds
    None in all four.
    """

    def __init__(self, points: Iterable[tuple[int, float]] = ()) -> None:
        self.width = 1
        self.low: list[float | None] = []
        self.high: list[float | None] = []
        self.first: list[float | None] = []
        self.last: list[float | None] = []
        self.bad: list[str] = []
        """Of each bucket "" or one or both of "n" (not a number) and "i" (infinite)."""
        self.nans = 0
        self.infinite = 0
        self.last_step = 0
        self.version = 0
        """Grows with every change: equal versions of one curve draw equal pictures."""
        self.extend(points)

    def __len__(self) -> int:
        return self.version

    def extend(self, points: Iterable[tuple[int, float]]) -> None:
        """Add points; steps below 0 count as 0."""
        low, high, last, width = self.low, self.high, self.last, self.width
        for step, value in points:
            # Nearly every point of a long run is a number and falls into a bucket that holds one already.
            index = step // width
            if 0 <= index < len(low) and -LARGEST <= value <= LARGEST:
                least, most = low[index], high[index]
                if least is not None and most is not None:
                    self.version += 1
                    if step > self.last_step:
                        self.last_step = step
                    last[index] = value
                    if value < least:
                        low[index] = value
                    elif value > most:
                        high[index] = value
                    continue
            self._add(max(0, step), value)
            low, high, last, width = self.low, self.high, self.last, self.width

    def _add(self, step: int, value: float) -> None:
        self.version += 1
        if step > self.last_step:
            self.last_step = step
        index = step // self.width
        while index >= MOST_BUCKETS:
            self._halve()
            index = step // self.width
        if index >= len(self.low):
            more = index + 1 - len(self.low)
            for values in (self.low, self.high, self.first, self.last):
                values.extend([None] * more)
            self.bad.extend([""] * more)
        if not math.isfinite(value):
            self._add_bad(index, value)
            return
        value = clamped(value)
        low, high = self.low[index], self.high[index]
        if low is None or high is None:
            self.low[index] = self.high[index] = self.first[index] = value
        elif value < low:
            self.low[index] = value
        elif value > high:
            self.high[index] = value
        self.last[index] = value

    def _add_bad(self, index: int, value: float) -> None:
        if math.isnan(value):
            self.nans += 1
            kind = "n"
        else:
            self.infinite += 1
            kind = "i"
        if kind not in self.bad[index]:
            self.bad[index] += kind

    def _halve(self) -> None:
        """Merge each two neighbours into a bucket of twice the width."""
        self.width *= 2
        self.low = [_pick(min, a, b) for a, b in _pairs(self.low)]
        self.high = [_pick(max, a, b) for a, b in _pairs(self.high)]
        self.first = [b if a is None else a for a, b in _pairs(self.first)]
        self.last = [a if b is None else b for a, b in _pairs(self.last)]
        bad = self.bad + [""] * (len(self.bad) % 2)
        self.bad = ["".join(sorted(set(bad[i] + bad[i + 1]))) for i in range(0, len(bad), 2)]


def _pairs(values: list[float | None]) -> Iterable[tuple[float | None, float | None]]:
    padded = [*values, None] if len(values) % 2 else values
    return zip(padded[::2], padded[1::2], strict=True)


def _pick(which: Callable[[float, float], float], a: float | None, b: float | None) -> float | None:
    if a is None or b is None:
        return b if a is None else a
    return which(a, b)
