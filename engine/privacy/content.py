"""The content rules: which rows nobody may train on, and which need a person's consent first.

The rules and their limits stand in `presets/content/rules.yaml`. A row is judged by all of its text; nothing of what
was found is kept or shown, only counts and line numbers. Light: no model, no store.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.errors import from_os_error
from engine.machine import PRESETS
from engine.privacy.ages import sign_of_minor
from engine.privacy.children import FamilyWords, children_in_view
from engine.privacy.encoded import TurnedWords, decoded
from engine.privacy.plainwords import (
    WordList,
    hidden_words,
    in_latin,
    plain_letters,
    put_together,
    starred,
    unescaped,
    with_small_l,
    words_of,
)
from engine.privacy.rowtext import row_text
from engine.spec import ContentSpec
from engine.spec_text import parse_yaml_as

RULES_FILE = PRESETS / "content" / "rules.yaml"
LISTED_LINES = 1000
_MEDICAL_WORDS = 2

Fate = Literal["keep", "blocked", "needs_consent"]


class _Sexual(BaseModel):
    model_config = ConfigDict(extra="forbid")
    clear: str
    suggestive: str
    ambiguous: str
    body: str
    medical: str


class _Minor(BaseModel):
    model_config = ConfigDict(extra="forbid")
    words: str
    accented: str
    family: str
    everyday_before: str
    everyday_after: str
    only_of_several: str
    links: str
    breaks: str
    kin: str
    no_minor: str
    minor_is_no_person: str


class _RulesFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    version: Annotated[int, Field(ge=1)]
    sexual: _Sexual
    neutral: str
    joined: str
    turned: str
    minor: _Minor


@dataclass(frozen=True)
class Rules:
    """The rules, ready to use. `fingerprint` tells one version of the file from another."""

    clear: WordList
    suggestive: WordList
    ambiguous: WordList
    body: WordList
    medical: WordList
    joined: WordList
    neutral: WordList
    minor: WordList
    accented: re.Pattern[str]
    no_minor: WordList
    family: FamilyWords
    no_person: frozenset[str]
    any_sexual: WordList
    """All words of sexual content and the joined ones: most rows hold none of them, and are done with."""
    turned: TurnedWords
    fingerprint: str


@dataclass(frozen=True)
class Judgement:
    """What one row holds.

    Args:
        adult: Sexual content.
        blocked: Sexual content together with a sign of somebody under 18.
    """

    adult: bool
    blocked: bool


_CLEAN = Judgement(adult=False, blocked=False)


@lru_cache(maxsize=1)
def load_rules() -> Rules:
    """Read the rules once.

    Raises:
        SpecError: The file has an unknown key or a value that does not fit.
    """
    try:
        text = RULES_FILE.read_text(encoding="utf-8")
    except OSError as error:
        raise from_os_error(error, "reading the content rules") from error
    file = parse_yaml_as(_RulesFile, text, RULES_FILE)
    sexual, minor = file.sexual, file.minor
    words = (sexual.clear, sexual.suggestive, sexual.ambiguous, sexual.body)
    turned = (sexual.clear, sexual.suggestive, file.joined, minor.words, minor.family, minor.kin)
    return Rules(
        clear=_list(sexual.clear),
        suggestive=_list(sexual.suggestive),
        ambiguous=_list(sexual.ambiguous),
        body=_list(sexual.body),
        medical=_list(sexual.medical),
        joined=_list(file.joined),
        neutral=_list(file.neutral),
        minor=_list(minor.words),
        accented=re.compile(rf"\b(?:{'|'.join(map(re.escape, _entries(minor.accented)))})\b", re.IGNORECASE),
        no_minor=_list(minor.no_minor),
        family=FamilyWords(
            family=_list(minor.family),
            kin=_list(minor.kin),
            everyday_before=_list(minor.everyday_before),
            everyday_after=_list(minor.everyday_after),
            only_of_several=frozenset(_entries(minor.only_of_several)),
            links=frozenset(_entries(minor.links)),
            breaks=frozenset(_entries(minor.breaks)),
            sexual=_list(*words),
        ),
        no_person=frozenset(_entries(minor.minor_is_no_person)),
        any_sexual=_list(*words, file.joined),
        turned=TurnedWords(_entries(",".join(turned)), _entries(file.turned)),
        fingerprint=f"{file.version}-{hashlib.sha256(text.encode()).hexdigest()[:12]}",
    )


def judge(text: str) -> Judgement:
    """Judge all text of one row.

    Raises:
        SpecError: The rules cannot be read.
    """
    text = "\n".join([text := unescaped(text), *decoded(text)])
    text = "\n".join([text, *load_rules().turned.readings(text)])
    adult = False
    for reading in dict.fromkeys((text, with_small_l(text), in_latin(text))):
        judged = _judged(reading)
        if judged.blocked:
            return judged
        adult = adult or judged.adult
    return Judgement(adult=adult, blocked=False)


def _judged(text: str) -> Judgement:
    """Judge a text without escapes, as its letters stand."""
    rules = load_rules()
    plain = plain_letters(text)
    words = words_of(plain)
    more = hidden_words(plain)
    stars = starred(plain) if "*" in plain else []
    if not stars and not rules.any_sexual.find(words, more):
        return _CLEAN
    if rules.joined.find(words, more) or any(rules.joined.match(star) for star in stars):
        return Judgement(adult=True, blocked=True)
    starred_clear = any(rules.clear.match(star) for star in stars)
    # Letters that stand apart are no words of a phrase: `sex m i n o r`.
    together = put_together(plain)
    spoken = words if together == plain else words_of(together)
    adult = starred_clear or bool(rules.clear.find(spoken, more))
    suggestive: set[str] = set()
    if not adult:
        suggestive, ambiguous = _sexual(rules, rules.neutral.without(spoken), more)
        adult = len(suggestive | ambiguous) >= 2
    near = adult or suggestive or any(map(rules.suggestive.match, stars))
    if not near:
        return _CLEAN
    minor = sign_of_minor(plain) or _says_minor(rules, plain, words, more) or any(map(rules.minor.match, stars))
    minor = minor or rules.accented.search(unicodedata.normalize("NFC", text)) is not None
    return Judgement(adult=adult or minor, blocked=minor)


def _sexual(rules: Rules, words: list[str], more: set[str]) -> tuple[set[str], set[str]]:
    """The suggestive and ambiguous entries that occur; parts of the body are suggestive, but not to physicians."""
    suggestive = rules.suggestive.find(words, more)
    ambiguous, body = rules.ambiguous.find(words, more), rules.body.find(words, more)
    if body and not suggestive and not ambiguous and len(rules.medical.find(words)) >= _MEDICAL_WORDS:
        body = set()
    return suggestive | body, ambiguous


def _says_minor(rules: Rules, plain: str, words: list[str], more: set[str]) -> bool:
    found = rules.minor.find(words, more)
    if found or rules.family.family.find(words):
        words = rules.no_minor.without(words)
        found = rules.minor.find(words, more)
    if found - {"minor"} or "minor" in more:
        return True
    # "minor" alone: a person, unless every time it belongs to a word as `bug`.
    following = [words[place + 1 : place + 2] for place, word in enumerate(words) if word == "minor"]
    if not all(word and word[0] in rules.no_person for word in following):
        return True
    return children_in_view(rules.family, plain, words, more)


def full_names(values: Iterable[str]) -> list[str]:
    """Of names that were found, those of two parts and more."""
    return [value for value in values if sum(len(part) > 1 for part in value.split()) >= 2]


def first_names(values: Iterable[str]) -> dict[str, str]:
    """Whom a first name alone means: the one person whose full name begins with it, where there is only one.

    Args:
        values: All names that were found in the file.

    Returns:
        First name to full name, both by `person_key`. A name with which two full names begin is not in it.
    """
    found: dict[str, set[str]] = {}
    for name in full_names(values):
        key = person_key(name)
        found.setdefault(key.split(" ")[0], set()).add(key)
    return {first: keys.pop() for first, keys in found.items() if len(first) > 1 and len(keys) == 1}


def persons_in(names: Sequence[str], firsts: Mapping[str, str]) -> set[str]:
    """The persons a row names, by `person_key`: in full, or by a first name that can only mean one of the file."""
    meant = {firsts[key] for name in names if (key := person_key(name)) in firsts}
    return meant | {person_key(name) for name in full_names(names)}


def verdict(
    text: str,
    persons: Sequence[str] = (),
    consents: frozenset[str] = frozenset(),
    firsts: Mapping[str, str] = MappingProxyType({}),
) -> Fate:
    """What happens to a row.

    Args:
        text: All of its text.
        persons: Names that the privacy scan found in it.
        consents: Persons who agreed, by `person_key`.
        firsts: Whom a first name alone means; of `first_names`.
    """
    judged = judge(text)
    if judged.blocked:
        return "blocked"
    missing = judged.adult and persons_in(persons, firsts) - consents
    return "needs_consent" if missing else "keep"


def may_be_shown(record: Mapping[str, Any]) -> bool:
    """Whether the words around a finding may be stored and shown: not those of a blocked row."""
    return not judge(row_text(record)).blocked


def person_key(name: str) -> str:
    """A name for comparing: case, accents and white space do not count."""
    return " ".join(plain_letters(name).split())


def person_mark(key: str) -> str:
    """Tells one person's `person_key` from another's without keeping the name."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def consents_of(content: ContentSpec) -> frozenset[str]:
    """The persons who agreed, by `person_key`."""
    return frozenset(person_key(consent.person) for consent in content.consents)


