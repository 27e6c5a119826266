"""Where each project stands, in words, for the home screen. Reads files: call it in a thread."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import TunesmithError
from engine.jobs.events import FailedEvent
from engine.jobs.history import run_of
from engine.jobs.kinds import KINDS
from engine.jobs.state import JobView
from engine.machine import known_projects
from engine.project import Project
from engine.spec import STEPS, ProjectSpec, StepName
from engine.steps import TITLES, step_statuses
from tui.on_disk import QUICK, file_reason, with_file
from tui.widgets.progress import progress_words
from tui.widgets.text import ago_text, duration_text, size_text

_STEP_OF_JOB: dict[str, StepName] = {
    "fetch": "model",
    "check": "data",
    "scan": "privacy",
    "redact": "privacy",
    "preview": "preview",
    "plan": "recipe",
    "train": "train",
    "evaluate": "evaluate",
    "ship": "ship",
}


@dataclass(frozen=True)
class Standing:
    """One line of the projects table."""

    root: Path
    name: str
    step: str
    words: str
    touched: str
    trouble: bool = False
    model: str = ""
    data: str = ""


def page_of(kind: str) -> str:
    """The page on which a job of this kind is watched."""
    return _STEP_OF_JOB.get(kind, "model")


def job_sentence(job: JobView, name: str = "") -> str:
    """A running job in one sentence: `my-voice is training: step 812 of 1,960, loss 1.41, 38 min to go`.

    Args:
        job: The job.
        name: What its project is called; its folder's name where that is not known.
    """
    name = name or Path(job.record.project).name
    kind = KINDS.get(job.record.kind)
    doing = kind.title if kind else job.record.kind
    if job.state == "stalled":
        return f"{name} is {doing}: nothing heard for a while, but its process is there"
    step = job.snapshot.step
    if step is None:
        words = progress_words(job)
        return f"{name} is {doing}" if words == doing else f"{name} is {doing}: {words}"
    left = f", {duration_text(step.eta_s)} to go" if step.eta_s is not None else ""
    return f"{name} is {doing}: step {step.step:,} of {step.steps:,}, loss {step.loss:.2f}{left}"


def place_of(spec: ProjectSpec, jobs: Sequence[JobView], reason: str = "") -> StepName:
    """The step at which a project is opened: its training that broke off and can go on, else the first not done.

    Args:
        spec: Of the project.
        jobs: Its jobs, oldest first.
        reason: Why its data needs another look, as `tui.on_disk` says.
    """
    last = next((job for job in reversed(jobs) if job.record.kind == "train"), None)
    broke_off = last is not None and last.state in ("died", "stopped") and _saved(jobs, spec.run) is not None
    open_steps = [status.step for status in with_file(step_statuses(spec), reason) if status.state != "done"]
    if broke_off and "train" in open_steps:
        return "train"
    if open_steps[:1] == ["preview"] and "train" not in open_steps:
        # Another length limit makes the picture of the rows an older one; a run that was made needs it no more.
        del open_steps[0]
    return open_steps[0] if open_steps else STEPS[-1]


def _saved(jobs: Sequence[JobView], run: str | None) -> int | None:
    """The last checkpoint of the newest run; it may be of an earlier job than the last, which only went on with it."""
    training = [job for job in jobs if job.record.kind == "train"]
    name = run_of(training[-1].record, run) if training else ""
    same = [job.snapshot.checkpoint for job in training if run_of(job.record, run) == name]
    return next((point.step for point in reversed(same) if point is not None), None)


def standings(jobs: list[JobView], now: float | None = None) -> list[Standing]:
    """All known projects, last opened first."""
    now = now or time.time()
    return [_standing(root, [job for job in jobs if job.record.project == str(root)], now) for root in known_projects()]


def _standing(root: Path, jobs: list[JobView], now: float) -> Standing:
    project = Project(root)
    last = max([_modified(project.file), *(job.snapshot.last_seen or job.record.created for job in jobs)])
    touched = ago_text(last, now)
    try:
        spec = project.load()
    except TunesmithError as error:
        return Standing(root, root.name, "?", error.title, touched, trouble=True)
    model = spec.model.source if spec.model else ""
    data = spec.data.path if spec.data else ""
    if running := [job for job in jobs if job.active]:
        job = running[-1]
        return Standing(
            root, spec.name, TITLES[_STEP_OF_JOB[job.record.kind]], job.state, touched, model=model, data=data
        )
    reason = file_reason(project, spec, QUICK) or ""
    step = place_of(spec, jobs, reason)
    words, trouble = _words(step, project, spec, jobs, reason)
    return Standing(root, spec.name, TITLES[step], words, touched, trouble=trouble, model=model, data=data)


def _words(step: StepName, project: Project, spec: ProjectSpec, jobs: list[JobView], reason: str) -> tuple[str, bool]:
    """What is to be said of a project that stands at `step`, and whether it is trouble."""
    own = [job for job in jobs if _STEP_OF_JOB.get(job.record.kind) == step]
    status = next(status for status in with_file(step_statuses(spec), reason) if status.step == step)
    if own and status.state != "done":
        end = own[-1].snapshot.end
        saved = _saved(jobs, spec.run) if step == "train" else None
        if own[-1].state == "died":
            return f"died; can go on from step {saved:,}" if saved else "died without a word", True
        if isinstance(end, FailedEvent):
            return end.title, True
        if own[-1].state == "stopped":
            return "stopped; can go on", False
    if status.state == "stale":
        return status.reason, True
    if status.state == "done":
        return _shipped(project), False
    if not spec.steps:
        return "nothing chosen yet", False
    if step == "privacy" and (reviewed := _reviewed(project)):
        return reviewed, False
    done = sum(1 for name in STEPS if name in spec.steps)
    return f"comes next; {done} of {len(STEPS)} steps done", False


def _reviewed(project: Project) -> str:
    """How far the review is; empty before the scan, and where the findings cannot be read: the page says why."""
    from engine.privacy.store import FindingsStore

    if not project.findings_file.is_file():
        return ""
    try:
        with FindingsStore(project.findings_file) as store:
            totals = store.summary()
            scanned = store.scanned()
    except TunesmithError:
        return ""
    return f"{totals.decided_values:,} of {totals.values:,} values decided" if scanned else ""


def _shipped(project: Project) -> str:
    files = [file for file in project.ship_folder.rglob("*") if file.is_file()] if project.ship_folder.is_dir() else []
    size = sum(file.stat().st_size for file in files)
    return f"packed, {size_text(size)}" if files else "packed"


def _modified(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
