# ruff: noqa: RUF001 (quotation marks as people type them)
"""Dropping what a model only imagined: dictionary words taken for names, numbers without digits.

A model in recall mode takes "Oh hello, petal" for a name. In a text whose author uses capitals, a dictionary word
in small letters is no name, nor is a lone dictionary word that has its capital from opening a sentence. Texts
written in one case give no such hint and lose nothing but the least sure single words. Findings of rules with a
strong form, and names that a phrase such as "my name is" announces, are never dropped here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.privacy.merge import Hit
from engine.privacy.recognisers.words import is_common, is_dictionary_word, names_that_are_words

_MODELS = frozenset({"RampartRecognizer", "SpacyRecognizer", "CaseRecognizer"})
_CONTEXT = "NameContextRecognizer"
_DOUBTED = frozenset({"PERSON", "LOCATION", "ADDRESS", "ORGANIZATION"})
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_OPENS = re.compile(r"(?:^|[.!?…:;\n*\-–—>]|[\"“‘'(])\s*$")
_HEADS = re.compile(r":\s|(?:, | and | & )[A-Z]\w+(?:,| and | & | were | are | is )")
_DIGITS_AT_LEAST = {
    "PHONE_NUMBER": 5, "TAX_ID": 4, "BANK_ACCOUNT": 4, "GOVERNMENT_ID": 3, "PASSPORT": 3, "DRIVERS_LICENSE": 3,
}  # fmt: skip
_FEW_CAPITALS, _MANY_CAPITALS = 0.02, 0.8
_SURE, _VERY_SURE, _UNSURE = 0.9, 0.95, 0.3


def is_one_case(text: str) -> bool:
    """Whether fewer than 2 % or more than 80 % of the letters are capitals."""
    letters = sum(letter.isalpha() for letter in text)
    capitals = sum(letter.isupper() for letter in text)
    return letters >= 3 and (capitals < _FEW_CAPITALS * letters or capitals > _MANY_CAPITALS * letters)


def believable(text: str, hits: Iterable[Hit]) -> list[Hit]:
    """The hits without those that are most likely words.

    Args:
        text: The text they were found in.
        hits: Of all recognisers, not merged yet.
    """
    hits = list(hits)
    announced = [hit for hit in hits if hit.recogniser == _CONTEXT and hit.score >= 0.6]
    one_case = _gives_no_hint(text)
    return [
        hit
        for hit in hits
        if any(hit.start <= sure.start and sure.end <= hit.end for sure in announced)
        or not (_hollow(text, hit) or (_a_word(text, hit, one_case) and not _backed(text, hit, hits)))
    ]


def _backed(text: str, hit: Hit, hits: list[Hit]) -> bool:
    """Whether a capitalised word is a name after all: two models say so, or it heads a list or a line of dialogue."""
    if not text[hit.start].isupper():
        return False
    others = {other.recogniser for other in hits if other.start < hit.end and hit.start < other.end}
    return len(others & _MODELS) > 1 or _HEADS.match(text, hit.end) is not None


def _gives_no_hint(text: str) -> bool:
    """Whether capitals say nothing here: none but the pronoun, or nearly all."""
    first = next((letter for letter in text if letter.isalpha()), "")
    return is_one_case(text) and (not first.isupper() or sum(map(str.isupper, text)) > sum(map(str.islower, text)))


def _hollow(text: str, hit: Hit) -> bool:
    """A phone number without digits, an address of mail without a sign of one."""
    if hit.recogniser != "RampartRecognizer":
        return False
    piece = text[hit.start : hit.end]
    if hit.entity == "EMAIL_ADDRESS":
        return not any(mark in piece for mark in "@.([") and " at " not in piece.casefold()
    least = _DIGITS_AT_LEAST.get(hit.entity)
    return least is not None and hit.score < _VERY_SURE and sum(letter.isdigit() for letter in piece) < least


def _a_word(text: str, hit: Hit, one_case: bool) -> bool:
    if hit.entity not in _DOUBTED or not (
        hit.recogniser in _MODELS or (hit.score < 0.6 and hit.recogniser == _CONTEXT)
    ):
        return False
    piece = text[hit.start : hit.end]
    words = _LETTERS.findall(piece)
    if not words or any(letter.isdigit() for letter in piece) or not all(is_dictionary_word(word) for word in words):
        return False
    also_a_name = any(word.casefold() in names_that_are_words() for word in words)
    if one_case:
        if also_a_name:
            return False
        return hit.score < _SURE if len(words) > 1 else hit.score < 0.8 or is_common(words[0])
    if piece == piece.lower():
        return not (also_a_name and hit.score >= _SURE)
    if len(words) == 1 and _OPENS.search(text[max(0, hit.start - 4) : hit.start]):
        return not also_a_name and (is_common(words[0]) or hit.score < _VERY_SURE)
    return len(words) == 1 and hit.score < _UNSURE
