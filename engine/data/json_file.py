"""Rows of a JSON file: a list of objects, an object that holds such a list ({"data": [...]}), or one object alone.

The file is loaded whole, but its list is read element by element: every row knows its line, and the rows before a
place where the file is damaged are not lost.
"""

from __future__ import annotations

import codecs
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.data.formats import Format, empty_file, foreign_encoding
from engine.data.lines import OnBytes
from engine.data.read import counting_decoder, explain_json, object_row
from engine.data.rows import BadRow, RawRow
from engine.errors import DataError

SIZE_LIMIT = 512 * 1024 * 1024
"""Largest JSON file that is loaded, in bytes; it takes several times that in memory."""
_DECODER = json.JSONDecoder(strict=False)
_SPACE = re.compile(r"[ \t\r\n]*")
_TURN_LISTS = ("messages", "conversations", "conversation", "prompt", "completion")
"""Lists under these names are one chat, not the rows of a dataset."""


def read_json(path: Path, format: Format, on_bytes: OnBytes | None = None) -> Iterator[RawRow | BadRow]:
    """The rows of a JSON file.

    Raises:
        DataError: Too large to load, or not text.
    """
    size = os.path.getsize(path)
    if size > SIZE_LIMIT:
        raise DataError(
            "This JSON file is too large to be read in one piece.",
            f"{path} has {size >> 20} MB; the limit is {SIZE_LIMIT >> 20} MB.",
            "Turn it into JSONL, which is read row by row: jq -c '.[]' FILE > NEW.jsonl",
            code="too_large",
        )
    text = _load(path, format)
    places = _Places(text)
    start = _list_start(text)
    index = 0
    if start is None:
        yield _single(text, places)
        index = 1
    else:
        for lead, position, end, value, loose in _elements(text, start):
            if isinstance(value, json.JSONDecodeError | RecursionError):
                yield _damage(value, text, index, places)
            else:
                yield object_row(value, index, places.line(position), text[lead:end], loose=loose)
            index += 1
            if on_bytes and index % 64 == 0:
                on_bytes(round(size * position / len(text)))
    if index == 0:
        raise empty_file(path)
    if on_bytes:
        on_bytes(size)


class _Places:
    """Line numbers of growing positions in a text."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1

    def line(self, position: int) -> int:
        self._line += self._text.count("\n", self._at, position)
        self._at = max(position, self._at)
        return self._line


def _load(path: Path, format: Format) -> str:
    content = path.read_bytes()
    codec = "utf-8" if format.encoding.startswith("utf-8") else format.encoding
    if format.bom and codec == "utf-8":
        content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode(codec, "strict" if codec == "utf-8" else "surrogatepass")
    except UnicodeDecodeError as error:
        if codec != "utf-8":
            raise DataError(
                "The file breaks off in the middle of a character.",
                f"{path}: byte {error.start} is not {codec.upper()} text.",
                "Copy or download it again.",
                code="encoding",
            ) from error
        number = content.count(b"\n", 0, error.start) + 1
        line = content[content.rfind(b"\n", 0, error.start) + 1 : error.end + 80].decode("utf-8", "surrogateescape")
        wrong = sum(not _is_utf8(part) for part in content.split(b"\n"))
        raise foreign_encoding(path, number, line, wrong) from error
    return text.removeprefix("\ufeff")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _list_start(text: str) -> int | None:
    """Where the list of rows begins; None when the file is one object, or no JSON at all."""
    position = _skip(text, 0)
    if text.startswith("[", position):
        return position
    if not text.startswith("{", position):
        return None
    found: dict[str, int] = {}
    position = _skip(text, position + 1)
    while position < len(text) and text[position] == '"':
        try:
            key, position = _DECODER.raw_decode(text, position)
            position = _skip(text, _skip(text, position) + 1)
            if _begins_rows(text, position) and key not in _TURN_LISTS:
                found[key] = position
            _, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        position = _skip(text, _skip(text, position) + 1)
    return found.get("data", next(iter(found.values()), None))


def _begins_rows(text: str, position: int) -> bool:
    return text.startswith("[", position) and text.startswith("{", _skip(text, position + 1))


_Element = tuple[int, int, int, Any, bool]


def _elements(text: str, start: int) -> Iterator[_Element]:
    """Each element of the list at `start`; the last value is an error where it is damaged.

    Returns:
        (where the white space before it begins, its position, its end, its value, whether a key stands twice in it).
    """
    lead, position = start + 1, _skip(text, start + 1)
    if text.startswith("]", position):
        yield from _after_list(text, start, position + 1)
        return
    decoder, twice = counting_decoder()
    while True:
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            yield lead, position, position, _explained(error, text, position), False
            return
        yield lead, position, end, value, bool(twice)
        twice.clear()
        after = _skip(text, end)
        if text.startswith("]", after):
            yield from _after_list(text, start, after + 1)
            return
        if not text.startswith(",", after):
            yield lead, after, after, json.JSONDecodeError("Expecting ',' or ']'", text, after), False
            return
        lead, position = after + 1, _skip(text, after + 1)


def _after_list(text: str, start: int, end: int) -> Iterator[_Element]:
    """What follows a list that is the whole file: nothing, or it is told."""
    rest = _skip(text, end)
    if start == _skip(text, 0) and rest < len(text):
        yield rest, rest, rest, json.JSONDecodeError("Expecting nothing after the list", text, rest), False


def _single(text: str, places: _Places) -> RawRow | BadRow:
    position = _skip(text, 0)
    decoder, twice = counting_decoder()
    try:
        value, end = decoder.raw_decode(text, position)
        if _skip(text, end) < len(text):
            raise json.JSONDecodeError("Extra data", text, _skip(text, end))
    except (ValueError, RecursionError) as error:
        return _damage(_explained(error, text, position), text, 0, places)
    return object_row(value, 0, places.line(position), text[:end], loose=bool(twice))


def _explained(error: ValueError | RecursionError, text: str, position: int) -> json.JSONDecodeError | RecursionError:
    """A number of thousands of digits is refused by Python itself."""
    if isinstance(error, json.JSONDecodeError | RecursionError):
        return error
    return json.JSONDecodeError(str(error), text, position)


def _damage(error: json.JSONDecodeError | RecursionError, text: str, index: int, places: _Places) -> BadRow:
    if isinstance(error, RecursionError):
        return BadRow(index, places.line(0), "", "the file is nested too deeply to be read", kind="too_deep")
    kind, reason = explain_json(error, text)
    reason += "; whatever follows in the file cannot be read"
    return BadRow(index, places.line(min(error.pos, len(text.rstrip()))), "", reason, kind=kind)


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position
