"""What the rules reach beyond plain forms, how an address is put together, and when no model is asked."""

from __future__ import annotations

import pytest

from engine.privacy.addressing import whole_addresses
from engine.privacy.hits import Hit
from engine.privacy.merge import OWN, merge_hits
from engine.privacy.quiet import says_nothing
from engine.privacy.recognisers.patterns import has_digit_run
from tests.families import found


@pytest.mark.parametrize(
    ("family", "text", "value"),
    [
        ("name", "קוראים לי דוד כהן", "דוד כהן"),
        ("name", "मेरा नाम प्रिया शर्मा है", "प्रिया शर्मा"),
        ("name", "με λένε Γιώργο", "Γιώργο"),
        ("name", "вчера я видел как Иван Петров шёл домой", "Иван Петров"),
        ("name", "昨日田中さんに会った", "田中"),
        ("name", "어제 김민수 씨를 만났다", "김민수"),
        ("name", "Have you been to a Homero Portillo concert?", "Homero Portillo"),
        ("name", "this is jonny from yesterday", "jonny"),
        ("address", "meet me on the corner of Maple and 5th Street", "the corner of Maple and 5th Street"),
        ("address", "at the corner of elm and 5th, ok", "corner of elm and 5th"),
        ("address", "near Oak Ave & Pine St today", "Oak Ave & Pine St"),
        ("phone", "call five five five, one two three, four five", "five five five, one two three, four five"),
        ("phone", "5 5 5 0 1 2 3 4 5 6 is my cell", "5 5 5 0 1 2 3 4 5 6"),
        ("email", "maya (a) example (dot) com", "maya (a) example (dot) com"),
        ("handle", "snap mayalin22 ok", "mayalin22"),
        ("handle", "find maya.lin on tiktok", "maya.lin"),
    ],
)
def test_is_reached(family: str, text: str, value: str) -> None:
    assert any(value in one for one in found(family, text))


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("name", "this is hot again, it's gonna rain, i'm soooo, i'm tired from work"),
        ("name", "New Year Sale, Good Morning Everyone, Happy Holidays"),
        ("phone", "one two three go"),
        ("handle", "insta stories, snap me later, pics on tiktok"),
        ("address", "cut the corner of the page and fold it"),
    ],
)
def test_is_left(family: str, text: str) -> None:
    assert found(family, text) == set()


def joined(text: str, *pieces: tuple[str, str]) -> list[tuple[str, str]]:
    hits = [
        Hit(text.index(piece), text.index(piece) + len(piece), entity, 0.7, "AddressRecognizer")
        for piece, entity in pieces
    ]
    return [(text[hit.start : hit.end], hit.entity) for hit in whole_addresses(text, hits)]


def test_an_address_keeps_its_number_town_and_code() -> None:
    text = "it's at 0138 Brisas 6802\n Suite 084\n Uruguay 64677, come by"
    assert joined(text, ("Brisas 6802", "ADDRESS")) == [("0138 Brisas 6802\n Suite 084\n Uruguay 64677", "ADDRESS")]


def test_a_crossing_keeps_both_its_streets_and_an_address_its_state() -> None:
    text = "send it to Leon and Hammarvägen 15 then"
    pieces = ("Leon", "PERSON"), ("Hammarvägen 15", "ADDRESS")
    assert ("Leon and Hammarvägen 15", "ADDRESS") in joined(text, *pieces)
    text = "for Leon and 15 Mill Lane, OULU NO."
    found = joined(text, ("Leon", "PERSON"), ("15 Mill Lane, OULU", "ADDRESS"))
    assert found == [("Leon", "PERSON"), ("15 Mill Lane, OULU NO", "ADDRESS")]


def test_pieces_of_an_address_become_one() -> None:
    text = "14 Rosewood Ct, Flat 3, Leeds is where I live"
    assert joined(text, ("14 Rosewood Ct", "ADDRESS"), ("Leeds", "LOCATION")) == [
        ("14 Rosewood Ct, Flat 3, Leeds", "ADDRESS")
    ]


def test_two_places_stay_two() -> None:
    text = "I left 14 Rosewood Ct because Leeds is far. Porto is near."
    pieces = (("14 Rosewood Ct", "ADDRESS"), ("Leeds", "LOCATION"), ("Porto", "LOCATION"))
    assert joined(text, *pieces) == list(pieces)


def test_joining_stays_linear() -> None:
    text = "1 Elm St" + " \n," * 20_000 + "A " * 20_000
    assert joined(text, ("1 Elm St", "ADDRESS")) == [("1 Elm St", "ADDRESS")]


def test_what_the_creator_described_wins() -> None:
    hits = [Hit(0, 6, "TAX_ID", 1.0, "RampartRecognizer"), Hit(0, 6, "CLIENT_CODE", 0.5, OWN)]
    assert [hit.entity for hit in merge_hits("YC1234", hits)] == ["CLIENT_CODE"]


@pytest.mark.parametrize(
    "text", ["How was your day?", "yes please", "thanks, that's so sweet of you", "I don't think so, but maybe later"]
)
def test_everyday_words_say_nothing(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "love, hart", "hi max", "ask Grace", "call me at nine 4", "see x.com", "i live on park road", "я тут",
        "thanks Will", "my name is rose", "dm @me",
    ],
)  # fmt: skip
def test_other_words_say_something(text: str) -> None:
    assert not says_nothing(text)


def test_seven_digits_in_a_row_may_be_a_phone() -> None:
    assert has_digit_run("+1 (555) 010-99")
    assert not has_digit_run("in 2024 I made 300 prints, 12 of them red")
