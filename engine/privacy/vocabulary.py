"""What the original says, in bounded memory: so that no made-up value is one that stands there.

A Bloom filter over words, and over neighbouring words where one holds a digit. It never says "no" wrongly; a rare
wrong "yes" costs one candidate. 16 MiB hold some ten million entries at less than one wrong answer in a hundred.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_DIGIT = re.compile(r"\d")
_REMEMBERED = 200_000


class Vocabulary:
    """The words of all texts that were added.

    Args:
        bits: Size of the filter; a power of two.
    """

    def __init__(self, bits: int = 1 << 27) -> None:
        self._mask = bits - 1
        self._filter = bytearray(bits // 8)
        self._recent: set[str] = set()

    def add(self, text: str) -> None:
        """Remember the words of a text."""
        for entry in _entries(text):
            if entry not in self._recent:
                if len(self._recent) >= _REMEMBERED:
                    self._recent.clear()
                self._recent.add(entry)
                for place in self._places(entry):
                    self._filter[place >> 3] |= 1 << (place & 7)

    def holds(self, value: str) -> bool:
        """Whether a value occurs, at word boundaries and in any case of letters; a value without words does."""
        return all(
            self._filter[place >> 3] >> (place & 7) & 1 for entry in _entries(value) for place in self._places(entry)
        )

    def _places(self, entry: str) -> list[int]:
        digest = hashlib.blake2b(entry.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        return [int.from_bytes(digest[start : start + 4], "big") & self._mask for start in (0, 4, 8, 12)]


def _entries(text: str) -> list[str]:
    low = (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()
    words = _WORD.findall(low)
    pairs = [
        f"{one} {two}"
        for one, two in itertools.pairwise(words)
        if _DIGIT.search(one) or _DIGIT.search(two) or not one[0].isascii()
    ]
    return words + pairs
