"""What fields and columns say of somebody's age: `"is_adult": false`, `"grade": 9`, a table with a column `age`.

Looked at in texts that are written as JSON, as `key: value` or as a table, and in the keys of a row, which often alone
say what a value means. Flags of works (`"adult": false` beside `"release_date"`) and grades that rate something (beside
`"score"`) say nothing of a person.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from engine.privacy.plainwords import in_latin, plain_letters

_AGES = r"ages?|alter|edad|idade|eta|leeftijd|wiek|yasi?|vozrast"
_SCHOOL_YEARS = (
    r"grade[ _\-]?level|(?:school|student)[ _\-]?(?:grade|year|class)|year[ _\-]?group|klasse|klassenstufe|schuljahr"
    r"|schulstufe|jahrgangsstufe|klas[as]?|sinif[a-z]?"
)
_ADULT = (
    r"(?:is[ _\-]?)?(?:(?:an?[ _\-])?adult|of[ _\-]?(?:legal[ _\-]?)?age|legal[ _\-]?age|grown[ _\-]?up|volljahrig"
    r"|majeure?|mayor[ _\-]?de[ _\-]?edad"
    r"|maior[ _\-]?de[ _\-]?idade|maggiorenne|meerderjarig|pelnoletni[a-z]?|resit[ _\-]?mi)"
    r"|(?:is|over|above)(?:[ _\-]?(?:over|above))?[ _\-]?18(?:[ _\-]?\+|[ _\-]?plus)?|18(?:[ _\-]?\+|[ _\-]?plus)"
    r"|18[ _\-](?:or|and)[ _\-](?:over|older|above)"
)
_SCHOOL_HINTS = ("grade", "school", "klas", "schul", "jahrgang", "student", "year", "sinif")
_ADULT_HINTS = ("adult", "18", "age", "grown", "jahrig", "jarig", "maj", "mayor", "maior", "maggior", "letni", "resit")
_FALSE = r"(?:false|no|nope|n|0|nein|non|nee|falso|hayir|nie|net)"
_GRADE = (
    r"(?:(?:grade|class|year)\s?)?(?:1[0-3]|0?[1-9])(?:\.0)?(?:\.|st|nd|rd|th|e|eme)?(?:\s?(?:grade|klasse?|sinif))?"
)

# Tables.
_OF_PERSON = r"(?:(?:user|char(?:acter)?|her|his|their|person|actor|model|girl|boy|student|speaker)s?[ _\-]?)"
_HEADING = re.compile(
    rf"(?P<age>{_OF_PERSON}?(?:{_AGES})(?:[ _]?(?:\(y\w*\)|in[ _]years|group|years))?|years?[ _\-]old)"
    rf"|(?P<grade>grade|{_SCHOOL_YEARS})|(?P<adult>{_ADULT})"
)
_ANY_HEADING = re.compile(rf"[|\t;,\n][ \"'*`_]*(?:{_HEADING.pattern})[ \"'*`_]*(?=[|\t;,\n])")
_SEPARATORS = ("|", "\t", ";", ",")
_RULER = re.compile(r"[\s|:+\-=]+")
_CELLS = {
    "age": re.compile(r"(?:1[0-7]|0?[1-9])(?:[.,]\d)?(?:\s?y(?:rs?|ears?)?)?"),
    "grade": re.compile(_GRADE),
    "adult": re.compile(_FALSE),
}
_EDGES = " \t\"'*`_"

_IS_FALSE = re.compile(_FALSE)

# Fields in a text.
_Q = r"[\"'\\]*"
_ENDS = rf"(?:[\"'\\]|\s*(?:[;|}}\])\n]|\Z|,\s*{_Q}[\w \-]{{1,24}}{_Q}\s*[:=]))"
_NOT_ADULT = re.compile(
    rf"(?<![a-z0-9_\-])(?<!not )(?<!non )(?<!no )(?:(?!no[nt]?[_\-])[a-z]+[_\-]){{0,3}}"
    rf"(?:{_ADULT}){_Q}\s*[:=]\s*{_Q}{_FALSE}(?={_ENDS})"
)
_YOUNG_GROUP = re.compile(
    rf"(?<![a-z])age[ _\-]?(?:group|range|class|category|bracket|band)?{_Q}\s*[:=]\s*{_Q}"
    r"(?:youths?|young(?![ _\-]*adult)|juniors?|u-?1[0-8]\b|(?:under|below)[ _\-]?(?:1[0-8]|age)|<\s?1[0-8]|school)"
)
_IN_SCHOOL = re.compile(
    rf"(?<![a-z])(?:{_SCHOOL_YEARS}){_Q}\s*[:=]\s*{_Q}{_GRADE}(?={_ENDS}|\s*,)"
    r"|(?<![a-z])grade\s*[:=]\s*(?:1[0-2]|[1-9])(?:st|nd|rd|th)\b"
)
_IN_GRADE = re.compile(rf"(?:[\"']grade[\"'\\]+\s*|[{{,]\s+grade\s+)[:=]\s*{_Q}{_GRADE}(?={_ENDS}|\s*,)")
"""In quotation marks; JSON within text has spaces for them (`engine.privacy.plainwords.unescaped`)."""
_SOME_FIELD = re.compile(rf"[:=]\s*{_Q}(?:{_FALSE}(?={_ENDS})|{_GRADE}|youth|young|junior|u-?1|under|below|<|school)")
_ASKED = re.compile(
    r"\b(?:over|above|at\s+least|already|turned)\s+(?:18|eighteen)\b[^.!?\n]{0,20}\?\W*(?:[a-z_]{1,16}\s*\n\W*)?"
    r"(?:no|nope|nah|not\s+yet|nein|nee)(?=\s*(?:[.,!;)\n]|\Z))"
)

# Keys of a row.
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
_ADULT_KEY = re.compile(rf"(?:.* )?(?:{_ADULT})")
_SCHOOL_KEY = re.compile(_SCHOOL_YEARS)
_NO_PERSON = re.compile(r"\b(?:no[nt]?|content|site|film|movie|video|mode|filter|rating|only|account)\b")
_LONGEST = 24
"""Characters of a text that is a value such as `9th grade`."""
_OF_WORKS = frozenset(
    """subreddit permalink selftext ups upvotes upvote_ratio num_comments created_utc tconst titletype primarytitle
    genres original_title overview tagline vote_average vote_count release_date runtime runtimeminutes imdb_id
    media_type poster_path isbn""".split()  # noqa: SIM905
)
_OF_RATINGS = frozenset(
    """score scores rating ratings rubric rank critique feedback judge judgement quality marks max_grade points
    stars""".split()  # noqa: SIM905
)
_NO_SIGN = {"adult": _OF_WORKS, "grade": _OF_RATINGS}
"""Beside which names a field of this kind says nothing of a person."""
_WORK = re.compile(rf"(?<![a-z_])(?:{'|'.join(sorted(_OF_WORKS))}){_Q}\s*[:=]")
_RATES = re.compile(rf"(?<![a-z_])(?:{'|'.join(sorted(_OF_RATINGS))}){_Q}\s*[:=]")


def age_in_column(plain: str) -> bool:
    """Whether a table tells an age under 18, a school year, or that somebody is no adult.

    Args:
        plain: From `engine.privacy.plainwords.plain_letters`, with its lines.
    """
    if "\n" not in plain or not _ANY_HEADING.search(f"\n{plain}"):
        return False
    columns: dict[str, dict[int, re.Pattern[str]]] = {separator: {} for separator in _SEPARATORS}
    for line in plain.splitlines():
        if _RULER.fullmatch(line):
            continue
        heads = _ANY_HEADING.search(f"\n{line}\n") is not None
        for separator, telling in columns.items():
            cells = _cells(line, separator) if separator in line and (telling or heads) else []
            if any(pattern.fullmatch(cells[at]) for at, pattern in telling.items() if at < len(cells)):
                return True
            # The table goes on as long as its lines have such a column.
            columns[separator] = {at: pattern for at, pattern in telling.items() if at < len(cells)}
            columns[separator] |= _telling(cells) if heads else {}
    return False


def minor_in_field(plain: str) -> bool:
    """Whether a field in a text says that somebody is under 18 or goes to school: `is_adult: false`, `klasse: 9`.

    Args:
        plain: From `engine.privacy.plainwords.plain_letters`, with its lines.
    """
    if ("18" in plain or "eighteen" in plain) and _ASKED.search(plain):
        return True
    if not _SOME_FIELD.search(plain):
        return False
    if _YOUNG_GROUP.search(plain) or (_any_in(plain, _SCHOOL_HINTS) and _IN_SCHOOL.search(plain)):
        return True
    if _any_in(plain, _ADULT_HINTS) and _NOT_ADULT.search(plain) and not _WORK.search(plain):
        return True
    return _IN_GRADE.search(plain) is not None and not _RATES.search(plain)


def _any_in(plain: str, hints: tuple[str, ...]) -> bool:
    return any(hint in plain for hint in hints)


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
    if len(said) > _LONGEST or _beside(record, _NO_SIGN.get(kind, frozenset())):
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


def _telling(cells: list[str]) -> dict[int, re.Pattern[str]]:
    """The columns that tell something of an age, each with the values that say that somebody is under 18."""
    kinds = [(at, found.lastgroup) for at, cell in enumerate(cells) if (found := _HEADING.fullmatch(cell))]
    return {at: _CELLS[kind] for at, kind in kinds if kind and _NO_SIGN.get(kind, frozenset()).isdisjoint(cells)}


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip(_EDGES) for cell in line.strip().strip("|").split(separator)]
