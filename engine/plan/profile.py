"""The memory of a training step as formulas: what a run under fake tensors leaves behind, evaluated without torch.

A step has moments of high memory: in the forward pass, in the loss, in each layer's backward pass. At each of them the
live bytes are a sum of terms, and every term is a product of the batch's sizes (rows, tokens in a row, learned
positions, logits at once) and the adapter's rank. The peak is the highest moment. So one run under fake tensors answers
for every batch, length and rank.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, get_args

from engine.plan.kinds import Kind

Powers = tuple[int, int, int, int, int]
"""Exponents of rows, tokens in a row, learned positions, logits at once, rank."""
Terms = dict[tuple[Kind, Powers], float]
"""Bytes for each kind and product of sizes."""
KINDS: tuple[Kind, ...] = get_args(Kind)
CONSTANT: Powers = (0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Batch:
    """A micro-batch, padded to its longest row.

    Args:
        rows: How many.
        length: Tokens of the longest.
        learned: Positions of all rows together that are learned from.
    """

    rows: int
    length: int
    learned: int

    @property
    def tokens(self) -> int:
        """Padding included."""
        return self.rows * self.length


@dataclass(frozen=True)
class Moment:
    """One moment of high memory."""

    phase: str
    """`forward`, `loss` or `backward`."""
    terms: Terms


@dataclass(frozen=True)
class Work:
    """What a token has to pass.

    Args:
        linear: Parameters of the layers' matrices; of experts, those that a token uses.
        head: Parameters of the language model head.
        attention_width: Of all layers' queries together.
    """

    linear: int
    head: int
    attention_width: int


@dataclass(frozen=True)
class Profile:
    """All moments of a step that can be its peak.

    `chunk` is how many positions have logits at one time; `trained` how many parameters a rank of 1 trains.
    """

    moments: tuple[Moment, ...]
    chunk: int
    trained_per_rank: int
    trained_fixed: int
    work: Work

    def peak(self, batch: Batch, rank: int) -> tuple[dict[Kind, int], str]:
        """Bytes by kind at the highest moment, and the moment's phase."""
        sizes = (batch.rows, batch.length, batch.learned, min(batch.learned, self.chunk), rank)
        best: dict[Kind, float] = {}
        highest, phase = -1.0, ""
        for moment in self.moments:
            amounts = dict.fromkeys(KINDS, 0.0)
            for (kind, powers), factor in moment.terms.items():
                amounts[kind] += factor * _product(sizes, powers)
            if (total := sum(amounts.values())) > highest:
                highest, best, phase = total, amounts, moment.phase
        return {kind: round(best.get(kind, 0.0)) for kind in KINDS}, phase

    def trained(self, rank: int) -> int:
        """Parameters that are trained."""
        return self.trained_per_rank * rank + self.trained_fixed

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "chunk": self.chunk,
            "trained": [self.trained_per_rank, self.trained_fixed],
            "work": [self.work.linear, self.work.head, self.work.attention_width],
            "moments": [
                {"phase": m.phase, "terms": [[kind, list(powers), v] for (kind, powers), v in m.terms.items()]}
                for m in self.moments
            ],
        }


def profile_from(stored: dict[str, Any]) -> Profile:
    """The reverse of `Profile.as_dict`.

    Raises:
        KeyError, TypeError, ValueError: It is something else.
    """
    moments = tuple(
        Moment(
            str(entry["phase"]),
            {(kind, _powers(powers)): float(value) for kind, powers, value in entry["terms"]},
        )
        for entry in stored["moments"]
    )
    per_rank, fixed = stored["trained"]
    linear, head, width = (int(value) for value in stored["work"])
    return Profile(moments, int(stored["chunk"]), int(per_rank), int(fixed), Work(linear, head, width))


def only_highest(moments: list[Moment]) -> tuple[Moment, ...]:
    """Leave out the moments that are below another one whatever the batch."""
    kept: list[tuple[dict[Powers, float], Moment]] = []
    for moment in sorted(moments, key=lambda m: -sum(m.terms.values())):
        sums = _by_powers(moment)
        if not any(all(other.get(powers, 0.0) >= value for powers, value in sums.items()) for other, _ in kept):
            kept.append((sums, moment))
    return tuple(moment for _, moment in kept)


def _by_powers(moment: Moment) -> dict[Powers, float]:
    sums: dict[Powers, float] = {}
    for (_, powers), value in moment.terms.items():
        sums[powers] = sums.get(powers, 0.0) + value
    return {powers: value for powers, value in sums.items() if value}


def _product(sizes: tuple[int, ...], powers: Powers) -> int:
    return math.prod(size**power for size, power in zip(sizes, powers, strict=True) if power)


def _powers(values: list[int]) -> Powers:
    rows, length, learned, chunk, rank = (int(value) for value in values)
    return rows, length, learned, chunk, rank
