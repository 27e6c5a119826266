"""From events to what a screen shows: a pure reducer, and the state of a job from three facts.

The facts are the job's record, its events and whether its process is alive. No state is inferred from silence:
a job without an end event whose process is gone has *died*; one whose process is alive but whose heartbeat
stopped is *stalled*.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from engine.errors import ProjectError, UsageError
from engine.jobs.events import (
    AlertEvent,
    CheckpointEvent,
    EvaluationEvent,
    Event,
    FailedEvent,
    FinishedEvent,
    MachineEvent,
    MemoryEvent,
    PhaseEvent,
    PreflightEvent,
    ProgressEvent,
    SampleEvent,
    SpentEvent,
    StepEvent,
    StepPoint,
    StoppedEvent,
    WarningEvent,
)
from engine.jobs.folder import JobFolder, JobRecord, jobs_of
from engine.jobs.process import is_alive
from engine.jobs.reader import read_brief
from engine.machine import known_projects

JobState = Literal["starting", "running", "stalled", "finished", "stopped", "failed", "died"]

STALL_SECONDS = 20.0
"""Four missed heartbeats."""
_START_SECONDS = 30.0


@dataclass(frozen=True)
class Snapshot:
    """All that is known of a job from its events. Immutable: one value, one picture."""

    phase: str = ""
    phase_text: str = ""
    done: int = 0
    total: int | None = None
    unit: str = ""
    eta_s: float | None = None
    preflight: PreflightEvent | None = None
    step: StepEvent | None = None
    losses: tuple[tuple[int, float], ...] = ()
    """(step, training loss)."""
    holdout: tuple[tuple[int, float], ...] = ()
    """(step, holdout loss)."""
    best: EvaluationEvent | None = None
    checkpoint: CheckpointEvent | None = None
    memory: MemoryEvent | None = None
    machine: MachineEvent | None = None
    warnings: tuple[WarningEvent, ...] = ()
    samples: tuple[SampleEvent, ...] = ()
    alerts: tuple[AlertEvent, ...] = ()
    spent: SpentEvent | None = None
    end: FinishedEvent | StoppedEvent | FailedEvent | None = None
    last_seen: float = 0.0
    started: float = 0.0
    last_seq: int = -1

    @property
    def result(self) -> dict[str, Any]:
        """The further fields of the `finished` event; empty before it."""
        return dict(self.end.model_extra or {}) if isinstance(self.end, FinishedEvent) else {}


def apply(snapshot: Snapshot, event: Event) -> Snapshot:
    """The snapshot after one more event. Pure; events it does not know only move `last_seen`.

    For many events use `fold`, which does not copy the growing curves for each of them.
    """
    return fold(snapshot, [event])


def fold(snapshot: Snapshot, events: Iterable[Event | StepPoint]) -> Snapshot:
    """The snapshot after more events, in order. Linear in their number."""
    fresh = _Fresh(snapshot.best)
    fresh.take_all(events)
    if fresh.last is None:
        return snapshot
    if fresh.cut is not None:
        snapshot = replace(
            snapshot, losses=_until(snapshot.losses, fresh.cut), holdout=_until(snapshot.holdout, fresh.cut)
        )
    return replace(
        snapshot,
        **fresh.seen,
        started=snapshot.started or fresh.started,
        last_seen=fresh.last.t,
        last_seq=fresh.last.seq,
        **{name: getattr(snapshot, name) + tuple(values) for name, values in fresh.grown.items() if values},
    )


class _Fresh:
    """What events change of a snapshot: the last of what has one value, all of what is collected."""

    def __init__(self, best: EvaluationEvent | None) -> None:
        self.seen: dict[str, Any] = {}
        self.grown: dict[str, list[Any]] = {name: [] for name in ("losses", "holdout", *_COLLECTED.values())}
        self.last: Event | None = None
        self.started = 0.0
        self.cut: int | None = None
        """The run went back to this step: what the curves had beyond it before is not what it learnt."""
        self._best = best

    def take_all(self, events: Iterable[Event | StepPoint]) -> None:
        """All events, in order. Of a long run nearly every one is a point, so those are looked for first."""
        grow = self.grown["losses"].append
        for event in events:
            if isinstance(event, StepPoint):
                grow((event.step, event.loss))
            else:
                self.take(event)
                # Going back makes a new list.
                grow = self.grown["losses"].append

    def take(self, event: Event) -> None:
        """One more event."""
        self.last = event
        self.started = self.started or event.t
        seen = self.seen
        if isinstance(event, StepEvent):
            self.grown["losses"].append((event.step, event.loss))
            seen.update(step=event, done=event.step, total=event.steps, unit="steps", eta_s=event.eta_s)
        elif isinstance(event, PhaseEvent):
            seen.update(phase=event.name, phase_text=event.text, done=0, total=None, unit="", eta_s=None)
        elif isinstance(event, ProgressEvent):
            seen.update(done=event.done, total=event.total, unit=event.unit, eta_s=event.eta_s)
        elif isinstance(event, EvaluationEvent):
            self.grown["holdout"].append((event.step, event.loss))
            if self._best is None or event.loss < self._best.loss:
                self._best = seen["best"] = event
        elif isinstance(event, FinishedEvent | StoppedEvent | FailedEvent):
            seen["end"] = event
        elif name := _COLLECTED.get(type(event)):
            self.grown[name].append(event)
            if isinstance(event, WarningEvent) and event.code == "went_back":
                self._go_back(int((event.model_extra or {}).get("step", 0)))
        elif name := _LATEST.get(type(event)):
            seen[name] = event

    def _go_back(self, step: int) -> None:
        self.cut = step if self.cut is None else min(step, self.cut)
        for name in ("losses", "holdout"):
            self.grown[name] = list(_until(self.grown[name], step))


def _until(points: Iterable[tuple[int, float]], step: int) -> tuple[tuple[int, float], ...]:
    return tuple(point for point in points if point[0] <= step)


_COLLECTED: dict[type[Event], str] = {WarningEvent: "warnings", SampleEvent: "samples", AlertEvent: "alerts"}
_LATEST: dict[type[Event], str] = {
    PreflightEvent: "preflight",
    CheckpointEvent: "checkpoint",
    MemoryEvent: "memory",
    MachineEvent: "machine",
    SpentEvent: "spent",
}


def state_of(record: JobRecord, snapshot: Snapshot, *, alive: bool | None, now: float) -> JobState:
    """The state of a job. Pure.

    Args:
        record: From `job.json`.
        snapshot: Of all its events.
        alive: From `process.is_alive`.
        now: Unix seconds.
    """
    match snapshot.end:
        case FinishedEvent():
            return "finished"
        case StoppedEvent():
            return "stopped"
        case FailedEvent():
            return "failed"
    quiet = now - (snapshot.last_seen or record.created)
    if record.pid is None:
        return "starting" if now - record.created < _START_SECONDS else "died"
    if alive is False:
        return "died"
    return "running" if quiet < STALL_SECONDS else "stalled"


@dataclass(frozen=True)
class JobView:
    """One job as lists show it."""

    folder: JobFolder
    record: JobRecord
    snapshot: Snapshot
    state: JobState

    @property
    def active(self) -> bool:
        """Whether its process is there."""
        return self.state in ("starting", "running", "stalled")

    def as_dict(self) -> dict[str, object]:
        """The entry of `tunesmith jobs --json`."""
        step = self.snapshot.step
        end = self.snapshot.end
        return {
            "id": self.record.id,
            "kind": self.record.kind,
            "project": self.record.project,
            # The contract of the command line knows no state of its own for the first moments.
            "state": "running" if self.state == "starting" else self.state,
            "step": step.step if step else self.snapshot.done,
            "steps": step.steps if step else self.snapshot.total,
            "unit": self.snapshot.unit or None,
            "phase": self.snapshot.phase or None,
            "loss": step.loss if step else None,
            "eta_s": self.snapshot.eta_s if self.active else None,
            "pid": self.record.pid,
            "host": self.record.host,
            "created": self.record.created,
            "last_seen": self.snapshot.last_seen or None,
            "title": end.title if isinstance(end, FailedEvent) else None,
            "folder": str(self.folder.root),
        }


def view(folder: JobFolder, now: float | None = None) -> JobView:
    """Read one job.

    Raises:
        ProjectError: Its record cannot be read.
    """
    record = folder.read()
    # The process is looked at before the events: an end event written in between is then still seen.
    alive = is_alive(record)
    snapshot = fold(Snapshot(), read_brief(folder.events_file))
    return JobView(folder, record, snapshot, state_of(record, snapshot, alive=alive, now=now or time.time()))


def all_jobs(roots: Iterable[Path] | None = None) -> list[JobView]:
    """The jobs of the given projects, or of all known on this machine; newest last.

    A job whose record cannot be read (damaged, being removed, another user's) is left out: it must not hide the others.
    """
    found = []
    for root in known_projects() if roots is None else roots:
        for folder in jobs_of(root):
            with contextlib.suppress(ProjectError):
                found.append(view(folder))
    return sorted(found, key=lambda job: job.record.created)


def find_job(name: str, roots: Iterable[Path] | None = None) -> JobFolder:
    """The job whose id is or begins with `name`, or whose folder `name` is.

    Raises:
        UsageError: None or several.
    """
    if name and (Path(name) / "job.json").is_file():
        return JobFolder(Path(name).resolve())
    folders = [folder for root in (known_projects() if roots is None else roots) for folder in jobs_of(root)]
    exact = [folder for folder in folders if folder.id == name]
    found = exact or [folder for folder in folders if name and folder.id.startswith(name)]
    if len(found) > 1:
        # A project that was copied has copies of its jobs' folders; what runs, runs where it was started.
        found = [folder for folder in found if _is_at_home(folder)] or found
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(f"There is no job `{name}`.", "", "List them with `tunesmith jobs`.", code="no_job")
    same = len({folder.id for folder in found}) == 1
    names = ", ".join(str(folder.root) if same else folder.id for folder in found)
    hint = "Name its folder instead." if same else "Give more of the id."
    raise UsageError(f"Several jobs begin with `{name}`.", names, hint, code="ambiguous_job")


def _is_at_home(folder: JobFolder) -> bool:
    try:
        return Path(folder.read().project).resolve() == folder.root.parent.parent.resolve()
    except ProjectError:
        return False
