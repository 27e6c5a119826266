# ruff: noqa: E501 (a case a line)
"""Addresses, numbers and accounts of many countries by their form, and what only looks like them. No model loads."""

from __future__ import annotations

import re

import pytest

from engine.privacy.addressing import whole_addresses
from engine.privacy.hits import Hit
from engine.privacy.recognisers.patterns import by_first_letter
from engine.privacy.recognisers.rampart import Word, spans_of
from tests.families import FAMILIES, found


@pytest.mark.parametrize(
    ("family", "text", "value"),
    [
        ("address", "send to Rua das Flores, 23, 2º Esq, 4050-262 Porto now", "Rua das Flores, 23, 2º Esq, 4050-262 Porto"),
        ("address", "at 5 Mill Lane, Naas, Co. Kildare, W91 X2Y3", "5 Mill Lane, Naas, Co. Kildare, W91 X2Y3"),
        ("address", "17 Wattle Grove, Kellyville NSW 2155", "17 Wattle Grove, Kellyville NSW 2155"),
        ("address", "Eircode D08 XY61 ok", "D08 XY61"),
        ("address", "from 01-234 Warszawa", "01-234 Warszawa"),
        ("address", "wir wohnen Am Mühlbach 3a", "Am Mühlbach 3a"),
        ("address", "Neubaugasse 44/2/15", "Neubaugasse 44/2/15"),
        ("address", "Calle 93 # 11-27, Bogotá", "Calle 93 # 11-27, Bogotá"),
        ("address", "write to Casilla 4471", "Casilla 4471"),
        ("address", "P. O. Box CT 4471", "P. O. Box CT 4471"),
        ("address", "USNV Doyle, FPO AA 36530", "USNV Doyle, FPO AA 36530"),
        ("address", "the corner of rang Forget and rue Veilleux", "the corner of rang Forget and rue Veilleux"),
        ("address", "713 Roth Arcade", "713 Roth Arcade"),
        ("address", "45 Hẻm 80 phố số 46", "45 Hẻm 80 phố số 46"),
        ("address", "인천광역시 동구 역삼7길 709", "인천광역시 동구 역삼7길 709"),
        ("address", "Tomačevska cesta 86", "Tomačevska cesta 86"),
        ("address", "what is near Ruta 5 Sur, km 372?", "Ruta 5 Sur, km 372"),
        ("address", '{"street": "Laugavegur 26", "n": 1}', "Laugavegur 26"),
        ("address", "the tenant, residing at Hillcrest 4, Kandy", "Hillcrest 4, Kandy"),
        ("number", "it is 1234567TA", "1234567TA"),
        ("number", "PESEL of hers is 123.456.789-09", "123.456.789-09"),
        ("number", "it is 19850709-9805", "19850709-9805"),
        ("number", "12-345678901-2 there", "12-345678901-2"),
        ("number", "2 84 05 75 116 001 26", "2 84 05 75 116 001 26"),
        ("number", "HMA4WZ8Q2K came", "HMA4WZ8Q2K"),
        ("number", "046 454 286", "046 454 286"),
        ("number", "Booking reference XK7PQ2, seat 14C", "XK7PQ2"),
        ("number", '{"user_id": 48811207}', "48811207"),
        ("number", "Krankenschein-Nr. 5540912", "5540912"),
        ("number", "plate KX19 RTV", "KX19 RTV"),
        ("number", "the car MJH 390 is registered to her", "MJH 390"),
        ("number", "file CMP/2024/0091237", "CMP/2024/0091237"),
        ("number", "AZ 4 O 447/23", "4 O 447/23"),
        ("phone", "HP 9123 4567", "9123 4567"),
        ("phone", "55 1234 5678 please", "55 1234 5678"),
        ("phone", "98300 12345 works", "98300 12345"),
        ("phone", "(0)7700 900 461", "(0)7700 900 461"),
        ("birth", "DOB 03-Apr-1978", "03-Apr-1978"),
        ("birth", "urodzona 7 września 1991 r.", "7 września 1991"),
        ("birth", "född den 4 augusti 1986", "4 augusti 1986"),
        ("birth", "生年月日 1986年4月2日", "1986年4月2日"),
        ("handle", "DB_HOST=x\nDB_USER=ledger_rw", "ledger_rw"),
        ("handle", '{"username":"lotus_eater9"}', "lotus_eater9"),
        ("handle", "publickey for deploy-anka from 10.0.0.7 port 22", "deploy-anka"),
        ("handle", "login from 10.0.0.7 by wulf94", "wulf94"),
        ("handle", '10.0.0.7 - anka [11/May/2024:08:13:01] "GET /"', "anka"),
        ("secret", "mysql -u root -phunter2Xy! shop", "hunter2Xy!"),
        ("secret", "Cookie: JSESSIONID=9v2k4h1jq8s0t3m5n7p6", "9v2k4h1jq8s0t3m5n7p6"),
        ("secret", "digicode 48A19", "48A19"),
        ("secret", "memorable word is thistledown", "thistledown"),
    ],
)  # fmt: skip
def test_is_found(family: str, text: str, value: str) -> None:
    assert any(value in one for one in found(family, text)), found(family, text)


