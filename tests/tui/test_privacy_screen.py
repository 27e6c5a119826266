"""The review: every key, and what stands on disk after it; its walks at both sizes."""

from __future__ import annotations

from pathlib import Path

from engine.privacy.store import FindingsStore
from tests.tui.conftest import both_sizes, until, wizard
from tests.tui.findings import private_project
from tests.tui.privacy_pages import decision, marked, opened, said, screen_of, text_of
from tui.screens.bulk import BulkScreen
from tui.screens.privacy import PrivacyScreen
from tui.screens.privacy_parts import SearchField
from tui.widgets.keyline import KeyLine
from tui.widgets.places import Places
from tui.widgets.value_list import ValueList


@both_sizes
async def test_the_review_shows_values_and_the_marked_one_in_context(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        shown = text_of(pilot)
        assert "2 of 9 values decided" in shown  # the card and the e-mail address are certain by their form
        assert "16 findings in 6 rows" in shown
        assert "Maya Lindqvist" in shown
        assert marked(pilot).value == "May"
        assert marked(pilot).differs
        assert "≠" in shown
        assert "row 2, you" in shown
        assert "▌May▐" in shown
        assert "≠ .42 to .85 sure by place" in shown
        assert ".42 sure: its form" in shown
        await until(pilot, lambda: f"becomes {screen_of(pilot)._becomes(marked(pilot))}" in text_of(pilot), "becomes")


@both_sizes
async def test_hide_keep_later_and_undo(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        first = marked(pilot).value
        await pilot.press("a")
        assert decision(project, first) == "hide"
        assert "hidden in all its 3 places" in said(pilot)
        second = marked(pilot).value
        assert second != first
        await pilot.press("x")
        assert decision(project, second) == "keep"
        assert "stays as it is" in said(pilot)
        assert "✗ keep" in text_of(pilot)
        assert "4 of 9 values decided" in text_of(pilot)
        third = marked(pilot)
        await pilot.press("space")
        assert marked(pilot).id != third.id
        assert decision(project, third.value) is None
        assert "stays hidden" in said(pilot)
        await pilot.press("u", "u")
        assert decision(project, first) is None
        assert marked(pilot).value == first
        assert "Taken back" in said(pilot)
        await pilot.press("u")
        assert said(pilot) == "Nothing is left to take back."
        while marked(pilot).entity != "SECRET":
            await pilot.press("j")
        assert "Tulip63" not in text_of(pilot)
        assert "Tu·····" in text_of(pilot)
        await pilot.press("A")
        assert "turn up elsewhere, it is hidden" in said(pilot)
        await pilot.press("end", "a")
        assert "End of the list; 6 values are open: f." in said(pilot)


async def test_what_is_taken_back_is_said_also_where_another_window_decided_it(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project) as pilot:
        await pilot.press("x")
        with FindingsStore(project.findings_file) as store:
            uppsala = next(row for row in store.values(0, 100) if row.value == "Uppsala")
            store.decide_values([uppsala.id], "keep", "person")
        await pilot.press("u")
        assert said(pilot) == "Taken back: keep Uppsala"
        await pilot.press("u")
        assert said(pilot).startswith("Taken back: May stays as it is")


async def test_a_dialog_that_is_left_does_not_read_the_project_again(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project) as pilot:
        screen = screen_of(pilot)
        spec = screen.spec
        await pilot.press("R", "escape")
        await until(pilot, lambda: pilot.app.screen is screen, "back")
        assert screen.spec is spec
        project.update(lambda spec: spec.model_copy(update={"name": "another"}))
        await pilot.press("R", "escape")
        await until(pilot, lambda: screen.spec.name == "another", "what somebody else wrote")


async def test_decisions_of_an_earlier_sitting_can_be_taken_back(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project) as pilot:
        await pilot.press("x")
    async with opened(project) as pilot:
        assert decision(project, "May") == "keep"
        await pilot.press("u")
        assert decision(project, "May") is None


@both_sizes
async def test_here_only_does_the_opposite_at_one_place(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        row = marked(pilot)
        await pilot.press("tab", "down")
        assert screen_of(pilot).query_one(Places).has_focus
        await pilot.press("A")
        with FindingsStore(project.findings_file) as store:
            places = store.places(row.id, 0, 10)
        assert [place.effective for place in places] == ["hide", "keep", "hide"]
        assert said(pilot) == "Row 4 only: kept. Elsewhere May is hidden."
        assert "kept here" in text_of(pilot)
        await pilot.press("A")
        assert said(pilot) == "Row 4 only: hidden. Elsewhere May is hidden."
        await pilot.press("u", "u")
        with FindingsStore(project.findings_file) as store:
            assert all(place.decision is None for place in store.places(row.id, 0, 10))


@both_sizes
async def test_moving_in_list_and_places(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        values, places = screen_of(pilot).query_one(ValueList), screen_of(pilot).query_one(Places)
        for key, where in (("down", 1), ("j", 2), ("up", 1), ("k", 0), ("end", 8), ("home", 0), ("pagedown", 8)):
            await pilot.press(key)
            assert values.marked == where, key
        await pilot.press("pageup")
        assert values.marked == 0
        while marked(pilot).value != "Maya Lindqvist":
            await pilot.press("down")
        await pilot.press("tab")
        for key, where in (("down", 1), ("j", 2), ("k", 1), ("up", 0), ("end", 4), ("home", 0)):
            await pilot.press(key)
            assert places.marked == where, key
        await pilot.press("pagedown", "pagedown")
        assert places.marked > 2
        assert places.current is not None
        await pilot.press("pageup", "shift+tab")
        assert values.has_focus


@both_sizes
async def test_search_filter_and_order(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        values = screen_of(pilot).query_one(ValueList)
        await pilot.press("slash", *"maya")
        await until(pilot, lambda: values.count == 2, "two values with maya")
        assert "2 found" in text_of(pilot)
        await pilot.press("enter")
        assert values.has_focus
        await pilot.press("slash", *"zz")
        await until(pilot, lambda: values.count == 0, "nothing")
        assert "No values have “zz” in them." in text_of(pilot)
        await pilot.press("enter", "a", "x", "A", "space", "1", "e", "n", "r")
        assert "There is no value here" in said(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: values.count == 9, "all values, and still here")
        await pilot.press("slash", "escape")
        assert values.has_focus
        await pilot.press("home", "f")
        assert values.count == 7
        first = marked(pilot).id
        await pilot.press("a")
        assert values.count == 6
        assert marked(pilot).id != first
        await pilot.press("u")
        assert marked(pilot).id == first
        await pilot.press("f", "o")
        assert values.count == 9
        assert "o order: most seen" in text_of(pilot)
        await pilot.press("home")
        assert marked(pilot).value == "Maya Lindqvist"


@both_sizes
async def test_a_whole_type_with_a_preview(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        await pilot.press("a", "home", "t")
        await until(pilot, lambda: isinstance(pilot.app.screen, BulkScreen), "the dialog")
        await pilot.pause()
        assert "Hides 1 of 2 values of the type PERSON" in text_of(pilot)
        await pilot.press("x", "o")
        shown = text_of(pilot)
        assert "Keeps 2 of 2 values of the type PERSON" in shown
        assert "the model will see them" in " ".join(shown.split()).lower().replace("│", "")
        await pilot.press("a", "o", "enter")
        await until(pilot, lambda: "PERSON: hidden" in said(pilot), "done")
        assert decision(project, "Maya Lindqvist") == "hide"
        await pilot.press("u")
        assert decision(project, "Maya Lindqvist") is None
        assert decision(project, "May") == "hide"
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, BulkScreen), "the dialog")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, PrivacyScreen), "back")


@both_sizes
async def test_the_mouse_marks_rows_and_places_and_works_the_keys_line(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        screen = screen_of(pilot)
        await pilot.click(ValueList, offset=(4, 4))
        assert screen.query_one(ValueList).marked == 3
        assert marked(pilot).value == "Maya Lindqvist"
        await pilot.pause()
        lines = text_of(pilot).splitlines()
        second = [number for number, line in enumerate(lines) if ", them" in line or ", you" in line][1]
        places = screen.query_one(Places)
        await pilot.click(Places, offset=(4, second - places.region.y))
        assert places.marked == 1
        line = screen.query_one(KeyLine)
        start = "".join(segment.text for segment in line.render_line(0)).index("a Hide")
        await pilot.click(KeyLine, offset=(start, 0))
        assert decision(project, "Maya Lindqvist") == "hide"
        row = marked(pilot)
        assert row.entity != "LOCATION"
        types = screen.query_one(SearchField)
        await pilot.click(SearchField, offset=(types.placeholder.index("2 PLACE") + 3 + types.gutter.left, 0))
        await until(pilot, lambda: "is a place now" in text_of(pilot), "retyped by a click")


async def test_every_key_of_the_review_is_on_the_help_page(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        commands = screen_of(pilot).commands()
        assert all(command.tooltip and command.id for command in commands)
        keys = {key for command in commands for key in command.key_labels}
        assert {*"123456789enrRvwaxAufotp", "space", "/", "enter"} <= keys
        await pilot.press("question_mark")
        await until(pilot, lambda: not isinstance(pilot.app.screen, PrivacyScreen), "help")
        await pilot.pause()
        assert "names, addresses" in text_of(pilot)
        await pilot.press("escape")


async def test_plain_letters_only(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    app = wizard(ascii=True)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_place(project, "privacy")
        await until(pilot, lambda: isinstance(app.screen, PrivacyScreen) and app.screen.page == "review", "the review")
        await pilot.pause()
        shown = text_of(pilot)
        assert shown.isascii()
        assert "[May]" in shown
