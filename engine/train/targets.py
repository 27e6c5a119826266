"""Which layers of a model get an adapter: the recipe's names, or what `all-linear` means for this model.

PEFT's own `all-linear` takes the experts of a mixture (stacked parameters, no layers) as well, and these it adapts
without dropout only; the usual dropout then fails. So for a model with experts `all-linear` means its plain linear
layers here: attention, and shared experts and dense layers where PEFT can tell them from the experts by name.
"""

from __future__ import annotations

import re
from typing import Any

import torch
from peft import LoraConfig
from peft.utils.transformers_weight_conversion import convert_peft_config_for_transformers

from engine.errors import SpecError
from engine.spec import RecipeSpec

_LAYER_MARKS = ("in_features", "num_embeddings", "nf")
"""What layers have that can get an adapter: linear ones (also packed ones), embeddings, GPT-2's own kind."""
EXPERTS_LEFT = "The experts of this model stay as they are: attention and other plain layers are adapted."


def adapter_targets(recipe: RecipeSpec, model: Any | None) -> str | list[str]:
    """What PEFT is to adapt.

    Args:
        recipe: The knobs.
        model: The base model, before an adapter is on it; None: not known, and the recipe's words are taken.

    Raises:
        SpecError: A name that no layer of the model has, or experts in a recipe with dropout.
    """
    if model is None:
        return recipe.targets
    if recipe.targets == "all-linear":
        return plain_layers(model) if has_experts(model) else recipe.targets
    named = named_layers(recipe.targets, model)
    if isinstance(named, str) or not has_experts(model):
        return named
    if recipe.dropout and (experts := [name for name in named if _names_experts(name, model)]):
        raise SpecError(
            "Experts can be adapted without dropout only.",
            f"recipe.targets names {', '.join(experts)}, and recipe.dropout is {recipe.dropout}.",
            "Set recipe.dropout=0, or recipe.targets=all-linear, which leaves the experts as they are.",
        )
    return named


def named_layers(targets: str | list[str], model: Any) -> str | list[str]:
    """The layers that a recipe names, as PEFT takes them: names, or a pattern over whole names.

    PEFT passes over a name that it does not find as long as it finds another one: a misspelt layer would go unlearnt.

    Raises:
        SpecError: Nothing is named, or no layer is called so.
    """
    layers = [name for name, module in model.named_modules() if any(hasattr(module, mark) for mark in _LAYER_MARKS)]
    if isinstance(targets, str):
        if _fits_any(targets, layers):
            return targets
        targets = targets.split(",")
    named = [name.strip() for name in targets if name.strip()]
    wrong = [name for name in named if not any(layer == name or layer.endswith(f".{name}") for layer in layers)]
    if has_experts(model):
        wrong = [name for name in wrong if not _names_experts(name, model)]
    if wrong or not named:
        there = ", ".join(sorted({layer.rpartition(".")[2] for layer in layers}))
        raise SpecError(
            "No layer of this model is called so." if named else "No layer is named.",
            f"recipe.targets: {', '.join(wrong) or 'empty'}. The model has {there}.",
            "Set recipe.targets=all-linear, or names from that list, such as [q_proj, v_proj].",
        )
    return named


def _fits_any(pattern: str, names: list[str]) -> bool:
    try:
        return any(re.fullmatch(pattern, name) for name in names)
    except re.error:
        return False


def has_experts(model: Any) -> bool:
    """Whether the model holds its experts as stacked parameters, one matrix behind the other."""
    return any(
        "expert" in name and any(weight.dim() == 3 for weight in module._parameters.values() if weight is not None)
        for name, module in model.named_modules()
    )


def plain_layers(model: Any) -> list[str]:
    """The last parts of the names of all linear layers but the head, the routers, and what PEFT takes for experts."""
    head = model.get_output_embeddings()
    names = {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and module is not head and ".experts." not in name
    }
    return sorted(name for name in names if not _routes(name) and not _names_experts(name, model))


def _routes(name: str) -> bool:
    return name in ("gate", "router") or name.endswith(("_gate", "_router"))


def _names_experts(name: str, model: Any) -> bool:
    """Whether PEFT turns this name into parameters of experts."""
    config = LoraConfig(target_modules=[name])
    try:
        convert_peft_config_for_transformers(config, model=model, conversions=None)
    except ValueError:  # half of a fused matrix
        return True
    return bool(config.target_parameters)
