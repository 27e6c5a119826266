"""A run made by several jobs looks like one that was never interrupted."""

from __future__ import annotations

import math
from pathlib import Path

from engine.jobs.events import CheckpointEvent, EvaluationEvent
from engine.jobs.folder import JobRecord
from engine.jobs.history import Part, best_of, merge, read_past, resumed_from, run_of
from engine.jobs.state import Snapshot, fold
from tests.tui.recorded import RecordedJob, make_project, step_event, steps_to


def part(first: int, last: int, resumed: int, loss: float, checkpoints: tuple[int, ...] = ()) -> Part:
    events = [
        *[step_event(step, loss=loss) for step in range(first, last + 1)],
        EvaluationEvent(step=last, loss=loss, perplexity=1.0),
        *[CheckpointEvent(step=step, path="", seconds=0.1) for step in checkpoints],
    ]
    return Part(fold(Snapshot(), events), resumed)


def test_steps_beyond_the_resume_step_are_dropped() -> None:
    past = merge([part(1, 30, 0, 3.0, (20,)), part(21, 40, 20, 2.0, (40,))])
    assert [step for step, _ in past.losses] == list(range(1, 41))
    assert dict(past.losses)[20] == 3.0
    assert dict(past.losses)[21] == 2.0
    assert past.holdout == ((40, 2.0),)
    assert past.checkpoint == 40


def test_a_fresh_start_forgets_what_was_before() -> None:
    assert [step for step, _ in merge([part(1, 30, 0, 3.0), part(1, 5, 0, 2.0)]).losses] == [1, 2, 3, 4, 5]


def test_three_jobs_make_one_curve() -> None:
    past = merge([part(1, 10, 0, 3.0), part(6, 12, 5, 2.0), part(11, 20, 10, 1.0)])
    assert [value for _, value in past.losses] == [3.0] * 5 + [2.0] * 5 + [1.0] * 10


def test_which_run_a_job_works_on() -> None:
    fresh = JobRecord(id="a", kind="train", project="", created=1.0)
    asked = fresh.model_copy(update={"id": "b", "spec": {"resume": True}})
    said = asked.model_copy(update={"spec": {"resume": True, "run": "a", "resumed_from_step": 7}})
    assert (run_of(fresh, "x"), run_of(asked, "x"), run_of(asked, None), run_of(said, "x")) == ("a", "x", "", "a")
    assert (resumed_from(fresh), resumed_from(asked), resumed_from(said)) == (0, None, 7)


def test_read_past_takes_only_earlier_jobs_of_the_same_run(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    jobs = [RecordedJob(project, spec={"resume": True}) for _ in range(3)]
    run = "the-run"
    for place, (job, name) in enumerate(zip(jobs, (run, "other", run), strict=True)):
        job.record = job.record.model_copy(update={"created": 100.0 + place})
        job.set_spec(run=name, resumed_from_step=30 if place == 2 else 0)
        job.emit(*steps_to(40 if name == run else 7))
    RecordedJob(project, "evaluate").set_spec(run=run)
    past = read_past(project.root, jobs[2].record, run)
    assert [step for step, _ in past.losses] == list(range(1, 31))
    assert past.holdout[0][0] == 0
    assert read_past(project.root, jobs[0].record, run).losses == ()
    (project.root / "jobs" / jobs[0].record.id / "job.json").write_text("{")
    assert read_past(project.root, jobs[2].record, run).losses == ()


def test_the_best_is_the_lowest_number() -> None:
    assert best_of([(1, math.nan), (2, 2.0), (3, 1.5), (4, math.inf)]) == (3, 1.5)
    assert best_of([(1, math.nan)]) is None