@dataclass
class ContentTally:
    """Counts over a file; of the rows only their lines.

    Args:
        rows: All that were judged.
        adult: Of them, with sexual content, blocked ones included.
        adult_kept: Of those, the ones that stay.
        blocked: Lines of blocked rows, the first 1,000.
        blocked_count: All of them.
        needs_consent: Lines of rows that wait for a consent, the first 1,000.
        needs_consent_count: All of them.
        relied: Persons whose consent let a row stay, by `person_mark`.
    """

    rows: int = 0
    adult: int = 0
    adult_kept: int = 0
    blocked: list[int] = field(default_factory=list)
    blocked_count: int = 0
    needs_consent: list[int] = field(default_factory=list)
    needs_consent_count: int = 0
    relied: set[str] = field(default_factory=set)

    def take(
        self,
        line: int,
        text: str,
        persons: Sequence[str] = (),
        consents: frozenset[str] = frozenset(),
        firsts: Mapping[str, str] = MappingProxyType({}),
    ) -> Fate:
        """Judge a row and count it; the arguments are those of `verdict`."""
        return self.count(line, judge(text), persons, consents, firsts)

    def count(
        self,
        line: int,
        judged: Judgement,
        persons: Sequence[str],
        consents: frozenset[str],
        firsts: Mapping[str, str],
    ) -> Fate:
        """Count a row that was judged."""
        self.rows += 1
        self.adult += judged.adult
        if judged.blocked:
            self.blocked_count += 1
            if len(self.blocked) < LISTED_LINES:
                self.blocked.append(line)
            return "blocked"
        if not judged.adult:
            return "keep"
        keys = persons_in(persons, firsts)
        if keys - consents:
            self.needs_consent_count += 1
            if len(self.needs_consent) < LISTED_LINES:
                self.needs_consent.append(line)
            return "needs_consent"
        self.relied.update(map(person_mark, keys))
        self.adult_kept += 1
        return "keep"

    def left_out(self) -> dict[str, int]:
        """How many rows are left out, by the reason; reasons that no row has are not named."""
        counts = {"blocked": self.blocked_count, "needs_consent": self.needs_consent_count}
        return {reason: count for reason, count in counts.items() if count}

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; no text of any row is in it."""
        return {
            "version": load_rules().fingerprint,
            "rows": self.rows,
            "adult_rows": self.adult,
            "adult_share": round(self.adult / self.rows, 4) if self.rows else 0.0,
            "adult_kept": self.adult_kept,
            "blocked": {"count": self.blocked_count, "lines": list(self.blocked)},
            "needs_consent": {"count": self.needs_consent_count, "lines": list(self.needs_consent)},
            "relied": sorted(self.relied),
        }


def _list(*texts: str) -> WordList:
    return WordList([entry for text in texts for entry in _entries(text)])


def _entries(text: str) -> list[str]:
    return [entry for part in text.split(",") if (entry := part.strip())]
