"""The fastest setting that fits: what to change of a recipe for a card, or several, and what would fit if nothing does.

Every candidate is worked out like any plan. The order of speed comes from the operations a step needs (`speed`): not
recomputing activations saves a third, more tokens at once fill the card better, padding is computed in vain, 16-bit
weights need no unpacking, and cards that hold the whole model need not gather it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from typing import Any

from engine.plan.architecture import Architecture
from engine.plan.average import ROWS_FOR_PACKING, may_pack, rows_in_a_pack
from engine.plan.cards import GIB
from engine.plan.memory import (
    CONTEXT_BYTES,
    FITS_SHARE,
    RESERVED,
    Memory,
    Rows,
    held_as,
    memory_of,
    variant_of,
    with_breakdown,
)
from engine.plan.profile import Work
from engine.plan.several import can_share, more_cards, of_each, on_each_card, slower_by
from engine.plan.speed import token_operations
from engine.plan.variants import Profiles, checkpointing_of
from engine.recipe_rules import accumulation
from engine.spec import RecipeSpec
from engine.train.spread import SINGLE, Spread

_LENGTH_STEP = 64
_SHORTEST = 128
_MOST_ROWS = 64
_UNEVEN = 0.25
"""How far packs may take a learning step from the effective batch that is wanted."""
_WORTH_PACKING = 1.03
"""Packing makes steps uneven, so it has to save at least this."""
_SURELY_HELD = 0.9
"""Share of the weights at the peak that is more than what is unpacked for a moment."""
_ALL_COUNTED = 0.05
"""How far the parameters that a model's figures come to may be from those it has."""
_LEAST_BYTES = {"nf4": 0.5, "int8": 1.0, "none": 2.0}


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
    shorter: dict[str, Any] = field(default_factory=dict)
    """Where nothing fits: knobs with rows so short that they do; empty where none are."""
    memory: Memory | None = None
    """On each card."""
    spread: Spread = SINGLE

    @property
    def compute(self) -> dict[str, Any]:
        """The settings of `compute`; empty for one card."""
        several = {"compute.strategy": self.spread.strategy, "compute.processes": self.spread.processes}
        return several if self.spread.world > 1 else {}

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "fits": self.fits,
            "settings": {f"recipe.{name}": value for name, value in self.settings.items()} | self.compute,
            "why": list(self.why),
            "alternatives": [
                {**asdict(other), "settings": {f"recipe.{n}": v for n, v in other.settings.items()}}
                for other in self.alternatives
            ],
            "nearest": list(self.nearest),
            "shorter": {f"recipe.{name}": value for name, value in self.shorter.items()},
        }


@dataclass(frozen=True)
class Known:
    """What the plan of the recipe as it is says of all others: what a token passes, and bytes of weights."""

    recipe: RecipeSpec
    work: Work
    weights: int


@dataclass(frozen=True)
class Planner:
    """A model, the rows and a memory: works recipes out.

    Args:
        architecture: Of the model.
        rows: The data.
        profiles: Where the profiles are from.
        memory: Bytes of the card, or of the machine; of several cards, each one's.
        on_cuda: Whether it is an NVIDIA card.
        dtype: As `memory_of`.
        free_ram: As `memory_of`.
        correction: As `memory_of`.
        spread: The cards that share the work.
        products: As `memory_of`.
        uneven: Why not all cards take part; empty: they do, or there is one.
    """

    architecture: Architecture
    rows: Rows
    profiles: Profiles
    memory: int
    on_cuda: bool
    dtype: str | None = None
    free_ram: int | None = None
    correction: float = 1.0
    spread: Spread = field(default=SINGLE)
    products: str | None = None
    uneven: str = ""

    def plan(self, recipe: RecipeSpec) -> Memory:
        """The memory of a recipe, on each card."""
        own = of_each(recipe, self.spread)
        memory = memory_of(
            self.architecture,
            own,
            self.rows,
            self.profiles,
            on_cuda=self.on_cuda,
            dtype=self.dtype,
            free_ram=self.free_ram,
            correction=self.correction,
            products=self.products,
        )
        if self.spread.world == 1:
            return memory
        return on_each_card(memory, self.architecture, recipe, self.work(recipe), self.spread)

    def fits(self, recipe: RecipeSpec) -> bool:
        """Whether it fits."""
        return self.plan(recipe).fits(self.memory)

    def work(self, recipe: RecipeSpec) -> Work:
        """What a token passes."""
        return self.profiles(
            variant_of(
                self.architecture,
                of_each(recipe, self.spread),
                self.rows,
                on_cuda=self.on_cuda,
                dtype=self.dtype,
                free_ram=self.free_ram,
                products=self.products,
            )
        ).work

    def slowness(self, recipe: RecipeSpec, work: Work | None = None) -> float:
        """Time of a token, in a unit of its own: only ratios mean something. `work` spares finding it again."""
        return slower_by(self.spread) * token_operations(
            of_each(recipe, self.spread),
            self.rows,
            work or self.work(recipe),
            checkpointing=checkpointing_of(recipe, on_cuda=self.on_cuda),
            on_cuda=self.on_cuda,
        )

    def too_heavy(self, recipe: RecipeSpec, known: Known) -> bool:
        """Whether the weights alone are too much; saves working the rest out."""
        each = _LEAST_BYTES[recipe.quantization]
        held = known.weights * _SURELY_HELD if each >= _LEAST_BYTES[known.recipe.quantization] else 0.0
        least = max(known.work.linear * each, held) / (self.spread.world if self.spread.sharded else 1)
        if not self.on_cuda:
            return least > FITS_SHARE * self.memory
        return least * RESERVED[0] > min(FITS_SHARE * self.memory, self.memory - CONTEXT_BYTES[0])

    def too_wide(self, recipe: RecipeSpec) -> bool:
        """Whether a step of a single micro-batch is too much: as one of two it is, even without their gradients.

        Steps of several are planned anyway, and a single one would need a profile of its own.
        """
        if recipe.micro_batch * self.spread.world < recipe.effective_batch:
            return False
        again = self.plan(recipe.model_copy(update={"effective_batch": 2 * recipe.effective_batch}))
        return not with_breakdown(again, {**again.breakdown, "gradients": 0}).fits(self.memory)


