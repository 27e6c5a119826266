"""The licence of the marked model: its line beside the list, its page, accepting, and the filter."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.actions import choose_model
from engine.licences.check import acceptance, project_verdict, set_use
from engine.licences.verdict import Verdict
from engine.plan.shortlist import Fits
from engine.project import Project, create_project
from engine.spec import UseSpec
from tests.tiny_model import make_tiny_model
from tests.tui.conftest import both_sizes, frame, shows, typed, until, wizard
from tui.model_list import Fitting, read_choices, suggestion_of
from tui.screens.licence import LicenceScreen
from tui.typed_card import card_from, keep_card
from tui.widgets.rows import RowList


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    project, _ = create_project(tmp_path / "fresh")
    return project


def _take(project: Project, folder: Path, card: str) -> None:
    model = make_tiny_model(folder)
    (model / "README.md").write_text(f"---\n{card}\n---\n")
    choose_model(project, str(model))


async def test_the_marked_model_says_what_its_terms_mean(fresh: Project, size: tuple[int, int]) -> None:
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(fresh.root, "model")
        await shows(pilot, "▸ Demo model", "apache-2.0: allowed", "l Licence", "f Allowed")
        await pilot.press("enter")
        await shows(pilot, "● Data")


@both_sizes
async def test_the_page_gives_reasons_duties_and_sources(fresh: Project, tmp_path: Path, size: tuple[int, int]) -> None:
    _take(fresh, tmp_path / "mine", "license: mit\nbase_model: meta-llama/Llama-3.1-8B")
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(fresh.root, "model")
        await shows(pilot, "▸ mine", "llama3.1: under")
        await pilot.press("l")
        await shows(
            pilot, "You may do this under conditions", "mine, licence: llama3.1", "Conflict: mine says mit", "u for"
        )
        await pilot.press("end")
        await shows(pilot, "This is advice about licence terms, not legal advice", "https://llama.meta.com")
        await pilot.press("enter")
        await shows(pilot, "You accepted this verdict", "Kept in the project")
        await pilot.press("escape")
        await shows(pilot, "Which model should learn?")
    spec = fresh.load()
    assert spec.licence.accepted is not None
    assert spec.licence.accepted.licence == "llama3.1"
    assert acceptance(spec, project_verdict(fresh, spec)) == "current"


@both_sizes
async def test_the_use_can_be_changed_and_makes_it_stale(fresh: Project, tmp_path: Path, size: tuple[int, int]) -> None:
    _take(fresh, tmp_path / "mine", "license: gemma")
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(fresh.root, "model")
        await shows(pilot, "gemma: under")
        await pilot.press("l")
        await shows(pilot, "u for yourself", "m 0 users", "r no region", "x nothing sexual", "d data:")
        await pilot.press("enter")
        await shows(pilot, "You accepted this verdict")
        await pilot.press("u")
        await shows(pilot, "u for research", "You accepted another verdict")
        await pilot.press("m", *typed("2000"), "enter")
        await shows(pilot, "m 2,000 users")
        await pilot.press("r", *typed("europe"), "enter")
        await shows(pilot, "This is not a region.")
        await pilot.press("ctrl+u", *typed("de"), "enter")
        await shows(pilot, "r DE")
        await pilot.press("d", *typed("own"), "enter")
        await shows(pilot, "d data: own")
        await pilot.press("x")
        await shows(pilot, "✗ The terms do not allow this", "Sexually explicit content")
        await pilot.press("enter")
        await shows(pilot, "There is nothing to accept")
        await pilot.press("escape")
        await shows(pilot, "! gemma: refused for you")
    use = fresh.load().licence.use
    assert (use.use, use.monthly_users, use.region, use.adult) == ("research", 2000, "DE", True)


async def test_a_model_is_suggested_by_the_card(fresh: Project, size: tuple[int, int]) -> None:
    """Somebody who knows no model finds one: large enough to be good, and sure to fit."""
    keep_card(card_from("RTX 3060 12 GB"))
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(fresh.root, "model")
        await shows(pilot, "suggested")
        rows = app.screen.query_one("#models", RowList)
        suggested = rows.rows[2].key
        assert [row.key for row in rows.rows].count(suggested) == 1
        await pilot.press("down", "down")
        await until(pilot, lambda: rows.marked_key == suggested, "the suggestion is marked")
        await shows(pilot, "surely fits")


def test_without_a_gpu_the_smallest_is_suggested_and_never_what_is_refused() -> None:
    catalogue = read_choices()
    fits: dict[str, Fits] = {choice.source: "yes" for choice in catalogue}
    allowed = {choice.source: Verdict("allowed", choice.licence) for choice in catalogue}
    here = suggestion_of(catalogue, allowed, Fitting("this machine's RAM", fits))
    card = suggestion_of(catalogue, allowed, Fitting("H100", fits, on_gpu=True))
    assert here is not None
    assert card is not None
    first_choices = [choice for choice in catalogue if choice.first_choice]
    assert (here[0], card[0]) == (first_choices[0], first_choices[-1])
    refused = {**allowed, here[0].source: Verdict("refused", "x")}
    assert suggestion_of(catalogue, refused, Fitting("this machine's RAM", fits)) == (first_choices[1], here[1])
    assert suggestion_of(catalogue, allowed, Fitting("2 GiB", {}, on_gpu=True)) is None


async def test_only_what_is_allowed_can_be_listed(fresh: Project, size: tuple[int, int]) -> None:
    set_use(fresh, UseSpec(use="commercial", adult=True))
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(fresh.root, "model")
        await shows(pilot, "open models")
        rows = app.screen.query_one("#models", RowList)
        await until(pilot, lambda: any("gemma-2" in row.key for row in rows.rows), "all are listed")
        before = len(rows.rows)
        await pilot.press("f")
        await shows(pilot, "of 75: allowed to earn money with it")
        await until(pilot, lambda: 2 < len(rows.rows) < before, "some are left out")
        assert not any("gemma-2" in row.key or "gemma-3" in row.key for row in rows.rows)
        assert any(row.key == "Qwen/Qwen2.5-7B-Instruct" for row in rows.rows)
        await pilot.press("f")
        await until(pilot, lambda: len(rows.rows) == before, "all are back")
        await pilot.press("down", "down", "down", "slash", *typed("r1 distill llama 8b"))
        await until(pilot, lambda: len(rows.rows) == 1, "one is found")
        assert rows.marked_key == rows.rows[0].key, "the first that was found is marked"
        assert str(rows.rows[0].cells[2]) == "llama3.1", "the base's terms, not the card's mit"
        await pilot.press("enter")
        await shows(pilot, "enter takes the marked model")


async def test_only_what_may_fit_a_card_can_be_listed(fresh: Project, size: tuple[int, int]) -> None:
    keep_card(card_from("RTX 3060 12 GB"))
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(fresh.root, "model")
        await shows(pilot, "open models")
        rows = app.screen.query_one("#models", RowList)
        await until(pilot, lambda: len(rows.rows) > 60, "all are listed")
        before = len(rows.rows)
        await pilot.press("m")
        await shows(pilot, "of 75 may fit RTX 3060 12 GiB", "By a lean setting", "m shows all again.")
        left = {row.key for row in rows.rows}
        assert {"HuggingFaceTB/SmolLM2-135M-Instruct", "Qwen/Qwen2.5-7B-Instruct", "demo"} <= left
        assert not left & {"meta-llama/Llama-3.3-70B-Instruct", "deepseek-ai/DeepSeek-R1"}
        await pilot.press("m")
        await until(pilot, lambda: len(rows.rows) == before, "all are back")


async def test_a_model_that_is_not_mine_cannot_be_accepted(fresh: Project) -> None:
    app = wizard(ascii=True)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(fresh.root, "model")
        await shows(pilot, "Demo model", "open models")
        await pilot.press("l")
        await shows(pilot, "You may do this")
        await pilot.press("enter")
        await shows(pilot, "This is not your model yet")
        assert isinstance(app.screen, LicenceScreen)
        assert frame(app).isascii()
    assert fresh.load().licence.accepted is None
