# ruff: noqa: E501, RUF001 (a case a line; the marks that people type)
"""Codes that a sentence announces, addresses in other scripts, what a machine reads, and what only looks so. No model."""

from __future__ import annotations

import pytest

from engine.privacy.addressing import whole_addresses
from engine.privacy.alike import further_of_a_list, whole_codes
from engine.privacy.doubts import believable
from engine.privacy.hits import Hit
from engine.privacy.recognisers.secrets import is_of_a_thing, is_plain_figure
from engine.privacy.recognisers.table import make_recogniser
from tests.families import found


@pytest.mark.parametrize(
    ("family", "text", "value"),
    [
        ("secret", "the safe opens with 21-04-36, shh", "21-04-36"),
        ("secret", "code is three seven seven one", "three seven seven one"),
        ("secret", "turn off the alarm with code 1928", "1928"),
        ("secret", "Code for the shed 1814.", "1814"),
        ("secret", "the Netflix is lena.k@mail.example / heron@22, kindly", "heron@22"),
        ("secret", "gate code for the allotment is 1948X. plot", "1948X"),
        ("secret", "PLEASE keep: 5f1c 90ab 77e2 d430 1b9e 6688 c0fa 3e25", "5f1c 90ab 77e2 d430 1b9e 6688 c0fa 3e25"),
        ("secret", "Wifi: TorqueGuest / deadlift-them-all", "deadlift-them-all"),
        ("secret", "I've changed the alarm to 80 35 12 and left", "80 35 12"),
        ("secret", "Door code at Tobias's building since October: B2580.", "B2580"),
        ("secret", "the code on the sluice is 1470, mind", "1470"),
        ("secret", "der code für die haustür ist 4471", "4471"),
        ("secret", "Ihr Abholcode lautet 48 21 90", "48 21 90"),
        ("secret", "<password>heron2011</password>", "heron2011"),
        ("secret", "heron2011 is my pw for everything", "heron2011"),
        ("secret", "then He11-heron-yes when it asks for a password", "He11-heron-yes"),
        ("number", "44182-2 is mijn klantnummer", "44182-2"),
        ("number", "numer klienta: 44 182", "44 182"),
        ("number", "numéro de dossier 2025-0091", "2025-0091"),
        ("number", "badge is #4418", "4418"),
        ("number", "the other one W2381 77410", "W2381 77410"),
        ("number", "mi matrícula es 1234 BCD", "1234 BCD"),
        ("phone", "ring 1-800-FLOWERS now", "1-800-FLOWERS"),
        ("email", "info＠studio-mar.it", "info＠studio-mar.it"),
        ("address", "it's two two one baker lane apartment nine", "two two one baker lane apartment nine"),
        ("secret", "Door: hold the star, then C4471Y", "C4471Y"),
        ("secret", "the wifi is Brook5G and the key is fern-vole-18", "fern-vole-18"),
        ("secret", "combination: 12 left, 30 right, 4 left", "12 left, 30 right, 4 left"),
        ("secret", "key safe, 3 9 1 7, by the bins", "3 9 1 7"),
        ("secret", "unlock my phone, it's 441908", "441908"),
        ("secret", 'the pass phrase is "nine quiet herons", at the hatch', "nine quiet herons"),
        ("secret", "the code word is marzipan", "marzipan"),
        ("secret", "Locker 9, code 4418, towel gone", "4418"),
        ("secret", "Alarm panel: 4471 disarm, 4472 duress", "4472"),
        ("secret", "wpa2 key 7d-quiet-otter", "7d-quiet-otter"),
        ("secret", 'client.login("redfin-9-cod")', "redfin-9-cod"),
        ("secret", 'get(url, auth=("ann", "wint3rsun"))', "wint3rsun"),
        ("secret", "DB_PASS=quiet-heron # old", "quiet-heron"),
        ("secret", "user frida pass gartenhaus on the nas", "gartenhaus"),
        ("secret", "https://hooks.example.com/hooks/catch/4471/b9xk2q", "4471/b9xk2q"),
        ("secret", "use xai-9fKdLq0ZmTbX1vNc9PyWr5Jh", "xai-9fKdLq0ZmTbX1vNc9PyWr5Jh"),
        ("secret", "psql user=etl password=rain_44", "etl"),
        ("address", "drop it at 27b tannery row please", "27b tannery row"),
        ("address", "where elm st meets 9th ok", "elm st meets 9th"),
        ("address", "see you at cedar and 14th", "cedar and 14th"),
        ("address", "it is Rose Hollow, Back Lane, no number", "Rose Hollow, Back Lane"),
        ("address", "plus code 8FVC9G8F+6X", "8FVC9G8F+6X"),
        ("address", "w3w: crisp.anchor.lamp", "crisp.anchor.lamp"),
        ("address", "pin https://maps.app.goo.gl/k2LxQ9 x", "https://maps.app.goo.gl/k2LxQ9"),
        (
            "address",
            "العنوان: شارع الحمرا، بناية السلام، الطابق 3، بيروت",
            "شارع الحمرا، بناية السلام، الطابق 3، بيروت",
        ),
        ("address", "אני גר ברחוב הרצל 24, דירה 6 כרגע", "ברחוב הרצל 24, דירה 6"),
        ("address", "99/12 ซอยสุขุมวิท 71 แขวงพระโขนงเหนือ เขตวัฒนา", "99/12 ซอยสุขุมวิท 71 แขวงพระโขนงเหนือ เขตวัฒนา"),
        ("address", "пр-т Мира 102, корп. 3, кв. 7 да", "пр-т Мира 102, корп. 3, кв. 7"),
        (
            "phone",
            "call oh seven seven double oh, nine hundred, one two three",
            "oh seven seven double oh, nine hundred, one two three",
        ),
        ("phone", "07 double 9 oh 4 triple 1 2 3 ok", "07 double 9 oh 4 triple 1 2 3"),
        ("email", "kat3 [dot] winslow {at} pm [dot] me", "kat3 [dot] winslow {at} pm [dot] me"),
        ("birth", "She turned thirty on 9 November 2023.", "9 November 2023"),
        ("birth", "born on Christmas Eve 1983", "Christmas Eve 1983"),
        ("number", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"),
        ("number", "Locker B-217 again", "B-217"),
        (
            "wallet",
            "dot 15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5",
            "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5",
        ),
        ("handle", "venmo @orchid-tips ty", "@orchid-tips"),
    ],
)
def test_is_found(family: str, text: str, value: str) -> None:
    assert value in found(family, text)


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("secret", "the door opens at 10am and gate 4 at 1030"),
        ("secret", "phone then 300 people"),
        ("secret", "write to lena.k@mail.example / the office"),
        ("secret", "scp lena@host.example:photos-2.zip ."),
        ("secret", "git@code.example:team/app-2.git is the remote"),
        ("secret", "they said that this 2024 with some more text from then 2025 will 2026"),
        ("secret", "network: cables, switches and routers"),
        ("secret", "I set my phone to 24 hours"),
        ("secret", "phone pin, which nobody had: 10am"),
        ("secret", "a discount code for the shop 1814"),
        ("secret", "the zip code of the office is 94103"),
        ("secret", "the code of the project is 1200 lines"),
        ("secret", "use code FROG15 for the shop"),
        ("secret", 'password = os.environ["DB_PASSWORD"]'),
        ("secret", 'const token = await getToken({ scope: "read" });'),
        ("secret", "the code on page 112 does not compile, see v2.14"),
        ("secret", "the safe word is obvious, ask"),
        ("address", "on may and 9th we rest"),
        ("address", "down memory lane, on a busy road"),
        ("address", "it took 3 hours of open fields"),
        ("phone", "one two three four five six seven"),
        ("phone", "twenty twenty five, twenty twenty six"),
        ("number", "cat <<EOF and x << 12 for 2024"),
        ("number", "the train took 1200 people"),
        ("number", "the new card is 499.99 but docker run -p 8080:80"),
        ("secret", "the door was built in 1928, export KEY=$API_KEY and PASSWORD=changeme"),
        ("secret", "password: str = Field(min_length=8)"),
    ],
)
def test_is_left_alone(family: str, text: str) -> None:
    assert found(family, text) == set()