def fit(planner: Planner, recipe: RecipeSpec, spreads: Sequence[Spread] = ()) -> Fit:
    """Find the fastest setting that stays under the limit.

    Rank, targets, lengths and the effective batch decide what is learned and are left alone; changed are rows at once,
    packing, recomputation, the loss and quantisation.

    Args:
        planner: For the model, the rows and the card.
        recipe: What is wanted.
        spreads: Ways to share the work among several cards, the fastest first; none: the planner's own.
    """
    from engine.plan.fit_words import alternatives, why

    work = planner.work(recipe)
    known = Known(recipe, work, replace(planner, spread=SINGLE).plan(recipe).breakdown["weights"])
    for spread in spreads or (planner.spread,):
        over = replace(planner, spread=spread)
        found = _fastest(over, recipe, known)
        if found is not None:
            memory = over.plan(found)
            others = alternatives(over, found, work)
            reasons = tuple(why(over, recipe, found, memory))
            return Fit(True, _changes(recipe, found), reasons, others, memory=memory, spread=spread)
    return Fit(False, {}, (), (), *_nearest(replace(planner, spread=SINGLE), recipe, spreads))


def _fastest(planner: Planner, recipe: RecipeSpec, known: Known) -> RecipeSpec | None:
    def slowness(candidate: RecipeSpec) -> float:
        newly_packed = candidate.packing and not recipe.packing
        return planner.slowness(candidate, known.work) * (_WORTH_PACKING if newly_packed else 1.0)

    ranked = sorted(_candidates(planner, recipe), key=slowness)
    for one in ranked:
        if not planner.too_heavy(one, known) and not planner.too_wide(one) and planner.fits(one):
            return one
    return None


