"""Number words as figures: what is asked about ages needs to know figures only.

Whole numbers up to 19 in English, and from 8 to 18 in German, French, Spanish, Italian, Portuguese and Dutch, but for
words that mean something else in English (`once`, `elf` only with a word for years). `twenty-five` and its like become
`99`: too old to matter.
"""

from __future__ import annotations

import re
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


def in_figures(plain: str) -> str:
    """A text from `plain_letters` with its number words as figures; ordinals of birthdays and classes as `16th`."""
    text = _HIDDEN.sub(_read, plain)
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
