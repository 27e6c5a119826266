"""Training jobs inside the test's own process: the real work without the seconds that a new process takes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.actions import new_project
from engine.jobs.context import JobContext
from engine.jobs.state import JobView
from engine.project import Project
from engine.train import jobs as jobs_module
from tests.engine.faults import train_with_fault
from tests.projects import begin_here, demo_rows, end_here, set_recipe


def start_here(project: Project, **spec: Any) -> JobContext:
    """A training job of this process, about to begin."""
    return begin_here(project, "train", **spec)


def work_here(context: JobContext) -> JobView:
    """Train, with the fault that the job asks for."""
    return end_here(context, train_with_fault)


def train_here(project: Project, **spec: Any) -> JobView:
    """Train to the end, whatever it is."""
    return work_here(start_here(project, **spec))


def plain_project(folder: Path, rows: int, **knobs: Any) -> Project:
    """A project on the bundled model whose rows count as redacted; the gates have tests of their own."""
    data = folder / "rows.jsonl"
    data.write_text("\n".join(demo_rows(rows)) + "\n", encoding="utf-8")
    project, _ = new_project(folder / "project", data=data, model="demo", preset="demo")
    (project.root / "privacy").mkdir()
    shutil.copy(data, project.root / "privacy" / "redacted.jsonl")
    redacted = {"path": "privacy/redacted.jsonl", "sha256": "0" * 64}
    project.update(lambda spec: spec.model_copy(update={"redaction": spec.redaction.model_copy(update=redacted)}))
    set_recipe(project, **knobs)
    return project


def open_gates(patch: pytest.MonkeyPatch) -> None:
    """Let `plain_project` train."""
    for gate in ("check_privacy", "check_content"):
        patch.setattr(jobs_module, gate, lambda *_, **__: None)


def losses_of(job: JobView) -> list[float]:
    """The training loss of every step."""
    return [loss for _, loss in job.snapshot.losses]
