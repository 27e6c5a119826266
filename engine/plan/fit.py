"""The fastest setting that fits: what to change of a recipe for a card, why, and what the alternatives would cost.

Every candidate is worked out like any plan. The order of speed comes from the operations a step needs (`speed`): not
recomputing activations saves a third, more tokens at once fill the card better, 16-bit weights need no unpacking.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

from engine.plan.architecture import Architecture
from engine.plan.cards import GIB
from engine.plan.memory import FITS_SHARE, Memory, Rows, batch_of, memory_of, variant_of
from engine.plan.profile import Work
from engine.plan.speed import flops_per_token, fullness
from engine.plan.variants import Profiles, checkpointing_of
from engine.spec import RecipeSpec

_LENGTH_STEP = 64
_SHORTEST = 128
_MOST_ROWS = 64


@dataclass(frozen=True)
class Alternative:
    """One other way, next to the chosen one: `time` is its time over the chosen one's, `memory` its allocated bytes."""

    settings: dict[str, Any]
    what: str
    time: float
    memory: int
    fits: bool


@dataclass(frozen=True)
class Fit:
    """What to set, by the names of the recipe's knobs; `nearest` where nothing fits without giving something up."""

    fits: bool
    settings: dict[str, Any]
    why: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    nearest: tuple[str, ...] = ()
    memory: Memory | None = None

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "fits": self.fits,
            "settings": {f"recipe.{name}": value for name, value in self.settings.items()},
            "why": list(self.why),
            "alternatives": [
                {**asdict(other), "settings": {f"recipe.{n}": v for n, v in other.settings.items()}}
                for other in self.alternatives
            ],
            "nearest": list(self.nearest),
        }


@dataclass(frozen=True)
class Planner:
    """A model, the rows and a memory: works recipes out.

    Args:
        architecture: Of the model.
        rows: The data.
        profiles: Where the profiles are from.
        memory: Bytes of the card, or of the machine.
        on_cuda: Whether it is an NVIDIA card.
        dtype: As `memory_of`.
        free_ram: As `memory_of`.
        correction: As `memory_of`.
    """

    architecture: Architecture
    rows: Rows
    profiles: Profiles
    memory: int
    on_cuda: bool
    dtype: str | None = None
    free_ram: int | None = None
    correction: float = 1.0

    def plan(self, recipe: RecipeSpec) -> Memory:
        """The memory of a recipe."""
        return memory_of(
            self.architecture,
            recipe,
            self.rows,
            self.profiles,
            on_cuda=self.on_cuda,
            dtype=self.dtype,
            free_ram=self.free_ram,
            correction=self.correction,
        )

    def fits(self, recipe: RecipeSpec) -> bool:
        """Whether it fits."""
        return self.plan(recipe).fits(self.memory)

    def work(self, recipe: RecipeSpec) -> Work:
        """What a token passes."""
        return self.profiles(
            variant_of(
                self.architecture,
                recipe,
                self.rows,
                on_cuda=self.on_cuda,
                dtype=self.dtype,
                free_ram=self.free_ram,
            )
        ).work

    def slowness(self, recipe: RecipeSpec, work: Work | None = None) -> float:
        """Time of a token, in a unit of its own: only ratios mean something. `work` spares finding it again."""
        work = work or self.work(recipe)
        checkpointing = checkpointing_of(recipe, on_cuda=self.on_cuda)
        batch = batch_of(recipe, self.rows)
        # the reference path makes scores for every token, learned or not
        scored = 1.0 if recipe.loss == "nll" else min(1.0, batch.learned / batch.tokens)
        each = flops_per_token(work, batch.length, scored, checkpointing=checkpointing)
        unpacking = 1.15 if recipe.quantization != "none" else 1.0
        return each * unpacking / (fullness(batch.tokens) if self.on_cuda else 1.0)


def fit(planner: Planner, recipe: RecipeSpec) -> Fit:
    """Find the fastest setting that stays under the limit.

    Rank, targets, lengths and the effective batch decide what is learned and are left alone; changed are rows at once,
    recomputation, the loss and, from 16 bits down, quantisation.
    """
    work = planner.work(recipe)
    ranked = sorted(
        ((planner.slowness(candidate, work), candidate) for candidate in _candidates(planner, recipe)),
        key=lambda entry: entry[0],
    )
    chosen = next(((slow, found) for slow, found in ranked if planner.fits(found)), None)
    if chosen is None:
        return Fit(False, {}, (), (), _nearest(planner, recipe))
    slow, best = chosen
    memory = planner.plan(best)
    return Fit(
        True, _changes(recipe, best), tuple(_why(planner, best, memory)), _others(planner, best, slow, work), (), memory
    )


