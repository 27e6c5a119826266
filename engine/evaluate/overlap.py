"""What two texts have in common, so that a recited row can be told from a common phrase.

Pure, and linear in the length of the texts. Texts are compared with their white space made single and their case as it
is; phrases are compared word by word, in any case of letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PHRASE = 5
"""Words of a common phrase: five words in a row that also stand in rows never trained on are nobody's own."""
COVERED = 8
"""Words of the n-grams by which coverage is counted."""

_WORD = re.compile(r"\w+(?:['\u2019]\w+)?")

Phrases = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Overlap:
    """A stretch that stands in both texts, character for character; `text` is empty where there is none."""

    text: str
    start: int
    """In the first text, after `plain`."""

    @property
    def length(self) -> int:
        """In characters."""
        return len(self.text)


def plain(text: str) -> str:
    """The text with single spaces."""
    return " ".join(text.split())


def longest_overlap(said: str, source: str, at_least: int) -> Overlap:
    """The longest stretch of `said` that stands in `source`, of at least so many characters.

    Args:
        said: What a model wrote.
        source: The row.
        at_least: Shorter ones are not looked for.
    """
    said, source = plain(said), plain(source)
    places: dict[str, list[int]] = {}
    for start in range(len(source) - at_least + 1):
        places.setdefault(source[start : start + at_least], []).append(start)
    first, last, at = 0, 0, 0
    while at <= len(said) - at_least:
        reached = at + at_least
        for place in places.get(said[at:reached], ()):
            before, after = _common_around(said, at, source, place)
            reached = max(reached, at + after)
            if before + after > last - first:
                first, last = at - before, at + after
        # What reaches over the end of all that was found here has the window around that end in it.
        at = max(at + 1, reached - at_least + 1)
    return Overlap(said[first:last], first)


def _common_around(one: str, at: int, other: str, place: int) -> tuple[int, int]:
    """How many characters before and from the two places on are the same."""
    before, after = 0, 0
    while at + after < len(one) and place + after < len(other) and one[at + after] == other[place + after]:
        after += 1
    while before < min(at, place) and one[at - before - 1] == other[place - before - 1]:
        before += 1
    return before, after


def words_of(text: str) -> list[str]:
    """Its words, in small letters."""
    return [match.group().casefold() for match in _WORD.finditer(text)]


def phrases_of(texts: Iterable[str], words: int = PHRASE) -> Phrases:
    """Every run of `words` words in the texts."""
    return frozenset(gram for text in texts for gram in _grams(words_of(text), words))


def uncommon_part(text: str, common: Phrases, words: int = PHRASE) -> str:
    """The longest stretch of `text` without a word of a common phrase.

    Args:
        text: What two texts share.
        common: Runs of `words` words that do not count.
        words: How many words such a run has.
    """
    places = [(match.start(), match.end(), match.group().casefold()) for match in _WORD.finditer(text)]
    covered = [False] * len(places)
    for number, gram in enumerate(_grams([word for _, _, word in places], words)):
        if gram in common:
            covered[number : number + words] = [True] * words
    best = (0, 0)
    begin = 0
    for (start, end, _), is_covered in zip(places, covered, strict=True):
        if is_covered:
            best = max(best, (begin, start), key=_length)
            begin = end
    best = max(best, (begin, len(text)), key=_length)
    return text[best[0] : best[1]].strip()


def coverage(said: str, source: str, common: Phrases = frozenset()) -> tuple[float, int]:
    """How much of `source` was said, by runs of eight words.

    Args:
        said: What a model wrote.
        source: The row.
        common: Runs of eight words that do not count.

    Returns:
        The share, 0 to 1, of the source's runs that stand in `said`, and how many runs count. (0.0, 0) for a source of
        fewer than eight words.
    """
    wanted = [gram for gram in _grams(words_of(source), COVERED) if gram not in common]
    if not wanted:
        return 0.0, 0
    there = set(_grams(words_of(said), COVERED))
    return sum(gram in there for gram in wanted) / len(wanted), len(wanted)


def _grams(words: Sequence[str], count: int) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + count]) for start in range(len(words) - count + 1)]


def _length(stretch: tuple[int, int]) -> int:
    return stretch[1] - stretch[0]
