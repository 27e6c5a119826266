"""`ModelFacts`: everything known about a model without loading it, as one frozen value."""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["linear", "expert", "embedding", "head", "other"]

_EMBEDDING = re.compile(r"(embed_tokens|word_embeddings|\bwte|embed_in|tok_embeddings|token_embd)\.weight$")
_HEAD = re.compile(r"^((model\.|language_model\.)*(lm_head|embed_out)|output)\.weight$")
_EXPERT = re.compile(r"\bexperts\b|_exps\b")


@dataclass(frozen=True)
class Weight:
    """All tensors of one place in the model, over the layers.

    Args:
        name: With `*` for the layer's number: `model.layers.*.self_attn.q_proj.weight`.
        shape: In elements, as torch has it (outputs, inputs).
        count: How many such tensors there are.
        role: What it is for; `linear` are the matrices an adapter and quantisation apply to.
    """

    name: str
    shape: tuple[int, ...]
    count: int
    role: Role

    @property
    def elements(self) -> int:
        """Elements of all of them together."""
        return math.prod(self.shape) * self.count


@dataclass(frozen=True)
class ModelFacts:
    """A model, from its headers. None and `unknown` mean that no file says it."""

    kind: Literal["folder", "gguf"]
    path: str
    architecture: str
    model_type: str
    parameters: int | None = None
    """Stored elements; a tied output layer is counted once. None where the weights are stored quantised."""
    size_bytes: int = 0
    """Of the weight files on disk."""
    dtypes: dict[str, int] = field(default_factory=dict)
    """Elements by type, as safetensors names them; empty for GGUF."""
    vocab_size: int | None = None
    context_length: int | None = None
    """In tokens."""
    layers: int | None = None
    hidden_size: int | None = None
    intermediate_size: int | None = None
    heads: int | None = None
    kv_heads: int | None = None
    head_dim: int | None = None
    tied_embeddings: bool = False
    """Input and output embedding are one matrix."""
    weights: tuple[Weight, ...] = ()
    stored_quantization: str | None = None
    """`gptq`, `awq`, `bitsandbytes` ... when the stored weights are quantised already."""
    licence: str = "unknown"
    licence_source: str = ""
    has_chat_template: bool = False
    tokenizer_ok: bool = False
    eos_token: str | None = None
    pad_token: str | None = None
    ships_code: bool = False
    """The folder brings program code (never run; transformers knows the architecture by itself)."""

    def replace(self, **changes: Any) -> ModelFacts:
        """A copy with other values."""
        return dataclasses.replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return dataclasses.asdict(self)


def group_weights(tensors: list[tuple[str, tuple[int, ...]]]) -> tuple[Weight, ...]:
    """Sum up (name, shape) pairs over the layers, in order of appearance."""
    counted = Counter((re.sub(r"\.\d+(?=\.)", ".*", name), shape) for name, shape in tensors)
    return tuple(Weight(name, shape, count, _role(name, shape)) for (name, shape), count in counted.items())


def _role(name: str, shape: tuple[int, ...]) -> Role:
    if _EMBEDDING.search(name):
        return "embedding"
    if _HEAD.match(name):
        return "head"
    if len(shape) >= 2 and _EXPERT.search(name):
        return "expert"
    return "linear" if len(shape) == 2 and name.endswith(".weight") else "other"
