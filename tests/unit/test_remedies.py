"""What one key does: the knob that changes, the checkpoint it goes on from, and what is never taken away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from engine import audit
from engine.cli.entry import main
from engine.errors import BusyError, UsageError
from engine.evaluate.remedy import MixIn, mix_general_rows_in, mix_in_offer
from engine.files import atomic_write
from engine.jobs.context import JobContext
from engine.jobs.emit import EventWriter
from engine.jobs.events import AlertEvent, StoppedEvent
from engine.jobs.folder import new_job
from engine.project import Project
from engine.spec import ProjectSpec
from engine.train.checkpoints import ADAPTER_FILE, FACTS_FILE, LEFT, checkpoint_steps
from engine.train.remedies import REMEDIES, apply_remedy
from engine.train.rollback import roll_back
from engine.train.run import body_of, fingerprint_of, keep_recipe, open_run
from tests.projects import set_recipe
from tests.tui.recorded import RecordedJob, beginning, make_project

RUN = "train-20261122-120000-0001"


def checkpoint(project: Project, step: int, value: float = 1.0, run: str = RUN, holdout: float | None = None) -> Path:
    folder = project.run_folder(run) / "checkpoints" / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    save_file({"lora_B": np.full((4, 4), value, dtype=np.float32)}, str(folder / ADAPTER_FILE))
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "/home/jane/base"}))
    (folder / "optimizer.pt").write_bytes(b"o" * 1000)
    history: list[dict[str, Any]] = [{"step": step, "loss": 2.0}]
    if holdout is not None:
        history.append({"step": step, "eval_loss": holdout})
    known = [
        entry
        for other in sorted(folder.parent.glob("checkpoint-*/trainer_state.json"))
        for entry in json.loads(other.read_text())["log_history"]
    ]
    (folder / "trainer_state.json").write_text(json.dumps({"log_history": [*known, *history]}))
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = make_project(tmp_path / "project", run=RUN)
    for step, value, holdout in ((10, 1.0, 2.5), (20, 1.0, 2.4), (30, float("nan"), 2.9)):
        checkpoint(made, step, value, holdout=holdout)
    return made


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []

    def start(_: Project, **how: Any) -> Any:
        calls.append(how)
        return None

    monkeypatch.setattr("engine.begin.start_training", start)
    return calls


def alert(rule: str, step: int) -> AlertEvent:
    return AlertEvent(rule=rule, severity="red", seen="", step=step)


def test_a_lower_rate_goes_on_from_the_last_good_checkpoint(project: Project, started: list[dict[str, Any]]) -> None:
    before = project.load().recipe.learning_rate
    done = apply_remedy(project, "lower_rate", alert("loss_not_finite", 35))
    assert project.load().recipe.learning_rate == pytest.approx(before * 0.3)
    # Step 30 was saved after the weights went bad.
    assert started == [{"resume": True, "from_step": 20, "adapt": True}]
    assert "from step 20" in done.words
    assert [entry.action for entry in audit.entries(project)][-2:] == ["remedy", "recipe"]


def test_without_a_good_checkpoint_it_begins_anew(project: Project, started: list[dict[str, Any]]) -> None:
    apply_remedy(project, "lower_rate", alert("loss_rises", 5))
    assert started == [{}]


def test_more_dropout_goes_on_from_the_best(project: Project, started: list[dict[str, Any]]) -> None:
    apply_remedy(project, "raise_dropout", alert("holdout_rises", 35))
    assert project.load().recipe.dropout == pytest.approx(0.1)
    assert started == [{"resume": True, "from_step": 20, "adapt": True}]


def test_a_smaller_batch_keeps_the_effective_one(project: Project, started: list[dict[str, Any]]) -> None:
    set_recipe(project, micro_batch=8, effective_batch=16)
    apply_remedy(project, "shrink_batch")
    recipe = project.load().recipe
    assert (recipe.micro_batch, recipe.effective_batch) == (4, 16)
    assert started == [{"resume": True, "from_step": 30, "adapt": True}]
    set_recipe(project, micro_batch=1)
    with pytest.raises(UsageError, match="one row already"):
        apply_remedy(project, "shrink_batch")


def test_keeping_the_best_makes_it_the_adapter(project: Project, started: list[dict[str, Any]]) -> None:
    done = apply_remedy(project, "keep_best")
    adapter = project.run_folder(RUN) / "adapter"
    assert {file.name for file in adapter.iterdir()} == {ADAPTER_FILE, "adapter_config.json"}
    assert "jane" not in (adapter / "adapter_config.json").read_text()
    assert "step 20, holdout loss 2.400" in done.words
    assert "train" in project.load().steps
    assert not started


def test_a_spoilt_checkpoint_is_not_taken(project: Project) -> None:
    with pytest.raises(UsageError, match="not finite"):
        roll_back(project, RUN, 30)


def test_what_another_job_reads_is_not_rolled_back(project: Project) -> None:
    """Else the figures of one adapter would stand under another."""
    job = RecordedJob(project, "evaluate")
    job.emit(*beginning())
    with pytest.raises(BusyError, match="Another job works on this run") as refused:
        roll_back(project, RUN, 20)
    assert job.folder.id in refused.value.hint
    job.die()
    roll_back(project, RUN, 20)


def test_after_a_rollback_training_goes_on_from_there(project: Project) -> None:
    spec = project.load()
    for step in (10, 20, 30):
        facts = {"fingerprint": fingerprint_of(spec), "body": body_of(spec)}
        (checkpoint_folder(project) / f"checkpoint-{step}" / FACTS_FILE).write_text(json.dumps(facts))
    assert resumed(project) == (30, [10, 20, 30])
    roll_back(project, RUN, 10)
    assert checkpoint_steps(checkpoint_folder(project)) == [10, 20, 30], "another one can still be chosen"
    roll_back(project, RUN, 20)
    # What came after it would else be the newest: it would crowd out what is saved now, and be taken up next time.
    assert resumed(project) == (20, [10, 20])
    checkpoint(project, 25)
    (checkpoint_folder(project) / "checkpoint-25" / FACTS_FILE).write_text(json.dumps(facts))
    assert resumed(project) == (25, [10, 20, 25]), "what was learned since then is not thrown away"
    assert (checkpoint_folder(project) / LEFT / "checkpoint-30").is_dir()
    apply_remedy(project, "free_disk")
    assert not (checkpoint_folder(project) / LEFT).exists()


def test_a_run_does_not_go_on_over_another_base_or_other_rows(project: Project) -> None:
    """What no fingerprint of settings shows: other weights in the same folder, rows that are read otherwise."""
    weights = project.root / "model.safetensors"
    weights.write_bytes(b"1" * 4000)
    keep_recipe(project.run_folder(RUN), project.load())
    facts = {"fingerprint": fingerprint_of(project.load()), "body": body_of(project.load())}
    for step in (10, 20, 30):
        (checkpoint_folder(project) / f"checkpoint-{step}" / FACTS_FILE).write_text(json.dumps(facts))
    assert resumed(project)[0] == 30
    weights.write_bytes(b"2" * 4000)
    with pytest.raises(UsageError) as raised:
        resumed(project)
    assert "the base model in that folder is another one" in raised.value.what
    weights.write_bytes(b"1" * 4000)

    def fix(spec: ProjectSpec) -> ProjectSpec:
        assert spec.data
        return spec.model_copy(update={"data": spec.data.model_copy(update={"fixes": ["drop_too_short"]})})

    project.update(fix)
    with pytest.raises(UsageError) as raised:
        resumed(project)
    assert "other rows are kept apart" in raised.value.what


def checkpoint_folder(project: Project) -> Path:
    return project.run_folder(RUN) / "checkpoints"


def resumed(project: Project) -> tuple[int, list[int]]:
    """Where a job that resumes would go on, and which checkpoints are there then."""
    folder = new_job(project.root, "train", {"resume": True})
    context = JobContext(folder, project, {"resume": True}, EventWriter(folder.events_file))
    step = open_run(context, project.load(), smoke=False).step
    context.emit(StoppedEvent(by="request"))
    context.writer.close()
    return step, checkpoint_steps(checkpoint_folder(project))


def test_freeing_the_disk_leaves_the_newest_and_the_best(project: Project) -> None:
    other = "train-20261121-120000-0001"
    checkpoint(project, 5, run=other)
    (project.run_folder(other) / "adapter").mkdir()
    (project.run_folder(RUN) / "checkpoints" / ".saving").mkdir()
    done = apply_remedy(project, "free_disk")
    assert checkpoint_steps(project.run_folder(RUN) / "checkpoints") == [20, 30]
    # A finished run needs no checkpoint to be used.
    assert checkpoint_steps(project.run_folder(other) / "checkpoints") == []
    # The present run may be saving at this moment.
    assert (project.run_folder(RUN) / "checkpoints" / ".saving").is_dir()
    assert "are gone" in done.words


def test_going_on_and_a_higher_rate(project: Project, started: list[dict[str, Any]]) -> None:
    apply_remedy(project, "resume")
    before = project.load().recipe.learning_rate
    apply_remedy(project, "raise_rate")
    assert started == [{"resume": True}, {}]
    assert project.load().recipe.learning_rate == pytest.approx(3 * before)


def test_what_does_not_exist_is_said(project: Project) -> None:
    with pytest.raises(UsageError, match="no remedy"):
        apply_remedy(project, "pray")
    project.update(lambda spec: spec.model_copy(update={"run": None}))
    with pytest.raises(UsageError, match="no run"):
        apply_remedy(project, "resume")


def test_every_remedy_says_what_happens() -> None:
    assert all(remedy.label and remedy.meaning.endswith(".") for remedy in REMEDIES.values())


def test_general_rows_are_mixed_in_only_where_a_run_can_begin(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    for further in (["--resume"], ["--smoke"], ["--promote"], []):
        assert main(["train", str(project.root), "--mix-in", "--force", *further]) in (2, 3)
        assert project.load().recipe.mix_in == 0.0
    assert "mixed in" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "before", "offered"),
    [
        (0.3, 0.0, MixIn(0.1)),
        (1.5, 0.0, MixIn(0.2)),
        (0.3, 0.1, MixIn(0.2, 6e-5)),
        (1.5, 0.4, MixIn(0.4, 6e-5)),
        (0.05, 0.1, MixIn(0.2)),
        (None, 0.0, MixIn(0.1)),
    ],
)
def test_what_is_mixed_in_goes_by_how_much_was_forgotten(
    project: Project, change: float | None, before: float, offered: MixIn
) -> None:
    set_recipe(project, mix_in=before, learning_rate=2e-4)
    keep_recipe(project.run_folder(RUN), project.load())
    if change is not None:
        atomic_write(project.evaluation_file(RUN), json.dumps({"general": {"change": change}}), "testing")
    offer = mix_in_offer(project, project.load())
    assert offer.words == offered.words
    recipe = mix_general_rows_in(project).recipe
    assert mix_in_offer(project, project.load()) == offer, "what was not tried yet is offered again"
    assert (recipe.mix_in, recipe.learning_rate) == (offer.share, offer.rate or 2e-4)
