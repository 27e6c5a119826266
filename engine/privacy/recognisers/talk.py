# ruff: noqa: E501, RUF001, SIM905 (patterns are broken at their parts, and hold the marks that people type)
"""Names by the form of what is written down: who speaks in a log of messages, and whom the fields of a record name.

A log names each speaker where a line begins, often in small letters; a record says "sender" or "attendees" before
somebody's name. Who speaks in a log is looked for in the rest of it too, since the others answer by name.
"""

from __future__ import annotations

import functools
import re

from engine.privacy.cases import opens_sentence
from engine.privacy.recognisers.foreign import is_everyday
from engine.privacy.recognisers.known import census_names, given_names, is_brand, is_label, listed_names
from engine.privacy.recognisers.nobody import ROLES
from engine.privacy.recognisers.patterns import Rule, both, contains, matches
from engine.privacy.recognisers.words import is_common, is_dictionary_word, names_that_are_words

_WORD = r"[^\W\d_][\w'’\-]{0,18}\.?"
_WHO = rf"{_WORD}(?:[ ]{_WORD}){{0,2}}"
_STAMP = r"[\[(]?(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4},?[ T]{1,2})?\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:[ ]?[APap][Mm])?[\])]?[ ,\-–]{1,3}"
_TURN = re.compile(
    rf"(?:^[ \t>*•\-]{{0,4}}|(?<=[.!?…\]/|][ ]))(?P<stamp>{_STAMP})?(?P<nick><)?(?P<who>{_WHO})(?(nick)>|[ ]?:)(?=[ \t]+\S)",
    re.MULTILINE,
)
_HAS_TURNS = matches(r"\w[ ]?:[ \t]+\S|\w>[ \t]")
_PARTS = ROLES | frozenset(
    """claude chat him her them subject date time place location topic agenda action actions summary reminder status result results total price question answer scene act intro
    outro verse q a re fw fwd ps nb note notes todo update edit tip warning error info debug""".split()
)
"""Who speaks in a log without being anybody, and what stands at the start of a line without speaking."""
_CODE = re.compile(r"[{};]\s*$|^\s*(?:import|def|class|return|function|apiVersion)\b", re.MULTILINE)
_ONE_WORD = re.compile(r"(?<![\w@#./\-'’])[^\W\d_]{3,20}(?![\w@]|[./]\w)")

_SURELY = r"senders?|recipients?|receivers?|authors?|speakers?|assignees?|reporters?|callers?|callees?|participants?|attendees?|invitees?|organi[sz]ers?|cardholder|beneficiary|patients?|signed_?by|approved_?by|created_?by|(?:full|first|last|given|family|sur|nick|maiden|middle|contact|customer|client|patient|guest|driver|employee)[_ ]?names?"
_MAYBE = r"from|to|cc|bcc|with|by|owners?|creators?|contacts?|members?|guests?|hosts?|customers?|clients?|drivers?|passengers?|employees?|managers?|teachers?|students?|father|mother|spouse|partner|child(?:ren)?|friends?|people|persons?|users?|(?:display|real)?[_ ]?names?"
_FIELD = re.compile(
    rf"[\"'](?:(?P<surely>{_SURELY})|(?:{_MAYBE}))[\"']\s{{0,3}}:\s{{0,3}}(?:\[\s{{0,3}}(?:\"[^\"\n]{{0,40}}\"\s{{0,2}},\s{{0,3}}){{0,8}})?\Z",
    re.IGNORECASE,
)
_LOOK_BACK = 200
_UPPER = r"[A-ZÀ-ÖØ-ÞĀ-ŽА-ЯЁΑ-Ω][\w'’.\-]*"


def _odd(word: str) -> bool:
    """Whether no dictionary has a word, so that it is a name far more often than not."""
    letters = word.strip(".").replace("-", "").replace("'", "").replace("’", "")
    return letters.isalpha() and not (is_dictionary_word(word) or is_label(word) or is_brand(word) or is_everyday(word))


