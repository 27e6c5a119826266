"""Two processes are one run: the same numbers, one stream of events, one end. Real processes over gloo on the CPU."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.cli.training import train as train_command
from engine.errors import SpecError, UsageError
from engine.jobs.events import Event, FailedEvent, StepEvent
from engine.jobs.folder import JobFolder
from engine.jobs.launch import launch
from engine.jobs.reader import read_events
from engine.jobs.state import JobView, view
from engine.train.checkpoints import checkpoint_steps
from engine.train.hosts import run_node, spread_of
from engine.train.spread import Spread
from tests.conftest import wait_until
from tests.engine.live import losses_of, open_gates, plain_project, start_here, train_here, work_here
from tests.engine.ranked import ranks_of, with_processes
from tests.projects import finished, wait_for_step

pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning", "ignore::DeprecationWarning"),
]
REPO = Path(__file__).resolve().parents[2]
KNOBS: dict[str, Any] = {
    "epochs": 2,
    "micro_batch": 8,
    "effective_batch": 8,
    "eval_steps": 2,
    "save_steps": 100,
    "dropout": 0.0,
    "scheduler": "constant",
    "warmup_ratio": 0.0,
    # At the rate of a real model: Adam turns rounding of gradients near zero into whole steps of the rate's size.
    "learning_rate": 2e-4,
}


@pytest.fixture(autouse=True)
def gates(monkeypatch: pytest.MonkeyPatch) -> None:
    open_gates(monkeypatch)
    # In float32 alone; the other process takes rank 0's formats.
    monkeypatch.setattr("engine.train.precision.multiplies_bfloat16", lambda: False)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> JobView:
    """The run in one process."""
    with pytest.MonkeyPatch.context() as patch:
        open_gates(patch)
        patch.setattr("engine.train.precision.multiplies_bfloat16", lambda: False)
        patch.setenv("TUNESMITH_STATE", str(tmp_path_factory.mktemp("state")))
        return train_here(plain_project(tmp_path_factory.mktemp("alone"), 21, **KNOBS))


@pytest.fixture
def launch_ranked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], JobFolder]:
    """Starts a long run with two processes, as a job of its own."""
    monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parent / 'job_site'}:{REPO}")

    def start() -> JobFolder:
        from engine.jobs.kinds import KINDS
        from tests.engine.job_kinds import TEST_KINDS

        monkeypatch.setitem(KINDS, "t-train", TEST_KINDS["t-train"])
        project = with_processes(plain_project(tmp_path, 12, **{**KNOBS, "max_steps": 5000, "eval_steps": 5000}), 2)
        return launch(project.root, "t-train", {})

    return start


@pytest.mark.slow
def test_two_processes_equal_one_and_stop_and_resume_together(alone: JobView, tmp_path: Path) -> None:
    project = with_processes(plain_project(tmp_path, 21, **KNOBS), 2)
    context = start_here(project)

    def stop_in_the_second_epoch(event: Event) -> None:
        if isinstance(event, StepEvent) and event.step == 3:
            context.stop.set()

    context.listeners.append(stop_in_the_second_epoch)
    first = work_here(context)
    assert alone.state == "finished", alone.snapshot.end
    assert first.state == "stopped", first.snapshot.end
    checkpoints = project.run_folder(first.folder.id) / "checkpoints"
    [saved] = [step for step in checkpoint_steps(checkpoints) if step >= 3][-1:]
    files = {file.name for file in (checkpoints / f"checkpoint-{saved}").iterdir()}
    assert {"rng_state_0.pth", "rng_state_1.pth", "tunesmith.json"} <= files
    second = train_here(project, resume=True)
    assert second.state == "finished", second.snapshot.end
    losses = losses_of(first) + losses_of(second)
    assert len(losses) == len(losses_of(alone)) > saved
    assert losses == pytest.approx(losses_of(alone), abs=1e-4)
    assert second.snapshot.result["eval_loss"] == pytest.approx(alone.snapshot.result["eval_loss"], abs=1e-4)
    assert second.snapshot.result["tokens"] == alone.snapshot.result["tokens"]
    assert not psutil.Process().children(recursive=True)
    for job in (first, second):
        events = list(read_events(job.folder.events_file))
        assert [event.seq for event in events] == list(range(len(events)))
        assert len({event.step for event in events if isinstance(event, StepEvent)}) == len(losses_of(job))


@pytest.mark.slow
def test_a_rank_that_is_killed_ends_the_job_with_its_log(launch_ranked: Callable[[], JobFolder]) -> None:
    folder = launch_ranked()
    wait_for_step(folder, 2)
    own = psutil.Process(folder.read().pid)
    [rank] = ranks_of(folder)
    with (folder.root / "log.rank-1.txt").open("a") as log:
        log.write("the last words of rank 1\n")
    # Nothing of a run on one machine can be reached from another.
    listening = [place for process in (own, rank) for place in process.net_connections("inet")]
    assert {place.laddr.ip for place in listening} <= {"127.0.0.1", "::1"}
    rank.kill()
    job = finished(folder, 60.0)
    end = job.snapshot.end
    assert job.state == "failed"
    assert isinstance(end, FailedEvent)
    assert end.code == "rank_died"
    assert "Rank 1 ended by signal 9" in end.what
    assert "the last words of rank 1" in end.what
    assert "log.rank-1.txt" in end.hint
    wait_until(lambda: not own.is_running() or own.status() == psutil.STATUS_ZOMBIE, "the job's process to end")
    assert not rank.is_running()


@pytest.mark.slow
def test_without_rank_0_the_others_go(launch_ranked: Callable[[], JobFolder]) -> None:
    folder = launch_ranked()
    wait_for_step(folder, 2)
    [rank] = ranks_of(folder)
    # As `tunesmith stop` does where nothing else helps, but to one process: SIGTERM alone moves no rank.
    rank.send_signal(signal.SIGTERM)
    os.kill(folder.read().pid or 0, signal.SIGKILL)
    wait_until(lambda: not rank.is_running() or rank.status() == psutil.STATUS_ZOMBIE, "the rank to end")
    # Its memory is given back before rank 0 is gone for good.
    wait_until(lambda: view(folder).state == "died", "the job to count as died")


def test_privacy_with_noise_is_for_one_process(tmp_path: Path) -> None:
    job = train_here(with_processes(plain_project(tmp_path, 12, **KNOBS, dp_epsilon=8.0), 2))
    assert job.state == "failed"
    assert isinstance(job.snapshot.end, FailedEvent)
    assert "recipe.dp_epsilon" in job.snapshot.end.what
    assert not list(job.folder.root.glob("log.rank-*"))


class _Out:
    """Keeps what a command says."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.results: list[Any] = []

    def say(self, text: str = "") -> None:
        self.told.append(text)

    def result(self, value: Any) -> None:
        self.results.append(value)


