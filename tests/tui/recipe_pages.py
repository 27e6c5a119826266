"""What the tests of the recipe page share: a project whose model is planned already, and the wizard opened there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.plan.cards import GIB
from engine.plan.profile import Moment, Profile, Terms, Work
from engine.plan.variants import Variant
from engine.project import Project
from engine.spec import ProjectSpec
from engine.steps import take_step
from tests.tiny_model import make_tiny_model
from tests.tui.conftest import shows, until, wizard
from tests.tui.recorded import make_project
from tui.screens.recipe import RecipeScreen
from tui.screens.recipe_plan import PlanningScreen
from tui.typed_card import card_from, keep_card

_ONE = (0, 0, 0, 0, 0)
_TOKENS = (1, 1, 0, 0, 0)


def made_profile(variant: Variant) -> Profile:
    """An 8B model in round figures: 5 GiB of weights in 4 bits, 20 in 16; 8 MiB a token kept, 1 MiB recomputed."""
    weights = {"nf4": 5.0, "int8": 9.0, "none": 20.0}[variant.quantization] * GIB
    token = (1 if variant.checkpointing else 8) * 2.0**20
    forward: Terms = {
        ("weights", _ONE): weights,
        ("adapter", (0, 0, 0, 0, 1)): 5e6,
        ("optimizer", (0, 0, 0, 0, 1)): 5e6,
        ("activations", _TOKENS): 0.0 if variant.evaluation else token,
        ("logits", (0, 0, 0, 1, 0)): 2.0**20,
    }
    return Profile((Moment("loss", forward),), 256, 2_600_000, 0, Work(7 * 10**9, 5 * 10**8, 32 * 4096))


def preview_of(project: Project, rows: int = 2140, longest: int = 1000, **changed: Any) -> None:
    """The summary that the preview would have left."""
    project.preview_folder.mkdir(parents=True, exist_ok=True)
    summary = {
        "rows": rows,
        "train_rows": rows,
        "holdout_rows": rows // 10,
        "tokens": rows * 180,
        "supervised_tokens": rows * 80,
        "median_tokens": 164,
        "longest_tokens": longest,
        "length_quantiles": [min(longest, 20 + at * 3) for at in range(100)] + [longest],
        "most_supervised_tokens": 400,
        "max_length": 1024,
    }
    (project.preview_folder / "summary.json").write_text(json.dumps({**summary, **changed}))


def planned_project(root: Path, model: Path, **preview: Any) -> Project:
    """A project that stands at the recipe, on a model that is really there, with a preview."""
    project = make_project(root, taken=("model", "data", "privacy", "preview"))
    make_tiny_model(model)

    def with_model(spec: ProjectSpec) -> ProjectSpec:
        assert spec.model is not None
        found = spec.model.model_copy(update={"path": str(model), "source": str(model)})
        return take_step("preview", take_step("model", spec.model_copy(update={"model": found})))

    project.update(with_model)
    preview_of(project, **preview)
    return project


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose plan is arithmetic, as after the planning job, against a typed card of 24 GB."""
    monkeypatch.setattr("tui.memory.profiles_kept", lambda architecture: made_profile)
    keep_card(card_from("RTX 4090"))
    return planned_project(tmp_path / "my-voice", tmp_path / "model")


@asynccontextmanager
async def recipe_page(project: Project, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[Any]]:
    """The wizard on the recipe, with its plan and its suggestion on the screen."""
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(project.root, "recipe")
        await shows(pilot, "How should it learn?", "against")
        await until(pilot, lambda: settled(pilot) and page_of(pilot).suggests, "the plan and what is suggested")
        yield pilot


def page_of(pilot: Pilot[Any]) -> RecipeScreen:
    return next(one for one in pilot.app.screen_stack if isinstance(one, RecipeScreen))


def settled(pilot: Pilot[Any]) -> bool:
    """Whether the plan on the screen is that of the recipe on the screen."""
    page: PlanningScreen = page_of(pilot)
    return page.plan is not None and page._planned == page.shown_recipe()
