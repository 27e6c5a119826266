# ruff: noqa: E501 (a case a line)
"""Names by their place, user names by their shape, forms of other countries, and everyday words of other languages."""

from __future__ import annotations

import pytest

from engine.privacy.addressing import whole_addresses
from engine.privacy.doubts import believable
from engine.privacy.hits import Hit
from engine.privacy.merge import merge_hits
from engine.privacy.recognisers.foreign import has_capital_nouns, is_everyday, is_foreign_text
from engine.privacy.recognisers.words import is_dictionary_word
from tests.families import found


@pytest.mark.parametrize(
    ("family", "text", "value"),
    [
        ("name", "why would nadja lie to me", "nadja"),
        ("name", "i asked rose about it and she laughed", "rose"),
        ("name", "because hunter texted me at 3am", "hunter"),
        ("name", "my cousin tiff is in town", "tiff"),
        ("name", "mein kumpel und meine schwester anke, die kennst du", "anke"),
        ("name", "es la prima de Begoña y vive aquí", "Begoña"),
        ("name", "groetjes van Tjeerd", "Tjeerd"),
        ("name", "#prayforlucinda please", "lucinda"),
        ("name", "the Karimovs are having a party", "Karimovs"),
        ("name", "passenger DUPREE/NOELLE MRS seat 4A", "DUPREE/NOELLE"),
        ("name", "can someone get Brezovic off the stage", "Brezovic"),
        ("handle", "the snap is sugar_fern.31 ok", "sugar_fern.31"),
        ("handle", "ty darkotter_88 for the tip", "darkotter_88"),
        ("handle", "you can find me as plumpixie everywhere", "plumpixie"),
        ("handle", "follow QuietMothNell on there", "QuietMothNell"),
        ("handle", "ticket went to k.brandau today", "k.brandau"),
        ("handle", "mine is fanplace.com/dusknpeach", "dusknpeach"),
        ("handle", "dm the_real_ludmila", "the_real_ludmila"),
        ("address", "it dropped me at 48.20849, 16.37208", "48.20849, 16.37208"),
        ("address", "come to ///lamp.river.stone", "///lamp.river.stone"),
        ("address", "he is in Room 12, Building C", "Room 12, Building C"),
        ("address", "send it to 2-14-5 Asagaya, Suginami-ku, Tokyo 166-0001", "2-14-5 Asagaya, Suginami-ku, Tokyo 166-0001"),
        ("address", "parked at 88 N Larkin", "88 N Larkin"),
        ("birth", "birthday: 7/23", "7/23"),
        ("birth", "total libra, 10/02/96", "10/02/96"),
        ("birth", "geboren op 9 maart 1988", "9 maart 1988"),
        ("email", "it is k underscore lund at mailbox dot org", "k underscore lund at mailbox dot org"),
        ("number", "your card ending 7702 was used", "7702"),
        ("number", "粤B·7K21Q parked outside", "粤B·7K21Q"),
        ("number", "filed as 3:19-cr-00512", "3:19-cr-00512"),
        ("secret", "password at the gate is marzipan", "marzipan"),
        ("secret", "the locker is 14-3-28", "14-3-28"),
        ("secret", "the keypad wants 9031#", "9031#"),
        ("secret", "pass: Kestrel_5", "Kestrel_5"),
    ],
)  # fmt: skip
def test_is_found(family: str, text: str, value: str) -> None:
    assert any(value in one for one in found(family, text))


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("name", "the hope is that it will snow in may"),
        ("name", "he said so, she told them, that is my rule"),
        ("name", "the Beatles are on, the Lakers lost"),
        ("handle", "sorry.thanks for the tip, python3 and covid19 and max_tokens = 5"),
        ("handle", "see report_2024.pdf on page 3, user.name is set in the config"),
        ("number", "Order by 31/12 for a discount, flight CA1835"),
        ("secret", "pass is valid for a day, the door is open 9-5"),
        ("birth", "Leonard paid on 12/03/2020 and returned it"),
    ],
)
def test_is_left_alone(family: str, text: str) -> None:
    assert found(family, text) == set()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Wir treffen uns am Donnerstag am Bahnhof", "Donnerstag"),
        ("On se voit demain, prends ton parapluie", "prends"),
        ("Mañana no puedo, tengo trabajo", "tengo trabajo"),
        ("Morgen is het zondag, lekker niets doen vandaag", "vandaag"),
    ],
)
def test_everyday_words_of_other_languages_are_no_names(text: str, value: str) -> None:
    start = text.index(value)
    assert believable(text, [Hit(start, start + len(value), "PERSON", 0.85, "SpacyRecognizer")]) == []


def test_names_in_other_languages_stay() -> None:
    text = "Gestern war Ottilie da, und wir haben Kaffee getrunken"
    start = text.index("Ottilie")
    hit = Hit(start, start + 7, "PERSON", 0.9, "RampartRecognizer")
    assert believable(text, [hit]) == [hit]


def test_what_counts_as_another_language() -> None:
    assert is_foreign_text("appelle-moi demain, je suis au travail")
    assert not is_foreign_text("we saw La Traviata and then had pizza at the station")
    assert has_capital_nouns("Das ist ein Haus und das ist der Garten")
    assert not has_capital_nouns("esto es una casa y aquí está el jardín")
    assert is_everyday("Vandaag")
    assert not is_everyday("Femke")


def test_drawn_out_words_are_words() -> None:
    assert is_dictionary_word("sooooo")
    assert is_dictionary_word("plllease")
    assert not is_dictionary_word("zzyzxxx")


def test_an_address_takes_its_floor_and_road_with_it() -> None:
    text = "Plot 45, Road No. 12, Banjara Hills, Hyderabad 500034"
    start = text.index("12,")
    whole = whole_addresses(text, [Hit(start, len(text), "ADDRESS", 0.9, "RampartRecognizer")])
    assert [text[hit.start : hit.end] for hit in whole] == [text]


def test_a_family_name_that_is_a_small_word_stays() -> None:
    text = "He Qingmei met Manager He"
    hits = merge_hits(text, [Hit(0, 10, "PERSON", 0.9, "a"), Hit(15, 25, "PERSON", 0.6, "b")])
    assert [text[hit.start : hit.end] for hit in hits] == ["He Qingmei", "Manager He"]