def _may_be_a_name(word: str) -> bool:
    small = word.casefold().strip(".'’")
    if small in _PARTS:
        return False
    known = small in given_names() or (small in names_that_are_words() and not is_label(small))
    return known or _odd(word) or (small in census_names() and not is_common(word))


def _could_be_a_name(word: str) -> bool:
    return (
        word[0].isupper()
        and word.casefold() not in _PARTS
        and not (is_label(word) or is_brand(word) or is_common(word))
    )


@functools.lru_cache(maxsize=4)
def _speakers(text: str) -> frozenset[str]:
    """Who speaks in a log, as they are written there; none where the text is no log.

    A log is told by a speaker who speaks twice, by the time before who speaks, by <names in brackets>, or by given
    names only.
    """
    if _CODE.search(text):
        return frozenset()
    turns = list(_TURN.finditer(text))
    spoken = [turn["who"] for turn in turns]
    told = any(turn["stamp"] or turn["nick"] for turn in turns) or len(set(spoken)) < len(spoken)
    if not told and not (len(spoken) > 1 and all(who.casefold() in given_names() for who in spoken)):
        return frozenset()
    names = frozenset(who for who in spoken if all(map(_may_be_a_name, who.split())))
    # Among people whose names are known, whoever speaks like them is one of them, however the name reads.
    if len(names) > 1 and 3 * len(names) >= len(set(spoken)):
        names |= {who for who in spoken if all(map(_could_be_a_name, who.split()))}
    return names


@functools.lru_cache(maxsize=4)
def _called(text: str) -> frozenset[str]:
    """The words of the speakers' names, in small letters, that are nothing but names."""
    return frozenset(word.casefold() for who in _speakers(text) for word in who.split() if _odd(word))


def _speaks(match: re.Match[str]) -> bool:
    """A speaker of a log; elsewhere a given name with a capital before a colon."""
    who = match["who"]
    if who in _speakers(match.string):
        return True
    first = who.split()[0]
    return (
        first[0].isupper()
        and first.casefold() in given_names()
        and all(map(_odd, who.split()))
        and not _CODE.search(match.string)
    )


def _is_called(match: re.Match[str]) -> bool:
    """A word of a speaker's name; where it is a word too, with its capital, and not where a sentence begins with it."""
    word, text = match.group(), match.string
    if word.casefold() in _called(text):
        return True
    return word in _speakers(text) and not (is_common(word) and opens_sentence(text, match.start()))


def _in_a_field(match: re.Match[str]) -> bool:
    """A name in a field of JSON that holds somebody's name; where it may hold other things, a name of the lists."""
    text, name = match.string, match["name"]
    field = _FIELD.search(text[max(0, match.start() - _LOOK_BACK) : match.start()])
    if field is None:
        return False
    words = name.replace(",", " ").split()
    if any(is_label(word) or is_brand(word) or word.casefold() in _PARTS for word in words):
        return False
    listed = any(word.casefold().strip(".") in listed_names() for word in words)
    return listed or (field["surely"] is not None and not all(map(is_dictionary_word, words)))


def _spelled(match: re.Match[str]) -> bool:
    """D-E-L-G-A-D-O, but not S-H-I-R-T."""
    word = match.group().replace("-", "").casefold()
    return word in listed_names() or word in given_names() or not is_dictionary_word(word)


def talk_rules() -> list[Rule]:
    """The rules, for the recogniser of names."""
    return [
        Rule("who speaks", _TURN, 0.7, group="who", check=_speaks, needs=_HAS_TURNS),
        Rule("who speaks is called", _ONE_WORD, 0.6, check=_is_called,
             needs=both(_HAS_TURNS, lambda text: bool(_speakers(text)))),
        Rule("field of a record", re.compile(rf"(?<=[:\[,\s])\"(?P<name>{_UPPER}(?:,?[ ]{_UPPER}){{0,3}})\""), 0.6, group="name",
             check=_in_a_field, needs=contains('"')),
        Rule("spelled out", re.compile(r"(?<![\w\-])[A-Z](?:-[A-Z]){3,15}(?![\w\-])"), 0.6, check=_spelled, needs=contains("-")),
    ]  # fmt: skip
