"""Safetensors files by their headers: shapes and types of all tensors, and whether the file is whole.

Reads a few kilobytes of a file of any size, so a truncated download is found at once and not after ten minutes
of loading.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import ModelError

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
_MAX_HEADER = 100_000_000
"""The format's own limit for a header, in bytes (safetensors/src/tensor.rs)."""


@dataclass(frozen=True)
class Tensor:
    """One tensor of a file: dtype as the format names it (`BF16`), shape in elements, its bytes in the file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    """Of its first byte, from the start of the file."""
    end: int

    @property
    def elements(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


def read_header(file: Path) -> list[Tensor]:
    """The tensors of one file.

    Raises:
        ModelError: `truncated`: shorter than its header says; `damaged`: the header cannot be read.
    """
    size = file.stat().st_size
    with file.open("rb") as stream:
        start = stream.read(8)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > size - 8:
            raise _truncated(file, f"it is {size:,} bytes, not even its header is whole")
        if length > _MAX_HEADER:
            raise _damaged(file, "its header claims to be larger than the format allows")
        raw = stream.read(length)
    try:
        header: dict[str, Any] = json.loads(raw)
        header.pop("__metadata__", None)
        tensors = [_tensor(str(name), entry, 8 + length) for name, entry in header.items()]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise _damaged(file, "its header is not readable") from error
    expected = max((tensor.end for tensor in tensors), default=8 + length)
    if size < expected:
        raise _truncated(file, f"it is {size:,} bytes, its header speaks of {expected:,}")
    if size > expected:
        raise _damaged(file, f"it is {size:,} bytes, its header speaks of {expected:,} only")
    return tensors


def _tensor(name: str, entry: dict[str, Any], start: int) -> Tensor:
    begin, end = (int(offset) + start for offset in entry["data_offsets"])
    return Tensor(name, str(entry["dtype"]), tuple(int(n) for n in entry["shape"]), begin, end)


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files a model folder is loaded from, all present. Empty when it has none.

    Raises:
        ModelError: `missing_shard`: the index names files that are not there; `damaged`: the index is unreadable.
    """
    index = folder / INDEX
    if index.is_file():
        names = sorted(set(_weight_map(index).values()))
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            raise ModelError(
                "Part of the model is missing.",
                f"{index} names {len(names)} files; {', '.join(missing[:3])} of them "
                f"{'is' if len(missing) == 1 else 'are'} not there.",
                "Download the model again; what is there is kept.",
                code="missing_shard",
            )
        return [folder / name for name in names]
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    return []


def read_weights(folder: Path) -> tuple[list[Tensor], int]:
    """All tensors of a model folder, and the size of its weight files in bytes.

    Raises:
        ModelError: As `weight_files` and `read_header`; `missing_shard` also where a shard lacks an indexed tensor.
    """
    files = weight_files(folder)
    tensors = [tensor for file in files for tensor in read_header(file)]
    if (folder / INDEX).is_file():
        present = {tensor.name for tensor in tensors}
        lost = [name for name in _weight_map(folder / INDEX) if name not in present]
        if lost:
            raise ModelError(
                "Part of the model is missing.",
                f"{folder / INDEX} names the tensor {lost[0]} ({len(lost)} such), and no file holds it.",
                "Download the model again.",
                code="missing_shard",
            )
    return tensors, sum(file.stat().st_size for file in files)


def _weight_map(index: Path) -> dict[str, str]:
    try:
        mapped = json.loads(index.read_bytes())["weight_map"]
        entries = {str(name): str(file) for name, file in mapped.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(index, "it is not a readable index of weight files") from error
    if any("/" in file or "\\" in file or file in ("", "..") for file in entries.values()):
        raise _damaged(index, "it names a file outside its folder")
    return entries


def _truncated(file: Path, why: str) -> ModelError:
    return ModelError(
        "A weight file is not whole.",
        f"{file}: {why}. The download or copy was cut short.",
        "Delete that file and download it again.",
        code="truncated",
    )


def _damaged(file: Path, why: str) -> ModelError:
    return ModelError(
        "A weight file is damaged.", f"{file}: {why}.", "Delete that file and download it again.", code="damaged"
    )
