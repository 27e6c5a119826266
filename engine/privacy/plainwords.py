"""Words as a reader hears them, however they are written: for lists of words that somebody may want to get around.

`p0rn`, `s e x`, `s.e.x`, `s*x`, `seeexy`, full-width letters, letters and figures of other scripts, and characters
written as escapes: all become plain words and plain figures.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable

from engine.privacy.innerjson import with_letters

_TOKEN = re.compile(r"[a-z0-9@$!*|+]+")
_APART = re.compile(r"(?<![a-z0-9])(?:[a-z0-9@$!][\s._\-*,/\\~]{1,3}){2,}[a-z0-9@$!](?![a-z0-9])")
_FURTHER = re.compile(r"[\s._\-*,/\\~]{2,3}")
_WORD_FIRST = re.compile(r"([ai])\s+(?=\S)")
_EMPHASIS = re.compile(r"(?<=[a-z0-9])[*~`]{1,3}(?=[a-z0-9])")
_CROSS = re.compile(r"(?<![a-z0-9])x(?![a-z0-9])")
_CAPITAL_I = re.compile(r"(?<=[a-z])I(?![A-Z]{2})|(?<![^\W_])I(?=[a-z]{3})")
_MOST_OTHERS = 20_000
_NOT_WORD = re.compile(r"[^a-z0-9@$!]+")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_ODD = re.compile(r"[0-9@$!*|+]|([a-z])\1\1")
_MIXED = re.compile(r"(?<![a-z0-9@$!|])[a-z0-9@$!|]*[a-z][0-9@$!|]+[a-z][a-z0-9@$!|]*")
_ESCAPE = re.compile(r"\\+[nrtbf/\"']")
_FRACTION = re.compile("[\u00bc-\u00be\u2150-\u215f\u2189]")
# Digits and signs that stand for a letter; 1 and | are read as i, and a second time as l.
_LEET = str.maketrans("0134578@$!|+9", "oieastbasiitg")
_LEET_L = str.maketrans("0134578@$!|+9", "oleastbaslltg")
# Cyrillic and Greek letters that look like Latin ones.
_ALIKE = dict(
    zip(
        map(
            ord,
            "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0455\u0458\u043d\u043a\u043c\u0442\u0432\u0501\u04bb\u04cf"
            "\u03b1\u03bf\u03c1\u03b5\u03b9\u03ba\u03bd\u03c4\u03c5\u0251",
        ),
        "aeopcxyisjhkmtbdhlaopeikvtua",
        strict=True,
    )
)
_NO_SIGN = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and symbols that are not seen."""
_LATIN = re.compile(
    r"(?:LATIN (?:SMALL |CAPITAL )?LETTER|NEGATIVE (?:SQUARED|CIRCLED) LATIN CAPITAL LETTER)"
    r"(?: SMALL CAPITAL| SCRIPT| DOTLESS)* ([A-Z])(?: WITH .*)?"
)


_CYRILLIC = re.compile("[\u0400-\u052f\u0300-\u0308]+")
_YEARS = re.compile("(?<=[0-9])(\\W{0,3})(?:лет|год(?:а|ик|ика|иков)?)(?![\u0400-\u04ff])", re.IGNORECASE)  # noqa: RUF001
_IN_LATIN = {
    **dict(zip(map(ord, "абвгдезийклмнопрстуфцыэіїєґўё"), "abvgdeziiklmnoprstufcyeiiegue", strict=True)),
    **{ord(one): two for one, two in zip("жхчшщюя", ("zh", "kh", "ch", "sh", "sch", "yu", "ya"), strict=True)},
    ord("ъ"): "",
    ord("ь"): "",
}


