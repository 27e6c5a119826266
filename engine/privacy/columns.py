"""What fields and tables in a text say of an age: `"is_adult": false`, `"grade": 9`, a table with a column `age`.

Looked at in texts that are written as JSON, as `key: value` or as a table; what the keys of a row say is in
`engine.privacy.rowkeys`. Flags of works (`"adult": false` beside `"release_date"`) and grades that rate something
(beside `"score"`) say nothing of a person.
"""

from __future__ import annotations

import re

_AGES = r"ages?|alter|edad|idade|eta|leeftijd|wiek|yasi?|vozrast"
SCHOOL_YEARS = (
    r"grade[ _\-]?level|(?:school|student)[ _\-]?(?:grade|year|class)|year[ _\-]?group|klasse|klassenstufe|schuljahr"
    r"|schulstufe|jahrgangsstufe|klas[as]?|sinif[a-z]?"
)
ADULT = (
    r"(?:is[ _\-]?)?(?:(?:an?[ _\-])?adult|of[ _\-]?(?:legal[ _\-]?)?age|legal[ _\-]?age|grown[ _\-]?up|volljahrig"
    r"|majeure?|mayor[ _\-]?de[ _\-]?edad"
    r"|maior[ _\-]?de[ _\-]?idade|maggiorenne|meerderjarig|pelnoletni[a-z]?|resit[ _\-]?mi)"
    r"|(?:is|over|above)(?:[ _\-]?(?:over|above))?[ _\-]?18(?:[ _\-]?\+|[ _\-]?plus)?|18(?:[ _\-]?\+|[ _\-]?plus)"
    r"|18[ _\-](?:or|and)[ _\-](?:over|older|above)"
)
_SCHOOL_HINTS = ("grade", "school", "klas", "schul", "jahrgang", "student", "year", "sinif")
_ADULT_HINTS = ("adult", "18", "age", "grown", "jahrig", "jarig", "maj", "mayor", "maior", "maggior", "letni", "resit")
FALSE = r"(?:false|no|nope|n|0|nein|non|nee|falso|hayir|nie|net)"
_GRADE = (
    r"(?:(?:grade|class|year)\s?)?(?:1[0-3]|0?[1-9])(?:\.0)?(?:\.|st|nd|rd|th|e|eme)?(?:\s?(?:grade|klasse?|sinif))?"
)

# Tables.
_OF_PERSON = r"(?:(?:user|char(?:acter)?|her|his|their|person|actor|model|girl|boy|student|speaker)s?[ _\-]?)"
_HEADING = re.compile(
    rf"(?P<age>{_OF_PERSON}?(?:{_AGES})(?:[ _]?(?:\(y\w*\)|in[ _]years|group|years))?|years?[ _\-]old)"
    rf"|(?P<grade>grade|{SCHOOL_YEARS})|(?P<adult>{ADULT})"
)
_ANY_HEADING = re.compile(rf"[|\t;,\n][ \"'*`_]*(?:{_HEADING.pattern})[ \"'*`_]*(?=[|\t;,\n])")
_SEPARATORS = ("|", "\t", ";", ",")
_RULER = re.compile(r"[\s|:+\-=]+")
_CELLS = {
    "age": re.compile(r"(?:1[0-7]|0?[1-9])(?:[.,]\d)?(?:\s?y(?:rs?|ears?)?)?"),
    "grade": re.compile(_GRADE),
    "adult": re.compile(FALSE),
}
_EDGES = " \t\"'*`_"

# Fields in a text.
_Q = r"[\"'\\]*"
_ENDS = rf"(?:[\"'\\]|\s*(?:[;|}}\])\n]|\Z|,\s*{_Q}[\w \-]{{1,24}}{_Q}\s*[:=]))"
_NOT_ADULT = re.compile(
    rf"(?<![a-z0-9_\-])(?<!not )(?<!non )(?<!no )(?:(?!no[nt]?[_\-])[a-z]+[_\-]){{0,3}}"
    rf"(?:{ADULT}){_Q}\s*[:=]\s*{_Q}{FALSE}(?={_ENDS})"
)
_YOUNG_GROUP = re.compile(
    rf"(?<![a-z])age[ _\-]?(?:group|range|class|category|bracket|band)?{_Q}\s*[:=]\s*{_Q}"
    r"(?:youths?|young(?![ _\-]*adult)|juniors?|u-?1[0-8]\b|(?:under|below)[ _\-]?(?:1[0-8]|age)|<\s?1[0-8]|school)"
)
_IN_SCHOOL = re.compile(
    rf"(?<![a-z])(?:{SCHOOL_YEARS}){_Q}\s*[:=]\s*{_Q}{_GRADE}(?={_ENDS}|\s*,)"
    r"|(?<![a-z])grade\s*[:=]\s*(?:1[0-2]|[1-9])(?:st|nd|rd|th)\b"
)
_IN_GRADE = re.compile(rf"(?:[\"']grade[\"'\\]+\s*|[{{,]\s+grade\s+)[:=]\s*{_Q}{_GRADE}(?={_ENDS}|\s*,)")
"""In quotation marks; JSON within text has spaces for them (`engine.privacy.plainwords.unescaped`)."""
_SOME_FIELD = re.compile(rf"[:=]\s*{_Q}(?:{FALSE}(?={_ENDS})|{_GRADE}|youth|young|junior|u-?1|under|below|<|school)")
_ASKED = re.compile(
    r"\b(?:over|above|at\s+least|already|turned)\s+(?:18|eighteen)\b[^.!?\n]{0,20}\?\W*(?:[a-z_]{1,16}\s*\n\W*)?"
    r"(?:no|nope|nah|not\s+yet|nein|nee)(?=\s*(?:[.,!;)\n]|\Z))"
)

# What stands beside a field that says nothing of a person.
_OF_WORKS = frozenset(
    """subreddit permalink selftext ups upvotes upvote_ratio num_comments created_utc tconst titletype primarytitle
    genres original_title overview tagline vote_average vote_count release_date runtime runtimeminutes imdb_id
    media_type poster_path isbn""".split()  # noqa: SIM905
)
_OF_RATINGS = frozenset(
    """score scores rating ratings rubric rank critique feedback judge judgement quality marks max_grade points
    stars""".split()  # noqa: SIM905
)
NO_SIGN = {"adult": _OF_WORKS, "grade": _OF_RATINGS}
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


def _telling(cells: list[str]) -> dict[int, re.Pattern[str]]:
    """The columns that tell something of an age, each with the values that say that somebody is under 18."""
    kinds = [(at, found.lastgroup) for at, cell in enumerate(cells) if (found := _HEADING.fullmatch(cell))]
    return {at: _CELLS[kind] for at, kind in kinds if kind and NO_SIGN.get(kind, frozenset()).isdisjoint(cells)}


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip(_EDGES) for cell in line.strip().strip("|").split(separator)]
