"""A Llama of a few thousand weights, written in milliseconds, for tests of everything around a model."""

from __future__ import annotations

import json
import struct
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

HIDDEN, INNER, LAYERS, HEADS, KV_HEADS, VOCABULARY = 64, 128, 2, 4, 2, 259

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": HIDDEN,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": 512,
    "rms_norm_eps": 1e-5,
    "hidden_act": "silu",
    "tie_word_embeddings": True,
    "bos_token_id": 256,
    "eos_token_id": 257,
    "pad_token_id": 258,
    "dtype": "float32",
}


@cache
def tensors() -> dict[str, np.ndarray[Any, Any]]:
    """Random weights, the same every time."""
    random = np.random.default_rng(7)
    kv = HIDDEN // HEADS * KV_HEADS
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (VOCABULARY, HIDDEN)}
    for layer in range(LAYERS):
        start = f"model.layers.{layer}"
        shapes |= {
            f"{start}.self_attn.q_proj.weight": (HIDDEN, HIDDEN),
            f"{start}.self_attn.k_proj.weight": (kv, HIDDEN),
            f"{start}.self_attn.v_proj.weight": (kv, HIDDEN),
            f"{start}.self_attn.o_proj.weight": (HIDDEN, HIDDEN),
            f"{start}.mlp.gate_proj.weight": (INNER, HIDDEN),
            f"{start}.mlp.up_proj.weight": (INNER, HIDDEN),
            f"{start}.mlp.down_proj.weight": (HIDDEN, INNER),
            f"{start}.input_layernorm.weight": (HIDDEN,),
            f"{start}.post_attention_layernorm.weight": (HIDDEN,),
        }
    shapes["model.norm.weight"] = (HIDDEN,)
    return {
        name: np.ones(shape, np.float32) if "norm" in name else random.normal(0, 0.05, shape).astype(np.float32)
        for name, shape in shapes.items()
    }


def safetensors_bytes(content: dict[str, np.ndarray[Any, Any]]) -> bytes:
    """The bytes of a safetensors file, by the format's own description."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, array in content.items():
        raw = array.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


@cache
def tokenizer_json() -> str:
    """A byte-level tokenizer with three special tokens: start, end of turn, padding."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: number for number, letter in enumerate(letters)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|im_start|>", "<|im_end|>", "<|pad|>"])
    return str(tokenizer.to_str())


def model_files(**config: Any) -> dict[str, bytes]:
    """All files of the model by name, `config.json` with the given changes."""
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|im_start|>",
        "eos_token": "<|im_end|>",
        "pad_token": "<|pad|>",
        "chat_template": TEMPLATE,
    }
    return {
        "config.json": json.dumps(CONFIG | config, indent=1).encode(),
        "model.safetensors": safetensors_bytes(tensors()),
        "tokenizer.json": tokenizer_json().encode(),
        "tokenizer_config.json": json.dumps(settings).encode(),
        "README.md": b"---\nlicense: apache-2.0\n---\n# Tiny\n",
    }


def make_tiny_model(folder: Path, **config: Any) -> Path:
    """Write the model into `folder` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in model_files(**config).items():
        (folder / name).write_bytes(content)
    return folder


def make_sharded(folder: Path) -> Path:
    """The same model in two weight files with an index."""
    make_tiny_model(folder)
    (folder / "model.safetensors").unlink()
    for name, content in sharded_weights().items():
        (folder / name).write_bytes(content)
    return folder


def sharded_weights() -> dict[str, bytes]:
    """Two weight files and their index."""
    everything = list(tensors().items())
    half = len(everything) // 2
    names = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    parts = dict(zip(names, (dict(everything[:half]), dict(everything[half:])), strict=True))
    index = {"metadata": {}, "weight_map": {tensor: file for file, part in parts.items() for tensor in part}}
    files = {file: safetensors_bytes(part) for file, part in parts.items()}
    return {**files, "model.safetensors.index.json": json.dumps(index).encode()}
