"""Recorded jobs for the tests of the training and evaluation pages: a project, and jobs that never ran."""

from __future__ import annotations

import itertools
import math
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

from engine.files import make_private_folder
from engine.jobs.emit import EventWriter
from engine.jobs.events import (
    CheckpointEvent,
    EvaluationEvent,
    Event,
    MemoryEvent,
    PhaseEvent,
    PreflightEvent,
    StartedEvent,
    StepEvent,
)
from engine.jobs.folder import JobFolder, JobRecord
from engine.jobs.process import identity
from engine.machine import boot_id, hostname
from engine.project import Project, create_project
from engine.spec import DataSpec, ModelSpec, ProjectSpec, StepName
from engine.steps import take_step

GIB = 1024**3
_NUMBERS = itertools.count(1)
BEFORE_TRAIN: tuple[StepName, ...] = ("model", "data", "privacy", "preview", "recipe")


def make_project(root: Path, taken: Iterable[StepName] = BEFORE_TRAIN, run: str | None = None) -> Project:
    """A project whose steps were taken as if somebody had walked there."""
    project, _ = create_project(root, "my-voice")

    def walk(spec: ProjectSpec) -> ProjectSpec:
        model = ModelSpec(source="demo", kind="folder", path=str(root), licence="apache-2.0")
        spec = spec.model_copy(update={"model": model, "data": DataSpec(path=str(root / "chats.jsonl")), "run": run})
        for step in taken:
            spec = take_step(step, spec)
        return spec

    project.update(walk)
    return project


class RecordedJob:
    """A job folder whose process is this test, until told otherwise."""

    def __init__(self, project: Project, kind: str = "train", spec: dict[str, Any] | None = None) -> None:
        # Jobs of one second are ordered by the end of their name: a counter instead of chance.
        name = f"{kind}-{time.strftime('%Y%m%d-%H%M%S')}-{next(_NUMBERS):04x}"
        self.folder = JobFolder(project.root / "jobs" / name)
        make_private_folder(self.folder.stop_file.parent)
        self.folder.write(
            JobRecord(id=name, kind=kind, project=str(project.root), spec=spec or {}, created=time.time())
        )
        self.record: JobRecord = self.folder.read().model_copy(update=identity())
        self.folder.write(self.record)
        self.writer = EventWriter(self.folder.events_file)
        self.writer.emit(StartedEvent(job=self.record.id, job_kind=kind, pid=os.getpid(), host=hostname()))

    def emit(self, *events: Event) -> None:
        for event in events:
            self.writer.emit(event)

    def set_spec(self, **values: Any) -> None:
        """What the job writes into its own record, as which run it works on."""
        self.record = self.record.model_copy(update={"spec": {**self.record.spec, **values}})
        self.folder.write(self.record)

    def die(self) -> None:
        """From now on the process is gone: the pid has another start time."""
        start = psutil.Process().create_time() - 1000
        self.record = self.record.model_copy(update={"process_start": start, "start_ticks": None, "boot_id": boot_id()})
        self.folder.write(self.record)

    def log(self, text: str) -> None:
        with self.folder.log_file.open("a") as stream:
            stream.write(text)


def preflight() -> PreflightEvent:
    return PreflightEvent(
        rows=2140,
        holdout_rows=214,
        tokens=420_000,
        supervised_tokens=180_000,
        eos_supervised_share=0.99,
        truncated_rows=0,
        dropped_rows=0,
        max_length=1344,
        trainable_parameters=41_943_040,
        compute_dtype="float32",
        device="cpu",
    )


def loss_at(step: int) -> float:
    """A loss curve like that of a real run, without chance."""
    return 1.38 + 1.25 * math.exp(-step / 160) + 0.05 * math.sin(step * 1.7)


def step_event(step: int, steps: int = 1960, **changed: Any) -> StepEvent:
    values: dict[str, Any] = {
        "step": step,
        "steps": steps,
        "epoch": 3 * step / steps,
        "epochs": 3,
        "loss": loss_at(step),
        "learning_rate": 2e-4 * (1 - step / steps),
        "grad_norm": 0.7,
        "tokens_per_second": 5120.0,
        "tokens": step * 2600,
        "eta_s": (steps - step) * 2.0,
    }
    return StepEvent(**{**values, **changed})


def beginning() -> list[Event]:
    return [
        PhaseEvent(name="prepare", text="Reading your rows"),
        preflight(),
        PhaseEvent(name="train", text="Training"),
    ]


def steps_to(last: int, first: int = 1, steps: int = 1960) -> list[Event]:
    """Steps with an evaluation and a checkpoint now and then, as a job emits them."""
    events: list[Event] = []
    if first == 1:
        events.append(EvaluationEvent(step=0, loss=2.71, perplexity=15.0, best=True))
    for step in range(first, last + 1):
        events.append(step_event(step, steps))
        if step % 150 == 0:
            loss = loss_at(step) + 0.08
            events.append(EvaluationEvent(step=step, loss=loss, perplexity=math.exp(loss)))
        if step % 250 == 0:
            events.append(CheckpointEvent(step=step, path=f"checkpoint-{step}", seconds=0.4))
    events.append(MemoryEvent(rss_bytes=3 * GIB, peak_rss_bytes=4 * GIB))
    return events
