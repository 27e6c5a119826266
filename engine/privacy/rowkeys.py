"""What the keys of a row say of somebody's age, which the values alone do not: `{"age": 15}`, `{"is_adult": false}`.

Two ways: a label for all that stands under a key, also further down (`label_of`), and what one field says by itself
(`field_says`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from engine.privacy.columns import ADULT, FALSE, NO_SIGN, SCHOOL_YEARS
from engine.privacy.plainwords import in_latin, plain_letters

# Labels.
_LATIN_PARTS = re.compile(r"[A-Z]?[a-z\u00e0-\u00ff]+|[A-Z]+(?![a-z])")
_AGE = frozenset({"age", "ages", "alter", "edad", "idade", "eta", "et\u00e0", "leeftijd", "\u00e2ge"})
_BORN = frozenset({"dob", "born", "birth", "birthdate", "birthday", "birthyear", "geburtsjahr", "geburtsdatum"})
_MINOR = frozenset({"minor", "underage"})
_UNDER_18 = re.compile(r"under_?-?18(?!\d)", re.IGNORECASE)
_OF_NOBODY = frozenset(
    {
        "account",
        "cache",
        "message",
        "hours",
        "days",
        "seconds",
        "minutes",
        "ms",
        "data",
        "file",
        "token",
        "version",
        "max",
        "min",
    }
)

# Fields.
_PARTS = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])|\d+\+?")
_AGE_KEYS = frozenset({"yo", "wiek", "yas", "yasi", "vozrast", "years old", "how old", "yearsold"})
_BORN_KEYS = frozenset(
    {"yob", "birthyr", "birth yr", "nacimiento", "naissance", "nascita", "nascimento", "geboren", "geb", "dogum"}
)
_MINOR_KEYS = re.compile(
    r"\b(?:(?:pre)?teen(?:s|ager|agers)?|tweens?|school(?:girl|boy|kid)s?|lolis?|lolita|shota|toddlers?|underaged|jailbait"
    r"|minderjahrig|minderjarig|mineure?|menor(?: de (?:edad|idade))?|minorenne|nieletni[a-z]?"
    r"|(?:1[0-7]|[1-9]|[a-z]+teen|eleven|twelve) ?(?:yo|y o|years? ?old))\b"
)
_ADULT_KEY = re.compile(rf"(?:.* )?(?:{ADULT})")
_SCHOOL_KEY = re.compile(SCHOOL_YEARS)
_NO_PERSON = re.compile(r"\b(?:no[nt]?|content|site|film|movie|video|mode|filter|rating|only|account)\b")
_LONGEST = 24
"""Characters of a text that is a value such as `9th grade`."""
_IS_FALSE = re.compile(FALSE)


@lru_cache(maxsize=4096)
def label_of(key: Any) -> str:
    """What to call the values of a key: `age: `, `born: `, `minor: `, or nothing."""
    if isinstance(key, str) and _UNDER_18.search(key):
        return "minor: "
    parts = {part.lower() for part in _LATIN_PARTS.findall(key)} if isinstance(key, str) else set()
    if not parts or parts & _OF_NOBODY:
        return ""
    for words, label in ((_AGE, "age: "), (_BORN, "born: "), (_MINOR, "minor: ")):
        if parts & words:
            return label
    return ""


def field_says(key: Any, value: Any, record: Mapping[Any, Any]) -> str:
    """What a field of a row says of somebody's age that its value alone does not, in words; nothing of most fields.

    Args:
        key: Its name.
        value: What stands there.
        record: All fields beside it, and itself.
    """
    if not isinstance(key, str) or not (kind := _kind(key)) or not (said := _said(value)):
        return ""
    if kind == "minor":
        return "a minor." if isinstance(value, str | bool) and not _IS_FALSE.fullmatch(said.casefold()) else ""
    if len(said) > _LONGEST or _beside(record, NO_SIGN.get(kind, frozenset())):
        return ""
    return f'"{_words(key)}": {said}' if kind in ("adult", "grade", "school") else f"{kind}: {said}"


@lru_cache(maxsize=4096)
def _kind(key: str) -> str:
    """What the name of a field tells: `age`, `born`, `adult`, `grade`, `school`, `minor`, or nothing."""
    words = _words(key)
    if not words or _NO_PERSON.search(words):
        return ""
    if words in _AGE_KEYS or words in _BORN_KEYS:
        return "age" if words in _AGE_KEYS else "born"
    if words == "grade" or _SCHOOL_KEY.fullmatch(words):
        return "grade" if words == "grade" else "school"
    return "adult" if _ADULT_KEY.fullmatch(words) else "minor" if _MINOR_KEYS.search(words) else ""


def _words(key: str) -> str:
    """A name of a field in words: `isAdult` as `is adult`."""
    return plain_letters(in_latin(" ".join(_PARTS.findall(key))))


def _said(value: Any) -> str:
    """A value that is none of several, as JSON writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        value = int(value)
    return str(value).strip() if isinstance(value, int | str) else ""


def _beside(record: Mapping[Any, Any], names: Collection[str]) -> bool:
    return bool(names) and any(isinstance(key, str) and key.casefold() in names for key in record)
