"""A GGUF file of a hundred weights, for tests of its header."""

from __future__ import annotations

import math
import struct
from typing import Any


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def gguf_bytes(entries: dict[str, Any], shapes: dict[str, tuple[int, ...]]) -> bytes:
    """A GGUF file of float32 tensors, by the specification."""
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(shapes), len(entries))
    for key, value in entries.items():
        head += _string(key)
        if isinstance(value, str):
            head += struct.pack("<I", 8) + _string(value)
        elif isinstance(value, list):
            head += struct.pack("<IIQ", 9, 8, len(value)) + b"".join(_string(item) for item in value)
        else:
            head += struct.pack("<II", 4, value)
    offset = 0
    for name, shape in shapes.items():
        head += (
            _string(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape[::-1]) + struct.pack("<IQ", 0, offset)
        )
        offset += -(-math.prod(shape) * 4 // 32) * 32
    head += b"\0" * (-len(head) % 32)
    return head + b"\0" * offset


GGUF_ENTRIES: dict[str, Any] = {
    "general.architecture": "llama",
    "general.license": "Apache-2.0",
    "llama.block_count": 1,
    "llama.embedding_length": 8,
    "llama.attention.head_count": 2,
    "llama.context_length": 128,
    "tokenizer.ggml.tokens": ["a", "b", "<end>"],
    "tokenizer.ggml.eos_token_id": 2,
    "tokenizer.chat_template": "{{ messages }}",
}
GGUF_SHAPES: dict[str, tuple[int, ...]] = {
    "token_embd.weight": (3, 8),
    "blk.0.attn_q.weight": (8, 8),
    "output.weight": (3, 8),
}
