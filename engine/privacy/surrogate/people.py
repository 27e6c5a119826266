"""Whose name is it: taking a written name apart, and linking a lone first or last name to a whole one."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from engine.privacy.surrogate.slavic import declines, family_of, last_in_nominative, nominative, of_a_woman
from engine.privacy.surrogate.words import folded, listed, name_lists, script_of, whole_names_of, without_dots
from engine.privacy.titles import TITLES, without_relation

_TITLES = listed(
    "mr mrs ms miss mx dr prof professor sir madam rev herr frau monsieur madame mademoiselle mme mlle signor signora"
    " señor señora senhor senhora dhr mevr shri smt"
    f" {TITLES}"
)
_SUFFIXES = listed("jr sr ii iii iv phd md esq")
_PARTICLES = listed(
    "von van der den de del della di da do dos das du la le los las el al bin ibn ben bint zu zum zur ter ten te af av"
    " y e"
)
_CAPITAL_PARTICLES = listed("Von Van Der Den De Del Della Di Da Dos Du La Le")
"""Those that are also written with a capital, between names; "Ben" and "Al" are names then."""
_AND = listed("and und et or oder ou")
"""Between two names that a detector took for one; only where the names have capitals."""
_LOUD_PARTICLES = frozenset(one.upper() for one in _PARTICLES)
_TALK = listed(
    "won wins win lost called calls call said says say wrote writes write came comes went goes got gets is was has had"
    " here there once twice now today again too please thanks thank hi hello hey the and or but not yes no out back"
    " soon never always who"
)
_TOKEN = re.compile(r"[^\W\d_](?:[\w\u0300-\u036f\u0900-\u097f\u200c\u200d]|['’ʼ`-](?=[^\W\d_]{2}))*")  # noqa: RUF001
_NICKNAME = re.compile(r"[\"“”„'‘(]{1,2}([^\W\d_]{2,})[\"“”'’)]{1,2}\Z")  # noqa: RUF001
_POSSESSIVE = re.compile(r"['’]s?$")  # noqa: RUF001


@dataclass(frozen=True)
class Token:
    """A word of a name that says who it is. Offsets into the written name."""

    start: int
    end: int
    text: str

    @property
    def key(self) -> str:
        """What makes two spellings the same."""
        return normalised(self.text)

    @property
    def initial(self) -> bool:
        """Whether it is one letter only."""
        return len(self.text) == 1


def normalised(text: str) -> str:
    """NFKC, without case, accents' composition, possessive s and marks."""
    plain = without_dots(unicodedata.normalize("NFKC", text).casefold())
    return re.sub(r"[^\w]+", " ", _POSSESSIVE.sub("", plain)).strip()


def name_tokens(written: str) -> list[Token]:
    """The words of a name without titles before it, suffixes after it and particles inside: what says who it is.

    Of "Maya's mom" it is "Maya".

    "LINDQVIST, Maya" gives first name and family name in the usual order.
    """
    plain = without_relation(written)
    owned = _POSSESSIVE.search(plain)
    end = owned.start() if owned else len(plain)
    whole = [Token(one.start(), one.end(), one.group()) for one in _TOKEN.finditer(written, 0, end)]
    told = list(whole)
    # In a name all in small letters "ben" and "al" may be names: better a particle too many replaced than a name left.
    particles = _PARTICLES if written != written.lower() else _PARTICLES - {"ben", "al", "el", "bin"}
    leading = particles if written != written.lower() else frozenset()
    while len(told) > 1 and (told[0].text.casefold() in _TITLES or told[0].text in leading):
        told = told[1:]
    while len(told) > 2 and told[-1].text.casefold() in _SUFFIXES:
        told = told[:-1]
    small = particles | _CAPITAL_PARTICLES | _AND | (_LOUD_PARTICLES if written.isupper() else frozenset())
    told = [one for one in told if one in (told[0], told[-1]) or one.text not in small]
    comma = written.find(",")
    if comma > 0 and len(told) > 1 and told[0].end <= comma <= told[1].start:
        told = [*told[1:], told[0]]
    return told


def spelt(name: str) -> str:
    """A name as user names have it: without case, accents, apostrophes and hyphens."""
    return "".join(letter for letter in folded(name) if letter.isalnum())


