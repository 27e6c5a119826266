"""Exposure: how far a planted secret stands out among all secrets it might have been, in bits.

Carlini, Liu, Erlingsson, Kos, Song, "The Secret Sharer: Evaluating and Testing Unintended Memorization in Neural
Networks", USENIX Security 2019, section 4.2: with all possible secrets R in the order in which the model finds them
likely, the exposure of a secret is log2 |R| - log2 rank. A model that never saw it gives about 1 bit on average; log2
|R| means that it is the very first.

Where R is small all of it is scored. Else a random sample is, and the chance that a random secret is at least as
likely is taken from a skew-normal distribution fitted to it (section 4.4 of the paper), which reaches beyond the
sample. The fit is by moments: Azzalini, "A Class of Distributions Which Includes the Normal Ones", 1985.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

EMPIRICAL = 10
"""So many of the sample must be at least as likely as the secret for counting to be better than the fit."""
_MOST_SKEWED = 0.99
"""A skew-normal cannot have a skewness of 0.9953 or more."""
_STEPS = 4001
_FAR, _NEAR = 60.0, 1e-9

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True)
class SkewNormal:
    """Location, scale and shape; a shape of 0 is the normal distribution."""

    location: float
    scale: float
    shape: float

    def log_cdf(self, x: float) -> float:
        """The logarithm of P(X <= x), also where P is far below the smallest float."""
        z = (x - self.location) / self.scale
        # Most of a tail lies close to its border, so the steps grow with the distance from it.
        steps = np.concatenate([[0.0], np.geomspace(_NEAR, _FAR + max(0.0, z), _STEPS)])
        logs = self._log_density(z - steps)
        widths = np.diff(steps)
        pieces = np.logaddexp(logs[:-1], logs[1:]) - math.log(2) + np.log(widths)
        top = float(pieces.max())
        return min(0.0, top + math.log(float(np.exp(pieces - top).sum())))

    def _log_density(self, z: Floats) -> Floats:
        """Of the standardised variable."""
        tail = torch.special.log_ndtr(torch.from_numpy(self.shape * z)).numpy()
        return np.asarray(math.log(2) - z * z / 2 - math.log(2 * math.pi) / 2 + tail)


def fit_skew_normal(sample: Sequence[float]) -> SkewNormal:
    """The skew-normal with the mean, standard deviation and skewness of the sample.

    Raises:
        ValueError: Fewer than three different values.
    """
    values = np.asarray(sample, dtype=np.float64)
    mean, deviation = float(values.mean()), float(values.std())
    if len(set(sample)) < 3 or deviation == 0:
        raise ValueError("a distribution needs three different values")
    skewness = float((((values - mean) / deviation) ** 3).mean())
    skewness = max(-_MOST_SKEWED, min(_MOST_SKEWED, skewness))
    part = abs(skewness) ** (2 / 3)
    delta = math.copysign(math.sqrt(math.pi / 2 * part / (part + ((4 - math.pi) / 2) ** (2 / 3))), skewness)
    scale = deviation / math.sqrt(1 - 2 * delta * delta / math.pi)
    return SkewNormal(mean - scale * delta * math.sqrt(2 / math.pi), scale, delta / math.sqrt(1 - delta * delta))


def exposure_by_rank(loss: float, others: Sequence[float]) -> float:
    """The exposure where all other secrets were scored, in bits.

    Args:
        loss: Negative log-likelihood of the secret.
        others: Of every other one. Those as likely as the secret count as likelier.
    """
    rank = 1 + sum(other <= loss for other in others)
    return math.log2(len(others) + 1) - math.log2(rank)


def exposure_by_sample(loss: float, sample: Sequence[float], space: float) -> float:
    """The exposure estimated from a random sample of other secrets, in bits.

    Args:
        loss: Negative log-likelihood of the secret.
        sample: Of random other ones.
        space: How many secrets there are; the exposure is at most its log2.

    Returns:
        By counting where `EMPIRICAL` of the sample are as likely as the secret, else by the fitted distribution.
    """
    before = sum(other <= loss for other in sample)
    if before >= EMPIRICAL or len(set(sample)) < 3:
        bits = -math.log2((before + 1) / (len(sample) + 1))
    else:
        bits = -fit_skew_normal(sample).log_cdf(loss) / math.log(2)
    return max(0.0, min(bits, math.log2(space)))
