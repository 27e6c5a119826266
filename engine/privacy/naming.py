# ruff: noqa: RUF001 (quotation marks as people type them)
"""Whole names: initials and particles that the recognisers leave before a name, and names in one list.

An initial that stays behind ("R. de" of "R. de Vries") narrows down whom the row is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from engine.privacy.hits import Hit

_PARTICLES = r"(?:de|da|do|dos|das|del|della|di|van|von|der|den|ter|ten|la|le|los|bin|ibn|al|el|af|zu|O['’])"
_INITIALS = r"(?:[A-ZÀ-Þ]\.[ ]?)"
_BEFORE = re.compile(rf"(?<![\w'’.]){_INITIALS}{{1,3}}(?:{_PARTICLES}[ ]){{0,3}}$")


def whole_names(text: str, hits: Iterable[Hit]) -> list[Hit]:
    """The hits, names with the initials before them; offsets are characters of `text`."""
    return [_with_initials(text, hit) if hit.entity == "PERSON" else hit for hit in hits]


def _with_initials(text: str, hit: Hit) -> Hit:
    if not text[hit.start].isupper():
        return hit
    before = _BEFORE.search(text[max(0, hit.start - 30) : hit.start])
    return replace(hit, start=hit.start - len(before.group())) if before else hit
