"""Writing a dataset in the format it came in: row by row, and under its name only when it is whole.

A row that comes from a file of the same format is put down as it stands there, to the letter, with the changes made in
it; a record without a source is written anew. Blank lines between the rows of JSONL and CSV files are not rows and are
left out, and so is what surrounds the list of rows in a JSON file, since nobody looked at it.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from engine.data.formats import Format
from engine.data.leaves import KEY_MARK, with_changes
from engine.data.rows import RawRow, escape_key
from engine.data.splice import Change, csv_cells, quoted_cell, spliced_csv, spliced_json, spliced_lines
from engine.files import atomic_stream

_SURROGATE = re.compile("[\ud800-\udfff]")
_BOMS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff", "utf-32-le": b"\xff\xfe\0\0", "utf-32-be": b"\0\0\xfe\xff"}


class RowWriter:
    """Writes rows to a new file; a context manager.

    The file appears under its name, readable by the owner only, when the block ends without an exception; otherwise
    whatever stood there before is untouched. A JSON file is written as a list of objects.

        with RowWriter(target, detect_format(source)) as writer:
            writer.write(record)

    Args:
        path: The new file.
        format: As `detect_format` gave it for the original: format, encoding, delimiter, column types.

    Raises:
        DiskFullError, ProjectError: On leaving the block, or while writing.
    """

    def __init__(self, path: Path, format: Format) -> None:
        self.path = path
        self.format = format
        self.rows = 0
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        stream = self._stack.enter_context(atomic_stream(self.path, "writing the dataset"))
        self._sink = _sink_for(self.format, stream)
        return self

    def write(self, record: Mapping[str, Any]) -> None:
        """Add one row."""
        self._sink.add(record)
        self.rows += 1

    def write_row(self, row: RawRow, changes: Sequence[Change] = ()) -> dict[str, str]:
        """Add a row of another file of this format, with changes.

        Args:
            row: As it was read.
            changes: What becomes of its texts, values and keys.

        Returns:
            The keys that were renamed, by their paths in the row.

        Raises:
            KeyError, ValueError: As `engine.data.leaves.with_changes`.
        """
        record, renamed = (
            with_changes(row.record, {one.path: one.new for one in changes}) if changes else (row.record, {})
        )
        raw = self._sink.source_of(row, {one.path: one for one in changes}, renamed) if row.raw else None
        if raw is None:
            self._sink.add(record)
        else:
            self._sink.put(raw, row, renamed)
        self.rows += 1
        return renamed

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            try:
                self._sink.end()
            except BaseException as broken:
                self._stack.__exit__(type(broken), broken, broken.__traceback__)
                raise
        self._stack.__exit__(kind, error, trace)


class _Text:
    """Encodes text as the original was."""

    def __init__(self, stream: BinaryIO, format: Format) -> None:
        self._stream = stream
        self._codec = "utf-8" if format.encoding.startswith("utf-8") else format.encoding
        self.newline = format.newline
        if format.bom:
            stream.write(b"\xef\xbb\xbf" if self._codec == "utf-8" else _BOMS[format.encoding])

    def put(self, text: str) -> None:
        try:
            encoded = text.encode(self._codec)
        except UnicodeEncodeError:
            encoded = _SURROGATE.sub("\ufffd", text).encode(self._codec)
        self._stream.write(encoded)


_Changes = Mapping[str, Change]
_Renamed = Mapping[str, str]


class _Lines:
    def __init__(self, text: _Text) -> None:
        self._text = text
        self._open = False

    def add(self, record: Mapping[str, Any]) -> None:
        self._line(_json(record) + self._text.newline)

    def source_of(self, row: RawRow, changes: _Changes, renamed: _Renamed) -> str | None:
        return spliced_json(row.raw, changes, renamed, loose=row.loose)

    def put(self, raw: str, row: RawRow, renamed: _Renamed) -> None:
        self._line(raw)

    def _line(self, line: str) -> None:
        # Only the last line of a file may stand without an end.
        self._text.put(self._text.newline + line if self._open else line)
        self._open = not line.endswith("\n")

    def end(self) -> None:
        """Nothing is open."""


def _ends_with_line(format: Format) -> bool:
    """Whether the last line of the original ends as a line does; so it is too where there is no original."""
    if format.source is None or not format.source.is_file():
        return True
    with format.source.open("rb") as stream:
        stream.seek(max(0, format.source.stat().st_size - 4))
        return b"\n" in stream.read()[-4 if "32" in format.encoding else -2 if "16" in format.encoding else -1 :]


class _JsonList:
    def __init__(self, text: _Text, *, ends_with_line: bool) -> None:
        self._text = text
        self._ends_with_line = ends_with_line
        self._before = "["
        self._last = text.newline

    def add(self, record: Mapping[str, Any]) -> None:
        self._text.put(self._before + self._text.newline + _json(record))
        self._before = ","

    def source_of(self, row: RawRow, changes: _Changes, renamed: _Renamed) -> str | None:
        return spliced_json(row.raw, changes, renamed, loose=row.loose)

    def put(self, raw: str, row: RawRow, renamed: _Renamed) -> None:
        # Rows that stand on lines of their own end with one.
        self._last = self._text.newline if "\n" in raw[: len(raw) - len(raw.lstrip())] else ""
        self._text.put(self._before + raw)
        self._before = ","

    def end(self) -> None:
        self._text.put(("[" if self._before == "[" else self._last) + "]")
        if self._ends_with_line:
            self._text.put(self._text.newline)


class _Csv:
    """Cells that hold lists or objects are written as JSON, which the reader turns back."""

    def __init__(self, text: _Text, format: Format) -> None:
        self._text = text
        self._delimiter = format.delimiter
        self._columns: list[str] = []
        self._raw = self._open = False

    def add(self, record: Mapping[str, Any]) -> None:
        if not self._columns:
            self._columns = [str(column) for column in record]
            self._row(self._columns)
        self._row([_cell(record.get(column, "")) for column in self._columns])

    def source_of(self, row: RawRow, changes: _Changes, renamed: _Renamed) -> str | None:
        columns = list(row.record)
        if self._columns and not self._raw:
            return None
        if not changes and not row.loose:
            return row.raw
        cells = csv_cells(row.raw, self._delimiter)
        if len(cells) != len(columns):
            return None
        new: dict[str, str] = {}
        for column, cell in zip(columns, cells, strict=True):
            path = escape_key(column)
            if path in changes:
                new[column] = str(changes[path].new)
            elif isinstance(row.record[column], list):
                here = {at: one for at, one in changes.items() if at.startswith(f"{path}.")}
                made = spliced_json(cell, here, renamed, loose=row.loose, root=path)
                new |= {column: made} if made != cell else {}
            elif _SURROGATE.search(cell):
                return None
        return spliced_csv(row.raw, columns, cells, self._delimiter, new)

    def put(self, raw: str, row: RawRow, renamed: _Renamed) -> None:
        if not self._columns:
            self._columns = [renamed.get(KEY_MARK + escape_key(name), name) for name in row.record]
            self._raw = True
            self._put_line(self._head(row, renamed))
        self._put_line(raw)

    def _head(self, row: RawRow, renamed: _Renamed) -> str:
        """The line of the columns' names as it stands in the file; anew where it cannot be told apart."""
        names = csv_cells(row.head, self._delimiter)
        new = {
            name: renamed[KEY_MARK + escape_key(name)] for name in row.record if KEY_MARK + escape_key(name) in renamed
        }
        cells = {cell: new[cell.strip()] for cell in names if cell.strip() in new}
        made = spliced_csv(row.head, names, names, self._delimiter, cells)
        if made is not None:
            return made
        names = [new.get(name, name) for name in row.record]
        return self._delimiter.join(quoted_cell(name, self._delimiter) for name in names) + self._text.newline

    def end(self) -> None:
        """Nothing is open."""

    def _put_line(self, line: str) -> None:
        self._text.put(self._text.newline + line if self._open else line)
        self._open = not line.endswith("\n")

    def _row(self, cells: list[str]) -> None:
        line = io.StringIO()
        careful = any("\r" in cell or "\n" in cell or "\0" in cell for cell in cells) or cells in ([], [""])
        csv.writer(
            line,
            delimiter=self._delimiter,
            lineterminator=self._text.newline,
            quoting=csv.QUOTE_ALL if careful else csv.QUOTE_MINIMAL,
        ).writerow(cells)
        self._put_line(line.getvalue())


