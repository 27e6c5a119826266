"""GGUF files by their headers: metadata and tensor shapes, in a fraction of a second.

The `gguf` package's reader builds a Python object for every vocabulary entry, which takes five seconds for a small
model; a screen cannot wait for that. This walks over the arrays instead and keeps where they are. Layout:
the GGUF specification, versions 2 and 3 (github.com/ggml-org/ggml/blob/master/docs/gguf.md).
"""

from __future__ import annotations

import math
import mmap
import struct
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import ModelError
from engine.machine import models_folder

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
Scalar = str | int | float | bool


@dataclass(frozen=True)
class GgufArray:
    """An array of the metadata: what it holds, how many, and where its first entry begins in the file."""

    item_type: int
    count: int
    offset: int


@dataclass(frozen=True)
class GgufTensor:
    """One tensor: shape as torch would give it (rows first), ggml type number, byte offset in the data part."""

    name: str
    shape: tuple[int, ...]
    type: int
    offset: int

    @property
    def elements(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class GgufHeader:
    """What the header of a GGUF file says."""

    metadata: dict[str, Scalar | GgufArray]
    tensors: tuple[GgufTensor, ...]
    tokens: dict[int, str] = field(default_factory=dict)
    """The special tokens by id: only those some `*_token_id` of the metadata names."""

    def text(self, key: str) -> str:
        """A string of the metadata; empty when missing."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int | None:
        """A whole number of the metadata; None when missing."""
        value = self.metadata.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def converted_folder(sha256: str) -> Path:
    """Where the converted form of the GGUF file with this hash lies, or will lie."""
    return models_folder() / f"gguf-{sha256[:12]}"


def read_gguf_header(file: Path) -> GgufHeader:
    """Read the header of `file` and check that all its tensors are in it.

    Raises:
        ModelError: `damaged`: no GGUF, or not readable; `truncated`: shorter than its header says.
    """
    size = file.stat().st_size
    if size < 24:
        raise _damaged(file, "it is too short to be a GGUF file")
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:4] != b"GGUF":
            raise _damaged(file, "it does not begin as a GGUF file")
        try:
            return _read(data, file, size)
        except (struct.error, IndexError, KeyError, OverflowError, RecursionError) as error:
            raise _truncated(file, f"its header ends or breaks before it is complete ({size:,} bytes)") from error


def _read(data: mmap.mmap, file: Path, size: int) -> GgufHeader:
    walker = _Walker(data, 4)
    version = walker.scalar("I")
    if version not in (2, 3):
        raise _damaged(file, f"it is of version {version}; tunesmith reads versions 2 and 3")
    tensor_count, entry_count = int(walker.scalar("Q")), int(walker.scalar("Q"))
    if tensor_count > size or entry_count > size:
        raise _damaged(file, "its header counts more entries than the file has bytes")
    metadata: dict[str, Scalar | GgufArray] = {}
    for _ in range(entry_count):
        key = walker.string()
        metadata[key] = walker.value(int(walker.scalar("I")))
    tensors = tuple(walker.tensor() for _ in range(tensor_count))
    alignment = metadata.get("general.alignment", 32)
    step = alignment if isinstance(alignment, int) and alignment > 0 else 32
    if tensors or metadata.get("split.count", 1) == 1:
        # the first part of a cut-up file may hold metadata only
        _check_size(file, size, -(-walker.at // step) * step, tensors)
    return GgufHeader(metadata, tensors, _special_tokens(data, metadata))


def _check_size(file: Path, size: int, data_start: int, tensors: tuple[GgufTensor, ...]) -> None:
    """All tensors must end inside the file. Block sizes of the types come from the `gguf` package."""
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    try:
        sizes = {int(kind): GGML_QUANT_SIZES[kind] for kind in GGMLQuantizationType}
        end = max(t.offset + t.elements // sizes[t.type][0] * sizes[t.type][1] for t in tensors)
    except KeyError as error:
        raise _damaged(file, f"it uses the unknown weight type {error}") from error
    except ValueError as error:
        raise _damaged(file, "it holds no weights") from error
    if size < data_start + end:
        raise _truncated(file, f"it is {size:,} bytes, its header speaks of {data_start + end:,}")


def _special_tokens(data: mmap.mmap, metadata: dict[str, Scalar | GgufArray]) -> dict[int, str]:
    tokens = metadata.get("tokenizer.ggml.tokens")
    wanted = {v for k, v in metadata.items() if k.endswith("_token_id") and isinstance(v, int)}
    found: dict[int, str] = {}
    if not isinstance(tokens, GgufArray) or tokens.item_type != _STRING:
        return found
    walker = _Walker(data, tokens.offset)
    for number in range(min(tokens.count, max(wanted, default=-1) + 1)):
        if number in wanted:
            found[number] = walker.string()
        else:
            walker.skip_string()
    return found


class _Walker:
    """Reads one value after another from a position."""

    def __init__(self, data: mmap.mmap, at: int) -> None:
        self.data = data
        self.at = at

    def scalar(self, code: str) -> int | float | bool:
        (value,) = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize("<" + code)
        return value  # type: ignore[no-any-return]

    def string(self) -> str:
        length = int(self.scalar("Q"))
        raw = self.data[self.at : self.at + length]
        if len(raw) < length:
            raise IndexError(length)
        self.at += length
        return raw.decode("utf-8", "replace")

    def skip_string(self) -> None:
        self.at += 8 + int.from_bytes(self.data[self.at : self.at + 8], "little")
        if self.at > len(self.data):
            raise IndexError(self.at)

    def value(self, kind: int) -> Scalar | GgufArray:
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            return self._array()
        return self.scalar(_SCALARS[kind])

    def _array(self) -> GgufArray:
        item_type, count = int(self.scalar("I")), int(self.scalar("Q"))
        array = GgufArray(item_type, count, self.at)
        if count > len(self.data):
            raise IndexError(count)
        if item_type == _STRING:
            for _ in range(count):
                self.skip_string()
        elif item_type == _ARRAY:
            for _ in range(count):
                self._array()
        else:
            self.at += count * struct.calcsize("<" + _SCALARS[item_type])
            if self.at > len(self.data):
                raise IndexError(self.at)
        return array

    def tensor(self) -> GgufTensor:
        name = self.string()
        dimensions = int(self.scalar("I"))
        if dimensions > 8:
            raise IndexError(dimensions)
        shape = tuple(int(self.scalar("Q")) for _ in range(dimensions))
        return GgufTensor(name, shape[::-1], int(self.scalar("I")), int(self.scalar("Q")))


def _truncated(file: Path, why: str) -> ModelError:
    return ModelError(
        "The GGUF file is not whole.",
        f"{file}: {why}. The download or copy was cut short.",
        "Download the file again.",
        code="truncated",
    )


def _damaged(file: Path, why: str) -> ModelError:
    return ModelError(
        "This is not a GGUF file we can read.", f"{file}: {why}.", "Download the file again.", code="damaged"
    )
