"""From curves to rows of characters: a pure function, so that what the chart shows can be tested without an app.

Every column of dots takes at most two points of the training curve, its least and its greatest, joined by a line: a
spike survives any zoom. Values that are no number are marked where they happened. One value far off would flatten
all others, so the scale leaves it out; it is marked at the top and told in words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from tui.charset import Glyphs
from tui.widgets.curve import LARGEST, Curve, clamped

Role = Literal["blank", "axis", "train", "holdout", "best", "bad"]

_LABEL = 5
"""Cells for a y label; more only when one needs it, so that the chart does not jump."""
_NARROW = 24
"""Charts narrower than this go without y labels."""
_FAR_OFF = 8.0
"""A value this many times further from the least than 95 % of the columns are is left out of the scale."""


@dataclass(frozen=True)
class Run:
    """Neighbouring cells of one row that look the same."""

    text: str
    role: Role


@dataclass(frozen=True)
class Plot:
    """A chart: `height` rows of exactly `width` cells each, and what it cannot show, in words."""

    rows: tuple[tuple[Run, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Ink:
    """How dots become characters: `across` x `down` dots a cell, one character for each set of them."""

    across: int
    down: int
    characters: str


def _braille() -> str:
    """Character of each dot set; bit `row + 4 * column` of the set is that dot."""
    dots = (0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80)
    codes = (sum(dot for bit, dot in enumerate(dots) if mask >> bit & 1) for mask in range(256))
    return " " + "".join(chr(0x2800 + code) for code in list(codes)[1:])


_INKS: dict[str, _Ink] = {
    "braille": _Ink(2, 4, _braille()),
    "block": _Ink(1, 2, " ▀▄█"),
    "ascii": _Ink(1, 2, " '.:"),
}
Style = Literal["braille", "block", "ascii"]


@dataclass(frozen=True)
class Scale:
    """The range of values shown and its round marks."""

    bottom: float
    top: float
    step: float
    marks: tuple[float, ...]

    def dot(self, value: float, dots: int) -> int:
        """The row of dots of a value, 0 at the top; values outside are put on the edge."""
        share = (self.top / 2 - value / 2) / (self.top / 2 - self.bottom / 2)
        return min(dots - 1, max(0, round(share * (dots - 1))))


def plot(
    train: Curve,
    holdout: Sequence[tuple[int, float]],
    width: int,
    height: int,
    glyphs: Glyphs,
    *,
    best_step: int | None = None,
    total: int | None = None,
    style: Style | None = None,
) -> Plot:
    """Draw the losses of a run.

    Args:
        train: Training loss by step.
        holdout: (step, loss on the holdout).
        width: Cells.
        height: Cells; the last row holds the steps.
        glyphs: What the terminal can show.
        best_step: Whose holdout loss gets the mark of the best.
        total: Steps the run will have; the axis never reaches beyond without need.
        style: `braille` or `block`; by default braille, and `ascii` where the glyphs are plain.
    """
    width, height = max(1, width), max(1, height)
    if not len(train) and not holdout:
        return Plot(((Run(" " * width, "blank"),),) * height)
    holdout = [(step, clamped(value)) for step, value in holdout]
    ink = _INKS[style or ("braille" if glyphs.unicode else "ascii")]
    end = x_end(max([train.last_step, *(step for step, _ in holdout)]), total)
    values = [value for _, value in holdout if math.isfinite(value)]
    lows = [low for low in train.low if low is not None]
    highs = [high for high in train.high if high is not None]
    scale = _scale(lows, highs, values, height)
    labels = {} if width < _NARROW else _y_labels(scale, height - 1)
    gutter = 0 if not labels else max(_LABEL, *(len(label) for label in labels.values())) + 1
    canvas = _Canvas(width - gutter, height - 1, ink, scale, end)
    canvas.curve(train)
    for step, value in holdout:
        canvas.mark(step, value, "o" if step != best_step else glyphs.best, "holdout" if step != best_step else "best")
    canvas.bad_marks(train, glyphs)
    canvas.out_of_scale(train, holdout, glyphs)
    rows = [
        (*((Run(labels.get(row, "").rjust(gutter - 1) + " ", "axis"),) if gutter else ()), *canvas.row(row))
        for row in range(height - 1)
    ]
    rows.append((Run(" " * gutter + _x_labels(width - gutter, end), "axis"),))
    return Plot(tuple(rows), _notes(train, holdout, max([*highs, *values], default=0.0), scale))


@dataclass(frozen=True)
class _Column:
    """What falls on one column of dots: (low, high, first, last), or None when nothing there is a number."""

    at: int
    values: tuple[float, float, float, float] | None

    def joined(self, more: tuple[float, float, float, float] | None) -> _Column:
        """With the values of the next bucket."""
        if self.values is None or more is None:
            return _Column(self.at, self.values or more)
        (low, high, first, _), (low1, high1, _, last) = self.values, more
        return _Column(self.at, (min(low, low1), max(high, high1), first, last))


class _Canvas:
    """Cells that dots and marks are put on."""

    def __init__(self, width: int, height: int, ink: _Ink, scale: Scale, end: int) -> None:
        self.width, self.height, self.ink, self.scale, self.end = width, height, ink, scale, end
        self.columns, self.dots = width * ink.across, height * ink.down
        self._masks = [[0] * width for _ in range(height)]
        self._marks: dict[tuple[int, int], tuple[str, Role]] = {}

    def column(self, step: int) -> int:
        """The column of dots of a step."""
        return min(self.columns - 1, max(0, round(step / self.end * (self.columns - 1))))

    def curve(self, curve: Curve) -> None:
        """Draw the training line: per column its range, and from its last value on to the next column's first."""
        if not self.height:
            return
        before: tuple[int, int] | None = None
        for column in self._columns(curve):
            if column.values is None:
                before = None
                continue
            low, high, first, last = (self.scale.dot(value, self.dots) for value in column.values)
            self._vertical(column.at, high, low)
            if before:
                self._line(*before, column.at, first)
            before = column.at, last

    def _columns(self, curve: Curve) -> list[_Column]:
        """The buckets put together by column; those without anything are left out."""
        merged: list[_Column] = []
        for index, bucket in enumerate(zip(curve.low, curve.high, curve.first, curve.last, strict=True)):
            low, high, first, last = bucket
            if low is None or high is None or first is None or last is None:
                if not curve.bad[index]:
                    continue
                values = None
            else:
                values = (low, high, first, last)
            at = self.column(index * curve.width)
            if merged and merged[-1].at == at:
                merged[-1] = merged[-1].joined(values)
            else:
                merged.append(_Column(at, values))
        return merged

    def _vertical(self, column: int, top: int, bottom: int) -> None:
        """Set the dots of one column from `top` to `bottom`, a cell at a time."""
        down = self.ink.down
        cell, shift = column // self.ink.across, down * (column % self.ink.across)
        for row in range(top // down, bottom // down + 1):
            start, stop = max(top - row * down, 0), min(bottom - row * down, down - 1)
            self._masks[row][cell] |= ((1 << (stop - start + 1)) - 1) << (start + shift)

    def _line(self, from_column: int, from_dot: int, to_column: int, to_dot: int) -> None:
        """Join two dots so that no row is left out between neighbouring columns."""
        steps = max(1, to_column - from_column)
        for index in range(steps + 1):
            # Each column covers half of the way to either neighbour.
            a = from_dot + (to_dot - from_dot) * max(0.0, index - 0.5) / steps
            b = from_dot + (to_dot - from_dot) * min(float(steps), index + 0.5) / steps
            low, high = sorted((round(a), round(b)))
            self._vertical(from_column + index, low, high)

    def mark(self, step: int, value: float, character: str, role: Role) -> None:
        """Put a character at a point; what is no number is left to `bad_marks`."""
        if self.height and math.isfinite(value):
            row = self.scale.dot(value, self.dots) // self.ink.down
            self._put(self.column(step), row, character, role)

    def bad_marks(self, curve: Curve, glyphs: Glyphs) -> None:
        """Mark the steps whose value is no number (at the bottom) or infinite (at the top)."""
        for index, kinds in enumerate(curve.bad):
            if "n" in kinds:
                self._put(self.column(index * curve.width), self.height - 1, glyphs.bad, "bad")
            if "i" in kinds:
                self._put(self.column(index * curve.width), 0, glyphs.notice, "bad")

    def out_of_scale(self, curve: Curve, holdout: Sequence[tuple[int, float]], glyphs: Glyphs) -> None:
        """Mark at the top what the scale leaves out, and the holdout's bad values like those of training."""
        for index, high in enumerate(curve.high):
            if high is not None and high > self.scale.top:
                self._put(self.column(index * curve.width), 0, glyphs.notice, "bad")
        for step, value in holdout:
            if math.isnan(value):
                self._put(self.column(step), self.height - 1, glyphs.bad, "bad")
            elif math.isinf(value) or value > self.scale.top:
                self._put(self.column(step), 0, glyphs.notice, "bad")

    def _put(self, column: int, row: int, character: str, role: Role) -> None:
        if self.height:
            self._marks[row, column // self.ink.across] = character, role

    def row(self, row: int) -> tuple[Run, ...]:
        """One finished row."""
        characters = self.ink.characters
        cells: list[tuple[str, Role]] = [
            self._marks.get((row, cell)) or (characters[mask], "train" if mask else "blank")
            for cell, mask in enumerate(self._masks[row])
        ]
        return tuple(
            Run("".join(character for character, _ in group), role)
            for role, group in groupby(cells, key=lambda cell: cell[1])
        )


def x_end(last_step: int, total: int | None) -> int:
    """The last step of the axis: a round number, so that the picture stands still between two of them."""
    if total and 0.8 * total <= last_step <= total:
        return total
    if last_step <= 4:
        return 4 if not total else max(1, min(4, max(total, last_step)))
    unit = int(10 ** math.floor(math.log10(last_step)))
    rounds = (round(unit * factor) for factor in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10))
    end = next(end for end in rounds if end >= last_step)
    return min(end, total) if total and total >= last_step else end


def _scale(lows: list[float], highs: list[float], holdout: list[float], height: int) -> Scale:
    """The round range that holds all values, but those far off."""
    everything = [*lows, *highs, *holdout]
    if not everything:
        return Scale(0.0, 1.0, 1.0, ())
    low, high = min(everything), max(everything)
    usual = sorted([*highs, *holdout])
    near = usual[min(len(usual) - 1, int(0.95 * len(usual)))]
    if near > low and high - low > _FAR_OFF * (near - low):
        limit = low + _FAR_OFF * (near - low)
        high = max(value for value in usual if value <= limit)
    if high / 2 - low / 2 <= max(abs(high), 1.0) * 1e-9:
        pad = max(abs(high) * 0.1, 1e-3)
        low, high = low - pad, high + pad
    return _round_range(low, high, min(6, max(1, (height - 1) // 2)))


def _round_range(low: float, high: float, intervals: int) -> Scale:
    """A range around `low` and `high` that ends at halves of its round marks, with about `intervals` of them."""
    rough = high / intervals - low / intervals
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10, 20) if unit * factor >= rough * 0.999)
    half = step / 2
    first, last = math.floor(low / half + 1e-9), math.ceil(high / half - 1e-9)
    last = max(last, first + 2)
    marks = [index * half for index in range(last, first - 1, -1) if index % 2 == 0]
    return Scale(first * half, last * half, step, tuple(marks))


def _y_labels(scale: Scale, height: int) -> dict[int, str]:
    """Label by row; where two marks fall on the same or neighbouring rows, the lower one gives way."""
    labels: dict[int, str] = {}
    for mark in scale.marks if height > 0 else ():
        row = scale.dot(mark, height)
        if row not in labels and row - 1 not in labels:
            labels[row] = _number(mark, scale.step)
    return labels


def _number(value: float, step: float) -> str:
    """A value with as many decimals as its marks need; very large and very small ones with a power of ten."""
    if value and (abs(value) >= 1e5 or step < 1e-3):
        mantissa, _, exponent = f"{value:.1e}".partition("e")
        return f"{mantissa}e{int(exponent)}"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if decimals and round(step * 10**decimals, 6) % 1:
        decimals += 1
    return f"{value:,.{max(decimals, 1 if abs(value) < 1000 else 0)}f}"


def _x_labels(width: int, end: int) -> str:
    """Round steps under their columns, each beginning at its own."""
    rough = end / max(1, width // 12)
    unit = 10 ** max(0, math.floor(math.log10(rough))) if rough >= 1 else 1
    step = next(round(unit * factor) for factor in (1, 2, 2.5, 5, 10, 20) if round(unit * factor) >= rough)
    line = [" "] * width
    free = 0
    for mark in range(0, end + 1, max(1, step)):
        text = f"{mark:,}" if mark < 1_000_000 else f"{mark / 1_000_000:g}M"
        column = min(round(mark / end * (width - 1)), width - len(text))
        if column >= free and column >= 0:
            line[column : column + len(text)] = text
            free = column + len(text) + 2
    return "".join(line)


def _notes(train: Curve, holdout: Sequence[tuple[int, float]], highest: float, scale: Scale) -> tuple[str, ...]:
    """What the marks at the edges mean."""
    notes = []
    nans = train.nans + sum(math.isnan(value) for _, value in holdout)
    infinite = train.infinite + sum(math.isinf(value) for _, value in holdout)
    if nans:
        notes.append(f"{nans:,} {'value is' if nans == 1 else 'values are'} not a number (NaN)")
    if infinite:
        notes.append(f"{infinite:,} {'value is' if infinite == 1 else 'values are'} infinite")
    if highest > scale.top:
        shown = f"over {LARGEST:g}" if highest >= LARGEST else f"{highest:,.4g}"
        notes.append(f"above the scale: up to {shown}")
    return tuple(notes)
