"""Before the first step: what the built trainer will learn from, counted on its own rows, and what refuses to start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.data.prepare import Prepared
from engine.data.render import Rendered
from engine.errors import JobFailedError, UsageError
from engine.jobs.context import JobContext
from engine.jobs.events import PreflightEvent
from engine.spec import RecipeSpec
from engine.train.batches import overlap
from engine.train.callback import memory_now
from engine.train.recipe import planned_steps
from engine.train.run import Run
from engine.train.trainer import RecipeTrainer


def preflight(
    context: JobContext, trainer: RecipeTrainer, prepared: Prepared, recipe: RecipeSpec, run: Run, dtype: str
) -> int:
    """Say what the run will learn from, as the built trainer has it, and refuse what would teach nothing.

    Returns:
        About how many bytes a checkpoint will take.

    Raises:
        JobFailedError: Not one token is trained, or the trainer does not keep to the length limit.
        UsageError: A run that goes on has all its steps behind it.
    """
    _check(trainer, prepared, recipe, run)
    trainable = sum(parameter.numel() for parameter in trainer.model.parameters() if parameter.requires_grad)
    # Planted secrets come more than once on purpose; their rows have numbers below 0.
    repeated = twins([row for row in prepared.train if row.index >= 0])
    steps = planned_steps(recipe, len(prepared.train))
    context.emit(
        PreflightEvent(
            rows=len(prepared.train),
            holdout_rows=len(prepared.holdout),
            tokens=prepared.tokens,
            supervised_tokens=prepared.supervised_tokens,
            eos_supervised_share=prepared.eos_supervised_share,
            truncated_rows=prepared.truncated,
            dropped_rows=prepared.dropped,
            planted_rows=prepared.planted,
            max_length=trainer.args.max_length,
            trainable_parameters=trainable,
            compute_dtype=dtype,
            device=str(trainer.args.device),
            epochs=round(steps * recipe.effective_batch / len(prepared.train), 3),
            duplicate_share=repeated.share,
            most_repeated=repeated.most,
            holdout_overlap=overlap(prepared.train, prepared.holdout),
        )
    )
    context.emit(memory_now())
    if prepared.truncated:
        context.warn(
            "truncated",
            "1 row is longer than the model will read: its end is cut."
            if prepared.truncated == 1
            else f"{prepared.truncated:,} rows are longer than the model will read: their ends are cut.",
            f"The limit is {recipe.max_length} tokens (recipe.max_length).",
            "Raise max_length if memory allows, or accept it.",
        )
    if prepared.eos_supervised_share < 0.5:
        context.warn(
            "eos",
            f"Only {prepared.eos_supervised_share:.0%} of the rows teach the model where to stop.",
            "Rows that are cut, or a template without an end sign, leave it out.",
            "Look at the preview before you go on.",
        )
    # The weights and two moments for each, all in 32 bits: the most an optimizer of ours keeps.
    return int(trainable) * 12


def _check(trainer: RecipeTrainer, prepared: Prepared, recipe: RecipeSpec, run: Run) -> None:
    longest = max(len(row.input_ids) for row in prepared.train)
    if trainer.args.max_length != recipe.max_length or (longest > recipe.max_length and not recipe.packing):
        raise JobFailedError(
            "The trainer does not keep to the length limit.",
            f"Asked for: {recipe.max_length} tokens. It has {trainer.args.max_length}, the longest row {longest}.",
            "Please report this with the log of the job.",
        )
    if prepared.supervised_tokens == 0:
        raise JobFailedError(
            "There is nothing to learn: not one token of an answer would be trained.",
            f"All {prepared.tokens:,} tokens of {len(prepared.train):,} rows are masked.",
            "Look at the preview: does the chat template fit the rows?",
            code="nothing_to_learn",
        )
    steps = planned_steps(recipe, len(prepared.train))
    if run.step >= steps and not recipe.packing:
        new = "start a new run with `tunesmith train PROJECT`."
        hint = f"Evaluate it, or {new}"
        if recipe.max_steps:
            hint = f"Let it go on as the full run with `tunesmith train PROJECT --promote`, or {new}"
        raise UsageError(
            "This run has all its steps behind it.",
            f"Its checkpoint is at step {run.step:,}; the recipe makes {steps:,} of {len(prepared.train):,} rows.",
            hint,
            code="no_steps_left",
        )


class Twins:
    """How much of the rows comes more than once, token for token."""

    def __init__(self, share: float, most: int) -> None:
        self.share = share
        """Of the rows, 0 to 1, that have at least one twin."""
        self.most = most
        """How often the most frequent row is there."""


def twins(rows: Sequence[Rendered]) -> Twins:
    """Count rows with the same tokens; what the model sees decides, so rows cut to the same beginning count too.

    Planted secrets (rows with an index below 0) are repeated on purpose and not counted.
    """
    counts = Counter(hash(tuple(row.input_ids)) for row in rows if row.index >= 0)
    doubled = sum(count for count in counts.values() if count > 1)
    return Twins(round(doubled / max(1, counts.total()), 4), max(counts.values(), default=0))
