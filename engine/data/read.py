"""Reading a dataset row by row, whatever its format: every record of the file comes out, usable or bad, in order."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.data.formats import Format, detect_format, first_undecodable
from engine.data.lines import LINE_LIMIT, Line, OnBytes, read_lines
from engine.data.rows import BadRow, RawRow
from engine.spec import DataSpec

__all__ = ["Format", "Progress", "detect_format", "read_rows"]

Wanted = Callable[[int, str], bool]
"""Told the number and the text of a line of JSON; says whether that row is to come out."""
Progress = Callable[[int, int, str], object]
"""Told (done, total, unit): "bytes" of the file, or "rows" where rows are counted."""

MAX_DEPTH = 64
"""How deep objects may be nested; deeper ones are no chats, and would exhaust the stack of other programs."""
_BLANKS_KEPT = 4096
_SURROGATE = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def read_rows(
    data: DataSpec,
    format: Format | None = None,
    on_progress: Progress | None = None,
    *,
    wanted: Wanted | None = None,
) -> Iterator[RawRow | BadRow]:
    """Every record of a dataset file, in order.

    Args:
        data: Which file; its `format` may say what it is. Shape and mapping play no part here.
        format: What `detect_format` said, if asked already.
        on_progress: Told how far it is, now and then.
        wanted: Lines of JSON it does not want are passed over unread, which is what makes one row of many quick to
            find. Bad lines and rows of other formats come out all the same.

    Raises:
        DataError: The file cannot be used at all.
    """
    path = Path(data.path).expanduser()
    format = format or detect_format(path, data.format)
    on_bytes: OnBytes | None = None
    if on_progress:
        size, report = os.path.getsize(path), on_progress

        def on_bytes(done: int) -> None:
            report(min(done, size), size, "bytes")

    kept = frozenset(data.mapping.values())
    rows = _rows_of(path, format, on_bytes, on_progress, wanted)
    return (replace(row, kept=kept) if isinstance(row, RawRow) else row for row in rows) if kept else rows


def _rows_of(
    path: Path, format: Format, on_bytes: OnBytes | None, on_progress: Progress | None, wanted: Wanted | None
) -> Iterator[RawRow | BadRow]:
    match format.format:
        case "jsonl":
            return _jsonl(path, format, on_bytes, wanted)
        case "json":
            from engine.data.json_file import read_json

            return read_json(path, format, on_bytes)
        case "csv":
            from engine.data.csv_file import read_csv

            return read_csv(path, format, on_bytes)
        case "txt":
            return _txt(path, format, on_bytes)
        case "parquet":
            from engine.data.parquet import read_parquet

            return read_parquet(path, on_progress)


def _jsonl(
    path: Path, format: Format, on_bytes: OnBytes | None, wanted: Wanted | None = None
) -> Iterator[RawRow | BadRow]:
    index = 0
    for line in read_lines(path, format.encoding, on_bytes, keep_ends=True):
        if line.problem:
            yield bad_line(index, line)
        elif not line.text.strip():
            continue
        elif wanted is None or wanted(index, line.text):
            yield parse_object(line.text.removesuffix("\n").removesuffix("\r"), index, line.number, line.text)
        index += 1


def _txt(path: Path, format: Format, on_bytes: OnBytes | None) -> Iterator[RawRow | BadRow]:
    """Paragraphs or lines of a text file, each as a record `{"text": ...}`."""
    index, begun, size = 0, 0, 0
    held: list[str] = []
    before = ""
    problem: Line | None = None
    for line in _with_end(read_lines(path, format.encoding, on_bytes, keep_ends=True)):
        blank = not line.problem and not line.text.strip()
        if not blank:
            begun = begun or line.number
            size += len(line.text)
            problem = problem or (line if line.problem else None)
            if size > LINE_LIMIT:
                problem, held = problem or Line(line.number, "", "too_long"), []
            else:
                held.append(line.text)
        if begun and (blank or format.unit == "lines"):
            if problem:
                yield bad_line(index, problem)
            else:
                text = "\n".join(one.removesuffix("\n").removesuffix("\r") for one in held)
                yield clean_row(index, begun, {"text": text}, before + "".join(held))
            index, begun, held, size, problem, before = index + 1, 0, [], 0, None, ""
        if blank:
            before = (before + line.text)[-_BLANKS_KEPT:]


def parse_object(text: str, index: int, line: int, raw: str = "") -> RawRow | BadRow:
    """One JSON object as a row; what is wrong with it otherwise. `raw`: with its line end."""
    decoder, twice = counting_decoder()
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as error:
        kind, reason = explain_json(error, text)
        return BadRow(index, line, "", reason, kind=kind)
    except RecursionError:
        return _too_deep(index, line)
    except ValueError as error:
        return BadRow(index, line, "", f"the JSON cannot be read: {error}", kind="not_json")
    may = "\\u" in text or not text.isascii()
    return object_row(value, index, line, raw or text, may_hold_surrogates=may, loose=bool(twice))


def object_row(
    value: Any, index: int, line: int, raw: str = "", *, may_hold_surrogates: bool = True, loose: bool = False
) -> RawRow | BadRow:
    """A parsed JSON value as a row, if it is an object that is not nested too deeply."""
    if not isinstance(value, dict):
        kinds: dict[type, str] = {list: "a list", str: "text", type(None): "null", bool: "true or false"}
        found = kinds.get(type(value), "a number")
        return BadRow(index, line, "", f"the row is {found}, not an object like {{...}}", kind="not_object")
    if not value:
        return BadRow(index, line, "", "the row is an empty object", kind="empty_object")
    if _too_nested(value):
        return _too_deep(index, line)
    if may_hold_surrogates:
        return clean_row(index, line, value, raw, loose=loose)
    return RawRow(index, line, value, raw=raw, loose=loose)


def counting_decoder() -> tuple[json.JSONDecoder, list[dict[str, Any]]]:
    """A decoder, and the objects in which it met a key twice; of such members the last one counts."""
    twice: list[dict[str, Any]] = []

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            twice.append(made)
        return made

    return json.JSONDecoder(strict=False, object_pairs_hook=as_object), twice


def explain_json(error: json.JSONDecodeError, text: str) -> tuple[str, str]:
    """(kind, reason in plain words) of a piece of JSON that cannot be read."""
    column = error.pos - (text.rfind("\n", 0, error.pos) + 1) + 1
    if error.msg.startswith("Unterminated string") or error.pos >= len(text.rstrip()):
        return "truncated_json", f"the JSON is cut off: it ends too early, at column {len(text.rstrip()) + 1}"
    if error.msg == "Extra data":
        rest = text[error.pos :].lstrip()
        what = "a second object" if rest.startswith("{") else f"`{rest[:12].strip()}`"
        return "not_json", f"after the object comes {what}, at column {column}; a line holds one object and no more"
    return "not_json", f"this is not valid JSON: {_plain(error.msg)} at column {column}"


def clean_row(
    index: int, line: int, record: dict[str, Any], raw: str = "", *, loose: bool = False, head: str = ""
) -> RawRow:
    """A row whose lone surrogates (halves of a broken emoji) are replaced, one character for one."""
    cleaned, repaired = _clean(record)
    # Two keys that differ in such a half only are one key now.
    return RawRow(index, line, cleaned, repaired, raw, loose or repaired, head)


def bad_line(index: int, line: Line) -> BadRow:
    """The row of a line that is too long or not text."""
    if line.problem == "too_long":
        return BadRow(index, line.number, "", f"the row is larger than {LINE_LIMIT >> 20} MB", kind="oversized")
    found = first_undecodable(line.text)
    if found is None:
        return BadRow(index, line.number, "", "the text breaks off in the middle of a character", kind="not_text")
    column, byte = found
    reason = f"byte 0x{byte:02X} at column {column + 1} is not UTF-8 text"
    return BadRow(index, line.number, "", reason, kind="not_text")


def _clean(value: Any) -> tuple[Any, bool]:
    if isinstance(value, str):
        if value.isascii() or not _SURROGATE.search(value):
            return value, False
        return _SURROGATE.sub(REPLACEMENT, value), True
    if isinstance(value, dict):
        pairs = [(_clean(key), _clean(inner)) for key, inner in value.items()]
        if not any(key[1] or inner[1] for key, inner in pairs):
            return value, False
        return {key[0]: inner[0] for key, inner in pairs}, True
    if isinstance(value, list):
        items = [_clean(inner) for inner in value]
        return ([item[0] for item in items], True) if any(item[1] for item in items) else (value, False)
    return value, False


def _too_nested(value: Any) -> bool:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for holder in level
            for inner in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _too_deep(index: int, line: int) -> BadRow:
    return BadRow(index, line, "", f"the row is nested more than {MAX_DEPTH} levels deep", kind="too_deep")


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:].replace("'", "`").rstrip(":")


def _with_end(lines: Iterator[Line]) -> Iterator[Line]:
    """The lines and a blank one, so that the last paragraph ends like the others."""
    number = 0
    for line in lines:
        number = line.number
        yield line
    yield Line(number + 1, "")
