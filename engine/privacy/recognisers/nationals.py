# ruff: noqa: E501 (patterns are broken at their parts)
"""Numbers of persons and papers by their form alone: no word says what they are, but nothing else is written so.

The forms are those that the issuing states publish for their identity, tax, insurance and health numbers, and for car
plates. Beside them two general signs: digits in groups that make no date, version, price or range, and capitals and
digits that change places as they do in no word and in no name of a product.
"""

from __future__ import annotations

import itertools
import re

from engine.privacy.recognisers.patterns import Rule, has_digits

_LETTERED = (
    r"\d{7}[A-W][A-IW]?"  # Ireland
    r"|[STFGM]\d{7}[A-Z]"  # Singapore
    r"|[A-Z]{5}\d{4}[A-Z]"  # India, tax
    r"|\d{2}[A-Z]{5}\d{4}[A-Z]\d[A-Z]\d"  # India, trade
    r"|\d{8}-?[A-HJ-NP-TV-Z]|[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]"  # Spain
    r"|[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]"  # Italy
    r"|[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d|[A-Z&]{3,4}\d{6}[A-Z0-9]{3}"  # Mexico
    r"|(?:[A-CEGHJ-PR-TW-Z]{2}|QQ) ?\d{2} ?\d{2} ?\d{2} ?[A-D]"  # United Kingdom
    r"|\d{2} ?\d{6} ?[A-Z] ?\d{3}"  # Germany, pension
    r"|\d{6}[\-+ABCDEF]\d{3}[0-9A-FHJ-NPR-Y]"  # Finland
    r"|[A-Z]\d{6}\([0-9A]\)"  # Hong Kong
    r"|\d{17}X"  # China
    r"|[12] \d{2} (?:0[1-9]|[1-9]\d) (?:\d{2}|2[AB]) \d{3} \d{3}(?: ?\d{2})?"  # France
    r"|[A-Z]{2}-\d{3}-[A-Z]{2}|[A-Z]{2}(?:0[2-9]|1\d|2[0-6]|5[1-9]|6\d|7[0-6]) [A-HJ-PR-Z]{3}"  # plates: France, Italy, United Kingdom
    r"|[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}"  # US, health
)
_DATE = re.compile(
    r"(?:19|20)\d{2}([-/.])\d{1,2}\1\d{1,2}(?:[-/.]\d{1,6})*|\d{1,2}([-/.])\d{1,2}\2(?:19|20)?\d{2}(?:[-/.]\d{1,4})*|(?:19|20)\d{6}[-.]\d{6}"
)
_GROUPED = re.compile(r"(?<![\w.,:+\-/#$€£@])\d{1,10}(?:[-./]\d{1,10}){1,5}(?:-[kK])?(?![\w%€$£]|[-./:,]\w)")
_THINGS_BEFORE = re.compile(r"(?:isbn|issn|ean|gtin|upc|doi|\bv|version|pages?|pp|build)[ :#.]{0,3}$", re.IGNORECASE)


def _no_date_or_range(match: re.Match[str]) -> bool:
    """Eight digits and more in groups that are too long for a date, a version, a price or a range of small numbers."""
    text = match.group()
    groups = re.findall(r"\d+", text)
    longest = max(map(len, groups))
    if (
        sum(map(len, groups)) < 8
        or _DATE.fullmatch(text)
        or text.startswith(("978-", "979-"))
        or "000" in groups
        or _THINGS_BEFORE.search(match.string[max(0, match.start() - 12) : match.start()])
    ):
        return False
    if len(groups) == 2:
        return "." not in text and longest >= 6 and len(groups[0]) != len(groups[1])
    if longest >= 4:
        return True
    return longest == 3 and "-" in text and sum(map(len, groups)) >= (8 if text[-2] == "-" else 9)


def _changes_places(match: re.Match[str]) -> bool:
    """Letters and digits that take turns three times and more: "HMA4WZ8Q2K", not "RTX4090TI"."""
    text = match.group()
    kinds = [letter.isdigit() for letter in text]
    turns = sum(one != other for one, other in itertools.pairwise(kinds))
    return turns >= 3 and sum(kinds) >= 2 and len(text) - sum(kinds) >= 2 and not re.fullmatch(r"[0-9A-F]+", text)


def _no_round_numbers(match: re.Match[str]) -> bool:
    return not all(group.endswith("0") for group in re.findall(r"\d+", match.group()))


def national_rules() -> list[Rule]:
    """The rules, for the recogniser of numbers."""
    return [
        Rule("form of a national number", re.compile(rf"(?<![\w\-./@#])(?:{_LETTERED})(?![\w\-/])"), 0.6, needs=has_digits(4)),
        Rule("digits in groups", _GROUPED, 0.45, check=_no_date_or_range, needs=has_digits(8)),
        Rule("letters and digits in turns", re.compile(r"(?<![\w\-./@#&=+])[A-Z0-9]{8,24}(?![\w\-/=+]|\.\w)"), 0.45, check=_changes_places,
             needs=has_digits(2)),
        Rule("three groups of three", re.compile(
            r"(?<![\w\-.,+$€£#])\d{3}([ \-])\d{3}\1\d{3}(?:\1\d{2,3})?(?![\w%€$£]|[\-.,]\d|\s?(?:\d|people|users|euros?|dollars|views|km|kg|kr|zł))"),
             0.45, check=_no_round_numbers, needs=has_digits(9)),
        Rule("parts between strokes", re.compile(r"(?<![\w\-./@#:])[A-Z]{2,6}/(?:\d{2,4}/\d{3,10}|\d{3,10}/\d{2,4})(?![\w\-/])"), 0.5, needs=has_digits(5)),
    ]  # fmt: skip
