# ruff: noqa: E501, SIM905, RUF001 (patterns are broken at their parts, and hold the marks that people type)
"""Addresses by their postal code: lines that end in a code and a town, in the forms of many countries.

Street names are without number, and no list holds them. A house number beside words with a capital, and after them a
postal code with a town, is an address in any language.
"""

from __future__ import annotations

import re

from engine.privacy.recognisers.foreign import is_everyday
from engine.privacy.recognisers.patterns import Rule, contains, has_digits
from engine.privacy.recognisers.words import is_common

_UPPER = "A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩΆ-ΏЀ-Я"
_WORD = rf"[{_UPPER}][\w'’.\-]{{0,30}}"
SMALL = r"(?:de|du|des|la|le|les|del|della|delle|di|da|do|dos|das|van|von|der|den|dem|het|ten|of|the|and|y|e|i|na|nad|à|au|aux|en|sur)"
KINDS_BEFORE = r"(?i:rue|avenue|mont[ée]e|rang|chemin|boulevard|impasse|quai|all[ée]e|place|calle|avenida|plaza|paseo|via|viale|piazza|corso|rua|travessa|ul\.|ulica|al\.|strada|c[ôo]te|route|carrer|jalan|jl\.?)"
_WORDS = rf"{_WORD}(?:[ ](?:{SMALL}[ ]){{0,2}}{_WORD}){{0,4}}"
_NUMBER = r"\d{1,5}(?:[ ]?[A-Za-z](?!\w))?(?:[/\-][\dA-Za-z]{1,5}){0,3}"
_EIRCODE = r"(?:[AC-FHKNPRTV-Y]\d{2}|D6W)[ ]?(?=[A-Z]{0,3}\d)(?=\d{0,3}[A-Z])[0-9AC-FHKNPRTV-Y]{4}"
_UK = r"[A-PR-UWYZ][A-HK-Y]?\d[\dA-HJKPSTUW]?[ ]?\d[ABD-HJLNP-UW-Z]{2}"
_CANADA = r"[ABCEGHJ-NPRSTVXY]\d[A-Z][ ]?\d[A-Z]\d"
_AUSTRALIA = (
    r"(?:NSW,?[ ]2\d|VIC,?[ ][38]\d|QLD,?[ ]4\d|SA,?[ ]5\d|WA,?[ ]6\d|TAS,?[ ]7\d|NT,?[ ]0[89]|ACT,?[ ]2[69])\d{2}"
)
_CODE = r"(?:(?:[A-Z]{1,2}-)?(?:\d{5,8}|(?!19\d\d|20[0-3]\d)\d{4})|\d{2}-\d{3}|\d{3}[ ]\d{2}|\d{4}-\d{3}|\d{5}-\d{3}|\d{4}[ ]?[A-Z]{2}|\d{3}-\d{4})"
_TOWN = rf"(?P<town>{_WORD})(?:[ ](?:{SMALL}[ ]){{0,2}}{_WORD}){{0,4}}(?:[ ]\d{{1,2}}(?!\d))?"
_JOINT = r"(?:,{1,2}[ ]?\n?|[ ]?[;|][ ]?|[ ]?\n[ ]?|[ ]-[ ])"
_PART = rf"(?:{_WORDS}(?:[ ]{_NUMBER})?|{_NUMBER}(?:[ ]{_WORDS})?|\d{{1,2}}(?:st|nd|rd|th|\.|º|ª|°)[ ]?\w{{1,8}})"
_GROUND = (
    r"bach|berg|feld|hof|wald|see|tor|brunnen|garten|gärten|graben|hang|park|mühle|kirche|markt|platz|ring|weg|höhe|wiese|wiesen|ufer|teich|rain|acker|bühl"
    r"|holz|mauer|brücke|schloss|burg|stein|tal|grund|busch|anger|kamp|linde|linden|eiche|eichen|buche|buchen|höfen|wall|damm|deich|sand|moor|bruch|post|bahn|hafen"
)


_COUNTED = frozenset(
    """euro euros eur usd gbp dollar dollars pounds grad watt volt meter metres mal people personen seiten pages budget report words points punkte
    edition release version update calendar season world cup olympics census election conference summit survey model models range""".split()
)


def _a_town(match: re.Match[str]) -> bool:
    """Refuse "20-150 Euro": what is counted is no town."""
    town: str = match.group("town")
    return not (is_common(town) or is_everyday(town) or town.casefold() in _COUNTED)


