"""Facts from headers, and every way in which a model folder can be broken."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.models.inspect import facts_from_config, inspect_model
from tests.tiny_gguf import GGUF_ENTRIES, GGUF_SHAPES, gguf_bytes
from tests.tiny_model import CONFIG, HIDDEN, INNER, LAYERS, VOCABULARY, make_sharded, make_tiny_model, tensors


def _code(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        inspect_model(folder)
    assert caught.value.what
    assert caught.value.hint
    return caught.value.error_code


def test_facts_of_a_folder(tmp_path: Path) -> None:
    facts = inspect_model(make_tiny_model(tmp_path))
    assert facts.parameters == sum(array.size for array in tensors().values())
    assert facts.size_bytes == (tmp_path / "model.safetensors").stat().st_size
    assert facts.dtypes == {"F32": facts.parameters}
    assert (facts.architecture, facts.layers, facts.hidden_size) == ("LlamaForCausalLM", LAYERS, HIDDEN)
    assert (facts.vocab_size, facts.context_length, facts.intermediate_size) == (VOCABULARY, 512, INNER)
    assert facts.has_chat_template
    assert facts.tokenizer_ok
    assert facts.tied_embeddings
    assert (facts.eos_token, facts.pad_token) == ("<|im_end|>", "<|pad|>")
    assert (facts.licence, facts.licence_source) == ("apache-2.0", "README.md: license: apache-2.0")
    roles = {weight.name: (weight.role, weight.count) for weight in facts.weights}
    assert roles["model.layers.*.self_attn.q_proj.weight"] == ("linear", LAYERS)
    assert roles["model.embed_tokens.weight"] == ("embedding", 1)
    assert roles["model.norm.weight"] == ("other", 1)
    assert json.loads(json.dumps(facts.as_dict()))["parameters"] == facts.parameters


def test_shards_count_as_one(tmp_path: Path) -> None:
    whole = inspect_model(make_tiny_model(tmp_path / "a"))
    assert inspect_model(make_sharded(tmp_path / "b")).parameters == whole.parameters


def test_missing_shard_and_lost_tensor(tmp_path: Path) -> None:
    folder = make_sharded(tmp_path)
    index = folder / "model.safetensors.index.json"
    content = json.loads(index.read_bytes())
    content["weight_map"]["model.extra.weight"] = "model-00001-of-00002.safetensors"
    index.write_text(json.dumps(content))
    assert _code(folder) == "missing_shard"
    (folder / "model-00002-of-00002.safetensors").unlink()
    assert _code(folder) == "missing_shard"


def test_index_cannot_point_elsewhere(tmp_path: Path) -> None:
    folder = make_sharded(tmp_path)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "../other.safetensors"}}))
    assert _code(folder) == "damaged"


@pytest.mark.parametrize("keep", [0, 4, 60, 5000, -1])
def test_cut_download_is_found(tmp_path: Path, keep: int) -> None:
    file = make_tiny_model(tmp_path) / "model.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    assert _code(tmp_path) == "truncated"


def test_garbage_as_weights(tmp_path: Path) -> None:
    file = make_tiny_model(tmp_path) / "model.safetensors"
    file.write_bytes(struct.pack("<Q", 20) + b"not json at all....." + b"x" * 100)
    assert _code(tmp_path) == "damaged"
    file.write_bytes(struct.pack("<Q", 2) + b"[]" + b"x" * 10)
    assert _code(tmp_path) == "damaged"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("config.json", "missing_config"),
        ("model.safetensors", "missing_weights"),
        ("tokenizer.json", "no_tokenizer"),
    ],
)
def test_missing_files(tmp_path: Path, name: str, code: str) -> None:
    (make_tiny_model(tmp_path) / name).unlink()
    assert _code(tmp_path) == code


def test_pickles_beside_a_config(tmp_path: Path) -> None:
    make_tiny_model(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    assert _code(tmp_path) == "pickle"


def test_adapter_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    assert _code(tmp_path) == "adapter"


def test_foreign_code_is_refused_unless_known(tmp_path: Path) -> None:
    mapped = {"auto_map": {"AutoModelForCausalLM": "modeling_x.X"}}
    facts = inspect_model(make_tiny_model(tmp_path / "known", **mapped))
    assert facts.ships_code
    assert _code(make_tiny_model(tmp_path / "new", model_type="brandnew", **mapped)) == "remote_code"
    assert _code(make_tiny_model(tmp_path / "odd", model_type="brandnew")) == "architecture"
    assert _code(make_tiny_model(tmp_path / "task", architectures=["BertForMaskedLM"])) == "architecture"


def test_damaged_config_names_the_line(tmp_path: Path) -> None:
    (make_tiny_model(tmp_path) / "config.json").write_text('{\n "a": 1,\n oops\n}')
    with pytest.raises(ModelError, match=r"config\.json:3"):
        inspect_model(tmp_path)


def test_nothing_there(tmp_path: Path) -> None:
    assert _code(tmp_path / "gone") == "missing_model"


def test_nested_and_quantised_config() -> None:
    config = {
        "model_type": "gemma3",
        "text_config": {**CONFIG, "head_dim": 32},
        "quantization_config": {"quant_method": "awq"},
    }
    facts = facts_from_config(config, Path("x"))
    assert (facts.hidden_size, facts.head_dim, facts.stored_quantization) == (HIDDEN, 32, "awq")


def test_chat_template_in_its_own_file(tmp_path: Path) -> None:
    make_tiny_model(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"eos_token": {"content": "<|im_end|>"}}))
    facts = inspect_model(tmp_path)
    assert not facts.has_chat_template
    assert (facts.eos_token, facts.pad_token) == ("<|im_end|>", None)
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}")
    assert inspect_model(tmp_path).has_chat_template


def test_licence_is_never_guessed(tmp_path: Path) -> None:
    model = make_tiny_model(tmp_path / "model")
    (model / "README.md").unlink()
    assert inspect_model(model).licence == "unknown"
    (model / "README.md").write_text("# A model\nApache? who knows")
    assert inspect_model(model).licence == "unknown"
    (model / "LICENSE").write_text("LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\n...")
    (model / "README.md").write_text("---\nlicense: mit\n---\n")
    facts = inspect_model(model)
    assert facts.licence == "llama3.1"
    assert "license: mit" in facts.licence_source
    assert "Llama 3.1" in facts.licence_source


def test_gguf_header(tmp_path: Path) -> None:
    file = tmp_path / "tiny.gguf"
    file.write_bytes(gguf_bytes(GGUF_ENTRIES, GGUF_SHAPES))
    facts = inspect_model(file)
    assert (facts.kind, facts.architecture, facts.licence) == ("gguf", "llama", "apache-2.0")
    assert (facts.parameters, facts.vocab_size, facts.context_length) == (24 + 64 + 24, 3, 128)
    assert (facts.eos_token, facts.pad_token, facts.head_dim) == ("<end>", None, 4)
    assert facts.has_chat_template
    assert not facts.tied_embeddings
    assert [weight.role for weight in facts.weights] == ["embedding", "linear", "head"]
    entries = {key: value for key, value in GGUF_ENTRIES.items() if key != "general.license"}
    file.write_bytes(gguf_bytes(entries, GGUF_SHAPES))
    assert inspect_model(file).licence == "unknown"


@pytest.mark.parametrize("keep", [3, 30, 200, 500, -40])
def test_gguf_cut(tmp_path: Path, keep: int) -> None:
    file = tmp_path / "tiny.gguf"
    file.write_bytes(gguf_bytes(GGUF_ENTRIES, GGUF_SHAPES)[:keep])
    assert _code(file) in ("truncated", "damaged")


def test_gguf_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "tiny.gguf"
    file.write_bytes(b"<html>404</html>" * 10)
    assert _code(file) == "damaged"
    file.write_bytes(gguf_bytes({**GGUF_ENTRIES, "split.count": 3}, GGUF_SHAPES))
    assert _code(file) == "split_gguf"
    file.write_bytes(gguf_bytes({**GGUF_ENTRIES, "general.type": "adapter"}, GGUF_SHAPES))
    assert _code(file) == "adapter"


def test_light_modules_stay_light() -> None:
    program = (
        "import sys; from pathlib import Path; import engine.models.source, engine.models.inspect, engine.audit, "
        "engine.models.catalogue, engine.plan.estimate, engine.plan.history; "
        "from engine.models.architectures import native_causal_models; assert native_causal_models(); "
        "print(sorted({'torch', 'transformers', 'datasets', 'peft', 'trl', 'numpy', 'pyarrow'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
