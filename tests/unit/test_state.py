"""From events to a picture, and from three facts to a state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.jobs.events import (
    CheckpointEvent,
    EvaluationEvent,
    Event,
    FailedEvent,
    FinishedEvent,
    HeartbeatEvent,
    MemoryEvent,
    PhaseEvent,
    ProgressEvent,
    StepEvent,
    StoppedEvent,
    UnknownEvent,
    WarningEvent,
)
from engine.jobs.folder import JobRecord
from engine.jobs.reader import read_brief, read_events
from engine.jobs.state import STALL_SECONDS, JobState, Snapshot, apply, fold, state_of

NOW = 1000.0


def step(number: int, loss: float) -> StepEvent:
    return StepEvent(
        step=number, steps=40, epoch=0.1, epochs=1, loss=loss, learning_rate=1e-4, tokens_per_second=80, tokens=100
    )


RUN: Sequence[Event] = [
    PhaseEvent(name="load", text="loading the model"),
    ProgressEvent(done=3, total=9, unit="files", eta_s=2),
    PhaseEvent(name="train", text="training"),
    step(1, 3.0),
    EvaluationEvent(step=1, loss=2.9, perplexity=18.2),
    step(2, 2.5),
    EvaluationEvent(step=2, loss=2.4, perplexity=11.0),
    EvaluationEvent(step=3, loss=2.6, perplexity=13.5),
    CheckpointEvent(step=2, path="/c", seconds=0.1),
    MemoryEvent(rss_bytes=5, peak_rss_bytes=6),
    WarningEvent(code="w", title="hm"),
    UnknownEvent(kind="telepathy"),
    HeartbeatEvent(quiet_s=0),
    FinishedEvent.model_validate({"train_loss": 2.5}),
]


def numbered(events: Sequence[Event]) -> list[Event]:
    return [event.model_copy(update={"seq": seq, "t": 100.0 + seq}) for seq, event in enumerate(events)]


def test_a_run_becomes_one_snapshot() -> None:
    snapshot = fold(Snapshot(), numbered(RUN))
    assert snapshot.phase == "train"
    assert (snapshot.done, snapshot.total, snapshot.unit) == (2, 40, "steps")
    assert snapshot.losses == ((1, 3.0), (2, 2.5))
    assert snapshot.holdout == ((1, 2.9), (2, 2.4), (3, 2.6))
    assert snapshot.best is not None
    assert snapshot.best.step == 2
    assert snapshot.checkpoint is not None
    assert snapshot.memory is not None
    assert [warning.code for warning in snapshot.warnings] == ["w"]
    assert snapshot.result == {"train_loss": 2.5}
    assert (snapshot.started, snapshot.last_seen, snapshot.last_seq) == (100.0, 113.0, 13)


def test_a_new_phase_forgets_the_progress_of_the_last() -> None:
    snapshot = fold(Snapshot(), numbered(RUN[:3]))
    assert (snapshot.done, snapshot.total, snapshot.unit, snapshot.eta_s) == (0, None, "", None)


@pytest.mark.parametrize("cut", range(len(RUN) + 1))
def test_a_replay_in_two_parts_gives_the_same_picture(cut: int) -> None:
    events = numbered(RUN)
    assert fold(fold(Snapshot(), events[:cut]), events[cut:]) == fold(Snapshot(), events)


def test_one_by_one_gives_the_same_picture() -> None:
    snapshot = Snapshot()
    for event in numbered(RUN):
        snapshot = apply(snapshot, event)
    assert snapshot == fold(Snapshot(), numbered(RUN))


def test_a_brief_reading_gives_the_same_picture(tmp_path: Path) -> None:
    steps = [step(number, loss) for number, loss in enumerate((3.5, 1e-7, float("nan"), 12.0, float("inf"), 2.0), 3)]
    lines = [event.model_dump_json(exclude_none=True) for event in numbered([*RUN[:-1], *steps, RUN[-1]])]
    whole = lines[3]
    lines[4:4] = [whole[:60], whole[:60] + whole, whole.replace(":", ": "), whole[:-1] + ',"more":{"a":1}}', "{}", ""]
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(lines) + "\n")
    brief, full = fold(Snapshot(), read_brief(file)), fold(Snapshot(), read_events(file))
    assert repr(brief) == repr(full)
    assert len(brief.losses) == 10


def test_there_is_no_result_before_the_end() -> None:
    assert fold(Snapshot(), numbered(RUN[:-1])).result == {}


@pytest.mark.parametrize(
    ("pid", "alive", "quiet", "end", "expected"),
    [
        (None, None, 1, None, "starting"),
        (None, None, 60, None, "died"),
        (7, True, 1, None, "running"),
        (7, True, STALL_SECONDS + 1, None, "stalled"),
        (7, False, 1, None, "died"),
        (7, False, STALL_SECONDS + 1, None, "died"),
        (7, None, 1, None, "running"),
        (7, None, STALL_SECONDS + 1, None, "stalled"),
        (7, True, 1, FinishedEvent(), "finished"),
        (7, False, 9999, FinishedEvent(), "finished"),
        (7, False, 1, StoppedEvent(by="you"), "stopped"),
        (7, False, 1, FailedEvent(code="data", title="no"), "failed"),
    ],
)
def test_the_state_follows_from_record_events_and_process(
    pid: int | None, alive: bool | None, quiet: float, end: Event | None, expected: JobState
) -> None:
    record = JobRecord(id="j", kind="train", project="/p", created=NOW - quiet, pid=pid)
    events: list[Event] = [HeartbeatEvent(quiet_s=0, t=NOW - quiet)] if pid else []
    if end is not None:
        events.append(end.model_copy(update={"t": NOW - quiet}))
    assert state_of(record, fold(Snapshot(), events), alive=alive, now=NOW) == expected


def test_a_run_that_went_back_has_the_curve_of_what_it_learnt() -> None:
    back = WarningEvent.model_validate({"code": "went_back", "title": "back to 2", "step": 2})
    events = [*(step(number, 3.0) for number in range(1, 6)), back, step(3, 2.0)]
    expected = ((1, 3.0), (2, 3.0), (3, 2.0))
    assert fold(Snapshot(), events).losses == expected
    assert fold(fold(Snapshot(), events[:4]), events[4:]).losses == expected
