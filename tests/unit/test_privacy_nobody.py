"""Words in the place of a name that are nobody, and which words of the names found are searched in every row."""

from __future__ import annotations

import pytest

from engine.data.rows import RawRow
from engine.privacy.doubts import believable
from engine.privacy.hits import Hit
from engine.privacy.naming import whole_names
from engine.privacy.recognisers.handles import is_site
from engine.privacy.recognisers.rampart import Word, spans_of
from engine.privacy.rowscan import NameList, findings_of_row
from engine.privacy.sweep import Sweeper
from engine.privacy.texts import scanned_fields


def person(text: str, name: str, score: float = 0.99) -> Hit:
    start = text.index(name)
    return Hit(start, start + len(name), "PERSON", score, "RampartRecognizer")


@pytest.mark.parametrize(
    ("text", "name", "somebody"),
    [
        ("Amma says the train is late", "Amma", False),
        ("the card was signed love, Oma", "Oma", False),
        ("so mamá called again", "mamá", False),
        ("Tutor: so what happens to x?", "Tutor", False),
        ("Bonjour, the parcel came", "Bonjour", False),
        ("Lola says the train is late", "Lola", True),
        ("ask Oma Hildegard about it", "Oma Hildegard", True),
        ("then Radomir came", "Radomir", True),
    ],
)
def test_a_word_for_kin_a_role_or_a_greeting_is_nobody(text: str, name: str, somebody: bool) -> None:
    hit = person(text, name)
    assert believable(text, [hit]) == ([hit] if somebody else [])


@pytest.mark.parametrize("ending", ["Cordialement", "Groet"])
def test_the_end_of_a_letter_is_no_name_of_a_list(ending: str) -> None:
    text = f"À bientôt. {ending}, Zoraida Quist"
    found = whole_names(text, [person(text, "Zoraida Quist")])
    assert [text[hit.start : hit.end] for hit in found] == ["Zoraida Quist"]


def test_faint_words_beside_a_sure_name_are_left_out() -> None:
    text = "omg tunde came with Adaeze's teacher"
    words = [Word(0, 3, "GIVEN_NAME", 0.2), Word(4, 9, "GIVEN_NAME", 0.99), Word(20, 26, "GIVEN_NAME", 0.97)]
    words += [Word(27, 28, "SURNAME", 0.1), Word(29, 36, "SURNAME", 0.1)]
    assert [text[start:end] for start, end, _, _ in spans_of(text, words)] == ["tunde", "Adaeze"]
    unsure = [Word(0, 3, "GIVEN_NAME", 0.2), Word(4, 9, "GIVEN_NAME", 0.8)]
    assert [text[start:end] for start, end, _, _ in spans_of(text, unsure)] == ["omg tunde"]
    capital = [Word(0, 3, "GIVEN_NAME", 0.99), Word(4, 9, "SURNAME", 0.2)]
    assert [(start, end) for start, end, _, _ in spans_of("Ann Tunde", capital)] == [(0, 9)]


def test_only_words_of_a_sure_name_are_searched_in_every_row() -> None:
    names = NameList()
    for text, score in (("Kasia physio", 0.8), ("saya Dewi", 0.99), ("Zoraida Quist", 0.99), ("ember holloway", 0.99)):
        names.learn(text, [person(text, text, score)])
    parts = {one.value for one in names.wanted([]) if " " not in one.value}
    assert parts == {"Dewi", "Zoraida", "Quist", "holloway"}
    assert {"Kasia physio", "saya Dewi"} <= {one.value for one in names.wanted([])}, "the whole is searched"


def test_names_in_scripts_without_capitals_are_searched_by_their_words() -> None:
    names = NameList()
    names.learn("Amal חיים", [person("Amal חיים", "Amal חיים")])
    assert {"Amal", "חיים"} <= {one.value for one in names.wanted([])}


def test_a_thing_called_like_somebody_is_not_found_by_the_names_of_others() -> None:
    names = NameList()
    names.learn("Ines Hortons", [person("Ines Hortons", "Ines Hortons")])
    sweeper = Sweeper(names.wanted([]))
    found = []
    for text in ("We met at Tim Hortons.", "then Hortons wrote"):
        row = RawRow(0, 1, {"text": text})
        fields = scanned_fields(row)
        found += [one.value for one in findings_of_row(row, fields, [[]], sweeper)]
    assert found == ["Hortons"]


def test_a_site_is_nobodys_user_name() -> None:
    names = NameList()
    text = "instagram.com quiet_fox"
    names.learn(
        text, [Hit(0, 13, "USERNAME", 0.9, "HandleRecognizer"), Hit(14, 23, "USERNAME", 0.9, "HandleRecognizer")]
    )
    assert [one.value for one in names.wanted([])] == ["quiet_fox"]
    assert is_site("www.Instagram.com/")
    assert not is_site("moth.io")