@pytest.mark.parametrize(
    "text",
    [
        "Between 1914 and 1918, 2019-2024, 5000-10000 people, 1,204,000 in 1990",
        "12.11.2024 10:30, 2024-05-11T08:12:44Z, 20240511-081244, 10 12 2024",
        "version 10.2.3456, page number 10245, ISBN 978-3-16-148410-0, RTX4090TI, 1 234 567 views",
        "rows 100 200 300, 2019 2020 2021, $1500-2000, 10.000.000-20.000.000",
        "Room 12, 2024 Budget; Im Jahr 2024; 20-150 Euro; in the case 2024 was better",
        "50 First Dates, 12 Angry Men, 3 for 2 on all paints, box 12, Monday",
        "the user is happy, session is over, access denied by mistake",
        "Q3 revenue was 4.2bn, 2560x1440 at 144 Hz, lap 1:32.447, 16:9",
    ],
)
def test_everyday_text_stays(text: str) -> None:
    assert {family: hits for family in FAMILIES if (hits := found(family, text))} == {}


@pytest.mark.parametrize(
    ("text", "value", "whole"),
    [
        ("at Bergmannplatz 9, 5990 Braunau am Inn.", "Bergmannplatz 9, 5990 Braunau", "Bergmannplatz 9, 5990 Braunau am Inn"),
        ("Borgo Ariasso 3, 21017 Cascina (VA)", "Borgo Ariasso 3, 21017 Cascina", "Borgo Ariasso 3, 21017 Cascina (VA)"),
        ("Wohnung 3. OG links, Lindenstr. 76", "Lindenstr. 76", "Wohnung 3. OG links, Lindenstr. 76"),
    ],
)  # fmt: skip
def test_addresses_are_completed(text: str, value: str, whole: str) -> None:
    start = text.index(value)
    joined = whole_addresses(text, [Hit(start, start + len(value), "ADDRESS", 0.7, "AddressRecognizer")])
    assert [text[hit.start : hit.end] for hit in joined] == [whole]


def test_alternatives_by_first_letter_find_the_same() -> None:
    parts = r"passport|pan (?:card|no)|pan|a/c|acct?|[óo]rden|(?:kunden|konto)nr|e-?mail|n[°º|]|x|\|b"
    sorted_parts = by_first_letter(parts)
    assert sorted_parts.startswith("p(?:assport|an (?:card|no)|an)|a(?:/c|cct?)|")
    for text in (
        "passport",
        "pan no",
        "pan",
        "a/c",
        "acct",
        "acc",
        "órden",
        "kontonr",
        "email",
        "n|",
        "x",
        "|b",
        "y",
        "kunden",
    ):
        plain, faster = (re.fullmatch(one, text, re.IGNORECASE) for one in (parts, sorted_parts))
        assert (plain is None) == (faster is None), text


def test_a_place_that_goes_on_in_the_next_line_is_one_for_each_line() -> None:
    text = "> Port Whangarei\n>New Zealand 15896"
    words = [Word(2, 6, "CITY", 0.9), Word(7, 16, "CITY", 0.9), Word(18, 21, "STATE", 0.9)]
    words += [Word(22, 29, "STATE", 0.9), Word(30, 35, "ZIP_CODE", 0.99)]
    found = [(text[start:end], entity) for start, end, entity, _ in spans_of(text, words)]
    assert found == [("Port Whangarei", "LOCATION"), ("New Zealand 15896", "LOCATION")]
