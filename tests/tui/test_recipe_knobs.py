"""The knobs: the editor with its live checks, their words and values, typed cards, and the page that confirms."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import SpecError, UsageError
from engine.jobs.folder import jobs_of
from engine.plan.machine import this_machine
from engine.project import Project
from engine.recipes import load_recipes
from engine.spec_recipe import RecipeSpec
from engine.spec_text import with_settings
from tests.tui.conftest import both_sizes, fill, frame, shows, until, wizard
from tests.tui.recipe_pages import planned, preview_of, recipe_page
from tui.knobs import KNOBS, choices_of, knob, step_choice, typed_value, value_text, with_typed
from tui.memory import PlanShown, Target
from tui.screens.confirm import misfit_words
from tui.typed_card import TypedCard, card_from
from tui.widgets.memory_panel import range_of
from tui.widgets.rows import RowList

__all__ = ["planned"]


@both_sizes
async def test_a_knob_is_typed_checked_and_marked(planned: Project, size: tuple[int, int]) -> None:
    async with recipe_page(planned, size) as pilot:
        await pilot.press("e")
        await shows(
            pilot, "All knobs of Balanced", "none changed", "adapter", "How much room the adapter", "can be", "costs"
        )
        await pilot.press("enter")
        await shows(pilot, "✓ can be used")
        fill(pilot.app, "Input", "0")
        await shows(pilot, "✗ must be at least 1")
        await pilot.press("enter")
        assert planned.load().recipe.rank == 16
        fill(pilot.app, "Input", "32")
        await shows(pilot, "✓ can be used")
        await pilot.press("enter")
        await shows(pilot, "1 changed", "16 in Balanced; x goes back to it")
        assert planned.load().recipe.rank == 32
        await pilot.press("x")
        await shows(pilot, "none changed")
        assert planned.load().recipe.rank == 16
        await pilot.press("u")
        await shows(pilot, "1 changed")
        await pilot.press("X")
        await shows(pilot, "none changed")
        await pilot.press("e", "escape", "escape")
        await shows(pilot, "How should it learn?", "all as in Balanced")


async def test_advice_stands_beside_the_knob_it_is_about(planned: Project, size: tuple[int, int]) -> None:
    async with recipe_page(planned, size) as pilot:
        await pilot.press("e")
        await shows(pilot, "All knobs")
        pilot.app.screen.query_one(RowList).mark("save_steps")
        await pilot.press("e")
        fill(pilot.app, "Input", "5,000")
        await shows(pilot, "! 5,000 is more than the run's")
        fill(pilot.app, "Input", "100")
        await shows(pilot, "✓ can be used")
        await pilot.press("enter")
        await shows(pilot, "1 changed")
        assert planned.load().recipe.save_steps == 100
        pilot.app.screen.query_one(RowList).mark("dropout")
        await pilot.press("e")
        fill(pilot.app, "Input", "0.9")
        await shows(pilot, "! 0.9 leaves the adapter little")
        await pilot.press("enter")
        await shows(pilot, "2 changed", "! 0.9 leaves the adapter little")


@pytest.mark.slow
async def test_choices_are_stepped_and_the_plan_follows(planned: Project, size: tuple[int, int]) -> None:
    async with recipe_page(planned, size) as pilot:
        await pilot.press("e")
        await shows(pilot, "All knobs", "takes  ", "6.9 - 9.0 GiB of 24", "✓ fits")
        pilot.app.screen.query_one(RowList).mark("quantization")
        await pilot.press("right")
        await shows(pilot, "int8", "1 changed", "11.2 - 14.6 GiB of 24")
        await pilot.press("right")
        await shows(pilot, "✗ does not fit")
        await pilot.press("left", "left")
        await shows(pilot, "none changed", "✓ fits")
        pilot.app.screen.query_one(RowList).mark("init")
        await pilot.press("right")
        await shows(pilot, "✗ recipe.init=pissa", "the base must have 16 bits")
        assert planned.load().recipe.init == "default"
        pilot.app.screen.query_one(RowList).mark("alpha")
        await pilot.press("right")
        await until(pilot, lambda: pilot.app.screen.has_class("-typing"), "a number is typed")


def test_every_setting_of_the_recipe_has_its_knob_words_and_cost() -> None:
    assert {one.key for one in KNOBS} == set(RecipeSpec.model_fields) - {"preset"}
    for one in KNOBS:
        assert one.meaning
        assert one.cost
        assert one.valid
    assert len({one.title for one in KNOBS}) == len(KNOBS)
    groups = [one.group for one in KNOBS]
    assert [group for at, group in enumerate(groups) if at == 0 or groups[at - 1] != group] == list(
        dict.fromkeys(groups)
    )


def test_what_can_be_typed_is_said() -> None:
    assert knob("rank").valid == "a whole number from 1 to 1024"
    assert knob("dropout").valid == "a number from 0 below 1"
    assert knob("dp_delta").valid.startswith("a number above 0 and below 1; empty: ")
    assert knob("quantization").valid == "nf4, int8 or none"
    assert choices_of("gradient_checkpointing") == ("yes", "no", "auto")
    assert step_choice("gradient_checkpointing", True, 1) == "no"
    assert step_choice("quantization", "none", 1) == "nf4"
    assert step_choice("rank", 16, 1) is None


@pytest.mark.parametrize("preset", load_recipes(), ids=lambda preset: preset.name)
def test_every_value_can_be_typed_as_it_is_shown(preset: object, planned: Project) -> None:
    spec = planned.load().model_copy(update={"recipe": preset.knobs})  # type: ignore[attr-defined]
    for one in KNOBS:
        shown = value_text(getattr(spec.recipe, one.key))
        assert with_typed(spec, one.key, shown).recipe == spec.recipe


def test_lists_and_numbers_are_typed_as_people_write_them(planned: Project) -> None:
    spec = planned.load()
    assert with_typed(spec, "targets", "q_proj, v_proj").recipe.targets == ["q_proj", "v_proj"]
    assert with_typed(spec, "sample_prompts", "hi, you | what now?").recipe.sample_prompts == ["hi, you", "what now?"]
    assert with_typed(spec, "max_length", "4,096").recipe.max_length == 4096
    assert with_typed(spec, "learning_rate", "2e-3").recipe.learning_rate == 0.002
    assert with_typed(spec, "max_steps", "").recipe.max_steps is None
    assert typed_value("none", "quantization") == "none"
    with pytest.raises(SpecError, match="do not go together"):
        with_typed(spec, "init", "pissa")


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("RTX 4090", TypedCard("RTX 4090", 24 * 2**30)),
        ("4090", TypedCard("RTX 4090", 24 * 2**30)),
        ("24", TypedCard("", 24 * 2**30)),
        ("24 GB", TypedCard("", 24 * 2**30)),
        ("rtx 3080 12gb", TypedCard("RTX 3080 10GB", 12 * 2**30)),
        ("", None),
    ],
)
def test_cards_are_typed_by_name_or_memory(text: str, card: TypedCard | None) -> None:
    assert card_from(text) == card


@pytest.mark.parametrize("text", ["foo", "0", "9999999"])
def test_what_is_no_card_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        card_from(text)


def test_stretches_of_time_are_written_once_where_their_unit_is_the_same() -> None:
    assert range_of((3120, 3840)) == "52 - 64 min"
    assert range_of((2160, 9960)) == "36 min - 2 h 46 min"
    assert range_of((30, 30)) == "about 30 s"


@both_sizes
async def test_the_last_page_shows_everything(planned: Project, size: tuple[int, int]) -> None:
    settings = ["budget.price_per_hour=0.5", "budget.limit=5", "budget.hours=8", "recipe.rank=24"]
    planned.update(lambda spec: with_settings(spec, settings))
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(planned.root, "confirm")
        await shows(
            pilot,
            "Start training with this?",
            "RTX 4090 24 GiB, typed by you",
            "✓ fits",
            "what leaves this machine",
            "it is read, never changed",
            "licence",
            "2,140 rows, longest 1,000 tokens",
            "personal details are not hidden yet",
            "Balanced: rank 24, learning rate 2e-4",
            "rank 24 (preset 16)",
            "EUR at 0.5 an hour",
            "it saves and stops at 5 EUR or 8 hours",
            "✓ nothing",
        )
        await pilot.press("b")
        await shows(pilot, "How should it learn?")


def test_a_plan_that_reaches_over_the_card_is_told_with_its_key() -> None:
    target = Target(this_machine(), "RTX 4090 24 GiB", typed=True)
    fits = PlanShown("rough", target, low=8 * 2**30, high=9 * 2**30, fits=True)
    assert misfit_words(fits) == ""
    assert misfit_words(PlanShown("none", why_not="no model")) == ""
    assert "at least 8.0 GiB" in misfit_words(replace(fits, fits=False))
    assert misfit_words(replace(fits, fits=False)).endswith("f shows what fits.")
    assert misfit_words(replace(fits, fits=None)).startswith("It may not fit")
    assert misfit_words(replace(fits, fits=False, state="exact")).endswith("enter shows what would.")


async def test_what_cannot_fit_is_not_started(planned: Project, size: tuple[int, int]) -> None:
    preview_of(planned, longest=8000)
    planned.update(lambda spec: with_settings(spec, ["recipe.max_length=8192", "recipe.micro_batch=8"]))
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(planned.root, "confirm")
        await shows(pilot, "✗ does not fit", "✗ It does not fit as it is set")
        await pilot.press("enter")
        await shows(pilot, "✗ It does not fit.", "Change these settings")
    assert not [folder for folder in jobs_of(planned.root) if folder.id.startswith("train")]


async def test_training_that_may_not_start_says_why(project: Project, size: tuple[int, int]) -> None:
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(project.root, "confirm")
        await shows(pilot, "Start training with this?", "what leaves this machine", "✓ nothing", "read, never changed")
        await pilot.press("enter")
        await shows(pilot, "✗ ", "→ ")
        assert "● Recipe" in frame(app)
