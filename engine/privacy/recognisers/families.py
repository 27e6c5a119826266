# ruff: noqa: E501, RUF001, SIM905 (patterns are broken at their parts, and hold the marks that people type)
"""Family names by themselves, as people write of those whom everybody knows: "Rooney scores", "Broad 8-15".

A family name that no dictionary has is somebody wherever it has a capital, also where it opens a sentence. One that is
a word too is somebody where only a player or a politician can stand, and in the list under a heading such as "Present:".
The shortest first names, and names that their owner explains, are here as well: "Angel is my middle name".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from engine.privacy.cases import gives_no_hint
from engine.privacy.recognisers.foreign import is_everyday, is_foreign_text
from engine.privacy.recognisers.known import (
    census_names,
    family_names,
    given_names,
    is_brand,
    is_label,
    listed_names,
    short_surnames,
)
from engine.privacy.recognisers.patterns import Rule, both, by_first_letter, contains
from engine.privacy.recognisers.slots import telling_names, words_of
from engine.privacy.recognisers.wordnames import called_so
from engine.privacy.recognisers.words import is_common, is_dictionary_word

_SMALL_AT_LEAST = 6
"""Letters of a family name that counts in small letters too, in a text of small letters; shorter ones are misspelt words."""
_HEADS = re.compile(
    r"[ ](?:Street|St|Road|Rd|Lane|Avenue|Ave|Park|Square|Stadium|Arena|County|University|College|School|Academy|Airport|Station|Hotel|Hospital|Bridge|Beach|Bay|Island"
    r"|Valley|River|Creek|Lake|City|Town|United|Rovers|Wanderers|Athletic|Albion|FC|Records|Award|Awards|Prize|Cup|Trophy|Group|Inc|Ltd|LLC|Corp|Bank|Foundation|Center|Centre|Theatre|Museum)\b"
)
"""After one of these a name is that of a place, a house or a prize."""
_DONE_IN_PUBLIC = (
    r"scores?\b|scored\b|nets\b|strikes again|must (?:go|resign|quit|stay)\b|resigns?\b|resigned\b|sacked\b|retires?\b|gone for\b|out for (?:a duck|\d)|for (?:PM|president|prime minister|mayor|captain)\b"
    r"|with (?:the|a|an|another) (?:[a-z]+ )?(?:assist|goal|winner|header|finish|catch|try|equali[sz]er|pass|save|hat-?trick|wicket)|hat-?trick|equali[sz]es\b|bowled\b|lbw\b|off injured|on the bench|subbed\b|to start\b"
    r"|drop goal|free-?kick|concedes\b|lifts (?:it|the)|plays \w{2}\b|bats\b|starts (?:at|in|up)|goes (?:down|off)\b|tweets\b|misses (?:a|the)|beats\b|sent off|booked\b|injured\b|signs for|to (?:Chelsea|Arsenal|United|City|Madrid|Barca|Liverpool|Spurs|Celtic|Rangers|Leeds|Everton)\b"
)
_NO_NAMES = frozenset("this that it what which whatever here there not mine yours his hers who one".split())
_SHORTEST = frozenset("Al Bo Cy Di Ed Em Jo Lu Mo Ro Ty Vi Zo".split())
_HEADING = re.compile(
    r"(?:\A|[.;\n][ ]{0,2})(?:Present|Apologies|Attendees|Attending|In attendance|Absent|Invited|Participants|Guests|Chair|Scribe|Line-?up|Cast|Starring|Subs|Starting (?:XI|lineup)|XI|Crew|Cc)[ ]?:[^.\n:]*\Z",
    re.IGNORECASE,
)
_REACH = 300
_VERB_FOLLOWS = frozenset("to will can would could may might should must not always never no".split())
_NO_FIRST_NAMES = frozenset(
    "april may june july august summer autumn winter sun mon wed thu fri sat sunday monday tuesday wednesday thursday friday saturday".split()
)
_GOES_ON = frozenset("_@#./-0123456789")
_NOT_THE_END = re.compile(r"[\w@/]|-[a-z]|\.\w")
_HANDLE = re.compile(r"(?<![\w@])@(\w{4,30})")
_PART = re.compile(r"[A-Z]?[a-z]{4,}|[A-Z]{4,}")


@functools.cache
def _families() -> frozenset[str]:
    """Family names, in small letters, that are nothing else: no word of a dictionary, no label, no maker of things."""
    listed = frozenset(
        name
        for name in listed_names() - given_names()
        if len(name) >= 4
        and name.isalpha()
        and name.isascii()
        and not (is_dictionary_word(name) or is_everyday(name) or is_label(name) or is_brand(name))
    )
    return family_names() | listed


@functools.cache
def _names() -> frozenset[str]:
    return telling_names() | _families()


def _holds_a_name(text: str) -> bool:
    return not _names().isdisjoint(words_of(text))


def _a_telling_name(match: re.Match[str]) -> bool:
    """A given name of the lists; a family name with a capital, unless a place is called so, or in small letters a long one.

    Three or four capitals are a short form of something. Small letters count where the author has no others.
    """
    word, text = match.group(), match.string
    small = word.casefold()
    if small not in _names() or (word.isupper() and len(word) <= 4):
        return False
    if text[match.start() - 1 : match.start()] in _GOES_ON or _NOT_THE_END.match(text, match.end()):
        return False
    if small in telling_names():
        return True
    if word[0].isupper():
        return _HEADS.match(text, match.end()) is None
    return len(word) >= _SMALL_AT_LEAST and gives_no_hint(text) and not is_foreign_text(text)


def _begins(match: re.Match[str]) -> bool:
    """Whether a word begins there; a pattern that says so itself is tried at every letter of a text."""
    before = match.string[match.start() - 1 : match.start()]
    return not (before.isalnum() or before in _GOES_ON or before in {"'", "’"})


def says(*words: str) -> Callable[[str], bool]:
    """A test for texts with one of `words`, which are in small letters."""
    wanted = frozenset(words)
    return lambda text: not wanted.isdisjoint(words_of(text))


def _also_a_family_name(match: re.Match[str]) -> bool:
    small = match["name"].casefold()
    if is_common(small) or is_label(small) or is_brand(small) or not _begins(match):
        return False
    return small in census_names() or small in listed_names() or not is_dictionary_word(small)


def _in_every_mouth(match: re.Match[str]) -> bool:
    """A name that everybody knows, unless it is the verb: "to trump that"."""
    before = re.search(r"(\w+)[ ]$", match.string[max(0, match.start() - 16) : match.start()])
    return match.group()[0].isupper() or not (before and before.group(1) in _VERB_FOLLOWS)


def _explained(match: re.Match[str]) -> bool:
    return match["name"].casefold() not in _NO_NAMES


def _shortest(match: re.Match[str]) -> bool:
    return match["name"] in _SHORTEST


@functools.lru_cache(maxsize=4)
def _in_handles(text: str) -> frozenset[str]:
    """The parts of the handles of a text, in small letters, that are nothing but names."""
    parts = (part.casefold() for handle in _HANDLE.findall(text) for part in _PART.findall(handle))
    return frozenset(
        part
        for part in parts
        if not (is_dictionary_word(part) or is_everyday(part) or is_brand(part) or is_label(part))
    )


def _also_in_a_handle(match: re.Match[str]) -> bool:
    return match.group().casefold() in _in_handles(match.string)


def _given_and_family(match: re.Match[str]) -> bool:
    """A first name of the lists and a family name, one of which may be a word: "Ben Watson"."""
    first, last = match["first"].casefold(), match["last"].casefold()
    if first not in called_so():
        return False
    if is_common(last) or is_brand(last) or is_brand(first) or first in _NO_FIRST_NAMES or not _begins(match):
        return False
    return last in census_names() or last in listed_names() or last in family_names()


def _under_a_heading(match: re.Match[str]) -> bool:
    """One of the people whom a heading announces."""
    if not _HEADING.search(match.string[max(0, match.start() - _REACH) : match.start()]):
        return False
    return all(
        not (is_label(word) or is_brand(word)) and (word.casefold() in short_surnames() or not is_common(word))
        for word in match["name"].split()
    )


def family_rules() -> list[Rule]:
    """The rules, for the recogniser of names."""
    return [
        Rule("known name", re.compile(r"[^\W\d_]{3,}"), 0.5, check=_a_telling_name, needs=_holds_a_name, hint=True),
        Rule("who is in the news", re.compile(rf"(?P<name>[A-Z][a-z]{{3,14}})[ ](?=(?:is |was |has |been |just )?(?:{by_first_letter(_DONE_IN_PUBLIC)}))"), 0.6, group="name",
             check=_also_a_family_name),
        Rule("family name that is a word", re.compile(
            r"(?<![\w@#./\-])(?:[Tt]rump|Pope|(?<=[a-z,][ ])(?:Bush|Musk))(?![\w@/\-]|['’](?!s\b)|[ ](?:cards?|suits?)\b)"), 0.6, check=_in_every_mouth,
            needs=contains("trump", "bush", "musk", "pope"), hint=True),
        Rule("name that is explained", re.compile(
            r"(?<![\w'’@#])(?P<name>[A-Za-z][a-z]{1,13})[ ](?:is|isn['’]t|was|wasn['’]t)[ ](?:not[ ]|just[ ]|only[ ])?(?:my|her|his|their|your)[ ](?:(?:real|middle|first|last|legal|actual|full|given|maiden|stage|birth|family|pen)[ ]name|nickname|surname)\b"),
            0.6, group="name", check=_explained, needs=contains("name")),
        Rule("called as in a handle", re.compile(r"(?<![\w@#./\-])[A-Za-z]{4,16}(?![\w@/]|\.\w)"), 0.6, check=_also_in_a_handle, needs=both(contains("@"), lambda text: bool(_in_handles(text)))),
        Rule("first and family name", re.compile(r"(?P<first>[A-Z][a-z]{1,11})[ ](?P<last>(?:Mc|Mac|O['’])?[A-Z][a-z]{2,14})(?![\w@])"), 0.5, check=_given_and_family),
        Rule("shortest names", re.compile(r"(?:^|(?<=[a-z,&][ ]))(?P<name>[A-Z][a-z])(?=[ ]?(?:[,.!?\n)]|$)|['’]s\b|[ ]x+\b|[ ](?:and|is|was|says|said|has|had|told|can|will|would|wants|got)\b)", re.MULTILINE), 0.6, group="name",
             check=_shortest, needs=says(*map(str.lower, _SHORTEST))),
        Rule("who plays records", re.compile(r"(?<![\w'’])(?:DJ|MC|Dj)[ ](?P<name>[A-Z][A-Z0-9]{1,14})(?!\w)"), 0.5, group="name", check=lambda match: not is_label(match["name"]), needs=says("dj", "mc")),
        Rule("under a heading", re.compile(r"(?<=[:,;][ ])(?P<name>[A-Z][a-z]{1,14}(?:[ ][A-Z][a-z]{1,14})?)(?=[ ]?(?:[,;.(\n]|\Z))"), 0.6, group="name", check=_under_a_heading,
             needs=both(contains(":"), says("present", "apologies", "attendees", "attending", "attendance", "absent", "invited", "participants", "guests", "chair", "scribe", "up", "lineup", "cast", "starring", "subs", "xi", "crew", "cc"))),
    ]  # fmt: skip
