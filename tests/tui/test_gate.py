"""The gate page and the blind test at both sizes, over reports and verdicts that were made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

import tui.screens.base as base_module
import tui.screens.evaluate as evaluate_module
from engine.errors import UsageError
from engine.evaluate.blind import blind_file, open_blind
from engine.evaluate.gate import Gate, GateLine
from engine.files import atomic_write
from engine.jobs.events import PhaseEvent
from engine.project import Project
from engine.spec import ProjectSpec
from engine.steps import take_step
from tests.tui.conftest import both_sizes, frame, shows, typed, until
from tests.tui.recorded import BEFORE_TRAIN, RecordedJob, make_project
from tui.app import TunesmithApp
from tui.screens.ab import BlindTestScreen
from tui.screens.evaluate import EvaluateScreen
from tui.screens.gate_line import GateLineScreen
from tui.terminal import Terminal
from tui.widgets.rows import RowList

RUN = "train-20261122-020000-ab12"
GREEN = [
    GateLine("learned", "it learned", "green", "holdout loss 1.49, base 2.31 (-35 %, ±2)", "better"),
    GateLine("stops", "it stops", "green", "99 % of answers end by themselves", "95 %"),
    *(GateLine(f"line{number}", f"line {number}", "green", "fine", "fine") for number in range(8)),
]
RECITES = GateLine("recites", "it recites", "red", "2 training rows come back", "none", "Take them out.", "t")
SIDED = GateLine("one_sided", "it is one-sided", "amber", "0.4 nats likelier", "0.3 nats", "Look at your rows.")


def report() -> dict[str, Any]:
    answers = [{"prompt": f"Question {n}", "base": f"Base {n}", "tuned": f"Tuned {n}", "reference": ""} for n in (1, 2)]
    return {
        "run": RUN,
        "holdout_rows": 214,
        "base": {"loss": 2.31, "perplexity": 10.07},
        "tuned": {"loss": 1.49, "perplexity": 4.44},
        "answers": answers,
        "blind_pairs": [{name: one[name] for name in ("prompt", "base", "tuned")} for one in answers],
        "memorisation": {
            "recited_rows": [
                {"row": 7, "how": "user turn", "matched": "see you at the old boathouse", "fingerprint": "ab" * 16}
            ]
        },
    }


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(base_module, "_POLL_SECONDS", 0.05)
    project = make_project(tmp_path / "project", (*BEFORE_TRAIN, "train"), run=RUN)
    atomic_write(project.evaluation_file(RUN), json.dumps(report()))
    project.update(lambda spec: take_step("evaluate", spec))
    return project


@pytest.fixture
def verdict(monkeypatch: pytest.MonkeyPatch) -> list[GateLine]:
    """The lines of the verdict; what a test changes in them holds at the next look."""
    lines = [*GREEN, RECITES, SIDED]
    monkeypatch.setattr(evaluate_module, "judge", lambda project, spec: Gate(RUN, tuple(lines)))
    return lines


async def on_the_gate(pilot: Pilot[Any], app: TunesmithApp, project: Project) -> EvaluateScreen:
    await pilot.pause()
    app.open_place(project, "evaluate")
    await shows(pilot, "May this leave the machine?")
    screen = app.screen
    assert isinstance(screen, EvaluateScreen)
    return screen


@both_sizes
async def test_the_gate_shows_every_line_and_points_at_the_worst(
    project: Project, verdict: list[GateLine], size: tuple[int, int]
) -> None:
    app = TunesmithApp(terminal=Terminal())
    async with app.run_test(size=size) as pilot:
        screen = await on_the_gate(pilot, app, project)
        shown = frame(app)
        assert "1 red, 1 amber, 10 green" in shown
        assert all(line.title in shown and line.figure in shown for line in verdict)
        assert screen.query_one("#gate", RowList).marked_key == "recites"
        assert "✗ Take them out." in shown
        assert ("Question 1" in shown) == (size[1] == 40)
        await pilot.press("down")
        await shows(pilot, "! Look at your rows. y says why")
        await pilot.press("a")
        await shows(pilot, "Question 1", "2.310")
        assert "May this leave" not in frame(app)
        await pilot.press("down")
        await shows(pilot, "Question 2")
        await pilot.press("a")
        await shows(pilot, "May this leave the machine?")


@both_sizes
async def test_enter_shows_what_stands_behind_a_line(
    project: Project, verdict: list[GateLine], size: tuple[int, int]
) -> None:
    app = TunesmithApp(terminal=Terminal())
    async with app.run_test(size=size) as pilot:
        await on_the_gate(pilot, app, project)
        await pilot.press("enter")
        await shows(pilot, "green is: none", "row 7, asked with user turn: see you at the old boathouse", "esc Back")
        assert isinstance(app.screen, GateLineScreen)
        await pilot.press("down", "up", "escape")
        await shows(pilot, "May this leave the machine?")


async def test_a_reason_is_typed_for_what_is_amber_only(
    project: Project, verdict: list[GateLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[str, list[str]]] = []

    def give(_project: Project, words: str, lines: list[str]) -> Gate:
        given.append((words, lines))
        verdict[:] = [*GREEN, GateLine(**{**vars(SIDED), "reason": words})]
        return Gate(RUN, tuple(verdict))

    monkeypatch.setattr(evaluate_module, "give_reason", give)
    app = TunesmithApp(terminal=Terminal())
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await on_the_gate(pilot, app, project)
        await pilot.press("y")
        assert app.screen is screen, "red needs mending, not words"
        await pilot.press("down", "y")
        await shows(pilot, "Why may it pass")
        await pilot.press("enter")
        await shows(pilot, "This is no reason.")
        await pilot.press(*typed("my own voice"), "enter")
        await shows(pilot, "you said why", "The gate is open. e packs the adapter.")
        assert given == [("my own voice", ["one_sided"])]
        went: list[str] = []
        monkeypatch.setattr(screen, "go_to", went.append)
        await pilot.press("e")
        assert went == ["ship"]


async def test_recited_rows_are_taken_out_and_training_starts(
    project: Project, verdict: list[GateLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Project] = []
    monkeypatch.setattr("engine.begin.start_training", started.append)
    app = TunesmithApp(terminal=Terminal())
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await on_the_gate(pilot, app, project)
        went: list[str] = []
        monkeypatch.setattr(screen, "go_to", went.append)
        await pilot.press("t")
        await shows(pilot, "Take 1 row out and train again?", "▸ Not now")
        await pilot.press("enter")
        assert not started, "nothing starts by itself"
        await pilot.press("t", "down", "enter")
        await until(pilot, lambda: went, "the training page")
    assert went == ["train"]
    assert started == [project]
    data = project.load().data
    assert data is not None
    assert data.left_out == ["ab" * 16]


async def test_general_rows_are_mixed_in_where_it_forgot(
    project: Project, verdict: list[GateLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict[:] = [GateLine("still_can", "it still can", "amber", "+30 %", "15 %", "It lost some.", "m"), *GREEN]
    monkeypatch.setattr("engine.begin.start_training", lambda _project: None)
    app = TunesmithApp(terminal=Terminal())
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await on_the_gate(pilot, app, project)
        went: list[str] = []
        monkeypatch.setattr(screen, "go_to", went.append)
        await pilot.press("m")
        await shows(pilot, "Mix general rows in and train again?")
        await pilot.press("down", "enter")
        await until(pilot, lambda: went, "the training page")
    assert project.load().recipe.mix_in == 0.1


async def test_where_the_gate_cannot_judge_the_answers_are_shown(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_project: Project, _spec: ProjectSpec) -> Gate:
        raise UsageError("The evaluation cannot be read.", "x", "Evaluate again.", code="damaged")

    monkeypatch.setattr(evaluate_module, "judge", refuse)
    app = TunesmithApp(terminal=Terminal())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.open_place(project, "evaluate")
        await shows(pilot, "The evaluation cannot be read.", "Question 1")


async def test_while_it_is_measured_there_is_no_gate(project: Project, verdict: list[GateLine]) -> None:
    job = RecordedJob(project, "evaluate")
    app = TunesmithApp(terminal=Terminal())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.open_place(project, "evaluate")
        job.emit(PhaseEvent(name="answers-base", text="Asking the base model 40 questions"))
        await shows(pilot, "Asking the base model 40 questions", "It is safe to leave")
        assert "May this leave" not in frame(app)


async def test_runs_are_compared_and_another_one_shows_its_own_report(
    project: Project, verdict: list[GateLine]
) -> None:
    app = TunesmithApp(terminal=Terminal())
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await on_the_gate(pilot, app, project)
        await pilot.press("c")
        await until(pilot, lambda: app.screen is not screen, "the runs")
        project.update(lambda spec: take_step("train", spec.model_copy(update={"run": "train-other"})))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen, "the gate")
        await shows(pilot, "Another run was made since this was measured")
        assert "May this leave" not in frame(app)


@both_sizes
async def test_the_blind_test_is_kept_choice_by_choice(
    project: Project, verdict: list[GateLine], size: tuple[int, int]
) -> None:
    app = TunesmithApp(terminal=Terminal())
    async with app.run_test(size=size) as pilot:
        await on_the_gate(pilot, app, project)
        await pilot.press("b")
        await shows(pilot, "Which answer is better?", "1 of 2", "first answer", "second answer")
        shown = frame(app)
        assert "base model" not in shown
        assert "tuned" not in shown.lower().replace("tuned 1", "").replace("tuned 2", "").replace("tunesmith", "")
        screen = app.screen
        assert isinstance(screen, BlindTestScreen)
        best = "1" if screen.test.pairs[0].tuned_first else "2"
        await pilot.press(best)
        await shows(pilot, "2 of 2")
        await pilot.press("escape")
        await shows(pilot, "You preferred the tuned model in 1 of 1")
        # Left and gone on with: the same order, and the choice is still there.
        assert open_blind(project, RUN).place == 1
        await pilot.press("b")
        await shows(pilot, "2 of 2")
        await pilot.press("u")
        await shows(pilot, "1 of 2")
        await pilot.press(best)
        await shows(pilot, "2 of 2")
        await pilot.press("0")
        await shows(pilot, "The blind test is done.", "1 draw.")
    kept = json.loads(blind_file(project, RUN).read_text())
    assert kept["result"]["tuned"] == 1
    assert kept["result"]["draws"] == 1
    assert 0 < kept["result"]["low"] < kept["result"]["high"] == 1.0


def test_every_key_of_the_dialogs_has_an_id_and_a_tooltip() -> None:
    for screen in (BlindTestScreen, GateLineScreen):
        for binding in screen.BINDINGS:
            assert getattr(binding, "id", None)
            assert getattr(binding, "tooltip", None)
