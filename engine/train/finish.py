"""The end of a training job: the adapter checked, saved whole, and the run recorded."""

from __future__ import annotations

import json
import math
import os
import shutil
from pathlib import Path
from typing import Any

import torch

from engine.data.prepare import Prepared
from engine.errors import JobFailedError, ModelError
from engine.files import atomic_write, sync_folder
from engine.jobs.context import JobContext
from engine.runs_made import base_of
from engine.ship.adapter import check_adapter
from engine.spec import ProjectSpec
from engine.steps import take_step
from engine.train import together
from engine.train.adapters import export_adapter, load_weights
from engine.train.attempts import event_callback
from engine.train.callback import Meter, evaluations, moved_norm, peak_rss_bytes
from engine.train.checkpoints import ADAPTER_FILE, checkpoint_at
from engine.train.private import PrivateTrainer
from engine.train.run import Run
from engine.train.spending import Spending
from engine.train.trainer import RecipeTrainer

STAGED_ADAPTER = ".adapter"


def finish(
    context: JobContext,
    trainer: RecipeTrainer,
    prepared: Prepared,
    run: Run,
    spec: ProjectSpec,
    meter: Meter,
    spending: Spending,
    *,
    smoke: bool,
) -> dict[str, Any]:
    """Measure a last time, go back to the best checkpoint where that was asked for, save the adapter whole.

    Raises:
        JobFailedError: `inert` or `not_finite`: the adapter is no result.
        DiskFullError: The adapter could not be saved; the checkpoints are untouched.
    """
    if not trainer.spread.sharded:
        refuse_inert(trainer.model)
    state = trainer.state
    if prepared.holdout and state.global_step not in dict(evaluations(state)):
        trainer.evaluate()
    measured = evaluations(state)
    went_back = spec.recipe.early_stopping is not None and _go_back(trainer, run)
    losses = [entry["loss"] for entry in state.log_history if "loss" in entry]
    result: dict[str, Any] = {
        "run": run.name,
        "adapter_dir": None if smoke else str(run.adapter),
        "train_loss": sum(losses) / len(losses),
        "final_loss": sum(losses[-10:]) / len(losses[-10:]),
        "eval_loss": dict(measured)[state.best_global_step if went_back else state.global_step] if measured else None,
        "base_eval_loss": dict(measured).get(0),
        "best_step": state.best_global_step,
        "best_loss": state.best_metric,
        "went_back": went_back,
        "stopped_early": event_callback(trainer).stopped_early,
        "steps": state.global_step,
        "tokens_per_second": round(meter.tokens_per_second, 1),
        "tokens": meter.tokens,
        "supervised_tokens": prepared.supervised_tokens,
        "peak_bytes": torch.cuda.max_memory_allocated() if torch.cuda.is_available() else peak_rss_bytes(),
        "peak_bytes_are": "allocated on the GPU" if torch.cuda.is_available() else "resident memory of the process",
        "seconds": round(spending.seconds, 1),
        "energy_wh": spending.energy_wh,
        "cost": spending.cost,
        "smoke": smoke,
        **_privacy_spent(trainer),
    }
    if smoke:
        shutil.rmtree(run.folder, ignore_errors=True)
        return result
    save_adapter(trainer, run, spec)
    atomic_write(run.folder / "summary.json", json.dumps(result, indent=1), "saving the summary of the run")
    context.project.update(lambda current: take_step("train", current.model_copy(update={"run": run.name}), on=spec))
    return result


def _privacy_spent(trainer: RecipeTrainer) -> dict[str, float]:
    """`epsilon` spent, `epsilon_limit` and `delta` of a run with differential privacy; nothing of another one."""
    if not isinstance(trainer, PrivateTrainer):
        return {}
    return {
        "epsilon": round(trainer.epsilon_now(), 4),
        "epsilon_limit": trainer.budget.epsilon,
        "delta": trainer.budget.delta,
    }


def _go_back(trainer: RecipeTrainer, run: Run) -> bool:
    """Load the best checkpoint's adapter, if that is not what is there already."""
    best = trainer.state.best_global_step
    checkpoint = checkpoint_at(run.checkpoints, best) if best and best < trainer.state.global_step else None
    if checkpoint is None:
        return False
    load_weights(trainer.model, checkpoint / ADAPTER_FILE)
    return True


def refuse_inert(model: Any) -> None:
    """An adapter that is not finite, or that never left its start, is not a result.

    LoRA's B matrices start at zero, so their norm is the measure of what was learnt.

    Raises:
        JobFailedError: `inert` or `not_finite`.
    """
    norm = moved_norm(model)
    if norm is None or norm == 0.0 or not math.isfinite(norm):
        raise JobFailedError(
            "The adapter is not finite." if norm else "Nothing was learnt.",
            f"The norm of what the adapter has moved from its start is {norm}.",
            "Check the preview (are there trained tokens?) and the learning rate, then train again.",
            code="not_finite" if norm else "inert",
        )


def finish_along(trainer: RecipeTrainer, run: Run, *, smoke: bool) -> None:
    """The end of the job in a process other than the first: the same calls that need all of them."""
    state = trainer.state
    if trainer.has_holdout and state.global_step not in dict(evaluations(state)):
        trainer.evaluate()
    if smoke:
        return
    together.meet()
    if trainer.spread.sharded:
        trainer.save_model(str(run.folder / STAGED_ADAPTER), _internal_call=True)


def _refuse_unsound(folder: Path) -> None:
    """Look at every number that was written, not only at what moved: one that is none spoils every answer."""
    try:
        check_adapter(folder)
    except ModelError as error:
        raise JobFailedError(error.title, error.what, error.hint, code=error.error_code) from error


def save_adapter(trainer: RecipeTrainer, run: Run, spec: ProjectSpec) -> None:
    """Write the adapter beside and rename it; it names its base by source, not by a path of this machine."""
    assert spec.model
    staging = run.folder / STAGED_ADAPTER
    shutil.rmtree(staging, ignore_errors=True)
    base = base_of(spec.model)
    for config in trainer.model.peft_config.values():
        config.base_model_name_or_path = base
        config.revision = spec.model.revision
    together.meet()
    if trainer.spread.sharded:
        trainer.save_model(str(staging), _internal_call=True)
    else:
        export_adapter(trainer.model, staging, trainer.start)
    _refuse_unsound(staging)
    # PEFT's template card holds no facts; ours is written when the adapter is shipped.
    (staging / "README.md").unlink(missing_ok=True)
    trainer.processing_class.save_pretrained(str(staging))
    shutil.rmtree(run.adapter, ignore_errors=True)
    os.rename(staging, run.adapter)
    sync_folder(run.folder)
