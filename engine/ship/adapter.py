"""Looking at an adapter before it leaves: all its numbers finite, and not one that changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import ModelError, UsageError
from engine.models.safetensors_header import Tensor, read_header

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_SHIPPED = (".safetensors", ".json", ".jinja", ".txt", ".model")
_BLOCK = 16 * 1024 * 1024


def check_adapter(folder: Path) -> int:
    """Check the adapter and return how many numbers it holds.

    Raises:
        UsageError: `no_adapter`.
        ModelError: `damaged` or `truncated`, `not_finite`, `inert`.
    """
    file = folder / WEIGHTS
    if not file.is_file() or not (folder / CONFIG).is_file():
        hint = "Train first; a finished run leaves its adapter there."
        raise UsageError("There is no adapter to pack.", f"{folder} has no {WEIGHTS}.", hint, code="no_adapter")
    tensors = read_header(file)
    # B starts at zero, so an adapter whose B is still zero changes nothing. Other methods have no B: all are looked at.
    telling = [tensor for tensor in tensors if "lora_B" in tensor.name] or tensors
    largest = {tensor.name: _largest(file, tensor) for tensor in tensors}
    if not any(largest[tensor.name] > 0 for tensor in telling):
        raise ModelError(
            "This adapter changes nothing.",
            f"{file}: all the numbers that would change the model are zero.",
            "The training had no effect. Look at the preview (are there trained tokens?) and train again.",
            code="inert",
        )
    return sum(tensor.elements for tensor in tensors)


def shipped_files(folder: Path) -> list[Path]:
    """The adapter's files that go into the package: no pickles, no optimizer state, no card of the library."""
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix in _SHIPPED)


def neutral_config(folder: Path, base: str) -> dict[str, Any]:
    """The adapter's settings, naming its base as `base` and not by a path of this machine."""
    try:
        config: dict[str, Any] = json.loads((folder / CONFIG).read_bytes())
    except ValueError as error:
        raise ModelError("The adapter is damaged.", f"{folder / CONFIG}: {error}", "Train again.") from error
    return {**config, "base_model_name_or_path": base}


def _largest(file: Path, tensor: Tensor) -> float:
    """The largest absolute number of a tensor.

    Raises:
        ModelError: `not_finite`, or a type that no adapter has.
    """
    if tensor.dtype not in _TYPES:
        raise ModelError("The adapter is damaged.", f"{file}: {tensor.name} is of type {tensor.dtype}.", "Train again.")
    if tensor.elements == 0:
        return 0.0
    numbers = np.memmap(file, _TYPES[tensor.dtype], "r", tensor.begin, (tensor.elements,))
    largest = 0.0
    for start in range(0, len(numbers), _BLOCK):
        block = np.asarray(numbers[start : start + _BLOCK])
        if tensor.dtype == "BF16":
            block = (block.astype(np.uint32) << 16).view(np.float32)
        if not np.isfinite(block).all():
            raise ModelError(
                "This adapter holds numbers that are not finite.",
                f"{file}: {tensor.name} has NaN or infinity in it.",
                "The training broke down. Train again with a lower learning rate.",
                code="not_finite",
            )
        largest = max(largest, float(np.abs(block).max()))
    return largest
