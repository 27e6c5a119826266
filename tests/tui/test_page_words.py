"""What pages say and how it is broken into lines: the functions behind them, without an app."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import psutil
import pytest
from textual.events import Key

from engine.jobs.events import FailedEvent
from engine.privacy.rewrite import LATE
from engine.privacy.rowscan import NameList
from engine.project import Project
from engine.spec import STEPS
from engine.steps import StepStatus, take_step
from tests.conftest import wait_until
from tests.tui.conftest import frame, shows, until, wizard
from tests.tui.recorded import RecordedJob
from tui.charset import ASCII, UNICODE, plain
from tui.data_report import guessed_mapping
from tui.entities import reason_for
from tui.model_facts import Fact
from tui.model_list import filter_note
from tui.preview_rows import Preview
from tui.proof import Proof
from tui.screens.doctor import ask_doctor
from tui.screens.palette import PaletteScreen
from tui.widgets.facts import fact_lines
from tui.widgets.path_field import typed_path
from tui.widgets.rows import RowList
from tui.widgets.stepper import way_line
from tui.widgets.text import field_words, size_text
from tui.widgets.wrap import lines_within


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        (" ~/chats.jsonl ", "~/chats.jsonl"),
        ("'/data/my chats.jsonl' ", "/data/my chats.jsonl"),
        ('"/data/my chats.jsonl"', "/data/my chats.jsonl"),
        ("/data/my\\ chats.jsonl", "/data/my chats.jsonl"),
        ("file:///data/my%20chats.jsonl", "/data/my chats.jsonl"),
        ("HuggingFaceTB/SmolLM2-135M", "HuggingFaceTB/SmolLM2-135M"),
        ("'", "'"),
    ],
)
def test_a_pasted_path_is_the_path_that_is_meant(pasted: str, meant: str) -> None:
    assert typed_path(pasted) == meant


@pytest.mark.parametrize("width", [120, 80, 60, 40, 30])
def test_the_open_step_is_in_sight_at_every_width(width: int) -> None:
    statuses = [StepStatus(step, "done" if at < 6 else "todo") for at, step in enumerate(STEPS)]
    for here, title in (("train", "● Train"), ("ship", "● Ship"), ("model", "● Model")):
        line = way_line(statuses, here, width, UNICODE)
        assert title in line.plain
        assert line.cell_length <= width
    assert way_line(statuses, "train", 120, UNICODE).plain.count("✓") == 5


def test_a_long_fact_goes_on_below_its_value_and_loses_nothing() -> None:
    sha = "5dc1fbe99189890828784a9c35bf7863ec9c213d0fca42673533fb4f8d87d0ba"
    lines = [line.plain for line in fact_lines([Fact("size", "850 kB"), Fact("sha256", sha)], "", 60, UNICODE)]
    assert all(len(line) <= 60 for line in lines)
    assert lines[1].startswith("sha256  5dc1")
    assert lines[2].startswith("        ")
    assert (lines[1][8:] + lines[2][8:]) == sha
    asks = fact_lines([Fact("licence", "unknown", attention=True)], "read the terms", 40, UNICODE)
    assert [line.plain for line in asks] == ["licence  ! unknown", "read the terms"]


def test_words_are_kept_within_their_lines() -> None:
    assert lines_within("one two three four", 9, 2, UNICODE) == ["one two", "three fo…"]
    assert lines_within("one two", 9, 2, UNICODE) == ["one two"]


def test_every_filter_says_how_it_is_taken_off() -> None:
    assert filter_note(False, False) == ""
    notes = {both: filter_note(*both) for both in ((True, False), (False, True), (True, True))}
    assert "m shows" in notes[True, False]
    assert "f shows" in notes[False, True]
    assert "m also shows" in notes[True, True]
    assert all(len(note) <= 78 for note in notes.values())


def test_large_sizes_and_figures_in_plain_letters() -> None:
    assert size_text(1.35e12) == "1.4 TB"
    assert plain("-46 %, ±3", ASCII) == "-46 %, +-3"


def test_rows_that_were_left_out_are_not_counted_as_written() -> None:
    content = {"original": {"rows": 152}, "redacted": {"rows": 98}, "findings": {"rows": 150}}
    assert Proof(content, "").lines[0] == ("rows", 98, "written; 150 of 152 held personal details")


def test_what_a_left_out_row_needs_is_said_for_one_and_for_many() -> None:
    one, many = (Preview({"dropped": count}, ()).warnings[-1].hint for count in (1, 2))
    assert "goes on without it;" in one
    assert "goes on without them;" in many


def test_columns_are_guessed_only_where_each_has_its_part() -> None:
    assert guessed_mapping("prompt_completion", ["picture", "caption"]) == {
        "prompt": "picture",
        "completion": "caption",
    }
    assert guessed_mapping("prompt_completion", ["id", "picture", "caption"]) == {}


async def test_columns_nobody_knows_are_mapped_in_the_wizard(project: Project, tmp_path: Path) -> None:
    from engine.actions import choose_data

    file = tmp_path / "captions.csv"
    file.write_text("picture,caption\na beach,Sunday light\n")
    choose_data(project, str(file))
    project.check_file.unlink(missing_ok=True)
    RecordedJob(project, "check", {}).emit(FailedEvent(code="unknown_shape", title="The columns are unknown."))
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(project.root, "data")
        await shows(pilot, "The columns are unknown.", "m Columns")
        await pilot.press("m")
        await shows(pilot, "Its columns: picture, caption.", "▸ question and answer")
        await pilot.press("enter")
        await shows(pilot, "prompt          picture", "completion      caption")


async def test_letters_after_a_slash_are_text_and_the_keys_line_says_what_enter_does(project: Project) -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(project.root, "model")
        await shows(pilot, "open models")
        # In one go, as they come over a slow line: the first opens the field, the others are on their way already.
        for letter in "/gemma":
            app.post_message(Key("slash" if letter == "/" else letter, letter))
        await shows(pilot, "▸ Gemma", "enter Take it", "esc Leave the field", "F1 Help")
        assert "may fit" not in frame(app)


async def test_the_palette_offers_each_possible_thing_once(project: Project) -> None:
    project.update(lambda spec: take_step("model", spec))
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(project.root, "model")
        await shows(pilot, "open models")
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, PaletteScreen), "the palette is open")
        keys = [row.key for row in app.screen.query_one("#commands", RowList).rows]
    assert "model.stop" not in keys
    assert len([key for key in keys if key.endswith(".quit")]) == 1


async def test_whoever_leaves_while_the_doctor_looks_need_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, told = tmp_path / "slow", tmp_path / "pid"
    slow.write_text(f"#!/bin/sh\necho $$ > {told}.part && mv {told}.part {told}\nexec sleep 600\n")
    slow.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(slow))
    looking = asyncio.create_task(ask_doctor())
    await asyncio.to_thread(wait_until, told.exists, "the doctor's process")
    process = psutil.Process(int(told.read_text()))
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    process.wait(10)


def test_what_no_form_gave_away_has_its_reason() -> None:
    wanted = NameList(names={"Maya Lindqvist": 0.9}).wanted(["Rosewood Studio"])
    assert {reason_for(one.source) for one in wanted} == {"your own words", "named elsewhere"}
    assert reason_for(LATE) == "a second look", "what is found late has no form of its own"


def test_turns_are_counted_as_people_count() -> None:
    assert field_words("messages.1.content") == "turn 2"
    assert field_words("conversations.0.value") == "turn 1"
    assert field_words("meta.title") == "meta.title"