@pytest.mark.parametrize(
    ("text", "known", "entity", "whole"),
    [
        ("id cus_Nf8s2Kd0 ok", "Nf8s2Kd0", "ID", "cus_Nf8s2Kd0"),
        ("social 28 12345678 40, ok", "12345678", "US_SSN", "28 12345678 40"),
        ("account 44182 2025 was good", "44182", "ID", "44182"),
        ("mdp Sun_d'or7 pour", "Sun_d", "SECRET", "Sun_d'or7"),
        ("PASS='kite 88 lamp'", "kite", "SECRET", "kite 88 lamp"),
        ("pw hunter2's fault", "hunter2", "SECRET", "hunter2"),
    ],
)
def test_a_code_grows_to_the_ends_of_its_token(text: str, known: str, entity: str, whole: str) -> None:
    at = text.index(known)
    (grown,) = whole_codes(text, [Hit(at, at + len(known), entity, 0.6, "NumberRecognizer")])
    assert text[grown.start : grown.end] == whole


def test_the_next_of_a_list_is_one_too() -> None:
    text = "codes: 8f2k-91mz, q7xt-04pd, m3ra-55ye and so on"
    listed = further_of_a_list(text, [Hit(7, 16, "SECRET", 0.8, "SecretRecognizer")])
    assert [text[hit.start : hit.end] for hit in listed] == ["8f2k-91mz", "q7xt-04pd", "m3ra-55ye"]
    other = "id 4471990, 2025 was good"
    assert len(further_of_a_list(other, [Hit(3, 10, "ID", 0.8, "NumberRecognizer")])) == 1


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        (
            "Lindenallee 7a, Hinterhaus, 2. OG links, klingeln",
            "Lindenallee 7a",
            "Lindenallee 7a, Hinterhaus, 2. OG links",
        ),
        ("via Garibaldi 31, scala B, interno 9, ok", "via Garibaldi 31", "via Garibaldi 31, scala B, interno 9"),
        ("12 Elm St as three of us", "12 Elm St", "12 Elm St"),
    ],
)
def test_the_parts_of_a_house_belong_to_its_address(text: str, known: str, expected: str) -> None:
    start = text.index(known)
    joined = whole_addresses(text, [Hit(start, start + len(known), "ADDRESS", 0.8, "AddressRecognizer")])
    assert [text[hit.start : hit.end] for hit in joined] == [expected]


