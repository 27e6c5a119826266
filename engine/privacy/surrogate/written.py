"""Made-up numbers and dates for values that are no text: as many digits, no leading zero, so that JSON takes them.

The same number gets the same surrogate whether it stands in a text or as a number, where its form allows that: the
makers of `numbers` are asked first. Where they begin with a zero or say nothing, digits are drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from engine.privacy.surrogate import dates, numbers
from engine.privacy.surrogate.keyed import Keyed

_PARTS = re.compile(r"(-?)(\d+)(\.\d+)?([eE][+-]?\d+)?")
_TRIES = 24


def candidates(kind: str, text: str, keyed: Keyed, *, not_above: bool = False) -> Iterator[str]:
    """What may stand for a value that is no text, the best first; the caller takes the first one that it accepts.

    Args:
        kind: Its type.
        text: A number or a date as it is written.
        keyed: Draws under the project's key.
        not_above: No number above the one that stood there, so that it fits a narrow column of a Parquet file.
    """
    parts = _PARTS.fullmatch(text)
    if parts is None:
        yield from (made for at in range(_TRIES) if (made := dates.moved(text, keyed, at)) and made != text)
        return
    sign, whole, fraction, power = (part or "" for part in parts.groups())
    for attempt in range(_TRIES):
        made = _known_form(kind, whole, keyed, attempt)
        if made is None or len(made) != len(whole) or made[0] == "0" or (not_above and made > whole):
            made = _drawn(kind, whole, keyed, attempt, not_above)
        yield sign + made + _fraction(fraction, keyed, attempt) + power


def _known_form(kind: str, digits: str, keyed: Keyed, attempt: int) -> str | None:
    if kind == "PHONE_NUMBER":
        # Without its plus a number cannot say that it has a country code; eleven digits have one.
        made = numbers.phone("+" + digits if len(digits) > 10 else digits, keyed, attempt)
        return made.lstrip("+") if made else None
    if kind == "CREDIT_CARD":
        return numbers.card(digits, keyed, attempt)
    if kind in ("US_SSN", "US_ITIN") and len(digits) == 9:
        return numbers.social_security(digits, keyed, attempt)
    if kind == "DATE_OF_BIRTH":
        return _birth(digits, keyed, attempt)
    return None


def _birth(digits: str, keyed: Keyed, attempt: int) -> str | None:
    """A year, or a date as YYYYMMDD or DDMMYYYY."""
    if len(digits) == 4:
        return dates.moved(digits, keyed, attempt)
    if len(digits) != 8:
        return None
    for year, month, day in ((slice(0, 4), slice(4, 6), slice(6, 8)), (slice(4, 8), slice(2, 4), slice(0, 2))):
        try:
            old = date(int(digits[year]), int(digits[month]), int(digits[day]))
        except ValueError:
            continue
        if 1900 <= old.year <= 2100 and (made := dates.moved(old.isoformat(), keyed, attempt)):
            new = made.replace("-", "")
            return new if year.start == 0 else new[6:] + new[4:6] + new[:4]
    return None


def _drawn(kind: str, digits: str, keyed: Keyed, attempt: int, not_above: bool) -> str:
    """As many digits, the first of them no zero; a coordinate stays within the degrees there are."""
    draw = keyed.draw("written", kind, digits, attempt)
    size = len(digits)
    if size == 1:
        return str(1 + draw.below(int(digits) if (not_above or kind == "LOCATION") and digits > "1" else 9))
    low, high = 10 ** (size - 1), 10**size - 1
    if kind == "LOCATION" or not_above:
        top = int(digits)
        high = top if top - low > 20 else high
    return str(low + draw.below(high - low + 1))


def _fraction(fraction: str, keyed: Keyed, attempt: int) -> str:
    if not fraction.strip(".0"):
        return fraction
    made = keyed.draw("fraction", fraction, attempt).digits(len(fraction) - 1)
    return "." + (made if made[-1] != "0" else made[:-1] + "7")
