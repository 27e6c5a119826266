"""What can be copied from the page of a step: where things lie, and the command that does the step by itself."""

from __future__ import annotations

import shlex

from engine.project import Project
from engine.spec import STEPS, ProjectSpec, StepName
from tui.clipboard import Copyable

_TWINS: dict[StepName, str] = {
    "model": "license",
    "data": "data",
    "privacy": "scan",
    "preview": "preview",
    "recipe": "plan",
    "train": "train",
    "evaluate": "evaluate",
    "ship": "export",
}
"""The command that does what a page does."""


def of_project(project: Project, spec: ProjectSpec, step: StepName) -> list[Copyable]:
    """What lies in the project, as far as it was made."""
    root = str(project.root)
    found = [Copyable("command", "this step, as a command", f"tunesmith {_TWINS[step]} {shlex.quote(root)}")]
    if spec.run is not None and step in STEPS[STEPS.index("train") :]:
        found.append(Copyable("adapter", "the adapter's folder", str(project.run_folder(spec.run) / "adapter")))
    if spec.redaction.path is not None:
        found.append(Copyable("redacted", "the redacted file", str(project.root / spec.redaction.path)))
    if spec.data is not None:
        found.append(Copyable("data", "your file", spec.data.path))
    return [*found, Copyable("folder", "the project's folder", root)]
