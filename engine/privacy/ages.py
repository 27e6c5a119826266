"""Signs in a text that somebody is under 18, by patterns: ages, birthdays, school years. Too many rather than too few.

Only asked about rows that hold sexual content, so that an age alone never matters.
"""

from __future__ import annotations

import re

_UNITS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
    " sixteenth seventeenth"
)
_WORD_AGE = "|".join(sorted(_UNITS.split(), key=len, reverse=True))
_DIGITS = r"(?<![\d.,:$\u20ac\u00a3#])(?:1\s?[0-7]|0?[1-9])(?![\d%]|[.,:]\d)"
_AGE = rf"(?:{_DIGITS}|\b(?:{_WORD_AGE})\b)"
_GAP = r"[\s\-_.]*"
_YEARS = rf"y{_GAP}(?:ea)?{_GAP}rs?"

PATTERNS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        # 15yo, 15 y/o, 15 y.o., 15 yrs old, fifteen-year-old, 15 years of age
        rf"{_AGE}{_GAP}(?:y{_GAP}[/\\]?{_GAP}o(?![a-z])|(?:yrs?|years?|yeer|yr){_GAP}(?:olds?|of{_GAP}age|young))",
        rf"{_AGE}{_GAP}{_YEARS}{_GAP}o{_GAP}l{_GAP}d",
        # aged 15, age: fifteen, age of 12, at the age of 15
        rf"\bage[ds]?(?:\s+(?:is|was|of|about|around|only|just))*{_GAP}:?=?{_GAP}{_AGE}",
        # i'm 16, she is only 15, turned 14, turning fifteen, he was like 12
        rf"\b(?:i|she|he|they|you|u|who|that|ur)?\s?['\u2019]?(?:m|am|s|is|are|re|was|were|being|turned|turns|turning|just"
        rf"|only|barely|almost|nearly|be)\s+(?:(?:only|just|like|about|around|still|barely|almost|nearly|now|actually|really"
        rf"|turning)\s+)*{_AGE}(?!\s*(?:(?:minutes?|mins?|hours?|hrs?|seconds?|secs?|days?|weeks?|months?|times?|dollars?"
        rf"|euros?|bucks?|percent|miles?|km|cm|inch(?:es)?|feet|foot|people|of\s+(?:us|them|you|my|the)|am|pm|more|or|in"
        rf"|o['\u2019]?clock|videos?|pics?|photos?|items?|steps?|k)\b|['\u2019\"/]))",
        # when i was 15, at 16 he
        rf"\b(?:when|since|at|til+|until|before|after)\s+(?:(?:i|she|he|we|they)\s+)?(?:was|were|turned)?\s*{_DIGITS}"
        r"(?=\s*(?:[,.;!?]|$|\b(?:i|she|he|we|they|my|her|his)\b))",
        # 15/f, f/15, 15f, f15, m 16
        rf"{_DIGITS}\s?/?\s?[fm](?![a-z0-9'\u2019])",
        rf"(?<![a-z0-9'\u2019])[fm]\s?/?\s?{_DIGITS}(?![a-z])",
        # my 16th birthday, her fifteenth birthday
        rf"(?<!\d)(?:1?\s?[0-7](?:st|nd|rd|th)|[89]th|\b(?:{'|'.join(_ORDINALS.split())}))\s+b(?:irth)?{_GAP}day",
        # under 18, below eighteen, not 18 yet, not yet 18, isn't 18, younger than 18, less than 18, almost 18
        r"\b(?:under|below|not|isn['\u2019]?t|aint|ain['\u2019]t|wasn['\u2019]?t|younger\s+than|less\s+than|almost|nearly|before|u|<)"
        r"\s*(?:yet\s+|quite\s+|even\s+|the\s+age\s+of\s+)*(?:18|17|16|15|14|13|eighteen|seventeen|sixteen)\b",
        r"\b(?:soon|until|till)\s+(?:to\s+be\s+|i\s+turn\s+|she\s+turns\s+|he\s+turns\s+|i['\u2019]?m\s+)?(?:18|eighteen)\b",
        # 9th grade, ninth grader, grade 7, year 10 student, 8th-grade
        rf"(?<!\d)(?:1[0-2]|[1-9])\s?(?:st|nd|rd|th){_GAP}grade",
        rf"\b(?:{'|'.join(_ORDINALS.split()[:12])}){_GAP}grade",
        r"\bgrade\s?(?:1[0-2]|[1-9])(?!\d)",
        r"\byear\s?(?:1[0-3]|[7-9])\s+(?:student|pupil|girl|boy|class|at\s+school)",
        # born in a year is not judged; German, French, Spanish, Italian, Portuguese and Dutch ages
        rf"{_DIGITS}\s?(?:jahre?\s+alt|j[a\u00e4]hrig|ans?\b|anos?\b|anni\b|jaar\b)",
    )
)


def sign_of_minor(plain: str) -> bool:
    """Whether a text says that somebody is under 18.

    Args:
        plain: From `engine.privacy.plainwords.plain_letters`.
    """
    return any(pattern.search(plain) for pattern in PATTERNS)