def without_talk(tokens: list[Token]) -> list[Token]:
    """The words of a name without those behind it that a detector took along: "Maya Lindqvist called", "MAYA WON".

    Who is meant does not depend on these. A word in small letters behind a capital one belongs to no name; one in
    capitals neither where it is an everyday word and no list of names has it.
    """
    told, lists = list(tokens), name_lists()
    while len(told) > 1:
        word = told[-1].text
        small = word.islower() and told[0].text[:1].isupper() and word.isalpha()
        everyday = word.isupper() and word.casefold() in _TALK
        if not (small or everyday) or folded(word) in lists.first or folded(word) in lists.last:
            break
        told.pop()
    return told


@dataclass(frozen=True)
class Person:
    """A person by the words of the name, in small letters."""

    first: str
    last: str
    middle: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Tells persons apart; middle names do not count."""
        return f"{self.first} {self.last}".strip()


def person_of(written: str) -> Person | None:
    """The person behind a name of two words or more; None for a lone name, a doubled one and scripts without spaces."""
    if script_of(written) in ("han", "hangul", "kana"):
        return None
    tokens = without_talk(name_tokens(written))
    if len(tokens) < 2:
        return None
    first = nominative(tokens[0].key)[0]
    if first == tokens[-1].key:
        return None  # "Silva and Dr. Silva" are two of a family and nobody's whole name.
    sex = name_lists().first.get(folded(first), (None, None))[1]
    return Person(first, last_in_nominative(tokens[-1].key, sex), tuple(one.key for one in tokens[1:-1]))


def nickname_in(written: str) -> str | None:
    """The nickname that stands in quotation marks inside a name: "bob" of `Robert "Bob" O'Connell`."""
    found = [match[1] for word in written.split()[1:-1] if (match := _NICKNAME.match(word))]
    return normalised(found[0]) if found else None


def holds_talk(written: str) -> bool:
    """Whether a finding took words along that are no names: "Dr. Silva met ana" tells of nobody called Silva Ana."""
    return not written.islower() and any(one.text.islower() for one in name_tokens(written)[1:])


@dataclass
class People:
    """Everybody with a whole name in the file, and who was met last in the row that is being read."""

    by_first: dict[str, dict[str, Person]] = field(default_factory=lambda: defaultdict(dict))
    by_last: dict[str, dict[str, Person]] = field(default_factory=lambda: defaultdict(dict))
    by_word: dict[str, dict[str, Person]] = field(default_factory=lambda: defaultdict(dict))
    """First and last names without accents, as user names have them."""
    _nicknames: set[Person] = field(default_factory=set)
    """Those of `Robert "Bob" O'Connell`, whose surrogate has a nickname too."""
    _rank: dict[Person, int] = field(default_factory=dict)
    """Persons of this row by how near they are: the one read last first, then those who come later."""
    _here: dict[str, Person] = field(default_factory=dict)
    """Names of this row's persons, and the nearest who has it."""
    _spelt: dict[str, dict[Person, None]] = field(default_factory=dict)
    """The same as user names have them."""
    _met: int = 0

    def learn(self, written: Iterable[str]) -> None:
        """Remember the whole names of the file."""
        for name in written:
            if (person := person_of(name)) and not holds_talk(name):
                self._learn(person)
                if nickname := nickname_in(name):
                    self._nicknames.add(called := Person(nickname, person.last))
                    self._learn(called)

    def _learn(self, person: Person) -> None:
        self.by_first[person.first][person.key] = person
        self.by_last[person.last][person.key] = person
        for word in (person.first, person.last):
            self.by_word[spelt(word)][person.key] = person

    def meant_by(self, person: Person) -> Person:
        """The person; for "M. Lindqvist" or "Liz Stone" the one whole name in the file that it can mean."""
        if person in self._nicknames:
            return person
        same = self.by_last.get(person.last, {}).values()
        if len(person.first) == 1:
            longer = [one for one in same if one.first.startswith(person.first) and len(one.first) > 1]
            return longer[0] if len(longer) == 1 else person
        whole = [one for one in same if one.first in whole_names_of(person.first)]
        return whole[0] if len(whole) == 1 else person

    def begin_row(self, written: Iterable[str]) -> None:
        """Forget the row before; `written` are the names of the row in their order."""
        self._rank, self._here, self._spelt, self._met = {}, {}, {}, 0
        for name in written:
            if (person := person_of(name)) and person not in self._rank:
                self._rank[person] = len(self._rank) + 1
                for one in (person.first, person.last):
                    self._here.setdefault(one, person)
                self._spell(person)

    def meet(self, person: Person) -> None:
        """A whole name was read."""
        self._met += 1
        self._rank[person] = -self._met
        self._here[person.first] = self._here[person.last] = person
        self._spell(person)

    def _spell(self, person: Person) -> None:
        for name in (spelt(person.first), spelt(person.last)):
            if len(name) > 2:
                self._spelt.setdefault(name, {})[person] = None

    def knows(self, written: str) -> bool:
        """Whether a text is nothing but the name of somebody in the file, or the family name of one family."""
        if not (tokens := name_tokens(written)) or re.search(r"\d", written):
            return False
        if person := person_of(written):
            return person.key in self.by_last.get(person.last, {})
        return len(tokens) == 1 and (tokens[0].key in self.by_last or family_of(tokens[0].key)[0] in self.by_last)

    def with_part(self, key: str) -> tuple[Person, bool] | None:
        """Who a lone name belongs to: the last one met in the row, one ahead in it, or the only one in the file.

        Returns:
            The person, and whether it is the first name.
        """
        family = family_of(key)[0] if declines(key) else key
        for one in dict.fromkeys((key, family, of_a_woman(family) if declines(key) else key)):
            if found := self._part(one):
                return found
        return None

    def _part(self, key: str) -> tuple[Person, bool] | None:
        if person := self._here.get(key):
            return person, key == person.first
        for whole in whole_names_of(key) if key not in self.by_first else ():
            if (person := self._here.get(whole)) and person.first == whole:
                return person, True
            if len(self.by_first.get(whole, {})) == 1:
                return next(iter(self.by_first[whole].values())), True
        firsts, lasts = self.by_first.get(key, {}), self.by_last.get(key, {})
        if len(firsts) == 1 and (not lasts or key in name_lists().first):
            return next(iter(firsts.values())), True
        # Families keep one name, so that of several it does not matter who is meant.
        return (next(iter(lasts.values())), False) if lasts and not firsts else None

    def in_local_part(self, words: Iterable[str]) -> list[Person]:
        """Persons whose name stands in a user name, alone or run together.

        Those with first and last name in it come first, then those of the row, then whoever alone has such a name.
        """
        wanted = sorted({spelt(word) for word in words})
        found: dict[Person, None] = dict.fromkeys(self._wholly_in(wanted))
        here = {one for word in wanted for piece in self._pieces(word) for one in self._spelt.get(piece, ())}
        found.update(dict.fromkeys(sorted(here, key=self._rank.__getitem__)))
        for word in wanted:
            short = [*self._with_initial(word[1:], word[:1], 0), *self._with_initial(word[:-1], word[-1:], 1)]
            if len(dict.fromkeys(short)) == 1:
                found.setdefault(short[0])
            pieces = [word, *(word[:at] for at in range(3, len(word))), *(word[at:] for at in range(1, len(word) - 2))]
            for piece in pieces:
                if len(self.by_word.get(piece, {})) == 1:
                    found.setdefault(next(iter(self.by_word[piece].values())))
        return list(dict.fromkeys(map(self.meant_by, found)))

    def _with_initial(self, name: str, initial: str, of: int) -> list[Person]:
        """Persons whose family name and the first letter of whose first name make a word: "mlindqvist" (`of` 0).

        With `of` 1 those whose first name it is, with the first letter of the family name: "mayal".
        """
        if len(name) < 3:
            return []
        both = [(spelt(one.first), spelt(one.last), one) for one in self.by_word.get(name, {}).values()]
        return [
            one
            for first, last, one in both
            if (last == name and first[:1] == initial if of == 0 else first == name and last[:1] == initial)
        ]

    def _pieces(self, word: str) -> Iterator[str]:
        """Whatever stands in a word that may be a name of this row."""
        longest = max(map(len, self._spelt), default=0)
        for start in range(len(word) - 2):
            yield from (word[start:end] for end in range(start + 3, min(start + longest, len(word)) + 1))

    def _wholly_in(self, wanted: list[str]) -> list[Person]:
        """Persons with both names among the words, or run together in one."""
        pieces = {piece for word in wanted for at in range(2, len(word) - 1) for piece in (word[:at], word[at:])}
        known = [one for one in [*wanted, *sorted(pieces)] if one in self.by_word]
        both: dict[Person, None] = {}
        for one in known:
            for person in self.by_word[one].values():
                first, last = spelt(person.first), spelt(person.last)
                apart = first in wanted and last in wanted
                if first != last and (apart or first + last in wanted or last + first in wanted):
                    both[person] = None
        return list(both)
