"""Figures over answers and rows, with intervals: nothing here knows a model.

Intervals are percentile bootstrap intervals (Efron 1979) of 95 %, by drawing rows with replacement; base and tuned are
drawn together, because they answer the same rows. BLEU and chrF are sacrebleu's (Papineni et al. 2002; Popović 2015),
given from 0 to 1.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

RESAMPLES = 1000
SEED = 0
_Z = 1.959963984540054
"""Of 95 %, two-sided."""

Floats = np.ndarray[Any, np.dtype[np.float64]]
Figure = Callable[[Floats], float]
"""From the summed statistics of rows to a figure."""


def compare(
    base: Sequence[Sequence[float]], tuned: Sequence[Sequence[float]], figure: Figure, *, seed: int = SEED
) -> dict[str, Any]:
    """A figure of both models with intervals, and the difference tuned - base with its own.

    Args:
        base: For each row its statistics, which are summed over rows before `figure` looks at them.
        tuned: The same rows, in the same order.
        figure: From sums to the figure.
        seed: Of the resampling.

    Returns:
        `base`, `tuned`, `difference`: each with `value`, `low`, `high`; `rows`, `resamples`, `seed`.
    """
    both = np.asarray([base, tuned], dtype=np.float64)
    rows = both.shape[1]
    drawn = np.random.default_rng(seed).integers(0, rows, (RESAMPLES, rows))
    weights = np.stack([np.bincount(one, minlength=rows) for one in drawn]).astype(np.float64)
    values = [figure(one.sum(0)) for one in both]
    spread = np.array([[figure(sums) for sums in weights @ one] for one in both])
    return {
        "base": _with_interval(values[0], spread[0]),
        "tuned": _with_interval(values[1], spread[1]),
        "difference": _with_interval(values[1] - values[0], spread[1] - spread[0]),
        "rows": rows,
        "resamples": RESAMPLES,
        "seed": seed,
    }


def _with_interval(value: float, spread: Floats) -> dict[str, float | None]:
    known = spread[np.isfinite(spread)]
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (math.nan, math.nan)
    numbers = {"value": float(value), "low": float(low), "high": float(high)}
    return {name: number if math.isfinite(number) else None for name, number in numbers.items()}


def ratio(sums: Floats) -> float:
    """First over second: a mean when the second counts."""
    return float(sums[0] / sums[1]) if sums[1] else math.nan


def share_interval(hits: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson (1927): sensible for few answers, and for none or all."""
    if not count:
        return 0.0, 1.0
    share, extra = hits / count, _Z * _Z / count
    middle = (share + extra / 2) / (1 + extra)
    half = _Z * math.sqrt(share * (1 - share) / count + extra / (4 * count)) / (1 + extra)
    return (max(0.0, middle - half) if hits else 0.0), (min(1.0, middle + half) if hits < count else 1.0)


def compare_shares(base: Sequence[bool], tuned: Sequence[bool]) -> dict[str, Any]:
    """The share of rows that hit, of both models, and the difference tuned - base.

    Drawing rows anew says nothing where none or all of them hit, so the shares have intervals by Wilson, and their
    difference has one from those (Newcombe 1998, method 10), which is on the safe side for the same rows.

    Returns:
        As `compare`, without `resamples` and `seed`; values are None without rows.
    """
    count = len(base)
    if not count:
        nothing = dict.fromkeys(("value", "low", "high"))
        return {"base": nothing, "tuned": nothing, "difference": nothing, "rows": 0}
    (one, one_low, one_high), (two, two_low, two_high) = (
        (sum(side) / count, *share_interval(sum(side), count)) for side in (base, tuned)
    )
    below = math.hypot(two - two_low, one_high - one)
    above = math.hypot(two_high - two, one - one_low)
    return {
        "base": {"value": one, "low": one_low, "high": one_high},
        "tuned": {"value": two, "low": two_low, "high": two_high},
        "difference": {"value": two - one, "low": two - one - below, "high": two - one + above},
        "rows": count,
    }


@cache
def _bleu() -> Any:
    from sacrebleu.metrics import BLEU

    return BLEU(effective_order=True)


