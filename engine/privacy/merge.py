# ruff: noqa: RUF001, SIM905 (quotation marks as people type them)
"""From what all recognisers say about a text to the list of findings: trimmed, joined, and one name per place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from engine.privacy.addressing import whole_addresses
from engine.privacy.alike import further_of_a_list, whole_codes
from engine.privacy.hits import Hit
from engine.privacy.naming import whole_names
from engine.privacy.recognisers.known import short_surnames
from engine.privacy.structure import single_addresses

__all__ = ["Hit", "merge_hits", "trim"]


_ONE_LINE = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "USERNAME"})
_EDGES = " \t\r\n\f\v\u00a0.,;:!?\"'`“”‘’«»…*_~|<>{}[]\\"
_KEEP_EDGES = frozenset({"SECRET", "CRYPTO", "URL"})
_STRONG = frozenset(
    """KNOWN_VALUE SECRET EMAIL_ADDRESS CREDIT_CARD IBAN_CODE CRYPTO US_SSN IP_ADDRESS USERNAME PHONE_NUMBER ADDRESS
    DATE_OF_BIRTH MAC_ADDRESS""".split()
)
"""Types with a form of their own: what lies inside one of these is part of it, not a finding beside it."""


_SMALL_WORDS = frozenset(
    """i'm i’m im it's it’s that's that’s he's he’s she's she’s you're you’re this's i you we he she they me my your our
    and or with from to by for at of the is was are am ask call tell love dear hi hello hey ok okay thanks said says so
    but if when who name u ur""".split()
)
"""Words that are never part of a name, in small letters."""
_FIRST_WORD = re.compile(r"([^\W\d_]+(?:['’][^\W\d_]+)?),?\s+(?=[\w@<])")
_LAST_WORD = re.compile(r"(?<=[\w.>])\s+([^\W\d_]+)$")

_NEAR = 256
"""Characters of a stretch whose findings are kept together: a text of many findings is compared with its neighbours."""

OWN = "OwnRecognizer"
"""The recogniser of what the creator described: its word counts for more than any guess."""


def merge_hits(text: str, hits: Iterable[Hit]) -> list[Hit]:
    """The findings of one text.

    Overlapping hits of one type become one (recall before neatness); a hit inside another of a stronger type, or of
    at least its score, is dropped; hits that overlap only in part stay both.

    Args:
        text: The text.
        hits: What the recognisers found in it, in any order.

    Returns:
        Findings in order of their start.
    """
    trimmed = single_addresses(text, (cut for hit in hits if (cut := trim(text, hit)) is not None))
    joined = _join_same(further_of_a_list(text, whole_codes(text, trimmed)))
    joined = _join_same(whole_names(text, whole_addresses(text, joined)))
    ranked = sorted(joined, key=lambda hit: (hit.start - hit.end, not _strong(hit), -hit.score))
    kept: list[Hit] = []
    near: dict[int, list[Hit]] = {}
    for hit in ranked:
        around = (
            other for other in near.get(hit.start // _NEAR, ()) if other.start <= hit.start and hit.end <= other.end
        )
        if not any(_swallows(other, hit) for other in around):
            kept.append(hit)
            for part in range(hit.start // _NEAR, (hit.end - 1) // _NEAR + 1):
                near.setdefault(part, []).append(hit)
    return sorted(kept, key=lambda hit: (hit.start, hit.end))


def trim(text: str, hit: Hit) -> Hit | None:
    """Take white space and punctuation off the ends, and cut names at a line break. None if nothing is left."""
    start, end = hit.start, hit.end
    edges = " \t\r\n" if hit.entity in _KEEP_EDGES else _EDGES
    while start < end and text[start] in edges:
        start += 1
    if hit.entity in _ONE_LINE:
        for mark in "\r\n":
            position = text.find(mark, start, end)
            end = position if position >= 0 else end
    while end > start and text[end - 1] in edges:
        end -= 1
    if hit.entity == "PERSON":
        start, end = _without_small_words(text, start, end)
        if end - start > 2 and text[end - 2 : end] in ("'s", "’s"):
            end -= 2
    if not any(letter.isalnum() for letter in text[start:end]):
        return None
    if hit.entity == "PERSON" and text[start:end].casefold() in _SMALL_WORDS and not text[start:end].isalpha():
        return None  # "I'm" beside a name that is hidden already.
    return replace(hit, start=start, end=end)


def _without_small_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A name without the words that a model took for its beginning or end: "I'm Rose Berg", "you Rose", "Rose and"."""
    while (first := _FIRST_WORD.match(text, start, end)) and first.group(1).casefold() in _SMALL_WORDS:
        if first.group(1)[0].isupper() and first.group(1).casefold() in short_surnames():
            break  # "He Qing" has a family name.
        start = first.end()
    while (last := _LAST_WORD.search(text, start, end)) and last.group(1) in _SMALL_WORDS:
        end = last.start()
    return start, end


def _join_same(hits: list[Hit]) -> list[Hit]:
    joined: list[Hit] = []
    last: dict[str, int] = {}
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        at = last.get(hit.entity)
        if at is not None and hit.start < joined[at].end:
            best = max(joined[at], hit, key=lambda one: one.score)
            joined[at] = replace(best, start=joined[at].start, end=max(joined[at].end, hit.end))
        else:
            last[hit.entity] = len(joined)
            joined.append(hit)
    return joined


def _swallows(other: Hit, hit: Hit) -> bool:
    return _strong(other) or other.score >= hit.score or not _strong(hit)


def _strong(hit: Hit) -> bool:
    return hit.entity in _STRONG or hit.recogniser == OWN
