# ruff: noqa: RUF001 (letters of other languages)
"""Names by their company, text cut into words, what is like a name that was found, and names in other cases."""

from __future__ import annotations

import pytest

from engine.privacy.alike import further_of_a_list, whole_codes
from engine.privacy.hits import Hit
from engine.privacy.recognisers.loose import tightened
from tests.families import found


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Teams: Marta → Lucky, Lucky → Pip", "Lucky"),
        ("Ingrid and Summer are late", "Summer"),
        ("Dash and Holly eloped", "Dash"),
        ("lunch for Angus and Grace", "Grace"),
        ("ask ivy, fern or ash about it", "fern"),
        ("sup rij, all good?", "rij"),
        ("tudo bem Jô, como vai", "Jô"),
        ("thanks for the lovely card kirbyx", "kirbyx"),
        ("i heard wim is back", "wim"),
        ("a shoot w/ Ruby on friday", "Ruby"),
        ("June is my sister", "June"),
        ("fetch Autumn's sister", "Autumn"),
        ("give Rose her coat", "Rose"),
        ("Crane died today", "Crane"),
        ("love u coach v", "v"),
        ("everyone there knows me as Pepper", "Pepper"),
        ("You are Zyra, a pirate.", "Zyra"),
        ("is Iris a bot?", "Iris"),
        ("Room 12, booked under Crane", "Crane"),
        ("Buried: Eamonvar, aged 9", "Eamonvar"),
        ("Quibbel on the left, late again", "Quibbel"),
        ("Draxel 2nd, Field 3rd", "Draxel"),
        ("payee R K DRAXEL", "R K DRAXEL"),
        ("I reported it. - K", "K"),
        ("позвони Ирине завтра", "Ирине"),
        ("zadzwoń po Gosię", "Gosię"),
        ("Hello , I went with Draxel , Quibbel and Ann 's mum .", "Ann"),
        ("met my friend , Orla , at noon", "Orla"),
    ],
)
def test_company_tells_a_name(text: str, name: str) -> None:
    assert name in found("name", text)


@pytest.mark.parametrize(
    "text",
    [
        "sup guys, all good?",
        "thanks for the lovely weekend everyone",
        "I live with my aunt. She is nice",
        "You are a helpful assistant.",
        "find the bill, pay it and love it",
        "Check out, then log in.",
        "May and June were dry",
        "i think golf is boring",
        "flights from London and Paris",
        "Whose turn is it, whether or not",
        "Unless it rains, we go",
    ],
)
def test_company_alone_makes_nobody_of_a_word(text: str) -> None:
    assert found("name", text) == set()


@pytest.mark.parametrize(
    ("family", "text", "value"),
    [
        ("birth", "nata il 3 febbraio 1988", "3 febbraio 1988"),
        ("birth", "nato 4/8/71, Roma", "4/8/71"),
        ("birth", "născută pe 7 octombrie 1990", "7 octombrie 1990"),
        ("address", "she is at number 7, Alder Row now", "number 7, Alder Row"),
        ("address", "Moda Cad. No:12 D:3, Kadıköy/İstanbul", "Moda Cad. No:12 D:3, Kadıköy/İstanbul"),
        ("address", "C/ Luna, 9, 3º dcha., 28004 Madrid", "C/ Luna, 9, 3º dcha., 28004 Madrid"),
        ("address", "B1636FDA Olivos", "B1636FDA Olivos"),
        ("handle", "his real account is hollow.fern", "hollow.fern"),
    ],
)
def test_forms_of_other_countries_and_accounts(family: str, text: str, value: str) -> None:
    assert value in found(family, text)


@pytest.mark.parametrize(
    ("text", "known", "whole", "entity"),
    [
        ("it was mfair_88, ok", "mfair", "mfair_88", "USERNAME"),
        ("banned: rolfo.tv.", "rolfo", "rolfo.tv", "USERNAME"),
        ("x = np.rolfo.rand(3)", "rolfo", "rolfo", "PERSON"),
        ("members kasia and old.bike.rolfo, hi", "rolfo", "old.bike.rolfo", "USERNAME"),
        ("by O'Dorran 1940", "Dorran", "O'Dorran", "PERSON"),
        ("saw Anna today", "Anna", "Anna", "PERSON"),
    ],
)
def test_a_part_of_a_user_name_grows_to_all_of_it(text: str, known: str, whole: str, entity: str) -> None:
    at = text.index(known)
    (hit,) = whole_codes(text, [Hit(at, at + len(known), "PERSON", 0.6, "RampartRecognizer")])
    assert (text[hit.start : hit.end], hit.entity) == (whole, entity)


def test_a_word_that_is_somebodys_name_is_one_where_nothing_else_explains_its_capital() -> None:
    text = "Bishop is my brother. It ate Bishop's lunch. Bishop came. See you in Bishop."
    places = further_of_a_list(text, [Hit(0, 6, "PERSON", 0.6, "NameContextRecognizer")])
    assert sorted(hit.start for hit in places) == [0, text.index("Bishop's")]


def test_a_joined_text_knows_where_its_letters_were() -> None:
    text = "Anna , Bea !"
    assert tightened(text, [4, 10]) == ("Anna, Bea!", [4, 9])
