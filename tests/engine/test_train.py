"""Training, for real: the demo model, NF4 on the CPU, the real runner process."""

from __future__ import annotations

import json
import os
import resource
import signal
from pathlib import Path

import psutil
import pytest

from engine.jobs.control import request_stop
from engine.jobs.events import FailedEvent, StoppedEvent
from engine.jobs.launch import launch
from engine.jobs.reader import read_events
from engine.jobs.state import JobView, view
from engine.project import Project
from engine.train.checkpoints import checkpoint_steps
from tests.projects import (
    copy_of,
    demo_rows,
    finished,
    run_here,
    run_job,
    session_project,
    set_recipe,
    wait_for_checkpoint,
    wait_for_step,
)

# What the runner keeps out of a job's log; some of these jobs run in this process.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning", "ignore::DeprecationWarning")
STEPS = 12


@pytest.fixture(scope="session")
def redacted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    settings = [f"recipe.max_steps={STEPS}", "recipe.save_steps=4", "recipe.eval_steps=6", "recipe.dropout=0.05"]
    return session_project(tmp_path_factory, demo_rows(60), settings)


@pytest.fixture(scope="session")
def whole_run(redacted: Project, tmp_path_factory: pytest.TempPathFactory) -> JobView:
    """A run that nothing interrupts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNESMITH_STATE", str(tmp_path_factory.mktemp("whole-state")))
        job = run_job(copy_of(redacted, tmp_path_factory.mktemp("whole")), "train")
    assert job.state == "finished", (job.snapshot.end, job.folder.log_tail())
    return job


@pytest.fixture
def project(redacted: Project, tmp_path: Path) -> Project:
    return copy_of(redacted, tmp_path)


def assert_same_end(job: JobView, whole: JobView) -> None:
    assert job.state == "finished", (job.snapshot.end, job.folder.log_tail())
    for figure in ("train_loss", "final_loss", "eval_loss"):
        assert job.snapshot.result[figure] == pytest.approx(whole.snapshot.result[figure], abs=1e-4)
    assert job.snapshot.result["tokens"] == whole.snapshot.result["tokens"]


def test_a_run_learns_and_says_what_came_out(whole_run: JobView) -> None:
    result = whole_run.snapshot.result
    assert result["eval_loss"] < result["base_eval_loss"]
    assert result["steps"] == STEPS
    assert result["tokens_per_second"] > 0
    assert result["peak_bytes"] > 100e6
    preflight = whole_run.snapshot.preflight
    assert preflight is not None
    assert preflight.supervised_tokens == result["supervised_tokens"]
    assert 0 < preflight.supervised_tokens < preflight.tokens
    assert preflight.eos_supervised_share == 1.0
    assert whole_run.snapshot.memory is not None
    assert whole_run.snapshot.step is not None
    assert whole_run.snapshot.step.step == STEPS
    assert [step for step, _ in whole_run.snapshot.holdout] == [0, 6, 12]


def test_the_adapter_is_private_safe_and_names_no_path_of_this_machine(whole_run: JobView) -> None:
    adapter = Path(whole_run.snapshot.result["adapter_dir"])
    names = {path.name for path in adapter.iterdir()}
    assert "adapter_model.safetensors" in names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl"))]
    config = json.loads((adapter / "adapter_config.json").read_text())
    assert "/" not in config["base_model_name_or_path"]
    assert {path.stat().st_mode & 0o777 for path in adapter.iterdir()} == {0o600}
    assert adapter.stat().st_mode & 0o777 == 0o700


def test_events_have_no_gaps_and_one_end(whole_run: JobView) -> None:
    events = read_events(whole_run.folder.events_file)
    assert [event.seq for event in events] == list(range(len(events)))
    assert events[-1].kind == "finished"


@pytest.mark.slow
def test_stop_saves_and_resume_ends_where_the_whole_run_ends(project: Project, whole_run: JobView) -> None:
    folder = launch(project.root, "train", {})
    wait_for_step(folder, 1)
    request_stop(folder, "the test")
    stopped = finished(folder)
    assert isinstance(stopped.snapshot.end, StoppedEvent)
    assert stopped.snapshot.end.by == "the test"
    run = project.load().run
    assert run
    saved = checkpoint_steps(project.run_folder(run) / "checkpoints")[-1]
    assert saved < STEPS
    resumed = run_job(project, "train", resume=True)
    assert_same_end(resumed, whole_run)
    assert resumed.record.spec["resumed_from_step"] == saved


@pytest.mark.slow
def test_killed_is_shown_as_died_and_resume_goes_on(project: Project, whole_run: JobView) -> None:
    folder = launch(project.root, "train", {})
    wait_for_checkpoint(folder)
    pid = folder.read().pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    died = finished(folder)
    assert died.state == "died"
    assert died.snapshot.end is None

    rate = project.load().recipe.learning_rate
    set_recipe(project, learning_rate=rate / 2)
    refused = run_job(project, "train", resume=True)
    assert isinstance(refused.snapshot.end, FailedEvent)
    assert (refused.snapshot.end.code, refused.snapshot.end.exit_code) == ("changed_since", 2)
    set_recipe(project, learning_rate=rate)
    assert_same_end(run_job(project, "train", resume=True), whole_run)


@pytest.mark.slow
def test_a_full_disk_at_a_checkpoint_costs_nothing_that_was_saved(project: Project, whole_run: JobView) -> None:
    folder = launch(project.root, "train", {})
    wait_for_checkpoint(folder)
    pid = folder.read().pid
    assert pid
    # The kernel refuses to let any file of that process grow beyond this, as a full disk would.
    psutil.Process(pid).rlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    failed = finished(folder)
    assert isinstance(failed.snapshot.end, FailedEvent), failed.folder.log_tail()
    assert failed.snapshot.end.code == "disk_full", failed.folder.log_tail()
    assert failed.snapshot.end.exit_code == 1
    run = project.load().run
    assert run
    checkpoints = project.run_folder(run) / "checkpoints"
    assert checkpoint_steps(checkpoints) == [4]
    assert [path.name for path in checkpoints.iterdir()] == ["checkpoint-4"]
    assert_same_end(run_job(project, "train", resume=True), whole_run)


def test_smoke_leaves_no_run_behind(project: Project) -> None:
    job = run_here(project, "train", smoke=True)
    assert job.state == "finished", job.snapshot.end
    assert job.snapshot.result["steps"] == 3
    assert project.load().run is None
    assert not list((project.root / "runs").iterdir())


def test_refuses_rows_that_were_changed_after_redaction(project: Project) -> None:
    redacted = project.root / str(project.load().redaction.path)
    redacted.write_text(redacted.read_text() + "\n")
    job = run_here(project, "train")
    assert isinstance(job.snapshot.end, FailedEvent)
    assert job.snapshot.end.exit_code == 3


def test_a_diverging_run_is_a_failure_not_a_result(project: Project) -> None:
    set_recipe(project, learning_rate=1e18, warmup_ratio=0.0, max_grad_norm=1e18, scheduler="constant")
    job = run_here(project, "train")
    assert isinstance(job.snapshot.end, FailedEvent)
    assert job.snapshot.end.code == "not_finite"
    assert view(job.folder).state == "failed"


@pytest.mark.slow
def test_evaluation_compares_base_and_tuned(whole_run: JobView) -> None:
    project = Project(Path(whole_run.record.project))
    job = run_job(project, "evaluate")
    assert job.state == "finished", (job.snapshot.end, job.folder.log_tail())
    result = job.snapshot.result
    assert result["tuned_loss"] < result["base_loss"]
    assert result["tuned_loss"] == pytest.approx(whole_run.snapshot.result["eval_loss"], abs=2e-3)
    assert result["base_loss"] == pytest.approx(whole_run.snapshot.result["base_eval_loss"], abs=2e-3)
    report = json.loads(Path(result["report"]).read_text())
    assert len(report["answers"]) == 5
    assert all(entry["prompt"] and entry["base"] for entry in report["answers"])
