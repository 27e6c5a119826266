"""Names that are everyday words, family names that are, things called like somebody, and names of other scripts."""

from __future__ import annotations

import pytest

from engine.privacy.doubts import believable
from engine.privacy.hits import Hit
from engine.privacy.merge import merge_hits
from engine.privacy.recognisers.things import in_known_thing
from tests.families import found


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("tell winter i said happy anniversary", "winter"),
        ("tell will his video is done", "will"),
        ("ask lane", "lane"),
        ("thx autumn", "autumn"),
        ("i told sorrel about us", "sorrel"),
        ("text drezo at nine", "drezo"),
        ("Chance wants the same thing as last week", "Chance"),
        ("Sorrel never locks her door.", "Sorrel"),
        ("rebel and i are live in 20", "rebel"),
        ("whos royal and why is he here", "royal"),
        ("see you soon\nxoxo\nApril 💋", "April"),
        ("great set!\n-cash", "cash"),
        ("my roommate autumn walked in while i was filming", "autumn"),
        ("Emergency contact: April (wife)", "April"),
        ("draft approved by jade", "jade"),
        ("Order for Clay: 2x pierogi", "Clay"),
        ('"River," he breathed, "look at me."', "River"),
        ("#HappyBirthdayCarol", "HappyBirthdayCarol"),
        ("Second Uncle brought tea", "Second Uncle"),
        ("रमेश ने कहा कि कल बैठक होगी", "रमेश"),
        ("어제 민지랑 영화 봤어", "민지랑"),
        ("昨天王小燕说她不来了", "王小燕"),
        ("Bogumiła z pracy brought cake for everyone.", "Bogumiła"),
    ],
)
def test_a_place_where_only_somebody_stands(text: str, name: str) -> None:
    places = found("name", text)
    assert any(name in place or (place and place in name) for place in places), places


@pytest.mark.parametrize(
    "text",
    [
        "tell me when summer starts",
        "ask price is 40 but i would take 30",
        "text will be sent tomorrow",
        "thx love",
        "text pls, i need the dets",
        "who's next and who's hot",
        "my mom may come too",
        "our boss art direction",
        "except april we had great months",
        "signed by hand on the back",
        "tickets for two, please",
        '"Please," he breathed.',
        "cheers, mate",
        "so star gazing it is",
    ],
)
def test_the_same_words_for_what_they_mean(text: str) -> None:
    assert found("name", text) == set()


@pytest.mark.parametrize(
    ("text", "hit", "whole"),
    [
        ("Gave Kumar sir the forms", "Kumar", "Kumar sir"),
        ("Ahmet abi fixed the bike", "Ahmet", "Ahmet abi"),
        ("Say hi to Agus Winter for me", "Agus", "Agus Winter"),
        ("the panel was chaired by Will Makinen again", "Makinen", "Will Makinen"),
        ("Then I saw Maria Call the dog", "Maria", "Maria"),
        ("this is for Univ.Prof. Paw Holm", "Prof. Paw Holm", "Univ.Prof. Paw Holm"),
    ],
)
def test_names_whole(text: str, hit: str, whole: str) -> None:
    start = text.index(hit)
    merged = merge_hits(text, [Hit(start, start + len(hit), "PERSON", 0.9, "RampartRecognizer")])
    assert [text[one.start : one.end] for one in merged] == [whole]


@pytest.mark.parametrize(
    ("text", "name", "a_thing"),
    [
        ("my Kate Spade bag ripped", "Kate Spade", True),
        ("Kate Spade from my spin class walked in", "Kate Spade", False),
        ("drunk on Jack Daniels again", "Jack Daniels", True),
        ("met jack daniels at the gym", "jack daniels", False),
        ("Jack Daniel texted me at three", "Jack Daniel", False),
        ("Patient: Calvin Klein, DOB 4 May 1990", "Calvin Klein", False),
        ("you're Batman and i'm Catwoman", "Batman", True),
        ("Jane Austen Okafor called", "Austen", False),
    ],
)
def test_called_like_a_thing(text: str, name: str, a_thing: bool) -> None:
    start = text.index(name)
    assert in_known_thing(text, start, start + len(name)) is a_thing


@pytest.mark.parametrize(
    ("text", "name", "kept"),
    [
        ("The Marshall amp goes next to it", "Marshall", False),
        ("Marshall sold me his amp", "Marshall", True),
        ("marcus phone died again", "marcus", True),
    ],
)
def test_before_what_is_for_sale_stands_its_maker(text: str, name: str, kept: bool) -> None:
    start = text.index(name)
    hits = [Hit(start, start + len(name), "PERSON", 0.9, "RampartRecognizer")]
    assert bool(believable(text, hits)) is kept
