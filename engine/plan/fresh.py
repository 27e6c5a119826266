"""Whether the rows that a project's plan rests on are still those that a run would learn from.

The figures of the rows are those of the last preview. A plan that went by them after the data, its redacted copy or the
chat template were changed would be about another run, and nobody would notice.
"""

from __future__ import annotations

from engine.actions import read_json
from engine.on_disk import file_reason
from engine.plan.memory import Rows
from engine.project import Project
from engine.spec import ProjectSpec
from engine.steps import step_statuses


def changed_since(project: Project, spec: ProjectSpec) -> str:
    """What was changed since the preview counted the rows, in words; empty: nothing, or there is no preview.

    Another length limit is no change: how long the rows are is known. A file that is gone is none either, since what
    is learned was written from it. Reads the file where it was touched since.
    """
    file = project.preview_folder / "summary.json"
    length = read_json(file).get("max_length")
    if spec.data is None or length is None:
        return ""
    as_counted = spec.recipe.model_copy(update={"max_length": int(length)})
    status = next(one for one in step_statuses(spec.model_copy(update={"recipe": as_counted})) if one.step == "preview")
    if status.state == "stale":
        return status.reason
    return file_reason(project, spec, file) or ""


def rows_at_worst(length: int) -> Rows:
    """What is assumed of rows about which nothing is known any more: some are as long as they may be."""
    return Rows(longest=length, learned=length, varied=True, holdout=length)
