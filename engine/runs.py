"""The runs of a project, to be compared: what each was made with, what came out, what it cost, what was said of it.

Light: reads small files and events. A trial of a few steps (`train --smoke`) leaves no run behind and is not here.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from engine import audit
from engine.errors import TunesmithError, UsageError
from engine.files import atomic_write
from engine.jobs.events import StepEvent
from engine.jobs.folder import JobFolder, JobRecord, jobs_of
from engine.jobs.history import Points, best_of, read_run, resumed_from, run_of
from engine.jobs.state import JobView, view
from engine.project import Project
from engine.spec import ProjectSpec, RecipeSpec
from engine.train.checkpoints import ROLLED_BACK

NOTES_FILE = "notes.yaml"
_METRICS = {
    "tuned_loss": ("tuned", "loss"),
    "base_loss": ("base", "loss"),
    "tuned_perplexity": ("tuned", "perplexity"),
}


@dataclass(frozen=True)
class RunRow:
    """One run, as a line of the table."""

    name: str
    started: float | None
    """Unix seconds, of its first job."""
    state: str
    """Of its last job: running, finished, stopped, failed, died; `unknown` where its jobs were removed."""
    step: int
    steps: int | None
    train_loss: float | None
    """Mean of the last ten steps, nats per trained token."""
    eval_loss: float | None
    """Holdout loss of the adapter that it ended with, else the last that was measured."""
    base_eval_loss: float | None
    best_step: int | None
    best_loss: float | None
    seconds: float | None
    """Of all its parts."""
    energy_wh: float | None
    cost: float | None
    currency: str
    tokens_per_second: float | None
    rows: str
    """Fingerprint of the rows it learnt from."""
    model: str
    recipe: dict[str, Any]
    """Empty where it was not written down."""
    diff: dict[str, tuple[Any, Any]]
    """Knobs that are others than in the run it is compared with: (there, here)."""
    metrics: dict[str, float]
    """Of its evaluation; empty before it."""
    note: str
    chosen: bool
    """Evaluate and ship use this one."""
    checkpoints: tuple[int, ...] = ()
    """Steps to which it can be rolled back."""
    losses: Points = field(default=(), repr=False)
    holdout: Points = field(default=(), repr=False)

    def as_dict(self) -> dict[str, Any]:
        """The entry of `tunesmith runs --json`: without the curves."""
        content = {name: value for name, value in self.__dict__.items() if name not in ("losses", "holdout")}
        content["diff"] = {knob: {"was": was, "is": now} for knob, (was, now) in self.diff.items()}
        return content


def runs_of(project: Project, spec: ProjectSpec, *, against: str | None = None) -> list[RunRow]:
    """Every run of a project, oldest first. Reads all events of its training jobs: call it in a thread.

    Args:
        project: Whose runs.
        spec: Says which run is chosen.
        against: The run whose recipe the others are compared with; None: each with the one before it.

    Raises:
        UsageError: `against` is no run of the project.
    """
    jobs = _jobs(project.root)
    names = sorted({path.name for path in (project.root / "runs").glob("*") if _is_run(path)}, key=_by_time)
    if against is not None and against not in names:
        raise no_run(project, against)
    fixed = read_object(project.run_folder(against) / "recipe.json") if against else None
    rows: list[RunRow] = []
    before: dict[str, Any] | None = None
    for name in names:
        made = read_object(project.run_folder(name) / "recipe.json")
        rows.append(_row(project, spec, name, made, fixed if fixed is not None else before, jobs.get(name, [])))
        before = made or before
    return rows


def _is_run(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith((".", "smoke-"))


def _by_time(name: str) -> tuple[str, ...]:
    """Names are `train-DATE-TIME-CHANCE`: their order is that of their start."""
    return tuple(name.split("-")[1:])


def _jobs(root: Path) -> dict[str, list[JobFolder]]:
    """The training jobs by the run they worked on, oldest first."""
    found: dict[str, list[JobFolder]] = {}
    for folder in jobs_of(root):
        record = _record(folder)
        if record is not None and record.kind == "train" and resumed_from(record) is not None:
            found.setdefault(run_of(record, None), []).append(folder)
    return found


def _record(folder: JobFolder) -> JobRecord | None:
    try:
        return folder.read()
    except TunesmithError:
        # Being made or removed at this moment; no part of any run yet or any more.
        return None


def _row(
    project: Project,
    spec: ProjectSpec,
    name: str,
    made: dict[str, Any],
    other: dict[str, Any] | None,
    jobs: list[JobFolder],
) -> RunRow:
    folder = project.run_folder(name)
    last = _last_at_work(jobs)
    past = read_run(project.root, name)
    summary, spent = read_object(folder / "summary.json"), read_object(folder / "spent.json")
    step: StepEvent | None = last.snapshot.step if last else None
    best = best_of([point for point in past.holdout if point[0]])
    seconds = spent.get("seconds", summary.get("seconds"))
    price = spec.budget.price_per_hour if made.get("price_per_hour") is None else made["price_per_hour"]
    tail = [loss for _, loss in past.losses[-10:]]
    base = summary.get("base_eval_loss")
    return RunRow(
        name=name,
        started=jobs[0].read().created if jobs else None,
        state=last.state if last else "unknown",
        step=step.step if step else int(summary.get("steps", past.checkpoint or 0)),
        steps=step.steps if step else None,
        # What the run itself wrote down at its end counts every step; events are at most one a second.
        train_loss=summary.get("final_loss", sum(tail) / len(tail) if tail else None),
        eval_loss=summary.get("eval_loss", past.holdout[-1][1] if past.holdout else None),
        base_eval_loss=base if base is not None else dict(past.holdout).get(0),
        best_step=best[0] if best else None,
        best_loss=best[1] if best else None,
        seconds=seconds,
        energy_wh=spent.get("energy_wh", summary.get("energy_wh")),
        cost=None if price is None or seconds is None else round(seconds / 3600 * price, 4),
        currency=str(made.get("currency", spec.budget.currency)),
        tokens_per_second=summary.get("tokens_per_second", step.tokens_per_second if step else None),
        rows=str(made.get("rows") or "")[:12],
        model=str(made.get("model", "")),
        recipe=made.get("recipe", {}),
        diff=recipe_diff(other, made),
        metrics=metrics_of(project, name),
        note=note_of(project, name),
        chosen=spec.run == name,
        checkpoints=tuple(_checkpoints(folder / "checkpoints")),
        losses=past.losses,
        holdout=past.holdout,
    )


def _last_at_work(jobs: list[JobFolder]) -> JobView | None:
    """The last job that worked on a run.

    One that was refused before its first step (nothing left to do, settings changed since) did nothing to it.
    """
    for place, job in reversed(list(enumerate(jobs))):
        seen = view(job)
        if not place or seen.state != "failed" or seen.snapshot.step is not None:
            return seen
    return None


def _checkpoints(folder: Path) -> list[int]:
    names = (path.name.rpartition("-")[2] for path in folder.glob("checkpoint-*") if path.is_dir())
    return sorted(int(number) for number in names if number.isdigit())


def recipe_diff(other: dict[str, Any] | None, made: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What was made otherwise: knobs, and `model` and `rows` where they are others. Empty when one is not known."""
    if not other or not made:
        return {}
    defaults = RecipeSpec().model_dump(mode="json")
    was, now = ({**defaults, **one.get("recipe", {})} for one in (other, made))
    diff = {knob: (was.get(knob), value) for knob, value in now.items() if was.get(knob) != value}
    return diff | {
        name: (other.get(name), made.get(name)) for name in ("model", "rows") if other.get(name) != made.get(name)
    }


