"""A rule: a regular expression of which a group may be the finding, a check, and the cheap tests before it.

A rule runs only on texts that can match it at all, which keeps dozens of rules cheaper than one pass of a language
model. Light: Presidio is not loaded for this.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

Check = Callable[[re.Match[str]], bool]


@dataclass(frozen=True)
class Rule:
    """One pattern.

    Args:
        name: Says in the review why something was found.
        pattern: Must be linear in the length of the text.
        score: How sure a match is, 0 to 1.
        group: Which group is the finding.
        check: Refuses matches that the pattern alone cannot.
        needs: A cheap test; texts that fail it cannot match.
        entity: Replaces the recogniser's type.
        hint: Says little by itself: where the model has read the text, a match counts only if that sees something too.
    """

    name: str
    pattern: re.Pattern[str]
    score: float
    group: int | str = 0
    check: Check | None = None
    needs: Callable[[str], bool] | None = None
    entity: str | None = None
    hint: bool = False


_DIGIT = re.compile(r"\d")
_DIGIT_RUN = re.compile(r"(?:\d[^\w\n]{0,4}){6}\d")
_WHOLE_RUN = re.compile(r"(?<![^\W_])\d(?:[^\w\n]{0,4}\d){6,}")
_TEXTS_AT_A_TIME = 4
"""A text passes through all rules before the next one comes; more of these facts would only take memory."""


@functools.lru_cache(maxsize=_TEXTS_AT_A_TIME)
def _digits_in(text: str) -> int:
    return len(_DIGIT.findall(text))


@functools.lru_cache(maxsize=_TEXTS_AT_A_TIME)
def _folded(text: str) -> str:
    return text.casefold()


def has_digits(least: int) -> Callable[[str], bool]:
    """A test for texts with at least so many digits."""
    return lambda text: _digits_in(text) >= least


@functools.lru_cache(maxsize=_TEXTS_AT_A_TIME)
def has_digit_run(text: str) -> bool:
    """A test for texts with seven digits that only spaces and marks stand between: less is no phone number."""
    return _digits_in(text) >= 7 and _DIGIT_RUN.search(text) is not None


def digit_runs(text: str) -> list[tuple[int, int]]:
    """Where seven digits and more stand with spaces and marks between them, and no letter right before them."""
    return [match.span() for match in _WHOLE_RUN.finditer(text)]


def contains(*parts: str) -> Callable[[str], bool]:
    """A test for texts that contain one of `parts`, in any case of letters."""
    folded = tuple(part.casefold() for part in parts)
    if len(folded) == 1:
        part = folded[0]
        return lambda text: part in _folded(text)

    def test(text: str) -> bool:
        low = _folded(text)
        return any([part in low for part in folded])

    return test


def begins_like(alternatives: str) -> Callable[[str], bool]:
    """A test for texts in which a word begins like one of some words.

    Args:
        alternatives: The words as a pattern with `|` between them and none inside a group; only the letters and digits
            that each must begin with count.

    Raises:
        ValueError: One of them begins with something else.
    """
    found = _HEAD.findall(alternatives)
    if len(found) != alternatives.count("|") + 1:
        raise ValueError(f"not all of these begin with a letter or digit: {alternatives}")
    heads = tuple(sorted({head.casefold() for head in found}))

    @functools.lru_cache(maxsize=_TEXTS_AT_A_TIME)
    def test(text: str) -> bool:
        low = _folded(text)
        for head in heads:
            at = low.find(head)
            while at >= 0:
                if at == 0 or not (low[at - 1].isalnum() or low[at - 1] == "_"):
                    return True
                at = low.find(head, at + 1)
        return False

    return test


def by_first_letter(alternatives: str) -> str:
    """The same alternatives, those with the same first letter together.

    `re` tries one alternative after the other at every word of a text, and hundreds of them took most of the time of
    all rules; this way a word is compared with some twenty letters, and then with the few that begin so.

    Args:
        alternatives: Parts of a pattern that ignores case, with `|` between them. The order counts only among those
            with the same first letter, and that is kept.
    """
    groups: dict[str, list[str]] = {}
    for number, part in enumerate(_parts_of(alternatives)):
        plain = part[:1].isalnum() and part[1:2] not in ("?", "*", "{", "+") and len(part) > 1
        groups.setdefault(part[0].casefold() if plain else f" {number}", []).append(part)
    return "|".join(
        parts[0] if len(parts) == 1 else f"{head}(?:{'|'.join(part[1:] for part in parts)})"
        for head, parts in groups.items()
    )


def _parts_of(alternatives: str) -> list[str]:
    """What stands between the `|` that are inside no brackets."""
    parts, depth, set_of = [""], 0, False
    for at, letter in enumerate(alternatives):
        escaped = at > 0 and alternatives[at - 1] == "\\"
        if not escaped:
            set_of = (set_of or letter == "[") and letter != "]"
            depth += 0 if set_of else (letter == "(") - (letter == ")")
        if letter == "|" and depth == 0 and not (escaped or set_of):
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def matches(pattern: str) -> Callable[[str], bool]:
    """A test for texts in which a pattern matches somewhere; write one that needs a look at few places only."""
    search = re.compile(pattern).search

    @functools.lru_cache(maxsize=_TEXTS_AT_A_TIME)
    def test(text: str) -> bool:
        return search(text) is not None

    return test


_HEAD = re.compile(r"(?:^|(?<=\|))(?:\w(?![?*{]))+")
_LONG_RUN = re.compile(r"[\w\-.:+/=]{15}")


@functools.lru_cache(maxsize=_TEXTS_AT_A_TIME)
def has_long_run(text: str) -> bool:
    """A test for texts with 15 characters without white space: no key and no wallet address is shorter."""
    return _LONG_RUN.search(text) is not None


def both(*tests: Callable[[str], bool]) -> Callable[[str], bool]:
    """A test for texts that pass all `tests`, the cheapest first."""
    first, *others = tests
    if len(others) == 1:
        # Every text is asked dozens of these; a generator would cost more than most tests.
        second = others[0]
        return lambda text: first(text) and second(text)
    return lambda text: all(test(text) for test in tests)
