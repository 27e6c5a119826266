"""GGUF files that cannot be used; one that can is converted in test_smollm2."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.machine import models_folder
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


def test_truncated_file_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    file = tmp_path / "cut.gguf"
    file.write_bytes(gguf_bytes(GGUF_ENTRIES, GGUF_SHAPES)[:-100])
    with pytest.raises(ModelError, match="not whole"):
        inspect_model(file)