class _Folding(dict[int, str]):
    """What stands for a character that is not ASCII; found out once for each, by its name and class in Unicode."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        value = self[code] = sign if sign.isascii() else _ALIKE.get(code) or _folded(sign)
        return value


def _folded(sign: str) -> str:
    kind = unicodedata.category(sign)
    if sign in _NO_SIGN or kind in ("Mn", "Me", "Cf"):
        return ""
    if kind in ("Nd", "No"):
        number = unicodedata.numeric(sign)
        return str(int(number)) if number == int(number) else " "
    named = _LATIN.fullmatch(unicodedata.name(sign, ""))
    return named[1].lower() if named else sign


_FOLDING = _Folding()


def plain_letters(text: str) -> str:
    """Lower case without accents, invisible signs and letters that only look Latin; full-width forms as usual ones.

    Figures of all scripts become 0 to 9.
    """
    if text.isascii():
        return text.casefold()
    # A fraction is no digit of the number before it.
    return unicodedata.normalize("NFKD", _FRACTION.sub(" ", text)).casefold().translate(_FOLDING)


def unescaped(text: str) -> str:
    r"""A text with the characters that stand in it as escapes: `\n` and `\u0031` of JSON within text, `&#49;`."""
    if "\\" in text:
        text = _ESCAPE.sub(" ", with_letters(text))
    return html.unescape(text) if "&" in text and ";" in text else text


def words_of(plain: str) -> list[str]:
    """The words of a text from `plain_letters`, in order, each in its plainest reading."""
    tokens = _TOKEN.findall(_DRAWN_OUT.sub(r"\1", plain))
    return [token if token.isalpha() else _read(token, _LEET) for token in tokens]


def hidden_words(plain: str) -> set[str]:
    """Further readings of words that are written to be overlooked."""
    found: set[str] = set()
    for match in _APART.finditer(plain):
        # Two words that are written so stand further from each other than their letters do.
        for part in (match[0], *_FURTHER.split(match[0]), _WORD_FIRST.sub("", match[0], count=1)):
            joined = _NOT_WORD.sub("", part)
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


def readings(plain: str) -> list[str]:
    """The text as it stands; with `s1xteen` as `sixteen`; with letters that stand apart put together; without marks."""
    read = without_signs(plain)
    apart = (put_together(plain), put_together(read), _after_a_word(plain)) if _APART.search(plain) else ()
    crossed = (_CROSS.sub(" ", plain),) if _CROSS.search(plain) else ()
    # Bold letters within a word: `fif**teen**`.
    bold = (_EMPHASIS.sub("", plain),) if _EMPHASIS.search(plain) else ()
    return list(dict.fromkeys((plain, read, *apart, *crossed, *bold)))


def put_together(plain: str) -> str:
    """The text with letters and figures that are written apart as words: `1 5 y o` as `15yo`."""
    return _APART.sub(lambda found: f" {_NOT_WORD.sub('', found[0])} ", plain)


def _after_a_word(plain: str) -> str:
    """The same where the first letter is a word of its own: `a 1 5 y o` as `a 15yo`."""
    return _APART.sub(lambda found: put_together(_WORD_FIRST.sub(r"\1: ", found[0], count=1)), plain)


def with_small_l(text: str) -> str:
    """A text with the capital I that looks like a small l read as one: `girI` as `girl`.

    Args:
        text: In its own capitals and small letters.
    """
    return _CAPITAL_I.sub("l", text)


def in_latin(text: str) -> str:
    """A text with its Cyrillic words in Latin letters: `секс` as `seks`; years behind a number as `anni`."""
    if not _CYRILLIC.search(text):
        return text
    text = _YEARS.sub(r"\1anni", unicodedata.normalize("NFC", text))
    return _CYRILLIC.sub(lambda found: found[0].casefold().translate(_IN_LATIN), text)


def disguised(plain: str) -> set[str]:
    """The words that are written with digits or signs between their letters, or with letters that stand apart."""
    apart = {_read(_NOT_WORD.sub("", found[0]), _LEET) for found in _APART.finditer(plain)}
    return apart | {_read(word, _LEET) for word in _MIXED.findall(plain)}


def without_signs(plain: str) -> str:
    """The text with digits and signs between letters read as letters: `s1xteen` as `sixteen`; `15yo` and `f15` stay."""
    return _MIXED.sub(lambda found: _read(found[0], _LEET), plain)


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
            parts = tuple(plain_letters(in_latin(entry)).split())
            if len(parts) > 1:
                self._phrases.setdefault(parts[0], []).append(parts)
            elif parts[0].endswith("*"):
                beginnings.append(parts[0][:-1])
            else:
                self._words.add(parts[0])
        self._beginnings = tuple(beginnings)
        self._by_head: dict[str, tuple[str, ...]] = {}
        for word in beginnings:
            self._by_head[word[:2]] = (*self._by_head.get(word[:2], ()), word)
        self._others: set[str] = set()
        """Words of texts that are in no entry: most are met again and again."""
        # Phrases written as one word, or hidden by writing letters apart.
        self._in_one = {"".join(phrase): " ".join(phrase) for phrases in self._phrases.values() for phrase in phrases}

    def find(self, words: list[str], more: Iterable[str] = ()) -> set[str]:
        """Which entries occur.

        Args:
            words: Of the text, in order.
            more: Further readings of single words.
        """
        alone = {*words, *more}
        alone -= self._others
        for word in alone:
            if len(self._others) < _MOST_OTHERS and not self._may_match(word):
                self._others.add(word)
        if not alone:
            return set()
        found = alone & self._words
        found.update([word for word in alone if self._begins(word)])
        found.update(self._in_one[word] for word in alone & self._in_one.keys())
        firsts = alone & self._phrases.keys()
        for position, word in enumerate(words) if firsts else ():
            for phrase in self._phrases[word] if word in firsts else ():
                if _begins(words[position : position + len(phrase)], phrase):
                    found.add(" ".join(phrase))
        return found

    def _begins(self, word: str) -> bool:
        return word.startswith(self._by_head.get(word[:2], "\0"))

    def _may_match(self, word: str) -> bool:
        return word in self._words or word in self._phrases or word in self._in_one or self._begins(word)

    def without(self, words: list[str]) -> list[str]:
        """The words of a text without the phrases of this list."""
        if self._phrases.keys().isdisjoint(words):
            return words
        kept: list[str] = []
        position = 0
        while position < len(words):
            phrases = self._phrases.get(words[position], ())
            found = [len(p) for p in phrases if _begins(words[position : position + len(p)], p)] if phrases else []
            if not found:
                kept.append(words[position])
            position += max(found, default=1)
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