def place_rules() -> list[Rule]:
    """The rules, for the recogniser of addresses."""
    any_case = re.IGNORECASE
    return [
        Rule("street, number, code and town", re.compile(
            rf"(?<![\w'’])(?:{_WORDS}(?:[ ][^\W\d_]{{2,20}}){{0,2}},?[ ](?:[nN][.º°]?[ ]?)?{_NUMBER}|{_NUMBER},?[ ]{_WORDS})(?:{_JOINT}{_PART}){{0,3}}?{_JOINT}(?:CEP[ ]|ΤΚ[ ])?{_CODE}[ ]{_TOWN}"),
            0.7, check=_a_town, needs=has_digits(5)),
        Rule("lines before a postcode", re.compile(
            rf"(?<![\w'’])(?:{_PART}{_JOINT}){{1,5}}?(?:{_WORDS},?[ ])?(?:{_EIRCODE}|{_UK}|{_CANADA}|{_AUSTRALIA})(?!\w)"), 0.7, needs=has_digits(2)),
        Rule("Irish postcode", re.compile(rf"(?<![\w\-]){_EIRCODE}(?![\w\-])"), 0.5, needs=has_digits(3)),
        Rule("Australian state and code", re.compile(rf"(?<!\w)(?:{_WORDS},?[ ])?{_AUSTRALIA}(?!\w)"), 0.6, needs=has_digits(4)),
        Rule("code and town", re.compile(
            rf"(?<![\w\-.,/$€£])(?:\d{{2}}-\d{{3}}|\d{{4}}-\d{{3}}|\d{{5}}-\d{{3}}|(?:D|A|CH|F|B|L|I|DK|FIN|SE?)-\d{{4,5}})[ ](?P<town>[{_UPPER}][^\W\d_]{{2,20}})(?![\w@])"), 0.5,
             check=_a_town, needs=has_digits(5)),
        Rule("German street by its ground", re.compile(
            rf"(?<![\w'’])(?:Am|Im|Zum|Zur|Beim|(?:An|Auf|Bei|Hinter|Vor|In|Unter|Zu)[ ]de[rnm])[ ](?:[A-ZÄÖÜ]\w+[ ])?(?i:\w{{0,20}}(?:{_GROUND}))[ ]\d{{1,3}}[ ]?[a-z]?(?![\w%°€:.\-])"),
             0.55, needs=has_digits(1)),
        Rule("grid of streets", re.compile(
            r"(?<!\w)(?:calle|carrera|cra|cr|kra|cl|transversal|diagonal|avenida|av|ave)\.?[ ]\d{1,3}[ ]?[A-Z]{0,2}(?:[ ](?:bis(?:[ ][A-Z])?|sur|norte|este|oeste))?[ ]{0,2}(?:#|no\.?|n[º°])[ ]?\d{1,3}[ ]?[A-Z]{0,2}[ ]?[-–][ ]?\d{1,3}(?:,[ ][A-ZÀ-Þ][\w\-]+)?", any_case), 0.75,
             needs=has_digits(3)),
        Rule("unit after a hash", re.compile(r"(?<![\w#])#[B\d]?\d{1,2}-\d{2,4}[A-Z]?(?!\w)"), 0.5, needs=contains("#")),
        Rule("hamlet", re.compile(rf"(?<!\w)(?i:lieu-?dit|hameau|weiler|townland of)[ ](?:(?i:de|du|le|la|les)[ ])?{_WORDS}"), 0.6,
             needs=contains("lieu", "hameau", "weiler", "townland")),
        Rule("box of a country", re.compile(
            r"(?<!\w)(?:p\.?\s?o\.?\s?box\s[A-Z]{1,3}[\s\-]?\d{1,6}|(?:casilla|apartado(?:\spostal)?|private\sbag|locked\sbag|postnet\ssuite|postboks|postilokero|stadtpostfach)\s(?:n[.º°o]{0,2}\s)?[A-Z]?\d{1,6})(?:-\d{3,5})?(?!\w)", any_case), 0.7,
             needs=contains("box", "casilla", "apartado", "bag", "suite", "boks", "lokero", "postfach")),
        Rule("box, code and town", re.compile(rf"(?<!\w)(?i:p\.?\s?o\.?\s?box|box|pl|boks|b\.?p\.?|c\.?p\.?)[ ]\d{{1,6}}(?:-\d{{3,5}})?{_JOINT}(?:{_PART}{_JOINT}){{0,2}}?{_CODE}[ ]{_TOWN}"), 0.6,
             check=_a_town, needs=contains("box", "pl ", "boks", "bp", "b.p", "cp", "c.p")),
    ]  # fmt: skip
