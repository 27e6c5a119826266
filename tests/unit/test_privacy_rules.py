"""The rules, one family at a time: what they find and what they leave. No model is loaded."""

from __future__ import annotations

import pytest

from tests.families import FAMILIES, found


@pytest.mark.parametrize(
    ("family", "text", "value"),
    [
        ("handle", "dm @maya.after.dark please", "@maya.after.dark"),
        ("handle", "see https://instagram.com/maya_l for more", "maya_l"),
        ("handle", "my discord is nightowl77 ok", "nightowl77"),
        ("handle", "ask Wumpus#1234 about it", "Wumpus#1234"),
        ("handle", "posted by u/quiet_fox today", "u/quiet_fox"),
        ("handle", "fetch ftp://anna:hunter2@host.example", "anna"),
        ("secret", "the password is Tulip63$ ok", "Tulip63$"),
        ("secret", "Passwort: Blume77!", "Blume77!"),
        ("secret", "wifi password for the studio is correcthorse9", "correcthorse9"),
        ("secret", "api_key=abcd1234efgh5678", "abcd1234efgh5678"),
        ("secret", "use sk-proj-abcdefghijklmnop1234 here", "sk-proj-abcdefghijklmnop1234"),
        ("secret", "token ghp_abcdefghijklmnopqrstuvwxyz0123456789", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"),
        ("secret", "AKIAIOSFODNN7EXAMPLE is the key", "AKIAIOSFODNN7EXAMPLE"),
        ("secret", "Authorization: Bearer abcdefghij1234567890", "abcdefghij1234567890"),
        ("secret", "postgres://app:s3cr3t!@db.example/x", "s3cr3t!"),
        ("secret", "my pin is 4821", "4821"),
        ("address", "come to 14 Rosewood Ct tonight", "14 Rosewood Ct"),
        ("address", "i live at 14 rosewood ct", "14 rosewood ct"),
        (
            "address",
            "ship to 1502 Peach Tree Court, Atlanta, GA 30309 please",
            "1502 Peach Tree Court, Atlanta, GA 30309",
        ),
        ("address", "Ich wohne Lindenstraße 12a, 10969 Berlin", "Lindenstraße 12a, 10969 Berlin"),
        ("address", "j'habite 12 bis rue de la Paix, 75002 Paris", "12 bis rue de la Paix, 75002 Paris"),
        ("address", "vivo en Calle Mayor 5", "Calle Mayor 5"),
        ("address", "write to P.O. Box 1772", "P.O. Box 1772"),
        ("address", "Unit 5146 Box 1772, DPO AE 12345", "Unit 5146 Box 1772, DPO AE 12345"),
        ("address", "SW1A 1AA is posh", "SW1A 1AA"),
        ("phone", "ring +46 70 174 06 31 now", "+46 70 174 06 31"),
        ("phone", "(415) 555-0149 works", "(415) 555-0149"),
        ("phone", "whatsapp me 07700 900123", "07700 900123"),
        ("email", "anna.s (at) example (dot) com", "anna.s (at) example (dot) com"),
        ("email", "write anna at example dot com", "anna at example dot com"),
        ("email", "to me@studio.internal please", "me@studio.internal"),
        ("wallet", "pay 0x52908400098527886E0F7030069857D2E4169EE7", "0x52908400098527886E0F7030069857D2E4169EE7"),
        ("wallet", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        ("birth", "I was born on 2 August 1988.", "2 August 1988"),
        ("birth", "DOB: 03/14/1991", "03/14/1991"),
        ("birth", "geboren am 3. März 1990", "3. März 1990"),
        ("birth", "my birthday is March 3rd", "March 3rd"),
        ("number", "passport number X1234567", "X1234567"),
        ("number", "order #20250917 is late", "20250917"),
        ("number", "my ssn is 078-05-1120", "078-05-1120"),
        ("name", "hi, my name is max and i", "max"),
        ("name", "Ich heiße Jürgen Groß", "Jürgen Groß"),
        ("name", "ask Dr. Okonkwo about it", "Okonkwo"),
        ("name", "so Pappou told us", "Pappou"),
        ("name", "I met Иван Петров at the fair in town", "Иван Петров"),
    ],
)
def test_is_found(family: str, text: str, value: str) -> None:
    assert value in found(family, text)


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("handle", "@property def f, @media screen, npm i @types/node"),
        ("handle", "the instagram is down again"),
        ("handle", "mail anna@example.com"),
        ("secret", "I forgot my password again, the password is wrong"),
        ("secret", "a token of love; the secret is to stir slowly"),
        ("address", "5 minutes down the road, 2 ways to drive, 3 times a day"),
        ("address", "I ran 10 miles on the trail"),
        ("phone", "born 1990-03-04, costs 12.50, chapter 3.4"),
        ("email", "look at example.com at noon"),
        ("wallet", "0x1234 is a pointer"),
        ("birth", "on the 14th at 6pm, in 2024"),
        ("number", "in 2024 I made 300 prints in order to rest"),
        ("name", "hi there, hello again, dear all"),
        ("name", "Вся строка написана по-русски"),
    ],
)
def test_is_left(family: str, text: str) -> None:
    assert found(family, text) == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_rules_stay_linear(family: str) -> None:
    """Hostile repetition of every mark the rules look for; the suite's time-out is the judge."""
    for piece in (
        "a" * 20_000,
        "1 " * 10_000,
        "@a." * 7_000,
        "12 ab " * 3_500,
        "password is " * 1_700,
        "é-'" * 7_000,
        "1-" * 10_000,
    ):
        FAMILIES[family].analyze(piece, [])
