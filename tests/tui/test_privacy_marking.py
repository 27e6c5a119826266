"""The review in few keys: several values at once, corrections that decide, and where the pointer goes."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from engine.privacy.store import FindingsStore
from engine.project import Project
from tests.tui.conftest import until
from tests.tui.findings import private_project
from tests.tui.privacy_pages import decision, marked, opened, said, screen_of, text_of
from tui.screens.ends import EndsScreen
from tui.screens.privacy import PrivacyScreen
from tui.widgets.places import Places
from tui.widgets.value_list import ValueList


def listed(pilot: Pilot[int]) -> ValueList:
    return screen_of(pilot).query_one(ValueList)


def names(project: Project, *, open_ones: bool = False) -> list[str]:
    with FindingsStore(project.findings_file) as store:
        return [row.value for row in store.values(0, 100, undecided_only=open_ones)]


async def test_several_values_are_decided_by_one_key_and_undone_by_one(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project) as pilot:
        values = listed(pilot)
        await pilot.press("home", "J", "shift+down", "J", "K")
        assert [row.value for row in values.chosen] == names(project)[:3]
        assert "3 values are marked" in said(pilot)
        assert sum(line.startswith("▸") for line in text_of(pilot).splitlines()) == 3
        await pilot.press("x")
        assert [decision(project, name) for name in names(project)[:3]] == ["keep"] * 3
        assert "3 values stay as they are" in said(pilot)
        assert (values.marked, len(values.span)) == (3, 1)
        await pilot.press("u")
        assert [row.value for row in values.chosen] == names(project)[:3], "undo marks them again"
        await pilot.press("2")
        assert "one value at a time" in said(pilot)
        assert len(values.span) == 1


async def test_a_marking_is_let_go(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project) as pilot:
        values = listed(pilot)
        await pilot.press("home", "shift+pagedown")
        assert len(values.span) == values.count
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, PrivacyScreen)
        assert len(values.span) == 1
        await pilot.press("home", "J", "space")
        assert len(values.span) == 1
        await pilot.press("J", "up")
        assert len(values.span) == 1
        await pilot.press("home")
        await pilot.click(ValueList, offset=(4, 3), shift=True)
        assert values.span == range(3)
        await pilot.click(ValueList, offset=(4, 2))
        assert values.span == range(1, 2)


async def test_a_correction_decides_and_goes_on(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project) as pilot:
        values = listed(pilot)
        before = names(project)
        await pilot.press("home", "9")
        assert decision(project, before[0]) == "hide"
        assert "hidden as that" in said(pilot)
        assert marked(pilot).value == before[1]
        await pilot.press("u")
        assert (decision(project, before[0]), marked(pilot).value) == (None, before[0])
        at = before.index("Maya Lindqvist")
        values.action_move_to(at)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EndsScreen) and pilot.app.screen.is_mounted, "ends")
        await pilot.press("b", "w", "b", "4")
        await until(pilot, lambda: "HANDLE  Maya" in text_of(pilot), "both are shown")
        await pilot.press("enter")
        await until(pilot, lambda: "Maya is what is found now, in 5 places" in said(pilot), "the words")
        with FindingsStore(project.findings_file) as store:
            [found] = [row for row in store.values(0, 100) if row.value == "Maya"]
        assert (found.entity, found.decision, found.by) == ("USERNAME", "hide", "person")
        assert marked(pilot).value != "Maya"


async def test_who_comes_back_is_led_to_what_is_open(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    with FindingsStore(project.findings_file) as store:
        store.decide_values([row.id for row in store.values(0, 2)], "hide", "person")
    async with opened(project) as pilot:
        assert marked(pilot).value == names(project, open_ones=True)[0]


async def test_a_slim_window_has_the_context_below_the_list(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, (60, 20)) as pilot:
        places, values = screen_of(pilot).query_one(Places), listed(pilot)
        assert places.region.y > values.region.bottom
        assert places.size.height >= 6
        assert "▌" in text_of(pilot)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: places.region.y == values.region.y, "side by side again")


async def test_the_pointer_goes_past_what_is_decided_but_not_while_one_corrects(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    with FindingsStore(project.findings_file) as store:
        store.decide_values([row.id for row in store.values(1, 2)], "hide", "rule")
    first, second, third, fourth, fifth = names(project)[:5]
    async with opened(project) as pilot:
        await pilot.press("home", "a")
        assert marked(pilot).value == fourth, "two that are decided were passed over"
        await pilot.press("home", "space")
        assert marked(pilot).value == fourth
        await pilot.press("home", "x")
        assert (decision(project, first), marked(pilot).value) == ("keep", second), "a correction goes on by one"
        await pilot.press("x")
        assert marked(pilot).value == third
        await pilot.press("u", "u", "u")
        assert (marked(pilot).value, decision(project, first)) == (first, None)
        await pilot.press("down", "down", "down", "J", "a")
        assert [decision(project, name) for name in (fourth, fifth)] == ["hide", "hide"]
