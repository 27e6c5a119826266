"""The keys of the training page over recorded jobs."""

from __future__ import annotations

from typing import Any

import pytest

import tui.screens.train_keys as train_keys_module
from engine.errors import PrivacyRefusedError
from engine.jobs.events import (
    StoppedEvent,
    WarningEvent,
)
from engine.project import Project
from tests.tui.conftest import until
from tests.tui.recorded import (
    RecordedJob,
    step_event,
    steps_to,
)
from tests.tui.train_page import fast_clocks, job, opened, project, shows, spoken, text
from tui.screens.frame import Problem
from tui.widgets.logview import LogView

__all__ = ["fast_clocks", "job", "project"]


async def test_pause_freezes_the_picture_while_the_job_goes_on(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(20))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "   20 of 1,960"), "the first steps")
        await pilot.press("p")
        assert "the job goes on" in spoken(screen)
        job.emit(step_event(21))
        await until(pilot, lambda: screen.job and screen.job.snapshot.done == 21, "the job's news")
        screen._tick()
        assert "   20 of 1,960" in text(screen, "state")
        await pilot.press("p")
        assert "   21 of 1,960" in text(screen, "state")
        assert "safe to close" in spoken(screen)


async def test_a_paused_picture_moves_again_when_the_job_ends(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(20))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "running"), "the run")
        await pilot.press("p")
        job.emit(StoppedEvent(by="you"))
        await until(pilot, shows(screen, "state", "stopped"), "the end")


async def test_stop_asks_first_and_then_asks_the_job(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(20))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "running"), "the run")
        await pilot.press("S")
        await until(pilot, lambda: screen.app.screen is not screen, "the question")
        await pilot.press("enter")
        await until(pilot, lambda: screen.app.screen is screen, "staying is the default")
        assert not job.folder.stop_file.exists()
        await pilot.press("S")
        await until(pilot, lambda: screen.app.screen is not screen, "the question")
        await pilot.press("down", "enter")
        await until(pilot, job.folder.stop_file.exists, "the request")
        await until(pilot, shows(screen, "state", "stopping: it saves a checkpoint first"), "the state")
        job.emit(StoppedEvent(by="you"))
        await until(pilot, shows(screen, "state", "stopped by you"), "the end")


async def test_leave_goes_home_and_the_job_stays(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(20))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "running"), "the run")
        await pilot.press("l")
        await until(pilot, lambda: screen.app.screen is not screen, "home")
        assert not job.folder.stop_file.exists()


async def test_resume_checks_the_gates_then_starts_a_job(
    project: Project, job: RecordedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.emit(*steps_to(300), StoppedEvent(by="you"))
    started: list[tuple[str, dict[str, Any]]] = []
    refusal = [PrivacyRefusedError("Not redacted yet.", "", "Go to Privacy.")]

    def gates(*_: object) -> None:
        if refusal:
            raise refusal.pop()

    monkeypatch.setattr(train_keys_module, "before_training", gates)
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "stopped"), "the state")
        monkeypatch.setattr(screen, "start_job", lambda kind, spec=None: started.append((kind, spec)))
        await pilot.press("g")
        await until(pilot, lambda: screen.query_one(Problem).error, "the refusal")
        assert not started
        await pilot.press("enter")
        await until(pilot, lambda: started, "the job")
        assert started == [("train", {"resume": True})]


async def test_new_run_goes_to_the_confirm_page(
    project: Project, job: RecordedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.emit(*steps_to(20), StoppedEvent(by="you"))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "stopped"), "the state")
        went: list[str] = []
        monkeypatch.setattr(screen, "go_to", went.append)
        await pilot.press("n")
        assert went == ["confirm"]


async def test_log_has_all_warnings_and_the_tail(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(20))
    job.emit(WarningEvent(code="a", title="First warning.", what="Details.", hint="Do this."))
    job.emit(WarningEvent(code="b", title="Second warning."))
    job.log("a line of a library\n")
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "warning", "Second warning. (2 in all: tab)"), "the warning line")
        await pilot.press("tab")
        log = screen.query_one(LogView)
        await until(pilot, lambda: "a line of a library" in log.text, "the log")
        for words in ("Warnings: 2", "First warning.", "Details.", "Do this.", "Second warning.", "log.txt"):
            assert words in log.text
        assert not screen.query_one("#watch").display
        job.log("another line\n")
        screen._tick()
        await until(pilot, lambda: "another line" in log.text, "the log goes on")
        await pilot.press("home", "end", "tab")
        await until(pilot, lambda: screen.query_one("#watch").display, "the curves")
