# ruff: noqa: E501, RUF001, SIM905 (lists of words read better as text; quotation marks as people type them)
"""Whole names: initials, titles, particles and further names that the recognisers leave beside a name, and names in a list.

What stays behind ("R. de" of "R. de Vries", "Mayor" of "Mayor Adams") narrows down whom the row is about. A word with a
capital directly beside a name is part of it more often than not, and so is the one word of a list of names that nothing
took for a name.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from engine.privacy.cases import opens_sentence
from engine.privacy.hits import Hit
from engine.privacy.recognisers.foreign import has_capital_nouns, is_everyday, is_foreign_text
from engine.privacy.recognisers.known import given_names, is_brand, is_label
from engine.privacy.recognisers.nobody import is_nobody
from engine.privacy.recognisers.wordnames import called_so
from engine.privacy.recognisers.words import is_common, is_dictionary_word
from engine.privacy.titles import ALSO_NAMES, RELATION, TITLES

_PARTICLES = r"(?:de|da|do|dos|das|del|della|di|van|von|der|den|ter|ten|la|le|los|bin|ibn|al|el|af|zu|O['’])"
_INITIALS = r"(?:[A-ZÀ-Þ]\.[ ]?|(?:[A-Z]J|J[A-Z])[ ])"
_INITIAL_AFTER = re.compile(r"[ ][A-ZÀ-Þ]\.(?![\w.])")
_SMALL_PARTICLES = re.compile(rf"(?<![\w'’.\-])(?:{_PARTICLES}[ ]){{1,3}}$")
_HONORIFIC = re.compile(
    r"(?:[ ](?:sir|ma['’]?am|madam|saab|sahib|ji|bhai|bhaiya|didi|akka|anna|garu|oppa|hyung|noona|unnie|ssi|nim|sensei|senpai|abi|abla|bey|han[ıi]m|hoca|teyze"
    r"|amca|jie|jiejie|gege|laoshi|ayi|shushu|xiansheng)|[ -](?:san|sama|kun|chan)|,?[ ](?:Jr|Sr)\.?|[ ](?:II|III|IV))(?![\w'’-])"
)
"""What stands after a name where people are spoken of with respect, or are called like their parents."""
_COUPLE = re.compile(r"(?<![\w'’.\-])(?:Mr|Dr|Prof|Herr)\.?[ ](?:&|and|und)[ ](?:Mrs|Ms|Dr|Mr|Frau)\.?[ ]$")
_BEFORE = re.compile(rf"(?<![\w'’.]){_INITIALS}{{1,3}}(?:{_PARTICLES}[ ]){{0,3}}$")
_TITLE = re.compile(
    rf"(?<![\w'’.\-])(?:(?:{f'{TITLES} {ALSO_NAMES}'.replace(' ', '|')})(?:\.-?[ ]?|[ ])){{1,2}}$", re.IGNORECASE
)
_REACH = 34
_NAME = r"[A-ZÀ-ÖØ-Þ](?:[a-zà-öø-ÿ]|['’](?!(?:s|m|d|t|ll|re|ve)\b)[A-Z]?)+"
_NEXT = re.compile(
    rf"(?:[ ](?:(?:{_PARTICLES}|L[ea]|D[eaiu]|V[ao]n|El|Al)[ ]){{0,2}}|(?P<line>-))(?P<word>{_NAME})(?![\w@]|['’](?!s\b))"
)
_LAST = re.compile(rf"(?<![\w'’.@#/\-])(?P<word>{_NAME})(?:[ ]|-)$")
_NICKNAME = re.compile(r"[ ][\"“”'‘’(]{1,2}[ ]?[\w.]{2,14}[ ]?[\"“”'’)]{1,2}[ ]|[ ]?[\"“”][ ]?")
_ITEM = r"[A-ZÀ-ÖØ-Þ][\w’\-]+(?:[ ][A-ZÀ-ÖØ-Þ][\w’\-]+)?"
_BESIDE = r"(?:[ ]\([^()\n]{1,14}\)|(?:,?[ ]\d{1,3}(?:\+\d)?['’]?){1,3}(?!\w))?"
_BETWEEN = re.compile(r",?[ ](?:and|&|or|vs?\.?)[ ]|[,;][ ]|[ ][/>][ ]")
_LIST = re.compile(rf"(?<![\w@#’'.\-]){_ITEM}{_BESIDE}(?:(?:{_BETWEEN.pattern}){_ITEM}{_BESIDE})+(?![\w@’]|\.\w)")
"""Names in a row, also with what a report of a match sets beside them: "(Giroud 23, Walcott 67; Kane 88)"."""
_NAMED = re.compile(_ITEM)
_A_LIST = re.compile(r"[,;&/>][ ]|[ ](?:and|or|vs?\.?)[ ]")
_LONG_LIST = 5
_FAMILY_NAMES = frozenset(
    """winter winters summer summers spring springs weeks price cash law short poor night day days bird birds brown green white black gray grey blue gold
    silver young long strong king cook rich love hope stone stones banks fields field rivers river moon star fish fox wolf lamb bull pope priest
    bishop knight knights baker mason porter page wise swift sharp bright power powers small little church case hall hill hills wood woods lake bell
    ball bush rose berry bloom frost snow rain storm english french german holland paris london street lane park parks house barnes mill mills miller
    smith cooper carter parker walker turner taylor potter hunter fisher gardner weaver dyer sawyer marsh pond brook brooks beach ford bridge bridges
    castle north east west south low high best better good goodman friend friends noble savage moody gay sweet savory pepper rice bacon beans pickles
    peach plum cherry apple lemon olive ivy lily grace joy faith cross temple abbot monk pagan christian bond bank ring gem jewel pearl ruby diamond
    steel irons iron copper tin nickel glass silk cotton cloud clay sands sandy rock rocks pool wells lock locks key keys head foot hand hands hart
    heart legg back chin tongue speed swan drake crow raven hawk eagle finch lark wren dove heron peacock deer bear hare badger beaver otter colt
    bullock steer major sergeant general marshall duke earl baron prince royal champion hero guard butler chase chance luck grant bill mark frank max
    early late light dark dry wild tame true pride joyce sparks flowers flower reed fern root branch leaf moss heath mead meadows garden court gates
    post home read reader write driver rider sailor singer player piper fiddler harper painter tiler slater carver cutter sellers barber cox more less
    moore cannon shields spears bowman archer wall walls towers tower stairs""".split()
)
"""Everyday words that are family names; behind a name and with a capital they are no others."""
_OPENERS = frozenset(
    "Will May Mark Hope Grant Bill Chase Pat Drew Sue Rob Dash Skip Sky Art Love Sunday Wednesday Rich Poor Dot Story".split()
)
_CAPITALISED = re.compile(r"(?<![\w@#./\-])[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{2,}(?![\w@/]|\.\w)")
_CAPITAL = re.compile(r"(?<!\w)[A-ZÀ-ÖØ-Þ]")
_WORD = re.compile(r"(?<!\w)[^\W\d_]{2,}")
_MOSTLY = 0.6
_AROUND = 1_000
"""Characters of a long text that say how its author uses capitals at a place."""
_BY, _SCORE = "NameContextRecognizer", 0.5


def whole_names(text: str, hits: Iterable[Hit]) -> list[Hit]:
    """The hits, names whole and lists of names without gaps; offsets are characters of `text`."""
    ordered = list(hits)
    if not any(hit.entity == "PERSON" for hit in ordered):
        return ordered
    found = [_completed(text, hit) if hit.entity == "PERSON" else hit for hit in ordered]
    found = _with_nicknames(text, found)
    found += _left_in_lists(text, found)
    return [*found, *_said_again(text, found)]


def _completed(text: str, hit: Hit) -> Hit:
    if text[hit.start].isupper():
        before = _BEFORE.search(text[max(0, hit.start - _REACH) : hit.start])
        if before is None and not is_foreign_text(text):
            before = _SMALL_PARTICLES.search(text[max(0, hit.start - _REACH) : hit.start])
        if before:
            hit = replace(hit, start=hit.start - len(before.group()))
        hit = _with_neighbours(text, hit)
    initial = _INITIAL_AFTER.match(text, hit.end)
    if initial and text[hit.start].isupper():
        hit = replace(hit, end=initial.end())
    honorific = _HONORIFIC.match(text, hit.end)
    if honorific:
        hit = replace(hit, end=honorific.end())
    related = RELATION.match(text, hit.end)
    if related:
        hit = replace(hit, end=related.end())
    before_it = text[max(0, hit.start - _REACH) : hit.start]
    title = _TITLE.search(before_it) or _COUPLE.search(before_it)
    return replace(hit, start=hit.start - len(title.group())) if title else hit


def _with_neighbours(text: str, hit: Hit) -> Hit:
    """The name with capitalised words directly beside it, which are part of it unless they are everyday words."""
    start, end = hit.start, hit.end
    around = text if len(text) <= _AROUND else text[max(0, start - _AROUND // 2) : end + _AROUND // 2]
    if not text[start:end].isupper() and not _all_capital(around):
        for _ in range(2):
            after = _NEXT.match(text, end)
            if after is None or not (
                after.group("line") or _part_of_a_name(text, after.group("word")) or _a_surname(text, after)
            ):
                break
            end = after.end()
        before = _LAST.search(text[max(0, start - _REACH) : start])
        if before:
            word, first = before.group("word"), start - len(before.group())
            opens = opens_sentence(text, first)
            part = _part_of_a_name(text, word) and not (opens and is_dictionary_word(word))
            if part or (word.casefold() in called_so() and not (opens and word in _OPENERS)):
                start = first
    return replace(hit, start=start, end=end)


def _part_of_a_name(text: str, word: str) -> bool:
    if is_common(word) or is_label(word) or is_brand(word) or is_everyday(word):
        return False
    return not (is_foreign_text(text) and has_capital_nouns(text))


def _a_surname(text: str, after: re.Match[str]) -> bool:
    """An everyday word with a capital right behind a name, that is a family name too: "Oona Winter", not "Oona Call"."""
    word = after.group("word").casefold()
    return word in _FAMILY_NAMES and not is_foreign_text(text)


@functools.lru_cache(maxsize=64)
def _all_capital(text: str) -> bool:
    """Whether Most Words Begin With A Capital, as in headlines: there it says nothing."""
    words = len(_WORD.findall(text))
    return words >= 4 and len(_CAPITAL.findall(text)) > _MOSTLY * words


def _with_nicknames(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """Names in two pieces around a quoted one joined: 'Earl "Fats" Hines'."""
    joined: list[Hit] = []
    for hit in hits:
        last = joined[-1] if joined else None
        if (
            last
            and hit.entity == last.entity == "PERSON"
            and 1 <= hit.start - last.end <= 20
            and _NICKNAME.fullmatch(text[last.end : hit.start])
        ):
            joined[-1] = replace(last, end=hit.end)
        else:
            joined.append(hit)
    return joined


def _left_in_lists(text: str, hits: Sequence[Hit]) -> Iterator[Hit]:
    """The words of a list of names that nothing took for names."""
    if not _A_LIST.search(text):
        return
    taken = people = b""
    for match in _LIST.finditer(text):
        items = list(_items(text, match.start(), match.end()))
        if len(items) < 2:
            continue
        if not taken:  # A long list has as many findings as items: each with each would take minutes.
            taken, people = _marked(text, hits), _marked(text, [hit for hit in hits if hit.entity == "PERSON"])
        persons = sum(people.find(1, start, end) >= 0 for start, end in items)
        if not persons or 2 * persons < len(items):
            continue
        sure = len(items) >= _LONG_LIST and 2 * persons >= len(items)
        for start, end in items:
            free = taken.find(1, start, end) < 0 and not is_nobody(text, start, end)
            if free and (sure or _a_name_too(text, start, end, len(items))):
                yield Hit(start, end, "PERSON", _SCORE, _BY)


def _said_again(text: str, hits: Sequence[Hit]) -> Iterator[Hit]:
    """Further places of a text where a word of a name stands that is nothing but a name."""
    places = {
        match.start(): match.group()
        for hit in hits
        if hit.entity == "PERSON" and (hit.score >= _SCORE or " " in text[hit.start : hit.end])
        for match in _CAPITALISED.finditer(text, hit.start, hit.end)
    }
    parts = set(places.values())
    for match in _CAPITALISED.finditer(text) if parts else ():
        word, start = match.group(), match.start()
        if word in parts and start not in places and _part_of_a_name(text, word) and not is_dictionary_word(word):
            yield Hit(start, match.end(), "PERSON", _SCORE, _BY)


def _marked(text: str, hits: Sequence[Hit]) -> bytes:
    """A byte for each character: 1 inside a hit."""
    marks = bytearray(len(text))
    for hit in hits:
        marks[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
    return bytes(marks)


def _items(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the names of a list stand, without what is set beside them."""
    while named := _NAMED.match(text, start, end):
        yield named.span()
        following = _BETWEEN.search(text, named.end(), end)
        start = following.end() if following else end


def _a_name_too(text: str, start: int, end: int, items: int) -> bool:
    words = text[start:end].split()
    if not all(_part_of_a_name(text, word) for word in words):
        return False
    return items > 2 or not any(is_dictionary_word(word) and word.casefold() not in given_names() for word in words)
