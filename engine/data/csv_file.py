"""Rows of a CSV file: the first line names the columns, quoted cells may span lines, every record has as many cells."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.data.formats import Format, empty_file
from engine.data.lines import LINE_LIMIT, Line, OnBytes, read_lines
from engine.data.read import bad_line, clean_row, counting_decoder, object_row
from engine.data.rows import BadRow, RawRow
from engine.errors import DataError

_PLAIN_ERRORS = {
    "unexpected end of data": "a quote is opened and never closed",
    "expected after": "text follows a closing quote; a quote inside a cell is written twice",
    "new-line character": "a bare carriage return stands in the line",
    "field larger": f"a cell is larger than {LINE_LIMIT >> 20} MB",
}


def read_csv(path: Path, format: Format, on_bytes: OnBytes | None = None) -> Iterator[RawRow | BadRow]:
    """The rows of a CSV file, each as an object of text cells. A cell with a JSON list of objects becomes that list.

    Raises:
        DataError: No header, or two columns of the same name.
    """
    csv.field_size_limit(LINE_LIMIT)
    source = _Source(read_lines(path, format.encoding, on_bytes, keep_ends=True))
    reader = csv.reader(source, delimiter=format.delimiter, strict=True)
    columns: list[str] | None = None
    head = ""
    index = 0
    while True:
        source.begin()
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if columns is None:
                raise _bad_header(path, _plain(error)) from error
            yield source.bad(index) or BadRow(index, source.first, "", _plain(error), kind="bad_csv")
            index += 1
            continue
        problem = source.bad(index)
        if not cells and not problem:
            continue
        if columns is None:
            columns, head = _header(path, cells), source.raw
            continue
        yield problem or _row(index, source, columns, cells, head)
        index += 1
    if index == 0:
        raise empty_file(path)


class _Source:
    """Lines for the csv module, which knows neither where a record began nor when it has grown out of all measure."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self.begin()

    def begin(self) -> None:
        """A new record begins with the next line."""
        self.first = self._size = 0
        self._texts: list[str] = []
        self._problem: Line | None = None

    @property
    def raw(self) -> str:
        """The record as it stands in the file."""
        return "".join(self._texts)

    def bad(self, index: int) -> BadRow | None:
        """What was wrong with the record's lines, if anything."""
        return bad_line(index, self._problem) if self._problem else None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.first = self.first or line.number
        self._size += len(line.text)
        if line.problem:
            self._problem = self._problem or line
        if self._size > LINE_LIMIT:
            self._problem = Line(self.first, "", "too_long")
            raise csv.Error("field larger than field limit")
        self._texts.append(line.text)
        return line.text


def _header(path: Path, cells: list[str]) -> list[str]:
    columns = [cell.strip() for cell in cells]
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        named = f"called `{twice}`" if twice else "without a name"
        raise DataError(
            f"Two columns are {named}.",
            f"{path}:1: the first line names the columns: {', '.join(columns)[:300]}.",
            "Give every column a name of its own.",
            code="bad_header",
        )
    return columns


def _bad_header(path: Path, reason: str) -> DataError:
    return DataError(
        "The first line of the CSV file cannot be read.",
        f"{path}:1: {reason}.",
        "The first line must name the columns, e.g. prompt,completion.",
        code="bad_header",
    )


def _row(index: int, source: _Source, columns: list[str], cells: list[str], head: str) -> RawRow | BadRow:
    line = source.first
    if len(cells) != len(columns):
        count = f"{len(cells)} cell{'' if len(cells) == 1 else 's'} where the first line names {len(columns)} columns"
        return BadRow(index, line, "", f"the row has {count}", kind="wrong_cells")
    twice: list[dict[str, Any]] = []
    record: dict[str, Any] = {column: _value(cell, twice) for column, cell in zip(columns, cells, strict=True)}
    if any(isinstance(value, list) for value in record.values()):
        row = object_row(record, index, line, source.raw, loose=bool(twice))
        return replace(row, head=head) if isinstance(row, RawRow) else row
    return clean_row(index, line, record, source.raw, head=head)


def _value(cell: str, twice: list[dict[str, Any]]) -> Any:
    if cell[:1] != "[" or not cell[1:].lstrip().startswith("{"):
        return cell
    decoder, found = counting_decoder()
    try:
        value = decoder.decode(cell)
    except (ValueError, RecursionError):
        return cell
    if not (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
        return cell
    twice += found
    return value


def _plain(error: csv.Error) -> str:
    text = str(error)
    return next((plain for part, plain in _PLAIN_ERRORS.items() if part in text), text)
