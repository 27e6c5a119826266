"""The evaluation job on the demo model with an adapter that was not trained: what it reports, keeps and takes again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model

from engine.actions import new_project
from engine.data.prepare import prepare
from engine.data.render import Renderer
from engine.errors import StoppedError, UsageError
from engine.evaluate import jobs as jobs_module
from engine.evaluate.blind import open_blind
from engine.evaluate.general import REPEATS, general_examples, general_rows, mix_in
from engine.evaluate.jobs import run_evaluate
from engine.evaluate.whose import whose
from engine.files import sha256_of
from engine.jobs.context import JobContext
from engine.jobs.emit import EventWriter
from engine.jobs.events import Event, PhaseEvent, SampleEvent
from engine.jobs.folder import new_job
from engine.models.load import load_model, load_tokenizer, quietly
from engine.project import Project
from engine.spec import ProjectSpec
from tests.projects import copy_of, demo_rows

RUN = "train-1"
MEASURED = ("rows", "answers", "general", "bias", "provoked")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose rows count as redacted, and an adapter with chance numbers."""
    folder = tmp_path_factory.mktemp("evaluated")
    data = folder / "rows.jsonl"
    data.write_text("\n".join(demo_rows(30)) + "\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNESMITH_STATE", str(folder / "state"))
        project, spec = new_project(folder / "project", data=data, model="demo", preset="demo")
    (project.root / "privacy").mkdir(exist_ok=True)
    redacted = project.root / "privacy" / "redacted.jsonl"
    redacted.write_bytes(data.read_bytes())
    made = {"path": "privacy/redacted.jsonl", "sha256": sha256_of(redacted)}

    def apply(spec: ProjectSpec) -> ProjectSpec:
        assert spec.data
        return spec.model_copy(
            update={
                "run": RUN,
                "redaction": spec.redaction.model_copy(update=made),
                "data": spec.data.model_copy(update={"holdout": 0.3}),
                "evaluation": spec.evaluation.model_copy(update={"prompts": ["Who are you?"]}),
            }
        )

    spec = project.update(apply)
    save_adapter(project, spec, seed=1)
    return project


def save_adapter(project: Project, spec: ProjectSpec, seed: int) -> None:
    assert spec.model
    base = load_model(spec.model, quantization="none", compute_dtype=torch.float32, device="cpu")
    torch.manual_seed(seed)
    with quietly():
        tuned = get_peft_model(base, LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False))
    tuned.save_pretrained(str(project.run_folder(RUN) / "adapter"))