def test_numbers_of_things_are_no_findings() -> None:
    assert is_plain_figure("978-0-306-40615-7")
    assert is_plain_figure("v2.14.3-rc1")
    assert is_plain_figure("8.314462618")
    assert not is_plain_figure("978-0-306-40615-8")
    assert not is_plain_figure("612.555.0142")
    text = "SKU 4006381333931 and 4006381333932"
    assert is_of_a_thing(text, text.index("4006381333931"))
    assert is_of_a_thing("my washer is a WAN28282GB", 15)
    assert is_of_a_thing("colour #f67cbb", 8)
    assert not is_of_a_thing("llama a 612345678", 8)
    assert not is_of_a_thing(text, text.index("4006381333932"))
    hits = [Hit(*span, "TAX_ID", 0.9, "RampartRecognizer") for span in ((4, 17), (22, 35))]
    assert believable(text, hits) == hits[1:]


def test_a_word_before_a_code_is_its_label() -> None:
    for text, kept in (("iqama 2298104471", False), ("Okonjo 2298104471", True), ("anna 2298104471", True)):
        end = text.index(" ")
        name, code = (
            Hit(0, end, "PERSON", 0.97, "RampartRecognizer"),
            Hit(end + 1, len(text), "ID", 0.6, "NumberRecognizer"),
        )
        assert (name in believable(text, [name, code])) is kept


def test_addresses_of_every_machine_are_no_findings() -> None:
    recogniser = make_recogniser("ip")
    text = "127.0.0.1 and 0.0.0.0, then 203.0.113.44"
    assert [text[hit.start : hit.end] for hit in recogniser.analyze(text, ["IP_ADDRESS"])] == ["203.0.113.44"]
