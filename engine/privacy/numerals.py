"""Number words as figures: what is asked about ages needs to know figures only.

Whole numbers up to 19 in English, and from 8 to 18 in German, French, Spanish, Italian, Portuguese and Dutch, but for
words that mean something else in English (`once`, `elf` only with a word for years). `twenty-five` and its like become
`99`: too old to matter. Turkish ones, where the text has its word for years of age. Roman ones (`XV`) where the words
around them speak of an age or a school year: kings, chapters and games have such numbers too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_LISTS = (
    (1, "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
        " eighteen nineteen"),
    (8, "acht neun zehn - zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn"),
    (8, "huit neuf dix onze douze treize quatorze quinze seize dixsept dixhuit"),
    (8, "ocho nueve diez - doce trece catorce quince dieciseis diecisiete dieciocho"),
    (8, "otto nove dieci undici dodici tredici quattordici quindici sedici diciassette diciotto"),
    (8, "oito nove dez onze doze treze quatorze quinze dezesseis dezessete dezoito"),
    (8, "acht negen tien - twaalf dertien veertien vijftien zestien zeventien achttien"),
    (12, "zwoelf"),
    (15, "fuenfzehn dezasseis dezassete"),
)  # fmt: skip
_NUMBERS = {word: number for start, words in _LISTS for number, word in enumerate(words.split(), start) if word != "-"}
_ORDINAL_WORDS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
    " sixteenth seventeenth eighteenth"
)
_ORDINALS = {word: number for number, word in enumerate(_ORDINAL_WORDS.split(), 1)}
_TENS_WORDS = (
    "twenty thirty forty fourty fifty sixty seventy eighty ninety hundred vingt vingts trente quarante cinquante"
    " soixante veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa vinte trinta quarenta cinquenta"
    " sessenta oitenta"
)
_TENS = frozenset(_TENS_WORDS.split())
_TEN = rf"(?:(?P<tens>(?:{'|'.join(_TENS)})(?:[\s\-]+(?:y|e|et|and))?)[\s\-]+)?"
_YEARS_AFTER = r"(?:(?![a-z])|(?=jahrig|jarig|yo\b|yrs?\b|years?\b))"
_WORD = re.compile(r"[a-z]+")
_WITHIN = re.compile(
    r"[a-z]teen|teen[a-z]|zehn[a-z]|tien[a-z]|jahrig|jarig|(?:eleven|twelve|ten|nine|eight)(?:yo|yr|year)"
)
_WITH_ORDINAL = re.compile(r"\bb[a-z]{0,4}[\s\-_.]{0,3}day\b|grade|class\b|standard\b|std\b")
_ORDINAL = re.compile(rf"(?<![a-z]){_TEN}(?P<word>{'|'.join(sorted(_ORDINALS, key=len, reverse=True))})(?![a-z])")
_ALONE = re.compile(r"\b(?:once(?=\s+anos\b)|elf(?=\s+(?:jahre?|jaar)\b|jahrig|jarig))")
_HIDDEN = re.compile(r"(?<![a-z0-9])[0-9$!|@][a-z]{3,}(?![a-z0-9])")
_LEET = str.maketrans("0134578@$!|+9", "oieastbasiitg")
# In letters that were put together, words stand within others: `asixteenyo`.
_GLUED = re.compile(
    r"(?<=[a-z])(?:thirteen|fourteen|fifteen|sixteen|seventeen)(?!th)|(?:thirteen|fourteen|fifteen|sixteen|seventeen)(?!th)(?=[a-z])"
)


# Turkish: `on bes` is 15; without a word for years of age (`yas`) it means nothing.
_TURKISH_WORDS = "on onbir oniki onuc ondort onbes onalti onyedi onsekiz"
_TURKISH = {"yedi": 7, "sekiz": 8, "dokuz": 9} | {
    word: number for number, word in enumerate(_TURKISH_WORDS.split(), 10)
}
_TURKISH_YEARS = re.compile(r"(?<![a-z])yas(?:i|in|l|t|\b)")
_TURKISH_NUMBER = re.compile(
    r"(?<![a-z])(?:on\s?(?:bir|iki|uc|dort|bes|alti|yedi|sekiz)|(?:on|yedi|sekiz|dokuz)(?=\s*yas))"
    r"(?=(?:i?n[dc][ea]\w*)?(?![a-z]))"
)

# Roman numerals. `x years` is what stands in a form, and `vi` and `xi` are names.
_ROMANS = "iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii"
_ROMAN_NUMBERS = {word: number for number, word in enumerate(_ROMANS.split(), 4)}
_SOME_ROMAN = re.compile(r"[ivx](?<![a-z0-9].)[ivx]{1,4}(?![a-hj-xz])")
_SMALL_ROMAN = r"x(?:viii|vii|vi|v|iv|iii|ii|i)|viii|vii|vi|ix|iv"
_ROMAN = r"(?:x(?:viii|vii|vi|v|iv|iii|ii)|viii|ix)"
_ROMAN_ENDS = (
    r"(?![a-z0-9])(?=\s*(?:[.,;:!?)\]/\"\n]|\Z|['\u2019](?!s)|(?:and|but|now|when|lol|so|too|yet|then|soon|next|going|years?|i|she|he"
    r"|female|male|girl|boy)\b))"
)
_NO_ROMAN_WHO = (
    r"(?!(?:it|this|that|there|mine|favou?rite|best|ones?|games?|latest|last|first|next|newest|sequel|part|title|number|numeral|chapter"
    r"|version|volume|act|scene|episode|king|pope|louis|century|page|section|article|table|figure|appendix)\b)"
)
_ROMAN_FILL = (
    r"(?:(?:only|just|like|about|around|still|barely|almost|nearly|now|really|already|maybe|not|yet|under)\s+){0,3}"
)
_ROMAN_AGES = tuple(
    re.compile(pattern)
    for pattern in (
        # XV years old, XVyo, XV ans, her XVI birthday
        rf"(?<![a-z0-9])(?P<roman>{_SMALL_ROMAN})(?:(?=[\s\-]{{0,2}}(?:years?|yrs?|y\.?\s?[/\\|]?\s?o\b|jahrig|jarig))"
        r"|(?=[\s\-]{1,2}(?:ans|anos|anni|jahre|jaar|lat|yas[a-z]*)\b)"
        r"|(?=(?:st|nd|rd|th|e|\.)?\s(?:b(?:irth)?[\s\-]?day|geburtstag|anniversaire|cumpleanos|compleanno|aniversario)))",
        # age: XV, the age of XV, XV/f, f/XV
        r"(?<![a-z])(?:age[ds]?|alter|edad|idade|eta|leeftijd|wiek|yasi?)(?:[^a-z0-9\n]{1,4}|\s(?:is|was|of|only|just)\s){1,2}"
        rf"(?P<roman>{_ROMAN}|xi)(?![a-z0-9])",
        rf"(?<![a-z0-9])(?P<roman>{_ROMAN}|xi)(?=\s?/\s?[fmw]\b)|(?<![a-z0-9])[fmw]\s?/\s?(?P<other>{_ROMAN}|xi)(?![a-z0-9])",
        # she is XV, turned XVI, under XVIII, a girl of XV
        rf"(?<![a-z]){_NO_ROMAN_WHO}(?:[a-z]+\s*['\u2019]\s?(?:m|s|re)|[a-z]+\s+(?:am|is|was|are|were)|im|shes|hes|youre|theyre)\s+"
        rf"{_ROMAN_FILL}(?P<roman>{_ROMAN}){_ROMAN_ENDS}",
        r"\b(?:turn(?:s|ed|ing)?|under|below|not\s+(?:yet|even|quite)|almost|nearly|barely|until|girls?|boys?|kid|child|daughter|son"
        rf"|sister|brother|niece|nephew|student|pupil)\s*[,(\[\-]?\s*(?:of\s+|aged\s+|only\s+|just\s+)?(?P<roman>{_ROMAN}){_ROMAN_ENDS}",
        # grade IX, in class XI, XI klasse
        r"\b(?:grade|(?:in|of)\s+class|klasse|klas[ay]|sinif)\s(?P<roman>viii|vii|ix|xii|xi)(?![a-z0-9])",
        r"(?<![a-z0-9])(?P<roman>viii|vii|ix|xii|xi)(?=\.?\s?(?:klasse?|klas[ay]|sinif|grade\b|graders?\b))",
    )
)
_ROMAN_LINE = re.compile(rf"^[^\w\n]*(?P<roman>{_ROMAN}|xi)[^\w\n]*$", re.MULTILINE)
_ASKS_AGE = re.compile(r"\b(?:old|age|asl|alt|anos|anni)\b|\byas")

# What stands at the end of one turn and at the begin of the next.
_BEGINS = frozenset({word[:end] for word in _NUMBERS if len(word) >= 4 for end in range(1, len(word))} | {"1"})
_CUT_WORD, _CUT_SURE = 4, 6
"""Letters of a number that is cut in two, and of one that nobody cuts by chance."""
_PUNCTUATION = " .,;:!?\"'*~_()[]{}<>\u2026\u2019\u201d"
_FIRST_WORD = re.compile(r"(?:[a-z_]{1,16}\s*:)?[^a-z0-9]*([a-z]{1,8})(?![a-z0-9])")
_FIRST_FIGURE = re.compile(r"(?:[a-z_]{1,16}\s*:)?\W*(?:and\s+)?([0-8])(?![\d%]|[.,:]\d)")
_BETWEEN_TURNS, _LONGEST_SPEAKER = 2, 16
"""Lines of one word between two turns, which say who speaks."""
_CONTEXT = 120
_MOST_CUTS = 1_000
"""Of one row; who hides an age needs one."""


def in_figures(plain: str) -> str:
    """A text from `plain_letters` with its number words as figures; ordinals of birthdays and classes as `16th`."""
    text = _HIDDEN.sub(_read, plain)
    if "yas" in text and _TURKISH_YEARS.search(text):
        text = _TURKISH_NUMBER.sub(lambda found: str(_TURKISH["".join(found[0].split())]), text)
    if _SOME_ROMAN.search(text):
        text = _romans_in_figures(text)
    within = _WITHIN.search(text) is not None
    if within:
        text = _GLUED.sub(lambda found: f" {found[0]} ", text)
    words = set(_WORD.findall(text))
    if not words.isdisjoint(_ORDINALS) and _WITH_ORDINAL.search(text):
        text = _ORDINAL.sub(lambda found: "99th" if found["tens"] else f"{_ORDINALS[found['word']]}th", text)
    known = frozenset(_NUMBERS) if within or "dix" in words else words & _NUMBERS.keys()
    if known:
        text = _numeral(frozenset(known), bool(words & _TENS)).sub(_figure, text)
    return text if words.isdisjoint(("once", "elf")) and not within else _ALONE.sub("11", text)


def _romans_in_figures(text: str) -> str:
    for pattern in (*_ROMAN_AGES, *((_ROMAN_LINE,) if _ASKS_AGE.search(text) else ())):
        text = pattern.sub(_roman, text)
    return text


def _roman(found: re.Match[str]) -> str:
    which = "roman" if found["roman"] else "other"
    start, end = found.start(which) - found.start(), found.end(which) - found.start()
    return f"{found[0][:start]}{_ROMAN_NUMBERS[found[which]]}{found[0][end:]}"


def across_turns(text: str) -> list[str]:
    """What is said around a number whose begin ends one turn and whose end begins the next, with the number whole.

    Nobody but who hides it writes `elev` and `en` so: of such a word it is said that somebody is of that age.

    Args:
        text: Of `in_figures`.
    """
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    found: list[str] = []
    for place, line in enumerate(lines):
        last = line.rstrip(_PUNCTUATION)
        begin = last[last.rfind(" ") + 1 :].lstrip(_PUNCTUATION)
        if len(found) >= _MOST_CUTS or (begin == line and place and lines[place - 1].isdecimal()):
            continue
        for after in _next_turns(lines, place) if begin in _BEGINS else ():
            end = (_FIRST_FIGURE if begin == "1" else _FIRST_WORD).match(lines[after])
            whole = begin + end[1] if end else ""
            if not end or not (begin == "1" or (whole in _NUMBERS and len(whole) >= _CUT_WORD)):
                continue
            before = "\n".join([*lines[max(0, place - _BETWEEN_TURNS - 1) : place], last.removesuffix(begin)])
            found.append(in_figures(f"{before[-_CONTEXT:]}{whole}{lines[after][end.end() :][:_CONTEXT]}"))
            if len(whole) >= _CUT_SURE and 11 <= _NUMBERS.get(whole, 0) <= 17:
                found.append(f"aged {_NUMBERS[whole]}")
    return found


def _next_turns(lines: list[str], place: int) -> Iterator[int]:
    """The lines that may go on with what another says: the next, and those behind lines of one word (who speaks)."""
    for after in range(place + 1, min(place + 2 + _BETWEEN_TURNS, len(lines))):
        yield after
        if len(lines[after]) > _LONGEST_SPEAKER or " " in lines[after]:
            return


@lru_cache(maxsize=512)
def _numeral(words: frozenset[str], tens: bool) -> re.Pattern[str]:
    """What finds these words; few are in a text, and to look for few is quick."""
    ordered = sorted(
        (word.replace("dixsept", "dix[ -]?sept").replace("dixhuit", "dix[ -]?huit") for word in words), key=len
    )
    return re.compile(rf"(?<![a-z]){_TEN if tens else '(?P<tens>)?'}(?P<word>{'|'.join(ordered[::-1])}){_YEARS_AFTER}")


def _figure(found: re.Match[str]) -> str:
    return "99" if found["tens"] else str(_NUMBERS[found["word"].replace(" ", "").replace("-", "")])


def _read(found: re.Match[str]) -> str:
    word = found[0].translate(_LEET)
    return str(_NUMBERS.get(word, found[0]))
