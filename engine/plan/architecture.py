"""What a model is built of, from its description alone: config.json, GGUF metadata, or the catalogue's figures.

No weights are needed, so a model can be planned before it is downloaded. Nothing heavy is imported.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.machine import PRESETS, models_folder
from engine.models.architectures import native_causal_models
from engine.models.catalogue import load_catalogue
from engine.models.inspect import inspect_model
from engine.models.source import DEMO, hub_id
from engine.plan.defaults import config_defaults

_NEEDED = {
    "hidden_size": ("hidden_size", "n_embd", "d_model"),
    "num_hidden_layers": ("num_hidden_layers", "n_layer", "num_layers"),
    "num_attention_heads": ("num_attention_heads", "n_head", "num_heads"),
    "vocab_size": ("vocab_size",),
}
_CONTEXT = ("max_position_embeddings", "n_positions", "n_ctx", "seq_length", "max_sequence_length", "max_seq_len")
_MOST = {"hidden_size": 1 << 20, "num_hidden_layers": 4096, "num_attention_heads": 1 << 16, "vocab_size": 1 << 27}
"""Larger figures are mistakes; the largest models of 2026 have a hundredth of them."""
_OTHER_FIGURES = ("num_key_value_heads", "intermediate_size", "head_dim", "moe_intermediate_size")
_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts", "num_routed_experts")
_NOT_OF_THE_STEP = ("quantization_config", "auto_map", "text_config", "dtype", "torch_dtype")
"""What a plan does not depend on: it has number formats of its own, and of nested parts the used one is taken out."""
_GGUF_TYPES = {"gemma3": "gemma3_text", "qwen2moe": "qwen2_moe", "qwen3moe": "qwen3_moe", "gpt-oss": "gpt_oss"}
"""Where llama.cpp and transformers name an architecture differently."""


@dataclass(frozen=True)
class Architecture:
    """A model's config as a dictionary of transformers' own keys, and where it is from."""

    config: dict[str, Any]
    name: str
    source: str
    note: str = ""
    """What was left out or assumed; empty: nothing."""

    def figure(self, name: str) -> int | None:
        """A whole number of the config."""
        value = next((self.config[key] for key in _NEEDED.get(name, (name,)) if key in self.config), None)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def context(self) -> int | None:
        """Tokens that the model can take at once; None where neither its config nor its class says it."""
        defaults = config_defaults(str(self.config.get("model_type")))
        said = (config.get(name) for config in (self.config, defaults) for name in _CONTEXT)
        return next((size for size in said if isinstance(size, int) and not isinstance(size, bool) and size > 0), None)

    @property
    def has_experts(self) -> bool:
        """Whether a token passes some of several experts."""
        return has_experts(self.config)


def has_experts(config: dict[str, Any]) -> bool:
    """Whether a token passes some of several experts."""
    counts = [config.get(name) for name in _EXPERTS]
    return any(isinstance(count, int) and count > 1 for count in counts)


def architecture_of(source: str) -> Architecture:
    """Find the model's description.

    Args:
        source: A config.json anywhere, a model folder, a .gguf file, `demo`, the id of a downloaded model, or an id or
            a name of the catalogue.

    Raises:
        ModelError: It is none of these, or lacks something; the field is named.
    """
    typed = source.strip()
    path = PRESETS / "demo" / "model" if typed == DEMO else Path(typed).expanduser()
    named = hub_id(typed) or typed
    if not path.exists() and (folder := _downloaded(named)) is not None:
        path = folder
    if path.is_dir():
        path = _described_by(path)
    if path.is_file():
        return _from_gguf(path) if path.suffix.lower() == ".gguf" else _from_file(path)
    for model in load_catalogue():
        if named.lower() in (model.id.lower(), model.name.lower()):
            config = model.as_config()
            if config is None:
                raise _problem(
                    "The catalogue has no figures of this model.",
                    source,
                    "Download config.json from the model's page, and give its path.",
                )
            return checked(config, model.id, "catalogue")
    raise _problem(
        "The model is not there.",
        f"{source} is neither a file nor a folder here, nor an id of `tunesmith models`.",
        "Give the path of a config.json, a model folder or a .gguf file.",
    )


def _described_by(folder: Path) -> Path:
    """The file of a model folder that says what it is: config.json, or the one GGUF file there is.

    Raises:
        ModelError: There is neither.
    """
    config, ggufs = folder / "config.json", [file for file in folder.iterdir() if file.suffix.lower() == ".gguf"]
    if config.is_file():
        return config
    if len(ggufs) == 1:
        return ggufs[0]
    if ggufs:
        shown = ", ".join(sorted(file.name for file in ggufs)[:6])
        raise _problem("Which of these GGUF files?", f"{folder} holds {shown}.", "Give the path of one of them.")
    raise _problem("The model's config.json is missing.", f"{config} does not exist.")


def _downloaded(name: str) -> Path | None:
    """The newest folder of a hub model that was got."""
    if hub_id(name) is None:
        return None
    found = [folder for folder in models_folder().glob(f"{name.replace('/', '--')}-*") if folder.suffix != ".part"]
    whole = [folder for folder in found if (folder / "config.json").is_file()]
    return max(whole, key=lambda folder: folder.stat().st_mtime, default=None)


def checked(config: dict[str, Any], name: str, source: str) -> Architecture:
    """Take the language part of a config and see that it is whole.

    Raises:
        ModelError: `architecture`, or a field is missing or no whole number above zero.
    """
    native = native_causal_models()
    note = ""
    text = config.get("text_config")
    if isinstance(text, dict) and str(text.get("model_type", "")) in native:
        note = "Only the part that writes text is counted."
        config = {
            **config_defaults(str(text["model_type"])),
            **text,
            "tie_word_embeddings": text.get("tie_word_embeddings", config.get("tie_word_embeddings", True)),
        }
    kind = config.get("model_type")
    if not isinstance(kind, str) or not kind:
        raise _problem("The model's config is incomplete.", f"{source}: `model_type` is missing.")
    if native and kind not in native:
        own = " It brings its own code (`auto_map`), which is never run." if config.get("auto_map") else ""
        raise _problem(
            "tunesmith cannot plan this kind of model.",
            f"{source}: model_type is `{kind}`, which transformers does not know as a model that writes text.{own}",
            "Choose another model; `tunesmith models` lists what is known to work.",
        )
    for field, keys in _NEEDED.items():
        given = next((config[key] for key in keys if key in config), None)
        if given is None:
            defaults = config_defaults(kind)
            if defaults and not any(key in defaults for key in keys):
                raise _problem(
                    "tunesmith cannot plan this kind of model.",
                    f"{source}: `{field}` is missing, and models of the type `{kind}` have none.",
                    "Choose another model; `tunesmith models` lists what is known to work.",
                )
            raise _problem("The model's config is incomplete.", f"{source}: `{field}` is missing.")
        _check_figure(source, field, given, _MOST[field])
    for field in (*_OTHER_FIGURES, *_EXPERTS):
        given = config.get(field)
        for one in given if isinstance(given, list) else [] if given is None else [given]:
            # of experts there may be none
            _check_figure(source, field, one, 1 << 24, least=0 if field in _EXPERTS else 1)
    _check_heads(source, config)
    if isinstance(config.get("qk_rope_head_dim"), int):
        # latent attention: what transformers calls the head's size there is the part that turns with the position
        config = {**config, "head_dim": config["qk_rope_head_dim"]}
    note = " ".join(filter(None, (note, _stored(config))))
    wanted = {key: value for key, value in config.items() if key not in _NOT_OF_THE_STEP}
    return Architecture(wanted, name, source, note)


def _stored(config: dict[str, Any]) -> str:
    """What to know where the published weights are quantised already; they are planned as 16-bit ones."""
    settings = config.get("quantization_config")
    method = settings.get("quant_method") if isinstance(settings, dict) else None
    if not method or method == "bitsandbytes":
        return ""
    return f"These weights are published as {method}; training needs the model's 16-bit version."


def _check_figure(source: str, field: str, given: Any, most: int, least: int = 1) -> None:
    """See that a figure of a config is a whole number that a model may have.

    Raises:
        ModelError: It is none; names the field.
    """
    if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= most:
        raise _problem(
            "The model's config cannot be right.",
            f"{source}: `{field}` is {str(given)[:40]!r}, not a whole number from {least} to {most:,}.",
        )


def _check_heads(source: str, config: dict[str, Any]) -> None:
    """See that the heads share their keys evenly, where the config says how many there are of each.

    Raises:
        ModelError: They cannot.
    """
    heads, keys = config.get("num_attention_heads"), config.get("num_key_value_heads")
    if isinstance(heads, int) and isinstance(keys, int) and heads % keys:
        raise _problem(
            "The model's config cannot be right.",
            f"{source}: {heads} heads (`num_attention_heads`) cannot share {keys} keys (`num_key_value_heads`) evenly.",
        )


def _from_file(path: Path) -> Architecture:
    try:
        config = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise _problem("The model's config cannot be read.", f"{path}{line}: {error}.") from error
    if not isinstance(config, dict):
        raise _problem("The model's config cannot be read.", f"{path}: it is not an object of keys and values.")
    return checked(config, path.parent.name if path.name == "config.json" else path.stem, str(path))


def _from_gguf(path: Path) -> Architecture:
    """The metadata of a GGUF file in transformers' words."""
    facts = inspect_model(path)
    config: dict[str, Any] = {
        "model_type": _GGUF_TYPES.get(facts.architecture, facts.architecture),
        "hidden_size": facts.hidden_size,
        "intermediate_size": facts.intermediate_size,
        "num_hidden_layers": facts.layers,
        "num_attention_heads": facts.heads,
        "num_key_value_heads": facts.kv_heads,
        "head_dim": facts.head_dim,
        "vocab_size": facts.vocab_size,
        "max_position_embeddings": facts.context_length,
        "tie_word_embeddings": facts.tied_embeddings,
    }
    inward = [weight for weight in facts.weights if "ffn_up" in weight.name or "ffn_gate" in weight.name]
    if experts := next((one.shape for one in inward if one.role == "expert" and len(one.shape) == 3), None):
        config |= {"num_experts": experts[0], "num_local_experts": experts[0], "moe_intermediate_size": experts[1]}
        if facts.architecture == "llama":
            # llama.cpp keeps Mixtral under the name of the architecture it was made from
            config |= {"model_type": "mixtral", "intermediate_size": experts[1]}
    return checked({key: value for key, value in config.items() if value is not None}, path.stem, str(path))


def _problem(title: str, what: str, hint: str = "") -> ModelError:
    hint = hint or "Download config.json from the model's page again, or choose another model."
    return ModelError(title, what, hint, code="config")
