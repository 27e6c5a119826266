# ruff: noqa: E501 (a case a line)
"""What a model alone takes for an address or a name, and the joining of what belongs together."""

from __future__ import annotations

import pytest

from engine.privacy.doors import leads_to_a_door
from engine.privacy.doubts import believable
from engine.privacy.merge import Hit, merge_hits
from engine.privacy.rowscan import NameList


def hit(text: str, value: str, entity: str, score: float = 0.99, by: str = "RampartRecognizer") -> Hit:
    start = text.index(value)
    return Hit(start, start + len(value), entity, score, by)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("bro got 99 problems", "got 99 problems"),
        ("timeout after 30000 ms, retry 3", "retry 3"),
        ("See chapter 12, page 345 for that", "12, page 345"),
        ("Arsenal 2-1 Chelsea", "Arsenal 2-1 Chelsea"),
        ("batch size 128, lr 3e-4", "128, lr 3e-4"),
        ("My Netflix plan is 15 a month", "15 a"),
        ("Upgrade to v2.14.3 now", "v2.14.3"),
        ("Turn left, go 2 blocks down the road", "go 2 blocks down the road"),
    ],
)
def test_a_number_alone_leads_nowhere(text: str, value: str) -> None:
    assert not leads_to_a_door(text, hit(text, value, "ADDRESS"))
    assert believable(text, [hit(text, value, "ADDRESS", 0.6)]) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("i live at 14 rosewood ct", "14 rosewood ct"),
        ("Send it to Unter den Linden 77, will you", "Unter den Linden 77"),
        ("The flat is 3 Okehampton, back door", "3 Okehampton"),
        ("It is at apt 4, second bell", "apt 4"),
        ("Somewhere in Tempe AZ 85281 I think", "Tempe AZ 85281"),
        ("Ленина 5, кв. 12", "Ленина 5, кв. 12"),
    ],
)
def test_a_street_a_unit_or_a_code_does(text: str, value: str) -> None:
    assert leads_to_a_door(text, hit(text, value, "ADDRESS"))


def test_a_number_stays_where_a_rule_saw_the_street() -> None:
    text = "go to 5 the big house"
    rule = hit(text, "the big house", "ADDRESS", by="AddressRecognizer")
    assert len(believable(text, [hit(text, "5", "ADDRESS"), rule])) == 2


@pytest.mark.parametrize("value", ["ssn", "API", "ISO 27001", "Kubernetes", "Maxwell"])
def test_labels_makers_and_laws_are_no_names(value: str) -> None:
    text = "We saw ssn, API, ISO 27001, Kubernetes and Maxwell's equations."
    assert believable(text, [hit(text, value, "PERSON")]) == []


@pytest.mark.parametrize("value", ["Brad L Key", "Maxwell Stone"])
def test_names_with_such_words_are(value: str) -> None:
    text = "With Brad L Key and Maxwell Stone there."
    assert believable(text, [hit(text, value, "PERSON")])


@pytest.mark.parametrize(
    ("text", "value", "entity", "whole"),
    [
        ("signed by R. de Vries today", "Vries", "PERSON", "R. de Vries"),
        ("ask J. R. Okafor", "Okafor", "PERSON", "J. R. Okafor"),
        ("It was plan B. Okafor said so", "Okafor", "PERSON", "B. Okafor"),
        ("at H.No. 4-55, Tarnaka Road, Hyderabad 500017", "Tarnaka Road", "ADDRESS", "H.No. 4-55, Tarnaka Road, Hyderabad 500017"),
        ("see Room 12, Building 6, 188 Renmin Road, Hangzhou.", "188 Renmin Road", "ADDRESS", "Room 12, Building 6, 188 Renmin Road, Hangzhou"),
        ("c/o Miller, 301 W Oak Street", "301 W Oak Street", "ADDRESS", "c/o Miller, 301 W Oak Street"),
        ("14 Oak Street, and then Bob left", "14 Oak Street", "ADDRESS", "14 Oak Street"),
        ("Hello Bob, 14 Oak Street", "14 Oak Street", "ADDRESS", "14 Oak Street"),
        ("Vries came, Mr. Vriesland", "Vries", "PERSON", "Vries"),
    ],
)  # fmt: skip
def test_pieces_are_completed(text: str, value: str, entity: str, whole: str) -> None:
    merged = merge_hits(text, [hit(text, value, entity)])
    assert [text[one.start : one.end] for one in merged] == [whole]


def test_dictionary_words_of_a_name_are_not_swept_alone() -> None:
    names = NameList()
    text = "Boston Orchestra and Amelia Okonkwo"
    names.learn(text, [hit(text, "Boston Orchestra", "PERSON"), hit(text, "Amelia Okonkwo", "PERSON")])
    swept = {one.value for one in names.wanted([])}
    assert {"Okonkwo", "Amelia", "Amelia Okonkwo"} <= swept
    assert "Orchestra" not in swept
