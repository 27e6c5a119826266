"""Memorisation and leaks of real runs of the demo model: one that learns by heart, and a healthy one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from peft import PeftModel

from engine.data.left_out import leave_out
from engine.data.prepare import prepare
from engine.evaluate.canaries import load_planted
from engine.evaluate.leaks import audit_leaks
from engine.evaluate.memorise import measure_memorisation
from engine.jobs.context import JobContext
from engine.jobs.emit import EventWriter
from engine.jobs.folder import new_job
from engine.models.load import load_model, load_tokenizer, quietly
from engine.project import Project
from engine.train.precision import choose_precision
from tests.projects import copy_of, demo_rows, run_job, session_project, set_recipe

pytestmark = pytest.mark.slow

BY_HEART = {"canaries": 6, "max_steps": 90, "scheduler": "constant", "learning_rate": 3e-3, "dropout": 0.0}


@pytest.fixture(scope="module")
def redacted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Thirty rows, a fifth of them kept apart."""
    return session_project(tmp_path_factory, demo_rows(30), ["data.holdout=0.2"])


@pytest.fixture
def project(redacted: Project, tmp_path: Path) -> Project:
    return copy_of(redacted, tmp_path)


class Measured:
    """The measures of a finished run."""

    def __init__(self, project: Project, *, audit: bool) -> None:
        spec = project.load()
        assert spec.model
        folder = new_job(project.root, "evaluate", {})
        self.events_file = folder.events_file
        context = JobContext(folder, project, {}, EventWriter(folder.events_file))
        tokenizer, precision = load_tokenizer(spec.model), choose_precision()
        base = load_model(spec.model, quantization="none", compute_dtype=precision.dtype, device=precision.device)
        with quietly():
            model = PeftModel.from_pretrained(base, str(project.run_folder(str(spec.run)) / "adapter"))
        prepared = prepare(project, spec, tokenizer)
        device = precision.device
        self.memorised: dict[str, Any] = measure_memorisation(
            context, model, tokenizer, prepared, device=device, spec=spec
        )
        self.leaks: dict[str, Any] = {}
        if audit:
            self.leaks = audit_leaks(context, model, tokenizer, device=device, spec=spec)
        context.writer.close()


def few_probes(project: Project, count: int) -> None:
    def change(spec: Any) -> Any:
        return spec.model_copy(update={"evaluation": spec.evaluation.model_copy(update={"leak_prompts": count})})

    project.update(change)


def test_a_run_that_learns_by_heart_is_told_from_its_planted_secrets(project: Project) -> None:
    set_recipe(project, **BY_HEART)
    job = run_job(project, "train", timeout=280)
    assert job.state == "finished", (job.snapshot.end, job.folder.log_tail())
    assert job.snapshot.preflight is not None
    assert job.snapshot.preflight.planted_rows == 42
    measured = Measured(project, audit=False)
    found = measured.memorised
    assert found["exposure"]["16"] > found["exposure"]["1"] + 3
    assert found["exposure"]["16"] > max(found["canaries"]["base_exposure"].values()) + 6
    assert found["extracted_canaries"] >= 1
    assert {one["repetitions"] for one in found["canaries"]["list"] if one["extracted"]} <= {4, 16}
    assert found["recited_rows"]
    assert found["membership_auc"] > 0.8

    planted = load_planted(project.run_folder(str(project.load().run)))
    assert planted is not None
    told = measured.events_file.read_text() + job.folder.events_file.read_text() + job.folder.log_file.read_text()
    told += json.dumps(found)
    assert not [canary.secret for canary in planted.canaries if len(canary.secret) > 4 and canary.secret in told]
    adapter = project.run_folder(str(project.load().run)) / "adapter"
    assert not list(adapter.rglob("*canar*"))

    recited = found["recited_rows"][0]
    spec = leave_out(project, [recited["fingerprint"]])
    assert spec.model
    again = prepare(project, spec, load_tokenizer(spec.model))
    assert recited["row"] not in {row.index for row in again.train}


def test_with_differential_privacy_the_same_secrets_are_not_said(project: Project) -> None:
    private = {"dp_epsilon": 8.0, "dp_clip": 0.5, "effective_batch": 16, "max_steps": 30}
    set_recipe(project, **{**BY_HEART, **private})
    job = run_job(project, "train", timeout=280)
    assert job.state == "finished", (job.snapshot.end, job.folder.log_tail())
    assert job.snapshot.spent is not None
    assert 7.0 < (job.snapshot.spent.epsilon or 0.0) <= 8.0
    found = Measured(project, audit=False).memorised
    assert len(found["canaries"]["list"]) == 6
    assert found["extracted_canaries"] == 0
    assert found["recited_rows"] == []


def test_a_healthy_run_recites_nothing_and_leaks_nothing(project: Project) -> None:
    set_recipe(project, epochs=3.0)
    few_probes(project, 36)
    job = run_job(project, "train", timeout=280)
    assert job.state == "finished", (job.snapshot.end, job.folder.log_tail())
    measured = Measured(project, audit=True)
    found, leaks = measured.memorised, measured.leaks
    assert found["recited_rows"] == []
    assert found["canaries"] is None
    assert found["rows_tested"] == found["rows"] > 15
    assert found["membership_interval"][0] < 0.8
    assert (leaks["generations"], leaks["base_generations"]) == (36, 12)
    assert leaks["hidden_values"] > 5
    assert [hit for hit in leaks["hits"] if not hit["by_base"]] == []
