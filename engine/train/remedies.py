"""What one key does about an alert. Each remedy changes what was decided, and starts or stops the job for it.

Where a remedy needs the run to go on with another setting, it stops the job (which saves), and goes on from a
checkpoint: from the last good one where the losses went bad, from the best one against memorising, else from the
newest. Everything that is done is in the project's trail.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import actions, begin
from engine.errors import JobFailedError, UsageError
from engine.jobs.control import stop_job
from engine.jobs.events import AlertEvent
from engine.jobs.folder import JobFolder, jobs_of
from engine.jobs.state import JobView, view
from engine.project import Project
from engine.train.checkpoints import LEFT, STAGING, best_checkpoint, checkpoint_steps, good_checkpoint, step_of
from engine.train.rollback import roll_back
from engine.train.spending import size_of

RATE_DOWN, RATE_UP = 0.3, 3.0
_MOST_DROPOUT = 0.3


@dataclass(frozen=True)
class Done:
    """What a remedy did."""

    words: str
    job: JobFolder | None = None
    """The job that goes on, where one does."""


@dataclass(frozen=True)
class Remedy:
    """One thing that a key does.

    Args:
        label: For the key, two or three words.
        meaning: What happens, a sentence for the question before it.
        apply: Does it; gets the project, the run and the alert.
    """

    label: str
    meaning: str
    apply: Callable[[Project, str, AlertEvent | None], Done]


def apply_remedy(project: Project, name: str, alert: AlertEvent | None = None) -> Done:
    """Do what a remedy's key does, to the project's run.

    Raises:
        UsageError: No such remedy, or there is no run.
        TunesmithError: As stopping, going on and rolling back.
    """
    if name not in REMEDIES:
        raise UsageError(f"There is no remedy `{name}`.", "", f"There are: {', '.join(REMEDIES)}.")
    run = project.load().run
    if not run:
        raise UsageError("There is no run yet.", "", "Train first: `tunesmith train PROJECT`.", code="no_run")
    actions.record(project, "remedy", {"remedy": name, "run": run, "rule": alert.rule if alert else None})
    return REMEDIES[name].apply(project, run, alert)


def _lower_rate(project: Project, run: str, alert: AlertEvent | None) -> Done:
    _stop(project, run)
    good = good_checkpoint(_checkpoints(project, run), _trouble_at(alert))
    rate = _change(project, "learning_rate", lambda now: now * RATE_DOWN)
    return _go_on(project, _step_of(good), f"with the learning rate {rate:.1e}")


def _raise_rate(project: Project, run: str, alert: AlertEvent | None) -> Done:
    _stop(project, run)
    rate = _change(project, "learning_rate", lambda now: now * RATE_UP)
    return _go_on(project, None, f"with the learning rate {rate:.1e}")


def _raise_dropout(project: Project, run: str, alert: AlertEvent | None) -> Done:
    _stop(project, run)
    best = best_checkpoint(_checkpoints(project, run))
    dropout = _change(project, "dropout", lambda now: min(_MOST_DROPOUT, max(0.1, 2 * now)))
    return _go_on(project, best[0] if best else None, f"with dropout {dropout:g}")


def _shrink_batch(project: Project, run: str, alert: AlertEvent | None) -> Done:
    if project.load().recipe.micro_batch == 1:
        raise UsageError(
            "The micro-batch is one row already.",
            "recipe.micro_batch is 1.",
            "Set recipe.gradient_checkpointing=true, or begin anew with a smaller recipe.max_length.",
        )
    _stop(project, run)
    rows = _change(project, "micro_batch", lambda now: max(1, int(now) // 2))
    newest = checkpoint_steps(_checkpoints(project, run))
    return _go_on(project, newest[-1] if newest else None, f"with {rows} rows at once, as many in a step as before")


def _keep_best(project: Project, run: str, alert: AlertEvent | None) -> Done:
    _stop(project, run)
    result = roll_back(project, run)
    loss = result["eval_loss"]
    return Done(
        f"Stopped. The run's adapter is that of step {result['step']:,}"
        + (f", holdout loss {loss:.3f}." if loss is not None else ".")
    )


def _resume(project: Project, run: str, alert: AlertEvent | None) -> Done:
    job = begin.start_training(project, resume=True)
    return Done("It goes on from the last checkpoint.", job)


def _free_disk(project: Project, run: str, alert: AlertEvent | None) -> Done:
    freed = 0
    for folder in sorted((project.root / "runs").glob("*/checkpoints")):
        current = folder.parent.name == run
        here, best = checkpoint_steps(folder), best_checkpoint(folder)
        # The newest of the present run is what a crash goes back to; a finished run needs none to be used.
        stay = {here[-1]} if here and (current or not (folder.parent / "adapter").is_dir()) else set()
        stay |= {best[0]} if best else set()
        old = [folder / f"checkpoint-{step}" for step in here if step not in stay]
        # Of the present run this is being written at this moment.
        leftovers = [folder / LEFT] if current else [folder / LEFT, folder / STAGING]
        for path in (*old, *leftovers):
            freed += size_of(path)
            shutil.rmtree(path, ignore_errors=True)
    return Done(f"Old checkpoints are gone: {freed / 1e6:,.0f} MB. The newest and the best stay.")


REMEDIES: dict[str, Remedy] = {
    "lower_rate": Remedy(
        "Lower the rate", "Stops, and goes on from the last good checkpoint with a third of the rate.", _lower_rate
    ),
    "raise_rate": Remedy("Raise the rate", "Stops, and begins a new run with three times the rate.", _raise_rate),
    "raise_dropout": Remedy(
        "Raise dropout", "Stops, and goes on from the best checkpoint with more dropout.", _raise_dropout
    ),
    "shrink_batch": Remedy(
        "Smaller batch", "Stops, and goes on with half the rows at once. The result stays the same.", _shrink_batch
    ),
    "keep_best": Remedy("Keep the best", "Stops, and makes the best checkpoint the run's adapter.", _keep_best),
    "free_disk": Remedy("Free the disk", "Removes old checkpoints; the newest and the best stay.", _free_disk),
    "resume": Remedy("Go on", "Goes on from the last checkpoint.", _resume),
}


def _checkpoints(project: Project, run: str) -> Path:
    return project.run_folder(run) / "checkpoints"


def _trouble_at(alert: AlertEvent | None) -> int:
    """The step where it went wrong; a rule that looks at several steps speaks somewhat later than that."""
    return alert.step if alert is not None and alert.step is not None else 1 << 60


def _step_of(checkpoint: Path | None) -> int | None:
    return step_of(checkpoint) if checkpoint else None


def _change(project: Project, knob: str, by: Callable[[Any], Any]) -> Any:
    spec = project.update(
        lambda current: current.model_copy(
            update={"recipe": current.recipe.model_copy(update={knob: by(getattr(current.recipe, knob))})}
        )
    )
    value = getattr(spec.recipe, knob)
    actions.record(project, "recipe", {"settings": [f"recipe.{knob}={value}"]})
    return value


def _go_on(project: Project, step: int | None, how: str) -> Done:
    """Go on from a checkpoint with what is decided now, or begin anew where there is none."""
    if step is None:
        return Done(f"It begins anew {how}.", begin.start_training(project))
    job = begin.start_training(project, resume=True, from_step=step, adapt=True)
    return Done(f"It goes on from step {step:,} {how}.", job)


def _stop(project: Project, run: str) -> None:
    """Stop the job that works on the run, and wait until it has saved."""
    for folder in jobs_of(project.root):
        record = folder.read()
        if record.kind == "train" and record.spec.get("run") == run and _active(folder):
            state = stop_job(folder, by="a remedy")
            if state not in ("stopped", "finished", "failed", "died"):
                raise JobFailedError("The job does not stop.", record.id, f"Look at its log: {folder.log_file}")


def _active(folder: JobFolder) -> bool:
    job: JobView = view(folder)
    return job.active
