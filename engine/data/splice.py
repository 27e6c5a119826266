"""Putting replacements into a row as it stands in its file, so that all else stays to the letter.

White space, the spelling of numbers (`1e400`, `-0`, `1.0`), the order of keys, escapes and line ends are the
creator's; a row that is parsed and written anew loses them. So the places of its values are looked up in its source,
and only these are changed. Of a key that stands twice in one object the last counts, in every reader; the others were
never looked at and are taken out, and so are control characters that JSON does not allow inside a text.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.data.leaves import KEY_MARK, Unquoted
from engine.data.rows import escape_key

_DECODER = json.JSONDecoder(strict=False)
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ATOM = re.compile(r"[^\s,\]}]+")
_SPACE = re.compile(r"\s*")
_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL)
_CONTROL = re.compile("[\0-\x1f]")
_MAY_NEED_ESCAPES = re.compile("[\0-\x09\x0b\x0c\x0e-\x1f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Change:
    """A new text, value or key.

    Args:
        path: Of `engine.data.leaves.all_fields`.
        new: What stands there then; a `Unquoted` is written without quotes.
        edits: (start, end, new) of the stretches of the old text that change; empty: all of it.
    """

    path: str
    new: str
    edits: tuple[tuple[int, int, str], ...] = ()


def spliced_json(
    raw: str,
    changes: Mapping[str, Change],
    renamed: Mapping[str, str],
    *,
    loose: bool = False,
    root: str | None = None,
) -> str:
    """JSON text with changes made in it.

    Args:
        raw: An object or a list, with white space around it.
        changes: By path.
        renamed: The final names of keys that change, by path.
        loose: Keys may stand twice in it.
        root: The path of what `raw` holds; None: it is the whole record.
    """
    if not changes and not loose and not _MAY_NEED_ESCAPES.search(raw):
        return raw
    places = _Places()
    _look_up(raw, places, root)
    only_ascii = raw.isascii() and "\\u" in raw
    cuts = [(start, end, "") for start, end in places.dropped]
    for path, (start, end) in places.found.items():
        if change := changes.get(path):
            cuts.append((start, end, _literal(raw[start:end], change, renamed.get(path), ascii_only=only_ascii)))
        elif raw[start] == '"' and _CONTROL.search(raw, start, end):
            cuts.append((start, end, _CONTROL.sub(_escaped, raw[start:end])))
    return _cut(raw, cuts)


def spliced_csv(
    raw: str, columns: Sequence[str], cells: Sequence[str], delimiter: str, new: Mapping[str, str]
) -> str | None:
    """A record of a CSV file with cells changed; None where its cells are not told apart with certainty.

    Args:
        raw: The record as it stands in the file.
        columns: Their names.
        cells: What the reader made of it.
        delimiter: Between them.
        new: New texts by column.
    """
    places = list(_cells(raw, delimiter))
    told = [_cell_text(raw[start:end]) for start, end in places]
    if told != list(cells) or len(told) != len(columns):
        return None
    return _cut(
        raw,
        [
            (start, end, quoted_cell(new[column], delimiter, always=raw[start : start + 1] == '"'))
            for column, (start, end) in zip(columns, places, strict=True)
            if column in new
        ],
    )


def quoted_cell(text: str, delimiter: str, *, always: bool = False) -> str:
    """A cell as it stands in a CSV file."""
    if always or any(mark in text for mark in (delimiter, '"', "\r", "\n", "\0")) or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text


def csv_cells(raw: str, delimiter: str) -> list[str]:
    """The cells of one record; none where it cannot be read."""
    try:
        records = list(csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return []
    return records[0] if len(records) == 1 else []


def spliced_lines(raw: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """Lines of a text file with stretches changed.

    Args:
        raw: Blank lines, then the lines of the row with their ends.
        edits: In the offsets of the row's text: its lines, joined by line feeds.
    """
    lines = re.findall(r"[^\n]*\n|[^\n]+$", raw)
    at = 0
    while lines and not lines[0].strip():
        at += len(lines.pop(0))
    starts: list[tuple[int, int]] = []
    text = 0
    for line in lines:
        starts.append((text, at))
        text += len(line.removesuffix("\n").removesuffix("\r")) + 1
        at += len(line)

    def place(offset: int) -> int:
        begun, there = next((one for one in reversed(starts) if one[0] <= offset), (0, 0))
        return there + offset - begun

    return _cut(raw, [(place(start), place(end), " ".join(new.split("\n"))) for start, end, new in edits])


@dataclass
class _Places:
    found: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Where each text, number and key stands, by path."""
    dropped: list[tuple[int, int]] = field(default_factory=list)
    """Members that a later one of the same name takes the place of, with the comma after them."""


