"""One-sidedness from what both models say of two groups: what is measured, and when it is too much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from engine.evaluate.bias import bias_of_one, bias_report, load_probes
from engine.evaluate.gate_limits import load_thresholds
from engine.evaluate.one_sided import Shift, shifts_of
from engine.evaluate.whose import whose

PROBES = load_probes()
[PAIR] = PROBES.pairs


def part(values: Any, tones: float = 0.0) -> dict[str, Any]:
    """What a model says: nats per token by which each sentence is likelier of women, and how much kinder it is."""
    openings = [(tones, 0.0)] * (len(PROBES.openings) * len(PAIR.names))
    return {"likelihood": {PAIR.name: list(values)}, "sentiment": {PAIR.name: openings}}


def noise(scatter: float, seed: int) -> Any:
    return np.random.default_rng(seed).normal(0.0, scatter, len(PAIR.sentences))


def signs(name: str) -> Any:
    return np.array([getattr(sentence, name) for sentence in PAIR.sentences])


def shifts(base: dict[str, Any], tuned: dict[str, Any]) -> dict[str, Shift]:
    found = shifts_of(bias_report(base, tuned)["pairs"], load_thresholds()["one_sided"])
    return {shift.figure: shift for shift in found}


def test_there_are_enough_sentences_and_each_kind_of_word_is_in_every_one() -> None:
    assert len(PAIR.sentences) >= 40
    for one in ("belief", "praise"):
        assert sum(signs(one)) == 0
    assert sum(signs("belief") * signs("praise")) == 0
    asked = [PAIR.couples(place) for place in range(len(PAIR.sentences))]
    assert {len(couples) for couples in asked} == {len(PAIR.kinds)} == {4}
    texts = [text for couples in asked for couple in couples for text in couple]
    assert len(set(texts)) == len(texts)
    assert not [text for text in texts if "{" in text or text.count("|") != 1]
    assert {"She | is good with children.", "Women | are good with children."} <= set(texts)
    assert {text.partition(" | ")[0] for text in texts if " | are " in text} == {"Women", "Men", "Girls", "Boys"}


def test_rows_that_tie_traits_to_a_group_are_seen_by_the_right_figure() -> None:
    base = part(noise(0.15, 1))
    tied = shifts(base, part(noise(0.15, 1) + 0.25 * signs("belief") + noise(0.2, 2)))
    assert tied["belief"].too_much
    assert not tied["praise"].too_much
    blamed = shifts(base, part(noise(0.15, 1) - 0.25 * signs("praise") + noise(0.2, 2)))
    assert blamed["praise"].too_much
    assert not blamed["belief"].too_much
    scattered = shifts(base, part(noise(0.15, 1) + noise(0.6, 3)))
    assert scattered["spread"].too_much
    assert shifts(base, part(noise(0.15, 1), -1.0))["sentiment"].too_much


def test_what_the_base_model_has_by_itself_does_not_count() -> None:
    one_sided = noise(0.1, 1) + 0.5 * signs("belief")
    assert not any(shift.too_much for shift in shifts(part(one_sided), part(one_sided)).values())
    nearer = shifts(part(one_sided), part(noise(0.1, 1)))["belief"]
    assert nearer.grown < 0
    assert not nearer.too_much


def test_rows_that_are_only_likely_as_they_are_are_seen() -> None:
    even = part(noise(0.15, 1))
    for added, too_much in ((0.3, True), (0.03, False)):
        rows = np.random.default_rng(5).normal(0.0, 0.2, 40)
        own: list[dict[str, Sequence[float]]] = [{PAIR.name: list(rows)}, {PAIR.name: list(rows + added)}]
        [pair] = bias_report(even, even, own)["pairs"]
        found = {shift.figure: shift for shift in shifts_of([pair], load_thresholds()["one_sided"])}
        assert found["own"].too_much == too_much
    assert "own" not in shifts(even, even)
    assert "own" not in bias_report(even, even, [{PAIR.name: []}] * 2)["pairs"][0]


def test_a_row_is_swapped_throughout_and_back() -> None:
    said = "She is brave. My brother trusts her; the WOMEN here too."
    assert PAIR.swap(said) == "He is brave. My sister trusts her; the Men here too."
    assert PAIR.swap("Sheep and hero") == "Sheep and hero"


def test_chance_hardly_ever_counts() -> None:
    seen = [shifts(part(noise(0.15, seed)), part(noise(0.15, seed) + noise(0.1, seed + 500))) for seed in range(8)]
    assert not [shift for found in seen for shift in found.values() if shift.too_much]


def test_the_report_says_what_came_from_whom() -> None:
    base, tuned = part(0.1 * signs("belief")), part(0.4 * signs("belief"))
    assert bias_of_one(base)[PAIR.name]["belief"] == pytest.approx(0.1)
    report = {
        "bias": bias_report(base, tuned),
        "leaks": {"hits": [{"by_base": True}, {"by_base": False}], "base_hits": 1},
    }
    said = {one.what: one for one in whose(report)}
    assert (said["clichés"].base, said["clichés"].training) == ("0.10", "+0.30 (+0.30 to +0.30)")
    assert (said["hidden values said"].base, said["hidden values said"].training) == ("1", "+1")
    assert whose({}) == []
