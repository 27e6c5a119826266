"""Advice beside a recipe's knobs: settings that run, and most likely disappoint.

Pure: facts in, sentences out. The figures are what the papers and the libraries' own defaults agree on; each rule says
where its figure is from. Nothing here forbids anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.recipe_rules import planned_steps
from engine.spec import RecipeSpec

# Dropout: QLoRA's table 9 has 0.1 (7B, 13B) and 0.05 (33B, 65B). Weight decay: PyTorch's AdamW has 0.01.
USUAL_RATE = 2e-4
"""For LoRA with alpha twice the rank: QLoRA (Dettmers et al. 2023, table 9) for 7B and 13B."""
FEW_ROWS = 500
TINY_MODEL = 20_000_000
"""Models below learn at rates ten times as high: the figures about rates and dropout are those of larger ones."""


@dataclass(frozen=True)
class Advice:
    """One sentence about one knob."""

    knob: str
    """Name in `RecipeSpec`."""
    text: str


@dataclass(frozen=True)
class RowFacts:
    """What is known of the data and the model; None where it is not known yet."""

    rows: int | None = None
    """Training rows."""
    lengths: Sequence[int] | None = None
    """Tokens of each row before cutting."""
    parameters: int | None = None
    """Of the base model."""
    holdout_rows: int | None = None


def advice(recipe: RecipeSpec, facts: RowFacts | None = None) -> list[Advice]:
    """Everything worth saying about these knobs, at most one sentence a knob."""
    known = facts or RowFacts()
    found = [*_rate(recipe, known), *_strength(recipe), *_schedule(recipe, known)]
    found += [*_lengths(recipe, known), *_data(recipe, known)]
    first: dict[str, Advice] = {}
    for one in found:
        first.setdefault(one.knob, one)
    return list(first.values())


def usual_rate(recipe: RecipeSpec) -> float:
    """The learning rate that works for this adapter.

    An adapter's step in the weights is proportional to its scale (alpha / rank), so the rate goes with its inverse,
    within a factor of ten. PiSSA's own paper takes a tenth of LoRA's rate; AdaLoRA's about five times it.
    """
    scale = recipe.alpha / (recipe.rank**0.5 if recipe.rslora else recipe.rank)
    factor = min(10.0, max(0.1, 2.0 / scale))
    if recipe.init == "pissa":
        factor *= 0.1
    if recipe.adapter == "adalora":
        factor *= 5
    return USUAL_RATE * factor


def _rate(recipe: RecipeSpec, facts: RowFacts) -> list[Advice]:
    if facts.parameters is not None and facts.parameters < TINY_MODEL:
        return []
    usual = usual_rate(recipe)
    times = recipe.learning_rate / usual
    what = f"rank {recipe.rank}" + (f" with alpha {recipe.alpha:g}" if recipe.alpha != 2 * recipe.rank else "")
    # A little less than three: 6e-4 over 2e-4 is 2.9999999999999996.
    if times >= 2.999:
        text = f"{recipe.learning_rate:.0e} is {_times(times)} what works for {what} (about {usual:.0e})"
        return [Advice("learning_rate", f"{text}: the loss may jump, and what the model knew may go.")]
    if times <= 0.1:
        text = f"{recipe.learning_rate:.0e} is a {_part(times)} of what works for {what} (about {usual:.0e})"
        return [Advice("learning_rate", f"{text}: it will hardly learn.")]
    return []


def _times(times: float) -> str:
    words = {3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten"}
    return f"{words.get(round(times), f'{round(times):,}')} times"


def _part(times: float) -> str:
    return "tenth" if round(1 / times) == 10 else f"{round(1 / times):,}th"


def _strength(recipe: RecipeSpec) -> list[Advice]:
    found = []
    ratio = recipe.alpha / recipe.rank
    if recipe.rslora and recipe.alpha / recipe.rank**0.5 > 16:
        found.append(Advice("alpha", f"{recipe.alpha:g} is strong with rsLoRA: 16 suits any rank."))
    elif not recipe.rslora and ratio > 4:
        found.append(Advice("alpha", f"{recipe.alpha:g} is {ratio:g} times the rank; one to two times is usual."))
    elif not recipe.rslora and ratio < 0.5:
        found.append(Advice("alpha", f"{recipe.alpha:g} is a weak adapter for rank {recipe.rank}; one to two times."))
    if recipe.micro_batch > recipe.effective_batch:
        text = f"{recipe.micro_batch} rows at once are more than a learning step has ({recipe.effective_batch})."
        found.append(Advice("micro_batch", text))
    if recipe.dropout > 0.3:
        text = f"{recipe.dropout:g} leaves the adapter little to learn with; 0.05 to 0.2 is usual."
        found.append(Advice("dropout", text))
    if recipe.weight_decay > 0.3:
        text = f"{recipe.weight_decay:g} pulls the adapter back to nothing; 0 to 0.1 is usual."
        found.append(Advice("weight_decay", text))
    if recipe.lora_plus_ratio and recipe.lora_plus_ratio > 32:
        found.append(Advice("lora_plus_ratio", f"{recipe.lora_plus_ratio:g} is high: its authors take 16."))
    if recipe.neftune_alpha and recipe.neftune_alpha > 15:
        found.append(Advice("neftune_alpha", f"{recipe.neftune_alpha:g} is much noise: its authors take 5 to 15."))
    return found


def _schedule(recipe: RecipeSpec, facts: RowFacts) -> list[Advice]:
    if facts.rows is None and recipe.max_steps is None:
        return []
    steps = planned_steps(recipe, facts.rows or 1, _packs(recipe, facts))
    warmup = round(recipe.warmup_ratio * steps)
    found = []
    if steps < 20 and recipe.max_steps:
        found.append(Advice("max_steps", f"{steps} learning steps show that it runs; they teach hardly anything."))
    elif steps < 20:
        found.append(
            Advice("effective_batch", f"The run has only {steps} learning steps; fewer rows a step give more.")
        )
    if recipe.save_steps > steps:
        text = f"{recipe.save_steps:,} is more than the run's {steps:,} steps: it saves at its end only."
        found.append(Advice("save_steps", text))
    if recipe.eval_steps and recipe.eval_steps > steps:
        found.append(Advice("eval_steps", f"{recipe.eval_steps:,} is more than the run's {steps:,} steps."))
    if recipe.scheduler != "constant" and recipe.warmup_ratio > 0.3:
        text = f"For {warmup:,} of {steps:,} steps the rate is still rising; 0.03 to 0.1 is usual."
        found.append(Advice("warmup_ratio", text))
    looks = steps // (recipe.eval_steps or max(1, round(steps / 10)))
    if recipe.early_stopping and recipe.early_stopping >= looks:
        text = f"The run looks at the holdout {looks} times; it cannot miss {recipe.early_stopping} and stop early."
        found.append(Advice("early_stopping", text))
    return found


def _packs(recipe: RecipeSpec, facts: RowFacts) -> int | None:
    """About how many sequences packing makes: best fit leaves about a twentieth empty."""
    if not recipe.packing or not facts.lengths:
        return None
    tokens = sum(min(length, recipe.max_length) for length in facts.lengths)
    return max(1, round(tokens / recipe.max_length / 0.95))


def _lengths(recipe: RecipeSpec, facts: RowFacts) -> list[Advice]:
    if not facts.lengths:
        return []
    over = sum(length > recipe.max_length for length in facts.lengths) / len(facts.lengths)
    ordered = sorted(facts.lengths)
    enough = ordered[min(len(ordered) - 1, int(0.98 * len(ordered)))]
    if over > 0.02:
        verb = "leaves out" if recipe.long_rows == "drop" else "cuts"
        text = f"{recipe.max_length:,} {verb} {over:.0%} of your rows; {enough:,} would hold 98 % of them whole."
        return [Advice("max_length", text)]
    return []


def _data(recipe: RecipeSpec, facts: RowFacts) -> list[Advice]:
    if facts.rows is None:
        return []
    rows, found = facts.rows, []
    passes = recipe.max_steps * recipe.effective_batch / rows if recipe.max_steps else recipe.epochs
    knob = "max_steps" if recipe.max_steps else "epochs"
    if passes > 10 or (passes > 5 and rows < 2 * FEW_ROWS):
        found.append(Advice(knob, f"{passes:g} times through {rows:,} rows: it will know many of them by heart."))
    # The noise of a private run is brake enough; the figure is none of tiny models.
    small = facts.parameters is not None and facts.parameters < TINY_MODEL
    if recipe.dropout == 0 and rows < FEW_ROWS and recipe.dp_epsilon is None and not small:
        found.append(Advice("dropout", f"Without dropout {rows:,} rows are soon known by heart; 0.1 to 0.2 helps."))
    if recipe.rank > 64 and rows < 2 * FEW_ROWS:
        found.append(Advice("rank", f"{recipe.rank} can hold {rows:,} rows word for word; 8 to 16 is enough."))
    if recipe.effective_batch > rows:
        text = f"A learning step of {recipe.effective_batch} rows is more than the {rows:,} there are."
        found.append(Advice("effective_batch", text))
    if recipe.packing and rows < 10 * recipe.effective_batch:
        found.append(Advice("packing", f"With {rows:,} rows packing gains little, and steps become uneven."))
    if recipe.early_stopping and facts.holdout_rows is not None and facts.holdout_rows < 20:
        text = f"{facts.holdout_rows} rows of holdout are few: by chance it may stop too early."
        found.append(Advice("early_stopping", text))
    return found