@dataclass
class _Open:
    """An object or a list that is being read."""

    path: str | None
    listed: bool
    number: int = 0
    members: dict[str, int] = field(default_factory=dict)
    key: str = ""
    ended: dict[str, tuple[int, int]] = field(default_factory=dict)


def _look_up(raw: str, places: _Places, path: str | None) -> None:
    """Where everything stands. `raw` was read by the JSON decoder before, so it is in order."""
    waiting: list[_Open] = []
    at = _skip(raw, 0)
    while True:
        letter = raw[at]
        if letter in "{[":
            waiting.append(_Open(path, letter == "["))
            at = _skip(raw, at + 1)
        else:
            found = _STRING.match(raw, at) if letter == '"' else _ATOM.match(raw, at)
            assert found is not None
            places.found[path or ""] = found.span()
            at = _skip(raw, found.end())
        while waiting and raw[at] in "}]":
            waiting.pop()
            at = _skip(raw, at + 1)
        if not waiting:
            return
        above = waiting[-1]
        if raw[at] == ",":
            if not above.listed:
                above.ended[above.key] = (above.members[above.key], _skip(raw, at + 1))
            at = _skip(raw, at + 1)
        at, path = _begin(raw, at, above, places)


def _begin(raw: str, at: int, above: _Open, places: _Places) -> tuple[int, str]:
    """The position and path of the next value of a list or an object."""
    start = "" if above.path is None else f"{above.path}."
    if above.listed:
        above.number += 1
        return at, f"{start}{above.number - 1}"
    found = _STRING.match(raw, at)
    assert found is not None
    key, _ = _DECODER.raw_decode(raw, at)
    key = _SURROGATE.sub("\ufffd", key)
    if key in above.members:
        places.dropped.append(above.ended[key])
    above.key, above.members[key] = key, at
    path = start + escape_key(key)
    places.found[KEY_MARK + path] = found.span()
    return _skip(raw, _skip(raw, found.end()) + 1), path


def _literal(old: str, change: Change, name: str | None, *, ascii_only: bool) -> str:
    """What stands in the file instead of `old`."""
    if isinstance(change.new, Unquoted):
        return str(change.new)
    if name is not None or not change.edits or old[0] != '"':
        return json.dumps(str(change.new if name is None else name), ensure_ascii=ascii_only)
    inner = old[1:-1]
    offsets = _offsets(inner)
    cuts = [
        (offsets(start), offsets(end), json.dumps(new, ensure_ascii=ascii_only)[1:-1])
        for start, end, new in change.edits
    ]
    return '"' + _CONTROL.sub(_escaped, _cut(inner, cuts)) + '"'


class _offsets:
    """From characters of a text to those of its spelling in JSON."""

    def __init__(self, spelt: str) -> None:
        self._steps: list[tuple[int, int]] = [(0, 0)]
        text = at = 0
        for found in _ESCAPE.finditer(spelt):
            text += found.start() - at + 1
            at = found.end()
            self._steps.append((text, at))

    def __call__(self, offset: int) -> int:
        low, high = 0, len(self._steps)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._steps[middle][0] <= offset else (low, middle)
        text, at = self._steps[low]
        return at + offset - text


def _cells(raw: str, delimiter: str) -> Iterator[tuple[int, int]]:
    """Where the cells of a record stand, quotes and all."""
    body = len(raw.removesuffix("\n").removesuffix("\r"))
    at = 0
    while True:
        start = at
        if raw[at : at + 1] == '"':
            at += 1
            while at < body and not (raw[at] == '"' and raw[at + 1 : at + 2] != '"'):
                at += 2 if raw[at] == '"' else 1
            at += 1
        end = raw.find(delimiter, at, body)
        at = body if end < 0 else end
        yield start, at
        if end < 0:
            return
        at += 1


def _cell_text(written: str) -> str:
    return written[1:-1].replace('""', '"') if written[:1] == '"' and len(written) > 1 else written


def _cut(text: str, cuts: list[tuple[int, int, str]]) -> str:
    """`text` with stretches replaced; what lies inside another stretch goes with it."""
    parts: list[str] = []
    at = 0
    for start, end, new in sorted(cuts, key=lambda cut: (cut[0], -cut[1])):
        if start < at:
            continue
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])


def _escaped(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


def _skip(raw: str, at: int) -> int:
    found = _SPACE.match(raw, at)
    return found.end() if found else at
