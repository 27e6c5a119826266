"""GGUF files that cannot be used; one that can is converted in test_smollm2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.errors import ModelError
from engine.machine import models_folder
from engine.models.convert import convert_gguf
from engine.models.inspect import inspect_model
from engine.project import create_project
from tests.projects import run_here
from tests.tiny_gguf import GGUF_ENTRIES, GGUF_SHAPES, gguf_bytes


def test_architecture_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "odd.gguf"
    file.write_bytes(gguf_bytes({**GGUF_ENTRIES, "general.architecture": "oddity"}, GGUF_SHAPES))
    project, _ = create_project(tmp_path / "project")
    job = run_here(project, "fetch", source=str(file))
    assert job.state == "failed"
    assert job.snapshot.end is not None
    assert job.snapshot.end.model_dump()["code"] == "gguf"
    assert list(models_folder().iterdir()) == []
    assert project.load().model is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("general.architecture", 7),
        ("general.architecture", None),
        ("llama.block_count", "one"),
        ("llama.embedding_length", 0),
        ("llama.embedding_length", None),
        ("llama.attention.head_count", 0),
        ("llama.attention.head_count", None),
        ("tokenizer.ggml.tokens", 7),
        ("tokenizer.ggml.tokens", None),
        ("tokenizer.ggml.eos_token_id", "end"),
        ("tokenizer.ggml.model", "gpt2"),
        ("tokenizer.ggml.model", "weird"),
    ],
)
def test_a_header_that_says_too_little_or_nonsense_is_told(tmp_path: Path, key: str, value: Any) -> None:
    file = tmp_path / "odd.gguf"
    entries = {name: said for name, said in {**GGUF_ENTRIES, key: value}.items() if said is not None}
    file.write_bytes(gguf_bytes(entries, GGUF_SHAPES))
    with pytest.raises(ModelError, match=r"cannot be converted|not whole|damaged") as caught:
        convert_gguf(file, "0" * 64, lambda *_: None, lambda: None)
    assert "odd.gguf" in str(caught.value)
    assert list(models_folder().glob("*")) == []


def test_truncated_file_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    file = tmp_path / "cut.gguf"
    file.write_bytes(gguf_bytes(GGUF_ENTRIES, GGUF_SHAPES)[:-100])
    with pytest.raises(ModelError, match="not whole"):
        inspect_model(file)
