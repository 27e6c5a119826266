"""Rolling back: one checkpoint of a run becomes the run's adapter. Copies files; loads nothing."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from engine import audit
from engine.errors import BusyError, UsageError
from engine.files import atomic_write, sync_folder
from engine.jobs.state import all_jobs
from engine.project import Project
from engine.runs import check_run, read_object
from engine.runs_made import base_of
from engine.spec import ProjectSpec
from engine.steps import take_step
from engine.train.checkpoints import (
    ADAPTER_FILE,
    ROLLED_BACK,
    all_finite,
    best_checkpoint,
    checkpoint_at,
    checkpoint_steps,
    holdout_losses,
    latest_checkpoint,
    step_losses,
)

_NOT_THE_ADAPTER = {
    "optimizer.pt",
    "scheduler.pt",
    "scaler.pt",
    "rng_state.pth",
    "trainer_state.json",
    "training_args.bin",
    "tunesmith.json",
    "README.md",
}


def roll_back(project: Project, run: str, step: int | None = None) -> dict[str, Any]:
    """Make the adapter of a checkpoint that of the run, and the run the project's.

    Args:
        project: Whose run.
        run: Its name.
        step: Of the checkpoint; None: the best one by its holdout loss.

    Returns:
        `run`, `step`, `eval_loss` (None where it was not measured there), `adapter_dir`.

    Raises:
        UsageError: No such run or checkpoint, or its numbers are not finite.
        BusyError: A job works on the run.
        DiskFullError: The run's adapter is untouched.
    """
    folder = check_run(project, run)
    _check_idle(project, run)
    chosen = _chosen(folder, step)
    checkpoint = checkpoint_at(folder / "checkpoints", chosen)
    assert checkpoint is not None
    if not all_finite(checkpoint / ADAPTER_FILE):
        raise UsageError(
            "This checkpoint cannot be used: its numbers are not finite.",
            str(checkpoint),
            "Choose an earlier one.",
            code="not_finite",
        )
    spec = project.load()
    _replace_adapter(folder, checkpoint, spec)
    result = _summary(folder, checkpoint, run, chosen)
    _set_aside(project, run)
    project.update(lambda current: _taken(current, run))
    audit.append(project, "rolled back", {"run": run, "step": chosen})
    return result


def _check_idle(project: Project, run: str) -> None:
    for job in all_jobs([project.root]):
        record = job.record
        measured = record.kind in ("evaluate", "ship") and project.load().run == run
        if job.active and (measured or (record.kind == "train" and record.spec.get("run") == run)):
            raise BusyError(
                "Another job works on this run.",
                f"{record.id} ({record.kind}).",
                f"Wait for it, or stop it first: `tunesmith stop {record.id}`.",
            )


def _chosen(folder: Path, step: int | None) -> int:
    here = checkpoint_steps(folder / "checkpoints")
    if step is None:
        best = best_checkpoint(folder / "checkpoints")
        if best is None and here:
            raise UsageError(
                "Nobody knows which checkpoint is the best: the holdout was never measured.",
                f"There are checkpoints of the steps {_listed(here)}.",
                "Say which with --step N.",
                code="no_best",
            )
        step = best[0] if best else None
    if step not in here or step is None:
        raise UsageError(
            "There is no such checkpoint.",
            f"Of run {folder.name} there are: {_listed(here) or 'none'}.",
            "Give one of them with --step N." if here else "",
            code="no_checkpoint",
        )
    return step


def _listed(steps: list[int]) -> str:
    return ", ".join(f"{step:,}" for step in steps)


def _replace_adapter(folder: Path, checkpoint: Path, spec: ProjectSpec) -> None:
    """Beside, then renamed; the base is named by its source, not by a path of this machine."""
    staging, adapter = folder / ".adapter", folder / "adapter"
    shutil.rmtree(staging, ignore_errors=True)
    shutil.copytree(
        checkpoint,
        staging,
        ignore=lambda _, names: [
            name for name in names if name in _NOT_THE_ADAPTER or name.startswith(("rng_state_", "pytorch_model_fsdp"))
        ],
        dirs_exist_ok=True,
    )
    config = json.loads((staging / "adapter_config.json").read_text())
    if spec.model is not None:
        config["base_model_name_or_path"] = base_of(spec.model)
        config["revision"] = spec.model.revision
    atomic_write(staging / "adapter_config.json", json.dumps(config, indent=2), "saving the adapter")
    shutil.rmtree(adapter, ignore_errors=True)
    os.rename(staging, adapter)
    sync_folder(folder)


def _summary(folder: Path, checkpoint: Path, run: str, step: int) -> dict[str, Any]:
    newest = latest_checkpoint(folder / "checkpoints") or checkpoint
    # An evaluation is logged before the state is saved, so a checkpoint knows its own.
    measured = {**dict(holdout_losses(newest)), **dict(holdout_losses(checkpoint))}
    losses = [loss for _, loss in step_losses(checkpoint)]
    result = {
        **read_object(folder / "summary.json"),
        "run": run,
        "adapter_dir": str(folder / "adapter"),
        "steps": step,
        "eval_loss": measured.get(step),
        ROLLED_BACK: step,
    }
    if losses:
        result |= {"train_loss": sum(losses) / len(losses), "final_loss": sum(losses[-10:]) / len(losses[-10:])}
    atomic_write(folder / "summary.json", json.dumps(result, indent=1), "saving the summary of the run")
    return {"run": run, "step": step, "eval_loss": measured.get(step), "adapter_dir": str(folder / "adapter")}


def _set_aside(project: Project, run: str) -> None:
    """What was measured belongs to the adapter of before; it is kept under another name."""
    file = project.evaluation_file(run)
    for old in (file, file.with_suffix(".parts.json")):
        if old.exists():
            old.rename(old.with_name(f"{old.name}.before-rollback"))


def _taken(spec: ProjectSpec, run: str) -> ProjectSpec:
    """The run is trained; evaluate and ship have to be done again."""
    steps = {name: taken for name, taken in spec.steps.items() if name not in ("evaluate", "ship")}
    return take_step("train", spec.model_copy(update={"run": run, "steps": steps}))
