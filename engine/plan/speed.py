"""How long a run takes and what it costs: from this machine's own runs, else from floating-point operations.

A product of a matrix with P parameters takes 2 P operations a token. Training with LoRA goes through the base three
times at most: forward, backward to the inputs (never to the weights, which are frozen), and forward again where
activations are recomputed; so 4 P or 6 P instead of full training's 6 P (Kaplan et al. 2020, arXiv 2001.08361, section
2.1). Attention adds 4 x length x width of the queries for each layer and token, halved because nobody looks ahead
(Dao 2023, section 4.1). The head is paid for learned tokens only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.plan.average import PACKED_FULL, average_batch, mean_length
from engine.plan.cards import Card
from engine.plan.memory import Rows
from engine.plan.profile import Work
from engine.recipe_rules import planned_steps
from engine.spec import RecipeSpec

_UNPACKING = 1.15
"""Time of a step with 4-bit weights over one with 16-bit ones: each weight is unpacked before each use. Published
comparisons lie between 1.1 and 1.3 (torchtune's README: LoRA 3,083 and QLoRA 2,413 tokens/s on one card)."""
_HALF_SPEED_TOKENS = 256
"""Tokens in a micro-batch at which a card reaches half of what it can; an estimate of ours."""


@dataclass(frozen=True)
class Duration:
    """Seconds as (low, high).

    `basis`: `history` (own runs), `card` (the table) or `cards` (all cards of this memory).
    """

    step: tuple[float, float]
    run: tuple[float, float] | None
    steps: int | None
    basis: str
    card: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"basis": self.basis, "card": self.card, "steps": self.steps, "run_seconds": self.run}


def flops_per_token(work: Work, length: float, learned_share: float, *, checkpointing: bool) -> float:
    """Floating-point operations for one token of the input.

    Args:
        work: Of the model.
        length: Tokens of a row.
        learned_share: Learned tokens over all.
        checkpointing: Whether activations are recomputed.
    """
    passes = 3 if checkpointing else 2
    # attention: two products forward; its backward pass takes five, one of them a recomputation (FlashAttention 2)
    attention = 2 * work.attention_width * length * (1 + (1 if checkpointing else 0) + 2.5)
    return 2 * work.linear * passes + 2 * work.head * 2 * learned_share + attention


def token_operations(recipe: RecipeSpec, rows: Rows, work: Work, *, checkpointing: bool, on_cuda: bool) -> float:
    """Floating-point operations that one token of the data is worth; all that slows a step down counts as more.

    That is: padding, what attention does in vain under a mask, unpacking, and on a card too few tokens at once.
    """
    batch = average_batch(recipe, rows)
    share = min(1.0, rows.learned / max(1, rows.longest))
    # the reference path makes scores for every position, learned or not
    scored = 1.0 if recipe.loss == "nll" else share * batch.tokens / batch.computed
    each = flops_per_token(work, batch.seen, scored, checkpointing=checkpointing) * batch.computed / batch.tokens
    unpacked = each * (_UNPACKING if recipe.quantization != "none" else 1.0)
    return unpacked / (fullness(batch.computed) if on_cuda else 1.0)


def step_seconds(
    recipe: RecipeSpec, rows: Rows, work: Work, cards: tuple[Card, ...], *, checkpointing: bool
) -> tuple[float, float] | None:
    """Seconds of one learning step on the fastest and the slowest of these cards; None without cards."""
    if not cards:
        return None
    # packed or not, a step holds as many rows
    tokens = mean_length(recipe, rows) * recipe.effective_batch
    each = token_operations(recipe, rows, work, checkpointing=checkpointing, on_cuda=True)
    operations = each * tokens / 1e12
    return (
        min(operations / (card.tflops * card.used[1]) for card in cards),
        max(operations / (card.tflops * card.used[0]) for card in cards),
    )


def fullness(tokens: float) -> float:
    """The share of its best speed that a card reaches with so many tokens at once."""
    return tokens / (tokens + _HALF_SPEED_TOKENS)


def run_duration(
    recipe: RecipeSpec, rows: Rows, step: tuple[float, float] | None, *, basis: str, card: str = ""
) -> Duration | None:
    """The time of a whole run from that of a step."""
    if step is None:
        return None
    steps = planned_steps(recipe, rows.count, _packs(recipe, rows)) if rows.count or recipe.max_steps else None
    run = (step[0] * steps, step[1] * steps) if steps else None
    return Duration(step, run, steps, basis, card)


def _packs(recipe: RecipeSpec, rows: Rows) -> int | None:
    """About how many sequences packing makes: best fit leaves about a twentieth empty."""
    if not recipe.packing or not rows.tokens:
        return None
    return max(1, round(rows.tokens / recipe.max_length / PACKED_FULL))


def cost_of(duration: Duration | None, price_per_hour: float | None, currency: str) -> dict[str, Any] | None:
    """What the run costs: `low`, `high`, `currency`, `price_per_hour`; None where time or price is not known."""
    if duration is None or price_per_hour is None or duration.run is None:
        return None
    low, high = (seconds / 3600 * price_per_hour for seconds in duration.run)
    return {"low": round(low, 4), "high": round(high, 4), "currency": currency, "price_per_hour": price_per_hour}
