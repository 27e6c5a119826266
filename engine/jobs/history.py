"""The curves of a whole run: several jobs may have worked on it, one after the other.

A resumed job goes on from a checkpoint; what the job before did beyond it is done again and so is dropped. With
this the chart after a resume, or of somebody who attaches later, is that of one uninterrupted run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import TunesmithError
from engine.jobs.folder import JobFolder, JobRecord, jobs_of
from engine.jobs.reader import read_brief
from engine.jobs.state import Snapshot, fold

Points = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Past:
    """What earlier jobs of the same run left: their curves up to where the present job goes on."""

    losses: Points = ()
    holdout: Points = ()
    checkpoint: int | None = None
    """The step of the last checkpoint."""


@dataclass(frozen=True)
class Part:
    """One job's share of a run."""

    snapshot: Snapshot
    resumed_from: int
    """The step it went on from; 0 for a fresh start."""


def merged(past: Past, part: Part) -> Past:
    """The run up to the end of `part`. Pure."""
    at = part.resumed_from
    holdout = {step: loss for step, loss in past.holdout if step <= at} if at else {}
    holdout.update(part.snapshot.holdout)
    own = part.snapshot.checkpoint
    return Past(
        losses=(*(point for point in past.losses if point[0] <= at and at), *part.snapshot.losses),
        holdout=tuple(sorted(holdout.items())),
        checkpoint=own.step if own else (at or None),
    )


def merge(parts: Iterable[Part]) -> Past:
    """The run that several jobs made, oldest first. Pure."""
    past = Past()
    for part in parts:
        past = merged(past, part)
    return past


def run_of(record: JobRecord, current_run: str | None) -> str:
    """The run a training job works on: what it wrote itself, or what it was asked to go on with."""
    named = record.spec.get("run")
    if isinstance(named, str):
        return named
    return (current_run or "") if record.spec.get("resume") else record.id


def resumed_from(record: JobRecord) -> int | None:
    """The step a job goes on from; 0 for a fresh start, None while it has not said."""
    step = record.spec.get("resumed_from_step")
    if isinstance(step, int):
        return step
    return None if record.spec.get("resume") else 0


def read_past(project_root: Path, record: JobRecord, current_run: str | None) -> Past:
    """What the jobs before this one did for its run, cut where it goes on. Reads files: call it in a thread."""
    run = run_of(record, current_run)
    past = merge(part for _, part in parts_of(project_root, run, before=record.created))
    at = resumed_from(record)
    return past if at is None else merged(past, Part(Snapshot(), at))


def read_run(project_root: Path, run: str) -> Past:
    """The whole of a run, over all jobs that worked on it. Reads files."""
    return merge(part for _, part in parts_of(project_root, run))


def parts_of(project_root: Path, run: str, before: float = math.inf) -> list[tuple[JobRecord, Part]]:
    """The jobs that worked on a run, oldest first, each with its share; those made before a time only. Reads files."""
    found: list[tuple[JobRecord, Part]] = []
    for folder in jobs_of(project_root):
        record = _record(folder)
        if record is None or record.kind != "train" or record.created >= before:
            continue
        # A job that ended before it opened a run has no part in any.
        at = resumed_from(record)
        if at is not None and run_of(record, None) == run:
            found.append((record, Part(fold(Snapshot(), read_brief(folder.events_file)), at)))
    return found


def best_of(holdout: Sequence[tuple[int, float]]) -> tuple[int, float] | None:
    """The step and value of the lowest finite holdout loss."""
    finite = [point for point in holdout if math.isfinite(point[1])]
    return min(finite, key=lambda point: point[1], default=None)


def _record(folder: JobFolder) -> JobRecord | None:
    try:
        return folder.read()
    except TunesmithError:
        # Another program is making or removing that folder; it is no part of this run.
        return None
