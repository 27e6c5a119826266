"""What was typed as a model is told apart, and refused with a reason where it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.machine import PRESETS
from engine.models.source import classify, hub_id


def test_demo_and_folder_and_hub(tmp_path: Path) -> None:
    assert classify("demo") == ("folder", PRESETS / "demo" / "model")
    assert classify(str(tmp_path)) == ("folder", tmp_path)
    assert classify("HuggingFaceTB/SmolLM2-135M-Instruct") == ("hub", None)
    assert classify("https://huggingface.co/Qwen/Qwen3-0.6B/tree/main") == ("hub", None)
    assert hub_id("https://huggingface.co/Qwen/Qwen3-0.6B") == "Qwen/Qwen3-0.6B"


def test_gguf_file_and_folder(tmp_path: Path) -> None:
    file = tmp_path / "tiny.Q4_0.GGUF"
    file.write_bytes(b"GGUF")
    assert classify(str(file)) == ("gguf", file)
    assert classify(str(tmp_path)) == ("gguf", file)
    (tmp_path / "model.safetensors").touch()
    assert classify(str(tmp_path)).kind == "folder"


def test_two_ggufs_ask_which(tmp_path: Path) -> None:
    for name in ("a.gguf", "b.gguf"):
        (tmp_path / name).touch()
    with pytest.raises(ModelError) as caught:
        classify(str(tmp_path))
    assert caught.value.error_code == "which_gguf"
    assert "a.gguf" in caught.value.what


@pytest.mark.parametrize(
    "typed", ["./nothing/here", "/nowhere/model", "~/nothing-here", "gpt2", "", "a/b/c", "x/y.gguf"]
)
def test_missing_says_what_was_looked_for(typed: str) -> None:
    with pytest.raises(ModelError) as caught:
        classify(typed)
    assert caught.value.error_code == "missing_model"
    assert caught.value.what
    assert "org" in caught.value.hint or "hub id" in caught.value.hint


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "consolidated.00.pth", "weights.ckpt", "m.pkl"])
def test_pickle_is_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x80\x04")
    with pytest.raises(ModelError) as caught:
        classify(str(tmp_path / name))
    assert caught.value.error_code == "pickle"
    assert "can run any program" in caught.value.what
    assert "safetensors" in caught.value.hint


def test_folder_with_pickles_only_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model-00001-of-00002.bin").touch()
    with pytest.raises(ModelError) as caught:
        classify(str(tmp_path))
    assert caught.value.error_code == "pickle"
    (tmp_path / "model.safetensors").touch()
    assert classify(str(tmp_path)).kind == "folder"


def test_other_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ModelError) as caught:
        classify(str(tmp_path / "notes.txt"))
    assert caught.value.error_code == "not_a_model"
