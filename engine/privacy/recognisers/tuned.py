"""What tuning changed about the model Rampart: names by their place in a sentence, and by their capitals.

The model as published reads all letters as small ones, so "Will will book it" holds the same word twice to it, and it
was made for forms, so it knows few of the names that people in chats are called by. The changes, low-rank matrices that
are added to the weights and to the embeddings of words while the model is loaded, were trained on public text with
labelled names and on rows written for it, with ever other names put in. How, on what and under which licences stands in
`presets/redaction/names_model/README.md`. A step of the model costs what it did.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from safetensors.numpy import load_file

from engine.errors import TunesmithError
from engine.files import sha256_of
from engine.machine import PRESETS
from engine.privacy.recognisers.integers import Changes, in_bytes

FILE = PRESETS / "redaction" / "names_model" / "changes.safetensors"
LEARNT = ("USERNAME", "SECRET", "DATE_OF_BIRTH")
"""Labels that came to those of the model, in the order of its outputs."""
HASH = "60e550f9653e7da82dc3f989a8bea446f8d4d2cd1317db6dcdc236f94526143b"
"""SHA-256 of the file."""
CASES = 4
"""How many ways of writing a word `letter_cases` tells apart."""
_RUN = re.compile(r"[^\W\d_]+")
_KINDS, _WORDS = "bert.embeddings.token_type_embeddings.weight", "bert.embeddings.word_embeddings"


def changes() -> Changes:
    """The changes, for `in_integers`.

    Raises:
        TunesmithError: The file is missing, or not the pinned one.
    """
    if not FILE.is_file() or sha256_of(FILE) != HASH:
        raise TunesmithError(
            "The name recognition model is not the one tunesmith was tested with.",
            f"{FILE} is missing or its SHA-256 is not {HASH[:16]}...",
            "Install tunesmith anew; the file is part of it.",
            code="wrong_detector",
        )
    saved = load_file(FILE)
    weights, tensors, tables = {}, {}, {}
    for name, array in saved.items():
        layer, _, kind = name.rpartition(".")
        if kind == "down":
            product = saved[f"{layer}.up"].astype(np.float32) @ array.astype(np.float32)
            if layer == _WORDS:
                tables[f"{layer}.weight"] = np.ascontiguousarray(product.T)
            else:
                weights[_output(layer)] = product
        elif kind == "change":
            weights[_output(layer)] = array.astype(np.float32)
        elif kind != "up" and name != "kinds":
            tensors[name] = array
    for suffix, array in zip(("quantized", "scale", "zero_point"), in_bytes(saved["kinds"]), strict=True):
        tensors[f"{_KINDS}_{suffix}"] = array
    return Changes(weights, tensors, tables)


def letter_cases(text: str, offsets: Sequence[tuple[int, int]]) -> list[int]:
    """How the run of letters that each token belongs to is written.

    Returns:
        Per token: 0 in small letters or no letters, 1 with a capital, 2 in capitals (two and more), 3 mixed.
    """
    if text == text.lower():
        return [0] * len(offsets)
    cases = bytearray(len(text) + 1)
    for match in _RUN.finditer(text):
        case = _case(match[0])
        if case:
            cases[match.start() : match.end()] = bytes((case,)) * len(match[0])
    return [cases[start] if end > start else 0 for start, end in offsets]


def _case(word: str) -> int:
    small = word.lower()
    if word == small:
        return 0
    if len(word) > 1 and word == word.upper():
        return 2
    return 1 if word[0] != small[0] and word[1:] == word[1:].lower() else 3


def _output(layer: str) -> str:
    return f"/{layer.replace('.', '/').replace('layer/', 'layer.')}/MatMul_output_0"
