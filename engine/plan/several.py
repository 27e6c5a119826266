"""Several cards: what each of them holds, how much faster they are together, and which ways of sharing there are.

DDP keeps the whole model on every card. FSDP and ZeRO-3 keep a share of it there and gather one decoder layer at a
time, with the next one on its way; what lies outside of the layers (embeddings, norms, output head) stays gathered from
the forward pass to the backward pass (torch.distributed.fsdp.fully_shard, `reshard_after_forward`), and of 4-bit
weights the scales are kept whole on every card. ZeRO-2 shares gradients and optimizer only. Nobody measured these here:
they are formulas on top of the exact plan of one card.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import SpecError
from engine.plan.architecture import Architecture
from engine.plan.memory import Memory, with_breakdown
from engine.plan.profile import Work
from engine.recipe_rules import rows_at_once
from engine.spec import RecipeSpec
from engine.spec_recipe import ComputeSpec
from engine.train.spread import Spread, check_spread, choose_strategy

_LAYERS_GATHERED = 2
_SCALES = 1 / 64 + 4 / 64 / 256
"""Bytes for each 4-bit weight that FSDP does not share out (`engine.plan.static_memory`)."""
_COPYING, _GATHERING = 1.05, 1.3
"""Time of a step over that of cards that need not speak to each other: adapters' gradients, or all weights three times.
Estimates of ours, for cards on one board without NVLink."""
_MOST_CARDS = 64


def of_each(recipe: RecipeSpec, spread: Spread) -> RecipeSpec:
    """What one process does of a recipe."""
    if spread.world == 1:
        return recipe
    own = max(1, recipe.effective_batch // spread.world)
    return recipe.model_copy(update={"effective_batch": own, "micro_batch": rows_at_once(recipe, spread.world)})


def on_each_card(memory: Memory, architecture: Architecture, recipe: RecipeSpec, work: Work, spread: Spread) -> Memory:
    """The peak on one of the cards, from the peak of a run on a single one."""
    if spread.world == 1:
        return memory
    parts, count = dict(memory.breakdown), spread.world
    if spread.strategy == "ddp":
        # gradients travel in buckets, which are copies (torch.nn.parallel.DistributedDataParallel)
        parts["other"] += 4 * memory.trained_parameters
        return with_breakdown(memory, parts)
    for kind in ("gradients", "optimizer"):
        parts[kind] = parts[kind] // count
    if spread.strategy == "zero2":
        return with_breakdown(memory, parts)
    layers = max(1, architecture.figure("num_hidden_layers") or 1)
    scales = round(work.linear * _SCALES) if recipe.quantization == "nf4" else 0
    outside = min(parts["weights"], _outside_of_layers(architecture))
    inside = max(0, parts["weights"] - outside - scales)
    parts["weights"] = outside + scales + inside // count + _LAYERS_GATHERED * inside // layers
    parts["adapter"] = parts["adapter"] // count + _LAYERS_GATHERED * parts["adapter"] // layers
    return with_breakdown(memory, parts)


def _outside_of_layers(architecture: Architecture) -> int:
    """Bytes of embeddings and head in 16 bits."""
    words, width = architecture.figure("vocab_size") or 0, architecture.figure("hidden_size") or 0
    return 2 * words * width * (1 if architecture.config.get("tie_word_embeddings") else 2)


def slower_by(spread: Spread) -> float:
    """Time of a token over that of one card, where several share the rows."""
    if spread.world == 1:
        return 1.0
    return (_COPYING if spread.strategy in ("ddp", "zero2") else _GATHERING) / spread.world


def spread_as_set(recipe: RecipeSpec, compute: ComputeSpec, cards: int, *, fits_on_one: bool) -> Spread:
    """What the run would be spread over, as its settings are.

    Raises:
        SpecError: The settings cannot be had with so many cards; names the field.
    """
    spread = choose_strategy(compute, gpus=cards, fits_on_one=fits_on_one)
    check_spread(recipe, spread, deepspeed_installed=True)
    return spread


def nearest_spread(recipe: RecipeSpec, compute: ComputeSpec, cards: int) -> tuple[Spread, str] | None:
    """What to do where all cards together cannot do a recipe as it is: as many of them as can, and words about it.

    None where the settings leave no choice.
    """
    if compute.processes is not None or compute.strategy not in ("auto", "ddp") or len(compute.hosts) > 1:
        return None
    for spread in ways_to_spread(recipe, compute.model_copy(update={"strategy": "auto"}), cards):
        if spread.strategy in ("ddp", "single") and _works(recipe, spread):
            used = f"{spread.world} of them {'is' if spread.world == 1 else 'are'}"
            so = f"so {used} planned (compute.processes={spread.world})"
            least = cards * rows_at_once(recipe, cards)
            lower = recipe.effective_batch // least * least
            even = recipe.model_copy(update={"effective_batch": lower + least})
            if not _works(even, Spread("ddp", cards, on_cuda=True)):
                return spread, f"{cards} cards cannot do this recipe together, {so}."
            rows = " or ".join(str(count) for count in (lower, lower + least) if count)
            return spread, (
                f"{cards} cards cannot share the {recipe.effective_batch} rows of a step evenly, {so}; "
                f"with recipe.effective_batch={rows} all can work."
            )
    return None


def _works(recipe: RecipeSpec, spread: Spread) -> bool:
    try:
        check_spread(recipe, spread, deepspeed_installed=True)
    except SpecError:
        return False
    return True


def ways_to_spread(recipe: RecipeSpec, compute: ComputeSpec, cards: int) -> Iterator[Spread]:
    """The ways to use so many cards, the fastest first: all of them, then as few less as share the rows evenly."""
    settled = compute.strategy != "auto" or compute.processes is not None or len(compute.hosts) > 1
    counts = [compute.processes] if settled else range(cards, 0, -1)
    for count, fits in ((count, fits) for count in counts for fits in (True, False)):
        wanted = compute.model_copy(update={"processes": count})
        try:
            spread = choose_strategy(wanted, gpus=cards, fits_on_one=fits)
        except SpecError:
            continue
        if can_share(recipe, spread):
            yield spread
            if spread.world == 1:
                return


def can_share(recipe: RecipeSpec, spread: Spread) -> bool:
    """Whether these processes can share the rows of a step, taken as few at a time as need be."""
    return _works(recipe.model_copy(update={"micro_batch": 1}), spread)


def more_cards(recipe: RecipeSpec, cards: int) -> Iterator[Spread]:
    """FSDP over more and more cards, as far as this recipe can be shared."""
    for count in range(max(2, cards + 1), _MOST_CARDS + 1):
        spread = Spread("fsdp", count, on_cuda=True)
        if can_share(recipe, spread):
            yield spread


def words_of(spread: Spread) -> str:
    """How the cards share the work, in words."""
    if spread.world == 1:
        return "one card"
    named = {"ddp": "each holds the whole model", "zero2": "they share the optimizer"}
    return f"{spread.world} cards; {named.get(spread.strategy, 'they share the weights')} ({spread.strategy})"
