"""The plan that begins before its page is opened: when it does, for which recipe, and when it does not."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from engine.jobs.events import FailedEvent, FinishedEvent, StoppedEvent
from engine.project import Project
from engine.spec_text import with_settings
from tests.tui.conftest import until, wizard
from tests.tui.recipe_pages import made_profile, page_of, planned_project
from tests.tui.recorded import RecordedJob
from tui.memory import Target, target_of
from tui.screens.recipe_ahead import plan_ahead
from tui.screens.recipe_plan import PlanningScreen
from tui.typed_card import card_from, keep_card


@pytest.fixture
def unplanned(tmp_path: Path) -> Project:
    """A project with fresh rows, about whose model nothing is known yet."""
    keep_card(card_from("RTX 4090"))
    return planned_project(tmp_path / "my-voice", tmp_path / "model", rows=120)


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What would have been started, instead of starting it."""
    specs: list[dict[str, Any]] = []
    monkeypatch.setattr("tui.screens.recipe_ahead.launch", lambda _root, _kind, spec: specs.append(spec))
    return specs


def test_what_will_be_suggested_is_planned_for_the_typed_card(
    unplanned: Project, launched: list[dict[str, Any]]
) -> None:
    plan_ahead(unplanned)
    assert [spec["recipe"]["preset"] for spec in launched] == ["small-dataset"]
    assert launched[0]["gpu_card"] == "RTX 4090"


def test_a_recipe_that_was_changed_is_planned_as_it_is(unplanned: Project, launched: list[dict[str, Any]]) -> None:
    unplanned.update(lambda spec: with_settings(spec, ["recipe.rank=8"]))
    plan_ahead(unplanned)
    assert [set(spec) for spec in launched] == [{"gpu_memory", "gpu_card"}]


def test_it_steps_aside(
    unplanned: Project, launched: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    job = RecordedJob(unplanned, "plan")
    plan_ahead(unplanned)
    job.emit(StoppedEvent(by="you"))
    plan_ahead(unplanned)
    RecordedJob(unplanned, "plan").emit(FailedEvent(code="config", title="t", what="w", hint="h"))
    plan_ahead(unplanned)
    assert not launched, "a plan is being worked out, was stopped, or cannot be worked out"
    RecordedJob(unplanned, "plan").emit(FinishedEvent())
    training = RecordedJob(unplanned, "train")
    plan_ahead(unplanned)
    assert not launched, "a heavy job has the machine"
    training.emit(FinishedEvent())
    plan_ahead(unplanned)
    assert len(launched) == 1
    monkeypatch.setattr("tui.memory.profiles_kept", lambda architecture: made_profile)
    plan_ahead(unplanned)
    assert len(launched) == 1, "all is known"


async def test_the_page_follows_what_was_begun_before(unplanned: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(PlanningScreen, "start_job", lambda _self, kind, _spec=None: started.append(kind))
    monkeypatch.setattr("tui.screens.recipe_plan._REST_SECONDS", 0.0)
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        # begun after the page looked for jobs, and before it would start one: a GPU's driver may take seconds
        begun = threading.Event()

        def begin(_page: PlanningScreen) -> None:
            RecordedJob(unplanned, "plan")
            begun.set()

        def answer(*arguments: Any) -> Target:
            begun.wait(30)
            return target_of(*arguments)

        monkeypatch.setattr(PlanningScreen, "no_job", begin)
        monkeypatch.setattr("tui.memory.target_of", answer)
        app.open_project(unplanned.root, "recipe")
        await until(pilot, lambda: begun.is_set() and page_of(pilot).job_runs, "the job is followed")
        assert not started
