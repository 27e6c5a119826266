# ruff: noqa: RUF001 (Cyrillic and Greek letters are meant)
"""Surrogates as a reader sees them: families, cases, forms of dates, addresses and numbers; and who is met first."""

from __future__ import annotations

import random
import re
from datetime import date

import pytest

from engine.privacy.surrogate.slavic import family_of, in_case, nominative
from engine.privacy.surrogate.surrogates import Surrogates
from engine.privacy.surrogate.words import name_lists

KEY = bytes(range(32))
FILE = [
    *("Aisha Khan", "Yusuf Khan", "Seán O'Connell", "Robert O'Connell", "Ana Silva", "João da Silva", "Xiomara Quispe"),
    *("Lucía Romero", "Diego Romero", "Siobhan Murphy", "Jana Nováková", "Peter Novák", "Agnieszka Kowalska"),
    *("Piotr Kowalski", "Ольга Смирнова", "Иван Смирнов", "Γιώργος Παπαδόπουλος", "Ελένη Παπαδοπούλου"),
]


def settled(names: list[str] | None = None) -> Surrogates:
    made = Surrogates(KEY, lambda _: False)
    made.settle(FILE if names is None else names)
    return made


def of(entity: str, value: str) -> str:
    return str(settled().of(entity, value))


def test_nobodys_name_depends_on_who_is_met_first() -> None:
    orders = [FILE, FILE[::-1], random.Random(3).sample(FILE, len(FILE))]
    told = [{name: made.of("PERSON", name) for name in order} for order in orders for made in [settled(order)]]
    assert told[0] == told[1] == told[2]
    read = settled()
    assert {name: read.of("PERSON", name) for name in orders[2]} == told[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Piotr Kowalski", "Agnieszka Kowalska"),
        ("Γιώργος Παπαδόπουλος", "Ελένη Παπαδοπούλου"),
        ("Lucía Romero", "Diego Romero"),
    ],
)
def test_a_family_stays_a_family_in_its_forms(one: str, other: str) -> None:
    assert of("PERSON", one).split()[1] == of("PERSON", other).split()[1]


def test_two_of_a_family_in_one_finding_are_nobodys_whole_name() -> None:
    made = settled([*FILE, "Silva and Dr. Silva", "Dr. Silva met ana silva"])
    last = str(made.of("PERSON", "Ana Silva")).split()[1]
    assert made.of("PERSON", "Silva") == last
    told = rf"Dr\. {last} \w+ {of('PERSON', 'Ana')} {last}".lower()
    assert re.fullmatch(told, str(made.of("PERSON", "Dr. Silva met ana silva")).lower())
    assert re.fullmatch(rf"{last} and \w+\. {last}", str(made.of("PERSON", "Silva and Dr. Silva")))


def test_turkish_capitals_are_the_same_name() -> None:
    made = settled(["Elif Yılmaz", "ELIF YILMAZ"])
    assert str(made.of("PERSON", "ELIF YILMAZ")).casefold() == str(made.of("PERSON", "Elif Yılmaz")).casefold()


def test_a_czech_woman_keeps_her_ending() -> None:
    his, hers = of("PERSON", "Peter Novák").split()[1], of("PERSON", "Jana Nováková").split()[1]
    assert hers == f"{his.rstrip('aeiouyáéíóúýě')}ová"


def test_russian_cases_are_kept() -> None:
    first, last = of("PERSON", "Иван Смирнов").split()
    her, hers = of("PERSON", "Ольга Смирнова").split()
    assert hers == f"{last}\u0430"
    assert of("PERSON", "Ивана Смирнова") == f"{in_case(first, 1, 'male')} {last}\u0430"
    assert of("PERSON", "Ивану Смирнову") == f"{in_case(first, 2, 'male')} {last}\u0443"
    assert of("PERSON", "Ольгой Смирновой") == f"{in_case(her, 4, 'female')} {last}ой"
    assert of("PERSON", "Смирновых") == f"{last}ых"
    assert of("PERSON", "Ивана") == in_case(first, 1, "male")


@pytest.mark.parametrize(
    ("form", "name", "case"),
    [("петра", "пётр", 1), ("марией", "мария", 4), ("игорем", "игорь", 4), ("иван", "иван", 0), ("омара", "омара", 0)],
)
def test_first_names_in_the_nominative(form: str, name: str, case: int) -> None:
    assert nominative(form) == (name, case)
    assert in_case(name, case, None if case != 4 else name_lists().first[name.replace("ё", "е")][1]) == form


def test_family_names_in_all_forms() -> None:
    assert {family_of(one)[0] for one in ("смирнов", "смирнову", "смирновой", "смирновыми")} == {"смирнов"}
    assert {family_of(one)[0] for one in ("достоевский", "достоевскую", "достоевским")} == {"достоевский"}
    assert family_of("шевченко") == ("шевченко", "")
    assert family_of("alaska") == ("alaski", "")


def test_a_first_name_of_several_cultures_does_not_make_its_bearer_foreign() -> None:
    lists = name_lists()
    assert lists.first["robert"][0] == "english"
    french = {*lists.cultures["french"].female, *lists.cultures["french"].surnames}
    assert set(str(settled([]).of("PERSON", "Chloé Dubois")).split()) <= french
    male = lists.cultures["french"].male
    assert str(settled([]).of("PERSON", "Jean-Luc Moreau")).split()[0].split("-")[0] in male
    assert str(settled([]).of("PERSON", "Mohammed Al-Farsi")).split()[1].startswith("Al-")
    assert re.fullmatch(r"[A-Z]+ VAN DER [A-Z]+", str(settled([]).of("PERSON", "INGRID VAN DER BERG")))


