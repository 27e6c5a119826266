"""Training that meets trouble goes on, and its numbers are those of a run without it. The real job, in this process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.begin import promote
from engine.errors import UsageError
from engine.files import sha256_of
from engine.jobs.events import Event, FailedEvent, SampleEvent, StepEvent, StoppedEvent
from engine.jobs.folder import JobFolder
from engine.jobs.reader import read_events
from engine.jobs.state import JobView
from engine.project import Project
from engine.runs import runs_of
from engine.train.attempts import RATE_FACTOR
from engine.train.checkpoints import ADAPTER_FILE, checkpoint_steps
from engine.train.rollback import roll_back
from engine.train.spending import Spending
from tests.engine.live import losses_of, open_gates, plain_project, start_here, train_here, work_here
from tests.projects import set_recipe

pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning", "ignore::DeprecationWarning"),
]
Make = Callable[..., Project]
SHORT = {"max_steps": 6, "eval_steps": 3, "save_steps": 2, "dropout": 0.0, "scheduler": "constant", "warmup_ratio": 0.0}


@pytest.fixture(autouse=True)
def gates(monkeypatch: pytest.MonkeyPatch) -> None:
    open_gates(monkeypatch)


@pytest.fixture
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes projects of a few rows."""
    return lambda rows=24, **knobs: plain_project(tmp_path_factory.mktemp("run"), rows, **{**SHORT, **knobs})


def adapter_of(project: Project, run: str) -> str:
    return sha256_of(project.run_folder(run) / "adapter" / ADAPTER_FILE)


def steps_of(job: JobView) -> list[StepEvent]:
    return [event for event in read_events(job.folder.events_file) if isinstance(event, StepEvent)]


