"""The training job in a real runner process with its gates open: `t-train`, for tests that kill processes."""

from __future__ import annotations

from typing import Any

import psutil
import pytest

from engine.jobs.context import JobContext
from engine.jobs.folder import JobFolder
from engine.project import Project
from tests.engine.faults import train_with_fault
from tests.engine.live import open_gates


def train(context: JobContext) -> dict[str, Any]:
    """Train, on rows that nobody looked through."""
    with pytest.MonkeyPatch.context() as patch:
        open_gates(patch)
        return train_with_fault(context)


def with_processes(project: Project, count: int) -> Project:
    """The same project, its run spread over so many processes of this machine."""

    def change(spec: Any) -> Any:
        return spec.model_copy(update={"compute": spec.compute.model_copy(update={"processes": count})})

    project.update(change)
    return project


def ranks_of(folder: JobFolder) -> list[psutil.Process]:
    """The job's other processes."""
    children = psutil.Process(folder.read().pid).children()
    return [child for child in children if "engine.train.rank" in child.cmdline()]
