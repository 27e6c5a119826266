"""Words as a reader hears them, however they are written: for lists of words that somebody may want to get around.

`p0rn`, `s e x`, `s.e.x`, `s*x`, `seeexy`, full-width letters and letters of other scripts that look the same: all
become plain words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_TOKEN = re.compile(r"[a-z0-9@$!*|+]+")
_APART = re.compile(r"(?<![a-z0-9])(?:[a-z0-9@$!][\s._\-*,/\\~]{1,3}){2,}[a-z0-9@$!](?![a-z0-9])")
_NOT_WORD = re.compile(r"[^a-z0-9@$!]+")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_ODD = re.compile(r"[0-9@$!*|+]|([a-z])\1\1")
# Digits and signs that stand for a letter; 1 and | are read as i, and a second time as l.
_LEET = str.maketrans("0134578@$!|+9", "oieastbasiitg")
_LEET_L = str.maketrans("0134578@$!|+9", "oleastbaslltg")
# Cyrillic and Greek letters that look like Latin ones.
_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0455\u0458\u043d\u043a\u043c\u0442\u0432\u0501\u04bb"
    "\u03b1\u03bf\u03c1\u03b5\u03b9\u03ba\u03bd\u03c4\u03c5",
    "aeopcxyisjhkmtbdhaopeikvtu",
)


def plain_letters(text: str) -> str:
    """Lower case without accents, invisible signs and letters that only look Latin; full-width forms as usual ones."""
    text = text.casefold()
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKD", text).translate(_ALIKE)
    return "".join(sign for sign in text if unicodedata.category(sign) not in ("Mn", "Me", "Cf"))


def words_of(plain: str) -> list[str]:
    """The words of a text from `plain_letters`, in order, each in its plainest reading."""
    tokens = _TOKEN.findall(_DRAWN_OUT.sub(r"\1", plain))
    return [token if token.isalpha() else _read(token, _LEET) for token in tokens]


def hidden_words(plain: str) -> set[str]:
    """Further readings of words that are written to be overlooked."""
    found: set[str] = set()
    for match in _APART.finditer(plain):
        joined = _NOT_WORD.sub("", match[0])
        found.update((_read(joined, _LEET), _read(joined, _LEET_L)))
    if not _ODD.search(plain):
        return found
    drawn_out = _DRAWN_OUT.search(plain) is not None
    for token in _TOKEN.findall(plain):
        if not token.isalpha():
            found.update((_read(token, _LEET_L), token.strip("*")))
        if drawn_out and _DRAWN_OUT.search(token):
            found.add(_DRAWN_OUT.sub(r"\1\1", token if token.isalpha() else token.translate(_LEET)))
    return found


def starred(plain: str) -> list[re.Pattern[str]]:
    """Words with stars for letters, as patterns that match what may be meant; two letters at least must stand."""
    patterns = []
    for token in _TOKEN.findall(plain):
        inner = token.strip("*")
        if "*" in inner and len(inner.replace("*", "")) >= 2:
            patterns.append(re.compile(re.escape(inner.translate(_LEET)).replace(r"\*", "[a-z]") + r"\Z"))
    return patterns


def _read(token: str, leet: dict[int, int]) -> str:
    """One word: signs as letters where letters stand beside them, drawn-out letters once."""
    if not token.isalpha() and any("a" <= sign <= "z" for sign in token):
        token = token.rstrip("!|+*").translate(leet).replace("*", "")
    return _DRAWN_OUT.sub(r"\1", token)


class WordList:
    """Words, beginnings of words (`porn*`) and phrases, found in one walk over a text.

    Args:
        entries: As written in a rules file, without any accents needed.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        self._words: set[str] = set()
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        beginnings: list[str] = []
        for entry in entries:
            parts = tuple(plain_letters(entry).split())
            if len(parts) > 1:
                self._phrases.setdefault(parts[0], []).append(parts)
            elif parts[0].endswith("*"):
                beginnings.append(parts[0][:-1])
            else:
                self._words.add(parts[0])
        self._beginnings = tuple(beginnings)
        self._heads = {word[:2] for word in beginnings}
        # Phrases written as one word, or hidden by writing letters apart.
        self._in_one = {"".join(phrase): " ".join(phrase) for phrases in self._phrases.values() for phrase in phrases}

    def find(self, words: list[str], more: Iterable[str] = ()) -> set[str]:
        """Which entries occur.

        Args:
            words: Of the text, in order.
            more: Further readings of single words.
        """
        alone = {*words, *more}
        found = alone & self._words
        if self._beginnings:
            found.update([word for word in alone if word[:2] in self._heads and word.startswith(self._beginnings)])
        found.update(self._in_one[word] for word in alone & self._in_one.keys())
        firsts = alone & self._phrases.keys()
        for position, word in enumerate(words) if firsts else ():
            for phrase in self._phrases[word] if word in firsts else ():
                if _begins(words[position : position + len(phrase)], phrase):
                    found.add(" ".join(phrase))
        return found

    def without(self, words: list[str]) -> list[str]:
        """The words of a text without the phrases of this list."""
        kept: list[str] = []
        position = 0
        while position < len(words):
            phrases = self._phrases.get(words[position], ())
            found = max((len(p) for p in phrases if _begins(words[position : position + len(p)], p)), default=0)
            kept += [] if found else [words[position]]
            position += found or 1
        return kept

    def match(self, pattern: re.Pattern[str]) -> bool:
        """Whether a word with unknown letters can be one of the words, or begin like one of the beginnings."""
        if any(pattern.match(word) for word in self._words):
            return True
        open_end = re.compile(pattern.pattern.removesuffix(r"\Z"))
        return any(open_end.match(word) or pattern.match(word) for word in self._beginnings)


def _begins(words: list[str], phrase: tuple[str, ...]) -> bool:
    if len(words) < len(phrase):
        return False
    *whole, last = phrase
    if words[:-1] != whole:
        return False
    return words[-1].startswith(last[:-1]) if last.endswith("*") else words[-1] == last