@pytest.mark.slow
def test_without_enough_memory_the_losses_are_the_same(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    # In float32 alone: products of bfloat16 (processors with AMX) are rounded by more than the promise.
    monkeypatch.setattr("engine.train.precision.multiplies_bfloat16", lambda: False)
    # At the rate of a real model: Adam turns rounding of gradients near zero into whole steps of the rate's size.
    knobs = {"learning_rate": 2e-4, "max_steps": 5}
    whole = train_here(make(**knobs))
    parted = train_here(make(**knobs), fault="allocator_limit", most_rows=2)
    assert whole.state == parted.state == "finished", parted.snapshot.end
    assert losses_of(parted) == pytest.approx(losses_of(whole), abs=1e-4)
    assert parted.snapshot.result["eval_loss"] == pytest.approx(whole.snapshot.result["eval_loss"], abs=1e-4)
    assert parted.snapshot.result["tokens"] == whole.snapshot.result["tokens"]
    # 8 rows, then 4, then 2: said twice, in the first step, and remembered.
    warnings = [warning for warning in parted.snapshot.warnings if warning.code == "out_of_memory"]
    assert [warning.title.split(" rows")[0] for warning in warnings] == ["8", "4"]
    assert "out_of_memory" in {alert.rule for alert in parted.snapshot.alerts}


@pytest.mark.slow
def test_nan_goes_back_to_the_last_good_checkpoint_with_a_lower_rate(make: Make) -> None:
    project = make(save_steps=3)
    job = train_here(project, fault="nan_at_5")
    assert job.state == "finished", job.snapshot.end
    assert job.snapshot.result["rate_lowered"] == 1
    [warning] = [warning for warning in job.snapshot.warnings if warning.code == "went_back"]
    assert (warning.model_extra or {})["step"] == 3
    steps = steps_of(job)
    assert [event.step for event in steps] == [1, 2, 3, 4, 5, 4, 5, 6]
    rate = project.load().recipe.learning_rate
    assert [event.learning_rate for event in steps[:5]] == pytest.approx([rate] * 5)
    assert [event.learning_rate for event in steps[5:]] == pytest.approx([rate * RATE_FACTOR] * 3)
    assert [step for step, _ in job.snapshot.losses] == [1, 2, 3, 4, 5, 6]
    facts = json.loads(
        (project.run_folder(str(project.load().run)) / "checkpoints/checkpoint-6/tunesmith.json").read_text()
    )
    assert facts["rate"] == pytest.approx(rate * RATE_FACTOR)


@pytest.mark.slow
def test_nan_before_the_first_checkpoint_begins_anew(make: Make) -> None:
    job = train_here(make(save_steps=100, eval_steps=100), fault="nan_at_3")
    assert job.state == "finished", job.snapshot.end
    steps = steps_of(job)
    assert [event.step for event in steps] == [1, 2, 3, 1, 2, 3, 4, 5, 6]
    # The same rows through the same, untouched adapter.
    assert steps[3].loss == pytest.approx(steps[0].loss, abs=1e-5)


@pytest.mark.slow
def test_nan_again_and_again_ends_and_blames_the_rows(make: Make) -> None:
    job = train_here(make(), fault="nan_always")
    end = job.snapshot.end
    assert isinstance(end, FailedEvent)
    assert (end.code, end.exit_code) == ("not_finite", 1)
    assert "went back 2 times" in end.what
    assert "look at the rows" in end.hint


def _poison(checkpoint: Path) -> None:
    """Make one number of what the optimizer remembers none."""
    state = torch.load(checkpoint / "optimizer.pt", weights_only=True)
    next(iter(state["state"].values()))["exp_avg"][0] = float("nan")
    torch.save(state, checkpoint / "optimizer.pt")


@pytest.mark.slow
def test_an_optimizer_that_is_not_finite_is_not_gone_on_with(make: Make) -> None:
    project = make(keep_checkpoints=3, eval_steps=6)
    whole = train_here(project)
    checkpoints = project.run_folder(str(project.load().run)) / "checkpoints"
    shutil.rmtree(checkpoints / "checkpoint-6")
    _poison(checkpoints / "checkpoint-4")
    job = train_here(project, resume=True)
    assert job.state == "finished", job.snapshot.end
    assert [warning.code for warning in job.snapshot.warnings] == ["went_back"]
    assert job.snapshot.result["rate_lowered"] == 0
    assert [event.step for event in steps_of(job)] == [3, 4, 5, 6]
    assert job.snapshot.result["final_loss"] == pytest.approx(whole.snapshot.result["final_loss"], abs=1e-4)
    assert job.snapshot.result["tokens"] == whole.snapshot.result["tokens"]
    shutil.rmtree(checkpoints / "checkpoint-6")
    for step in (2, 4):
        _poison(checkpoints / f"checkpoint-{step}")
    end = train_here(project, resume=True).snapshot.end
    assert isinstance(end, FailedEvent)
    assert (end.code, end.title) == ("not_finite", "The run cannot go on from its checkpoint.")


@pytest.mark.slow
def test_an_adapter_that_breaks_after_the_last_look_is_no_result(make: Make) -> None:
    project = make(max_steps=2)
    job = train_here(project, fault="broken_at_the_end")
    end = job.snapshot.end
    assert isinstance(end, FailedEvent)
    assert (end.code, end.exit_code) == ("not_finite", 1)
    assert [alert.rule for alert in job.snapshot.alerts if alert.severity == "red"] == ["loss_not_finite"]
    assert not list(project.root.glob("runs/*/adapter"))


@pytest.mark.slow
def test_early_stopping_keeps_the_best(make: Make) -> None:
    project = make(
        16,
        max_steps=None,
        epochs=40,
        learning_rate=1e-2,
        eval_steps=2,
        save_steps=500,
        early_stopping=2,
        keep_checkpoints=1,
    )
    job = train_here(project)
    assert job.state == "finished", job.snapshot.end
    result, holdout = job.snapshot.result, dict(job.snapshot.holdout)
    best = min((step for step in holdout if step), key=lambda step: holdout[step])
    assert result["stopped_early"]
    assert result["went_back"]
    assert result["best_step"] == best
    assert result["eval_loss"] == pytest.approx(holdout[best])
    assert result["steps"] == best + 2 * 2
    folder = project.run_folder(result["run"]) / "checkpoints"
    assert checkpoint_steps(folder) == [best, result["steps"]]
    saved = sha256_of(folder / f"checkpoint-{best}" / ADAPTER_FILE)
    assert adapter_of(project, result["run"]) == saved
    # The other one can be had all the same.
    rolled = roll_back(project, result["run"], result["steps"])
    assert rolled["eval_loss"] == pytest.approx(holdout[result["steps"]])
    assert adapter_of(project, result["run"]) != saved
    assert (
        "/"
        not in json.loads((Path(rolled["adapter_dir"]) / "adapter_config.json").read_text())["base_model_name_or_path"]
    )
    with pytest.raises(UsageError, match="no such checkpoint"):
        roll_back(project, result["run"], 999)


@pytest.mark.slow
def test_samples_are_told_and_change_nothing(make: Make) -> None:
    knobs: dict[str, Any] = {"dropout": 0.1}
    plain = train_here(make(**knobs))
    asked = train_here(make(**knobs, sample_steps=2, sample_prompts=["Which brush is the best?"]))
    assert losses_of(asked) == pytest.approx(losses_of(plain), abs=1e-6)
    samples = asked.snapshot.samples
    assert [sample.step for sample in samples] == [0, 2, 4, 6]
    assert all(isinstance(sample, SampleEvent) and sample.prompt == "Which brush is the best?" for sample in samples)
    assert samples[0].base == samples[0].tuned
    assert len({sample.base for sample in samples}) == 1


@pytest.mark.slow
def test_the_budget_saves_and_stops_and_counts_all_parts(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(max_steps=200, save_steps=500)
    project.update(lambda spec: spec.model_copy(update={"budget": spec.budget.model_copy(update={"hours": 1.0})}))
    context = start_here(project)
    trained: list[Event] = []
    context.listeners.append(lambda event: trained.append(event) if isinstance(event, StepEvent) else None)
    real = Spending.__dict__["seconds"].fget
    # The hour is over as soon as it trains.
    monkeypatch.setattr(Spending, "seconds", property(lambda self: real(self) + (3600 if trained else 0)))
    job = work_here(context)
    assert isinstance(job.snapshot.end, StoppedEvent), job.snapshot.end
    assert job.snapshot.end.by == "the budget of 1 hours"
    assert job.snapshot.checkpoint is not None
    assert job.snapshot.spent is not None
    assert job.snapshot.spent.seconds >= 3600
    refused = train_here(project, resume=True)
    assert isinstance(refused.snapshot.end, FailedEvent)
    assert refused.snapshot.end.code == "budget"
    budget = {"hours": None, "price_per_hour": 3600.0}
    project.update(lambda spec: spec.model_copy(update={"budget": spec.budget.model_copy(update=budget)}))
    context = start_here(project, resume=True)
    context.stop.set()
    more = work_here(context)
    assert more.snapshot.spent is not None
    assert more.snapshot.spent.seconds > job.snapshot.spent.seconds
    assert more.snapshot.spent.cost == pytest.approx(more.snapshot.spent.seconds, abs=0.01)


@pytest.mark.slow
def test_a_short_run_is_promoted_and_goes_on(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(max_steps=3, epochs=3, scheduler="cosine", eval_steps=100)
    first = train_here(project)
    started: list[dict[str, Any]] = []

    def launch(_root: Path, kind: str, spec: dict[str, Any], *, force: bool = False) -> JobFolder:
        started.append(spec)
        return start_here(project, **spec).folder

    monkeypatch.setattr("engine.begin.launch", launch)
    monkeypatch.setattr("engine.begin.before_training", lambda *_: None)
    promote(project, ["recipe.learning_rate=1e-3"])
    assert started == [{"resume": True, "smoke": False, "adapt": True}]
    assert project.load().recipe.max_steps is None
    full = train_here(project, **started[0])
    assert full.state == "finished", full.snapshot.end
    steps = steps_of(full)
    assert [event.step for event in steps] == list(range(4, steps[-1].steps + 1))
    assert steps[-1].step > 3
    # The short schedule had ended at 0; the longer one stands near its top, of the rate that is set now.
    assert 0 < steps[0].learning_rate <= 1e-3
    assert full.snapshot.result["tokens"] > first.snapshot.result["tokens"]
    [row] = runs_of(project, project.load())
    assert (row.state, row.chosen, row.step) == ("finished", True, steps[-1].step)

    set_recipe(project, rank=4, epochs=9)
    refused = train_here(project, resume=True, adapt=True)
    assert isinstance(refused.snapshot.end, FailedEvent)
    assert refused.snapshot.end.code == "changed_since"
    set_recipe(project, rank=16, epochs=3)
    done = train_here(project, resume=True)
    assert isinstance(done.snapshot.end, FailedEvent)
    assert done.snapshot.end.code in ("no_steps_left", "changed_since")
