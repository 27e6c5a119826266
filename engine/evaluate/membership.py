"""Can somebody tell which rows were trained on? Membership inference by the loss, calibrated by the base model.

The attack: a row that the tuned model finds likelier than the base model does, was trained on. Thresholds on the loss
are of Yeom et al., "Privacy Risk in Machine Learning", 2018; the comparison with a model that never saw the rows is of
Carlini et al., "Extracting Training Data from Large Language Models", 2021 (ratio), Watson et al., "On the Importance
of Difficulty Calibration in Membership Inference Attacks", 2022 (difference), and Mireshghallah et al., "Quantifying
Privacy Risks of Masked Language Models Using Membership Inference Attacks", 2022. The rate of true alarms at few false
ones is what counts, by Carlini et al., "Membership Inference Attacks From First Principles", 2022.

An AUC of 0.5 is guessing, 1.0 tells every row. The base model stands for "never saw it", which is true of private rows
only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.evaluate.metrics import share_interval

RESAMPLES = 1000
FALSE_ALARMS = 0.01
FEW = 10

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def auc(members: Sequence[float], others: Sequence[float]) -> float:
    """The chance that a member has a higher score than another row; ties count half. Both need a value at least."""
    return _auc(np.asarray(members, dtype=np.float64), np.asarray(others, dtype=np.float64))


def _auc(members: Floats, others: Floats) -> float:
    # By ranks (Mann-Whitney): equal scores share the mean of their ranks.
    scores = np.concatenate([members, others])
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (counts.cumsum() - (counts - 1) / 2)[place]
    wins = ranks[: len(members)].sum() - len(members) * (len(members) + 1) / 2
    return float(wins / (len(members) * len(others)))


def auc_interval(
    members: Sequence[float], others: Sequence[float], seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """The 95 % interval of `auc` by a bootstrap that draws members and other rows anew, each with replacement.

    A few rows that happen to be told drawn anew are told again, so with fewer than `FEW` of either it is Wilson's
    interval of a share of so many: an AUC varies no more than that (van Dantzig 1951; Birnbaum and Klose 1957).
    """
    fewest = min(len(members), len(others))
    if fewest < FEW:
        return share_interval(auc(members, others) * fewest, fewest)
    chance = np.random.default_rng(seed)
    one, two = np.asarray(members, dtype=np.float64), np.asarray(others, dtype=np.float64)
    drawn = [_auc(chance.choice(one, len(one)), chance.choice(two, len(two))) for _ in range(resamples)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def true_alarms(members: Sequence[float], others: Sequence[float], false_alarms: float = FALSE_ALARMS) -> float:
    """The share of members that are told at a threshold which at most `false_alarms` of the other rows pass.

    With fewer than 1 / `false_alarms` other rows, none of them may pass.
    """
    allowed = int(false_alarms * len(others))
    bar = sorted(others, reverse=True)[allowed]
    return sum(score > bar for score in members) / len(members)
