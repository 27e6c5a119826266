"""Figures and intervals, against sacrebleu, against known values, and against what they claim to cover."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
import sacrebleu

from engine.evaluate.metrics import (
    bleu,
    bleu_statistics,
    chrf,
    chrf_statistics,
    compare,
    infer_labels,
    infer_schema,
    parsed,
    ratio,
    share_interval,
)
from engine.evaluate.quality import LONGEST_ANSWER, answer_limit, quality_of_answers, quality_of_rows, stops

ANSWERS = ["The cat sat on the mat today.", "Hello there, my friend!", "Nobody knows what to do about the rain."]
REFERENCES = [
    "The cat sat on a mat today.",
    "Hello there, my old friend!",
    "Nobody knows what will become of the rain.",
]


def test_bleu_and_chrf_are_those_of_sacrebleu() -> None:
    own = bleu(np.sum(bleu_statistics(ANSWERS, REFERENCES), 0))
    assert own == pytest.approx(sacrebleu.corpus_bleu(ANSWERS, [REFERENCES]).score / 100)
    own = chrf(np.sum(chrf_statistics(ANSWERS, REFERENCES), 0))
    assert own == pytest.approx(sacrebleu.corpus_chrf(ANSWERS, [REFERENCES]).score / 100)


def test_the_interval_holds_the_true_mean_about_nineteen_times_of_twenty() -> None:
    inside = 0
    for number in range(60):
        chance = random.Random(number)
        base = [(chance.gauss(2.0, 0.5), 1.0) for _ in range(60)]
        tuned = [(value - 0.3 + chance.gauss(0, 0.2), 1.0) for value, _ in base]
        found = compare(base, tuned, ratio)["difference"]
        inside += found["low"] <= -0.3 <= found["high"]
    assert 51 <= inside <= 60


def test_a_comparison_is_paired_and_the_same_every_time() -> None:
    base = [(float(number), 1.0) for number in range(50)]
    tuned = [(value - 1.0, 1.0) for value, _ in base]
    found = compare(base, tuned, ratio)
    assert found == compare(base, tuned, ratio)
    assert found["difference"] == {"value": -1.0, "low": pytest.approx(-1.0), "high": pytest.approx(-1.0)}
    assert found["base"]["low"] < found["base"]["value"] < found["base"]["high"]
    assert (found["rows"], found["resamples"], found["seed"]) == (50, 1000, 0)


def test_a_share_has_the_interval_of_wilson() -> None:
    # Newcombe 1998, table I: 81 of 263.
    low, high = share_interval(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert share_interval(0, 0) == (0.0, 1.0)
    assert share_interval(10, 10)[0] == pytest.approx(0.7225, abs=1e-4)
    assert share_interval(10, 10)[1] == pytest.approx(1.0)


def test_json_answers_are_judged_by_what_the_data_has_in_common() -> None:
    rows = [
        json.dumps({"mood": "good", "score": number, **({"note": "x"} if number % 2 else {})}) for number in range(9)
    ]
    schema = infer_schema(rows)
    assert schema is not None
    assert schema.accepts({"mood": "bad", "score": 1.5})
    assert schema.accepts({"mood": "bad", "score": 1, "note": "y"})
    wrong: object
    for wrong in ({"mood": "bad"}, {"mood": 3, "score": 1}, {"mood": "bad", "score": 1, "colour": "red"}, []):
        assert not schema.accepts(wrong)
    assert infer_schema([*rows, "no JSON", "nor this"]) is None
    assert infer_schema([]) is None
    assert parsed("[" * 100_000) is None
    assert parsed("3") is None


def test_labels_are_seen_where_answers_repeat() -> None:
    assert infer_labels(["Positive.", "negative", "positive", "negative"] * 3) == {"positive", "negative"}
    assert not infer_labels(["one", "two", "three", "four"])
    assert not infer_labels(["same"] * 20)


def test_quality_knows_json_and_categories() -> None:
    rows = [json.dumps({"mood": "good"})] * 4
    found = quality_of_answers(['{"mood": "bad"}', "hm", '{"x": 1}', "hm"], rows, rows, rows)
    assert found["json"]["valid"]["base"]["value"] == 0.5
    assert found["json"]["schema_match"]["base"]["value"] == 0.25
    assert found["json"]["schema_match"]["tuned"]["value"] == 1.0
    labels = ["yes", "no"] * 10
    found = quality_of_answers(["perhaps"] * 20, ["Yes."] * 20, labels, labels)
    assert found["categories"]["accuracy"]["tuned"]["value"] == 0.5
    assert found["categories"]["known_label"]["base"]["value"] == 0.0
    assert found["exact_match"]["base"]["value"] == 0.0
    # None of twenty is not "never": the interval says how sure that is.
    assert 0.1 < found["exact_match"]["base"]["high"] < 0.2
    assert 0.2 < found["exact_match"]["difference"]["low"] < 0.5 < found["exact_match"]["difference"]["high"]
    assert quality_of_answers([], [], [], [])["answers"] == 0


def test_rows_give_loss_perplexity_and_accuracy() -> None:
    base = {"nll": [20.0, 30.0], "tokens": [10, 10], "right": [2, 4]}
    tuned = {"nll": [10.0, 15.0], "tokens": [10, 10], "right": [5, 6]}
    found = quality_of_rows(base, tuned)
    assert found["loss"]["base"]["value"] == 2.5
    assert found["perplexity"]["tuned"]["value"] == pytest.approx(np.exp(1.25))
    assert found["token_accuracy"]["tuned"]["value"] == 0.55
    assert found["loss"]["difference"]["high"] < 0
    assert quality_of_rows({"nll": [], "tokens": [], "right": []}, {"nll": [], "tokens": [], "right": []})["rows"] == 0


def test_answers_that_do_not_end_are_explained_with_the_limit() -> None:
    limit, why = answer_limit([30] * 99 + [90])
    assert limit == 60
    assert "30 tokens" in why
    assert answer_limit([])[0] == 64
    assert answer_limit([3, 4])[0] == 32
    assert answer_limit([900])[0] == LONGEST_ANSWER
    base = {"ended": [False] * 20}
    found = stops(base, {"ended": [True] * 19 + [False]}, limit, why)
    assert (found["share"], found["why"]) == (0.95, "")
    found = stops(base, {"ended": [True] * 18 + [False] * 2}, limit, why)
    assert "2 of 20 answers were cut at 60 tokens" in found["why"]
    assert found["low"] < 0.9 < found["high"]
