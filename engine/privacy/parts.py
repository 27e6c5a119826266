"""The words of a name by themselves: which of them tell who is meant, and which may be everyday words too.

"Lindqvist" is somebody wherever it stands, and is searched in the whole file. "Stone" or "Will" is somebody only where
the text says so: in a row that names the person, with a capital that no beginning of a sentence explains.
Anywhere else nobody can tell, and the proof says how often that is (`engine.privacy.remains`).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence

from engine.privacy.cases import opens_sentence
from engine.privacy.hits import Hit
from engine.privacy.recognisers.foreign import is_everyday
from engine.privacy.recognisers.known import is_label, listed_names
from engine.privacy.recognisers.words import is_common, is_dictionary_word, names_that_are_words
from engine.privacy.surrogate.people import name_tokens

SWEEP = "WholeFileSweep"
"""The recogniser of what was found because it stands elsewhere as somebody's name."""
_SURE_NAME, _SCORE = 0.6, 0.6
_BY_ITSELF = re.compile(r"(?<![\w'’-])[\w'’-]+")  # noqa: RUF001
_DATES = frozenset("mon tue wed thu fri sat sun jan feb mar apr jun jul aug sep sept oct nov dec".split())  # noqa: SIM905
"""Short forms of days and months: "Thu Trang" must not hide every Thursday."""


def tells(part: str) -> bool:
    """Whether a part of a name says something by itself: long enough, letters only, no everyday word."""
    solid = len(part) >= 3 and part.replace("-", "").isalpha()
    return solid and not _is_word(part)


def is_doubtful(word: str) -> bool:
    """Whether a word written with a capital is an everyday word too, so that its capital may have another reason."""
    return word[:1].isupper() and _is_word(word)


def words_of_name(name: str) -> list[str]:
    """The words of a name of two words or more, without titles and particles; none of a lone one."""
    words = [token.text for token in name_tokens(name) if len(token.text) >= 3]
    return words if len(name.split()) >= 2 else []


def doubtful_words(name: str) -> list[str]:
    """Those words of a name, written with a capital, that are everyday words too."""
    return [word for word in words_of_name(name) if is_doubtful(word)]


def _is_word(part: str) -> bool:
    if part.casefold() in _DATES or is_common(part) or is_label(part) or is_everyday(part):
        return True
    a_name = part.casefold() in names_that_are_words() or (part != part.lower() and part.casefold() in listed_names())
    return not a_name and is_dictionary_word(part)


def lone_words(fields: Sequence[tuple[str, str]], hits: Sequence[Iterable[Hit]]) -> list[list[Hit]]:
    """Further findings in the texts of one row: words of a name in it that stand by themselves and mean the person.

    Args:
        fields: (path, text) of the row.
        hits: What was found in each.

    Returns:
        The further findings of each text; empty where no name of the row has a word that is an everyday word too.
    """
    names = {
        text[hit.start : hit.end]
        for (_, text), found in zip(fields, hits, strict=True)
        for hit in found
        if hit.entity == "PERSON" and hit.score >= _SURE_NAME
    }
    words = {word for name in names for word in [*doubtful_words(name), *_capitalised(name)]}
    if not words:
        return []
    return [
        [
            Hit(start, start + len(word), "PERSON", _SCORE, SWEEP)
            for start, word in _standing(text, words)
            if not opens_sentence(text, start)
        ]
        for _, text in fields
    ]


def _capitalised(name: str) -> list[str]:
    """A lone name that is an everyday word too, with its capital: whoever is "joy" in one turn is "Joy" in the next."""
    return [name.capitalize()] if len(name) >= 3 and name.isalpha() and is_doubtful(name.capitalize()) else []


def _standing(text: str, words: Container[str]) -> Iterator[tuple[int, str]]:
    """Where one of some words stands by itself, or with an apostrophe behind it."""
    for found in _BY_ITSELF.finditer(text):
        word = found.group()
        while word not in words and (cut := max(word.rfind("'"), word.rfind("’"))) > 0:  # noqa: RUF001
            word = word[:cut]
        if word in words:
            yield found.start(), word