def metrics_of(project: Project, run: str) -> dict[str, float]:
    """The figures of a run's evaluation, by name: losses, and every number of its section on quality."""
    report = read_object(project.evaluation_file(run))
    found: dict[str, float] = {}
    for name, (part, key) in _METRICS.items():
        value = (report.get(part) or {}).get(key)
        if isinstance(value, int | float):
            found[name] = float(value)
    for name, value in (report.get("quality") or {}).items():
        tuned = value.get("tuned") if isinstance(value, dict) else value
        tuned = tuned.get("value") if isinstance(tuned, dict) else tuned
        if isinstance(tuned, int | float) and not isinstance(tuned, bool):
            found[name] = float(tuned)
    return found


def read_object(file: Path) -> dict[str, Any]:
    """The object in a JSON file of ours; empty where it is not there, or was torn by a crash."""
    try:
        content = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def rolled_back_to(run_folder: Path) -> int | None:
    """The step whose checkpoint somebody made the result of a run, until training goes on from there."""
    step = read_object(run_folder / "summary.json").get(ROLLED_BACK)
    return step if isinstance(step, int) else None


# -- what is said of a run ----------------------------------------------------------------------------------------


def check_run(project: Project, run: str) -> Path:
    """The folder of a run.

    Raises:
        UsageError: There is no such run.
    """
    folder = project.run_folder(run)
    if not run or "/" in run or not _is_run(folder):
        raise no_run(project, run)
    return folder


def no_run(project: Project, run: str) -> UsageError:
    """The message that there is no such run."""
    if not run:
        hint = "Start one with `tunesmith train PROJECT`."
        return UsageError("This project has no run yet.", str(project.root / "runs"), hint, code="no_run")
    return UsageError(
        f"There is no run `{run}`.", str(project.root / "runs"), "List them: `tunesmith runs PROJECT`.", code="no_run"
    )


def note_of(project: Project, run: str) -> str:
    """What was noted about a run; empty when nothing was."""
    try:
        content = yaml.safe_load((project.run_folder(run) / NOTES_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, yaml.YAMLError):
        return ""
    return str(content.get("note", "")) if isinstance(content, dict) else ""


def write_note(project: Project, run: str, text: str) -> None:
    """Note something about a run, in place of what was noted before.

    Raises:
        UsageError: There is no such run.
    """
    folder = check_run(project, run)
    # Control characters would be obeyed by the terminal that shows the note.
    words = " ".join("".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in text).split())
    atomic_write(folder / NOTES_FILE, yaml.safe_dump({"note": words}, allow_unicode=True), "saving the note")


def choose_run(project: Project, run: str) -> ProjectSpec:
    """Mark a run as the one that evaluate and ship use.

    Raises:
        UsageError: There is no such run, or it has no adapter.
    """
    folder = check_run(project, run)
    if not (folder / "adapter").is_dir():
        raise UsageError(
            "This run has no finished adapter.",
            f"{folder / 'adapter'} does not exist.",
            f"Go on with it, or take a checkpoint: `tunesmith runs rollback {project.root} --run {run} --step N`.",
            code="no_adapter",
        )
    spec = project.update(lambda current: current.model_copy(update={"run": run}))
    audit.append(project, "run chosen", {"run": run})
    return spec


def curves(rows: Sequence[RunRow], names: Sequence[str]) -> list[tuple[str, Points, Points]]:
    """(name, training losses, holdout losses) of some runs, in the order of the names."""
    by_name = {row.name: row for row in rows}
    return [(name, by_name[name].losses, by_name[name].holdout) for name in names if name in by_name]
