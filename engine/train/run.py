"""One training run on disk: which one a job works on, and whether it may go on from what is there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import UsageError
from engine.files import atomic_write
from engine.jobs.context import JobContext
from engine.runs import read_object, rolled_back_to
from engine.runs_made import made_with, others_than
from engine.spec import ProjectSpec, RecipeSpec
from engine.train.checkpoints import FACTS_FILE, ROLLED_BACK, checkpoint_at, latest_checkpoint, leave_later, step_of

NOT_IN_THE_NUMBERS = {
    "preset",
    "keep_checkpoints",
    "save_steps",
    "eval_steps",
    "early_stopping",
    "sample_steps",
    "sample_prompts",
    "gradient_checkpointing",
    "attention",
    "loss",
    "liger",
    "compile",
}
"""Knobs that change what a run costs or shows, not what it learns: they may be others when a run goes on."""

CHANGEABLE = NOT_IN_THE_NUMBERS | {
    "learning_rate",
    "scheduler",
    "warmup_ratio",
    "weight_decay",
    "max_grad_norm",
    "dropout",
    "max_steps",
    "epochs",
    "micro_batch",
}
"""Knobs that fit the checkpoint of a run with others: same adapter, same rows in the same order."""


@dataclass(frozen=True)
class Run:
    """One training run on disk; several jobs may work on it, one after the other."""

    name: str
    folder: Path
    resume_from: Path | None
    adapted: bool = False
    """It goes on with a recipe that differs from the checkpoint's in changeable knobs."""

    @property
    def checkpoints(self) -> Path:
        """Where its checkpoints are."""
        return self.folder / "checkpoints"

    @property
    def adapter(self) -> Path:
        """Where the finished adapter is."""
        return self.folder / "adapter"

    @property
    def step(self) -> int:
        """The step it goes on from; 0 for a fresh start."""
        return step_of(self.resume_from) if self.resume_from else 0

    @property
    def facts(self) -> dict[str, Any]:
        """What the checkpoint says of itself; empty for a fresh start."""
        return facts_of(self.resume_from)


def facts_of(checkpoint: Path | None) -> dict[str, Any]:
    """What was written beside the trainer's own files of a checkpoint; empty without one."""
    return dict(json.loads((checkpoint / FACTS_FILE).read_text())) if checkpoint else {}


def fingerprint_of(spec: ProjectSpec) -> str:
    """Of all that a run's numbers depend on: base model, rows, holdout share and recipe."""
    return _fingerprint(spec, NOT_IN_THE_NUMBERS)


def body_of(spec: ProjectSpec) -> str:
    """Of what cannot change within a run: base model, rows, and the shape of the adapter and of the steps."""
    return _fingerprint(spec, CHANGEABLE)


