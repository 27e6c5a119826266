"""The evaluation page over recorded jobs and reports."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

import tui.screens.base as base_module
from engine.files import atomic_write
from engine.jobs.events import FailedEvent, FinishedEvent, PhaseEvent, ProgressEvent, SampleEvent
from engine.project import Project
from engine.steps import take_step
from tests.tui.conftest import both_sizes, until
from tests.tui.recorded import BEFORE_TRAIN, RecordedJob, make_project
from tui.app import TunesmithApp
from tui.screens.evaluate import EvaluateScreen
from tui.screens.frame import Problem, Rule, SpeakLine
from tui.terminal import Terminal
from tui.widgets.lines import Lines
from tui.widgets.logview import TextView

RUN = "train-20261122-020000-ab12"


@pytest.fixture(autouse=True)
def fast_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_module, "_POLL_SECONDS", 0.05)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project", (*BEFORE_TRAIN, "train"), run=RUN)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs that the page starts; none runs."""
    kinds: list[str] = []
    monkeypatch.setattr(EvaluateScreen, "start_job", lambda _self, kind, spec=None: kinds.append(kind))
    return kinds


def report(base: float | None = 2.31, tuned: float | None = 1.49, answers: int = 5) -> dict[str, Any]:
    return {
        "run": RUN,
        "holdout_rows": 214 if base else 0,
        "base": {"loss": base, "perplexity": 10.07 if base else None},
        "tuned": {"loss": tuned, "perplexity": 4.44 if tuned else None},
        "answers": [
            {
                "prompt": f"Question {number}: are you free on Friday?",
                "base": f"Base answer {number}. " * 4,
                "tuned": f"Tuned answer {number}.\nWith a second line.",
                "reference": f"True answer {number}.",
            }
            for number in range(1, answers + 1)
        ],
    }


def save(project: Project, content: dict[str, Any] | str) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    atomic_write(project.evaluation_file(RUN), text)
    project.update(lambda spec: take_step("evaluate", spec))


@asynccontextmanager
async def opened(
    project: Project, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Pilot[Any], EvaluateScreen]]:
    app = TunesmithApp(terminal=Terminal())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.open_place(project, "evaluate")
        await until(pilot, lambda: isinstance(app.screen, EvaluateScreen) and app.screen.is_mounted, "the page")
        screen = app.screen
        assert isinstance(screen, EvaluateScreen)
        yield pilot, screen


def figures(screen: EvaluateScreen) -> str:
    return "\n".join(line.plain for line in screen.query_one("#figures", Lines).lines)


def answer(screen: EvaluateScreen) -> str:
    return screen.query_one(TextView).text


def spoken(screen: EvaluateScreen) -> str:
    return screen.query_one(SpeakLine).words


@both_sizes
async def test_a_report_shows_both_models_with_their_meaning(
    project: Project, started: list[str], size: tuple[int, int]
) -> None:
    save(project, report())
    async with opened(project, size) as (pilot, screen):
        await until(pilot, lambda: "loss" in figures(screen), "the figures")
        head, loss, wavering = figures(screen).splitlines()
        assert "measured on 214 rows" in head
        assert loss.split()[:3] == ["loss", "2.310", "1.490"]
        assert "✓ -35 %" in loss
        assert wavering.split()[:3] == ["perplexity", "10.07", "4.44"]
        assert spoken(screen).startswith("1.49 - lower is better; the base model has 2.31.")
        beside = [line for line in answer(screen).splitlines() if "Base answer 1" in line and "Tuned answer 1" in line]
        assert bool(beside) == (size[0] == 120)
        for words in ("Question 1", "Base answer 1", "Tuned answer 1", "True answer 1"):
            assert words in answer(screen)
        assert not started


