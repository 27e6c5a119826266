"""A real GGUF becomes a safetensors folder that is loaded, tokenises and answers. Once; the second time at once."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.errors import ModelError
from engine.jobs.events import PhaseEvent
from engine.jobs.launch import launch
from engine.jobs.reader import read_events
from engine.jobs.state import JobView, view
from engine.machine import models_folder
from engine.models.inspect import inspect_model
from engine.models.load import load_model, load_tokenizer
from engine.project import Project, create_project
from tests.conftest import wait_until
from tests.smollm2 import smollm2_gguf
from tests.tiny_gguf import GGUF_ENTRIES, GGUF_SHAPES, gguf_bytes


def _run(project: Project, source: Path) -> JobView:
    folder = launch(project.root, "fetch", {"source": str(source)})
    wait_until(lambda: not view(folder).active, "the conversion ends", timeout=240)
    return view(folder)


@pytest.mark.slow
def test_smollm2_is_converted_and_answers(tmp_path: Path) -> None:
    file = smollm2_gguf()
    project, _ = create_project(tmp_path / "project")
    job = _run(project, file)
    assert job.state == "finished", job.folder.log_tail()
    spec = project.load().model
    assert spec is not None
    folder = Path(spec.path or "")
    assert folder.parent == models_folder()
    assert folder.name.startswith("gguf-")
    facts = inspect_model(folder)
    assert facts.parameters == inspect_model(file).parameters == 134_515_008
    assert (facts.licence, facts.dtypes, facts.stored_quantization) == ("apache-2.0", {"BF16": 134_515_008}, None)
    assert facts.has_chat_template
    assert [path for path in models_folder().iterdir() if path != folder] == []

    tokenizer = load_tokenizer(spec)
    assert tokenizer.pad_token_id != tokenizer.eos_token_id
    model = load_model(spec, quantization="none", compute_dtype=torch.float32, device="cpu")
    question = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = tokenizer.apply_chat_template(question, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    with torch.no_grad():
        answer = model.generate(**prompt, max_new_tokens=10, do_sample=False)
    assert "Paris" in tokenizer.decode(answer[0][prompt["input_ids"].shape[1] :])

    again = _run(project, file)
    assert again.state == "finished"
    phases = [event.name for event in read_events(again.folder.events_file) if isinstance(event, PhaseEvent)]
    assert phases == ["hash", "inspect"]


@pytest.mark.slow
def test_architecture_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "odd.gguf"
    file.write_bytes(gguf_bytes({**GGUF_ENTRIES, "general.architecture": "oddity"}, GGUF_SHAPES))
    project, _ = create_project(tmp_path / "project")
    job = _run(project, file)
    assert job.state == "failed"
    assert job.snapshot.end is not None
    assert job.snapshot.end.model_dump()["code"] == "gguf"
    assert list(models_folder().iterdir()) == []
    assert project.load().model is None


def test_truncated_file_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    file = tmp_path / "cut.gguf"
    file.write_bytes(gguf_bytes(GGUF_ENTRIES, GGUF_SHAPES)[:-100])
    with pytest.raises(ModelError, match="not whole"):
        inspect_model(file)
