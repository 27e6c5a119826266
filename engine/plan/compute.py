"""Working profiles out: the heavy half of the plan. Imports torch, transformers, peft and bitsandbytes."""

from __future__ import annotations

import warnings
from contextlib import suppress
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, AutoConfig

from engine.errors import ModelError, SpecError, UsageError
from engine.models.load import quietly
from engine.plan.architecture import Architecture
from engine.plan.fake_attention import attention_name
from engine.plan.fake_model import fake_model
from engine.plan.fake_step import StepSettings, profile_step
from engine.plan.growth import sizes_for
from engine.plan.optimizers import optimizer_state
from engine.plan.profile import Profile
from engine.plan.variants import NotPlannedYetError, Profiles, Variant, keep_profile, kept_profile
from engine.spec import RecipeSpec

_UNPLANNABLE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    RuntimeError,
    StopIteration,
    StrictDataclassError,
    TypeError,
    ValueError,
)


def profiles_of(architecture: Architecture) -> Profiles:
    """Profiles from this disk, and what is missing worked out and kept."""

    def profile(variant: Variant) -> Profile:
        with suppress(NotPlannedYetError):
            return kept_profile(architecture, variant)
        found = compute_profile(architecture, variant)
        keep_profile(architecture, variant, found)
        return found

    return profile


def compute_profile(architecture: Architecture, variant: Variant) -> Profile:
    """Run the step under fake tensors.

    Some old architectures know only transformers' own attention: the step is then planned with that.

    Raises:
        SpecError: The recipe asks for what PEFT refuses, or for layers that the model lacks.
        ModelError: `no_plan`: the architecture cannot be run without its weights; says what stood in the way.
    """
    problem: Exception | None = None
    for attention in (variant.attention, "sdpa", "eager"):
        try:
            with quietly(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _run(architecture, variant, attention)
        except _UNPLANNABLE as error:
            problem = problem or error
            if not _is_about_attention(error):
                break
    assert problem is not None
    raise _no_plan(architecture, problem) from problem


def _is_about_attention(error: Exception) -> bool:
    """Whether it was an attention that the architecture has no class for."""
    words = str(error)
    return "plan_" in words or "attention" in words


def _run(architecture: Architecture, variant: Variant, attention: str) -> Profile:
    dtype = getattr(torch, variant.dtype)
    targets = variant.targets.split(",")
    recipe = RecipeSpec(
        quantization=variant.quantization,
        targets=targets if len(targets) > 1 else variant.targets,
        dropout=variant.dropout,
        dora=variant.dora,
        loss=variant.loss,
    )
    config = _config(architecture)
    attention = attention_name(_to_be_had(config, attention), variant.on_cuda)
    sizes = sizes_for(config)
    fake = fake_model(
        config,
        recipe,
        dtype=dtype,
        rank=sizes.rank,
        attention=attention,
        first_differs=not (variant.checkpointing or variant.evaluation),
    )
    settings = StepSettings(
        on_cuda=variant.on_cuda,
        dtype=dtype,
        checkpointing=variant.checkpointing,
        reference=variant.loss == "nll",
        padded=variant.padded,
        accumulates=variant.accumulates,
        keeps_weights=variant.kept_weights,
        evaluation=variant.evaluation,
        products=getattr(torch, variant.products) if variant.products else None,
    )
    return profile_step(fake, settings, sizes, optimizer_state(variant.optimizer))


def _to_be_had(config: Any, attention: str) -> str:
    """The attention that a model is loaded with: its own code where it has no SDPA (Gemma 2, gpt-oss)."""
    kind = MODEL_FOR_CAUSAL_LM_MAPPING.get(type(config), None)
    return "eager" if attention == "sdpa" and not getattr(kind, "_supports_sdpa", True) else attention


def _config(architecture: Architecture) -> Any:
    settings = {key: value for key, value in architecture.config.items() if key != "model_type"}
    config = AutoConfig.for_model(str(architecture.config["model_type"]), **settings)
    text = config.get_text_config()
    for name in ("hidden_size", "num_hidden_layers"):
        if (figure := architecture.figure(name)) != getattr(text, name, figure):
            # a model of several parts, described as if it were one: its class would take its own figures instead
            raise ValueError(f"its `{name}` does not stand where models of this type have it, in `text_config`")
    # layers with figures of their own (Gemma 4): the general one is asked for where a layer has none
    text.allow_global_per_layer_attribute_access = True
    padding = getattr(text, "pad_token_id", None)
    if isinstance(padding, int) and not padding < text.vocab_size:
        # a default of the class that lies outside of this vocabulary; no memory depends on it
        text.pad_token_id = None
    return config


def _no_plan(architecture: Architecture, error: Exception) -> UsageError:
    first = " ".join(str(error).split())[:250]
    if type(error).__name__ == "NoMatchingPeftModuleError":
        return SpecError(
            "The adapter finds nothing to change in this model.",
            f"recipe.targets: {first}",
            "Set recipe.targets=all-linear, or name layers that the model has, such as [q_proj, v_proj].",
        )
    if "target_modules" in first:
        # PEFT will not put an adapter on some layers of models with state space layers (Mamba, Falcon H1)
        return SpecError(
            "The adapter cannot be put on some of these layers.",
            f"recipe.targets: {first}",
            "Name layers without them, such as [q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj].",
        )
    if isinstance(error, StrictDataclassError):
        return ModelError(
            "The model's config cannot be right.",
            f"{architecture.source}: {first}",
            "Download config.json from the model's page again, or choose another model.",
            code="config",
        )
    return ModelError(
        "The memory of this model cannot be worked out beforehand.",
        f"{architecture.source}: {type(error).__name__}: {first}",
        "Try a few steps instead: `tunesmith train PROJECT --smoke`.",
        code="no_plan",
    )