@pytest.fixture
def project(made: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy, in which the privacy of the rows is not asked for and leaks are measured elsewhere."""
    monkeypatch.setattr(jobs_module, "check_privacy", lambda project, spec: None)
    monkeypatch.setattr("engine.evaluate.memorise.measure_memorisation", lambda *_, **__: {"recited_rows": []})
    monkeypatch.setattr("engine.evaluate.leaks.audit_leaks", lambda *_, **__: {"hits": []})
    return copy_of(made, tmp_path)


class Job:
    """One evaluation in this process, and what it said."""

    def __init__(self, project: Project, listener: Callable[[JobContext, Event], None] | None = None, **spec: Any):
        folder = new_job(project.root, "evaluate", spec)
        self.context = JobContext(folder, project, spec, EventWriter(folder.events_file))
        self.events: list[Event] = []
        self.context.listeners.append(self.events.append)
        if listener:
            self.context.listeners.append(lambda event: listener(self.context, event))

    def run(self) -> dict[str, Any]:
        try:
            return run_evaluate(self.context)
        finally:
            self.context.writer.close()

    @property
    def measured(self) -> set[str]:
        """The phases in which a model was asked."""
        names = {event.name for event in self.events if isinstance(event, PhaseEvent)}
        return {name for name in names if name.partition("-")[0] in MEASURED}


def report_of(project: Project) -> Any:
    return json.loads(project.evaluation_file(RUN).read_text())


def test_the_report_has_every_section_and_a_second_time_nothing_is_measured(project: Project) -> None:
    job = Job(project)
    result = job.run()
    report = report_of(project)
    assert report["complete"]
    assert result["tuned_loss"] == report["tuned"]["loss"] == report["quality"]["loss"]["tuned"]["value"]
    assert result["holdout_rows"] == report["holdout_rows"] == report["quality"]["rows"] > 3
    assert {"bleu", "chrf", "exact_match", "token_accuracy", "perplexity"} <= set(report["quality"])
    assert 0 <= report["quality"]["bleu"]["tuned"]["value"] <= 1
    assert report["stops"]["limit"] > 0
    assert report["sound"]["finite"]
    assert report["sound"]["changed"]
    assert report["general"]["rows"] > 90
    assert report["bias"]["pairs"][0]["spread"]["base"]["value"] > 0
    assert report["toxicity"]["provoked"]["tuned"]["texts"] == 8
    assert set(report["base_first"]) == {"at", "bias", "toxicity", "general_loss", "leaks"}
    assert set(report["from_training"]) == {"bias", "toxicity", "general_loss", "leaks"}
    assert {"clichés", "insults, provoked", "general loss"} <= {one.what for one in whose(report)}
    assert report["answers"][-1]["prompt"] == "Who are you?"
    shown = [event.prompt for event in job.events if isinstance(event, SampleEvent)]
    assert shown == [answer["prompt"] for answer in report["answers"]]
    assert len(open_blind(project, RUN).pairs) == len(report["blind_pairs"]) > 0
    assert job.measured == {f"{name}-{who}" for name in MEASURED for who in ("base", "tuned")}
    assert project.evaluation_file(RUN).stat().st_mode & 0o777 == 0o600
    again = Job(project)
    again.run()
    assert again.measured == set()
    assert {**report_of(project), "at": report["at"]} == report


@pytest.mark.slow
def test_a_stopped_evaluation_keeps_what_was_measured_and_goes_on(project: Project) -> None:
    def stop_at_bias(context: JobContext, event: Event) -> None:
        if isinstance(event, PhaseEvent) and event.name == "bias-base":
            context.stop.set()

    with pytest.raises(StoppedError):
        Job(project, stop_at_bias).run()
    report = report_of(project)
    assert not report["complete"]
    assert {"quality", "answers", "stops", "general", "sound"} <= set(report)
    assert "bias" not in report
    job = Job(project)
    job.run()
    assert job.measured == {f"{name}-{who}" for name in ("bias", "provoked") for who in ("base", "tuned")}
    assert report_of(project)["complete"]


@pytest.mark.slow
def test_the_base_is_measured_before_training_and_not_again(project: Project) -> None:
    first = Job(project, base_only=True)
    result = first.run()
    base = json.loads(Path(result["report"]).read_text())
    assert Path(result["report"]) == project.root / "evaluation" / "base.json"
    assert first.measured == {f"{name}-base" for name in MEASURED}
    assert base["base"]["loss"] == result["base_loss"]
    assert base["bias_base"]["women and men"]["spread"] > 0
    assert base["toxicity"]["provoked"]["base"]["texts"] == 8
    job = Job(project)
    job.run()
    assert job.measured == {f"{name}-tuned" for name in MEASURED}
    assert report_of(project)["base"] == base["base"]
    # Another adapter: its own half is measured anew.
    save_adapter(project, project.load(), seed=2)
    job = Job(project)
    job.run()
    assert job.measured == {f"{name}-tuned" for name in MEASURED}


def test_before_the_rows_are_safe_the_base_is_asked_without_them(made: Project, tmp_path: Path) -> None:
    project = copy_of(made, tmp_path)
    job = Job(project, base_only=True)
    result = job.run()
    assert result["base_loss"] is None
    assert job.measured == {"general-base", "bias-base", "provoked-base"}


def test_without_a_run_there_is_nothing_to_measure(project: Project) -> None:
    project.update(lambda spec: spec.model_copy(update={"run": "train-none"}))
    with pytest.raises(UsageError, match="not finished"):
        Job(project).run()


def test_an_adapter_that_is_replaced_while_it_loads_is_not_measured(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run may be rolled back just then: the figures of one adapter would stand under another."""

    def load_then_replace(*given: Any) -> Any:
        found = load(*given)
        save_adapter(project, project.load(), seed=7)
        return found

    load = jobs_module._load
    monkeypatch.setattr(jobs_module, "_load", load_then_replace)
    with pytest.raises(UsageError, match="replaced while it was read"):
        Job(project).run()
    assert not project.evaluation_file(RUN).exists()


def test_general_rows_are_our_own_many_and_never_both_measured_and_mixed_in() -> None:
    halves = [general_examples(for_measuring=measured) for measured in (True, False)]
    questions = [{example.content()[0][1] for example in half} for half in halves]
    assert not questions[0] & questions[1]
    assert sum(map(len, questions)) >= 200
    assert min(map(len, questions)) >= 90


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_general_rows_are_mixed_into_training_only(project: Project, share: float) -> None:
    spec = project.load()
    assert spec.model
    tokenizer = load_tokenizer(spec.model)
    renderer = Renderer(tokenizer, spec.model.chat_template)
    prepared = prepare(project, spec, tokenizer)
    own, holdout = list(prepared.train), list(prepared.holdout)
    added = mix_in(prepared, renderer, share, seed=1)
    assert added == round(len(own) * share / (1 - share)) == len(prepared.train) - len(own)
    assert prepared.train[: len(own)] == own
    assert prepared.holdout == holdout
    assert {row.index for row in prepared.train[len(own) :]} == {-1}
    assert prepared.tokens == sum(len(row.input_ids) for row in prepared.train)
    assert prepared.supervised_tokens == sum(row.supervised for row in prepared.train)
    assert prepared.eos_supervised_share == pytest.approx(1.0)
    available = len(general_rows(renderer, prepared.max_length, for_measuring=False))
    prepared.train *= 100
    assert mix_in(prepared, renderer, 0.5, seed=1) == REPEATS * available
