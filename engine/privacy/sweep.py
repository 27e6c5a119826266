"""Searching many known values in every row at once: the step that only a tool for whole datasets can do.

Values are indexed by their words, so the time for a row depends on its length and hardly on how many values there are,
even where hundreds of them begin with the same first name. Matches respect word boundaries; names match in any case of
letters and across any white space.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.privacy.innerjson import eased
from engine.privacy.recognisers.words import is_common, is_dictionary_word

WORD = re.compile(r"\w+")
"""Values are searched by their words, in small letters."""
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts that do not put spaces between words; values in them match anywhere."""
_EXACT = frozenset({"SECRET", "CRYPTO"})
_GAP = re.compile(r"[\s\u00a0]+")
_NOT = re.compile(r"['\u2019]t(?!\w)")
"""What makes another word of the one before: "Don" is nobody in "Don't"."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One value to search for."""

    value: str
    entity: str
    score: float = 1.0
    source: str = "WholeFileSweep"


@dataclass(frozen=True, slots=True)
class Match:
    """One place where a wanted value stands."""

    start: int
    end: int
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class _Entry:
    wanted: Wanted
    words: tuple[str, ...]
    lead: str
    gaps: tuple[str, ...]
    tail: str
    exact: bool


class Sweeper:
    """Finds wanted values in texts."""

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        self._entries: dict[tuple[str, ...], list[_Entry]] = defaultdict(list)
        # By first word: how many words its values have, as bits; a set for each would take more than the values.
        self._lengths: dict[str, int] = {}
        self._unspaced: list[Wanted] = []
        seen: set[tuple[str, str]] = set()
        for one in wanted:
            key = (one.entity, one.value)
            if key in seen:
                continue
            seen.add(key)
            if UNSPACED.search(one.value):
                self._unspaced.append(one)
            elif entry := _entry(one):
                words = tuple(word.lower() for word in entry.words)
                self._entries[words].append(entry)
                self._lengths[words[0]] = self._lengths.get(words[0], 0) | 1 << len(words)
        for entries in self._entries.values():
            entries.sort(key=lambda entry: -len(entry.wanted.value))

    def __bool__(self) -> bool:
        return bool(self._entries) or bool(self._unspaced)

    def find(self, text: str) -> list[Match]:
        """All places, in order; matches of different values may overlap."""
        found = self._find(text)
        if (meant := eased(text)) is not None:
            moved = (
                replace(one, start=meant.origin(one.start), end=meant.origin(one.end)) for one in self._find(meant.text)
            )
            found = list(dict.fromkeys([*found, *moved]))
        found.sort(key=lambda match: (match.start, -match.end, -len(match.wanted.value)))
        return found

    def _find(self, text: str) -> list[Match]:
        found: list[Match] = []
        if self._entries:
            words = [match.span() for match in WORD.finditer(text)]
            small = [text[start:end].lower() for start, end in words]
            for number, word in enumerate(small):
                for length in _bits(self._lengths.get(word, 0)):
                    for entry in self._entries.get(tuple(small[number : number + length]), ()):
                        if place := _match(text, words, number, entry):
                            found.append(Match(*place, entry.wanted))
        for one in self._unspaced:
            position = text.find(one.value)
            while position >= 0:
                found.append(Match(position, position + len(one.value), one))
                position = text.find(one.value, position + 1)
        return found


@functools.cache
def _bits(lengths: int) -> tuple[int, ...]:
    return tuple(number for number in range(lengths.bit_length()) if lengths >> number & 1)


def can_be_swept(value: str, entity: str) -> bool:
    """Whether a value tells enough to be searched by itself: "14" or "may" would hit everywhere.

    At least three letters or digits; numbers need six digits; an everyday word in small letters never.
    """
    solid = [letter for letter in value if letter.isalnum()]
    if UNSPACED.search(value):
        return len(solid) >= 2
    if not any(letter.isalpha() for letter in solid):
        return len(solid) >= 6
    if len(solid) < 3:
        return False
    if entity == "KNOWN_VALUE" or value != value.lower():
        return True
    words = value.split()
    return not all(is_common(word) for word in words) and not (len(words) == 1 and is_dictionary_word(value))


def _entry(one: Wanted) -> _Entry | None:
    matches = list(WORD.finditer(one.value))
    if not matches:
        return None
    words = tuple(match.group() for match in matches)
    gaps = tuple(one.value[left.end() : right.start()] for left, right in itertools.pairwise(matches))
    lead, tail = one.value[: matches[0].start()], one.value[matches[-1].end() :]
    # "Grace" must not hide every "grace": words of the dictionary match as they are written.
    common = all(is_dictionary_word(word) for word in words) and one.entity != "KNOWN_VALUE"
    return _Entry(one, words, lead, gaps, tail, one.entity in _EXACT or common)


def _match(text: str, words: list[tuple[int, int]], number: int, entry: _Entry) -> tuple[int, int] | None:
    if number + len(entry.words) > len(words):
        return None
    for offset, wanted in enumerate(entry.words):
        start, end = words[number + offset]
        written = text[start:end]
        if entry.exact and written != wanted:
            return None
        if offset and not _same_gap(text[words[number + offset - 1][1] : start], entry.gaps[offset - 1]):
            return None
    start, end = words[number][0] - len(entry.lead), words[number + len(entry.words) - 1][1] + len(entry.tail)
    if start < 0 or text[start : words[number][0]] != entry.lead or _NOT.match(text, end):
        return None
    return (start, end) if text[end - len(entry.tail) : end] == entry.tail else None


def _same_gap(written: str, wanted: str) -> bool:
    return written == wanted or bool(_GAP.fullmatch(written) and _GAP.fullmatch(wanted))
