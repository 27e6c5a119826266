"""A row of the dataset as it stands in the file, and the text inside it.

A record keeps the structure it has in the file; text is addressed by dotted paths ("text", "messages.2.content"),
so that what is found in a field can be replaced there without touching anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LEFT_OUT = "left out"
"""The fate of a bad row: it is neither scanned, nor redacted, nor trained on."""

SOUND_KINDS = frozenset(
    {"duplicate", "near_duplicate", "too_short", "too_long", "wrong_language", "invalid_json", "blocked"}
)
"""Kinds of bad rows with which nothing is broken: they could be read, and are left out for what they say."""


@dataclass(frozen=True)
class RawRow:
    """One record that could be read.

    Args:
        index: 0-based number of the record in the file; bad rows count too, blank lines do not.
        line: 1-based line where it begins (for Parquet: its 1-based row number).
        record: The content, as in the file. Its text never holds lone surrogates: each is replaced by U+FFFD, one for
            one, so that offsets stay true and every later tool can encode it.
        repaired: Whether such a replacement was made.
        raw: The record as it stands in the file, with its line end; empty where the format has no such text (Parquet)
            or nobody asked for it.
        loose: `raw` says more than `record` (a key that stands twice, of which the last counts), so that it must not
            be written as it is.
        head: Of a CSV file, the line that names the columns.
        kept: Columns that the creator mapped to a part; their names must stay.
    """

    index: int
    line: int
    record: dict[str, Any]
    repaired: bool = False
    raw: str = ""
    loose: bool = False
    head: str = ""
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True)
class BadRow:
    """One record that cannot be used, and why.

    Args:
        index: As in `RawRow`.
        line: As in `RawRow`.
        field: Dotted path of what is wrong; empty where it is the whole row.
        reason: In plain words, for the person.
        fate: What happens to the row.
        kind: Stable name of the reason, for counting: "truncated_json", "empty_answer", "duplicate", ...
    """

    index: int
    line: int
    field: str
    reason: str
    fate: str = LEFT_OUT
    kind: str = "bad"

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return {
            "index": self.index,
            "line": self.line,
            "field": self.field,
            "reason": self.reason,
            "fate": self.fate,
            "kind": self.kind,
        }


def text_fields(record: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Every piece of text in a record, in the order of the file.

    Args:
        record: A record, or a part of one.
        prefix: Path of that part; put before every path.

    Returns:
        (dotted path, text) pairs. A dot or backslash inside a key is written with a backslash before it.
        Numbers, booleans and the keys themselves are not text.
    """
    found: list[tuple[str, str]] = []
    waiting: list[tuple[str | None, Any]] = [(prefix or None, record)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            found.append((path or "", value))
            continue
        for key, inner in reversed(list(_children(value))):
            name = escape_key(key)
            waiting.append((name if path is None else f"{path}.{name}", inner))
    return found


def with_fields(record: Mapping[str, Any], replacements: Mapping[str, str]) -> dict[str, Any]:
    """A copy of `record` in which the texts at the given paths are replaced; all else is as it was.

    Args:
        record: Left unchanged.
        replacements: New texts by the paths of `text_fields`.

    Raises:
        KeyError: No text at such a path.
    """
    copy: dict[str, Any] = dict(record)
    fresh: dict[tuple[str, ...], Any] = {(): copy}
    for path, text in replacements.items():
        holder, parts = own_holder(copy, path, fresh)
        if not isinstance(_child(holder, parts[-1], path), str):
            raise KeyError(path)
        holder[int(parts[-1]) if isinstance(holder, list) else parts[-1]] = text
    return copy


def value_at(record: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path.

    Raises:
        KeyError: Nothing there.
    """
    value: Any = record
    for part in split_path(path):
        value = _child(value, part, path)
    return value


def own_holder(copy: dict[str, Any], path: str, fresh: dict[tuple[str, ...], Any]) -> tuple[Any, tuple[str, ...]]:
    """The object or list that holds the value at `path`, safe to be changed, and the path in its parts.

    Args:
        copy: A shallow copy of the record.
        path: Of something in it.
        fresh: The containers of `copy` that were copied already; begins as `{(): copy}`.

    Raises:
        KeyError: Nothing there.
    """
    parts = split_path(path)
    holder: Any = copy
    for depth, part in enumerate(parts[:-1], start=1):
        holder = _own_child(holder, part, parts[:depth], fresh, path)
    return holder, parts


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((str(key), inner) for key, inner in value.items())
    elif isinstance(value, list | tuple):
        yield from ((str(number), inner) for number, inner in enumerate(value))


def _own_child(holder: Any, part: str, path: tuple[str, ...], fresh: dict[tuple[str, ...], Any], whole: str) -> Any:
    """The container at `path`, copied on first use so that the original stays as it is."""
    if path not in fresh:
        child = _child(holder, part, whole)
        if not isinstance(child, dict | list | tuple):
            raise KeyError(whole)
        # A pair of a Parquet map is a tuple; pyarrow takes a list for it as well.
        fresh[path] = list(child) if isinstance(child, tuple) else child.copy()
        holder[int(part) if isinstance(holder, list) else part] = fresh[path]
    return fresh[path]


def _child(holder: Any, part: str, path: str) -> Any:
    try:
        return holder[int(part)] if isinstance(holder, list | tuple) else holder[part]
    except (KeyError, IndexError, ValueError, TypeError):
        raise KeyError(path) from None


def escape_key(key: str) -> str:
    """A key as it stands in a path."""
    return key.replace("\\", "\\\\").replace(".", "\\.") if "." in key or "\\" in key else key


def split_path(path: str) -> tuple[str, ...]:
    """The parts of a path, with their own dots and backslashes."""
    if "\\" not in path:
        return tuple(path.split("."))
    parts, current, escaped = [], "", False
    for character in path:
        if escaped or character not in "\\.":
            current, escaped = current + character, False
        elif character == "\\":
            escaped = True
        else:
            parts.append(current)
            current = ""
    return (*parts, current)
