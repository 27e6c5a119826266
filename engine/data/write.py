"""Writing a dataset in the format it came in: row by row, and under its name only when it is whole."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from engine.data.formats import Format
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


class _Lines:
    def __init__(self, text: _Text) -> None:
        self._text = text

    def add(self, record: Mapping[str, Any]) -> None:
        self._text.put(_json(record) + self._text.newline)

    def end(self) -> None:
        """Nothing is open."""


class _JsonList:
    def __init__(self, text: _Text) -> None:
        self._text = text
        self._before = "["

    def add(self, record: Mapping[str, Any]) -> None:
        self._text.put(self._before + self._text.newline + _json(record))
        self._before = ","

    def end(self) -> None:
        self._text.put(("[" if self._before == "[" else self._text.newline) + "]" + self._text.newline)


class _Csv:
    """Cells that hold lists or objects are written as JSON, which the reader turns back."""

    def __init__(self, text: _Text, format: Format) -> None:
        self._text = text
        self._delimiter = format.delimiter
        self._columns: list[str] = []

    def add(self, record: Mapping[str, Any]) -> None:
        if not self._columns:
            self._columns = [str(column) for column in record]
            self._row(self._columns)
        self._row([_cell(record.get(column, "")) for column in self._columns])

    def end(self) -> None:
        """Nothing is open."""

    def _row(self, cells: list[str]) -> None:
        line = io.StringIO()
        careful = any("\r" in cell or "\n" in cell or "\0" in cell for cell in cells) or cells in ([], [""])
        csv.writer(
            line,
            delimiter=self._delimiter,
            lineterminator=self._text.newline,
            quoting=csv.QUOTE_ALL if careful else csv.QUOTE_MINIMAL,
        ).writerow(cells)
        self._text.put(line.getvalue())


class _PlainText:
    """Paragraphs with a blank line between, or lines: a row's own line breaks must not make it two rows."""

    def __init__(self, text: _Text, format: Format) -> None:
        self._text = text
        self._paragraphs = format.unit == "paragraphs"
        self._first: str | None = None
        self._several = False

    def add(self, record: Mapping[str, Any]) -> None:
        lines = [line for line in str(record.get("text", "")).split("\n") if line.strip()]
        newline = self._text.newline
        if not self._paragraphs:
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
            return _JsonList(_Text(stream, format))
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
