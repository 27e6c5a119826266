r"""Texts that are JSON themselves, such as the arguments of a tool call: how they are read, and how they stay JSON.

In `{"body": "Dear all,\nMaya here"}` as a text, the letter after the backslash belongs to no word: left there it would
make the name "nMaya", which nobody searches for. And `Jos\u00e9` is the name José, as most programs write it there.
"""

from __future__ import annotations

import functools
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.data.leaves import is_number
from engine.privacy.hits import Hit

if TYPE_CHECKING:
    from engine.privacy.replace import Edit

_ESCAPE = re.compile(r"\\+([nrtbf\"/]|u00(?:0[0-9a-d]|20|a0))")
_MEANS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "/": "/"}
_LETTER = re.compile(r"\\+u(?:([dD][89abAB][0-9a-fA-F]{2})\\+u([dD][c-fC-F][0-9a-fA-F]{2})|([0-9a-fA-F]{4}))")
"""A letter by its number; JSON inside JSON inside JSON has more backslashes before it."""
_ANY_ESCAPE = re.compile(_LETTER.pattern + r"|\\[\"\\/bfnrt]")
_BEGINS = re.compile(r'[\[{]\s*["\[{]')
_DECODER = json.JSONDecoder(strict=False)
_TRIES, _DEEPEST = 16, 4
_LONGEST = 24
"""Characters of an escape at most that are looked for at the end of a finding."""
_BEFORE, _AFTER = re.compile(r"[:\[,]\s*\Z"), re.compile(r"\s*[,\]}]")


@dataclass(frozen=True)
class Eased:
    """A text with its escapes as they are meant.

    Args:
        text: As it is meant.
        _here: Where a letter ends that takes more room in the original, in characters of `text`; in order.
        _there: The same places in the original.
    """

    text: str
    _here: tuple[int, ...] = ()
    _there: tuple[int, ...] = ()

    def origin(self, at: int) -> int:
        """A place of `text` in the original."""
        step = bisect_right(self._here, at) - 1
        return at if step < 0 else self._there[step] + at - self._here[step]

    def in_original(self, hits: Iterable[Hit]) -> list[Hit]:
        """Findings in `text` in the offsets of the original."""
        return [replace(hit, start=self.origin(hit.start), end=self.origin(hit.end)) for hit in hits]


def eased(text: str) -> Eased | None:
    """A text with its escapes as they are meant: letters by numbers, and in JSON line breaks, quotes and the like.

    Returns:
        None where the text is meant as it stands.
    """
    if "\\" not in text:
        return None
    inside = json_parts(text)
    if not inside and "\\u" not in text:
        return None
    parts: list[str] = []
    at = 0
    for start, end in inside:
        eased_part = _ESCAPE.sub(lambda found: _MEANS.get(found[1], "").rjust(len(found[0])), text[start:end])
        parts += [text[at:start], eased_part]
        at = end
    plain = "".join([*parts, text[at:]])
    here: list[int] = []
    there: list[int] = []
    parts = []
    at = length = 0
    for found in _LETTER.finditer(plain):
        parts += [plain[at : found.start()], _letter(found)]
        length += found.start() - at + 1
        at = found.end()
        here.append(length)
        there.append(at)
    return Eased("".join([*parts, plain[at:]]), tuple(here), tuple(there))


