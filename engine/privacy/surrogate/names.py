"""Made-up names: of the same script, culture and sex where these are known, one for each person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.privacy.surrogate.keyed import Draw, Keyed, like_case
from engine.privacy.surrogate.people import (
    People,
    Person,
    Token,
    holds_talk,
    name_tokens,
    nickname_in,
    normalised,
    person_of,
    without_talk,
)
from engine.privacy.surrogate.slavic import declines, family_of, in_case, nominative
from engine.privacy.surrogate.words import Culture, Sex, ascii_of, folded, name_lists, parts, script_of, whole_names_of

_FROM_LISTS, _MADE_UP = 48, 400
_LIKELY = ("english", "arabic_latin", "nordic", "polish", "spanish", "german", "french", "italian")
"""Of the cultures that share a first name, the one that most who bear it come from."""
_LETTERS = {"french": "éèêëçàœ", "spanish": "ñáíúó", "german": "öüäß", "nordic": "åøæðþ", "polish": "łżźśćńąęšžčřě",
            "portuguese": "ãõâ", "turkish": "ğşı", "balkan": "őűțășđ"}  # fmt: skip
_VOWELS = "aeiouyáéíóúýě"
_UNSPACED = ("han", "hangul", "kana")


@dataclass
class Names:
    """Hands out first and family names; a name that was handed out is never given to somebody else.

    Args:
        keyed: The secret.
        people: Who is in the file.
        free: Whether a word may be used: it does not occur in the original.
    """

    keyed: Keyed
    people: People
    free: Callable[[str], bool]
    known: dict[tuple[str, str, str], str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    _families: dict[str, Counter[str]] = field(default_factory=dict)
    """For each family of several, how well each culture goes with their first names."""

    def of(self, written: str) -> str | None:
        """The surrogate of a name as it is written; None where no list or made-up word can serve."""
        if script_of(written) in _UNSPACED:
            return self._unspaced(written)
        tokens = name_tokens(written)
        if not tokens:
            return None
        found = None if holds_talk(written) else person_of(written)
        person = self.people.meant_by(found) if found else None
        whole, nickname = without_talk(tokens), nickname_in(written)
        if person:
            self.people.meet(person)
        new: list[tuple[Token, str]] = []
        for number, token in enumerate(tokens):
            word = self._word(token, number, len(whole), person, nickname)
            if not word:
                return None
            family, last = self._is_last(token, number, whole, person), person.last if person else ""
            new.append((token, self.compound(word, token.text, family=family, last=last)))
        text = written
        for token, word in sorted(new, key=lambda one: -one[0].start):
            text = text[: token.start] + _dressed(word, token) + text[token.end :]
        return text

    def first_name(self, person: Person, like: str = "") -> str:
        """The first name of a person's surrogate."""
        return self._first(person.key, person.first, person.last, like or person.first)

    def last_name(self, person: Person, like: str = "") -> str:
        """The family name of a person's surrogate; families stay families."""
        return self._last(person.last, person.first, like or person.last)

    def lone(self, key: str, like: str) -> str:
        """The surrogate of a lone name: linked to a whole name where it can be, else of its own."""
        if linked := self.people.with_part(key):
            return (self.first_name if linked[1] else self.last_name)(self.people.meant_by(linked[0]), like)
        lists = name_lists()
        family = family_of(key)[0]
        if folded(key) not in lists.first and (folded(key) in lists.last or folded(family) in lists.last):
            return self._last(key, "", like)
        return self._first(f"lone {key}", key, "", like)

    def settle(self, written: Iterable[str]) -> None:
        """Give everybody in the file a name before a row is read, so that nobody's depends on who is met first."""
        whole = {name: person_of(name) is None for name in written}
        families: dict[str, list[Person]] = defaultdict(list)
        for last, persons in sorted(self.people.by_last.items()):
            families[family_of(last)[0]] += persons.values()
        for root, members in families.items():
            if len(members) > 1:
                told = (_origins(one.first, one.last)[:9] for one in members)
                votes = [{origin: 10 - at for at, origin in enumerate(one)} for one in told]
                self._families[root] = sum(map(Counter, votes), Counter())
        for name in sorted(whole, key=lambda one: (whole[one], normalised(one), one)):
            self.people.begin_row(())
            self.of(name)
        self.people.begin_row(())

    def compound(self, word: str, written: str, *, family: bool = False, last: str = "") -> str:
        """A name for each part of "Anne-Marie" or "Garcia-Lopez"; the word itself where there is one part."""
        pieces, key = written.split("-"), normalised(written)
        if len(pieces) == 2 and pieces[0].casefold() in ("al", "el"):
            return f"{pieces[0]}-{word}"
        more = [
            self._last(normalised(piece), "", piece)
            if family
            else self._first(f"{key} part {number}", piece, last, piece)
            for number, piece in enumerate(pieces[1:])
        ]
        return "-".join([word, *more]) if all(more) else word

    # -- inside -------------------------------------------------------------------------------------------------

    def _is_last(self, token: Token, number: int, whole: Sequence[Token], person: Person | None) -> bool:
        if person is not None:
            return number == len(whole) - 1
        linked = self.people.with_part(token.key) if "-" in token.text else None
        return linked is not None and not linked[1]

    def _word(self, token: Token, number: int, count: int, person: Person | None, nickname: str | None) -> str:
        if person is None or number >= count:
            name, case = nominative(token.key)
            return in_case(self.lone(name, token.text), case, _sex(name, ""))
        if number == 0:
            name, case = nominative(token.key)
            return in_case(self.first_name(person, "" if token.initial else token.text), case, _sex(name, ""))
        if number == count - 1:
            return self.last_name(person, token.text)
        if token.key == nickname:
            return self.first_name(Person(nickname, person.last), token.text)
        return self._first(f"{person.key} middle {token.key}", token.key, person.last, token.text)

    def _first(self, key: str, first: str, last: str, like: str) -> str:
        script = script_of(like)
        culture = self._culture(last, first, script)
        sex = _sex(first, last, culture)
        pool = _fitting(culture.first_names(sex) if culture else (), like)
        return self._drawn("first", key, pool, script, sex or "female", like)

    def _last(self, last: str, first: str, like: str) -> str:
        script = script_of(like)
        root = family_of(last)[0]
        culture = self._culture(root, first, script)
        pool = _fitting(culture.surnames if culture else (), like)
        name = self._drawn("last", root, pool, script, "surnames", like)
        if name and last.endswith("ová") and root != last:
            return f"{name.rstrip(_VOWELS)}ová"
        if not (name and culture and culture.feminine):
            return name
        if declines(last):
            # As it is written here, which may be another case than that by which the person is told.
            written = normalised(like)
            return name + family_of(written if family_of(written)[0] == root else last)[1]
        return name + culture.feminine if _sex(first, last) == "female" else name

    def _culture(self, last: str, first: str, script: str) -> Culture | None:
        lists = name_lists()
        found = lists.last.get(folded(last)) or self._of_family(first, last) or lists.last.get(folded(first))
        if found and lists.cultures[found].script == script:
            return lists.cultures[found]
        if script == "latin" and (last + first).isascii():
            return lists.cultures["english"]  # of no list and in plain letters: most likely in English text
        cultures = lists.of_script(script)
        return self.keyed.draw("culture", last or first).pick(cultures) if cultures else None

    def _of_family(self, first: str, last: str) -> str | None:
        """The culture that most first names of the family have; of a name on its own the likeliest."""
        origins: Mapping[str, int] = self._families.get(family_of(last)[0], {}) if last else {}
        likely = _origins(first, last)
        return max(origins, key=lambda one: (origins[one], one in likely, one)) if origins else next(iter(likely), None)

    def _drawn(self, kind: str, key: str, pool: tuple[str, ...], script: str, ending: str, like: str) -> str:
        """A name for `key`: from the lists, then made of syllables; empty where neither works."""
        memo = (kind, key, script)
        if memo in self.known:
            return self.known[memo]
        draw = self.keyed.draw("name", *memo)
        for attempt in range(_FROM_LISTS + _MADE_UP):
            if attempt < _FROM_LISTS:
                name = draw.pick(pool) if pool else ""
            else:
                name = _syllables(draw, script, ending, 1 + attempt // 150)
            if name and self._usable(name, like):
                self.taken.add(folded(name))
                self.known[memo] = name
                return name
        return ""

    def _usable(self, name: str, like: str) -> bool:
        told = folded(name)
        return told not in self.taken and told != folded(like) and self.free(name) and self.free(ascii_of(name) or name)

    def _unspaced(self, written: str) -> str | None:
        """Names that put the family name first and no space between: one surrogate for the whole of it."""
        key = normalised(written)
        culture = _unspaced_culture(written)
        found = self.known.get(("whole", key, culture.script))
        draw = self.keyed.draw("whole", key)
        for _ in range(_FROM_LISTS + _MADE_UP):
            if found:
                break
            candidate = _whole(written, culture, draw)
            if candidate not in self.taken and candidate != written and self.free(candidate):
                found = self.known["whole", key, culture.script] = candidate
                self.taken.add(candidate)
        return found


def _unspaced_culture(written: str) -> Culture:
    """Of names without a space: in Chinese characters four of them, or a family name of Japan's, are Japanese."""
    cultures = name_lists().of_script(script_of(written))
    kanji = name_lists().cultures["japanese_kanji"]
    if kanji in cultures and (len(written.replace(" ", "")) > 3 or written[:2] in kanji.surnames):
        return kanji
    return cultures[0]


def _origins(first: str, last: str) -> tuple[str, ...]:
    """The cultures of a name whose family name no list has, the likeliest first."""
    if last.startswith(("al ", "el ")):
        return ("arabic_latin",)
    if last.startswith(("o ", "mc")):
        return ("english",)
    known = name_lists().origins
    parts_of = (first, *first.split(" "))
    found = next((known[one] for name in parts_of for one in (name, folded(name)) if one in known), ())
    if not (first + last).isascii() and set(found) <= {"english"}:
        told = tuple(culture for culture, letters in _LETTERS.items() if set(letters) & set(first + last))
        found = told or found
    return tuple(sorted(found, key=lambda one: (_LIKELY.index(one) if one in _LIKELY else len(_LIKELY), one)))


def _whole(written: str, culture: Culture, draw: Draw) -> str:
    words = written.split(" ")
    both = culture.first_names(None)
    if len(words) > 1:
        return " ".join([_as_long(culture.surnames, words[0], draw), *(_as_long(both, one, draw) for one in words[1:])])
    if culture.name == "japanese_kanji":
        return _as_long(culture.surnames, written[:2], draw) + _as_long(both, written[2:], draw)
    if culture.script == "kana":
        return draw.pick(both if written in both else culture.surnames)
    sex: Sex | None = next((s for s in ("female", "male") if written[1:] in culture.first_names(s)), None)
    given = [one for one in culture.first_names(sex) if len(one) == len(written) - 1]
    if given:
        return draw.pick(culture.surnames) + draw.pick(given)
    letters = "".join(culture.surnames) if len(written) == 1 else "".join(both)
    return "".join(draw.pick(letters) for _ in written)


def _as_long(names: Sequence[str], like: str, draw: Draw) -> str:
    """One of the names, as long as another where there are such."""
    return draw.pick([name for name in names if len(name) == len(like)] or names)


def _sex(first: str, last: str, culture: Culture | None = None) -> Sex | None:
    # A short form is what the whole name is, and "Anne-Marie" what Anne is. Jean is a man in France.
    names = (first, *first.split(" "), *whole_names_of(first))
    for name in map(folded, names):
        if culture and (here := name_lists().sexes.get((culture.name, name))):
            return here
    for name in names:
        found = name_lists().first.get(folded(name))
        if found and found[1]:
            return found[1]
    return "female" if last.endswith(("ова", "ева", "ёва", "ина", "ская")) else None


def _fitting(pool: tuple[str, ...], like: str) -> tuple[str, ...]:
    """Names in plain letters for a name in plain letters."""
    return tuple(name for name in pool if name.isascii()) if like.isascii() else pool


def _syllables(draw: Draw, script: str, ending: str, count: int) -> str:
    starts, middles = parts("syllables", script, "starts"), parts("syllables", script, "middles")
    ends = parts("syllables", script, ending)
    if not (starts and middles and ends):
        return ""
    inner = "".join(draw.pick(middles) + draw.pick(starts).lower() for _ in range(count - 1))
    return draw.pick(starts) + inner + draw.pick(middles) + draw.pick(ends)


def _dressed(word: str, token: Token) -> str:
    """The word in the form of the token: an initial, or with its capitals; a compound stays a compound."""
    if token.initial:
        return like_case(word[0], token.text * 2)[0]
    pieces = token.text.split("-")
    if len(pieces) == word.count("-") + 1:
        return "-".join(like_case(one, piece) for one, piece in zip(word.split("-"), pieces, strict=True))
    return like_case(word, token.text)
