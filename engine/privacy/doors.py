# ruff: noqa: RUF001 (quotation marks as people type them)
"""Whether what a model takes for an address can lead to a door.

The model is as sure of "got 99 problems" or "retry 3" as of "14 Rosewood Court". An address that no rule saw needs a
sign of one: a word for a street, a unit, a postal code, or a name beside a number that can be of a house.
"""

from __future__ import annotations

import re

from engine.privacy.cases import gives_no_hint
from engine.privacy.hits import Hit
from engine.privacy.recognisers.addresses import NOT_STREET
from engine.privacy.recognisers.known import is_brand, is_label
from engine.privacy.recognisers.words import is_dictionary_word

_STREET = (
    r"street|st|str|avenue|ave|av|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|circle|cir|terrace|parkway|pkwy|highway|hwy|crescent|cres"
    r"|trail|trl|close|mews|gardens?|gdns|grove|row|way|square|sq|place|pl|plaza|hill|walk|wharf|quay|rise|loop|alley|turnpike|expressway|broadway"
    r"|rue|avenida|calle|via|viale|piazza|corso|rua|jalan|jl|marg|nagar|colony|sector|phase|chowk|mahalle|sokak|caddesi|ulica|ul"
    r"|utca|útja|út|tér|krt|körút|cad|mah|plac|aleja|katu|tie|gade|vej|gate|kuja|cottage|farm|house|tower|towers|building|bldg|block|county|route|rte|box"
)
_SHORT_KIND = "street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|court|ct|crescent|cres|terrace|close"
_KIND = re.compile(
    rf"(?<![\w'’])(?:{_STREET})(?![\w'’])|\w{{3}}(?:stra(?:ß|ss)e|str\.|weg|gasse|platz|allee|straat|laan|gracht|gatan|vägen|vej)(?!\w)",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"(?<![\w'’])(?:apartment|apt|suite|ste|flat|unit|penthouse|p\.?\s?o\.?\s?box|wohnung|door)\.?\s?#?\s?[A-Za-z]?\d{1,5}[A-Za-z]?(?!\w)",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?<!\w)(?:[A-Z]{2},?\s\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[\dA-Z]?\s?\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d|\d{5,6}\s[A-ZÀ-Ý][\w\-]{2,}|[A-ZÀ-Ý][\w\-]{2,},?\s\d{5,6})(?!\w)"
)
_NUMBER = r"(?<![\w.,/:+\-#$€£])\d{1,5}[A-Za-z]?(?:[/\-]\d{1,4}[A-Za-z]?)?(?![\w%:+°]|[.,]\d|\s?(?:[ap]m|%)\b)"
_WORD = r"[^\W\d_][\w'’.\-]*"
_HOUSE = re.compile(rf"(?P<number>{_NUMBER}),?[ ](?P<after>{_WORD}(?:[ ]{_WORD}){{0,3}})")
_HOUSE_LAST = re.compile(rf"(?P<before>(?:{_WORD}[ ]){{0,3}}{_WORD}),?[ ](?P<number>{_NUMBER})")
_FORM = re.compile(rf"{_NUMBER},?[ ](?P<words>(?:{_WORD}[ ]){{1,3}}?)(?:{_SHORT_KIND})(?![\w'’])", re.IGNORECASE)
_SENT_TO = re.compile(
    r"\b(?:located at|address(?: is|:)?|liv(?:e|es|ed|ing) (?:at|on)|moved to"
    r"|(?:ship|shipped|deliver|delivered|mail|mailed) (?:it )?to)\W{1,3}$",
    re.IGNORECASE,
)
_SCORE = re.compile(r"\d{1,2}\s?[\-–:]\s?\d{1,2}(?!\d)")
_WORDS = re.compile(r"[^\W\d_][\w'’\-]*")
_PARTICLES = frozenset(
    [
        "de",
        "du",
        "des",
        "la",
        "le",
        "les",
        "del",
        "della",
        "di",
        "da",
        "do",
        "dos",
        "van",
        "von",
        "der",
        "den",
        "dem",
        "of",
        "the",
        "auf",
        "am",
        "im",
        "zur",
        "zum",
        "in",
    ]
)
_REACH = 24


def leads_to_a_door(text: str, hit: Hit) -> bool:
    """Whether an address that only the model saw has a sign of one in it or right beside it."""
    piece = text[hit.start : hit.end]
    if not piece.isascii() and any(ord(letter) > 0x24F and letter.isalpha() for letter in piece):
        return True
    left, right = _line(text, hit)
    around = text[left:right]
    if _UNIT.search(around) or _CODE.search(around):
        return True
    if (
        _SENT_TO.search(text[max(0, hit.start - 30) : hit.start])
        and re.search(_NUMBER, piece)
        and not _SCORE.search(piece)
    ):
        return True
    named = _names(text, piece)
    if _KIND.search(around):
        return named or _numbered(piece, text) or _street_form(around)
    if not any(letter.isdigit() for letter in piece):
        return named
    return _numbered(text[max(left, hit.start - _REACH) : min(right, hit.end + _REACH)], text, piece)


def _street_form(around: str) -> bool:
    """A number, a word or two, and the word for a street, in any letters: "14 rosewood ct"."""
    return any(
        not any(word.casefold() in NOT_STREET for word in match.group("words").split())
        for match in _FORM.finditer(around)
    )


def _line(text: str, hit: Hit) -> tuple[int, int]:
    left = max(text.rfind("\n", 0, hit.start) + 1, hit.start - _REACH)
    end = text.find("\n", hit.end)
    return left, min(end if end >= 0 else len(text), hit.end + _REACH)


def _names(text: str, piece: str) -> bool:
    """Whether a word of the piece has a capital that says something, and no dictionary has it."""
    if gives_no_hint(text):
        return any(len(word) >= 4 and _odd(word) for word in _WORDS.findall(piece))
    return any(
        word[0].isupper() and len(word) >= 3 and word != word.upper() and _odd(word) for word in _WORDS.findall(piece)
    )


def _numbered(around: str, text: str, piece: str = "") -> bool:
    """A number that can be of a house, and a word beside it that can be of a street."""
    lower = gives_no_hint(text)
    for pattern, group in ((_HOUSE, "after"), (_HOUSE_LAST, "before")):
        for match in pattern.finditer(around):
            number, words = match.group("number"), match.group(group).split()
            if _SCORE.fullmatch(number) or (piece and not (number in piece or any(word in piece for word in words))):
                continue
            beside = _beside(words if group == "after" else words[::-1], lower)
            if any(_odd(word) and len(word) >= 3 for word in beside):
                return True
    return False


def _beside(words: list[str], lower: bool) -> list[str]:
    """The words from a number on that can be of a street: with a capital, where the text has any, and particles."""
    kept: list[str] = []
    for word in words:
        if word.casefold() in NOT_STREET and word.casefold() not in _PARTICLES:
            break
        if not (
            (lower and not kept)
            or (word[0].isupper() and (word != word.upper() or len(word) < 2))
            or word in _PARTICLES
        ):
            break
        kept.append(word)
    return kept


def _odd(word: str) -> bool:
    return not (is_dictionary_word(word) or is_label(word) or is_brand(word) or word.casefold() in NOT_STREET)
