"""The review beyond hide and keep: types, ends, new findings, rules and blind spots; each page at both sizes."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from engine.privacy import blind
from engine.privacy.findings import ValueRow
from engine.privacy.rules import rules_of
from engine.privacy.store import FindingsStore
from engine.project import Project
from tests.tui.conftest import both_sizes, until
from tests.tui.findings import CHATS, findings, private_project, scan
from tests.tui.privacy_pages import decision, marked, opened, redacted, said, screen_of, text_of
from tui.screens.ask import AskScreen
from tui.screens.blind import BlindScreen
from tui.screens.ends import EndsScreen
from tui.screens.frame import SpeakLine
from tui.screens.new_finding import NewFindingScreen
from tui.screens.privacy import PrivacyScreen
from tui.screens.rules import RuleScreen, RulesScreen
from tui.widgets.marked_text import MarkedText
from tui.widgets.rows import RowList
from tui.widgets.value_list import ValueList


async def mark(pilot: Pilot[int], value: str) -> None:
    """Put the pointer on a value; the keys that move it have a test of their own."""
    values = screen_of(pilot).query_one(ValueList)
    at = [index for index in range(values.count) if (row := values.row(index)) and row.value == value]
    assert at, f"no {value}"
    values.action_move_to(at[0])
    await pilot.pause()


async def open_dialog(pilot: Pilot[int], key: str, screen: type) -> None:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, screen) and pilot.app.screen.is_mounted, screen.__name__)
    await pilot.pause()


async def back(pilot: Pilot[int]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, PrivacyScreen), "back in the review")
    await pilot.pause()


def value(project: Project, text: str) -> ValueRow:
    with FindingsStore(project.findings_file) as store:
        return next(row for row in store.values(0, 100) if row.value == text)


# -- types and ends -------------------------------------------------------------------------------------------------


@both_sizes
async def test_one_to_nine_change_the_type(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        assert "1 PERSON 2 PLACE 3 ADDRESS 4 HANDLE 5 EMAIL 6 PHONE 7 SECRET 8 ID 9 ORG" in text_of(pilot)
        await mark(pilot, "Uppsala")
        entities = ("PERSON", "LOCATION", "ADDRESS", "USERNAME", "EMAIL_ADDRESS", "PHONE_NUMBER")
        for key, entity in enumerate((*entities, "SECRET", "GOVERNMENT_ID", "ORGANIZATION"), 1):
            await mark(pilot, "Uppsala")
            await pilot.press(str(key))
            assert value(project, "Uppsala").entity == entity
            assert ("Up·····" if entity == "SECRET" else "Uppsala") in said(pilot)
        await pilot.press(*"u" * 9)
        assert value(project, "Uppsala").entity == "LOCATION"
        await mark(pilot, "Uppsala")
        await pilot.press("2")
        assert "already" in said(pilot)


@both_sizes
async def test_e_moves_the_ends(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        await mark(pilot, "Maya Lindqvist")
        await open_dialog(pilot, "e", EndsScreen)
        await pilot.press(*["left"] * 10)
        shown = text_of(pilot)
        assert "in its" not in shown
        assert "in 5 of its 5 places" in shown
        await pilot.press("right", "left", "enter")
        await back(pilot)
        await until(pilot, lambda: "Maya is what is found now, in 5 places" in said(pilot), "the words")
        assert value(project, "Maya").count == 5
        await pilot.press("u")
        assert value(project, "Maya Lindqvist").count == 5
        await mark(pilot, "Maya Lindqvist")
        await open_dialog(pilot, "e", EndsScreen)
        await pilot.press(*["shift+left"] * 4, "shift+right", "shift+left")
        assert "in 1 of its 5 places; elsewhere it stays" in text_of(pilot)
        await pilot.press("enter")
        await back(pilot)
        await until(pilot, lambda: "hey Maya Lindqvist is what is found now" in said(pilot), "the words")
        assert value(project, "Maya Lindqvist").count == 4
        await open_dialog(pilot, "e", EndsScreen)
        await pilot.press("right", "escape")
        await back(pilot)
        assert value(project, "hey Maya Lindqvist").count == 1


# -- new findings ---------------------------------------------------------------------------------------------------


@both_sizes
async def test_n_marks_what_was_missed_and_finds_it_everywhere(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        await mark(pilot, "May")
        await open_dialog(pilot, "n", NewFindingScreen)
        screen = pilot.app.screen
        assert isinstance(screen, NewFindingScreen)
        assert screen.marked == "is"
        await pilot.press("right", "left", "down", "up", "tab")
        assert screen.marked == "are"
        await pilot.press("shift+right", "shift+right", "shift+left", "9")
        assert screen.marked == "are you"
        assert "ORG" in text_of(pilot)
        await pilot.press("shift+tab", "j", "k")
        await pilot.click(MarkedText, offset=(1, 0))
        assert screen.marked == "that"
        await pilot.press("escape")
        await back(pilot)
        await open_dialog(pilot, "n", NewFindingScreen)
        await pilot.press("right", "7", "enter")
        await back(pilot)
        await until(pilot, lambda: "Found in 1 place, and hidden" in said(pilot), "the words")
        found = value(project, "quiet")
        assert (found.entity, found.decision, found.by) == ("SECRET", "hide", "person")
        await pilot.press("u")
        with FindingsStore(project.findings_file) as store:
            assert "quiet" not in [row.value for row in store.values(0, 100)]
        await mark(pilot, "Maya Lindqvist")
        await open_dialog(pilot, "n", NewFindingScreen)
        await pilot.press("left", "enter")
        await until(pilot, lambda: "only inside what is found" in said(pilot), "what is found already is not added")


# -- rules ----------------------------------------------------------------------------------------------------------


@both_sizes
async def test_r_makes_rules_and_shift_r_takes_them_off(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        await mark(pilot, "Uppsala")
        await open_dialog(pilot, "r", RuleScreen)
        await until(pilot, lambda: "Hides 1 value in 2 places: Uppsala" in text_of(pilot), "the preview: enter is safe")
        await pilot.press("x")
        await until(pilot, lambda: "Keeps 1 value in 2 places: Uppsala" in text_of(pilot), "the preview of keeping")
        await pilot.press("a", "x", "down")
        await until(pilot, lambda: "^Uppsala$" in text_of(pilot), "the pattern")
        await pilot.press("e")
        field = pilot.app.screen.query_one(Input)
        assert field.has_focus
        field.value = "("
        await until(pilot, lambda: "cannot be a rule" in text_of(pilot), "the error")
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, RuleScreen)
        field.value = "sala$"
        await until(pilot, lambda: "Keeps 1 value in 2 places" in text_of(pilot), "the preview")
        await pilot.press("enter")
        await back(pilot)
        await until(pilot, lambda: "Rule: never flag /sala$/" in said(pilot), "the words")
        assert decision(project, "Uppsala") == "keep"
        assert "by a rule" in text_of(pilot)
        await mark(pilot, "May")
        await open_dialog(pilot, "r", RuleScreen)
        await pilot.press("x", "down", "down")
        await until(pilot, lambda: "PERSON less than 0.86 sure" in text_of(pilot), "the score")
        await until(pilot, lambda: "Keeps 1 value in 3 places" in text_of(pilot), "the preview")
        await pilot.press("down")
        await until(pilot, lambda: "everything in messages.*.content" in text_of(pilot), "the field")
        await pilot.press("e", "escape")
        await back(pilot)
        await open_dialog(pilot, "R", RulesScreen)
        assert "/sala$/" in text_of(pilot)
        await pilot.press("d")
        await back(pilot)
        await until(pilot, lambda: "off the list" in said(pilot), "the words")
        assert decision(project, "Uppsala") is None
        await pilot.press("u")
        assert decision(project, "Uppsala") == "keep"
        await pilot.press("u")
        assert decision(project, "Uppsala") is None
        await open_dialog(pilot, "R", RulesScreen)
        assert "There are none yet" in text_of(pilot)
        await pilot.press("escape")
        await back(pilot)
    with FindingsStore(project.findings_file) as store:
        assert rules_of(store) == []


# -- blind spots ----------------------------------------------------------------------------------------------------


def blind_words(pilot: Pilot[int]) -> str:
    return pilot.app.screen.query_one(SpeakLine).words


@both_sizes
async def test_v_shows_blind_spots_and_the_sample_proves_a_bound(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    scan(project, [one for one in findings() if one.row in (0, 2)])
    async with opened(project, size) as pilot:
        await open_dialog(pilot, "v", BlindScreen)
        await until(pilot, lambda: "of 4 rows without findings" in text_of(pilot), "the survey")
        shown = text_of(pilot)
        assert "Suspicious rows 4" in shown
        assert "many digits" in shown
        rows = pilot.app.screen.query_one(RowList)
        await pilot.press("j", "k", "space", "pagedown", "pageup")
        assert rows.marked == 1
        await pilot.press("tab")
        assert "to read" in text_of(pilot)
        await pilot.press("enter", "space")
        assert "0 leaks in 2: at most" in text_of(pilot)
        await pilot.press("u")
        assert "0 leaks in 1: at most 95 %, 95 % sure" in text_of(pilot)
        assert "Taken back" in blind_words(pilot)
        await pilot.press("v", "v")
        await open_dialog(pilot, "n", NewFindingScreen)
        await pilot.press("right", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, BlindScreen), "back")
        await until(pilot, lambda: "and hidden" in blind_words(pilot), "found")
        assert "1 leak in 2" in text_of(pilot)
        await open_dialog(pilot, "d", AskScreen)
        await pilot.press("backspace", "0", "enter")
        await until(pilot, lambda: "1 to 10,000" in text_of(pilot), "the error")
        await pilot.press("backspace", "2", "enter")
        await until(pilot, lambda: "Random sample 2" in text_of(pilot), "another sample")
        await pilot.press("enter", "question_mark")
        await until(pilot, lambda: not isinstance(pilot.app.screen, BlindScreen), "help")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, BlindScreen), "back from help")
        await pilot.press("escape")
        await back(pilot)
        await open_dialog(pilot, "v", BlindScreen)
        await until(pilot, lambda: "0 leaks in 1: at most" in text_of(pilot), "what was read stays")


async def test_a_file_without_clean_rows(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project) as pilot:
        await open_dialog(pilot, "v", BlindScreen)
        await until(pilot, lambda: "No row looks suspicious" in text_of(pilot), "nothing")
        await pilot.press("tab", "enter", "n", "b")
        await back(pilot)


async def test_the_proof_shows_what_the_sample_says(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    scan(project, [one for one in findings() if one.row != 5])
    redacted(project)
    with FindingsStore(project.findings_file) as store:
        data = project.load().data
        assert data is not None
        blind.look(store, data)
        blind.judge(store, 0, "clean")
    assert len(CHATS) == 6
    async with opened(project, size, "proof") as pilot:
        assert "0 leaks in all 1 rows without findings" in " ".join(text_of(pilot).split())
        await open_dialog(pilot, "v", BlindScreen)


async def test_what_a_value_becomes_is_shown(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        await mark(pilot, "Maya Lindqvist")
        row = marked(pilot)
        wanted = screen_of(pilot)._becomes(row)
        # The key is drawn anew in each run, so is the name; a long surname is cut at the edge of the column.
        await until(pilot, lambda: f"becomes {wanted.split()[0]}" in text_of(pilot), wanted)
        assert row.value not in wanted
