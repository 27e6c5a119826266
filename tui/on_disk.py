"""Whether the person's file is still the one that was checked: pages say so before old figures are used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine import on_disk
from engine.project import Project
from engine.spec import ProjectSpec
from engine.steps import StepStatus

QUICK = 100_000_000
"""Bytes that are read in a moment, for lists of projects."""


def file_reason(project: Project, spec: ProjectSpec, at_most: int | None = None) -> str | None:
    """As `engine.on_disk.file_reason`, since the last check; empty where the data step was never taken."""
    return on_disk.file_reason(project, spec, project.check_file, at_most) if "data" in spec.steps else ""


def with_file(statuses: Sequence[StepStatus], reason: str) -> list[StepStatus]:
    """The steps, with the data stale where its file is another one now."""
    return [
        replace(one, state="stale", reason=reason) if reason and one.step == "data" and one.state == "done" else one
        for one in statuses
    ]