class _PlainText:
    """Paragraphs with a blank line between, or lines: a row's own line breaks must not make it two rows."""

    def __init__(self, text: _Text, format: Format) -> None:
        self._text = text
        self._paragraphs = format.unit == "paragraphs"
        self._first: str | None = None
        self._several = False
        self._raw = self._open = False

    def source_of(self, row: RawRow, changes: _Changes, renamed: _Renamed) -> str | None:
        if self._first is not None or self._several:
            return None
        change = next(iter(changes.values()), None)
        return row.raw if change is None else spliced_lines(row.raw, change.edits) if change.edits else None

    def put(self, raw: str, row: RawRow, renamed: _Renamed) -> None:
        newline = self._text.newline if self._open else ""
        if self._raw and self._paragraphs and raw[:1].strip():
            newline += self._text.newline
        self._text.put(newline + raw)
        self._raw, self._open = True, not raw.endswith("\n")

    def add(self, record: Mapping[str, Any]) -> None:
        lines = [line for line in str(record.get("text", "")).split("\n") if line.strip()]
        newline = self._text.newline
        if self._raw:
            joined = newline.join(lines) if self._paragraphs else " ".join(lines)
            self.put(joined + newline, RawRow(0, 0, {}), {})
        elif not self._paragraphs:
            self._text.put(" ".join(lines) + newline)
        elif self._first is None and not self._several:
            self._first = newline.join(lines) + newline
        else:
            if self._first is not None:
                self._text.put(self._first)
                self._first, self._several = None, True
            self._text.put(newline + newline.join(lines) + newline)

    def end(self) -> None:
        # A single paragraph on several lines would be read back as several rows.
        if self._first is not None:
            self._text.put(" ".join(self._first.split(self._text.newline)).rstrip() + self._text.newline)


def _sink_for(format: Format, stream: BinaryIO) -> Any:
    match format.format:
        case "jsonl":
            return _Lines(_Text(stream, format))
        case "json":
            return _JsonList(_Text(stream, format), ends_with_line=_ends_with_line(format))
        case "csv":
            return _Csv(_Text(stream, format), format)
        case "txt":
            return _PlainText(_Text(stream, format), format)
        case "parquet":
            from engine.data.parquet import ParquetSink

            return ParquetSink(stream, format.source)


def _json(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
