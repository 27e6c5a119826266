"""Searching hidden values in what a model said: literally, but however they are written.

Beside the places that the redaction's own search finds, a value is met when its letters and digits stand there in
order with other signs or none between them: "0 7 0 0 - 9 0" is 070090, and "anna (at) x . de" is not "anna@x.de". The
place must begin and end where a word does, so that "annabelle" is not "Anna Bell". Of long numbers the last nine digits
are enough, whatever stands before them: a telephone number is the same with and without its country.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from engine.privacy.sweep import Sweeper, Wanted

LEAST_DIGITS = 6
LEAST_LETTERS = 8
"""Fewer letters and digits are only searched as they are written: run together, they would be found everywhere."""
LAST_DIGITS = 9
_KEY = 6


@dataclass(frozen=True)
class Hidden:
    """A value to search for."""

    id: int
    value: str
    entity: str


@dataclass(frozen=True)
class Found:
    """Where a value stands, in characters of the text."""

    start: int
    end: int
    hidden: Hidden


class LiteralSearch:
    """Finds hidden values in texts; the time for a text hardly depends on how many there are."""

    def __init__(self, hidden: Iterable[Hidden]) -> None:
        self._by_text: dict[tuple[str, str], Hidden] = {}
        self._by_key: dict[str, list[tuple[str, bool, Hidden]]] = defaultdict(list)
        """By the first signs: what to find, whether a word has to begin there, and whose it is."""
        for one in hidden:
            self._by_text.setdefault((one.entity, one.value), one)
            core, _ = _run_together(one.value)
            if len(core) >= (LEAST_DIGITS if core.isdigit() else LEAST_LETTERS):
                is_long = core.isdigit() and len(core) > LAST_DIGITS
                wanted = core[-LAST_DIGITS:] if is_long else core
                self._by_key[wanted[:_KEY]].append((wanted, not is_long, one))
        self._sweeper = Sweeper(Wanted(value, entity) for entity, value in self._by_text)

    def find(self, text: str) -> list[Found]:
        """Every place of every value, in order; each value once at a place."""
        found = {
            (match.start, one.id): Found(match.start, match.end, one)
            for match in self._sweeper.find(text)
            for one in [self._by_text[match.wanted.entity, match.wanted.value]]
        }
        core, places = _run_together(text)
        for at in range(len(core) - _KEY + 1):
            for wanted, begins, one in self._by_key.get(core[at : at + _KEY], ()):
                end = at + len(wanted)
                if core[at:end] == wanted and _is_whole(text, places, at, end, begins=begins):
                    place = Found(places[at], places[end - 1] + 1, one)
                    found.setdefault((place.start, one.id), place)
        return sorted(found.values(), key=lambda one: (one.start, one.hidden.id))


def _run_together(text: str) -> tuple[str, list[int]]:
    """Letters, digits and @ only, as small letters and plain digits, and where each stood."""
    core: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for part in unicodedata.normalize("NFKC", letter).casefold():
            if part.isalnum() or part == "@":
                core.append(str(unicodedata.decimal(part)) if part.isdecimal() else part)
                places.append(place)
    return "".join(core), places


def _is_whole(text: str, places: list[int], first: int, end: int, *, begins: bool) -> bool:
    """Whether no letter or digit touches the stretch from outside; from before only if a word has to begin there."""
    before, after = places[first] - 1, places[end - 1] + 1
    starts = not begins or before < 0 or not text[before].isalnum()
    return starts and (after >= len(text) or not text[after].isalnum())
