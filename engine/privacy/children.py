"""Whether words for children and kin beside sexual content are more than what parents say every day.

`Pick up the kids` and `the kids are at school` say that children are elsewhere; a sexual word directly beside such a
word, or nothing that says so, makes it a sign. Looked at part of a sentence by part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from engine.privacy.plainwords import WordList, without_signs, words_of

_PART = re.compile(r"[.!?;:,\n()\[\]\"]+|\s[\-\u2013\u2014]+\s")
_BEFORE, _AFTER, _LINKS = 3, 5, 4
_NEAR_BEFORE, _NEAR_AFTER = 5, 7
_ONE = frozenset({"kid", "kiddo", "child", "toddler"})


@dataclass(frozen=True)
class FamilyWords:
    """The lists of the rules file of the same names; `sexual` holds all words of sexual content."""

    family: WordList
    kin: WordList
    everyday_before: WordList
    everyday_after: WordList
    only_of_several: frozenset[str]
    links: frozenset[str]
    breaks: frozenset[str]
    sexual: WordList


def children_in_view(lists: FamilyWords, plain: str, words: list[str], more: Iterable[str]) -> bool:
    """Whether a text speaks of children otherwise than parents do.

    Args:
        lists: Of the rules.
        plain: The text, from `engine.privacy.plainwords.plain_letters`.
        words: Its words.
        more: Further readings of them; who hides a word for children does not talk as parents do.
    """
    if lists.family.find([], more):
        return True
    if not (lists.family.find(words) or lists.kin.find(words)):
        return False
    return any(_in_part(lists, words_of(part)) for part in _PART.split(without_signs(plain)))


def _in_part(lists: FamilyWords, words: list[str]) -> bool:
    for place, word in enumerate(words):
        family = lists.family.find([word])
        if not family and not lists.kin.find([word]):
            continue
        before, after = words[:place][::-1], words[place + 1 :]
        if family:
            near = _meets(lists, before[:_NEAR_BEFORE]) or _meets(lists, after[:_NEAR_AFTER])
            if near or not _everyday(lists, words, place):
                return True
        elif _beside(lists, before) or _beside(lists, after):
            return True
    return False


def _meets(lists: FamilyWords, words: list[str]) -> bool:
    """Whether a sexual word comes before one that begins another thought (`after the kids`, `so call me`)."""
    for word in words:
        if word in lists.breaks:
            return False
        if lists.sexual.find([word]):
            return True
    return False


def _beside(lists: FamilyWords, words: list[str]) -> bool:
    """Whether a sexual word comes first, but for small words that link."""
    for word in words[: _LINKS + 1]:
        if word not in lists.links:
            return bool(lists.sexual.find([word]))
    return False


def _everyday(lists: FamilyWords, words: list[str], place: int) -> bool:
    after = lists.everyday_after.find(words[place + 1 : place + 1 + _AFTER])
    if words[place] in _ONE:
        after -= lists.only_of_several
    return bool(after or lists.everyday_before.find(words[max(0, place - _BEFORE) : place]))
