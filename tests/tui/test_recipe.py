"""The recipe page: presets that the data suggests, knobs, the live plan, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.jobs.events import FailedEvent, PhaseEvent
from engine.jobs.folder import jobs_of
from engine.plan.variants import NotPlannedYetError, Variant
from engine.project import Project
from engine.spec_text import with_settings
from tests.tui.conftest import both_sizes, fill, frame, shows, until, wizard
from tests.tui.recipe_pages import page_of, planned, planned_project, preview_of, recipe_page, settled
from tests.tui.recorded import RecordedJob
from tui.typed_card import card_from, keep_card, kept_card
from tui.widgets.memory_panel import MemoryPanel
from tui.widgets.rows import RowList

__all__ = ["planned"]


def change(project: Project, *settings: str) -> None:
    project.update(lambda spec: with_settings(spec, list(settings)))


@both_sizes
async def test_everything_stands_on_one_page(planned: Project, size: tuple[int, int]) -> None:
    change(planned, "budget.price_per_hour=0.42")
    async with recipe_page(planned, size) as pilot:
        await shows(pilot, "2,140 rows, longest 1,000 tokens", "▸    Balanced", "suggested", "learning rate", "2e-4")
        await shows(pilot, "GiB of  24", "✓ fits", "weights", " EUR at 0.42 an hour")
        await shows(pilot, "RTX 4090 24 GiB, typed by you; your longest row: 1,000 tokens")
        await shows(pilot, "enter Next", "e Edit", "f Fit", "c Compare", "g Card", "b Budget")
        presets = pilot.app.screen.query_one("#presets", RowList)
        assert len(presets.rows) >= 10
        await pilot.press("end")
        await until(pilot, lambda: settled(pilot) and "▸    Demo" in frame(pilot.app), "the last preset")


async def test_the_columns_stay_where_they_are(planned: Project) -> None:
    async with recipe_page(planned) as pilot:

        def places() -> list[list[int]]:
            marks = (("GiB of", "✓", "✗"), ("activations", "logits"), ("cost",))
            lines = frame(pilot.app).splitlines()
            found = [next((line for line in lines if f" {one[0]}" in line), "") for one in marks]
            return [[line.find(word) for word in one[:1]] for line, one in zip(found, marks, strict=True)]

        await until(pilot, lambda: [-1] not in places(), "all of it stands there")
        before = places()
        for _ in range(3):
            await pilot.press("down")
            await until(pilot, lambda: settled(pilot) and places() == before, "the next preset, in the same places")


@pytest.mark.parametrize(
    ("preview", "health", "card", "preset", "why"),
    [
        ({"rows": 312}, {}, "24", "Small dataset", "you have 312 rows"),
        ({}, {"json": True}, "24", "Structured output", "your answers are JSON"),
        ({"longest": 4000, "length_quantiles": list(range(0, 4040, 40))}, {}, "24", "Long context", "of your rows"),
        ({}, {}, "7", "Low memory", "your card is small"),
        ({}, {}, "24", "Balanced", "a good first run for your rows"),
    ],
)
async def test_the_data_suggests_a_preset(
    planned: Project, preview: dict[str, Any], health: dict[str, Any], card: str, preset: str, why: str
) -> None:
    preview_of(planned, **preview)
    planned.check_file.parent.mkdir(parents=True, exist_ok=True)
    planned.check_file.write_text(json.dumps({"usable": 2140, "health": health}))
    keep_card(card_from(card))
    async with recipe_page(planned) as pilot:
        await shows(pilot, f"▸    {preset}", "Suggested: ", why)


async def test_the_pointer_stays_where_the_person_put_it(planned: Project) -> None:
    change(planned, "recipe.preset=balanced", "recipe.rank=32")
    preview_of(planned, rows=300)
    async with recipe_page(planned) as pilot:
        await shows(pilot, "▸    Balanced", "1 changed", "Small dataset", "≠1 changed: rank 32 (16)")


async def test_enter_takes_the_marked_preset_and_goes_on(planned: Project, size: tuple[int, int]) -> None:
    async with recipe_page(planned, size) as pilot:
        await pilot.press("down", "enter")
        await shows(pilot, "Start training with this?", "Small dataset: rank 8", "✓ nothing")
    assert planned.load().recipe.preset == "small-dataset"


async def test_what_cannot_fit_is_explained_instead(planned: Project, size: tuple[int, int]) -> None:
    preview_of(planned, rows=2140, longest=8000)
    change(planned, "recipe.max_length=8192", "recipe.micro_batch=4")
    keep_card(card_from("20"))
    async with recipe_page(planned, size) as pilot:
        await shows(pilot, "✗ does not fit", "other settings fit: f shows them", "✗ It does not fit as it is set")
        await pilot.press("enter")
        await shows(pilot, "✗ It does not fit.", "Change these settings", "rows at once", "4 → 1")
        await pilot.press("enter")
        await shows(pilot, "Taken:", "✓ fits")
        assert planned.load().recipe.micro_batch == 1
        await pilot.press("u")
        await shows(pilot, "✗ does not fit")
        assert planned.load().recipe.micro_batch == 4


@pytest.mark.slow
async def test_where_nothing_fits_the_nearest_that_does_is_offered(planned: Project, size: tuple[int, int]) -> None:
    preview_of(planned, rows=2140, longest=8000)
    change(planned, "recipe.max_length=8192")
    keep_card(card_from("8"))
    async with recipe_page(planned, size) as pilot:
        await shows(pilot, "nothing fits as it is")
        await pilot.press("enter")
        await shows(pilot, "Rows of at most", "A smaller model", "A card with more memory")
        await pilot.press("enter")
        await shows(pilot, "✓ fits")
        assert 128 <= planned.load().recipe.max_length < 8000
        await pilot.press("u")
        await shows(pilot, "nothing fits as it is")
        await pilot.press("enter")
        await shows(pilot, "A smaller model")
        await pilot.press("down", "down", "enter")
        await shows(pilot, "Which card will it be trained on?")
        await pilot.press("escape", "f")
        await shows(pilot, "A smaller model")
        await pilot.press("down", "enter")
        await shows(pilot, "● Model")


async def test_a_faster_setting_is_shown_with_its_reasons_and_taken(planned: Project, size: tuple[int, int]) -> None:
    change(planned, "recipe.gradient_checkpointing=true")
    async with recipe_page(planned, size) as pilot:
        await shows(pilot, "could", "keep activations", "faster")
        await pilot.press("f")
        await shows(pilot, "faster, and it still fits", "recompute", "yes → no", "Activations are kept", " time  ")
        await pilot.press("escape")
        await until(pilot, lambda: not pilot.app.screen.is_modal, "closed")
        assert planned.load().recipe.gradient_checkpointing is True
        await pilot.press("f", "enter")
        await shows(pilot, "u takes it back")
        assert planned.load().recipe.gradient_checkpointing is False
        await pilot.press("u")
        await shows(pilot, "The last change is taken back.")
        assert planned.load().recipe.gradient_checkpointing is True


@pytest.mark.slow
async def test_a_card_is_typed_once_and_forgotten(planned: Project, size: tuple[int, int]) -> None:
    async with recipe_page(planned, size) as pilot:
        await pilot.press("g")
        await shows(pilot, "Which card will it be trained on?", "RTX 4090 24 GiB")
        fill(pilot.app, "Input", "gtx 1")
        await pilot.press("enter")
        await shows(pilot, "✗ `gtx 1` is no card we know.")
        fill(pilot.app, "Input", "8 gb")
        await pilot.press("enter")
        await shows(pilot, "GiB of   8", "8 GiB, typed by you")
        card = kept_card()
        assert card is not None
        assert card.memory == 8 * 2**30
        await pilot.press("g")
        await shows(pilot, "Which card")
        fill(pilot.app, "Input", "")
        await pilot.press("enter")
        await shows(pilot, "this machine's RAM (no NVIDIA GPU)")
        assert kept_card() is None


async def test_a_budget_is_typed_and_checked(planned: Project, size: tuple[int, int]) -> None:
    async with recipe_page(planned, size) as pilot:
        await shows(pilot, "b sets a price an hour")
        await pilot.press("b")
        await shows(pilot, "What may it cost?", "at most, hours")
        fill(pilot.app, "#limit", "5")
        await shows(pilot, "✗ A limit in money needs a price an hour.")
        fill(pilot.app, "#price_per_hour", "0,5")
        fill(pilot.app, "#hours", "-1")
        await shows(pilot, "✗ must be above 0")
        fill(pilot.app, "#hours", "3")
        await until(pilot, lambda: "✗" not in frame(pilot.app), "no complaint")
        await pilot.press("enter")
        await shows(pilot, "EUR at 0.5 an hour")
        budget = planned.load().budget
        assert (budget.price_per_hour, budget.limit, budget.hours, budget.currency) == (0.5, 5, 3, "EUR")
        await pilot.press("b", "escape")
        assert planned.load().budget == budget


@pytest.mark.slow
@both_sizes
async def test_the_presets_stand_side_by_side(planned: Project, size: tuple[int, int]) -> None:
    change(planned, "recipe.rank=24")
    async with recipe_page(planned, size) as pilot:
        await pilot.press("c")
        await shows(pilot, "The presets side by side", "Yours", "Low memory", "100 steps", "from yours: rank 24 → 16")
        await until(pilot, lambda: "not yet" not in frame(pilot.app), "all are planned")
        await pilot.press("home")
        await shows(pilot, "Yours began as Balanced.", "changed: rank 16 → 24")
        await pilot.press("down", "down", "enter")
        await shows(pilot, "▸    Small dataset")
        assert planned.load().recipe.rank == 24
        await pilot.press("c", "escape")
        await until(pilot, lambda: not pilot.app.screen.is_modal, "closed")


async def test_all_knobs_go_back_to_the_preset(planned: Project) -> None:
    change(planned, "recipe.rank=24", "recipe.dropout=0.2")
    async with recipe_page(planned) as pilot:
        await shows(pilot, "≠2 changed: rank 24 (16), dropout 0.2 (0.05)")
        await pilot.press("x")
        await shows(pilot, "All as in Balanced. u takes it back.", "all as in Balanced; e opens all")
        assert planned.load().recipe.rank == 16
        await pilot.press("u", "u")
        await shows(pilot, "Nothing was changed on this page.", "rank 24 (16)")


async def test_a_first_plan_is_rough_and_the_job_makes_it_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    launched: list[tuple[str, dict[str, Any]]] = []
    project = planned_project(tmp_path / "my-voice", tmp_path / "model")
    keep_card(card_from("RTX 4090"))

    def nothing(variant: Variant) -> Any:
        raise NotPlannedYetError(str(variant))

    def launch(root: Path, kind: str, spec: dict[str, Any], *, force: bool) -> Any:
        launched.append((kind, spec))
        job = RecordedJob(project, kind, spec)
        job.emit(PhaseEvent(name="plan", text="Working out the memory of a learning step"))
        jobs.append(job)
        return job.folder

    jobs: list[RecordedJob] = []
    monkeypatch.setattr("tui.memory.profiles_kept", lambda architecture: nothing)
    monkeypatch.setattr("tui.screens.base.launch", launch)
    async with recipe_page(project, size) as pilot:
        await shows(pilot, "rough", "the exact figure follows: working out the memory", "about fits")
        assert launched == [("plan", {"gpu_memory": 24 * 2**30, "gpu_card": "RTX 4090"})]
        await pilot.press("down")
        await shows(pilot, "▸    Small dataset", "rough")
        jobs[0].emit(FailedEvent(code="no_plan", title="The memory of this model cannot be worked out."))
        await until(pilot, lambda: len(launched) == 2, "the marked preset is worked out next")
        assert launched[1][1]["recipe"]["preset"] == "small-dataset"
        jobs[1].emit(FailedEvent(code="no_plan", title="The memory of this model cannot be worked out."))
        await shows(pilot, "no exact figure: The memory of this model cannot be worked out.")
        assert "✗" not in frame(pilot.app)
        await pilot.press("up")
        await until(pilot, lambda: settled(pilot), "planned again")
    assert len(launched) == 2
    assert len(jobs_of(project.root)) == 2


async def test_a_model_without_a_description_still_goes_on(project: Project) -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(project.root, "recipe")
        await shows(pilot, "memory", "config.json is missing")
        await pilot.press("enter")
        await shows(pilot, "Start training with this?")


async def test_ascii_terminals_show_the_same(planned: Project) -> None:
    app = wizard(ascii=True)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(planned.root, "recipe")
        await shows(pilot, "GiB of  24", "+ fits", "suggested")
        assert {sign for sign in frame(app) if not sign.isascii()} == set()


async def test_nothing_holds_the_picture_up(planned: Project) -> None:
    """Planning is in a thread: the loop answers while the engine is at work."""
    import threading

    async with recipe_page(planned) as pilot:
        panel, seen = page_of(pilot).query_one(MemoryPanel), []
        release = threading.Event()

        def slow(*arguments: Any) -> Any:
            seen.append(threading.current_thread() is threading.main_thread())
            release.wait(20)
            return before

        before = panel.plan
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tui.memory.plan_recipe", slow)
            await pilot.press("down")
            await until(pilot, lambda: seen, "planning began")
            await pilot.press("down")
            await shows(pilot, "▸    Quick check", "steps         100")
            release.set()
            await until(pilot, lambda: settled(pilot), "it ended")
        assert not any(seen)
