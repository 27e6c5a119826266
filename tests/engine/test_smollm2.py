"""A real model, the real way: SmolLM2-135M-Instruct becomes a folder once; it answers, is planned for, and learns."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.jobs.events import PhaseEvent
from engine.jobs.reader import read_events
from engine.machine import models_folder
from engine.models.inspect import inspect_model
from engine.models.load import load_model, load_tokenizer
from engine.project import Project, create_project
from engine.spec import ModelSpec
from tests.plan_truth import Case, measured, planned
from tests.projects import demo_rows, make_redacted_project, run_job, set_recipe
from tests.smollm2 import smollm2_gguf

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tests of this file keep their one model."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(autouse=True)
def _one_place(state: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNESMITH_MODELS", str(models))


@pytest.fixture(scope="module")
def fetched(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose model was converted by the real job."""
    project, _ = create_project(tmp_path_factory.mktemp("fetched") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNESMITH_MODELS", str(models))
        patch.setenv("TUNESMITH_STATE", str(tmp_path_factory.mktemp("state")))
        job = run_job(project, "fetch", source=str(smollm2_gguf()))
    assert job.state == "finished", job.folder.log_tail()
    return project


@pytest.fixture
def model(fetched: Project) -> ModelSpec:
    found = fetched.load().model
    assert found is not None
    return found


def test_it_is_converted_and_answers(fetched: Project, model: ModelSpec) -> None:
    file, folder = smollm2_gguf(), Path(model.path or "")
    assert folder.parent == models_folder()
    assert folder.name.startswith("gguf-")
    facts = inspect_model(folder)
    assert facts.parameters == inspect_model(file).parameters == 134_515_008
    assert (facts.licence, facts.dtypes, facts.stored_quantization) == ("apache-2.0", {"BF16": 134_515_008}, None)
    assert facts.has_chat_template
    assert [path for path in models_folder().iterdir() if path != folder] == []

    tokenizer = load_tokenizer(model)
    assert tokenizer.pad_token_id != tokenizer.eos_token_id
    loaded = load_model(model, quantization="none", compute_dtype=torch.float32, device="cpu")
    question = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = tokenizer.apply_chat_template(question, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    with torch.no_grad():
        answer = loaded.generate(**prompt, max_new_tokens=10, do_sample=False)
    assert "Paris" in tokenizer.decode(answer[0][prompt["input_ids"].shape[1] :])

    again = run_job(fetched, "fetch", source=str(file))
    assert again.state == "finished"
    phases = [event.name for event in read_events(again.folder.events_file) if isinstance(event, PhaseEvent)]
    assert phases == ["hash", "inspect"]


@pytest.mark.parametrize(
    ("shape", "checkpointing", "loss", "dropout"),
    [((2, 96, 40), False, "chunked_nll", 0.05), ((1, 128, 127), True, "nll", 0.0)],
)
def test_the_plan_is_near_real_steps(
    model: ModelSpec, shape: tuple[int, int, int], checkpointing: bool, loss: str, dropout: float
) -> None:
    case = Case(*shape, {"gradient_checkpointing": checkpointing, "loss": loss, "dropout": dropout, "rank": 16})
    folder = Path(model.path or "")
    assert planned(folder, case).allocated == pytest.approx(measured(folder, case), rel=0.03)


def test_it_learns_in_four_bits(model: ModelSpec, tmp_path: Path) -> None:
    project = make_redacted_project(tmp_path, demo_rows(40), [])
    project.update(lambda spec: spec.model_copy(update={"model": model}))
    set_recipe(project, max_steps=8, micro_batch=1, effective_batch=4, max_length=256, learning_rate=5e-4, eval_steps=8)
    job = run_job(project, "train", timeout=280)
    assert job.state == "finished", (job.snapshot.end, job.folder.log_tail())
    result = job.snapshot.result
    assert job.snapshot.preflight is not None
    assert job.snapshot.preflight.eos_supervised_share == 1.0
    assert result["eval_loss"] < result["base_eval_loss"] - 0.2
    losses = [loss for _, loss in job.snapshot.losses]
    assert losses[-1] < losses[0]