def test_several_machines_get_their_commands_and_nothing_starts(tmp_path: Path) -> None:
    import argparse

    project = plain_project(tmp_path, 12, **KNOBS)

    def on_two(spec: Any) -> Any:
        compute = spec.compute.model_copy(update={"hosts": ["first", "second"], "processes": 1})
        return spec.model_copy(update={"compute": compute})

    options = argparse.Namespace(project=str(project.root), hosts_only=False, node_rank=None)
    asked = argparse.Namespace(project=str(project.root), hosts_only=True, node_rank=None)
    out: Any = _Out()
    with pytest.raises(UsageError):
        train_command(asked, out)
    project.update(on_two)
    assert train_command(options, out) == 0
    [result] = out.results
    assert [host["host"] for host in result["hosts"]] == ["first", "second"]
    assert result["hosts"][1]["command"] == f"tunesmith train {project.root} --node-rank 1"
    assert all(Path(host["config"]).is_file() for host in result["hosts"])
    assert result["hosts"][1]["command"] in (project.root / "hosts" / "commands.txt").read_text()
    assert not list((project.root / "jobs").glob("train-*"))
    spread = spread_of(project, project.load(), 0)
    assert (spread.strategy, spread.world) == ("ddp", 2)
    with pytest.raises(UsageError):
        run_node(project, spread, 2)
    json.dumps(result)


def test_more_processes_than_rows_of_a_step_are_refused(tmp_path: Path) -> None:
    from engine.train.spread import check_spread

    project = plain_project(tmp_path, 12, **KNOBS)
    with pytest.raises(SpecError):
        check_spread(project.load().recipe, Spread("ddp", 16))
