"""Loading for work: real quantisation on a CPU, a pad token that is not the end, and nothing that leaks."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from engine.errors import ModelError
from engine.models.load import Quantization, choose_attention, load_model, load_tokenizer, quantized_modules
from engine.spec import ModelSpec
from tests.tiny_model import LAYERS, make_tiny_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny"))


def _spec(folder: Path) -> ModelSpec:
    return ModelSpec(source=str(folder), kind="folder", path=str(folder))


@pytest.mark.parametrize(("quantization", "modules"), [("none", 0), ("nf4", 7 * LAYERS), ("int8", 7 * LAYERS)])
def test_loads_and_is_quantised_as_asked(
    folder: Path, quantization: Quantization, modules: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = load_model(_spec(folder), quantization=quantization, compute_dtype=torch.float32, device="cpu")
    assert quantized_modules(model) == modules
    assert model.config._attn_implementation == "sdpa"
    assert {str(parameter.device) for parameter in model.parameters()} == {"cpu"}
    if quantization == "nf4":
        state = model.model.layers[0].self_attn.q_proj.weight.quant_state
        assert (state.quant_type, state.nested) == ("nf4", True)
    with torch.no_grad():
        assert torch.isfinite(model(input_ids=torch.tensor([[1, 2, 3]])).logits).all()
    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err == ""


def test_a_model_without_sdpa_is_loaded_with_its_own_attention(folder: Path, tmp_path: Path) -> None:
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = AutoConfig.for_model("gemma2", **small, num_key_value_heads=1, head_dim=8, vocab_size=259)
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(folder / name, tmp_path)
    model = load_model(_spec(tmp_path), quantization="none", compute_dtype=torch.float32, device="cpu")
    assert model.config._attn_implementation == "eager"


def test_tokenizer_keeps_its_own_pad(folder: Path) -> None:
    tokenizer = load_tokenizer(_spec(folder))
    assert (tokenizer.pad_token, tokenizer.eos_token) == ("<|pad|>", "<|im_end|>")
    assert tokenizer.decode(tokenizer("Hello there").input_ids) == "Hello there"


@pytest.mark.parametrize("named", [None, "<|im_end|>"])
def test_pad_is_never_the_end_where_there_is_a_choice(folder: Path, tmp_path: Path, named: str | None) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    settings = json.loads((copy / "tokenizer_config.json").read_bytes())
    settings["pad_token"] = named
    (copy / "tokenizer_config.json").write_text(json.dumps(settings))
    tokenizer = load_tokenizer(_spec(copy))
    assert tokenizer.pad_token == "<|pad|>"
    assert len(tokenizer) == 259


def test_not_fetched_and_gone(tmp_path: Path) -> None:
    for spec, code in (
        (ModelSpec(source="a/b", kind="hub"), "not_fetched"),
        (ModelSpec(source="x.gguf", kind="gguf", path="/x.gguf"), "not_fetched"),
        (_spec(tmp_path / "gone"), "missing_model"),
    ):
        with pytest.raises(ModelError) as caught:
            load_tokenizer(spec)
        assert caught.value.error_code == code


def test_weights_that_do_not_belong(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path, hidden_size=32)
    with pytest.raises(ModelError) as caught:
        load_model(_spec(folder), quantization="none", compute_dtype=torch.float32, device="cpu")
    assert caught.value.error_code == "load"


def test_stored_quantisation_is_refused(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path, quantization_config={"quant_method": "awq", "bits": 4})
    with pytest.raises(ModelError) as caught:
        load_model(_spec(folder), quantization="nf4", compute_dtype=torch.float32, device="cpu")
    assert caught.value.error_code == "already_quantized"


def test_broken_tokenizer(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError) as caught:
        load_tokenizer(_spec(folder))
    assert caught.value.error_code == "no_tokenizer"


def test_attention() -> None:
    assert choose_attention("auto", "cpu") == "sdpa"
    assert choose_attention("eager", "cpu") == "eager"
    with pytest.raises(ModelError) as caught:
        choose_attention("flash_attention_2", "cpu")
    assert caught.value.error_code == "attention"
