r"""Names that are new in a file, or gone from it, since the last scan: which known rows must be looked through again.

A value is found in a row by its words, whatever other values there are. So a row in which they do not stand comes to
the same findings as before. Asked first about the row as it stands in the file, which needs no parser: its words are
those of the texts in it, where no backslash says otherwise. That answer may be "perhaps" too often, never too seldom;
the sweep itself then decides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from engine.privacy.sweep import UNSPACED, WORD, Sweeper, Wanted

_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SPELT = re.compile(r'["\\\x00-\x1f\x7f]')
"""What is written otherwise in JSON than it is meant."""


class ChangedNames:
    """What was searched in every row before and is not now, or the other way round.

    Args:
        before: At the last scan.
        now: In this one.
        as_json: Whether rows stand in the file as JSON.
    """

    def __init__(self, before: Iterable[Wanted], now: Iterable[Wanted], *, as_json: bool) -> None:
        changed = sorted(set(searched(before)) ^ set(searched(now)), key=lambda one: (one.value, one.entity))
        self._sweeper = Sweeper(changed)
        self._as_json = as_json
        self._unspaced = [one.value for one in changed if UNSPACED.search(one.value)]
        self._words: dict[str, list[frozenset[str]]] = {}
        for words in (_words(one.value) for one in changed if not UNSPACED.search(one.value)):
            if words:
                self._words.setdefault(words[0], []).append(frozenset(words))
        # A number may be written in two ways (1e6), and so may a sign in a text without spaces.
        figures = any(word[0].isdigit() for sets in self._words.values() for words in sets for word in words)
        self._anywhere = figures or any(map(_SPELT.search, self._unspaced))

    def __bool__(self) -> bool:
        return bool(self._sweeper)

    def may_be_in(self, source: str) -> bool:
        """Whether a row may hold one of them, by what `engine.privacy.knownrows.source_of` says of it."""
        if not self._sweeper:
            return False
        plain = self._plain(source) if "\\" in source else source
        if self._anywhere or plain is None:
            return True
        here = set(_words(plain))
        if any(words <= here for first in self._words.keys() & here for words in self._words[first]):
            return True
        return any(value in plain for value in self._unspaced)

    def is_in(self, texts: Iterable[str]) -> bool:
        """Whether one of them stands in one of the texts of a row."""
        return any(self._sweeper.find(text) for text in texts)

    def _plain(self, source: str) -> str | None:
        """A row with its escapes as they are meant; None where they stand for others in a text of the row."""
        if not self._as_json:
            return None
        if "\\u" in source:
            try:
                source = json.dumps(json.loads(source, strict=False), ensure_ascii=False)
            except (ValueError, RecursionError):
                return None
        return None if "\\\\" in source else _ESCAPE.sub(" ", source)


def searched(wanted: Iterable[Wanted]) -> list[Wanted]:
    """Of values that are wanted twice, those that the sweep takes."""
    taken: dict[tuple[str, str], Wanted] = {}
    for one in wanted:
        taken.setdefault((one.entity, one.value), one)
    return list(taken.values())


def _words(text: str) -> list[str]:
    return list(map(str.lower, WORD.findall(text)))
