"""Where somebody lives or a company sits, as people type it, and which regions a licence leaves out.

The names stand in `presets/licences/regions/countries.tsv`. A region that nobody knows is an error and no region: a
misspelt one would silently count as outside of every exclusion.
"""

from __future__ import annotations

import difflib
import unicodedata
from functools import cache

from engine.errors import UsageError
from engine.machine import PRESETS

_MEMBERS = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU = frozenset(_MEMBERS.split())
"""The members of the European Union, as of 2026-11-22 (two letters, ISO 3166)."""
_FILE = PRESETS / "licences" / "regions" / "countries.tsv"


@cache
def known_regions() -> dict[str, str]:
    """Two letters by every name that may be typed, the letters themselves among them; in lower case."""
    names: dict[str, str] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        code, tab, given = line.partition("\t")
        if tab and not line.startswith("#"):
            names |= {_plain(name): code for name in (code, *given.split(";"))}
    return names


def region_code(typed: str) -> str:
    """A region as it is kept: two letters, in upper case; `Germany`, `de` and `DEU` are all `DE`.

    Raises:
        UsageError: There is no such country.
    """
    names = known_regions()
    if code := names.get(_plain(typed)):
        return code
    near = difflib.get_close_matches(_plain(typed), names, n=1, cutoff=0.7)
    hint = (
        f"Did you mean {names[near[0]]} ({near[0].title() if len(near[0]) > 3 else near[0].upper()})? " if near else ""
    )
    raise UsageError(
        "This is not a region.", f"`{typed}`", f"{hint}Give EU, or a country: two letters such as DE, or its name."
    )


def is_region(typed: str) -> bool:
    """Whether somebody knows it."""
    return _plain(typed) in known_regions()


def in_region(region: str, regions: list[str]) -> bool:
    """Whether `region` is one of `regions`; a country of the EU is in `EU`, and `EU` is in each of its countries."""
    code = known_regions().get(_plain(region), region.strip().upper())
    return code in regions or ("EU" in regions and code in EU) or (code == "EU" and bool(EU & set(regions)))


def _plain(name: str) -> str:
    """As names are compared: lower case, without accents, points and `the`."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    kept = "".join(letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter))
    words = kept.split()
    if all(len(word) == 1 for word in words):
        words = ["".join(words)]  # U.S.A.
    return " ".join(word for word in words if word not in ("the", "and"))
