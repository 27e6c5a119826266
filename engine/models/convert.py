"""Turning a GGUF file into a safetensors folder, once, so that everything after it knows one format only.

A quantised GGUF is unpacked to 16 bits: training quantises it again in its own way. The folder is named after the
file's hash and appears whole or not at all. Heavy: imports torch and transformers.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import torch
import yaml
from huggingface_hub.errors import StrictDataclassError
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from engine.errors import DiskFullError, ModelError, from_os_error
from engine.files import make_private_folder, sync_folder
from engine.licences.statements import gguf_card
from engine.machine import models_folder
from engine.models.facts import ModelFacts
from engine.models.gguf_header import GgufArray, GgufHeader, converted_folder, read_gguf_header
from engine.models.inspect import inspect_model
from engine.models.load import quietly

Phase = Callable[[str, str], None]
"""Called with (name, words) when a new stretch of work begins."""

_MEMORY_PER_PARAMETER = 6.5
"""Bytes of memory: all weights unpacked in float32, and the model in 16 bits beside them."""

_COUNTS = ("block_count", "embedding_length", "attention.head_count", "context_length")
"""Whole numbers above zero of every architecture, after its name (GGUF specification, "LLM")."""


def convert_gguf(file: Path, sha256: str, on_phase: Phase, check_stop: Callable[[], None]) -> Path:
    """Convert `file` and return the folder; at once when it was converted before.

    Args:
        file: A GGUF file.
        sha256: Its hash.
        on_phase: Told what is being done.
        check_stop: Raises when the work should end; called between the phases.

    Raises:
        ModelError: `gguf`: transformers cannot read this architecture or type; `memory`; or as `inspect_model`.
        DiskFullError: Not enough room; nothing is left behind.
    """
    final = converted_folder(sha256)
    if final.is_dir():
        return final
    facts = inspect_model(file)
    header = read_gguf_header(file)
    _check_header(file, header)
    number_format = _dtype_of(header)
    _check_room(facts, number_format)
    temporary = Path()
    try:
        make_private_folder(final.parent)
        temporary = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
        _convert(file, temporary, number_format, on_phase, check_stop)
        _write_card(temporary, file, header)
        inspect_model(temporary)
        os.replace(temporary, final)
        sync_folder(final.parent)
    except OSError as error:
        raise from_os_error(error, "converting the model") from error
    finally:
        if temporary.name and temporary.exists():
            shutil.rmtree(temporary)
    return final


def _convert(
    file: Path, folder: Path, number_format: torch.dtype, on_phase: Phase, check_stop: Callable[[], None]
) -> None:
    on_phase("unpack", "Unpacking the GGUF file to 16 bits. Large models take minutes.")
    only_here: dict[str, Any] = {"gguf_file": file.name, "local_files_only": True, "trust_remote_code": False}
    with quietly():
        model = _read(
            file,
            lambda: AutoModelForCausalLM.from_pretrained(
                str(file.parent), quantization_config=GgufConfig(dequantize=True), dtype=number_format, **only_here
            ),
        )
        check_stop()
        on_phase("tokenizer", "Reading the tokenizer in the file.")
        tokenizer = _read(file, lambda: AutoTokenizer.from_pretrained(str(file.parent), **only_here))
        check_stop()
        on_phase("save", "Saving it as safetensors.")
        model.config.__dict__.pop("quantization_config", None)
        model.save_pretrained(str(folder))
        tokenizer.save_pretrained(str(folder))


def _check_header(file: Path, header: GgufHeader) -> None:
    """Whether what transformers takes for granted is in the header, and of the right kind.

    Raises:
        ModelError: `gguf`: a field is missing or of another kind.
    """
    architecture = header.text("general.architecture")
    if not architecture:
        raise _cannot_read(file, "general.architecture is missing, or no text")
    for name in _COUNTS:
        key = f"{architecture}.{name}"
        value = header.metadata.get(key)
        each_layer = isinstance(value, GgufArray)
        if value is not None and not each_layer and (header.number(key) or 0) < 1:
            raise _cannot_read(file, f"{key} is {value!r}, and must be a whole number above 0")
    tokens = header.metadata.get("tokenizer.ggml.tokens")
    if tokens is not None and not isinstance(tokens, GgufArray):
        raise _cannot_read(file, "tokenizer.ggml.tokens is no list")


def _read(file: Path, load: Callable[[], Any]) -> Any:
    """What transformers reads from the file. Nothing of ours runs inside: no mistake of ours is laid to the file.

    Raises:
        ModelError: Of an architecture, tokenizer or number format that transformers and gguf cannot read.
        OSError: The disk fails.
    """
    try:
        return load()
    except OSError as error:
        if error.errno:
            raise
        raise _cannot_read(file, str(error)) from error  # transformers' word for what it does not find in the file
    except (ValueError, KeyError) as error:  # an unknown architecture or tokenizer; a field that it asks for by name
        said = f"{error} is missing in its header" if isinstance(error, KeyError) else str(error)
        raise _cannot_read(file, said) from error
    except (StrictDataclassError, RuntimeError) as error:
        # Figures that cannot be; a quantisation that gguf cannot unpack; weights of other shapes than the header says,
        # which transformers tells in a table of its log.
        shapes = "ignore_mismatched_sizes" in str(error)
        said = "its weights have other shapes than its header says" if shapes else str(error)
        raise _cannot_read(file, said) from error


def _dtype_of(header: GgufHeader) -> torch.dtype:
    """By `general.file_type` (llama.cpp: llama_ftype). Unquantised files keep their type."""
    match header.number("general.file_type"):
        case 0:
            return torch.float32
        case 1:
            return torch.float16
        case _:
            return torch.bfloat16


def _check_room(facts: ModelFacts, number_format: torch.dtype) -> None:
    needed_disk = number_format.itemsize * (facts.parameters or 0)
    parent = next(folder for folder in models_folder().absolute().parents if folder.exists())
    free = shutil.disk_usage(parent).free
    if needed_disk > free:
        raise DiskFullError(
            "There is not enough room to convert this model.",
            f"{needed_disk:,} bytes are needed and {free:,} are free where {models_folder()} lies.",
            "Free some space, or set TUNESMITH_MODELS to a folder on a larger disk, and try again.",
        )
    needed_memory = int(_MEMORY_PER_PARAMETER * (facts.parameters or 0))
    available = psutil.virtual_memory().available
    if needed_memory > available:
        raise ModelError(
            "There is not enough memory to convert this model.",
            f"About {needed_memory:,} bytes are needed while it is unpacked and {available:,} are available.",
            "Use the model's safetensors version from the hub instead; it needs no conversion.",
            code="memory",
        )


def _write_card(folder: Path, file: Path, header: GgufHeader) -> None:
    """A card with what the GGUF file said of itself, so that its licence is not lost."""
    said = gguf_card(header)
    front = yaml.safe_dump(said, sort_keys=False) if said else ""
    name = header.text("general.name") or file.stem
    text = f"# {name}\n\nConverted from `{file.name}` to safetensors.\n"
    (folder / "README.md").write_text(f"---\n{front}---\n{text}" if front else text, encoding="utf-8")


def _cannot_read(file: Path, said: str) -> ModelError:
    return ModelError(
        "This GGUF file cannot be converted.",
        f"{file}: {' '.join(said.split())[:250]}",
        "Use the model's safetensors version from the hub instead.",
        code="gguf",
    )
