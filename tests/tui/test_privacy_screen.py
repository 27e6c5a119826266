"""The privacy step: every key of the review at both sizes, the pages before and after it, and what stands on disk."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from engine.errors import BusyError
from engine.files import sha256_of
from engine.jobs.events import FailedEvent, FinishedEvent, PhaseEvent, ProgressEvent
from engine.privacy.findings import Action, ValueRow
from engine.privacy.operators import operators_of
from engine.privacy.profiles import load_profile
from engine.privacy.store import FindingsStore
from engine.project import Project
from engine.spec import ProjectSpec
from engine.steps import take_step
from tests.tui.findings import findings, private_project, scan
from tests.tui.recorded import RecordedJob, until
from tui.app import TunesmithApp
from tui.entities import short_name
from tui.proof import read_proof
from tui.screens.bulk import BulkScreen
from tui.screens.frame import Problem, SpeakLine
from tui.screens.preview import PreviewScreen
from tui.screens.privacy import PrivacyScreen
from tui.screens.privacy_pages import known_from
from tui.screens.privacy_parts import ReviewHead
from tui.screens.privacy_review import ReviewPage
from tui.widgets.keyline import KeyLine
from tui.widgets.places import Places, context
from tui.widgets.value_list import ValueList
from tui.widgets.wrap import wrap_cells

SIZES = ((80, 24), (120, 40))
both_sizes = pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])


@asynccontextmanager
async def opened(project: Project, size: tuple[int, int] = (80, 24), page: str = "review") -> AsyncIterator[Pilot[int]]:
    """The wizard on the privacy step, settled on a page."""
    app = TunesmithApp()
    async with app.run_test(size=size) as pilot:
        app.open_place(project, "privacy")
        await until(pilot, lambda: isinstance(app.screen, PrivacyScreen) and app.screen.is_mounted, "the screen")
        screen = screen_of(pilot)
        await until(pilot, lambda: screen.page == page, f"the page {page}")
        await until(pilot, lambda: not [one for one in screen.workers if one.group == "settle"], "the gate's answer")
        await pilot.pause()
        yield pilot


def screen_of(pilot: Pilot[Any]) -> PrivacyScreen:
    screen = next(one for one in pilot.app.screen_stack if isinstance(one, PrivacyScreen))
    return screen


def said(pilot: Pilot[Any]) -> str:
    return screen_of(pilot).query_one(SpeakLine).words


def marked(pilot: Pilot[Any]) -> ValueRow:
    row = screen_of(pilot).query_one(ValueList).current
    assert row is not None
    return row


def decision(project: Project, value: str) -> Action | None:
    with FindingsStore(project.findings_file) as store:
        return next(row for row in store.values(0, 100) if row.value == value).decision


def text_of(pilot: Pilot[Any]) -> str:
    """What stands on the screen, as text."""
    screen = pilot.app.screen
    lines = screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines)


def add_row(project: Project) -> None:
    """The creator goes on collecting."""
    data = project.load().data
    assert data is not None
    with Path(data.path).open("a") as file:
        file.write('{"messages": []}\n')


def redacted(project: Project, **report: Any) -> None:
    """The project as a redaction leaves it."""
    file = project.root / "privacy" / "redacted.jsonl"
    file.write_text('{"messages": []}\n')
    with FindingsStore(project.findings_file) as store:
        fingerprint, source = store.fingerprint(), store.meta("source_sha256")

    def record(spec: ProjectSpec) -> ProjectSpec:
        changed = {
            "path": "privacy/redacted.jsonl",
            "sha256": sha256_of(file),
            "source_sha256": source,
            "decisions": fingerprint,
            "made_with": operators_of(spec.redaction, load_profile(spec.redaction.profile)).fingerprint(),
            "residual": 0,
        }
        spec = spec.model_copy(update={"redaction": spec.redaction.model_copy(update=changed)})
        return take_step("privacy", spec)

    project.update(record)
    content = {
        "original": {"rows": 6},
        "redacted": {"rows": 6},
        "findings": {"total": 16, "rows": 6},
        "replaced": {"PERSON": 7, "EMAIL_ADDRESS": 1, "LOCATION": 2},
        "left_out": {"unreadable": 0, "duplicates": 1},
        "found_by_second_look": 2,
        "decisions": {"findings_by": {"person": 3, "rule": 2, "default": 11}},
        "literal_search": {"values": 9, "hits": 0},
        "residual": {"count": 0},
    }
    project.proof_file.write_text(json.dumps({**content, **report}))


# -- the review -----------------------------------------------------------------------------------------------------


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
        await until(pilot, lambda: f"becomes {screen_of(pilot)._becomes(marked(pilot))}" in text_of(pilot), "becomes")


@both_sizes
async def test_secrets_are_masked(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        while marked(pilot).entity != "SECRET":
            await pilot.press("j")
        shown = text_of(pilot)
        assert "Tulip63" not in shown
        assert "Tu·····" in shown


@both_sizes
async def test_hide_and_keep_decide_everywhere_and_go_on(tmp_path: Path, size: tuple[int, int]) -> None:
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


@both_sizes
async def test_space_leaves_it_for_later(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        first = marked(pilot)
        await pilot.press("space")
        assert marked(pilot).id != first.id
        assert decision(project, first.value) is None
        assert "stays hidden" in said(pilot)


@both_sizes
async def test_undo_goes_back_as_far_as_one_likes(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        first = marked(pilot).value
        await pilot.press("x", "x", "a", "u", "u", "u")
        assert decision(project, first) is None
        assert marked(pilot).value == first
        assert "Taken back" in said(pilot)
        await pilot.press("u")
        assert said(pilot) == "Nothing is left to take back."


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
async def test_search_filters_while_typing_and_escape_ends_it(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        values = screen_of(pilot).query_one(ValueList)
        await pilot.press("slash", *"maya")
        await until(pilot, lambda: values.count == 2, "two values with maya")
        assert "2 found" in text_of(pilot)
        await pilot.press("enter")
        assert values.has_focus
        await pilot.press("a")
        assert said(pilot)
        await pilot.press("slash", "escape")
        await until(pilot, lambda: values.count == 9, "all values")
        assert values.has_focus


@both_sizes
async def test_filter_shows_what_is_open(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        values = screen_of(pilot).query_one(ValueList)
        await pilot.press("f")
        assert values.count == 7
        first = marked(pilot).id
        await pilot.press("a")
        assert values.count == 6
        assert marked(pilot).id != first
        await pilot.press("u")
        assert marked(pilot).id == first
        await pilot.press("f", "o")
        assert values.count == 9
        assert "order: most seen" in text_of(pilot)
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


@both_sizes
async def test_every_key_of_the_review_is_on_the_help_page(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project, size) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: not isinstance(pilot.app.screen, PrivacyScreen), "help")
        await pilot.pause()
        assert "personal" in text_of(pilot) or "names, addresses" in text_of(pilot)
        commands = screen_of(pilot).commands()
        assert all(command.tooltip and command.id for command in commands)
        await pilot.press("escape")


async def test_plain_letters_only(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    app = TunesmithApp(ascii=True)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_place(project, "privacy")
        await until(pilot, lambda: isinstance(app.screen, PrivacyScreen) and app.screen.page == "review", "the review")
        await pilot.pause()
        shown = text_of(pilot)
        assert shown.isascii()
        assert "[May]" in shown


# -- before and after -----------------------------------------------------------------------------------------------


@both_sizes
async def test_before_the_scan(tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    project = private_project(tmp_path / "p", scanned=False)
    started: list[str] = []
    monkeypatch.setattr(PrivacyScreen, "start_job", lambda _self, kind, _spec=None: started.append(kind))
    async with opened(project, size, "scan") as pilot:
        assert "Is there anything personal in your rows?" in text_of(pilot)
        await pilot.press("w", *"Maya L, Uppsala", "enter")
        assert project.load().redaction.known_values == ["Maya L", "Uppsala"]
        assert not started
        await pilot.press("enter")
        assert started == ["scan"]


async def test_what_was_typed_counts_also_without_enter(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p", scanned=False)
    async with opened(project, page="scan") as pilot:
        await pilot.press("w", *"Maya", "tab")
        screen_of(pilot).set_focus(None)
        await until(pilot, lambda: project.load().redaction.known_values == ["Maya"], "saved")
        assert screen_of(pilot).query_one("#known", Input).value == "Maya"


def test_known_values_are_split_and_cleaned() -> None:
    assert known_from(" Maya  Lindqvist, ,Uppsala,Uppsala ") == ["Maya Lindqvist", "Uppsala"]


@both_sizes
async def test_changed_data_asks_for_another_scan(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    add_row(project)
    async with opened(project, size, "scan") as pilot:
        await until(pilot, lambda: "Your data changed since it was searched" in text_of(pilot), "the reason")
        assert "enter searches again" in said(pilot)


async def test_new_words_of_ones_own_ask_for_another_scan(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project) as pilot:
        await pilot.press("w")
        assert screen_of(pilot).page == "scan"
        screen_of(pilot).set_focus(None)
        await pilot.press("question_mark")
        await until(pilot, lambda: not isinstance(pilot.app.screen, PrivacyScreen), "help")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, PrivacyScreen), "back from help")
        await until(pilot, lambda: not [one for one in screen_of(pilot).workers if one.group == "settle"], "settled")
        assert screen_of(pilot).page == "scan"
        screen_of(pilot).set_focus(None)
        await pilot.press("b")
        assert screen_of(pilot).page == "review"


@both_sizes
async def test_a_scan_is_followed_and_its_findings_come_up(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p", scanned=False)
    job = RecordedJob(project, "scan")
    job.emit(PhaseEvent(name="scan", text="looking for personal data"))
    job.emit(ProgressEvent(done=312, total=2140, unit="rows", eta_s=40))
    async with opened(project, size, "work") as pilot:
        await until(pilot, lambda: "312 of 2,140 rows" in text_of(pilot), "the progress")
        shown = text_of(pilot)
        assert "40 s to go" in shown
        assert "safe to close this window" in shown
        scan(project, findings())
        job.emit(FinishedEvent())
        await until(pilot, lambda: screen_of(pilot).page == "review", "the review")
        await pilot.pause()
        assert "values decided" in text_of(pilot)


async def test_a_failed_scan_says_why(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p", scanned=False)
    job = RecordedJob(project, "scan")
    async with opened(project, page="work") as pilot:
        job.emit(FailedEvent(code="data", title="The data cannot be read.", what="line 3", hint="Mend it."))
        await until(pilot, lambda: screen_of(pilot).page == "scan", "the scan page")
        error = screen_of(pilot).query_one(Problem).error
        assert error is not None
        assert error.title == "The data cannot be read."


async def test_s_stops_a_running_job(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p", scanned=False)
    job = RecordedJob(project, "scan")
    async with opened(project, page="work") as pilot:
        await pilot.press("s")
        await until(pilot, job.folder.stop_file.exists, "the request")


@both_sizes
async def test_commit_starts_the_redaction_and_says_what_stays(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = private_project(tmp_path / "p")
    jobs: list[RecordedJob] = []

    def launch(_root: Path, kind: str, _spec: dict[str, Any], *, force: bool = False) -> Any:
        jobs.append(RecordedJob(project, kind))
        return jobs[-1].folder

    monkeypatch.setattr("tui.screens.base.launch", launch)
    async with opened(project, size) as pilot:
        await pilot.press("a", "enter")
        await until(pilot, lambda: screen_of(pilot).page == "work", "the job")
        await pilot.pause()
        assert "6 values you did not look at stay hidden." in text_of(pilot)
        redacted(project)
        jobs[0].emit(FinishedEvent())
        await until(pilot, lambda: screen_of(pilot).page == "proof", "the proof")
        await pilot.pause()
        shown = text_of(pilot)
        assert "Nothing that was hidden is left" in shown
        assert "redacted.jsonl" in shown
        assert "places by nobody, and so hidden" in shown
        await pilot.press("b")
        assert screen_of(pilot).page == "review"


async def test_a_busy_machine_says_so_and_the_review_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def launch(*_: Any, **__: Any) -> Any:
        raise BusyError("Another heavy job is running on this machine.", "train-1", "Wait for it.")

    monkeypatch.setattr("tui.screens.base.launch", launch)
    project = private_project(tmp_path / "p")
    async with opened(project) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: screen_of(pilot).query_one(Problem).error is not None, "the message")
        assert screen_of(pilot).page == "review"


@both_sizes
async def test_the_proof_comes_up_again_and_enter_goes_on(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    redacted(project)
    async with opened(project, size, "proof") as pilot:
        assert "letter by letter" in text_of(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PreviewScreen), "the preview")


async def test_changed_decisions_ask_for_another_redaction(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    redacted(project)
    with FindingsStore(project.findings_file) as store:
        store.decide_values([store.values(0, 1)[0].id], "keep", "person")
    async with opened(project) as pilot:
        await until(pilot, lambda: "decisions changed" in said(pilot), "the reason")


async def test_a_redacted_file_changed_by_hand_is_noticed(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    redacted(project)
    (project.root / "privacy" / "redacted.jsonl").write_text("{}\n")
    async with opened(project) as pilot:
        await until(pilot, lambda: "changed by hand" in said(pilot), "the reason")


async def test_a_broken_findings_file_is_a_message(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    for file in project.findings_file.parent.glob("findings.sqlite*"):
        file.unlink()
    project.findings_file.write_bytes(b"not a database, not at all" * 100)
    async with opened(project, page="scan") as pilot:
        error = screen_of(pilot).query_one(Problem).error
        assert error is not None
        assert error.title == "The findings cannot be read."


def test_what_is_left_over_is_said(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    redacted(project, residual={"count": 3}, literal_search={"values": 9, "hits": 0})
    proof = read_proof(project, project.load())
    assert proof is not None
    assert not proof.clean
    assert "3 places" in proof.verdict


# -- parts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [12, 20, 40])
def test_the_context_keeps_the_value_in_sight(width: int, tmp_path: Path) -> None:
    from tui.charset import UNICODE

    project = private_project(tmp_path / "p")
    with FindingsStore(project.findings_file) as store:
        for row in store.values(0, 100):
            for place in store.places(row.id, 0, 10):
                lines = context(place, row.entity, width, 2, UNICODE)
                assert len(lines) <= 2
                assert all(line.cell_length <= width + 1 for line in lines)
                assert UNICODE.mark_left in "".join(line.plain for line in lines)


def test_wide_signs_are_wrapped_by_cells() -> None:
    assert wrap_cells("日本語の文章です", 6) == ["日本語", "の文章", "です"]
    assert wrap_cells("a bb ccc", 4) == ["a bb", "ccc"]


def test_every_short_name_fits() -> None:
    for entity in ("PERSON", "US_PASSPORT", "SOMETHING_VERY_LONG", "DATE_OF_BIRTH"):
        assert 0 < len(short_name(entity)) <= 8


async def test_the_head_and_list_read_pages_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int] = []
    values = FindingsStore.values

    def counted(self: FindingsStore, offset: int, limit: int, *rest: Any, **more: Any) -> list[ValueRow]:
        limits.append(limit)
        return values(self, offset, limit, *rest, **more)

    monkeypatch.setattr(FindingsStore, "values", counted)
    project = private_project(tmp_path / "p")
    async with opened(project) as pilot:
        assert screen_of(pilot).query_one(ReviewHead)
        assert screen_of(pilot).query_one(ReviewPage).undecided == 7
    assert limits
    assert max(limits) <= 64
