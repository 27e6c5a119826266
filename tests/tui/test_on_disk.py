"""The person's file is another one than was read: home and pages say so, and the data is read again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from engine.actions import choose_data, choose_model
from engine.errors import PrivacyRefusedError, TunesmithError, UsageError
from engine.files import sha256_of
from engine.jobs.events import FailedEvent
from engine.on_disk import CHANGED
from engine.project import Project, create_project
from engine.spec import STEPS, ProjectSpec
from engine.steps import step_statuses, take_step
from tests.tui.conftest import shows, wizard
from tests.tui.recorded import RecordedJob
from tui.key_hints import with_keys
from tui.on_disk import file_reason, with_file


@pytest.fixture
def read(tmp_path: Path, chats: Path) -> Project:
    """A project whose data was read and whose steps were all taken."""
    made, _ = create_project(tmp_path / "fan-voice")
    choose_model(made, "demo")
    choose_data(made, chats)

    def walk(spec: ProjectSpec) -> ProjectSpec:
        assert spec.data
        spec = spec.model_copy(update={"data": spec.data.model_copy(update={"sha256": sha256_of(chats)})})
        for step in STEPS:
            spec = take_step(step, spec)
        return spec

    made.update(walk)
    made.check_file.parent.mkdir()
    made.check_file.write_text(json.dumps({"path": str(chats), "rows": 5, "usable": 3, "shape": "messages"}))
    return made


def test_only_other_content_is_a_reason(read: Project, chats: Path) -> None:
    spec = read.load()
    assert file_reason(read, spec) == ""
    os.utime(chats)
    assert file_reason(read, spec) == "", "touched, and the same"
    older = chats.with_name("other.jsonl")
    older.write_text("{}\n")
    os.utime(older, (1, 1))
    older.rename(chats)
    assert file_reason(read, spec) == CHANGED, "moved here with an older date"
    assert file_reason(read, spec, at_most=2) is None, "too large to be read for a list"
    told = with_file(step_statuses(spec), CHANGED)
    assert [(one.step, one.reason) for one in told if one.state == "stale"] == [("data", CHANGED)]
    chats.unlink()
    assert file_reason(read, spec) == ""


async def test_a_changed_file_is_told_at_home_and_on_every_page_and_read_again(read: Project, chats: Path) -> None:
    with chats.open("a") as file:
        file.write('{"messages": [{"role": "user", "content": "tea?"}, {"role": "assistant", "content": "Tea."}]}\n')
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Data        your file was changed")
        app.open_project(read.root, "preview")
        await shows(pilot, "! Data", "your file was changed. Press ! to go there")
        await pilot.press("exclamation_mark")
        await shows(pilot, "● Data", "6  rows in the file", "the data was changed. Press !")


def test_errors_name_keys_where_a_page_mends_them() -> None:
    refused = PrivacyRefusedError("Not hidden yet.", "x", "Run `tunesmith redact /p`.", code="never_redacted")
    assert with_keys(refused, "preview").hint == "F3, then Privacy: enter writes the redacted file again."
    assert with_keys(refused, "privacy").hint == "Enter writes the redacted file again."
    changed = PrivacyRefusedError("Changed.", "x", "Run `tunesmith scan /p`, then ...", code="original_changed")
    assert with_keys(changed, "preview").hint.startswith("F3, then Data: ")
    other = UsageError("Other.", "x", "See `tunesmith --help`.")
    assert with_keys(other, "data") is other
    assert isinstance(with_keys(changed, "data"), TunesmithError)


async def test_a_failure_from_before_the_project_was_changed_is_not_told_again(read: Project) -> None:
    read.update(lambda spec: spec.model_copy(update={"steps": {k: v for k, v in spec.steps.items() if k != "preview"}}))
    job = RecordedJob(read, "preview")
    job.emit(FailedEvent(code="original_changed", title="The data changed.", what="x", hint="y"))
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(read.root, "preview")
        await shows(pilot, "✗ The data changed.", "F3, then Data")
        app.go_home()
        read.update(lambda spec: spec)
        app.open_project(read.root, "preview")
        await shows(pilot, "What will the model see?", "enter renders the rows")
        assert app.screen.query_one("Problem").error is None  # type: ignore[attr-defined]


async def test_the_page_that_confirms_does_not_ask_for_what_it_mends_and_says_what_is_cut(project: Project) -> None:
    project.preview_folder.mkdir()
    summary = {"rows": 78, "longest_tokens": 851, "median_tokens": 41}
    (project.preview_folder / "summary.json").write_text(json.dumps(summary))
    shorter = project.load().recipe.model_copy(update={"max_length": 256})
    project.update(lambda spec: spec.model_copy(update={"recipe": shorter}))
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(project.root, "confirm")
        await shows(pilot, "! rows over 256 tokens lose their end", "! Preview: the length limit was changed. Press !")
        await pilot.press("Y")
        await shows(pilot, "tunesmith train ")