def in_original(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """Findings in a text as it is meant, in the offsets of the text as it stands."""
    made = eased(text) if "\\u" in text else None
    return list(hits) if made is None else made.in_original(hits)


def without_escapes(text: str) -> str:
    """A text as it is meant; see `eased`."""
    made = eased(text)
    return text if made is None else made.text


def with_letters(text: str) -> str:
    """A piece of a text with the letters that it gives by their numbers; all else as it stands."""
    return _LETTER.sub(_letter, text) if "\\u" in text else text


def meant(text: str) -> tuple[str, int]:
    """A piece of JSON as it is meant.

    Returns:
        The text, and how often it was spelt: JSON may stand in a string of JSON.
    """
    times = 0
    while "\\" in text and times < _DEEPEST:
        try:
            text = str(json.loads(f'"{text}"', strict=False))
        except ValueError:
            break
        times += 1
    return with_letters(text), times


def spelt(text: str, times: int = 1) -> str:
    """A text as it stands between the quotation marks of JSON, which stands in JSON itself `times` - 1 times."""
    for _ in range(times):
        text = json.dumps(text, ensure_ascii=False)[1:-1]
    return text


def whole_escapes(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """Findings that take in the whole of every escape at their ends: half of one is no JSON any more."""
    if "\\" not in text:
        return list(hits)
    spans = [widened(text, hit.start, hit.end) for hit in hits]
    return [replace(hit, start=start, end=end) for hit, (start, end) in zip(hits, spans, strict=True)]


def widened(text: str, start: int, end: int) -> tuple[int, int]:
    """A stretch of a text, with the escapes whole that its ends would cut; in a text that is no JSON, as it is."""
    if text.rfind("\\", max(0, start - _LONGEST), end) < 0:
        return start, end
    return _outside(text, start)[0], _outside(text, end)[1]


def _outside(text: str, at: int) -> tuple[int, int]:
    """The ends of the escape that a place lies within, or twice that place."""
    escape = _ANY_ESCAPE if _is_inside(json_parts(text), at, at) else _LETTER
    low = max(0, at - _LONGEST)
    while low > 0 and text[low - 1] == "\\":
        low -= 1
    for found in escape.finditer(text, low, min(len(text), at + _LONGEST)):
        if found.start() < at < found.end():
            return found.span()
        if found.start() >= at:
            break
    return at, at


@functools.lru_cache(maxsize=8)
def json_parts(text: str) -> tuple[tuple[int, int], ...]:
    """Where objects and lists of JSON stand in a text, beginning and end; a text that looks like one is one.

    The search gives up after some that only begin like JSON: nobody is to wait for a text full of brackets.
    """
    if text.lstrip()[:1] in ("{", "[") and text.rstrip()[-1:] in ("}", "]"):
        return ((0, len(text)),)
    parts: list[tuple[int, int]] = []
    at, tries = 0, _TRIES
    while tries and (found := _BEGINS.search(text, at)):
        try:
            at = _DECODER.raw_decode(text, found.start())[1]
            parts.append((found.start(), at))
        except (ValueError, RecursionError):
            at, tries = found.start() + 1, tries - 1
    return tuple(parts)


def quoted_in_json(text: str, edits: Sequence[Edit], *, deep: bool = False) -> list[Edit]:
    """The same replacements, in quotation marks where they stand for a bare number of JSON and are none themselves.

    Args:
        text: The original.
        edits: What is done to it.
        deep: Whether that JSON stands within a string of other JSON, so that the marks need a backslash.
    """
    bare = [one for one in edits if _is_bare_number(text, one) and not is_number(one.new)]
    inside = [(start, end) for start, end in json_parts(text) if bare and is_json(text[start:end])]
    bare = [one for one in bare if _is_inside(inside, one.start + 1, one.end - 1)]
    quoted = [json.dumps(one.new, ensure_ascii=False) for one in bare]
    marked = dict(zip(bare, [spelt(one) for one in quoted] if deep else quoted, strict=True))
    return [replace(one, new=marked.get(one, one.new)) for one in edits]


def _is_inside(parts: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether a place lies within one of these parts of a text, which are in order, and not at its edge."""
    at = bisect_left(parts, (start,)) - 1
    return at >= 0 and end < parts[at][1]


def is_json(text: str) -> bool:
    """Whether a text is JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _letter(found: re.Match[str]) -> str:
    if found[1]:
        return chr(0x10000 + ((int(found[1], 16) & 0x3FF) << 10) + (int(found[2], 16) & 0x3FF))
    code = int(found[3], 16)
    return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)


def _is_bare_number(text: str, one: Edit) -> bool:
    if not is_number(text[one.start : one.end]):
        return False
    before = _BEFORE.search(text[max(0, one.start - 32) : one.start])
    return before is not None and _AFTER.match(text, one.end) is not None
