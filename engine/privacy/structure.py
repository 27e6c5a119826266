"""Marks of structure that the models do not see: keys of JSON within a text, and what stands between two addresses.

A model takes `{"Robin": "on"}` for a person as readily as "Robin is on", and "a@x.de to b@y.io" for one address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from engine.data.leaves import is_standard
from engine.privacy.hits import Hit
from engine.privacy.spans import Covers

_GUESSED = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "DATE_TIME", "NRP", "TITLE", "AGE", "USERNAME"})
"""Types that a model knows by the look of a word."""
_KEY = re.compile(r"[{,](?:\s|\\+[nrt])*\\*[\"'](?P<key>[^\"'\\\s@]{1,64})\\*[\"']\s*:")
_MAIL = re.compile(r"(?<![^\s,;:=<>()\[\]|/])[^\s,;:=<>()\[\]|/@\"']+@[\w\-]+(?:\.[\w\-]+)+")
_DIGITS = 3
"""So many digits in a key and it may be somebody's."""
_SPELT_OUT = re.compile(r"\bat\b.{1,40}(?:\bdot\b|\.\w)", re.IGNORECASE | re.DOTALL)


def without_structure(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """The findings of a text but for words that only name what stands beside them.

    A key of one word is no finding; a name of two words, an address or a number is one there too. What the file tells
    elsewhere as somebody's name is still found by the sweep.
    """
    guessed = [hit for hit in hits if hit.entity in _GUESSED]
    if not guessed:
        return list(hits)
    keys = Covers(_keys(text)) if ":" in text and ("{" in text or '"' in text) else None
    dropped = {
        hit
        for hit in guessed
        if _is_name_of_field(piece := text[hit.start : hit.end])
        or (keys and keys.holds(hit.start, hit.end) and sum(map(str.isdigit, piece)) < _DIGITS)
    }
    return [hit for hit in hits if hit not in dropped]


def single_addresses(text: str, hits: Iterable[Hit]) -> list[Hit]:
    """The findings, each e-mail address by itself and without the words beside it."""
    return [one for hit in hits for one in (_addresses(text, hit) if hit.entity == "EMAIL_ADDRESS" else (hit,))]


def _addresses(text: str, hit: Hit) -> list[Hit]:
    found = list(_MAIL.finditer(text, hit.start, hit.end))
    if not found or _SPELT_OUT.search(_MAIL.sub(" ", text[hit.start : hit.end])):
        return [hit]
    return [replace(hit, start=one.start(), end=one.end()) for one in found]


def _keys(text: str) -> Iterator[Hit]:
    return (Hit(*found.span("key"), "", 0, "") for found in _KEY.finditer(text))


def _is_name_of_field(word: str) -> bool:
    return word.islower() and is_standard(word)