def test_japanese_names_become_japanese_ones() -> None:
    kanji = name_lists().cultures["japanese_kanji"]
    made = str(settled([]).of("PERSON", "山田太郎"))
    assert len(made) == 4
    assert made[:2] in kanji.surnames
    assert made[2:] in kanji.first_names(None)


@pytest.mark.parametrize(
    ("entity", "value", "pattern"),
    [
        ("EMAIL_ADDRESS", "aisha[dot]khan [at] mail [dot] com", r"\w+\[dot\]\w+ \[at\] example \[dot\] com"),
        ("EMAIL_ADDRESS", "AISHA.KHAN@MAIL.COM", r"[A-Z]+\.[A-Z]+@EXAMPLE\.COM"),
        ("USERNAME", "@иван_смирнов", r"@[а-яё]+_[а-яё]+"),
        ("USERNAME", "@romerofan7", r"@{Romero}[a-z]+\d"),
        ("LOCATION", "SW1A 2AA", r"[QVX][A-Z]\d[A-Z] \d[A-Z]{2}"),
        ("LOCATION", "St. Louis, MO", r"St\. [A-Z][a-z]+, MO"),
        ("LOCATION", "東京", r"[\u3400-\u9fff]{2}"),
        ("ADDRESS", "350 5th Ave", r"\d{3} (?:1st|2nd|3rd|[4-9]th) Ave"),
        ("ADDRESS", "12 bis avenue Victor Hugo", r"\d\d bis avenue \w+ \w+"),
        ("TAX_ID", "DE123456789", r"DE\d{9}"),
        ("GOVERNMENT_ID", "DE123456789", r"DE\d{9}"),
        ("GOVERNMENT_ID", "AB123456C", r"QQ\d{6}[A-D]"),
        ("GOVERNMENT_ID", "X1234567L", r"[XYZ]\d{7}[A-Z]"),
        ("USERNAME", "@lromero", r"@{L}{Romero}"),
        ("ES_NIE", "X1234567L", r"[XYZ]\d{7}[A-Z]"),
        ("DATE_OF_BIRTH", "03/1987", r"(?:0[1-9]|1[0-2])/198[678]"),
    ],
)
def test_forms_are_kept(entity: str, value: str, pattern: str) -> None:
    made = settled()
    first, last = str(made.of("PERSON", "Lucía Romero")).lower().split()
    pattern = pattern.replace("{Romero}", last).replace("{L}", first[0])
    assert re.fullmatch(pattern, str(made.of(entity, value)))


@pytest.mark.parametrize("value", ["DNI 12345678Z", "Steuer-ID 86095742719", "IP 2a02:8109:8a40:1b00::1", "90210"])
@pytest.mark.parametrize("entity", ["ORGANIZATION", "LOCATION"])
def test_no_figures_of_a_code_stay_in_what_was_taken_for_a_name(entity: str, value: str) -> None:
    made = of(entity, value)
    assert not set(re.findall(r"\d{4,}", value)) & set(re.findall(r"\d{4,}", made))
    assert len(re.findall(r"\d", made)) == len(re.findall(r"\d", value))


def test_a_name_that_was_taken_for_something_else_is_the_same_person() -> None:
    made = settled()
    assert made.of("ORGANIZATION", "ANA SILVA") == str(made.of("PERSON", "Ana Silva")).upper()
    assert made.of("ADDRESS", "Иван Смирнов") == made.of("PERSON", "Иван Смирнов")
    assert made.of("ORGANIZATION", "Kowalska") == str(made.of("PERSON", "Agnieszka Kowalska")).split()[1]


def test_american_numbers_stay_in_the_country() -> None:
    made = settled()
    areas = {str(made.of("PHONE_NUMBER", f"+1 415 867 {number}"))[3:6] for number in range(5300, 5400)}
    assert not areas & {"784", "758", "868", "876", "242", "246", "416", "604", "911"}


@pytest.mark.parametrize("day", ["Monday 3 May 2004", "Monday, May 3rd, 2004", "Mon 3 May 2004", "Montag, 3. Mai 2004"])
def test_the_day_of_the_week_and_the_ordinal_are_right(day: str) -> None:
    for number in range(12):
        made = str(Surrogates(bytes([number]) * 32, lambda _: False).of("DATE_OF_BIRTH", day))
        months = "jan feb mar apr ma jun jul aug sep o nov de".split()  # noqa: SIM905
        words = re.findall(r"[^\W\d_]+", made.casefold().replace("mär", "mar"))
        month = next(at for word in words[1:] for at, one in enumerate(months, 1) if word.startswith(one))
        found, year = re.findall(r"\d+", made)
        weekday = date(int(year), month, int(found)).weekday()
        assert (
            words[0][:2] in [("mo",), ("tu", "di"), ("we", "mi"), ("th", "do"), ("fr",), ("sa",), ("su", "so")][weekday]
        )
        if "3rd" in day:
            assert re.search(r"(?<!1)1st|(?<!1)2nd|(?<!1)3rd|[4-9]th|1\dth|0th", made)
