# ruff: noqa: E501, RUF001, SIM905 (lists of words read better as text; quotation marks as people type them)
"""Dropping what a model only imagined: dictionary words taken for names, numbers without digits.

A model in recall mode takes "Oh hello, petal" for a name. In a text whose author uses capitals, a dictionary word
in small letters is no name, nor is a lone dictionary word that has its capital from opening a sentence. Texts
written in one case give no such hint and lose nothing but the least sure single words. Findings of rules with a
strong form, and names that a phrase such as "my name is" announces, are never dropped here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from engine.privacy.cases import gives_no_hint, opens_sentence
from engine.privacy.doors import leads_to_a_door
from engine.privacy.hits import Hit
from engine.privacy.merge import trim
from engine.privacy.recognisers.foreign import has_capital_nouns, is_everyday, is_foreign_text
from engine.privacy.recognisers.known import given_names, is_brand, is_label, listed_names
from engine.privacy.recognisers.links import in_short_link
from engine.privacy.recognisers.nobody import is_nobody
from engine.privacy.recognisers.rules import HINT
from engine.privacy.recognisers.secrets import is_fingerprint, is_of_a_thing, is_plain_figure, token_around
from engine.privacy.recognisers.things import in_known_thing
from engine.privacy.recognisers.words import is_common, is_dictionary_word, names_that_are_words

_MODELS = frozenset({"RampartRecognizer", "SpacyRecognizer", "CaseRecognizer"})
_PIPELINE = frozenset({"SpacyRecognizer", "CaseRecognizer"})
_CONTEXT = "NameContextRecognizer"
_DOUBTED = frozenset({"PERSON", "LOCATION", "ADDRESS", "ORGANIZATION"})
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_ARTICLE = re.compile(r"\b(?:an?|the|your|this|these|those|some|any|every|each|no|one|two|another)[ ]$", re.IGNORECASE)
_THINGS = frozenset(
    "fox storm cash justice genesis heaven haven coral clover lotus lyric jewel diamond ivory opal onyx saffron indigo"
    " sage fern ash".split()
)
"""First names that in small letters mean the thing far more often."""
_HEADS = re.compile(r":\s|(?:, | and | & )[A-Z]\w+(?:,| and | & | were | are | is )")
_THING_NAMED_AFTER = re.compile(
    r"(?:['’]s)?\s(?:(?:and|&)\s[A-Z]\w+(?:['’]s)?\s)?(?:laws?|equations?|theorem|effect|algorithm|razor|counter|scale|disease|syndrome|constant"
    r"|principle|paradox|transform|distribution|conjecture|inequality|wheel|salad|jeans)\b"
)
_WARES = re.compile(
    r"[ ](?:amps?|guitars?|pianos?|violins?|bags?|purses?|wallets?|boots?|shoes?|sneakers?|heels?|sandals|jeans|dress(?:es)?|gowns?|shirts?|jackets?|coats?|suits?|bras?|panties|lingerie|lipsticks?|perfumes?|watch(?:es)?|sunglasses"
    r"|cars?|trucks?|tractors?|bikes?|motorbikes?|scooters?|vans?|engines?|tyres?|tires?|mixers?|ovens?|fridges?|kettles?|vacuums?|blenders?|sofas?|chairs?|lamps?|mattress(?:es)?|phones?|laptops?|cameras?|printers?|consoles?"
    r"|stores?|outlets?|shops?|boutiques?|hotels?|resorts?|restaurants?|brewery|beers?|whiske?ys?|wines?|sauces?|chocolates?|cookies|airport|stadium|arena|bridge|tunnel|valley|museum|gallery|marathon|festival|parade|framework|librar(?:y|ies)"
    r"|plugins?|pipelines?|lockers?|algorithms?|tests?|catalogue|catalog|collection|trailer|remake|sequel|soundtrack|franchise)\b"
)
_WHOSE = re.compile(
    r"\b(?:the|an?|my|your|ur|her|his|our|their|new|old|vintage|two|three|some|this|that)[ ]\Z", re.IGNORECASE
)
"""Between an article and what is for sale stands its maker, with a capital: "the Marshall amp"."""
_ANY_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_DIGITS_AT_LEAST = {
    "PHONE_NUMBER": 5, "TAX_ID": 4, "BANK_ACCOUNT": 4, "GOVERNMENT_ID": 3, "PASSPORT": 3, "DRIVERS_LICENSE": 3,
}  # fmt: skip
_WEEKDAYS = frozenset("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
_NUMBERED = frozenset({"ID", "TAX_ID", "BANK_ACCOUNT", "GOVERNMENT_ID", "PASSPORT", "DRIVERS_LICENSE", "PHONE_NUMBER"})
_PARTICLES = frozenset("de da do dos das del della di van von der den ter ten la le el bin al zu du des".split())
_SURE, _VERY_SURE, _BEYOND_DOUBT, _UNSURE = 0.9, 0.95, 0.98, 0.3
_CODES = frozenset({"ID", "SECRET", "CRYPTO", "IBAN_CODE", "CREDIT_CARD", "US_SSN"})
_BEFORE_A_CODE = re.compile(r"[ ]?(?P<said>[:=#]|(?:id|no|nr|number|code)\b[.:]?)?[ ]?", re.IGNORECASE)
_BY_ITS_PLACE = 0.7
"""Of what the tuned model is so sure of and a rule about words would drop, two thirds are names."""
_SPELT, _SURE_CODE = 0.5, 0.8
"""A telephone number in words ("oh-one-six"), and a code with few digits or none ("confirmation QTHXWM")."""
_NOT_LATIN = "\u0370"
"""The first letter after those that Latin is written with; Vietnamese has more, and needs no hints."""
_FAINT = 0.1
"""What the model is less sure of does not back the English pipeline."""
_UNREAD = 0.5
"""The score of a name that the pipeline saw and the model did not, but a rule: "Dear Diary"."""
_POSTAL_CODE = re.compile(
    r"(?<![\d,.])(?:\d{5}(?:-\d{3,4})?|\d{2}-\d{3}|\d{3}[ -]\d{2,4}|\d{4}(?:[ ]?[A-Z]{2}\b|-\d{3}|[ ][A-Z]))(?!\d)"
    r"|\b[A-Z]{1,2}\d[A-Z\d]?(?:[ ]?\d[A-Z]{2})?\b|\b[A-Z]\d[A-Z][ ]?\d[A-Z]\d\b",
    re.IGNORECASE,
)
_A_DATE = re.compile(r"(?:19|20)\d\d-[01]\d-[0-3]\d(?:T[\d:.]+Z?)?")
_WEAK = 0.5
"""The score up to which a number was found by its form alone."""


def believable(text: str, hits: Iterable[Hit], *, model: bool = True) -> list[Hit]:
    """The hits without those that are most likely words.

    Args:
        text: The text they were found in.
        hits: Of all recognisers, not merged yet.
        model: Whether the tuned model has read the text, so that its silence says something.
    """
    hits = [_trimmed(text, hit) for hit in hits if not _a_known_thing(text, hit)]
    if model:
        hits = _as_sure_as_the_model([hit for hit in hits if not _unseen(text, hit, hits)])
    hits = [_weighed(hit) if hit.recogniser.endswith(HINT) else hit for hit in hits]
    announced = [hit for hit in hits if hit.recogniser == _CONTEXT and hit.score >= 0.6]
    one_case = gives_no_hint(text)
    return [
        hit
        for hit in hits
        if any(hit.start <= sure.start and sure.end <= hit.end for sure in announced)
        or not (
            _hollow(text, hit)
            or (hit.recogniser in _MODELS and in_short_link(text, hit.start, hit.end))
            or _no_door(text, hit, hits)
            or _no_place(text, hit)
            or (hit.entity == "PERSON" and is_nobody(text, hit.start, hit.end))
            or _no_person(text, hit)
            or _a_label(text, hit, hits)
            or (
                not _sure_name(text, hit, one_case)
                and (
                    _foreign_words(text, hit, hits)
                    or (_a_word(text, hit, one_case and not _stands_out(text, hit)) and not _backed(text, hit, hits))
                )
            )
        )
    ]


def _weighed(hit: Hit) -> Hit:
    """A hint that counts, under the name of its recogniser."""
    return replace(hit, recogniser=hit.recogniser.removesuffix(HINT))


def _trimmed(text: str, hit: Hit) -> Hit:
    """A name of the model without the small words that it took along: of "faith if u see" the first word is doubted."""
    if hit.recogniser != "RampartRecognizer" or hit.entity != "PERSON":
        return hit
    return trim(text, hit) or hit


def _as_sure_as_the_model(hits: list[Hit]) -> list[Hit]:
    """Names of the English pipeline with the tuned model's score: of what that doubts, the pipeline knows no more.

    The pipeline gives every name the same score, with which it would be searched in the whole file: "Ahoy!".
    """
    doubted = [hit for hit in hits if hit.recogniser == "RampartRecognizer" and hit.entity == "PERSON"]

    def scored(hit: Hit) -> Hit:
        if hit.recogniser not in _PIPELINE or hit.entity != "PERSON":
            return hit
        scores = [other.score for other in doubted if other.start < hit.end and hit.start < other.end]
        return replace(hit, score=min(hit.score, max(scores, default=_UNREAD)))

    return [scored(hit) for hit in hits]


def _a_known_thing(text: str, hit: Hit) -> bool:
    """What everybody knows, called like somebody."""
    by_guess = hit.recogniser in _MODELS or hit.recogniser.removesuffix(HINT) == _CONTEXT
    if hit.recogniser == "RampartRecognizer" and hit.score >= _BEYOND_DOUBT:
        return False
    return by_guess and hit.entity in ("PERSON", "ORGANIZATION") and in_known_thing(text, hit.start, hit.end)


def _sure_name(text: str, hit: Hit, one_case: bool) -> bool:
    """A name by its place in the sentence, whatever words it is made of: "joy has it", "Will will book it".

    Where the author uses capitals, small letters speak against it: "Oh hello, petal!".
    """
    if hit.recogniser != "RampartRecognizer" or hit.entity != "PERSON":
        return False
    piece = text[hit.start : hit.end]
    return hit.score >= (_BY_ITS_PLACE if one_case or piece != piece.lower() else _VERY_SURE)


def _unseen(text: str, hit: Hit, hits: list[Hit]) -> bool:
    """A name that the English pipeline or a hint alone saw: the model has read the text too, and saw nothing.

    The model reads Latin letters; of what stands in others its silence says nothing.
    """
    if hit.entity != "PERSON" and hit.recogniser != f"HandleRecognizer{HINT}":
        return False
    if hit.recogniser in _PIPELINE:
        return not _seen_too(hit, hits)
    latin = all(letter < _NOT_LATIN for letter in text[hit.start : hit.end])
    return (
        latin
        and hit.recogniser.endswith(HINT)
        and not any(
            other.recogniser == "RampartRecognizer" and other.start < hit.end and hit.start < other.end
            for other in hits
        )
    )


def _backed(text: str, hit: Hit, hits: list[Hit]) -> bool:
    """Whether a word is a name after all: two models say so, or it heads a list or a line of dialogue.

    In small letters both models must say so of a person, and a word must be of the lists of names.
    """
    near = [other for other in hits if other.start < hit.end and hit.start < other.end]
    if not text[hit.start].isupper():
        both = {other.recogniser for other in near if other.entity == "PERSON"} & _MODELS
        words = _LETTERS.findall(text[hit.start : hit.end])
        return len(both) > 1 and not _a_thing(text, hit) and any(map(_rather_a_name, words))
    return len({other.recogniser for other in near} & _MODELS) > 1 or _HEADS.match(text, hit.end) is not None


def _a_first_name(word: str) -> bool:
    return word.casefold() in names_that_are_words() or word.casefold() in given_names()


def _rather_a_name(word: str) -> bool:
    """Whether a word in small letters is a first name more often than the thing it also means."""
    small = word.casefold()
    listed = small in names_that_are_words() or (small in given_names() and not is_common(word))
    return listed and small not in _THINGS


def _a_thing(text: str, hit: Hit) -> bool:
    """Words in small letters after an article: "your moon fox"."""
    piece = text[hit.start : hit.end]
    return piece == piece.lower() and _ARTICLE.search(text[max(0, hit.start - 8) : hit.start]) is not None


def _stands_out(text: str, hit: Hit) -> bool:
    """Whether a word has a capital inside a sentence of an author who uses none: "thats what Rose said"."""
    piece = text[hit.start : hit.end]
    return (
        piece[0].isupper()
        and not piece.isupper()
        and not opens_sentence(text, hit.start)
        and sum(map(str.islower, text)) > sum(map(str.isupper, text))
    )


def _no_door(text: str, hit: Hit, hits: list[Hit]) -> bool:
    """An address that only the model saw, not very sure, with no sign of one."""
    if hit.recogniser != "RampartRecognizer" or hit.entity != "ADDRESS" or hit.score >= _BY_ITS_PLACE:
        return False
    seen = any(
        other.recogniser != hit.recogniser
        and other.entity == "ADDRESS"
        and other.start < hit.end + 3
        and hit.start < other.end + 3
        for other in hits
    )
    return not seen and not leads_to_a_door(text, hit)


def _no_place(text: str, hit: Hit) -> bool:
    """A figure that the model took for part of an address: "£14", "bay 14"; a postal code has a form.

    Of what it is very sure it is an address in a form of its own: "Khu 3, nhà số 8, thị trấn Sa Pa".
    """
    if hit.recogniser != "RampartRecognizer" or hit.entity != "LOCATION":
        return False
    piece = text[hit.start : hit.end]
    sure = hit.score >= _VERY_SURE and any(map(str.isalpha, piece))
    return any(map(str.isdigit, piece)) and not sure and _POSTAL_CODE.search(piece) is None


def _no_person(text: str, hit: Hit) -> bool:
    """A label of a field, a maker or a program taken for a name."""
    if hit.recogniser not in _MODELS or hit.entity not in ("PERSON", "ORGANIZATION"):
        return False
    piece = text[hit.start : hit.end]
    words = _ANY_WORD.findall(piece)
    named = [word for word in words if not (_labels(word, len(words)) or is_brand(word) or word.isdigit())]
    if _THING_NAMED_AFTER.match(text, hit.end):
        return True
    if piece[0].isupper() and _WARES.match(text, hit.end) and _WHOSE.search(text[max(0, hit.start - 12) : hit.start]):
        return True
    if hit.recogniser == "RampartRecognizer" and hit.score >= _VERY_SURE and piece.istitle():
        return False  # "Dinner at Didi's" names no firm.
    if named and any(word[0].isdigit() for word in words) and all(map(is_everyday, named)):
        return True
    # A minute or a number on a shirt makes nobody a thing: "Ben Watson 90'".
    numbered = len(named) > 1 and _a_first_name(named[0]) and all(word.isdigit() for word in words[len(named) :])
    few = (
        len(words) > len(named)
        and not numbered
        and all(
            (is_dictionary_word(word) and word.casefold() not in given_names() | names_that_are_words())
            or len(word) < 4
            for word in named
        )
    )
    return bool(words) and (not named or few or (words[0] in _WEEKDAYS and all(map(is_dictionary_word, words))))


def _a_label(text: str, hit: Hit, hits: list[Hit]) -> bool:
    """A word that says what the code right after it is: "iqama 2298104471", "RIF: J-30599871-2"."""
    if hit.recogniser not in _MODELS or hit.entity not in ("PERSON", "ORGANIZATION"):
        return False
    piece, gap = text[hit.start : hit.end], _BEFORE_A_CODE.match(text, hit.end)
    if gap is None or not piece.isalpha() or piece.casefold() in listed_names() or piece.casefold() in given_names():
        return False
    if not gap["said"] and piece[:1].isupper() and piece[1:] == piece[1:].lower():
        return False  # "Okonjo 00482913" is somebody with a number.
    return any(
        other.start == gap.end() and other.entity in _CODES and other.recogniser not in _MODELS for other in hits
    )


def _foreign_words(text: str, hit: Hit, hits: list[Hit]) -> bool:
    """Everyday words of another language taken for a name; there the English pipeline alone knows nothing."""
    if hit.recogniser not in _MODELS or hit.entity not in ("PERSON", "ORGANIZATION", "LOCATION"):
        return False
    piece = text[hit.start : hit.end]
    words = _LETTERS.findall(piece)
    if not words:
        return False
    foreign = is_foreign_text(text)
    if words and all(map(is_everyday, words)) and (foreign or len(words) > 1 or piece == piece.lower()):
        return True
    if len(words) == 1 and is_everyday(piece) and not _seen_too(hit, hits):
        return True
    if hit.recogniser == "SpacyRecognizer" and text[hit.start - 1 : hit.start] == "#" and piece == piece.lower():
        return not any(word in given_names() for word in words)
    listed = any(word.casefold() in listed_names() for word in words)
    telling = [word for word in words if word.casefold() not in _PARTICLES]
    if foreign and not listed and sum(map(is_everyday, telling)) * 2 >= len(telling) > 1:
        return True
    if not foreign or any(word.casefold() in listed_names() for word in words):
        return False
    if piece == piece.lower() and not gives_no_hint(text):
        return True
    if hit.recogniser == "RampartRecognizer":
        return False
    if piece[:1].isupper() and len(words) == 1 and not is_everyday(piece) and not has_capital_nouns(text):
        return False
    return not _seen_too(hit, hits)


def _seen_too(hit: Hit, hits: list[Hit]) -> bool:
    """Whether anything but the English pipeline found something there."""
    return any(
        other.recogniser not in _PIPELINE
        and not other.recogniser.endswith(HINT)
        and other.score >= _FAINT
        and other.start < hit.end
        and hit.start < other.end
        for other in hits
    )


def _labels(word: str, words: int) -> bool:
    """Labels are "key" and "KEY", but "Key" is a family name where another name stands before it."""
    return is_label(word) and (words == 1 or word == word.lower() or word == word.upper())


def _hollow(text: str, hit: Hit) -> bool:
    """A phone number without digits, an address of mail without a sign of one, the number of a book or a product."""
    piece = text[hit.start : hit.end]
    if hit.recogniser != "RampartRecognizer" and hit.score > _WEAK:
        return False
    if hit.entity in _NUMBERED and (
        is_of_a_thing(text, hit.start)
        or is_plain_figure(piece)
        or is_plain_figure(token_around(text, hit.start, hit.end))
    ):
        return True
    if hit.recogniser != "RampartRecognizer":
        return False
    if hit.entity in _NUMBERED and _A_DATE.fullmatch(piece):
        return True
    if hit.entity in _NUMBERED and is_fingerprint(text, hit.start):
        return True
    if hit.entity == "EMAIL_ADDRESS":
        apart = "." not in piece and " @ " in piece
        return apart or (not any(mark in piece for mark in "@.([") and " at " not in piece.casefold())
    least = _DIGITS_AT_LEAST.get(hit.entity)
    digits = sum(letter.isdigit() for letter in piece)
    if hit.entity == "PHONE_NUMBER" and 0 < digits < 4 and hit.score < _SURE_CODE:
        return True  # "HTTP 404 then": digits, but hardly any.
    sure = hit.score >= (_SPELT if hit.entity == "PHONE_NUMBER" else _SURE_CODE)
    return least is not None and not sure and digits < least


def _a_word(text: str, hit: Hit, one_case: bool) -> bool:
    if hit.entity not in _DOUBTED or not (
        hit.recogniser in _MODELS or (hit.score < 0.6 and hit.recogniser == _CONTEXT)
    ):
        return False
    piece = text[hit.start : hit.end]
    words = _LETTERS.findall(piece)
    if not words or any(letter.isdigit() for letter in piece) or not all(is_dictionary_word(word) for word in words):
        return False
    if _a_thing(text, hit):
        return True
    also_a_name = any(map(_a_first_name, words))
    if one_case:
        if any(_a_first_name(word) and word.casefold() not in _THINGS for word in words):
            return False
        single = 0.8 if words[0].casefold() in listed_names() else _VERY_SURE
        many = 1.0 if all(map(is_common, words)) else _SURE
        return hit.score < many if len(words) > 1 else hit.score < single or is_common(words[0])
    if piece == piece.lower():
        return not (any(map(_rather_a_name, words)) and hit.score >= _SURE)
    if len(words) == 1 and opens_sentence(text, hit.start):
        # Dictionaries hold family names too ("Putin"); the pipeline has seen the sentence.
        read = hit.recogniser == "SpacyRecognizer" and hit.entity == "PERSON"
        return not also_a_name and (is_common(words[0]) or (hit.score < _VERY_SURE and not read))
    a_name_too = also_a_name and hit.score >= _FAINT and not is_common(words[0])
    return len(words) == 1 and hit.score < _UNSURE and not a_name_too
