"""Family names by themselves, the rest of a list of names, names that a text says again, and who speaks in a log."""

from __future__ import annotations

import pytest

from engine.privacy.doubts import believable
from engine.privacy.hits import Hit
from engine.privacy.merge import merge_hits
from engine.privacy.recognisers.known import family_names
from engine.privacy.recognisers.words import is_dictionary_word
from tests.families import found


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Rooney with the winner", "Rooney"),
        ("Gallagher is out, then", "Gallagher"),
        ("what a goal that was from gallagher last night", "gallagher"),
        ("Sexton misses the kick again", "Sexton"),
        ("Angel is my middle name", "Angel"),
        ("just Al, please", "Al"),
        ("so Jo said no", "Jo"),
        ("DJ VORTEXA at nine", "VORTEXA"),
        ("Present: Gan Lihong (chair), An. Apologies: Pu.", "Pu"),
        ("@diggy_simmons why did diggy leave", "diggy"),
        ("Ben Watson 90'", "Ben Watson"),
        ("Pope says no", "Pope"),
        ("she told me An Ran resigned", "An Ran"),
    ],
)
def test_a_name_by_itself(text: str, name: str) -> None:
    assert name in found("name", text)


@pytest.mark.parametrize(
    "text",
    [
        "We parked in Gallagher Street",
        "the score was 2-1 to the better side",
        "That is my middle name",
        "@morning_coffee the morning coffee was good",
        "Agenda: Budget, Offices, Parking",
        "Sun Care for everyone",
        "#FreebieFriday #saveourschools",
        "goin home now, goodnight",
    ],
)
def test_nobody(text: str) -> None:
    assert not found("name", text)


def test_family_names_are_nothing_else() -> None:
    assert len(family_names()) > 10_000
    assert not [name for name in family_names() if is_dictionary_word(name)]


def _merged(text: str, *names: str) -> list[str]:
    hits = [Hit(text.index(name), text.index(name) + len(name), "PERSON", 0.85, "RampartRecognizer") for name in names]
    return [text[hit.start : hit.end] for hit in merge_hits(text, believable(text, hits))]


@pytest.mark.parametrize(
    ("text", "names", "others"),
    [
        ("FT: (Giroud 23, Walcott 67; Kane 88)", ("Walcott", "Kane"), ("Giroud",)),
        ("Kompany v Djokovic tonight", ("Djokovic",), ("Kompany",)),
        (
            "Stockdale; Dunk (GK), Hughes, Rea, March",
            ("Stockdale", "Hughes", "Rea"),
            ("Dunk", "March"),
        ),
        ("I met Feng Ruoxi. Later Ruoxi called", ("Feng Ruoxi",), ("Ruoxi",)),
    ],
)
def test_the_rest_of_a_list_and_what_is_said_again(text: str, names: tuple[str, ...], others: tuple[str, ...]) -> None:
    assert {*names, *others} <= set(_merged(text, *names))


def test_a_list_of_few_names_takes_no_words_along() -> None:
    assert _merged("Kane, March and Sunday were fine", "Kane") == ["Kane"]


def test_a_number_makes_nobody_a_thing() -> None:
    assert _merged("Man City. Ben Watson 90' at last", "Ben Watson 90'") == ["Ben Watson 90"]


def test_whoever_speaks_among_people_is_one_of_them() -> None:
    text = "Xiaofeng: me and Bin can\nDa Jie: Bin has no licence\nBin: rude\nMeng Tingting: so?\nXiaofeng: ok"
    assert {"Bin", "Xiaofeng"} <= found("name", text)
