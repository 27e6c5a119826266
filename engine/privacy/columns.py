"""Ages in tables that stand in a text: a line of headings with `age` among them, and numbers below it."""

from __future__ import annotations

import re

_HEADING = re.compile(r"ages?|alter|edad|idade|eta|leeftijd")
_ANY_HEADING = re.compile(rf"(?<![a-z])(?:{_HEADING.pattern})(?![a-z])")
_SEPARATORS = ("|", "\t", ";", ",")
_RULER = re.compile(r"[\s|:+\-=]+")
_AGE = re.compile(r"(?:1[0-7]|0?[1-9])(?:[.,]\d)?(?:\s?y(?:rs?|ears?)?)?")
_EDGES = " \t\"'*`_"


def age_in_column(plain: str) -> bool:
    """Whether a table tells an age under 18.

    Args:
        plain: From `engine.privacy.plainwords.plain_letters`, with its lines.
    """
    if "\n" not in plain or not _ANY_HEADING.search(plain):
        return False
    lines = plain.splitlines()
    return any(
        _below(lines[number + 1 :], separator, at)
        for number, line in enumerate(lines)
        if _ANY_HEADING.search(line)
        for separator in _SEPARATORS
        if separator in line
        for at, cell in enumerate(_cells(line, separator))
        if _HEADING.fullmatch(cell)
    )


def _below(lines: list[str], separator: str, at: int) -> bool:
    """Whether a line of the table that goes on below has such a number in this column."""
    for line in lines:
        if _RULER.fullmatch(line):
            continue
        cells = _cells(line, separator)
        if separator not in line or len(cells) <= at:
            return False
        if _AGE.fullmatch(cells[at]):
            return True
    return False


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip(_EDGES) for cell in line.strip().strip("|").split(separator)]
