"""The creator's own recognisers in the wizard: writing one, trying it while writing, and on the rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine.privacy.own_try import try_on_rows
from engine.project import Project
from engine.spec import DataSpec, OwnSpec
from tests.tui.conftest import both_sizes, until
from tests.tui.findings import private_project
from tests.tui.privacy_pages import opened, screen_of, text_of
from tui.screens.own import OwnEditScreen, OwnScreen
from tui.screens.privacy import PrivacyScreen


@asynccontextmanager
async def editing(
    project: Project, size: tuple[int, int] = (80, 24), page: str = "review"
) -> AsyncIterator[tuple[Pilot[int], OwnEditScreen]]:
    """The page on which one is written, opened by its keys."""
    async with opened(project, size, page) as pilot:
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, OwnScreen), "the list")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, OwnEditScreen), "the page")
        form = pilot.app.screen
        assert isinstance(form, OwnEditScreen)
        yield pilot, form


async def type_in(pilot: Pilot[int], page: OwnEditScreen, **fields: str) -> None:
    for name, text in fields.items():
        page.query_one(f"#{name}").focus()
        await pilot.press(*["space" if letter == " " else letter for letter in text])


def own_of(project: Project) -> list[OwnSpec]:
    return project.load().redaction.own


@both_sizes
async def test_a_pattern_is_tried_while_it_is_typed_and_kept(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with editing(project, size) as (pilot, page):
        await type_in(pilot, page, name="order no")
        page.query_one("#pattern").value = r"ORD-\d+"  # type: ignore[attr-defined]
        await type_in(pilot, page, sample="pay ORD-7 and ORD-88")
        await until(pilot, lambda: page.found is not None and len(page.found) == 2, "two hits")
        await pilot.pause()
        shown = text_of(pilot)
        assert "2 hits: ORD-7, ORD-88" in shown
        assert "its findings are called ORDER_NO" in shown
        await pilot.press("backspace", "backspace", "backspace", "backspace", "backspace", "backspace")
        await until(pilot, lambda: page.found is not None and len(page.found) == 1, "one hit")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, OwnScreen), "back in the list")
        await pilot.pause()
        assert r"/ORD-\d+/" in text_of(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: [one.pattern for one in own_of(project)] == [r"ORD-\d+"], "kept")
        await until(pilot, lambda: screen_of(pilot).page == "scan", "the page asks for another search")


async def test_words_are_tried_on_the_first_rows(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with editing(project, size) as (pilot, page):
        await type_in(pilot, page, name="place", words="uppsala, card")
        await pilot.press("f5")
        await until(pilot, lambda: page.tried is not None, "the rows")
        await pilot.pause()
        shown = text_of(pilot)
        assert "3 hits in 3 of your first 6 rows" in shown
        assert "row 2" in shown
        assert "Uppsala" in shown


async def test_a_broken_pattern_is_explained_at_its_letter(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with editing(project, size) as (pilot, page):
        await type_in(pilot, page, name="x", pattern="ab(c")
        await pilot.pause()
        lines = text_of(pilot).splitlines()
        assert any("The pattern stops making sense at letter 5" in line for line in lines)
        row = next(number for number, line in enumerate(lines) if "or pattern" in line)
        assert lines[row + 1].index("^") == lines[row].index("ab(c") + 4
        await pilot.press("enter")
        assert pilot.app.screen is page, "it is not kept"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, OwnScreen), "back")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, PrivacyScreen), "back")
        assert own_of(project) == []


async def test_a_pattern_that_runs_for_ever_is_given_up(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    async with editing(project) as (pilot, page):
        await type_in(pilot, page, name="x")
        page.query_one("#pattern").value = "(a|aa)+$"  # type: ignore[attr-defined]
        page.query_one("#sample").value = "a" * 60 + "!"  # type: ignore[attr-defined]
        await until(pilot, lambda: "takes too long" in text_of(pilot), "the message")
        assert page.found is None


async def test_words_and_a_pattern_or_a_name_twice_are_refused(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    has_one(project)
    async with editing(project, page="scan") as (pilot, page):
        await type_in(pilot, page, name="Client code", words="a b")
        assert page.made() == "Another one has that name: CLIENT_CODE."
        await type_in(pilot, page, pattern="x")
        assert page.made() == "Give words or a pattern, not both."


def has_one(project: Project) -> None:
    own = [OwnSpec(name="client code", words=["Blue Heron"])]
    project.update(lambda spec: spec.model_copy(update={"redaction": spec.redaction.model_copy(update={"own": own})}))


async def test_one_is_changed_and_removed(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    has_one(project)
    async with opened(project, size, "scan") as pilot:
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, OwnScreen), "the list")
        await pilot.pause()
        assert "Blue Heron" in text_of(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, OwnEditScreen), "the page")
        page = pilot.app.screen
        assert isinstance(page, OwnEditScreen)
        await type_in(pilot, page, words=", Fjord")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, OwnScreen), "the list")
        await pilot.press("escape")
        await until(pilot, lambda: own_of(project)[0].words == ["Blue Heron", "Fjord"], "changed")
        await until(pilot, lambda: isinstance(pilot.app.screen, PrivacyScreen), "the page")
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, OwnScreen), "the list")
        await pilot.press("d", "escape")
        await until(pilot, lambda: own_of(project) == [], "removed")


def test_rows_are_searched_up_to_a_number(tmp_path: Path) -> None:
    data = private_project(tmp_path / "p").load().data
    assert isinstance(data, DataSpec)
    may = OwnSpec(name="x", pattern="M.y")
    everywhere, first = try_on_rows(data, may), try_on_rows(data, may, rows=2)
    assert (everywhere.rows, first.rows) == (6, 2)
    assert first.hits < everywhere.hits
    example = everywhere.examples[0]
    assert (example.row, example.match) == (0, "May")
    assert len(everywhere.examples) == 5
    assert try_on_rows(data, may, go_on=lambda: False).rows == 0


@pytest.mark.parametrize("words", [["Blue Heron"], ["青鷺"]])
def test_nothing_found_is_no_error(tmp_path: Path, words: list[str]) -> None:
    data = private_project(tmp_path / "p").load().data
    assert isinstance(data, DataSpec)
    assert try_on_rows(data, OwnSpec(name="x", words=words)).hits == 0