async def test_keys_move_between_the_answers_and_enter_ships(
    project: Project, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    save(project, report())
    async with opened(project) as (pilot, screen):
        await until(pilot, lambda: "Question 1" in answer(screen), "the first answer")
        await pilot.press("down")
        assert "Question 2" in answer(screen)
        assert screen.query_one("#which", Rule).title == "the same prompt to both: 2 of 5"
        await pilot.press("up", "up")
        assert "Question 5" in answer(screen)
        await pilot.press("pagedown", "pageup")
        went: list[str] = []
        monkeypatch.setattr(screen, "go_to", went.append)
        await pilot.press("enter")
        assert went == ["ship"]
        await pilot.press("r")
        assert started == ["evaluate"]


async def test_a_resize_puts_the_answers_beside_each_other(project: Project, started: list[str]) -> None:
    save(project, report())
    async with opened(project) as (pilot, screen):
        await until(pilot, lambda: "Question 1" in answer(screen), "the first answer")
        await pilot.resize_terminal(120, 40)
        await until(
            pilot,
            lambda: any("Base" in line and "Tuned" in line for line in answer(screen).splitlines()),
            "side by side",
        )


async def test_without_a_report_it_measures_by_itself(project: Project, started: list[str]) -> None:
    async with opened(project) as (pilot, _screen):
        await until(pilot, lambda: started == ["evaluate"], "the job")


async def test_before_training_nothing_is_started(tmp_path: Path, started: list[str]) -> None:
    async with opened(make_project(tmp_path / "fresh")) as (pilot, screen):
        await until(pilot, lambda: "Not measured yet" in spoken(screen), "the words")
        assert not started


async def test_a_running_job_shows_answers_as_they_come_and_then_the_report(
    project: Project, started: list[str]
) -> None:
    job = RecordedJob(project, "evaluate")
    job.emit(PhaseEvent(name="answers", text="Asking both models"), ProgressEvent(done=1, total=5, unit="prompts"))
    async with opened(project) as (pilot, screen):
        await until(pilot, lambda: screen.job_runs, "the job")
        job.emit(SampleEvent(prompt="Who are you?", base="A model.", tuned="Your writer.", reference=""))
        await until(pilot, lambda: "Your writer." in answer(screen), "the answer")
        assert "It is safe to leave" in spoken(screen)
        save(project, report())
        job.emit(FinishedEvent())
        await until(pilot, lambda: "2.310" in figures(screen), "the report")
        assert "Question 1" in answer(screen)


async def test_a_failed_job_is_told_and_not_started_again(project: Project, started: list[str]) -> None:
    job = RecordedJob(project, "evaluate")
    async with opened(project) as (pilot, screen):
        await until(pilot, lambda: screen.job_runs, "the job")
        job.emit(FailedEvent(code="x", title="Out of memory.", hint="Lower it."))
        await until(pilot, lambda: screen.query_one(Problem).error, "the error")
        assert not started
        await pilot.press("enter")
        assert started == ["evaluate"]


async def test_a_worse_result_is_said_plainly(project: Project, started: list[str]) -> None:
    save(project, report(base=1.4, tuned=1.6))
    async with opened(project) as (pilot, screen):
        await until(pilot, lambda: "1.600" in figures(screen), "the figures")
        assert "not better than the base model's 1.40" in spoken(screen)
        assert "! +14 %" in figures(screen)


async def test_no_holdout_leaves_the_answers(project: Project, started: list[str]) -> None:
    save(project, report(base=None, tuned=None))
    async with opened(project) as (pilot, screen):
        await until(pilot, lambda: "No rows were kept apart" in figures(screen), "the words")
        assert "Question 1" in answer(screen)


@pytest.mark.parametrize("broken", ["{", "[]", '{"run": 1}'])
async def test_a_damaged_report_is_a_message(project: Project, started: list[str], broken: str) -> None:
    save(project, broken)
    async with opened(project) as (pilot, screen):
        await until(pilot, lambda: screen.query_one(Problem).error, "the error")
        error = screen.query_one(Problem).error
        assert error is not None
        assert error.title == "The evaluation cannot be read."


def test_every_key_has_an_id_and_a_tooltip() -> None:
    for command in EvaluateScreen.commands():
        assert command.id
        assert command.tooltip
