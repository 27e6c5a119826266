# ruff: noqa: RUF001 (quotation marks as people type them)
"""Where a capital says nothing about what is a name: in texts of one case, and where a sentence begins."""

from __future__ import annotations

import functools
import re

_FEW_CAPITALS, _MANY_CAPITALS = 0.02, 0.8
_OPENS = re.compile(r"(?:^|[.!?…:;\n*\-–—>|]|[\"“‘'(\[])\s*\Z")
_LOOK_BACK = 12


def opens_sentence(text: str, at: int) -> bool:
    """Whether the word at `at` would have a capital in any case, since a sentence begins there."""
    return _OPENS.search(text[max(0, at - _LOOK_BACK) : at]) is not None


@functools.lru_cache(maxsize=512)
def is_one_case(text: str) -> bool:
    """Whether fewer than 2 % or more than 80 % of the letters are capitals."""
    letters = sum(map(str.isalpha, text))
    capitals = sum(map(str.isupper, text))
    return letters >= 3 and (capitals < _FEW_CAPITALS * letters or capitals > _MANY_CAPITALS * letters)


@functools.lru_cache(maxsize=512)
def gives_no_hint(text: str) -> bool:
    """Whether capitals say nothing here: none but the pronoun, or nearly all."""
    first = next((letter for letter in text if letter.isalpha()), "")
    return is_one_case(text) and (not first.isupper() or sum(map(str.isupper, text)) > sum(map(str.islower, text)))
