"""Codes that stand in a list: after one that was found, the next of the same shape is one too.

"Recovery codes: 8f2k-91mz, q7xt-04pd": the word before them announces the first only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from engine.privacy.hits import Hit

_CODED = frozenset({"SECRET", "ID", "CRYPTO", "BANK_ACCOUNT", "CREDIT_CARD", "GOVERNMENT_ID"})
_NEXT = re.compile(
    r"(?:\s?[,;/|]\s?|\s(?:and|or|und|et|y|e|&)\s|[ ]{1,2}|\s{0,2}\n\s{0,2}(?:[-*\u2022]\s)?)"
    r"(?P<value>[A-Za-z0-9](?:[\w\-.]{0,126}[A-Za-z0-9])?)(?![\w\-])"
)
_SIGN = re.compile(r"[A-Za-z0-9]")
_LEAST, _MOST = 6, 200


def further_of_a_list(text: str, hits: Iterable[Hit]) -> list[Hit]:
    """The hits, and those values of their lists that were not found by themselves."""
    found = list(hits)
    starts = {hit.start for hit in found}
    more: list[Hit] = []
    for hit in found:
        if hit.entity not in _CODED or not _LEAST <= hit.end - hit.start <= _MOST:
            continue
        first, end = text[hit.start : hit.end], hit.end
        shape, digits = _SIGN.sub("x", first), first.isdigit()
        if not any(sign.isdigit() for sign in first):
            continue
        while following := _NEXT.match(text, end):
            value = following["value"]
            if _SIGN.sub("x", value) != shape or not any(map(str.isdigit, value)) or value.isdigit() != digits:
                break
            if following.start("value") not in starts:
                starts.add(following.start("value"))
                more.append(replace(hit, start=following.start("value"), end=following.end("value")))
            end = following.end()
    return found + more
