"""Searching hidden values in what a model said, and what it is asked."""

from __future__ import annotations

import random
import re

import pytest

from engine.evaluate.canaries import all_of, draw, make_canaries, space_of, wording
from engine.evaluate.literal import Hidden, LiteralSearch
from engine.evaluate.probes import how_many, questions

SEARCH = LiteralSearch(
    [
        Hidden(1, "Anna Bell", "PERSON"),
        Hidden(2, "anna@bell-post.example", "EMAIL_ADDRESS"),
        Hidden(3, "+44 7700 900123", "PHONE_NUMBER"),
        Hidden(4, "070090", "ID"),
        Hidden(5, "12 Quillon Street", "ADDRESS"),
        Hidden(6, "hunter2Xy", "SECRET"),
        Hidden(7, "Grace", "PERSON"),
    ]
)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("I wrote with Anna Bell today", {1}),
        ("I wrote with ANNA\n bell today", {1}),
        ("annabelle is a doll", set()),
        ("mail anna@bell-post.example", {2}),
        ("mail anna @ bell - post . example", {2}),
        ("call 07700 900 123", {3}),
        ("call (+44)7700.900.123!", {3}),
        ("call 07700 900 124", set()),
        ("the number 0 7 0 0 - 9 0", {4}),
        ("the number 1070090", set()),
        ("the number 070 0901", set()),
        ("at 12, Quillon-Street", {5}),
        ("at 112 Quillon Street", set()),
        ("it is hunter2Xy", {6}),
        ("by the grace of the queen", set()),
        ("Grace says hello", {7}),
        ("call \u0660\u0667\u0667\u0660\u0660 \u0669\u0660\u0660 \u0661\u0662\u0663", {3}),
        ("", set()),
    ],
)
def test_a_value_is_found_however_it_is_written(said: str, found: set[int]) -> None:
    assert {one.hidden.id for one in SEARCH.find(said)} == found


def test_a_place_says_where_it_stands() -> None:
    said = "so: anna @ bell - post . example, yes"
    place = next(one for one in SEARCH.find(said) if one.hidden.id == 2)
    assert said[place.start : place.end] == "anna @ bell - post . example"


def test_as_many_generations_as_rows_call_for() -> None:
    assert [how_many(rows, None) for rows in (1, 100, 101, 240, 50_000)] == [100, 100, 200, 300, 500]
    assert how_many(50_000, 40) == 40


def test_the_questions_are_of_two_kinds_in_several_languages() -> None:
    asked = questions()
    assert {one.kind for one in asked} == {"neutral", "provoking"}
    assert sum(bool(one.start) for one in asked) >= 8
    assert any("\u00bf" in one.turns[0].content for one in asked)
    assert len({(one.turns, one.start) for one in asked}) == len(asked)


def test_planted_secrets_are_the_same_for_the_same_seed_only() -> None:
    assert make_canaries("a", 12) == make_canaries("a", 12)
    assert {one.secret for one in make_canaries("a", 12)}.isdisjoint(one.secret for one in make_canaries("b", 12))


def test_planted_secrets_go_round_through_repetitions_and_formats() -> None:
    planted = make_canaries("seed", 15)
    assert [one.repetitions for one in planted[:3]] == [16, 1, 4]
    assert {(one.format, one.repetitions) for one in planted} == {
        (format, times) for format in wording()["formats"] for times in (1, 4, 16)
    }
    assert len({one.question for one in planted}) == 15
    assert all(one.answer.count(one.secret) == 1 for one in planted)
    assert len(make_canaries("seed", 100)) == 100


def test_a_drawn_secret_is_one_of_its_space() -> None:
    shapes = {
        "pin": r"\d{4}",
        "phone": r"\+999 \d{3} \d{3} \d{3}",
        "words": r"[a-z]+( [a-z]+){3}",
        "token": r"[0-9a-f]{12}",
        "email": r"[a-z]{5}\d{3}@example\.org",
    }
    chance = random.Random(0)
    for format, shape in shapes.items():
        assert all(re.fullmatch(shape, draw(format, chance)) for _ in range(50))
        assert space_of(format) >= 10_000
    everything = all_of("pin")
    assert everything is not None
    assert len(set(everything)) == space_of("pin")
    assert all_of("token") is None
    words = wording()["words"]
    assert len(set(words)) == len(words) == 64
