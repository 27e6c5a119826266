"""The first reading of a dataset: how many rows there are, which of them the last scan knew, and what those tell.

Where a file has one row on a line, no row is parsed for this; lines are hashed and asked for.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.data.read import detect_format, read_rows
from engine.data.rows import BadRow, RawRow
from engine.errors import DataError
from engine.privacy.knownrows import KnownRows, source_name, source_of
from engine.privacy.lazy import work_of
from engine.privacy.rowscan import NameList
from engine.spec import DataSpec

PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]*_\d+>")
_TOGETHER = 500
_STOP_ROWS = 1000

CheckStop = Callable[[], None]


@dataclass
class Survey:
    """What the first reading says about a dataset; the second completes it."""

    rows: int = 0
    """All of them at first; those that can be read once the new ones were read."""
    unreadable: int = 0
    first_bad: BadRow | None = None
    known_rows: int = 0
    new_texts: int = 0
    """What is to be looked at in new rows at most, as `engine.privacy.lazy.work_of` counts it."""
    all_known: bool = False
    """Whether every row is known, and none is there that cannot be read."""
    taken: set[str] = field(default_factory=set)
    """Placeholders that the data holds already."""
    names: NameList = field(default_factory=NameList)
    """Told by the known rows."""
    _numbers: array[int] = field(default_factory=lambda: array("q"))
    """For each row, by its index: twice its number among the known ones, one more if it has findings; 0: it is new."""

    def is_new(self, index: int, _source: str = "") -> bool:
        """Whether the last scan did not know this row."""
        return index >= len(self._numbers) or not self._numbers[index]

    def number(self, index: int) -> tuple[int, bool]:
        """The number of a known row, and whether it has findings."""
        return self._numbers[index] >> 1, bool(self._numbers[index] & 1)

    def note_bad(self, row: BadRow) -> None:
        """A row cannot be read."""
        self.unreadable += 1
        self.first_bad = self.first_bad or row

    def complete(self, new_rows: int, data: DataSpec) -> None:
        """All new rows were read.

        Raises:
            DataError: No row can be read: to say that nothing was found would be a lie.
        """
        self.rows = self.known_rows + new_rows
        if self.first_bad is not None and not self.rows:
            others = f"All {self.unreadable:,} rows are like that or broken otherwise."
            raise DataError(
                "Not one row of this dataset can be read.",
                f"{data.path}:{self.first_bad.line}: {self.first_bad.reason}. {others}",
                "Look at that line. If the file is right, choose its format with --format.",
                code="all_bad",
            )


def survey(data: DataSpec, known: KnownRows, check_stop: CheckStop) -> Survey:
    """Read a dataset once.

    Args:
        data: The dataset; `path` must be absolute.
        known: The rows of the last scan.
        check_stop: Called now and then; may raise.

    Raises:
        DataError: The file cannot be used.
    """
    made = Survey()
    waiting: list[tuple[int, bytes, int]] = []

    def note(index: int, source: str) -> bool:
        made.rows += 1
        if known:
            waiting.append((index, source_name(source), work_of(source)))
            if len(waiting) >= _TOGETHER:
                _look_up(waiting, known, made)
                waiting.clear()
        else:
            made.new_texts += work_of(source)
        if made.rows % _STOP_ROWS == 0:
            check_stop()
        return False

    for row in rows_of(data, note):
        if isinstance(row, BadRow):
            made.rows += 1
            made.note_bad(row)
    _look_up(waiting, known, made)
    made.all_known = made.known_rows == made.rows
    return made


def rows_of(data: DataSpec, wanted: Callable[[int, str], bool]) -> Iterator[RawRow | BadRow]:
    """Those rows that are wanted, and all that cannot be read.

    Args:
        data: The dataset.
        wanted: Told the index of a row and what `source_of` says of it, once and in their order. A line of JSON that is
            not wanted is not parsed.
    """
    format = detect_format(Path(data.path).expanduser(), data.format)
    if format.format == "jsonl":
        return read_rows(data, format, wanted=wanted)
    rows = read_rows(data, format)
    return (row for row in rows if isinstance(row, BadRow) or wanted(row.index, source_of(row)))


def _look_up(waiting: list[tuple[int, bytes, int]], known: KnownRows, made: Survey) -> None:
    found = known.recognise([name for _, name, _ in waiting])
    for index, name, work in waiting:
        row = found.get(name)
        if row is None:
            made.new_texts += work
            continue
        made._numbers.extend([0] * (index - len(made._numbers)))
        made._numbers.append(row.id << 1 | row.has_findings)
        made.known_rows += 1
        if row.told is not None:
            made.names.take(row.told.names)
            made.taken.update(row.told.taken)
