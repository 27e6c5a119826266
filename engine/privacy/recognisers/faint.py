"""Which words count as personal although the model is nearly sure that they are nothing.

The model does not know how common words are: in "tell kev i said" the word "kev" is to it as faint as "tell". A word
that no dictionary has is a name far more often, so there a fainter sign is enough; and so it is with a given name that
has a family name after it ("taylor swift", both words of a dictionary).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from engine.privacy.recognisers.foreign import is_everyday
from engine.privacy.recognisers.known import given_names, is_brand, is_label
from engine.privacy.recognisers.words import is_dictionary_word, names_that_are_words

LEAST = 0.1
"""1 - P(nothing) below which no word counts. On eleven labelled sets one of 23 odd words below it is a person."""
_PAIR = 0.2
_NAMES = frozenset({"GIVEN_NAME", "SURNAME"})


class _Word(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def label(self) -> str: ...
    @property
    def doubt(self) -> float: ...


W = TypeVar("W", bound=_Word)


def counting(text: str, words: Sequence[W], least: float) -> list[W]:
    """The words that count, in order.

    Args:
        text: The text.
        words: What the model says about its words, with a doubt over `LEAST`.
        least: The doubt from which a word counts in any case.
    """
    if all(word.doubt > least for word in words):
        return list(words)
    kept = []
    for number, word in enumerate(words):
        near = [*words[max(0, number - 1) : number], *words[number + 1 : number + 2]]
        if word.doubt > least or (word.label in _NAMES and (_odd(text, word) or _in_pair(text, word, near))):
            kept.append(word)
    return kept


def _odd(text: str, word: _Word) -> bool:
    piece = text[word.start : word.end]
    return (
        len(piece) >= 3
        and piece.isalpha()
        and piece != piece.upper()
        and not (is_dictionary_word(piece) or is_label(piece) or is_brand(piece) or is_everyday(piece))
    )


def _in_pair(text: str, word: _Word, near: Sequence[_Word]) -> bool:
    """Whether a given name and a word after it, that the model suspects together, stand side by side."""
    for other in near:
        first, last = (word, other) if word.start < other.start else (other, word)
        given = text[first.start : first.end].casefold()
        if (
            other.label in _NAMES
            and first.doubt + last.doubt > _PAIR
            and text[first.end : last.start] == " "
            and last.end - last.start >= 3
            and (given in given_names() or given in names_that_are_words())
        ):
            return True
    return False
