"""The recipe presets: YAML files that people edit, in `presets/recipes`, read as strict settings.

What can be said about a recipe without loading anything is in `engine.recipe_rules` and `engine.advice`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from engine.advice import Advice as Advice
from engine.advice import RowFacts as RowFacts
from engine.advice import advice as advice
from engine.errors import SpecError
from engine.machine import PRESETS
from engine.preset_files import read_preset
from engine.recipe_rules import refuse_impossible as refuse_impossible
from engine.spec import RecipeSpec
from engine.spec_text import nearest_of


class RecipePreset(BaseModel):
    """One preset: what the card on the screen says, and the knobs it sets."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = ""
    order: int
    title: str
    summary: str
    """One line for the card."""
    use_when: str
    """A sentence: when to choose it."""
    cost: str
    """A sentence: what it costs against `balanced`."""
    knobs: RecipeSpec

    @property
    def changed(self) -> dict[str, Any]:
        """The knobs this preset sets otherwise than the product's defaults."""
        default = RecipeSpec().model_dump()
        return {key: value for key, value in self.knobs.model_dump().items() if value != default[key]}


@cache
def load_recipes(folder: Path = PRESETS / "recipes") -> tuple[RecipePreset, ...]:
    """All presets, in the order in which they are offered.

    Raises:
        SpecError: A file says something we cannot use; names file:line and key.
    """
    presets = []
    for file in sorted(folder.glob("*.yaml")):
        preset = read_preset(RecipePreset, file)
        knobs = preset.knobs.model_copy(update={"preset": file.stem})
        presets.append(preset.model_copy(update={"name": file.stem, "knobs": knobs}))
    return tuple(sorted(presets, key=lambda preset: preset.order))


def recipe_from(name: str) -> RecipeSpec:
    """The settings of one preset.

    Raises:
        SpecError: No preset has that name; says which ones there are.
    """
    presets = {preset.name: preset for preset in load_recipes()}
    if name not in presets:
        near = nearest_of(name, presets)
        hint = f"Did you mean `{near}`?" if near else "Give one of these."
        raise SpecError(f"There is no recipe `{name}`.", f"There are: {', '.join(presets)}.", hint)
    return presets[name].knobs.model_copy()


def changed_knobs(recipe: RecipeSpec) -> dict[str, tuple[Any, Any]]:
    """The knobs that differ from the preset the recipe started from: name → (preset's, now)."""
    base = recipe_from(recipe.preset).model_dump()
    now = recipe.model_dump()
    return {key: (base[key], value) for key, value in now.items() if value != base[key]}