def largest_that_fits(planner: Planner, recipe: RecipeSpec) -> dict[str, int]:
    """The longest rows with this micro-batch, and the most rows at once with this length; 0: not even the smallest."""
    limit = planner.architecture.figure("max_position_embeddings") or 1 << 20

    def of_length(length: int) -> RecipeSpec:
        return recipe.model_copy(update={"max_length": length})

    unlimited = replace(planner, rows=replace(planner.rows, longest=1 << 24, learned=1 << 24, holdout=0))
    longest = _most(lambda units: unlimited.fits(of_length(units * 8)), limit // 8) * 8
    wide = recipe.model_copy(update={"effective_batch": max(recipe.effective_batch, 1 << 12)})
    rows = _most(lambda count: planner.fits(wide.model_copy(update={"micro_batch": count})), 1 << 12)
    return {"max_length": longest, "micro_batch": rows}


def _most(fits: Any, limit: int) -> int:
    """The largest number up to `limit` that fits; memory only grows with it."""
    low, high = 0, max(1, limit)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _candidates(planner: Planner, recipe: RecipeSpec) -> Iterator[RecipeSpec]:
    micro = [1 << power for power in range(7) if 1 << power <= min(recipe.effective_batch, _MOST_ROWS)]
    if not planner.on_cuda:
        # on a CPU more rows at once only cost memory and padding
        micro = micro[:1]
    weights = [recipe.quantization] if recipe.quantization == "none" else ["none", recipe.quantization]
    losses = ["chunked_nll"]
    for rows, recompute, held, loss in product(micro, (False, True), weights, losses):
        yield recipe.model_copy(
            update={
                "micro_batch": rows,
                "gradient_checkpointing": recompute,
                "quantization": held,
                "loss": loss,
                "attention": "auto" if recipe.attention == "eager" else recipe.attention,
            }
        )


def _changes(recipe: RecipeSpec, best: RecipeSpec) -> dict[str, Any]:
    names = ("micro_batch", "gradient_checkpointing", "quantization", "loss", "attention", "packing", "max_length")
    chosen = {name: getattr(best, name) for name in names}
    return {**chosen, "effective_batch": recipe.effective_batch}


def _why(planner: Planner, best: RecipeSpec, memory: Memory) -> Iterator[str]:
    room = FITS_SHARE * planner.memory / GIB
    yield f"{memory.reserved[0] / GIB:.1f} GiB of the {room:.1f} that may be used."
    steps = round(best.effective_batch / best.micro_batch)
    yield f"{best.micro_batch} rows at once, {steps} times for each learning step of {best.effective_batch} rows."
    if best.gradient_checkpointing:
        yield "Activations are computed twice: kept, they would not fit."
    else:
        yield "Activations are kept: there is room, and computing them again would take half as long again."
    yield "Scores over the vocabulary are made for learned tokens only, a few at a time."
    if best.quantization == "none":
        yield "The weights stay in 16 bits: there is room, and unpacking 4-bit ones would take time."
    else:
        yield f"The weights are held in {best.quantization}: in 16 bits they would not fit."


def _others(planner: Planner, best: RecipeSpec, slow: float, work: Work) -> tuple[Alternative, ...]:
    """The chosen setting with one thing changed."""
    changes: list[tuple[str, dict[str, Any]]] = [
        ("twice the rows at once", {"micro_batch": best.micro_batch * 2}),
        ("half the rows at once", {"micro_batch": max(1, best.micro_batch // 2)}),
        (
            "keep activations" if best.gradient_checkpointing else "compute activations again",
            {"gradient_checkpointing": not best.gradient_checkpointing},
        ),
        ("the usual script's loss (nll)", {"loss": "nll"}),
        ("16-bit weights" if best.quantization != "none" else "4-bit weights", _other_weights(best)),
    ]
    found = []
    for what, change in changes:
        other = best.model_copy(update=change)
        if other == best or other.micro_batch > best.effective_batch:
            continue
        memory = planner.plan(other)
        time = planner.slowness(other, work) / slow
        found.append(Alternative(change, what, round(time, 3), memory.allocated, memory.fits(planner.memory)))
    return tuple(found)


def _other_weights(best: RecipeSpec) -> dict[str, Any]:
    return {"quantization": "none" if best.quantization != "none" else "nf4"}


def _nearest(planner: Planner, recipe: RecipeSpec) -> tuple[str, ...]:
    """What would fit, when nothing does without giving something up."""
    lean = recipe.model_copy(
        update={
            "micro_batch": 1,
            "gradient_checkpointing": True,
            "loss": "chunked_nll",
            "quantization": "nf4",
            "attention": "auto" if recipe.attention == "eager" else recipe.attention,
        }
    )
    length = largest_that_fits(planner, lean)["max_length"]
    found = []
    if length >= _SHORTEST:
        found.append(f"Rows of at most {length // _LENGTH_STEP * _LENGTH_STEP or length:,} tokens (recipe.max_length).")
    else:
        lowest = planner.plan(lean).reserved[0] / FITS_SHARE
        cards = -(-lowest // planner.memory)
        found.append(f"A memory of at least {lowest / GIB:.0f} GiB, or {cards:.0f} such cards that share the weights.")
    if smaller := _smaller_model(planner):
        found.append(f"A smaller model, such as {smaller}.")
    return tuple(found)


def _smaller_model(planner: Planner) -> str | None:
    """The largest model of the catalogue whose 4-bit weights take less than a third of the memory."""
    from engine.models.catalogue import load_catalogue

    small = [model for model in load_catalogue() if model.parameters * 0.6 <= planner.memory / 3]
    return small[-1].id if small else None
