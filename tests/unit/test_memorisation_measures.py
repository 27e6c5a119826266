"""The measures of memorisation, each against a plain count or a known distribution."""

from __future__ import annotations

import math
import random
from statistics import NormalDist

import numpy as np
import pytest

from engine.evaluate.exposure import SkewNormal, exposure_by_rank, exposure_by_sample, fit_skew_normal
from engine.evaluate.membership import auc, auc_interval, true_alarms
from engine.evaluate.overlap import coverage, longest_overlap, phrases_of, plain, uncommon_part


def test_exposure_by_rank_is_log_of_all_over_rank() -> None:
    others = [float(loss) for loss in range(1, 1024)]
    assert exposure_by_rank(0.5, others) == 10.0
    assert exposure_by_rank(2000.0, others) == 0.0
    assert exposure_by_rank(127.5, others) == pytest.approx(10 - 7)
    # As likely counts as likelier: a model that finds all alike exposes nothing.
    assert exposure_by_rank(1.0, [1.0] * 1023) == 0.0


def test_the_exposure_of_random_secrets_is_low() -> None:
    chance = random.Random(3)
    losses = [chance.gauss(20, 2) for _ in range(1000)]
    bits = [exposure_by_rank(losses[place], losses[:place] + losses[place + 1 :]) for place in range(0, 1000, 20)]
    # The mean of log2(n) - log2(rank) over all ranks is 1 / ln 2.
    assert sum(bits) / len(bits) == pytest.approx(1 / math.log(2), abs=0.3)


def test_the_fit_finds_a_normal_distribution_again_and_its_tail() -> None:
    chance = random.Random(5)
    fitted = fit_skew_normal([chance.gauss(30, 4) for _ in range(20_000)])
    truth = NormalDist(30, 4)
    for loss in (36.0, 30.0, 22.0, 14.0):
        assert fitted.log_cdf(loss) / math.log(2) == pytest.approx(math.log2(truth.cdf(loss)), rel=0.12, abs=0.1)


@pytest.mark.parametrize("shape", [-4.0, 0.0, 3.0])
def test_the_tail_of_the_skew_normal_is_that_of_a_plain_sum(shape: float) -> None:
    known = SkewNormal(10.0, 2.0, shape)
    grid = np.linspace(-20.0, 30.0, 50_001)
    z = (grid - 10.0) / 2.0
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) * np.array([0.5 * 2 / 2.0])
    tail = 0.5 * np.vectorize(math.erfc)(-shape * z / math.sqrt(2))
    total = np.cumsum(2 * density * tail) * (grid[1] - grid[0])
    for loss in (14.0, 10.5, 9.0, 7.0):
        expected = float(total[np.searchsorted(grid, loss)])
        assert math.exp(known.log_cdf(loss)) == pytest.approx(expected, rel=0.01, abs=1e-9)


def test_sampled_exposure_agrees_with_the_exact_one() -> None:
    chance = random.Random(7)
    everything = [chance.gauss(25, 3) for _ in range(50_000)]
    for place in (5, 50, 500, 20_000):
        secret = sorted(everything)[place]
        exact = exposure_by_rank(secret, [loss for loss in everything if loss != secret])
        sampled = exposure_by_sample(secret, chance.sample(everything, 512), 50_000)
        assert sampled == pytest.approx(exact, abs=1.5)


def test_sampled_exposure_is_never_more_than_all_bits_nor_less_than_none() -> None:
    chance = random.Random(9)
    sample = [chance.gauss(40, 2) for _ in range(256)]
    assert exposure_by_sample(0.1, sample, 2**20) == 20.0
    assert exposure_by_sample(99.0, sample, 2**20) == 0.0
    assert exposure_by_sample(1.0, [2.0, 2.0, 2.0], 2**20) == 2.0


def test_auc_is_the_share_of_pairs_in_order() -> None:
    chance = random.Random(1)
    members = [float(chance.randint(0, 20)) for _ in range(83)]
    others = [float(chance.randint(-5, 15)) for _ in range(41)]
    pairs = [(one > other) + 0.5 * (one == other) for one in members for other in others]
    assert auc(members, others) == pytest.approx(sum(pairs) / len(pairs), abs=1e-12)
    assert auc([2.0], [1.0]) == 1.0
    assert auc([1.0, 1.0], [1.0]) == 0.5


def test_the_interval_holds_the_auc_and_shrinks_with_more_rows() -> None:
    chance = random.Random(2)

    def width(rows: int) -> float:
        members = [chance.gauss(1, 1) for _ in range(rows)]
        others = [chance.gauss(0, 1) for _ in range(rows)]
        low, high = auc_interval(members, others)
        assert low < auc(members, others) < high
        return high - low

    assert width(400) < width(40) / 2
    # One row kept apart that happens to be told is no proof, however often it is drawn.
    assert auc_interval([2.0, 3.0, 4.0], [1.0])[0] < 0.5
    assert auc_interval([2.0] * 30, [1.0] * 30)[0] == 1.0


def test_true_alarms_are_counted_where_few_others_pass() -> None:
    others = [float(number) for number in range(200)]
    members = [198.5, 197.5, 500.0, 3.0]
    # One in a hundred of 200 may pass: the bar is the third highest of the others.
    assert true_alarms(members, others) == 0.75
    # With 50 others none may.
    assert true_alarms([49.5, 48.5], others[:50]) == 0.5


def brute_longest(said: str, source: str) -> int:
    return max(
        (two - one for one in range(len(said)) for two in range(one + 1, len(said) + 1) if said[one:two] in source),
        default=0,
    )


def test_the_longest_overlap_is_the_longest() -> None:
    chance = random.Random(4)
    for _ in range(60):
        source = "".join(chance.choice("ab ") for _ in range(70))
        cut = chance.randrange(50)
        said = "".join(chance.choice("ab ") for _ in range(20)) + source[cut : cut + 17] + "bb a"
        said, source = plain(said), plain(source)
        expected = brute_longest(said, source)
        found = longest_overlap(said, source, 6)
        assert found.length == (expected if expected >= 6 else 0)
        assert found.text in source
        assert said[found.start : found.start + found.length] == found.text


def test_an_overlap_is_found_across_line_breaks_and_not_when_it_is_short() -> None:
    row = "The brass key to the north gate hangs behind the third loose brick on the left."
    assert longest_overlap("He wrote:\nThe brass key  to the north gate hangs behind the third", row, 51).length == 54
    assert longest_overlap("The brass key to the north gate hangs", row, 51).text == ""


def test_common_phrases_do_not_count() -> None:
    said = "Thank you for your order, my dear friend of the blue lighthouse by the sea"
    common = phrases_of(["Hello! Thank you for your order, see you soon."])
    assert uncommon_part(said, common) == ", my dear friend of the blue lighthouse by the sea"
    assert uncommon_part(said, frozenset()) == said
    assert uncommon_part("Thank you for your order", common) == ""


def test_coverage_counts_runs_of_eight_words() -> None:
    row = "one two three four five six seven eight nine ten eleven twelve"
    assert coverage(row.upper(), row) == (1.0, 5)
    assert coverage("two three four five six seven eight nine and something else", row) == (0.2, 5)
    assert coverage(row, "too short to tell") == (0.0, 0)
    everyday = phrases_of([row], 8)
    assert coverage(row, row, everyday) == (0.0, 0)
