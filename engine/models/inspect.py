"""What a model on this disk is, and whether it can be trained: from its headers and small files only.

Never loads weights and imports nothing heavy, so that a screen can afford it. Everything that would make the
training job fail minutes later is found here: missing shards, cut downloads, no tokenizer, foreign code, pickles.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.errors import ModelError, from_os_error
from engine.licences.chain import trace
from engine.models.architectures import native_causal_models
from engine.models.facts import ModelFacts, Weight, group_weights
from engine.models.gguf_header import GgufArray, GgufHeader, read_gguf_header
from engine.models.safetensors_header import Tensor, read_weights
from engine.models.source import pickle_error, pickle_weights

_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "tekken.json")
_WRONG_TASKS = ("ForMaskedLM", "Classification", "ForQuestionAnswering", "EncoderModel", "ForTextEncoding")


def inspect_model(path: Path) -> ModelFacts:
    """Look at a model folder or a .gguf file.

    Args:
        path: A folder with config.json, safetensors and tokenizer, or a GGUF file.

    Returns:
        The facts; what a file does not say is None or `unknown`.

    Raises:
        ModelError: It cannot be used; the code says why: `missing_model`, `missing_config`, `missing_weights`,
            `missing_shard`, `truncated`, `damaged`, `pickle`, `no_tokenizer`, `remote_code`, `architecture`, `adapter`.
    """
    try:
        if path.is_dir():
            return _inspect_folder(path)
        if path.is_file():
            return _inspect_gguf(path)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise from_os_error(error, "reading the model") from error
    hint = "Choose the model again; if it was on another disk, mount that first."
    raise ModelError("The model is not there.", f"{path} does not exist.", hint, code="missing_model")


def facts_from_config(config: dict[str, Any], path: Path) -> ModelFacts:
    """The facts that a config.json alone gives: no weights, no licence, no tokenizer."""
    text = config.get("text_config")
    inner: dict[str, Any] = {**config, **text} if isinstance(text, dict) else config
    hidden, heads = _first(inner, "hidden_size", "n_embd", "d_model"), _first(inner, "num_attention_heads", "n_head")
    kv_heads = _first(inner, "num_key_value_heads", "num_kv_heads") or heads
    stored = config.get("quantization_config")
    method = str(stored.get("quant_method", "unknown")) if isinstance(stored, dict) else None
    return ModelFacts(
        kind="folder",
        path=str(path),
        architecture=str((config.get("architectures") or [""])[0]),
        model_type=str(config.get("model_type", "")),
        vocab_size=_first(inner, "vocab_size"),
        context_length=_first(inner, "max_position_embeddings", "n_positions", "seq_length", "n_ctx"),
        layers=_first(inner, "num_hidden_layers", "n_layer", "num_layers"),
        hidden_size=hidden,
        intermediate_size=_first(inner, "intermediate_size", "n_inner", "ffn_dim"),
        heads=heads,
        kv_heads=kv_heads,
        head_dim=_first(inner, "head_dim") or (hidden // heads if hidden and heads else None),
        stored_quantization=method,
    )


def _inspect_folder(folder: Path) -> ModelFacts:
    names = [entry.name for entry in folder.iterdir() if entry.is_file()]
    config = _read_config(folder, names)
    facts = facts_from_config(config, folder)
    _check_architecture(folder, config, facts)
    tensors, size = _read_folder_weights(folder, names)
    tokenizer = _read_json(folder / "tokenizer_config.json") if "tokenizer_config.json" in names else {}
    _check_tokenizer(folder, names)
    weights = group_weights([(tensor.name, tensor.shape) for tensor in tensors])
    licence = trace(folder)
    return facts.replace(
        parameters=None if facts.stored_quantization else _count(tensors),
        size_bytes=size,
        dtypes=_bytes_by_dtype(tensors),
        weights=weights,
        tied_embeddings=not any(weight.role == "head" for weight in weights),
        licence=licence.licence,
        licence_source=licence.source,
        has_chat_template=_has_chat_template(folder, names, tokenizer),
        tokenizer_ok=True,
        eos_token=_token(folder, tokenizer, "eos_token"),
        pad_token=_token(folder, tokenizer, "pad_token"),
        ships_code="auto_map" in config,
    )


def _read_config(folder: Path, names: list[str]) -> dict[str, Any]:
    if "config.json" in names:
        return _read_json(folder / "config.json")
    if "adapter_config.json" in names:
        raise ModelError(
            "This is an adapter, not a model.",
            f"{folder} holds adapter_config.json: small changes to a base model that is elsewhere.",
            "Choose the base model it was made for.",
            code="adapter",
        )
    raise ModelError(
        "The model's config.json is missing.",
        f"{folder} has no config.json, so nobody can tell what kind of model it is.",
        "Download it from the model's page into that folder, or choose the folder that has it.",
        code="missing_config",
    )


def _check_architecture(folder: Path, config: dict[str, Any], facts: ModelFacts) -> None:
    native = native_causal_models()
    known = facts.model_type in native or not native
    if not known and "auto_map" in config:
        raise ModelError(
            "This model brings its own program code, which tunesmith never runs.",
            f"{folder / 'config.json'} asks for {config['auto_map']}, and transformers does not know "
            f"the architecture `{facts.model_type}` by itself.",
            "Choose a model of a known architecture, or a version of this one that was converted to one.",
            code="remote_code",
        )
    if not known:
        raise ModelError(
            "tunesmith cannot train this kind of model.",
            f"{folder / 'config.json'}: model_type is `{facts.model_type or 'missing'}`, which transformers does not "
            "know as a model that writes text.",
            "Choose a language model such as one of `tunesmith models`.",
            code="architecture",
        )
    if any(task in facts.architecture for task in _WRONG_TASKS):
        raise ModelError(
            "This model does not write text.",
            f"{folder / 'config.json'}: its architecture is {facts.architecture}.",
            "Choose a language model such as one of `tunesmith models`.",
            code="architecture",
        )


def _read_folder_weights(folder: Path, names: list[str]) -> tuple[list[Tensor], int]:
    tensors, size = read_weights(folder)
    if tensors:
        return tensors, size
    if pickles := pickle_weights(names):
        raise pickle_error(str(folder), pickles)
    loose = [name for name in names if name.endswith(".safetensors")]
    what = f"{folder} has no model.safetensors and no model.safetensors.index.json."
    if loose:
        what += f" It does hold {', '.join(sorted(loose)[:3])}, but no index that says how they belong together."
    hint = "Download the weights (safetensors files) and their index into that folder."
    raise ModelError("The model's weights are missing.", what, hint, code="missing_weights")


def _check_tokenizer(folder: Path, names: list[str]) -> None:
    if any(name in names for name in _TOKENIZER_FILES) or {"vocab.json", "merges.txt"} <= set(names):
        if "tokenizer.json" in names and not (folder / "tokenizer.json").read_bytes()[:1].strip():
            raise _no_tokenizer(f"{folder / 'tokenizer.json'} is empty.")
        return
    raise _no_tokenizer(f"{folder} has none of {', '.join(_TOKENIZER_FILES[:3])}.")


def _no_tokenizer(what: str) -> ModelError:
    hint = "Download tokenizer.json and tokenizer_config.json from the model's page into that folder."
    return ModelError("The model's tokenizer is missing.", what, hint, code="no_tokenizer")


def _has_chat_template(folder: Path, names: list[str], tokenizer: dict[str, Any]) -> bool:
    if "chat_template.jinja" in names or tokenizer.get("chat_template"):
        return True
    return "chat_template.json" in names and bool(_read_json(folder / "chat_template.json").get("chat_template"))


def _token(folder: Path, tokenizer: dict[str, Any], name: str) -> str | None:
    value = tokenizer.get(name)
    if value is None and (folder / "special_tokens_map.json").is_file():
        value = _read_json(folder / "special_tokens_map.json").get(name)
    content = value.get("content") if isinstance(value, dict) else value
    return content if isinstance(content, str) else None


def _inspect_gguf(file: Path) -> ModelFacts:
    if file.suffix.lower() != ".gguf":
        raise ModelError("This file is not a model.", str(file), "Give a folder or a .gguf file.", code="not_a_model")
    header = read_gguf_header(file)
    architecture = header.text("general.architecture")
    if header.text("general.type") not in ("", "model") or "adapter.type" in header.metadata:
        raise ModelError(
            "This GGUF file is not a whole model.", str(file), "Choose the model's own file.", code="adapter"
        )
    if int(header.number("split.count") or 1) > 1:
        hint = "Join the parts first with llama.cpp's `llama-gguf-split --merge`."
        raise ModelError("This GGUF file is one part of several.", str(file), hint, code="split_gguf")
    weights = group_weights([(tensor.name, tensor.shape) for tensor in header.tensors])
    licence = trace(file)
    return ModelFacts(
        kind="gguf",
        path=str(file),
        architecture=architecture,
        model_type=architecture,
        parameters=sum(tensor.elements for tensor in header.tensors),
        size_bytes=file.stat().st_size,
        vocab_size=_gguf_vocabulary(header, architecture),
        context_length=header.number(f"{architecture}.context_length"),
        layers=header.number(f"{architecture}.block_count"),
        hidden_size=header.number(f"{architecture}.embedding_length"),
        intermediate_size=header.number(f"{architecture}.feed_forward_length"),
        heads=header.number(f"{architecture}.attention.head_count"),
        kv_heads=header.number(f"{architecture}.attention.head_count_kv"),
        head_dim=_gguf_head_dim(header, architecture),
        tied_embeddings=not any(weight.role == "head" for weight in weights),
        weights=weights,
        licence=licence.licence,
        licence_source=licence.source,
        has_chat_template=bool(header.text("tokenizer.chat_template")),
        tokenizer_ok="tokenizer.ggml.tokens" in header.metadata,
        eos_token=_gguf_token(header, "eos"),
        pad_token=_gguf_token(header, "padding"),
    )


def _gguf_vocabulary(header: GgufHeader, architecture: str) -> int | None:
    tokens = header.metadata.get("tokenizer.ggml.tokens")
    return header.number(f"{architecture}.vocab_size") or (tokens.count if isinstance(tokens, GgufArray) else None)


def _gguf_head_dim(header: GgufHeader, architecture: str) -> int | None:
    hidden, heads = (header.number(f"{architecture}.{key}") for key in ("embedding_length", "attention.head_count"))
    return header.number(f"{architecture}.attention.key_length") or (hidden // heads if hidden and heads else None)


def _gguf_token(header: GgufHeader, name: str) -> str | None:
    number = header.number(f"tokenizer.ggml.{name}_token_id")
    return None if number is None else header.tokens.get(number)


def _count(tensors: list[Tensor]) -> int:
    return sum(tensor.elements for tensor in tensors)


def _bytes_by_dtype(tensors: list[Tensor]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for tensor in tensors:
        counts[tensor.dtype] = counts.get(tensor.dtype, 0) + tensor.elements
    return counts


def _first(config: dict[str, Any], *keys: str) -> int | None:
    for key in keys:
        value = config.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return None


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_bytes())
    except ValueError as error:
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ModelError(
            "A file of the model is damaged.", f"{file}{line}: {error}.", "Download that file again.", code="damaged"
        ) from error
    if not isinstance(content, dict):
        raise ModelError(
            "A file of the model is damaged.", f"{file}: not an object.", "Download it again.", code="damaged"
        )
    return content


__all__ = ["ModelFacts", "Weight", "facts_from_config", "inspect_model"]
