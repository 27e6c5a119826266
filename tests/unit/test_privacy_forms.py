"""Rarer forms: dates in words, addresses of many countries, short names, phrases, and what only looks so."""

from __future__ import annotations

import pytest

from tests.families import FAMILIES, found


@pytest.mark.parametrize(
    ("family", "text", "value"),
    [
        ("birth", "she was born on the second of May nineteen eighty-four", "the second of May nineteen eighty-four"),
        ("birth", "my birthday is the 9th of june 1987", "the 9th of june 1987"),
        ("birth", "DOB: twelve october two thousand and one", "twelve october two thousand and one"),
        ("birth", "dob 17 Feb '79 ok", "17 Feb '79"),
        ("birth", "Ira's birthday is June 2, Tom's is 27 Nov, write it down", "27 Nov,"),
        ("birth", "When is Halina's birthday?\nassistant: 3 November :)", "3 November"),
        ("birth", "dad was born in '58", "'58"),
        ("birth", "mi hermana cumple años el 6 de enero", "6 de enero"),
        ("birth", "Elle fête ses 30 ans le 4 mai", "4 mai"),
        ("birth", "ja, ich hab am 23.6. Geburtstag und nein, keine Torte", "23.6."),
        ("birth", "9/11 is my birthday, of all days", "9/11"),
        ("address", "ship it to Two Liberty Plaza please", "Two Liberty Plaza"),
        ("address", "живу: улица Мира, дом 14, корпус 2, кв. 8", "улица Мира, дом 14, корпус 2, кв. 8"),
        ("address", "我住在上海市静安区南京西路1266号恒隆", "上海市静安区南京西路1266号"),
        ("address", "東京都港区芝公園4丁目2-8", "東京都港区芝公園4丁目2-8"),
        ("address", "Jalan Merdeka No. 17, Bandung", "Jalan Merdeka No. 17, Bandung"),
        ("address", "at Moor End, Mill Lane, Great Barr, WS11 3AB now", "Moor End, Mill Lane, Great Barr, WS11 3AB"),
        ("address", "12-7, 2nd Cross, 4th Main, Malleswaram", "12-7, 2nd Cross, 4th Main, Malleswaram"),
        ("address", "RR 4, Box 210A", "RR 4, Box 210A"),
        ("address", "i'm at juniper st 22 tonight", "juniper st 22"),
        ("address", "USNS Mercy, FPO AP 96672", "USNS Mercy, FPO AP 96672"),
        ("name", "Landlord Wu came by", "Landlord Wu"),
        ("name", "name chen yu, dept HR", "chen yu"),
        ("name", "hey grace, are you up", "grace"),
        ("name", "im faith, nice to meet you", "faith"),
        ("name", "Brown, Oliver", "Brown, Oliver"),
        ("name", "Lu and Ng won the doubles", "Ng"),
        ("name", "we met Hu Lan at the gate", "Hu Lan"),
        ("name", "#HappyBirthdayOlivia", "HappyBirthdayOlivia"),
        ("name", "Марина пришла домой поздно", "Марина"),
        ("name", "I asked Staś and then Staś slept", "Staś"),
        ("name", "안녕하세요! 저 김하은이에요, 머그컵 주문했는데", "김하은"),
        ("secret", "passphrase: lantern copper violin meadow", "lantern copper violin meadow"),
        (
            "secret",
            "my seed phrase is orbit lamp frog ritual salad tiger nurse cabin elbow drum index velvet",
            "orbit lamp frog ritual salad tiger nurse cabin elbow drum index velvet",
        ),
        ("secret", "post to https://discord.com/api/webhooks/12/AbCdEfGhIjKlMnOpQrSt", "12/AbCdEfGhIjKlMnOpQrSt"),
        ("secret", "hooks.slack.com/services/T000/B000/XyZ123abcdef", "T000/B000/XyZ123abcdef"),
        ("secret", "password was reset to Winter2031 today", "Winter2031"),
        ("secret", "locker 9 code 4417", "4417"),
        ("secret", "Room safe 0512. Breakfast till 10", "0512"),
        ("handle", "look up velvetfox on onlyfans", "velvetfox"),
        ("handle", "my snap? velvet_fox9", "velvet_fox9"),
        ("handle", "skype: live:velvet.fox", "live:velvet.fox"),
        ("email", "write to anna @ example . se", "anna @ example . se"),
        ("number", "number plate B-XY 771", "B-XY 771"),
        ("number", "aadhaar 3321 7745 9012", "3321 7745 9012"),
        ("number", "pnr K3PLQZ for the flight", "K3PLQZ"),
        ("phone", "my desk phone: x2231", "x2231"),
    ],
)
def test_is_found(family: str, text: str, value: str) -> None:
    assert value in found(family, text)


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("birth", "on the second of May we open; first of all, the '90s were fine"),
        ("address", "One more Way to say it, two of a kind"),
        ("address", "the road 2 miles on, 30 minutes by train"),
        ("address", "他走了100号公路"),
        ("name", "the manager said so, The President Said no"),
        ("name", "hey honey, hi there, hello sunshine,"),
        ("name", "im tired, im sunny, its cold"),
        ("name", "#MondayMotivation #FreeShipping"),
        ("name", "call me at noon"),
        ("name", "name and address, name the price"),
        ("secret", "password is wrong please try again"),
        ("secret", "the secret recipe needs butter and some flour and a lot of patience when you have the time for it"),
        ("secret", "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 broke the build"),
        ("handle", "find content on instagram, instagram stories"),
        ("handle", "User: remind me that tomorrow"),
        ("email", "npm i left-pad@1.3.0 @angular/core@17.0.2"),
        ("number", "JIRA-1234 is blocked by ADR-0012"),
        ("number", "the plate was hot"),
    ],
)
def test_is_left(family: str, text: str) -> None:
    assert found(family, text) == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_rules_stay_linear(family: str) -> None:
    """Hostile repetition of what the longer rules look for; the suite's time-out is the judge."""
    for piece in (
        "Room 1, " * 2_500,
        "Ab Cd, " * 2_800,
        "ab cd ef " * 2_200,
        "市区路街" * 5_000,
        "Ng, " * 5_000,
        "Éa " * 6_000,
    ):
        FAMILIES[family].analyze(piece, [])
