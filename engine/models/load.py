"""Loading a model and its tokenizer for work: from this disk, safetensors only, never with foreign code.

Heavy: imports torch and transformers. Only jobs use it.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from transformers.utils import logging as hf_logging

from engine.errors import ModelError, TunesmithError, from_os_error
from engine.models.inspect import inspect_model
from engine.spec import ModelSpec

Quantization = Literal["nf4", "int8", "none"]

_PAD_NAMES = ("<|pad|>", "<pad>", "[PAD]", "<|finetune_right_pad_id|>", "<|endoftext|>", "<unk>", "<|unk|>")
"""Tokens that can pad, best first. The last ones are spare tokens that chats do not end with."""


def load_tokenizer(model: ModelSpec) -> Any:
    """Load the tokenizer, with a pad token that is not the end-of-sequence token.

    With PAD equal to EOS, masking the padding masks the end too, and the tuned model never stops. Where the
    tokenizer names no pad token, or names EOS, a token that is already in the vocabulary is taken: the first of
    `_PAD_NAMES` that is there, else a reserved special token. Only where there is none a new token is not added
    (that would resize the model): the pad token stays EOS, and the caller masks by length, not by token.

    Raises:
        ModelError: `not_fetched`, `no_tokenizer`.
    """
    folder = _folder_of(model)
    with quietly():
        try:
            tokenizer = AutoTokenizer.from_pretrained(
                str(folder), use_fast=True, local_files_only=True, trust_remote_code=False
            )
        except Exception as error:
            raise _tokenizer_error(folder, error) from error
    _choose_pad(tokenizer)
    return tokenizer


def load_model(
    model: ModelSpec,
    *,
    quantization: Quantization,
    compute_dtype: torch.dtype,
    device: str,
    attention: str = "auto",
    quant_storage: torch.dtype | None = None,
) -> Any:
    """Load the weights.

    Args:
        model: With `path` set; hub and GGUF models are fetched first.
        quantization: `nf4`: 4 bits, constants quantised again (about 0.52 bytes a parameter); `int8`; `none`.
        compute_dtype: What is not quantised is held in it, and matrices are multiplied in it.
        device: `cpu`, `cuda:0`, ...
        attention: `auto`: FlashAttention 2 where it is installed and the device is CUDA, else SDPA.
        quant_storage: What 4-bit weights are stored as; None: bytes.

    Raises:
        ModelError: `not_fetched`, `already_quantized`, `not_quantized`, `load`, `attention`, or as `inspect_model`.
    """
    folder = _folder_of(model)
    facts = inspect_model(folder)
    if facts.stored_quantization and facts.stored_quantization != "bitsandbytes":
        raise ModelError(
            "These weights are quantised in a way that cannot be trained here.",
            f"{folder / 'config.json'} says `{facts.stored_quantization}`.",
            "Choose the original 16-bit version of the model; tunesmith quantises it while loading.",
            code="already_quantized",
        )
    settings: dict[str, Any] = {
        "dtype": compute_dtype,
        "device_map": {"": device},
        "attn_implementation": _asked_attention(attention, device),
        "use_safetensors": True,
        "local_files_only": True,
        "trust_remote_code": False,
    }
    if quantization != "none":
        settings["quantization_config"] = quantization_config(quantization, compute_dtype, quant_storage)
    with quietly():
        try:
            loaded = AutoModelForCausalLM.from_pretrained(str(folder), **settings)
        except (torch.OutOfMemoryError, MemoryError):
            raise
        except Exception as error:
            raise _load_error(folder, error) from error
    _check_quantization(loaded, quantization, folder)
    _keep_differentiable(loaded)
    return loaded


def quantization_config(
    quantization: Quantization, compute_dtype: torch.dtype, storage: torch.dtype | None = None
) -> BitsAndBytesConfig:
    """The bitsandbytes settings of `nf4` (with double quantisation) or `int8`."""
    if quantization == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute_dtype,
        bnb_4bit_quant_storage=storage or torch.uint8,
    )


def choose_attention(attention: str, device: str) -> str:
    """The attention implementation to load with.

    Raises:
        ModelError: `attention`: FlashAttention 2 was asked for by name and cannot be had here.
    """
    usable = device.startswith("cuda") and find_spec("flash_attn") is not None
    if attention == "auto":
        return "flash_attention_2" if usable else "sdpa"
    if attention == "flash_attention_2" and not usable:
        raise ModelError(
            "FlashAttention 2 cannot be used here.",
            f"It needs an NVIDIA GPU and the package flash-attn; the device is `{device}`.",
            "Set recipe.attention to `auto` or `sdpa`.",
            code="attention",
        )
    return attention


def _asked_attention(attention: str, device: str) -> str | None:
    """What transformers is asked for; None: SDPA, and its own code for models without it (Gemma 2, gpt-oss)."""
    chosen = choose_attention(attention, device)
    return None if attention == "auto" and chosen == "sdpa" else chosen


def _keep_differentiable(loaded: Any) -> None:
    """Keep the 4-bit weights in the layout that gradients can pass through.

    On CPUs with AVX512-BF16, bitsandbytes 0.50 repacks a weight the first time it is used in evaluation mode. The
    repacked product has no backward: every training step after the first evaluation would silently lose the
    gradient through the base model (PyTorch only warns).
    """
    import bitsandbytes as bnb

    for module in loaded.modules():
        if isinstance(module, bnb.nn.Linear4bit):
            module.support_avx512bf16_for_cpu = False


def quantized_modules(loaded: Any) -> int:
    """How many linear layers of a loaded model hold quantised weights."""
    import bitsandbytes as bnb

    kinds = (bnb.nn.Linear4bit, bnb.nn.Linear8bitLt)
    return sum(isinstance(module, kinds) for module in loaded.modules())


def _folder_of(model: ModelSpec) -> Path:
    """The safetensors folder of a model that is here."""
    path = Path(model.path) if model.path else None
    if path is None or path.suffix.lower() == ".gguf":
        raise ModelError(
            "The model is not ready yet.",
            f"{model.source} was chosen but not " + ("converted." if path else "downloaded."),
            "Run the model step first: it gets the model onto this machine.",
            code="not_fetched",
        )
    if not path.is_dir():
        raise ModelError(
            "The model is not there.",
            f"{path} does not exist.",
            "Choose the model again; if it was on another disk, mount that first.",
            code="missing_model",
        )
    return path


def _choose_pad(tokenizer: Any) -> None:
    if tokenizer.pad_token_id is not None and tokenizer.pad_token_id != tokenizer.eos_token_id:
        return
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    reserved = sorted(name for name in tokenizer.all_special_tokens if "reserved" in name or "pad" in name.lower())
    unused = sorted(
        name for name in vocabulary if name.startswith(("<|reserved_special_token_", "<unused", "<SPECIAL_"))
    )
    for name in (*_PAD_NAMES, *reserved, *unused):
        if name in vocabulary and name not in (tokenizer.eos_token, tokenizer.bos_token):
            tokenizer.pad_token = name
            return
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token


def _check_quantization(loaded: Any, quantization: Quantization, folder: Path) -> None:
    """A model that was to be quantised and is not would take four times the memory without a word."""
    wanted = quantization != "none"
    if wanted and quantized_modules(loaded) == 0:
        raise ModelError(
            "The model was not quantised.",
            f"{folder}: no layer of it could be held as {quantization}.",
            "Set recipe.quantization to `none`, or choose another model.",
            code="not_quantized",
        )


def _tokenizer_error(folder: Path, error: Exception) -> TunesmithError:
    first = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
    return ModelError(
        "The tokenizer cannot be loaded.",
        f"{folder}: {first}",
        "Get the files tokenizer.json and tokenizer_config.json of this model again.",
        code="no_tokenizer",
    )


def _load_error(folder: Path, error: Exception) -> TunesmithError:
    if isinstance(error, TunesmithError):
        return error
    if isinstance(error, OSError) and error.errno:
        return from_os_error(error, "loading the model")
    first = str(error).strip().splitlines()[0][:300] if str(error).strip() else ""
    return ModelError(
        "The model cannot be loaded.",
        f"{folder}: {type(error).__name__}: {first}",
        "Check that config.json and the weights belong together, or download the model again.",
        code="load",
    )


@contextmanager
def quietly() -> Iterator[None]:
    """Loading, without progress bars and without the warnings that libraries mean for programmers.

    bitsandbytes goes on after loading: in int8 it logs one line for every product of every step. It is told for
    good to speak of errors only.
    """
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    verbosity, bars = hf_logging.get_verbosity(), hf_logging.is_progress_bar_enabled()
    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        hf_logging.set_verbosity(verbosity)
        if bars:
            hf_logging.enable_progress_bar()
