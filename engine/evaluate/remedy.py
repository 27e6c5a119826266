"""What can be done about a line of the gate before training again. Light: no model is loaded."""

from __future__ import annotations

from engine.actions import record
from engine.project import Project
from engine.spec import ProjectSpec

MIX_IN = 0.1
"""The first share of general rows; a second time it is doubled."""
MOST = 0.4


def mix_general_rows_in(project: Project) -> ProjectSpec:
    """Set `recipe.mix_in`: a tenth at first, twice as much each further time, at most 0.4.

    Raises:
        DiskFullError, ProjectError, SpecError: It cannot be saved.
    """

    def apply(spec: ProjectSpec) -> ProjectSpec:
        share = min(MOST, max(MIX_IN, 2 * spec.recipe.mix_in))
        return spec.model_copy(update={"recipe": spec.recipe.model_copy(update={"mix_in": share})})

    spec = project.update(apply)
    record(project, "recipe", {"mix_in": spec.recipe.mix_in})
    return spec
