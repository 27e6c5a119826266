"""A dataset as a stream of examples: format and shape settled, every bad row told, exact duplicates left out.

What the project's fixes leave out (`engine.data.health`) comes as bad rows too. They need a look at all rows first, so
a dataset with fixes is read twice.

The check, the preview and the training all read through here, so they can never disagree about a row.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.data.formats import Format, detect_format, empty_file
from engine.data.mapping import Shape, columns_of, resolve_shape
from engine.data.read import Progress, read_rows
from engine.data.rows import BadRow, RawRow, text_fields
from engine.data.shapes import Example, to_example
from engine.data.split import content_hash
from engine.errors import DataError, StoppedError
from engine.spec import DataSpec

if TYPE_CHECKING:
    from engine.data.health import Treatment

HOPELESS_ROWS = 1000
"""When so many rows from the beginning are all bad, the rest is not read."""
_SAMPLE_ROWS = 100
_SAMPLE_CHARS = 16 * 1024 * 1024

Stop = Callable[[], object]
"""Asked between rows; a true answer (or an error it raises) ends the work."""


@dataclass
class Dataset:
    """An opened dataset.

    Args:
        path: The file.
        format: How it is read.
        shape: How its rows are laid out.
        columns: Those of the first rows.
        rows: Every record, once.
        data: How it was opened.
    """

    path: Path
    format: Format
    shape: Shape
    columns: list[str]
    rows: Iterator[RawRow | BadRow]
    data: DataSpec
    treatment: Treatment | None = None
    """What the fixes do to single rows; found out by reading the file when it is not given."""
    repaired: int = 0
    """How many rows had a broken character replaced, of those read so far."""

    def examples(self, stop: Stop | None = None) -> Iterator[Example | BadRow]:
        """Every row as an example or as a bad row, in order. Can be walked once.

        Raises:
            DataError: No row can be used, or none of the first `HOPELESS_ROWS`, or the fixes leave none.
            StoppedError: `stop` said so.
        """
        first_seen: dict[bytes, tuple[int, int]] = {}
        bad = _BadTally(self.path)
        treatment, used = self.treatment or treatment_of(self.data, stop), 0
        for raw in self.rows:
            if stop and stop():
                raise StoppedError("Stopped.", "", "")
            example = to_example(raw, self.shape.shape, self.shape.mapping) if isinstance(raw, RawRow) else raw
            if isinstance(example, Example):
                example = _or_duplicate(example, first_seen)
            if isinstance(raw, RawRow):
                self.repaired += raw.repaired
            if isinstance(example, BadRow):
                bad.add(example)
                if not first_seen and bad.total >= HOPELESS_ROWS:
                    raise bad.error(whole=False)
            elif treatment is not None:
                example = treatment.bad_row(example) or _moved(example, treatment)
            used += isinstance(example, Example)
            yield example
        if not first_seen:
            raise bad.error(whole=True)
        if not used:
            raise _all_left_out(self.data, len(first_seen))


def open_dataset(data: DataSpec, on_progress: Progress | None = None) -> Dataset:
    """Settle the format and shape of a dataset by looking at its beginning.

    Raises:
        DataError: It cannot be used.
    """
    path, format, head, samples, rows = _beginning(data, on_progress)
    columns = columns_of(samples)
    shape = resolve_shape(data, columns, [row.record for row in samples])
    return Dataset(path, format, shape, columns, itertools.chain(head, rows), data)


def columns_in(data: DataSpec) -> list[str]:
    """The columns of the first rows, in the order of the file, whatever shape they have.

    Raises:
        DataError: No row can be read.
    """
    return columns_of(_beginning(data, None)[3])


def _beginning(
    data: DataSpec, on_progress: Progress | None
) -> tuple[Path, Format, list[RawRow | BadRow], list[RawRow], Iterator[RawRow | BadRow]]:
    """The file, its format, the rows at its beginning, the sound ones of them, and all further rows."""
    path = Path(data.path).expanduser()
    format = detect_format(path, data.format)
    rows = read_rows(data, format, on_progress)
    head: list[RawRow | BadRow] = []
    samples: list[RawRow] = []
    chars = 0
    for row in rows:
        head.append(row)
        if isinstance(row, RawRow):
            samples.append(row)
            chars += sum(len(text) for _, text in text_fields(row.record))
        if len(samples) >= _SAMPLE_ROWS or chars > _SAMPLE_CHARS or len(head) >= HOPELESS_ROWS:
            break
    if not samples:
        if not head:
            raise empty_file(path)
        bad = _BadTally(path)
        for row in head:
            if isinstance(row, BadRow):
                bad.add(row)
        raise bad.error(whole=len(head) < HOPELESS_ROWS)
    return path, format, head, samples, rows


def treatment_of(data: DataSpec, stop: Stop | None = None) -> Treatment | None:
    """What the fixes of a dataset do to its rows, found out by reading all of them; None without fixes.

    Raises:
        As `Dataset.examples`.
    """
    if not data.fixes:
        return None
    from engine.data.health import survey, treatment

    untouched = data.model_copy(update={"fixes": []})
    return treatment(survey(lambda: open_dataset(untouched).examples(stop)), data.fixes)


def _moved(example: Example, treatment: Treatment) -> Example:
    """The example on the side of holdout and training where rows like it are."""
    point = treatment.points.get(example.index)
    return example if point is None else replace(example, split_point=point)


def _all_left_out(data: DataSpec, rows: int) -> DataError:
    return DataError(
        "The fixes leave no row to learn from.",
        f"{data.path}: all {rows:,} usable rows are left out by {', '.join(data.fixes)}.",
        "Undo one of them: `tunesmith data PROJECT --unfix NAME`, or h on the data page.",
        code="all_left_out",
    )


class _BadTally:
    """Counts bad rows by reason, for the error when there are no others."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kinds: Counter[str] = Counter()
        self._first: dict[str, BadRow] = {}

    @property
    def total(self) -> int:
        return self._kinds.total()

    def add(self, row: BadRow) -> None:
        self._kinds[row.kind] += 1
        self._first.setdefault(row.kind, row)

    def error(self, *, whole: bool) -> DataError:
        """The error that says so, with the three commonest reasons and where each is met first."""
        lines = []
        for kind, count in self._kinds.most_common(3):
            row = self._first[kind]
            field = f", field {row.field}" if row.field else ""
            lines.append(
                f"{self._path.name}:{row.line}{field}: {row.reason} ({count} {'row' if count == 1 else 'rows'})"
            )
        scope = f"All {self.total} rows are" if whole else f"The first {self.total} rows, all that were read, are"
        if whole and self.total == 1:
            scope = "Its only row is"
        return DataError(
            "Not one row of this dataset can be used.",
            f"{scope} bad. {self._path}\n" + "\n".join(lines),
            "Look at the first of these places. If the file is right, set data.format, data.shape or data.mapping.",
            code="all_bad",
        )


def _or_duplicate(example: Example, first_seen: dict[bytes, tuple[int, int]]) -> Example | BadRow:
    here = (example.index, example.line)
    index, line = first_seen.setdefault(content_hash(example), here)
    if index == example.index:
        return example
    where = f"line {line}" if line != example.line else f"row {index + 1}"
    return BadRow(example.index, example.line, "", f"exact duplicate of {where}", kind="duplicate")