def largest_that_fits(planner: Planner, recipe: RecipeSpec) -> dict[str, int]:
    """The longest rows with this micro-batch, and the most rows at once with this length; 0: not even the smallest."""
    limit = planner.architecture.context or 1 << 20

    def of_length(length: int) -> RecipeSpec:
        return recipe.model_copy(update={"max_length": length})

    unlimited = replace(planner, rows=replace(planner.rows, longest=1 << 24, learned=1 << 24, holdout=0))
    longest = _most(lambda units: unlimited.fits(of_length(units * 8)), limit // 8) * 8
    most = (1 << 12) * planner.spread.world
    wide = recipe.model_copy(update={"effective_batch": max(recipe.effective_batch, most)})
    rows = _most(lambda count: planner.fits(wide.model_copy(update={"micro_batch": count})), 1 << 12)
    return {"max_length": longest, "micro_batch": rows}


def _most(fits: Any, limit: int) -> int:
    """The largest number up to `limit` that fits; memory only grows with it."""
    low, high = 0, max(1, limit)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def packings(planner: Planner, recipe: RecipeSpec) -> tuple[bool, ...]:
    """Whether rows may be packed, or not, or either.

    Packing is offered where rows stay apart, differ in length, and are enough for even steps. On a processor the mask
    costs more than padding, of which a single row has none.
    """
    rows = planner.rows
    if not may_pack(planner.architecture, recipe):
        return (False,)
    known = rows.varied and rows.tokens > 0 and rows.count >= ROWS_FOR_PACKING * recipe.effective_batch
    if not planner.on_cuda or not known:
        return (recipe.packing,)
    return (False, True)


def _candidates(planner: Planner, recipe: RecipeSpec) -> Iterator[RecipeSpec]:
    weights = list(dict.fromkeys(("none", recipe.quantization, "none" if recipe.init == "pissa" else "nf4")))
    micro = range(1, min(recipe.effective_batch, _MOST_ROWS) + 1)
    if not planner.on_cuda:
        # on a CPU more rows at once only cost memory and padding
        micro = micro[:1]
    packed = packings(planner, recipe)
    for rows, packing, recompute, held in product(micro, packed, (False, True), weights):
        candidate = recipe.model_copy(
            update={
                "micro_batch": rows,
                "packing": packing,
                "gradient_checkpointing": recompute,
                "quantization": held,
                "loss": "chunked_nll",
                "attention": "auto" if recipe.attention == "eager" else recipe.attention,
            }
        )
        if _keeps_effective_batch(planner, candidate) and can_share(candidate, planner.spread):
            yield candidate


def _keeps_effective_batch(planner: Planner, recipe: RecipeSpec) -> bool:
    """Whether a learning step holds as many rows as are wanted: exactly, or about as many where they are packed."""
    at_once = recipe.micro_batch * planner.spread.world
    if not recipe.packing:
        return recipe.effective_batch % at_once == 0
    each = rows_in_a_pack(recipe, planner.rows)
    steps = accumulation(recipe, round(each * 1000), 1000, planner.spread.world)
    return abs(at_once * each * steps / recipe.effective_batch - 1) <= _UNEVEN


def _changes(recipe: RecipeSpec, best: RecipeSpec) -> dict[str, Any]:
    names = ("micro_batch", "gradient_checkpointing", "quantization", "loss", "attention", "packing", "max_length")
    chosen = {name: getattr(best, name) for name in names}
    return {**chosen, "effective_batch": recipe.effective_batch}


def _nearest(planner: Planner, recipe: RecipeSpec, spreads: Sequence[Spread]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """What would fit, when nothing does without giving something up: in words, and the knobs of shorter rows."""
    changes: dict[str, Any] = {
        "micro_batch": 1,
        "gradient_checkpointing": True,
        "loss": "chunked_nll",
        "quantization": "none" if recipe.init == "pissa" else "nf4",
        "attention": "auto" if recipe.attention == "eager" else recipe.attention,
    }
    lean = recipe.model_copy(update=changes)
    ways = [replace(planner, spread=spread) for spread in spreads or (SINGLE,)]
    length = max(_longest(way, lean) for way in ways)
    found = [f"Rows of at most {length:,} tokens (recipe.max_length)."] if length else []
    shorter = {**changes, "max_length": length} if length else {}
    memory = planner.plan(lean)
    least = -(-max(memory.reserved[0] / FITS_SHARE, memory.driver[0]) // GIB)
    found.append(f"{'A card with at' if planner.on_cuda else 'At'} least {least:.0f} GiB.")
    held = max((spread.world for spread in spreads), default=1)
    if planner.on_cuda and (cards := _cards_needed(planner, lean, held)):
        found.append(f"{cards} cards like this one that share the weights (compute.strategy=fsdp).")
    if smaller := _smaller_model(planner, lean):
        found.append(f"A smaller model, such as {smaller}.")
    return tuple(found), shorter


def _longest(planner: Planner, recipe: RecipeSpec) -> int:
    """The longest limit for rows, in steps, with which these rows fit; 0: none that is worth it."""

    def fits(steps: int) -> bool:
        return planner.fits(recipe.model_copy(update={"max_length": steps * _LENGTH_STEP}))

    length = _most(fits, min(planner.rows.longest, recipe.max_length) // _LENGTH_STEP) * _LENGTH_STEP
    return length if length >= _SHORTEST else 0


def _cards_needed(planner: Planner, lean: RecipeSpec, held: int) -> int:
    """The least number of such cards that hold the model together; 0: no number up to 64 does."""
    spreads = more_cards(lean, held)
    return next((spread.world for spread in spreads if replace(planner, spread=spread).fits(lean)), 0)


def _smaller_model(planner: Planner, lean: RecipeSpec) -> str | None:
    """The largest model of the catalogue that surely fits with these rows: at the upper end of a rough estimate.

    Models whose figures do not account for all their parameters are passed over, since the estimate knows no better;
    nor does it know what DoRA unpacks.
    """
    if lean.dora:
        return None
    from engine.models.catalogue import load_catalogue
    from engine.plan.estimate import estimate
    from engine.plan.shapes import weights_of

    longest = min(planner.rows.longest, lean.max_length)
    for model in sorted(load_catalogue(), key=lambda model: -model.parameters):
        facts = model.as_facts()
        counted = sum(weight.elements for weight in weights_of(facts))
        if model.id == planner.architecture.name or abs(counted / model.parameters - 1) > _ALL_COUNTED:
            continue
        found = estimate(facts, lean, longest, planner.memory, on_cuda=planner.on_cuda)
        if found and held_as(found.total_high, on_cuda=planner.on_cuda).fits(planner.memory):
            return model.id
    return None
