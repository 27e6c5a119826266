"""Made-up dates: moved by a number of days that the key chooses, in the same form, and always a day that exists."""

from __future__ import annotations

import re
from datetime import date, timedelta

from engine.privacy.ages import BORN_FROM
from engine.privacy.surrogate.keyed import Keyed, like_case
from engine.privacy.surrogate.places import ordinal

_MONTHS = (
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
)
_NAMES = {name: (month, table) for table in reversed(_MONTHS) for month, name in enumerate(table.split(), 1)}
_PART = re.compile(r"\d+|[^\W\d_]+")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)(?![^\W\d_])", re.IGNORECASE)
_WEEKDAYS = (
    "monday tuesday wednesday thursday friday saturday sunday",
    "mon tue wed thu fri sat sun",
    "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "lunes martes miércoles jueves viernes sábado domingo",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
)
_DAY_NAMES = {name: (at, table.split()) for table in reversed(_WEEKDAYS) for at, name in enumerate(table.split())}
_MONTH_AND_YEAR = re.compile(r"(0?[1-9]|1[0-2])(\s?[/.\-]\s?)((?:19|20)\d\d)")
_NEAREST, _FARTHEST = 20, 340
"""Days that a date moves at least and at most, back or forth: less than a year, so an age hardly changes."""


def moved(value: str, keyed: Keyed, attempt: int) -> str | None:
    """Another date in the same form; None where no date can be read in it.

    Where day and month could be meant either way, both stay below 13, so that the date exists in both readings.
    """
    if found := _MONTH_AND_YEAR.fullmatch(value.strip()):
        whole = moved(f"{found[3]}-{int(found[1]):02d}-15", keyed, attempt)
        return f"{int(whole[5:7]):0{len(found[1])}d}{found[2]}{whole[:4]}" if whole else None
    parts = list(_PART.finditer(value))
    numbers = [one for one in parts if one.group().isdecimal() and one.group().isascii()]
    named = [one for one in parts if one.group().casefold() in _NAMES]
    year = next((one for one in numbers if len(one.group()) == 4), None)
    small = [one for one in numbers if one is not year and len(one.group()) <= 2]
    draw = keyed.draw("date", value.casefold(), attempt)
    days = (_NEAREST + draw.below(_FARTHEST - _NEAREST)) * (1 if draw.below(2) else -1)
    if named:
        month, table = _NAMES[named[0].group().casefold()]
        day = small[0] if small else None
        short = small[1] if year is None and len(small) > 1 else None
        new = _shift(year or short, month, int(day.group()) if day else 15, days)
        if new is None:
            return None
        number = _as_wide(new.day, day)
        name = like_case(table.split()[new.month - 1], named[0].group())
        made = _put(value, [(day, number), (year, new.year), (short, new.year % 100)], (named[0], name))
        return _agreeing(made, new.replace(day=number) if day and (year or short) else None, number)
    if len(small) >= 2 and (year or len(small) >= 3):
        return _numeric(value, small, year, days)
    if year and len(numbers) == 1:
        old = int(year.group())
        return _put(value, [(year, old + (1 if days > 0 and old + 1 != BORN_FROM else -1))])
    return None


def _numeric(value: str, small: list[re.Match[str]], year: re.Match[str] | None, days: int) -> str | None:
    first, second = small[0], small[1]
    short = None if year else small[2]
    one, two = int(first.group()), int(second.group())
    iso = year is not None and year.start() < first.start()
    month_first = (iso or two > 12) and one <= 12
    day, month = (two, one) if month_first else (one, two)
    new = _shift(year or short, month, day, days)
    if new is None:
        return None
    number = (new.day - 1) % 12 + 1 if not iso and one <= 12 and two <= 12 else new.day
    day_at, month_at = (second, first) if month_first else (first, second)
    pair = ((day_at, number), (month_at, new.month))
    places = [(found, (part - 1) % 9 + 1 if len(found.group()) == 1 else part) for found, part in pair]
    return _put(value, [*places, (year, new.year), (short, new.year % 100)])


def _agreeing(value: str, day: date | None, number: int) -> str:
    """A made date whose ordinal and day of the week are right: "1th" becomes "1st"."""
    value = _ORDINAL.sub(lambda found: like_case(ordinal(str(number)), found.group()), value, count=1)
    if day is None:
        return value
    return _PART.sub(
        lambda found: (
            like_case(_DAY_NAMES[low][1][day.weekday()], found.group())
            if (low := found.group().casefold()) in _DAY_NAMES
            else found.group()
        ),
        value,
    )


def _as_wide(day: int, found: re.Match[str] | None) -> int:
    """A day with as many digits as the one that was there: "3" stays below 10, "23" above."""
    if found and len(found.group()) == 1:
        return (day - 1) % 9 + 1
    return day + 10 if found and day < 10 <= int(found.group()) else day


def _shift(year: re.Match[str] | None, month: int, day: int, days: int) -> date | None:
    number = int(year.group()) if year else 1990
    if number < 100:
        number += 1900 if number > 30 else 2000
    try:
        old, moves = date(number, month, day), timedelta(days)
        new = old + moves
        # Nobody becomes a minor by a made-up date: the content rules would refuse the row.
        return old - moves if new.year >= BORN_FROM > old.year else new
    except (ValueError, OverflowError):
        return None


def _put(
    value: str, numbers: list[tuple[re.Match[str] | None, int]], name: tuple[re.Match[str], str] | None = None
) -> str:
    """`value` with the found parts replaced, each in as many digits as before."""
    new = [(found, f"{number:0{len(found.group())}d}") for found, number in numbers if found]
    if name:
        new.append(name)
    for found, text in sorted(new, key=lambda one: -one[0].start()):
        value = value[: found.start()] + text + value[found.end() :]
    return value
