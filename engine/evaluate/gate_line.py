"""What a line of the gate is, and what it is judged by."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.project import Project
from engine.spec import ProjectSpec

State = Literal["green", "amber", "red"]
NOT_MEASURED = "not measured"
"""The figure of a line that the evaluation says nothing to."""


@dataclass(frozen=True)
class GateLine:
    """One line of the gate.

    Args:
        id: Its name on the command line.
        title: What it is about, for people.
        state: Green passes, amber needs a reason, red refuses.
        figure: What was found.
        threshold: What would be green.
        why: Why it is not green, and what to do; empty when it is.
        key: The key that mends it in the wizard; empty where there is none.
        reason: Why the creator lets an amber line pass.
    """

    id: str
    title: str
    state: State
    figure: str
    threshold: str
    why: str = ""
    key: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Facts:
    """What the lines are judged by.

    Args:
        project: The project.
        spec: Its settings.
        adapter: The folder that would leave.
        report: The evaluation of this adapter; empty where there is none.
        thresholds: As in `presets/gate.yaml`.
        stale: Why the report does not count for now; empty when it does.
        made: The run's `recipe.json`: what it was made with.
    """

    project: Project
    spec: ProjectSpec
    adapter: Path
    report: dict[str, Any]
    thresholds: dict[str, dict[str, Any]]
    stale: str = ""
    made: dict[str, Any] = field(default_factory=dict)


def unmeasured(id: str, title: str, threshold: str) -> GateLine:
    """The line where the evaluation says nothing to it."""
    return GateLine(id, title, "amber", NOT_MEASURED, threshold, "Not measured: run evaluate.", "r")
