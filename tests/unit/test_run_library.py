"""The library of recorded runs: every bad one is caught by its rule and in time, no healthy one raises a red alert."""

from __future__ import annotations

import pytest

from engine.jobs.events import EvaluationEvent, FailedEvent, FinishedEvent, StoppedEvent
from engine.train.health import judge, load_rules
from tests.engine.run_library import BAD, FOLDER, HEALTHY, RUNS, recorded_events

_ENDS = FinishedEvent | FailedEvent | StoppedEvent


@pytest.mark.parametrize("name", BAD)
def test_a_bad_run_is_caught_by_the_right_rule_in_time(name: str) -> None:
    run, events = BAD[name], recorded_events(name)
    died = not any(isinstance(event, _ENDS) for event in events)
    assert died == (run.rule == "died")
    alerts = [alert for alert in judge(load_rules(), events, died=died) if alert.rule == run.rule]
    assert alerts, f"{run.rule} said nothing"
    assert alerts[0].severity == run.severity
    assert (alerts[0].step or 0) <= run.by_step


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_run_raises_no_red_alert(name: str) -> None:
    events = recorded_events(name)
    assert isinstance(events[-1], FinishedEvent)
    assert [alert.seen for alert in judge(load_rules(), events) if alert.severity == "red"] == []


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_run_learnt(name: str) -> None:
    losses = [event.loss for event in recorded_events(name) if isinstance(event, EvaluationEvent)]
    assert losses[-1] < 0.95 * losses[0]


def test_the_library_is_whole_and_small() -> None:
    files = {file.stem: file.stat().st_size for file in FOLDER.glob("*.jsonl")}
    assert set(files) == set(RUNS)
    assert len(BAD) >= 12
    assert len(HEALTHY) >= 5
    assert sum(files.values()) < 1_000_000
