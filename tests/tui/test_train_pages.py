"""The pages beside the picture of a training run: samples, health with its keys, and the runs compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tui.screens.train_keys as keys_module
from engine.jobs.events import AlertEvent, FinishedEvent, SampleEvent, SpentEvent, StoppedEvent
from engine.project import Project
from engine.spec import RecipeSpec
from engine.train.remedies import Done
from tests.tui.conftest import both_sizes, frame, until
from tests.tui.recorded import RecordedJob, beginning, step_event, steps_to
from tests.tui.train_page import fast_clocks, job, keys, opened, project, shows, spoken
from tui.screens.ask import ChooseScreen
from tui.screens.runs import RunsScreen, short
from tui.screens.train import TrainScreen
from tui.widgets.logview import PageView
from tui.widgets.rows import RowList

__all__ = ["fast_clocks", "job", "project"]

ALERT = AlertEvent(
    rule="loss_rises",
    severity="red",
    seen="The training loss is 7.64; it was 5.14.",
    means="The learning rate is too high.",
    todo="Go back with a lower rate.",
    remedy="lower_rate",
    step=20,
)


def page(screen: TrainScreen, name: str) -> str:
    return screen.query_one(f"#{name}", PageView).text


def sample(step: int, tuned: str) -> SampleEvent:
    return SampleEvent(prompt="Which brush?", base="A brush.", tuned=tuned, reference="The bald one.", step=step)


@both_sizes
async def test_samples_show_how_the_answers_change(project: Project, job: RecordedJob, size: tuple[int, int]) -> None:
    job.emit(*steps_to(20), sample(0, "A brush."), sample(10, "The old brush."), sample(20, "The old brush."))
    async with opened(project, size) as (pilot, screen):
        await until(pilot, shows(screen, "state", "running"), "the run")
        await pilot.press("s")
        await until(pilot, lambda: "step 10" in page(screen, "samples"), "the samples")
        lines = page(screen, "samples").splitlines()
        assert lines[0].split(maxsplit=1) == ["asked", "Which brush?"]
        assert "step 10       The old brush." in lines
        assert "step 20" not in page(screen, "samples")
        job.emit(step_event(30), sample(30, "The bald one, petal."))
        await until(pilot, lambda: "step 30       The bald one, petal." in page(screen, "samples"), "the new answer")
        assert "your row      The bald one." in page(screen, "samples")
        assert "base model    A brush." in page(screen, "samples")
        assert "The bald one, petal." in frame(screen.app)
        await pilot.press("s")
        await until(pilot, lambda: screen.query_one("#watch").display, "the curves")


async def test_without_samples_it_says_how_to_get_them(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(5))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "running"), "the run")
        await pilot.press("s")
        await until(pilot, lambda: "samples every" in page(screen, "samples"), "the words")


@both_sizes
async def test_an_alert_stands_below_the_curve_and_whole_on_its_page(
    project: Project, job: RecordedJob, size: tuple[int, int]
) -> None:
    job.emit(*steps_to(20), SpentEvent(seconds=600, energy_wh=66.6, cost=0.07), ALERT)
    async with opened(project, size) as (pilot, screen):
        await until(pilot, shows(screen, "warning", "✗"), "the alert")
        await until(pilot, shows(screen, "warning", "The training loss is 7.64"), "the alert")
        await pilot.press("h")
        await until(pilot, lambda: "loss rises" in page(screen, "health"), "the page")
        text = page(screen, "health")
        for words in ("✗ red", "step 20", ALERT.seen, ALERT.means, ALERT.todo, "f Lower the rate", "67 Wh", "0.07 EUR"):
            assert words in text
        assert "train.fix" in keys(screen)
        await pilot.press("escape")
        await until(pilot, lambda: screen.query_one("#watch").display, "the curves")


async def test_nothing_unusual_is_said_too(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(20))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "running"), "the run")
        assert "train.fix" not in keys(screen)
        await pilot.press("h")
        await until(pilot, lambda: "Nothing unusual so far." in page(screen, "health"), "the words")


@pytest.mark.slow
async def test_f_asks_and_then_does_what_the_alert_advises(
    project: Project, job: RecordedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.emit(*steps_to(20), ALERT)
    done: list[tuple[str, str]] = []

    def apply(_: Project, name: str, alert: AlertEvent) -> Done:
        done.append((name, alert.rule))
        return Done("It goes on from step 10 with the learning rate 6.0e-05.")

    monkeypatch.setattr("tui.screens.train_ask.apply_remedy", apply)
    async with opened(project) as (pilot, screen):
        await until(pilot, lambda: "train.fix" in keys(screen), "the key")
        await pilot.press("f")
        await until(pilot, lambda: isinstance(screen.app.screen, ChooseScreen), "the question")
        assert ALERT.seen in frame(screen.app)
        await pilot.press("enter")
        await until(pilot, lambda: screen.app.screen is screen, "nothing is the default")
        assert not done
        await pilot.press("f")
        await until(pilot, lambda: isinstance(screen.app.screen, ChooseScreen), "the question")
        await pilot.press("down", "enter")
        await until(pilot, lambda: done, "the remedy")
        assert done == [("lower_rate", "loss_rises")]
        await until(pilot, lambda: "6.0e-05" in spoken(screen), "what was done")


async def test_b_makes_an_earlier_checkpoint_the_result(
    project: Project, job: RecordedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = job.record.id
    project.update(lambda spec: spec.model_copy(update={"run": run}))
    for step in (150, 300):
        (project.run_folder(run) / "checkpoints" / f"checkpoint-{step}").mkdir(parents=True)
    job.emit(*steps_to(300), StoppedEvent(by="you"))
    rolled: list[tuple[str, int]] = []

    def roll_back(_: Project, name: str, step: int) -> dict[str, Any]:
        rolled.append((name, step))
        return {"step": step}

    monkeypatch.setattr("tui.screens.train_ask.roll_back", roll_back)
    async with opened(project) as (pilot, screen):
        await until(pilot, lambda: "train.rollback" in keys(screen), "the key")
        await pilot.press("b")
        await until(pilot, lambda: isinstance(screen.app.screen, ChooseScreen), "the question")
        assert "step 300" in frame(screen.app)
        assert "the best" in frame(screen.app)
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: rolled, "the rollback")
        assert rolled == [(run, 150)]
        await until(pilot, lambda: "checkpoint of step 150 is saved" in frame(screen.app), "where g goes on")


async def test_a_short_run_can_be_promoted(project: Project, job: RecordedJob, monkeypatch: pytest.MonkeyPatch) -> None:
    project.update(lambda spec: spec.model_copy(update={"recipe": RecipeSpec(max_steps=300)}))
    job.emit(*steps_to(300, steps=300), FinishedEvent.model_validate({"eval_loss": 1.4}))
    second: list[RecordedJob] = []

    def promote(_: Project) -> Any:
        second.append(RecordedJob(project, spec={"resume": True}))
        second[0].emit(*beginning(), step_event(301))
        return second[0].folder

    monkeypatch.setattr("engine.begin.promote", promote)
    async with opened(project) as (pilot, screen):
        await until(pilot, lambda: "train.promote" in keys(screen), "the key")
        await pilot.press("P")
        await until(pilot, lambda: isinstance(screen.app.screen, ChooseScreen), "the question")
        await pilot.press("down", "enter")
        await until(pilot, shows(screen, "state", "  301 of 1,960"), "the longer run")


# -- runs -------------------------------------------------------------------------------------------------------


def past_run(project: Project, recipe: RecipeSpec, last: int, **summary: Any) -> RecordedJob:
    """A run that ended."""
    made = RecordedJob(project)
    made.set_spec(run=made.record.id, resumed_from_step=0)
    made.emit(*beginning(), *steps_to(last, steps=last), FinishedEvent.model_validate({"eval_loss": 1.5}))
    folder = project.run_folder(made.record.id)
    (folder / "adapter").mkdir(parents=True)
    content = {"recipe": recipe.model_dump(mode="json"), "model": "demo", "rows": "ab" * 32}
    (folder / "recipe.json").write_text(json.dumps(content))
    (folder / "summary.json").write_text(json.dumps({"eval_loss": 1.5, "seconds": 3600, **summary}))
    return made


@both_sizes
async def test_runs_are_compared_and_one_is_chosen(project: Project, size: tuple[int, int]) -> None:
    first = past_run(project, RecipeSpec(), 60)
    second = past_run(project, RecipeSpec(rank=32), 90, eval_loss=1.321)
    project.update(lambda spec: spec.model_copy(update={"run": second.record.id}))
    async with opened(project, size) as (pilot, screen):
        await until(pilot, shows(screen, "state", "finished"), "the run")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(screen.app.screen, RunsScreen), "the page")
        runs = screen.app.screen
        assert isinstance(runs, RunsScreen)
        await until(pilot, lambda: len(runs.rows) == 2, "the table")
        await until(pilot, lambda: "changed  rank 16 → 32" in frame(runs.app), "what is different")
        assert "1.321" in frame(runs.app)
        assert runs.query_one(RowList).marked_key == second.record.id
        await pilot.press("space", "up")
        await until(pilot, lambda: f"o {short(second.record.id)} train" in frame(runs.app), "the overlay")
        await pilot.press("c")
        await until(pilot, lambda: project.load().run == first.record.id, "the choice")
        await until(pilot, lambda: runs.rows[0].chosen, "the star")
        await pilot.press("n")
        await until(pilot, lambda: runs.app.screen is not runs, "the field")
        await pilot.press("a", "b", "enter")
        await until(pilot, lambda: runs.rows[0].note == "ab", "the note")
        await until(pilot, lambda: "note     ab" in frame(runs.app), "the marked run's note, whole")
        await pilot.press("escape")
        await until(pilot, lambda: screen.app.screen is screen, "back")


async def test_without_runs_the_page_says_so(project: Project, tmp_path: Path) -> None:
    async with opened(project) as (pilot, screen):
        screen.app.push_screen(RunsScreen(project))
        await until(pilot, lambda: "There is no run yet." in frame(screen.app), "the words")


def test_the_pages_have_names_of_their_own() -> None:
    assert set(keys_module._PAGES) == {"log", "samples", "health"}
