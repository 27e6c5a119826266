"""Before a run on a GPU: one step on its longest rows, which corrects the plan and says whether the run will fit.

The step is the trainer's own, so what is measured is what the run will need. It leaves no trace: the gradients are
thrown away, no weight changes, and the random numbers of the run are those it would have drawn without it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from accelerate.utils import convert_to_fp32

from engine.data.prepare import Prepared
from engine.errors import ModelError
from engine.jobs.context import JobContext
from engine.plan.compute import profiles_of
from engine.plan.memory import Memory, Rows, memory_of
from engine.plan.probe import Meter, cuda_meter, probe
from engine.plan.report import architecture_for
from engine.spec import ProjectSpec, RecipeSpec
from engine.train.precision import dtype_name
from engine.train.trainer import RecipeTrainer

_GIB = 2**30


def probe_run(
    context: JobContext, trainer: RecipeTrainer, spec: ProjectSpec, recipe: RecipeSpec, prepared: Prepared, dtype: str
) -> float | None:
    """Measure one step on the GPU and warn where the run will hardly fit; nothing at all without CUDA.

    AdaLoRA, private training and several processes take other steps than the plan's, and are not measured.

    Returns:
        The factor by which plans for this card are corrected from now on; None where nothing was measured.
    """
    otherwise = recipe.adapter == "adalora" or recipe.dp_epsilon is not None or trainer.args.world_size > 1
    if trainer.args.device.type != "cuda" or otherwise:
        return None
    name, total = torch.cuda.get_device_name(), torch.cuda.get_device_properties(trainer.args.device).total_memory
    return measure(context, trainer, spec, recipe, prepared, gpu=name, memory=total, meter=cuda_meter(), dtype=dtype)


def measure(
    context: JobContext,
    trainer: RecipeTrainer,
    spec: ProjectSpec,
    recipe: RecipeSpec,
    prepared: Prepared,
    *,
    gpu: str,
    memory: int,
    meter: Meter,
    dtype: str = dtype_name(torch.bfloat16),
) -> float | None:
    """As `probe_run`, on any device.

    Args:
        context: The job, for the warning.
        trainer: Before its first step.
        spec: The project's.
        recipe: The knobs.
        prepared: The rows.
        gpu: The name under which the correction is kept.
        memory: Bytes of the card.
        meter: What counts.
        dtype: What matrices are multiplied in.
    """
    rows = _rows(prepared)
    try:
        architecture = architecture_for(spec)
        profiles = profiles_of(architecture)
        # one micro-batch by itself: no gradients of an earlier one are there
        single = recipe.model_copy(update={"effective_batch": min(recipe.micro_batch, recipe.effective_batch)})
        planned = memory_of(architecture, single, _without_holdout(rows), profiles, on_cuda=True, dtype=dtype)
        whole = memory_of(architecture, recipe, rows, profiles, on_cuda=True, dtype=dtype)
    except ModelError as error:
        print(f"No probe step: {error.title} {error.what}", flush=True)
        return None
    try:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            factor = probe(trainer.model, largest_step(trainer, single), planned, gpu, meter)
    except torch.OutOfMemoryError:
        _warn(context, whole, memory, "A step on your longest rows ran out of memory before the run began.")
        return None
    corrected = memory_of(architecture, recipe, rows, profiles, on_cuda=True, dtype=dtype, correction=factor)
    print(f"A probe step took {factor:.3f} of the activations that were planned on {gpu}.", flush=True)
    if not corrected.fits(memory):
        _warn(context, corrected, memory, "By a step that was measured, this run will hardly fit in memory.")
    return factor


def largest_step(trainer: RecipeTrainer, recipe: RecipeSpec) -> Callable[[], torch.Tensor]:
    """The loss of the micro-batch with the longest rows (or packs), as the trainer computes it."""
    features = sorted(trainer.train_dataset, key=lambda feature: len(feature["input_ids"]))[-recipe.micro_batch :]
    batch = trainer.data_collator(features)

    def step() -> torch.Tensor:
        trainer.model.train()
        if trainer.args.activation_checkpointing:
            settings = trainer.args.activation_checkpointing_kwargs
            trainer.model.activation_checkpointing_enable(activation_checkpointing_kwargs=settings)
        inputs = trainer._prepare_inputs(dict(batch))
        items = (inputs["labels"] != -100).sum()
        with trainer.accelerator.autocast():
            loss: torch.Tensor = trainer.compute_loss(_in_float32(trainer), inputs, num_items_in_batch=items)
        return loss

    return step


def _in_float32(trainer: RecipeTrainer) -> Callable[..., object]:
    """The model as accelerate prepares it for the run: its results are turned to float32."""
    return lambda **inputs: convert_to_fp32(trainer.model(**inputs))


def _rows(prepared: Prepared) -> Rows:
    lengths = [len(row.input_ids) for row in prepared.train]
    return Rows(
        longest=max(lengths),
        learned=max(sum(row.trained) for row in prepared.train),
        varied=len(set(lengths)) > 1,
        holdout=max((len(row.input_ids) for row in prepared.holdout), default=0),
        count=len(lengths),
        tokens=sum(lengths),
    )


def _without_holdout(rows: Rows) -> Rows:
    return Rows(rows.longest, rows.learned, rows.varied)


def _warn(context: JobContext, planned: Memory, memory: int, title: str) -> None:
    context.warn(
        "memory",
        title,
        f"It takes about {planned.allocated / _GIB:.1f} GiB for tensors; the card has {memory / _GIB:.1f} GiB.",
        "Stop it and run `tunesmith plan PROJECT --fit`: it says which setting fits. Otherwise steps that do not fit "
        "are split.",
    )
