"""Trying one of the creator's recognisers on the first rows of their data, before a whole scan is spent on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from engine.data.read import read_rows
from engine.data.rows import RawRow
from engine.privacy.own import compile_own
from engine.privacy.texts import scanned_fields
from engine.spec import DataSpec, OwnSpec

ROWS = 1_000
_SECONDS_A_TEXT, _SECONDS = 0.5, 10.0
_EXAMPLES, _BESIDE = 5, 24


@dataclass(frozen=True)
class Example:
    """One place that was found: the 0-based number of its row, and the text around it."""

    row: int
    before: str
    match: str
    after: str


@dataclass(frozen=True)
class Tried:
    """What a recogniser found in the first rows."""

    rows: int
    """Rows that were searched; fewer than asked for where the file is shorter or the time was up."""
    hits: int
    rows_with_hits: int
    examples: tuple[Example, ...]
    time_was_up: bool = False


def try_on_rows(data: DataSpec, spec: OwnSpec, rows: int = ROWS, go_on: Callable[[], bool] = lambda: True) -> Tried:
    """Search the first rows of a dataset; 10 seconds at most.

    Args:
        data: The dataset; `path` must be absolute.
        spec: What to look for.
        rows: How many rows.
        go_on: Asked between rows; False ends it.

    Raises:
        DataError: The file cannot be read.
        SpecError: The pattern is none, or takes longer than half a second on one text.
    """
    (own,) = compile_own([spec])
    end = time.monotonic() + _SECONDS
    searched = hits = with_hits = 0
    examples: list[Example] = []
    for row in read_rows(data):
        if not isinstance(row, RawRow):
            continue
        if searched >= rows or not go_on():
            break
        if time.monotonic() > end:
            return Tried(searched, hits, with_hits, tuple(examples), time_was_up=True)
        searched += 1
        before = hits
        for _, text in scanned_fields(row):
            for found in own.find(text, _SECONDS_A_TEXT):
                hits += 1
                if len(examples) < _EXAMPLES:
                    start, stop = found.start, found.end
                    examples.append(
                        Example(
                            row.index,
                            text[max(0, start - _BESIDE) : start],
                            text[start:stop],
                            text[stop : stop + _BESIDE],
                        )
                    )
        with_hits += hits > before
    return Tried(searched, hits, with_hits, tuple(examples))