@cache
def _chrf() -> Any:
    from sacrebleu.metrics import CHRF

    return CHRF()


def bleu_statistics(answers: Sequence[str], references: Sequence[str]) -> list[list[float]]:
    """Per row: matching 1- to 4-grams, all of them, length of the answer, length of the reference; ten numbers."""
    metric = _bleu()
    scores = [metric.sentence_score(answer, [reference]) for answer, reference in zip(answers, references, strict=True)]
    return [[*score.counts, *score.totals, score.sys_len, score.ref_len] for score in scores]


def bleu(sums: Floats) -> float:
    """Corpus BLEU, 0 to 1, of summed `bleu_statistics`."""
    whole = [int(number) for number in sums]
    score = _bleu().compute_bleu(whole[:4], whole[4:8], whole[8], whole[9], smooth_method="exp")
    return float(score.score) / 100


def chrf_statistics(answers: Sequence[str], references: Sequence[str]) -> list[list[float]]:
    """Per row, for character n-grams of 1 to 6: how many the answer has, the reference has, and both have."""
    rows = _chrf()._extract_corpus_statistics(list(answers), [list(references)])
    return [[float(number) for number in row] for row in rows]


def chrf(sums: Floats) -> float:
    """Corpus chrF2, 0 to 1, of summed `chrf_statistics`."""
    return float(_chrf()._compute_f_score([int(number) for number in sums])) / 100


def plain(text: str) -> str:
    """For comparing answers: case, white space and the closing full stop do not count."""
    return " ".join(text.casefold().split()).rstrip(".")


# -- answers that are JSON ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Schema:
    """What the data's own JSON answers have in common.

    Args:
        kind: `object` or `array`.
        required: Keys that every answer has, with the types seen for each. A list stands for its items' keys.
        known: Keys that any answer has.
    """

    kind: str
    required: dict[str, frozenset[str]]
    known: frozenset[str]

    def accepts(self, value: Any) -> bool:
        """Whether an answer has all required keys with a type that was seen, and no unknown key."""
        if _type_of(value) != self.kind:
            return False
        items = value if isinstance(value, list) else [value]
        objects = [item for item in items if isinstance(item, dict)]
        return all(
            set(item) <= self.known
            and all(key in item and _type_of(item[key]) in types for key, types in self.required.items())
            for item in objects
        )


def parsed(text: str) -> Any:
    """The object or array that a text is; None where it is none. A code fence around it is forgiven to nobody."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def infer_schema(references: Sequence[str], least: float = 0.9) -> Schema | None:
    """The schema of the data's answers; None unless at least the share `least` of them is JSON of one kind."""
    values = [value for text in references if (value := parsed(text)) is not None]
    if not references or len(values) < least * len(references):
        return None
    kind, count = Counter(map(_type_of, values)).most_common(1)[0]
    if count < least * len(values):
        return None
    objects = [
        item
        for value in values
        if _type_of(value) == kind
        for item in (value if isinstance(value, list) else [value])
        if isinstance(item, dict)
    ]
    types: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    for item in objects:
        counts.update(item.keys())
        for key, inner in item.items():
            types.setdefault(key, set()).add(_type_of(inner))
    required = {key: frozenset(seen) for key, seen in types.items() if counts[key] == len(objects)}
    return Schema(kind, required, frozenset(types))


def _type_of(value: Any) -> str:
    for kind, name in ((bool, "boolean"), (dict, "object"), (list, "array"), (str, "string"), (int | float, "number")):
        if isinstance(value, kind):
            return name
    return "null"


# -- answers that are labels ----------------------------------------------------------------------------------------

_LABELS = 30
_LABEL_CHARS = 40
_ROWS_EACH = 4


def infer_labels(references: Sequence[str]) -> frozenset[str]:
    """The labels where the data's answers are labels: few, short, and each given several times; empty elsewhere."""
    counts = Counter(map(plain, references))
    short = all(0 < len(text) <= _LABEL_CHARS for text in counts)
    few = 2 <= len(counts) <= _LABELS and len(references) >= _ROWS_EACH * len(counts)
    return frozenset(counts) if short and few else frozenset()
