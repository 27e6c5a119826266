"""The preview step: the numbers in words, leafing through rows, what is marked, and the job that renders them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.jobs.events import FailedEvent, FinishedEvent, PhaseEvent, ProgressEvent, StoppedEvent
from engine.project import Project
from engine.spec import ProjectSpec
from engine.steps import take_step
from tests.tui.conftest import both_sizes, until, wizard
from tests.tui.privacy_pages import text_of
from tests.tui.recorded import RecordedJob, make_project
from tui.charset import UNICODE
from tui.preview_rows import Preview, PreviewRow, read_preview
from tui.screens.frame import Problem, SpeakLine
from tui.screens.preview import PreviewScreen
from tui.screens.recipe import RecipeScreen
from tui.widgets.rendered_row import RenderedRow, row_lines
from tui.widgets.wrap import wrap_ranges

SUMMARY: dict[str, Any] = {
    "rows": 12,
    "train_rows": 10,
    "holdout_rows": 2,
    "tokens": 412_000,
    "supervised_tokens": 103_000,
    "median_tokens": 164,
    "longest_tokens": 1318,
    "longest_line": 5,
    "truncated": 1,
    "cut_tokens": 294,
    "dropped": 0,
    "eos_supervised_share": 0.99,
    "max_length": 1024,
}


def write_preview(project: Project, *, taken: bool = True, **summary: Any) -> None:
    """The files as the job writes them."""
    project.preview_folder.mkdir(exist_ok=True)
    ask = "<|im_start|>user\nhey <PERSON_1>, is it still 80?<|im_end|>\n<|im_start|>assistant\n"
    rows = []
    for index in range(12):
        long = index == 4
        answer = "yes, and thank you for asking. " * (60 if long else 1) + ("" if long else "<|im_end|>")
        row = {"index": index, "line": index + 1, "tokens": 1318 if long else 164, "cut_tokens": 294 if long else 0}
        row |= {"supervised_tokens": 42, "eos_trained": not long, "holdout": index == 2}
        rows.append({**row, "pieces": [[ask, False], [answer, True], ["\n", False]]})
    (project.preview_folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    (project.preview_folder / "summary.json").write_text(json.dumps({**SUMMARY, **summary}))
    if taken:
        project.update(lambda spec: take_step("preview", spec))


def project_at_preview(root: Path) -> Project:
    return make_project(root, ("model", "data", "privacy"))


@asynccontextmanager
async def opened(project: Project, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[int]]:
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_place(project, "preview")
        await until(pilot, lambda: isinstance(app.screen, PreviewScreen) and app.screen.is_mounted, "the screen")
        yield pilot


def screen_of(pilot: Pilot[Any]) -> PreviewScreen:
    return next(one for one in pilot.app.screen_stack if isinstance(one, PreviewScreen))


def row_of(pilot: Pilot[Any]) -> PreviewRow:
    row = screen_of(pilot).query_one(RenderedRow).row
    assert row is not None
    return row


async def rows_shown(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: screen_of(pilot).query_one(RenderedRow).row is not None, "the rows")
    await pilot.pause()


async def test_the_numbers_in_words_and_the_first_row(tmp_path: Path, size: tuple[int, int]) -> None:
    project = project_at_preview(tmp_path / "p")
    write_preview(project)
    async with opened(project, size) as pilot:
        await rows_shown(pilot)
        shown = " ".join(text_of(pilot).split())
        assert "bold and underlined is what it learns to say" in shown
        assert "10 rows to learn from" in shown
        assert "103,000 (25 %)" in shown
        assert "1,318 tokens" in shown
        assert "! 1 row is longer than" in shown
        assert "row 1 of 12" in shown
        assert "set max length to 1,318 in Recipe" in screen_of(pilot).query_one(SpeakLine).words


async def test_leafing(tmp_path: Path, size: tuple[int, int]) -> None:
    project = project_at_preview(tmp_path / "p")
    write_preview(project)
    async with opened(project, size) as pilot:
        await rows_shown(pilot)
        for key, line in (("n", 2), ("right", 3), ("p", 2), ("left", 1), ("p", 1), ("l", 5), ("n", 6)):
            await pilot.press(key)
            assert row_of(pilot).line == line, key
        await pilot.press("c")
        assert row_of(pilot).line == 5
        await pilot.pause()
        assert "cut row 1 of 1" in text_of(pilot)
        await pilot.press("n", "c")
        assert len(screen_of(pilot).shown) == 12


@both_sizes
async def test_scrolling_in_a_row(tmp_path: Path, size: tuple[int, int]) -> None:
    project = project_at_preview(tmp_path / "p")
    write_preview(project)
    async with opened(project, size) as pilot:
        await rows_shown(pilot)
        await pilot.press("l")
        rendered = screen_of(pilot).query_one(RenderedRow)
        await pilot.press("end")
        assert "here it is cut: 294 more tokens are not seen" in text_of(pilot)
        bottom = rendered.scroll_offset.y
        await pilot.press("home")
        assert rendered.scroll_offset.y == 0
        await pilot.press("down", "j")
        assert rendered.scroll_offset.y == min(2, bottom)
        await pilot.press("k", "up")
        assert rendered.scroll_offset.y == 0
        await pilot.press("pagedown", "pageup", "space", "n")
        assert rendered.scroll_offset.y == 0


async def test_a_running_job_is_followed(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead: list[Project] = []
    monkeypatch.setattr("tui.screens.recipe_ahead.plan_ahead", ahead.append)
    project = project_at_preview(tmp_path / "p")
    job = RecordedJob(project, "preview")
    job.emit(PhaseEvent(name="render", text="Rendering the rows"), ProgressEvent(done=3, total=12, unit="rows"))
    async with opened(project, size) as pilot:
        await until(pilot, lambda: "3 of 12 rows" in text_of(pilot), "the progress")
        assert "What will the model see?" in text_of(pilot)
        write_preview(project)
        job.emit(FinishedEvent())
        await rows_shown(pilot)
        assert "row 1 of 12" in text_of(pilot)
        await until(pilot, lambda: ahead == [project], "the plan of the next page")


async def test_the_first_visit_starts_rendering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(PreviewScreen, "start_job", lambda _self, kind, _spec=None: started.append(kind))
    async with opened(project_at_preview(tmp_path / "p")) as pilot:
        await until(pilot, lambda: started == ["preview"], "the job")
        await pilot.press("enter")
        assert started == ["preview", "preview"]


async def test_a_failure_says_why_and_is_not_tried_again_by_itself(tmp_path: Path) -> None:
    project = project_at_preview(tmp_path / "p")
    job = RecordedJob(project, "preview")
    job.emit(
        FailedEvent(code="no_chat_template", title="This model has no chat template.", what="m", hint="Choose ChatML.")
    )
    async with opened(project) as pilot:
        await until(pilot, lambda: screen_of(pilot).query_one(Problem).error is not None, "the message")
        assert "This model has no chat template." in text_of(pilot)


async def test_s_stops_the_job_and_what_would_follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead: list[Project] = []
    monkeypatch.setattr("tui.screens.recipe_ahead.plan_ahead", ahead.append)
    project = project_at_preview(tmp_path / "p")
    job = RecordedJob(project, "preview")
    async with opened(project) as pilot:
        await until(pilot, lambda: screen_of(pilot).job_runs, "the job")
        await pilot.press("s")
        await until(pilot, job.folder.stop_file.exists, "the request")
        job.emit(StoppedEvent(by="you"))
        await until(pilot, lambda: not screen_of(pilot).job_runs, "the end")
        assert not ahead


async def test_enter_goes_on_to_the_recipe(tmp_path: Path, size: tuple[int, int]) -> None:
    project = project_at_preview(tmp_path / "p")
    write_preview(project)
    async with opened(project, size) as pilot:
        await rows_shown(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RecipeScreen), "the recipe")


async def test_r_renders_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(PreviewScreen, "start_job", lambda _self, kind, _spec=None: started.append(kind))
    project = project_at_preview(tmp_path / "p")
    write_preview(project)
    async with opened(project) as pilot:
        await rows_shown(pilot)
        await pilot.press("r")
        assert started == ["preview"]


async def test_an_older_preview_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PreviewScreen, "start_job", lambda _self, _kind, _spec=None: None)
    project = project_at_preview(tmp_path / "p")
    write_preview(project)

    def longer(spec: ProjectSpec) -> ProjectSpec:
        return spec.model_copy(update={"recipe": spec.recipe.model_copy(update={"max_length": 2048})})

    project.update(longer)
    async with opened(project) as pilot:
        await rows_shown(pilot)
        assert "the length limit was changed" in screen_of(pilot).query_one(SpeakLine).words


async def test_a_damaged_preview_is_a_message(tmp_path: Path) -> None:
    project = project_at_preview(tmp_path / "p")
    write_preview(project)
    (project.preview_folder / "rows.jsonl").write_text('{"index": 1')
    async with opened(project) as pilot:
        await until(pilot, lambda: screen_of(pilot).query_one(Problem).error is not None, "the message")


def test_warnings_name_what_mends_them(tmp_path: Path) -> None:
    project = project_at_preview(tmp_path / "p")
    write_preview(
        project, eos_supervised_share=0.4, truncated=0, holdout_rows=0, dropped=3, dropped_reasons={"empty": 3}
    )
    preview = read_preview(project.preview_folder)
    assert preview is not None
    warnings = preview.warnings
    assert len(warnings) == 3
    assert all(line.hint for line in warnings)
    assert "3 rows left out: empty (3)." in [line.words for line in warnings]


def test_a_calm_preview_has_no_warnings() -> None:
    assert not Preview({**SUMMARY, "truncated": 0}, ()).warnings


def test_learned_text_is_marked_by_more_than_colour() -> None:
    pieces = (("<|im_start|>user\nhi<|im_end|>\n", False), ("yes\nno<|im_end|>", True))
    row = PreviewRow(0, 1, 9, 4, 0, True, False, pieces)
    lines = row_lines(row, 40, UNICODE)
    assert [line.plain for line in lines] == ["  <|im_start|>user↵", "  hi<|im_end|>↵", "▎ yes↵", "▎ no<|im_end|>"]
    assert any("bold underline" in str(span.style) for span in lines[2].spans)
    assert not any("bold" in str(span.style) for span in lines[0].spans)


@pytest.mark.parametrize("text", ["a bb  ccc dddddddddd e", "", " ", "日本語の文章です abc", "x" * 50])
def test_broken_lines_lose_nothing(text: str) -> None:
    ranges = wrap_ranges(text, 6)
    assert "".join(text[start:end] for start, end in ranges) == text
