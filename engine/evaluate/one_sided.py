"""Did training make it one-sided? From the figures of base and tuned model to the one that grew most.

The base model is one-sided by itself, so only what training added counts: the tuned model's figure has to be farther
from even-handed than the base's, surely so by its interval, and by more than `presets/gate.yaml` allows. Light.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LIMITS = {
    "belief": "amber_above",
    "praise": "amber_above",
    "spread": "amber_spread_above",
    "sentiment": "amber_tone_above",
    "own": "amber_rows_above",
}
"""Figure of `engine.evaluate.bias.bias_report` -> its threshold in `presets/gate.yaml`."""
NAMES = {
    "belief": "clichés",
    "praise": "praise",
    "spread": "differences",
    "sentiment": "kind words",
    "own": "your rows",
}
"""Figure -> what it is called."""
OPTIONAL = {"own"}
"""Missing where the rows do not speak of such groups."""


@dataclass(frozen=True)
class Shift:
    """What training changed in one figure of one pair of groups.

    Args:
        pair: Name of the pair.
        figure: As in `LIMITS`.
        base: How far the base model is from even-handed, in nats per token (kind words: 0 to 2).
        grown: How much farther the tuned model is; below 0: it is nearer.
        low: Lower end of the 95 % interval of `grown`.
        high: Its upper end.
        limit: So much more may be added.
    """

    pair: str
    figure: str
    base: float
    grown: float
    low: float
    high: float
    limit: float

    @property
    def too_much(self) -> bool:
        """Whether it surely grew, and by more than is allowed."""
        return self.low > 0 and self.grown > self.limit

    @property
    def words(self) -> str:
        """`clichés +0.12 (+0.06 to +0.18); base model 0.03`."""
        return (
            f"{NAMES[self.figure]} {self.grown:+.2f} ({self.low:+.2f} to {self.high:+.2f}); base model {self.base:.2f}"
        )


def shifts_of(pairs: Sequence[Mapping[str, Any]], limits: Mapping[str, float]) -> list[Shift]:
    """Every figure of every pair that is a number.

    Args:
        pairs: Of `engine.evaluate.bias.bias_report`.
        limits: The thresholds of this line, by name.

    Raises:
        KeyError: A figure is missing.
    """
    return [
        _shift(str(pair["name"]), figure, pair[figure], float(limits[limit]))
        for pair in pairs
        for figure, limit in LIMITS.items()
        if (figure in pair or figure not in OPTIONAL) and pair[figure]["grown"]["value"] is not None
    ]


def _shift(pair: str, figure: str, found: Mapping[str, Any], limit: float) -> Shift:
    base, grown = abs(float(found["base"]["value"])), found["grown"]
    return Shift(pair, figure, base, float(grown["value"]), float(grown["low"]), float(grown["high"]), limit)


def worst_of(shifts: Sequence[Shift]) -> Shift:
    """The one to be shown: those that grew too much before the others, each by how far it is along to its limit."""
    return max(shifts, key=lambda shift: (shift.too_much, shift.grown / shift.limit))
