# ruff: noqa: E501, RUF001, SIM905 (lists of words read better as text; quotation marks as people type them)
"""What a model need not read: sentences of which nothing that it could say would be believed.

Half of what people chat is made of small words. Leaving those sentences out halves the work of a scan; the others
are read as if they stood alone.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from engine.privacy.cases import gives_no_hint
from engine.privacy.recognisers.known import census_names, listed_names
from engine.privacy.recognisers.wordnames import called_so
from engine.privacy.recognisers.words import is_common, is_dictionary_word

_ANY_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_TELLING = re.compile(
    r"[\d@#/\\_<>{}$=]|\w[.:]\w|\b(?:street|road|avenue|lane|drive|court|square|park|dot)\b", re.IGNORECASE
)
_HEART = re.compile(r"(?<!\S)(?:<3+|</3)(?!\S)")
_OPENERS = frozenset(
    word.capitalize()
    for word in """a about after all also always am an and any are as at be because before but by can come could did do does dont
    each even every everything for from get give go good great happy has have he hello here hey hi him his how i if im in is it
    its just know let like look make maybe me more my need never new next no not nothing now of off oh ok okay on one only or our
    out please really right same see send she should so some something soon sorry still sure take tell thank thanks that the their
    them then there these they thing this those though time to today tomorrow tonight too very wait want was we well were what
    when where which while who why with wow yeah yep yes yesterday yet you your""".split()
)
_SHORT_FORMS = frozenset(
    """i i'm i've i'll i'd you're you've you'll you'd it's that's there's here's what's who's how's he's she's we're we've we'll
    they're they've they'll don't doesn't didn't can't couldn't won't wouldn't shouldn't isn't aren't wasn't weren't haven't
    hasn't hadn't let's x xx xxx""".split()
)
_TOO_OFTEN = frozenset(
    """ai can cash chance else eve fall fan gift guy he hope im joke kiss long love may mine oh skip song story sun van
    wednesday will win winter you""".split()
)
"""Of 126 everyday words that are names too, those that are hardly ever meant so; sentences of them would all be read."""
_SENTENCE = re.compile(r".+?(?:[.!?…]+[\"”’')\]]*(?=\s)|$)\s*", re.MULTILINE | re.DOTALL)
_SHORT = 24
"""Characters. Two pieces cost the model more than so few characters between them."""


def says_nothing(text: str) -> bool:
    """Whether no model could say anything about `text` that would be believed, so that none need be asked.

    So it is with a text of small words and words such as "How" or "Thanks" with a capital, where what a model takes
    for a name is dropped again: words of the dictionary where the author uses capitals, everyday words elsewhere. One
    digit that is not of a heart, one sign of an address, one other word or one word that is a name too, and the
    models are asked.
    """
    return _says_nothing(text, _word_of(text))


def worth_reading(text: str) -> list[tuple[int, int]]:
    """(start, end) of the stretches of `text` that a model has to read: whole sentences, in order.

    What is left out says nothing and is long enough to be worth it. A question stays with what follows it, since it
    may ask for a name.
    """
    is_a_word = _word_of(text)
    found: list[tuple[int, int]] = []
    asked: int | None = None
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        if _says_nothing(match[0], is_a_word):
            asked = start if match[0].rstrip().endswith(("?", ":")) else None
            continue
        start, asked = (start if asked is None else asked), None
        if start - (found[-1][1] if found else 0) < _SHORT:
            start = found.pop()[0] if found else 0
        found.append((start, end))
    if found and len(text) - found[-1][1] < _SHORT:
        found.append((found.pop()[0], len(text)))
    return found


def _says_nothing(text: str, is_a_word: Callable[[str], bool]) -> bool:
    said = _HEART.sub("", text) if "<" in text else text
    if _TELLING.search(said):
        return False
    return all(
        (word in _OPENERS if word[0].isupper() else is_a_word(word) and word not in _called_so())
        or word.casefold() in _SHORT_FORMS
        for word in _ANY_WORD.findall(said.replace("’", "'"))
    )


@functools.cache
def _called_so() -> frozenset[str]:
    """Words that somebody is called, but for those that nearly every sentence has."""
    return called_so() - _TOO_OFTEN


def _word_of(text: str) -> Callable[[str], bool]:
    return _is_no_name if gives_no_hint(text) else is_dictionary_word


def _is_no_name(word: str) -> bool:
    """An everyday word, or one of the dictionary that nobody is called."""
    small = word.casefold()
    return is_common(word) or (is_dictionary_word(word) and small not in census_names() and small not in listed_names())
