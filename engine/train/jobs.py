"""The training job: from the project folder to an adapter on disk, or to a checkpoint from which it goes on."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers.utils import logging as transformers_logging

from engine.data.prepare import Prepared, prepare
from engine.errors import JobFailedError, StoppedError, UsageError
from engine.files import atomic_write, sync_folder
from engine.jobs.context import JobContext
from engine.jobs.events import PreflightEvent
from engine.models.load import load_tokenizer
from engine.privacy.content_gate import check_content
from engine.privacy.gate import check_privacy
from engine.spec import ModelSpec, ProjectSpec, RecipeSpec
from engine.steps import take_step
from engine.train.callback import EventCallback, Meter, memory_now, peak_rss_bytes
from engine.train.checkpoints import FACTS_FILE, latest_checkpoint
from engine.train.precision import choose_precision, dtype_name
from engine.train.recipe import build_trainer
from engine.train.trainer import RecipeTrainer

SMOKE_STEPS = 3


@dataclass(frozen=True)
class Run:
    """One training run on disk; several jobs may work on it, one after the other."""

    name: str
    folder: Path
    resume_from: Path | None

    @property
    def checkpoints(self) -> Path:
        """Where its checkpoints are."""
        return self.folder / "checkpoints"

    @property
    def adapter(self) -> Path:
        """Where the finished adapter is."""
        return self.folder / "adapter"


def run_train(context: JobContext) -> dict[str, Any]:
    """Train.

    `context.spec` may hold `resume` (go on from the last checkpoint of the project's run) and `smoke` (a few steps
    that prove that everything fits together; leaves no run behind).

    Returns:
        `adapter_dir`, `train_loss` (mean over all steps, nats per trained token), `eval_loss` (holdout, same unit;
        None without a holdout), `tokens_per_second`, `supervised_tokens`, `peak_bytes` and what else is worth
        knowing at the end.

    Raises:
        PrivacyRefusedError: Personal data may still be in the rows.
        RefusedError: The content rules do not allow it, or a statement is missing.
        DataError, ModelError: They cannot be used.
        StoppedError: On request, after saving a checkpoint.
        JobFailedError: The loss stopped being a number, or nothing was learnt.
    """
    transformers_logging.set_verbosity_error()
    spec = context.project.load()
    model_spec, recipe = _required(spec)
    smoke = bool(context.spec.get("smoke"))
    check_privacy(context.project, spec)
    check_content(context.project, spec)
    run = _open_run(context, spec, smoke=smoke)
    if smoke:
        recipe = recipe.model_copy(update={"max_steps": SMOKE_STEPS, "save_steps": 10**9})

    context.phase("prepare", "Reading your rows as the model will see them")
    tokenizer = load_tokenizer(model_spec)
    prepared = prepare(context.project, spec, tokenizer, on_progress=context.progress, stop=context.stop.is_set)

    context.phase("load", "Loading the base model")
    precision = choose_precision()
    meter = Meter(tokens=_tokens_at(run.resume_from))
    torch.manual_seed(recipe.seed)
    trainer = build_trainer(
        context,
        model_spec,
        recipe,
        tokenizer=tokenizer,
        train=prepared.train,
        holdout=prepared.holdout,
        checkpoints=run.checkpoints,
        precision=precision,
        meter=meter,
        fingerprint=fingerprint_of(spec),
    )
    _preflight(context, trainer, prepared, recipe, dtype_name(precision.dtype))
    context.check_stop()

    context.phase("train", "Training")
    trainer.train(resume_from_checkpoint=str(run.resume_from) if run.resume_from else None)
    _refuse_not_finite(trainer, run)
    if context.stop.is_set() and trainer.state.global_step < trainer.state.max_steps:
        raise StoppedError("Stopped.", f"A checkpoint at step {trainer.state.global_step} was saved.")

    context.phase("save", "Saving the adapter")
    return _finish(context, trainer, prepared, run, spec, meter, smoke=smoke)


def _required(spec: ProjectSpec) -> tuple[ModelSpec, RecipeSpec]:
    if spec.model is None or spec.data is None:
        missing = "model" if spec.model is None else "dataset"
        raise UsageError(f"The project has no {missing} yet.", "", f"Choose a {missing} first.", code="incomplete")
    return spec.model, spec.recipe


def fingerprint_of(spec: ProjectSpec) -> str:
    """Of all that a run's numbers depend on: base model, rows, holdout share and recipe."""
    assert spec.model
    assert spec.data
    facts = {
        "model": spec.model.model_dump(mode="json", include={"source", "path", "revision", "chat_template"}),
        "rows": spec.redaction.sha256,
        "holdout": spec.data.holdout,
        "left_out": sorted(spec.data.left_out),
        "recipe": spec.recipe.model_dump(
            mode="json", exclude={"preset", "keep_checkpoints", "save_steps"}, exclude_defaults=True
        ),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def _open_run(context: JobContext, spec: ProjectSpec, *, smoke: bool) -> Run:
    """The run this job works on: a new one, or the project's last when resuming."""
    resume = bool(context.spec.get("resume"))
    name = spec.run if resume else context.folder.id
    if smoke:
        name = f"smoke-{context.folder.id}"
    if not name:
        raise _nothing_to_resume()
    folder = context.project.run_folder(name)
    checkpoint = latest_checkpoint(folder / "checkpoints") if resume else None
    if resume and not smoke:
        if checkpoint is None:
            raise _nothing_to_resume()
        facts = json.loads((checkpoint / FACTS_FILE).read_text())
        if facts["fingerprint"] != fingerprint_of(spec):
            raise UsageError(
                "The run cannot go on: its model, rows or recipe were changed since.",
                f"{checkpoint.name} of run {name} belongs to other settings.",
                "Put the settings back, or start a new run with `tunesmith train PROJECT`.",
                code="changed_since",
            )
    (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    record = context.folder.read()
    step = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    context.folder.write(record.model_copy(update={"spec": {**record.spec, "run": name, "resumed_from_step": step}}))
    if not smoke:
        context.project.update(lambda current: current.model_copy(update={"run": name}))
    return Run(name, folder, checkpoint)


def _nothing_to_resume() -> UsageError:
    return UsageError(
        "There is nothing to go on from.",
        "This project has no run with a saved checkpoint.",
        "Start a run with `tunesmith train PROJECT`.",
        code="no_checkpoint",
    )


def _tokens_at(checkpoint: Path | None) -> int:
    return int(json.loads((checkpoint / FACTS_FILE).read_text())["tokens"]) if checkpoint else 0


def _preflight(context: JobContext, trainer: RecipeTrainer, prepared: Prepared, recipe: RecipeSpec, dtype: str) -> None:
    """Say what the run will learn from, as the built trainer has it, and refuse what would teach nothing."""
    longest = max(len(row.input_ids) for row in prepared.train)
    if trainer.args.max_length != recipe.max_length or (longest > recipe.max_length and not recipe.packing):
        raise JobFailedError(
            "The trainer does not keep to the length limit.",
            f"Asked for: {recipe.max_length} tokens. It has {trainer.args.max_length}, the longest row {longest}.",
            "Please report this with the log of the job.",
        )
    trainable = sum(parameter.numel() for parameter in trainer.model.parameters() if parameter.requires_grad)
    context.emit(
        PreflightEvent(
            rows=len(prepared.train),
            holdout_rows=len(prepared.holdout),
            tokens=prepared.tokens,
            supervised_tokens=prepared.supervised_tokens,
            eos_supervised_share=prepared.eos_supervised_share,
            truncated_rows=prepared.truncated,
            dropped_rows=prepared.dropped,
            max_length=trainer.args.max_length,
            trainable_parameters=trainable,
            compute_dtype=dtype,
            device=str(trainer.args.device),
        )
    )
    context.emit(memory_now())
    if prepared.truncated:
        context.warn(
            "truncated",
            f"{prepared.truncated} rows are longer than the model will read: their ends are cut.",
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


def _refuse_not_finite(trainer: RecipeTrainer, run: Run) -> None:
    callback = next(item for item in trainer.callback_handler.callbacks if isinstance(item, EventCallback))
    if callback.not_finite:
        raise JobFailedError(
            "The loss stopped being a number.",
            f"{callback.not_finite} steps in a row up to step {trainer.state.global_step} gave NaN or infinity. "
            f"The checkpoints in {run.checkpoints} are from before or near it.",
            "Start again with a lower recipe.learning_rate (a tenth is a good first try).",
            code="not_finite",
        )


def _finish(
    context: JobContext,
    trainer: RecipeTrainer,
    prepared: Prepared,
    run: Run,
    spec: ProjectSpec,
    meter: Meter,
    *,
    smoke: bool,
) -> dict[str, Any]:
    """Measure a last time, save the adapter whole, record the run."""
    _refuse_inert(trainer.model)
    history = trainer.state.log_history
    losses = [entry["loss"] for entry in history if "loss" in entry]
    evaluated = [(entry["step"], entry["eval_loss"]) for entry in history if "eval_loss" in entry]
    if prepared.holdout and (not evaluated or evaluated[-1][0] != trainer.state.global_step):
        evaluated.append((trainer.state.global_step, trainer.evaluate()["eval_loss"]))
    result: dict[str, Any] = {
        "run": run.name,
        "adapter_dir": None if smoke else str(run.adapter),
        "train_loss": sum(losses) / len(losses),
        "final_loss": sum(losses[-10:]) / len(losses[-10:]),
        "eval_loss": evaluated[-1][1] if evaluated else None,
        "base_eval_loss": evaluated[0][1] if evaluated and evaluated[0][0] == 0 else None,
        "steps": trainer.state.global_step,
        "tokens_per_second": round(meter.tokens_per_second, 1),
        "tokens": meter.tokens,
        "supervised_tokens": prepared.supervised_tokens,
        "peak_bytes": torch.cuda.max_memory_allocated() if torch.cuda.is_available() else peak_rss_bytes(),
        "peak_bytes_are": "allocated on the GPU" if torch.cuda.is_available() else "resident memory of the process",
        "smoke": smoke,
    }
    if smoke:
        shutil.rmtree(run.folder, ignore_errors=True)
        return result
    _save_adapter(trainer, run, spec)
    atomic_write(run.folder / "summary.json", json.dumps(result, indent=1), "saving the summary of the run")
    context.project.update(lambda current: take_step("train", current.model_copy(update={"run": run.name})))
    return result


def _refuse_inert(model: Any) -> None:
    """An adapter that is not finite, or that never left its start, is not a result.

    LoRA's B matrices start at zero, so their norm is the measure of what was learnt.
    """
    squares = [
        float(parameter.detach().float().square().sum())
        for name, parameter in model.named_parameters()
        if "lora_B" in name and parameter.requires_grad
    ]
    norm = math.sqrt(sum(squares))
    if not squares or not math.isfinite(norm) or norm == 0.0:
        raise JobFailedError(
            "Nothing was learnt." if norm == 0.0 or not squares else "The adapter is not finite.",
            f"The norm of the adapter's B matrices is {norm}.",
            "Check the preview (are there trained tokens?) and the learning rate, then train again.",
            code="inert" if norm == 0.0 or not squares else "not_finite",
        )


def _save_adapter(trainer: RecipeTrainer, run: Run, spec: ProjectSpec) -> None:
    """Write the adapter beside and rename it; it names its base by source, not by a path of this machine."""
    assert spec.model
    staging = run.folder / ".adapter"
    shutil.rmtree(staging, ignore_errors=True)
    base = spec.model.source if spec.model.kind == "hub" else Path(spec.model.path or spec.model.source).name
    for config in trainer.model.peft_config.values():
        config.base_model_name_or_path = base
        config.revision = spec.model.revision
    trainer.model.save_pretrained(str(staging), safe_serialization=True)
    # PEFT's template card holds no facts; ours is written when the adapter is shipped.
    (staging / "README.md").unlink(missing_ok=True)
    trainer.processing_class.save_pretrained(str(staging))
    shutil.rmtree(run.adapter, ignore_errors=True)
    os.rename(staging, run.adapter)
    sync_folder(run.folder)
