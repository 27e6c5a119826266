"""One made-up value for each personal one: which file of this room makes it, and what it must never be."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from engine.privacy.surrogate import contacts, dates, numbers, places, tokens
from engine.privacy.surrogate.keyed import Keyed, only_digits
from engine.privacy.surrogate.names import Names
from engine.privacy.surrogate.people import People, name_tokens, normalised
from engine.privacy.surrogate.words import folded, listed, name_lists
from engine.privacy.surrogate.written import candidates

Make = Callable[[str, Keyed, int], str | None]

_TRIES = 24
_SHAPED = frozenset(
    [
        "ID",
        "TAX_ID",
        "GOVERNMENT_ID",
        "PASSPORT",
        "DRIVERS_LICENSE",
        "US_PASSPORT",
        "US_DRIVER_LICENSE",
        "US_BANK_NUMBER",
        "BANK_ACCOUNT",
        "MEDICAL_LICENSE",
        "IT_FISCAL_CODE",
    ]
)
_MAKERS: dict[str, Make] = {
    "PHONE_NUMBER": numbers.phone,
    "CREDIT_CARD": numbers.card,
    "IBAN_CODE": numbers.iban,
    "US_SSN": numbers.social_security,
    "US_ITIN": numbers.social_security,
    "IP_ADDRESS": numbers.network,
    "MAC_ADDRESS": numbers.device,
    "UK_NHS": numbers.nhs,
    "UK_NINO": numbers.nino,
    "ES_NIF": numbers.broken(numbers.wrong_nif),
    "ES_NIE": numbers.nie,
    "PL_PESEL": numbers.broken(numbers.wrong_pesel),
    "SECRET": tokens.secret,
    "CRYPTO": tokens.wallet,
    "DATE_OF_BIRTH": dates.moved,
    "DATE_TIME": dates.moved,
    **dict.fromkeys(_SHAPED, numbers.shape),
    "TAX_ID": numbers.tax,
    "GOVERNMENT_ID": numbers.government,
}
_MAY_BE_PEOPLE = frozenset({"ORGANIZATION", "ADDRESS", "NRP"})
"""Types that models take names for; who has that name elsewhere in the file keeps their surrogate."""
_HANDLE = re.compile(r"@?[\w.\-]*[_\d][\w.\-]*|@\S+")

_TWO_WORDS = re.compile(r"[^\W\d_a-z][^\W\d_]+( [^\W\d_a-z][^\W\d_]+){1,2}")
_PLACE_WORDS = listed(
    "new san santa saint st los las north south east west upper lower great bad sankt mount port fort the"
)


@dataclass
class Surrogates:
    """Hands out surrogates; the same value gets the same one.

    Args:
        key: The secret; 32 bytes.
        occurs: Whether a text occurs in the original, at word boundaries; such a text is never handed out.
        hidden: All hidden values in small letters. A surrogate holds none of them, where that can be had.
    """

    key: bytes
    occurs: Callable[[str], bool]
    hidden: frozenset[str] = frozenset()
    people: People = field(default_factory=People)
    known: dict[tuple[str, str], str | None] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    """Who has a surrogate already: the surrogate in small letters -> the value it stands for."""

    def __post_init__(self) -> None:
        self.keyed = Keyed(self.key)
        self.names = Names(self.keyed, self.people, self._free)

    def settle(self, written: Iterable[str]) -> None:
        """Learn who is in the file and name everybody; see `Names.settle`."""
        names = list(written)
        self.people.learn(names)
        self.names.settle(name for name in names if kind_of("PERSON", name) == "PERSON")

    def begin_row(self, written: Iterable[str]) -> None:
        """A new row starts; `written` are the names in it, in their order."""
        self.people.begin_row(written)

    def of(self, entity: str, written: str) -> str | None:
        """The surrogate of a value as it is written; None where we cannot make one of that type."""
        kind = kind_of(entity, written)
        if kind == "PERSON" or (entity in _MAY_BE_PEOPLE and self.people.knows(written)):
            return self.names.of(written)
        memo = (kind, written)
        if memo not in self.known:
            self.known[memo] = self._first_good(kind, written)
        return self.known[memo]

    def of_written(self, entity: str, written: str, *, not_above: bool = False) -> str | None:
        """The surrogate of a number or date that is no text, of as many digits; None where none was accepted.

        Args:
            entity: Its type.
            written: As it is written.
            not_above: No number above it; see `engine.privacy.surrogate.written`.
        """
        memo = (f"written {entity} {not_above}", written)
        if memo not in self.known:
            owner = f"written {written}"
            self.known[memo] = None
            tried = list(candidates(entity, written, self.keyed, not_above=not_above))
            good = (
                made
                for made in tried
                if self.owners.get(made, owner) == owner and self._acceptable(made, written, strict=True)
            )
            # A column of numbers takes nothing else; where all of so few digits occur, another number must do.
            other = (made for made in tried if not_above and made != written and made not in self.hidden)
            made = next(good, None) or next(other, None)
            if made is not None:
                self.owners.setdefault(made, owner)
                self.known[memo] = made
        return self.known[memo]

    def _first_good(self, kind: str, written: str) -> str | None:
        owner = f"{kind} {normalised(written)}"
        for attempt in range(_TRIES):
            made = self._make(kind, written, attempt)
            if made is None:
                return None
            told = made.casefold()
            strict = attempt < _TRIES // 2
            if self.owners.get(told, owner) == owner and self._acceptable(made, written, strict):
                self.owners[told] = owner
                return made
        return None

    def _make(self, kind: str, written: str, attempt: int) -> str | None:
        if kind == "EMAIL_ADDRESS":
            return contacts.mail(written, self.names, self.keyed, attempt)
        if kind == "USERNAME":
            return contacts.handle(written, self.names, self.keyed, attempt)
        if kind == "URL":
            return contacts.link(written, self.names, self.keyed, attempt)
        if kind == "ADDRESS":
            return places.address(written, self.keyed, self._free, attempt)
        if kind == "LOCATION":
            return places.place(written, self.keyed, self._free, attempt)
        maker = _MAKERS.get(kind)
        return maker(written, self.keyed, attempt) if maker else None

    def _acceptable(self, made: str, written: str, strict: bool) -> bool:
        if made.casefold() == written.casefold() or self.occurs(made):
            return False
        return not strict or not self._holds_hidden(made.casefold())

    def _free(self, word: str) -> bool:
        return not self.occurs(word) and not self._holds_hidden(word.casefold())

    def _holds_hidden(self, low: str) -> bool:
        """Whether a hidden value of three letters or more stands anywhere in a text of usual length."""
        if not self.hidden or len(low) > 80:
            return False
        lengths = _lengths(self.hidden)
        return any(
            low[start : start + length] in self.hidden
            for start in range(len(low) - 2)
            for length in lengths.get(low[start : start + 3], ())
        )


@functools.lru_cache(maxsize=2)
def _lengths(values: frozenset[str]) -> dict[str, tuple[int, ...]]:
    """How long the values are that begin with the same three letters."""
    found: dict[str, set[int]] = {}
    for value in values:
        found.setdefault(value[:3], set()).add(len(value))
    return {start: tuple(lengths) for start, lengths in found.items()}


def kind_of(entity: str, written: str) -> str:
    """Which maker a finding needs: its type, or for the creator's own values what they look like."""
    if entity in ("STREET_ADDRESS",):
        return "ADDRESS"
    if entity in ("HANDLE",):
        return "USERNAME"
    if entity == "ORGANIZATION":
        return "LOCATION"
    if entity == "PERSON":
        return "USERNAME" if _HANDLE.fullmatch(written) else "PERSON"
    if entity != "KNOWN_VALUE":
        return entity
    if "@" in written.strip("@"):
        return "EMAIL_ADDRESS"
    if "://" in written or written.casefold().startswith("www."):
        return "URL"
    if _HANDLE.fullmatch(written) and any(letter.isalpha() for letter in written):
        return "USERNAME"
    if only_digits(written):
        words = re.findall(r"[^\W\d_]{2,}", written)
        return "ADDRESS" if words else "PHONE_NUMBER" if len(only_digits(written)) >= 7 else "ID"
    lists = name_lists()
    words = [folded(token.text) for token in name_tokens(written)]
    if words and (words[0] in lists.first or words[-1] in lists.last):
        return "PERSON"
    return "PERSON" if _TWO_WORDS.fullmatch(written) and words[0] not in _PLACE_WORDS else "LOCATION"
