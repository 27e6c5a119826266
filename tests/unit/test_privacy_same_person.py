"""One person has one surrogate, however the name is written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.privacy.surrogate.surrogates import Surrogates


def among(names: list[str]) -> Callable[[str, str], str]:
    made = Surrogates(b"k" * 64, lambda _: False)
    made.people.learn(names)
    made.begin_row(names)
    return lambda entity, value: str(made.of(entity, value))


def test_a_nickname_in_quotation_marks_is_the_same_persons() -> None:
    names = ['Robert "Bob" O\'Connell', "Robert O'Connell", "Bob O'Connell"]
    of = among(names)
    first, nickname, last = of("PERSON", names[0]).split()
    nickname = nickname.strip('"')
    assert of("PERSON", "Robert O'Connell") == f"{first} {last}"
    assert of("PERSON", "Bob O'Connell") == f"{nickname} {last}"
    assert of("PERSON", "BOB") == nickname.upper()
    assert of("EMAIL_ADDRESS", "bob.oconnell@x.de") == f"{nickname}.{last}@example.com".lower()


def test_a_short_form_is_the_one_person_that_it_can_mean() -> None:
    names = ["Elizabeth Stone", "Liz Stone"]
    of = among(names)
    whole = of("PERSON", "Elizabeth Stone")
    assert of("PERSON", "Liz Stone") == whole
    assert of("PERSON", "Lizzie") == whole.split()[0]
    assert of("EMAIL_ADDRESS", "liz.stone84@x.de").startswith(whole.lower().replace(" ", "."))
    two = ["Kate Stone", "Katherine Stone", "Catherine Stone"]
    of = among(two)
    assert of("PERSON", "Kate Stone") not in {of("PERSON", name) for name in two[1:]}


def test_a_family_name_of_two_parts_alone_is_the_same() -> None:
    of = among(["Maria Garcia-Lopez"])
    assert of("PERSON", "Maria Garcia-Lopez").split()[1].upper() == of("PERSON", "GARCIA-LOPEZ")


@pytest.mark.parametrize(
    ("entity", "value", "shape"),
    [
        ("ADDRESS", "Calle Mayor 12, 3ºB, 28013 Madrid", "ºB, "),
        ("ADDRESS", "Rua Augusta 1500, São Paulo", "Rua "),
        ("DATE_OF_BIRTH", "12 марта 1985", " 198"),
    ],
)
def test_signs_of_a_country_stay(entity: str, value: str, shape: str) -> None:
    made = among([])(entity, value)
    assert shape in made
    assert made != value
    assert len(made.split()) == len(value.split())