def _fingerprint(spec: ProjectSpec, left_out: set[str]) -> str:
    assert spec.model
    assert spec.data
    facts = {
        "model": spec.model.model_dump(mode="json", include={"source", "path", "revision", "chat_template"}),
        "rows": spec.redaction.sha256,
        "holdout": spec.data.holdout,
        "left_out": sorted(spec.data.left_out),
        "recipe": spec.recipe.model_dump(mode="json", exclude=left_out, exclude_defaults=True),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def open_run(context: JobContext, spec: ProjectSpec, *, smoke: bool) -> Run:
    """The run this job works on: a new one, or the project's last when resuming.

    `context.spec` may hold `resume`, `from_step` (of which checkpoint; without it the one that the run was rolled back
    to, else the last) and `adapt` (go on although changeable knobs are others now).

    Raises:
        UsageError: Nothing to go on from, or it belongs to other settings.
    """
    resume, adapt = bool(context.spec.get("resume")), bool(context.spec.get("adapt"))
    name = spec.run if resume else context.folder.id
    if smoke:
        name = f"smoke-{context.folder.id}"
    if not name:
        raise _nothing_to_resume()
    folder = context.project.run_folder(name)
    checkpoint = _checkpoint(folder, context.spec.get("from_step")) if resume and not smoke else None
    if checkpoint is not None:
        _check_belongs(checkpoint, name, spec, adapt=adapt)
        _take_up(folder, checkpoint)
    (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    adapted = checkpoint is not None and facts_of(checkpoint)["fingerprint"] != fingerprint_of(spec)
    run = Run(name, folder, checkpoint, adapted)
    record = context.folder.read()
    known = {**record.spec, "run": name, "resumed_from_step": run.step}
    context.folder.write(record.model_copy(update={"spec": known}))
    if not smoke:
        keep_recipe(folder, spec)
        context.project.update(lambda current: current.model_copy(update={"run": name}))
    return run


def keep_recipe(folder: Path, spec: ProjectSpec) -> None:
    """Write down with what a run was made, for comparing runs: recipe, model, and fingerprint of the rows."""
    assert spec.model
    content = {
        "recipe": spec.recipe.model_dump(mode="json"),
        "model": spec.model.source,
        "rows": spec.redaction.sha256,
        "left_out": len(spec.data.left_out) if spec.data else 0,
        "price_per_hour": spec.budget.price_per_hour,
        "currency": spec.budget.currency,
        **made_with(spec),
    }
    atomic_write(folder / "recipe.json", json.dumps(content, indent=1), "recording the recipe of the run")


def _checkpoint(folder: Path, step: object) -> Path:
    checkpoints = folder / "checkpoints"
    if isinstance(step, int):
        found = checkpoint_at(checkpoints, step)
    else:
        back = rolled_back_to(folder)
        found = (checkpoint_at(checkpoints, back) if back else None) or latest_checkpoint(checkpoints)
    if found is None:
        raise _nothing_to_resume()
    return found


def _take_up(folder: Path, checkpoint: Path) -> None:
    """Go on from a checkpoint: the later ones belong to a way that is left, and must not be taken for the newest."""
    leave_later(folder / "checkpoints", step_of(checkpoint))
    summary = read_object(folder / "summary.json")
    if summary.pop(ROLLED_BACK, None) is not None:
        atomic_write(folder / "summary.json", json.dumps(summary, indent=1), "saving the summary of the run")


def _check_belongs(checkpoint: Path, run: str, spec: ProjectSpec, *, adapt: bool) -> None:
    facts, others = facts_of(checkpoint), others_than(read_object(checkpoint.parent.parent / "recipe.json"), spec)
    if not others:
        if facts["fingerprint"] == fingerprint_of(spec):
            return
        if adapt and facts.get("body") == body_of(spec):
            return
        others = _changed(checkpoint.parent.parent, spec)
    raise UsageError(
        "The run cannot go on: its model, rows or recipe were changed since.",
        f"{checkpoint.name} of run {run} belongs to other settings{f': {others}' if others else ''}.",
        "Put the settings back, or start a new run with `tunesmith train PROJECT`.",
        code="changed_since",
    )


def _changed(folder: Path, spec: ProjectSpec) -> str:
    """What is otherwise now than when the run began, as far as `recipe.json` tells."""
    try:
        kept = json.loads((folder / "recipe.json").read_bytes())
        before, rows = dict(kept["recipe"]), kept["rows"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    now = spec.recipe.model_dump(mode="json", exclude=NOT_IN_THE_NUMBERS)
    others = [key for key in now if key in before and before[key] != now[key]]
    knobs = [f"recipe.{key} was {before[key]}, now {now[key]}" for key in others]
    return "; ".join([*knobs, *(["the rows are others"] if rows != spec.redaction.sha256 else [])])


def _nothing_to_resume() -> UsageError:
    return UsageError(
        "There is nothing to go on from.",
        "This project has no run with a saved checkpoint.",
        "Start a run with `tunesmith train PROJECT`.",
        code="no_checkpoint",
    )


def required_rate(run: Run, recipe: RecipeSpec) -> float:
    """The highest learning rate of the schedule: the recipe's, or the lower one that a run was brought to."""
    rate = run.facts.get("rate")
    return float(rate) if rate is not None and not run.adapted else recipe.learning_rate
