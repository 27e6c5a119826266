"""Made-up addresses and places: the kind of street, the language and the shape of the numbers stay."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.privacy.surrogate.keyed import Keyed, like_case
from engine.privacy.surrogate.words import listed, parts, script_of

_STREETS = {
    "german": "str straße strasse weg gasse platz allee ring ufer damm chaussee steig markt hof",
    "french": "rue avenue boulevard bd place chemin allée impasse quai cours route passage square",
    "spanish": "calle avenida avda paseo plaza camino carrera calz ronda travesía",
    "italian": "via viale piazza corso largo vicolo strada",
    "portuguese": "rua avenida travessa praça estrada rodovia alameda",
    "dutch": "straat laan weg plein kade gracht singel dijk steeg",
    "nordic": "gata gatan vägen vej vei gade allé torg plass katu tie",
    "polish": "ul ulica aleja al plac os osiedle náměstí ulice",
    "english": "street st road rd avenue ave lane ln drive dr court ct way close place pl boulevard blvd terrace"
    " crescent circle cir square sq parkway pkwy highway hwy alley row mews trail loop grove gardens hill park walk"
    " quay wharf",
}
_STREETS["cyrillic"] = "ул улица пр проспект пер переулок бульвар шоссе площадь наб дом д кв вул вулиця"
_STREETS["greek"] = "οδός λεωφόρος πλατεία"
_BY_WORD = {word: language for language in reversed(list(_STREETS)) for word in _STREETS[language].split()}
_KEPT = listed(
    "bis ter quater st ste saint "
    "p o po box apt apartment suite ste unit flat floor fl room rm no nr n s e w ne nw se sw north south east "
    "west of the and de la le les du des d l da do dos das di del della dei degli am an der den dem zum zur im "
    "bei van het op 't of c o c/o cp bp code zip postcode usa uk us "
    "al ak az ar ca co ct dc de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh "
    "ok or pa ri sc sd tn tx ut vt va wa wv wi wy "
)
_ENDINGS = re.compile(
    r"(?<=\w\w)(straße|strasse|str|weg|gasse|platz|allee|ufer|straat|laan|plein|kade"
    r"|gracht|gatan|gata|vägen|vej|veien|gade|katu|tie)$",
    re.I,
)
_UK_CODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b", re.I)
_ORDINALS = frozenset({"st", "nd", "rd", "th"})
_WITH_DIGITS = re.compile(r"[^\s,;()]*\d[^\s,;()]*")
_PIECE = re.compile(r"\d+|[^\W\d_]+(?:['’][^\W\d_]+)*")  # noqa: RUF001


def address(value: str, keyed: Keyed, free: Callable[[str], bool], attempt: int) -> str | None:
    """An address that does not exist: other numbers, invented names of street and town, the same kind of street.

    States, countries and words such as "Suite" stay. UK postcodes get a first letter that is never used (Q, V, X).
    None for scripts without spaces.
    """
    if script_of(value) in ("han", "hangul", "kana", "other") and not any(letter.isdecimal() for letter in value):
        return None
    codes = {found.span() for found in _UK_CODE.finditer(value)}
    words = [found.group().casefold() for found in _PIECE.finditer(value)]
    language = next((_BY_WORD[word] for word in words if word in _BY_WORD), "") or _by_ending(words)
    anchor = next((word for word in words if not word.isdecimal() and word not in _KEPT | set(_BY_WORD)), "")
    text, at = "", 0
    for found in _PIECE.finditer(value):
        text += value[at : found.start()]
        piece = found.group()
        code = next((span for span in codes if span[0] <= found.start() < span[1]), None)
        if code:
            drawn = keyed.draw("postcode", value[code[0] : code[1]].casefold(), attempt).shape(piece)
            text += (
                like_case(keyed.draw("area", piece).pick("QVX"), piece[:1] * 2) + drawn[1:]
                if found.start() == code[0]
                else drawn
            )
        elif piece.isdecimal():
            text += _number(piece, keyed, anchor, attempt)
        elif piece.casefold() in _ORDINALS and value[found.start() - 1 : found.start()].isdecimal():
            text += like_case(ordinal(text), piece)
        else:
            text += _word(piece, language, keyed, free, attempt)
        at = found.end()
    return text + value[at:]


def ordinal(number: str) -> str:
    """What stands behind the figures at the end of a text in English: "th" of "15", "st" of "21"."""
    return "th" if number[-2:-1] == "1" else {"1": "st", "2": "nd", "3": "rd"}.get(number[-1:], "th")


def _by_ending(words: list[str]) -> str:
    for word in words:
        if found := _ENDINGS.search(word):
            return _BY_WORD.get(found[1].casefold(), "german")
    return "english"


def _number(piece: str, keyed: Keyed, anchor: str, attempt: int) -> str:
    draw = keyed.draw("address number", piece, anchor, attempt)
    made = draw.digits(len(piece))
    if piece[0] != "0" and made[0] == "0":
        made = str(1 + draw.below(9)) + made[1:]
    return made if made != piece else made[:-1] + str((int(made[-1]) + 1) % 10 or 1)


def _word(piece: str, language: str, keyed: Keyed, free: Callable[[str], bool], attempt: int) -> str:
    low = piece.casefold()
    if low in _BY_WORD or low in _KEPT or len(piece) == 1 or piece[0] in "ºª":
        return piece
    if len(piece) <= 3 and piece.isupper():  # A region, or letters of a postal code.
        return keyed.draw("region", low, attempt).shape(piece)
    ending = _ENDINGS.search(piece)
    stem = piece[: ending.start()] if ending else piece
    made = place_name(stem, language, keyed, free, attempt, whole=not ending)
    return (like_case(made, stem) + ending[1]) if ending else like_case(made, piece)


def place_name(
    value: str, language: str, keyed: Keyed, free: Callable[[str], bool], attempt: int, *, whole: bool = True
) -> str:
    """An invented name of a town or street in the manner of a language, in the script of `value`."""
    draw = keyed.draw("place", value.casefold(), attempt)
    script = script_of(value)
    for _ in range(60):
        if script == "latin":
            made = draw.pick(parts("places", "starts"))
            made += draw.pick(parts("places", language) or parts("places", "english")) if whole else ""
        elif starts := parts("syllables", script, "starts"):
            made = draw.pick(starts) + "".join(draw.pick(parts("syllables", script, "middles")) for _ in range(2))
            made += draw.pick(parts("syllables", script, "surnames"))
        else:
            return draw.shape(value)
        if made.casefold() != value.casefold() and free(made):
            return made
    return draw.shape(value)


def _beside_digit(value: str, start: int, end: int) -> bool:
    """Whether letters are part of a code, as in "12345678Z": drawn anew already."""
    return value[start - 1 : start].isdecimal() or value[end : end + 1].isdecimal()


def place(value: str, keyed: Keyed, free: Callable[[str], bool], attempt: int) -> str | None:
    """A town, region or anything else with a name of its own: word for word, or sign for sign."""
    if script_of(value) in ("han", "hangul", "kana", "other"):
        return keyed.draw("place", value, attempt).shape(value) if any(map(str.isalnum, value)) else None
    if _UK_CODE.search(value):
        return address(value, keyed, free, attempt)
    value = _WITH_DIGITS.sub(lambda found: keyed.draw("figures", found.group(), attempt).shape(found.group()), value)
    return _PIECE.sub(
        lambda found: (
            found.group()
            if found.group().isdecimal() or found.group().casefold() in _KEPT or _beside_digit(value, *found.span())
            else like_case(place_name(found.group(), "english", keyed, free, attempt), found.group())
        ),
        value,
    )
