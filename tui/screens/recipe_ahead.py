"""The plan before its page: when the rows are rendered, the recipe that will be suggested is planned in the background.

The recipe page then shows exact figures at once instead of after seconds. It is a kindness, so it steps aside: nothing
is started while a heavy job has the machine, while a plan is being worked out already, where everything is known, or
where the last plan of the project was stopped or failed. The page itself starts what is missing, as ever.
All of this reads files, and the driver may take seconds: call it in a thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.jobs.launch import launch, running_heavy_job
from engine.jobs.state import JobView, view
from engine.recipes import RecipePreset, load_recipes
from tui.jobs import latest_job
from tui.knobs import differences
from tui.memory import plan_recipe, target_of
from tui.recipe_facts import read_facts, suggested_preset
from tui.typed_card import kept_card

if TYPE_CHECKING:
    from engine.jobs.folder import JobFolder
    from engine.project import Project
    from engine.spec import ProjectSpec, RecipeSpec

_DEFAULT = "balanced"


def plan_ahead(project: Project) -> JobFolder | None:
    """Start the job `plan` for the recipe that the recipe page will open with; None where that is not wanted.

    Raises:
        TunesmithError: A file is damaged, or the job cannot be started.
    """
    last = newest_plan(project)
    if last is not None and (last.active or last.state != "finished"):
        return None
    spec = project.load()
    recipe = first_shown(project, spec)
    target = target_of(kept_card(), project)
    if not plan_recipe(project, spec, recipe, target).wants_job or running_heavy_job() is not None:
        return None
    tried = {} if recipe == spec.recipe else {"recipe": recipe.model_dump(mode="json")}
    return launch(project.root, "plan", {**target.job, **tried})


def newest_plan(project: Project) -> JobView | None:
    """The last planning job of a project, whoever started it."""
    folder = latest_job(project.root, ("plan",))
    return view(folder) if folder is not None else None


def first_shown(project: Project, spec: ProjectSpec) -> RecipeSpec:
    """The recipe that the page will be about: what was chosen or changed, else what the data suggests.

    Whether `balanced` fits the card is not known yet; where it does not, the page suggests another one.
    """
    presets: dict[str, RecipePreset] = {preset.name: preset for preset in load_recipes()}
    taken = presets.get(spec.recipe.preset)
    chosen = "recipe" in spec.steps or spec.recipe.preset != _DEFAULT
    if chosen or taken is None or differences(taken.knobs, spec.recipe):
        return spec.recipe
    name, _ = suggested_preset(read_facts(project, spec), balanced_fits=None)
    return presets[name].knobs if name in presets else spec.recipe
