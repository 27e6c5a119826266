"""Which layers of a model get an adapter: the recipe's names, or what `all-linear` means for this model.

PEFT's own `all-linear` takes the experts of a mixture (stacked parameters, no layers) as well, and these it adapts
without dropout only; the usual dropout then fails. So for a model with experts `all-linear` means its plain linear
layers here: attention, and shared experts and dense layers where PEFT can tell them from the experts by name.
"""

from __future__ import annotations

from typing import Any

import torch
from peft import LoraConfig
from peft.utils.transformers_weight_conversion import convert_peft_config_for_transformers

from engine.errors import SpecError
from engine.spec import RecipeSpec

EXPERTS_LEFT = "The experts of this model stay as they are: attention and other plain layers are adapted."


def adapter_targets(recipe: RecipeSpec, model: Any | None) -> str | list[str]:
    """What PEFT is to adapt.

    Args:
        recipe: The knobs.
        model: The base model, before an adapter is on it; None: not known, and the recipe's words are taken.

    Raises:
        SpecError: Experts are named in a recipe with dropout.
    """
    if model is None or not has_experts(model):
        return recipe.targets
    if recipe.targets == "all-linear":
        return plain_layers(model)
    named = [recipe.targets] if isinstance(recipe.targets, str) else recipe.targets
    if recipe.dropout and (experts := [name for name in named if _names_experts(name, model)]):
        raise SpecError(
            "Experts can be adapted without dropout only.",
            f"recipe.targets names {', '.join(experts)}, and recipe.dropout is {recipe.dropout}.",
            "Set recipe.dropout=0, or recipe.targets=all-linear, which leaves the experts as they are.",
        )
    return recipe.targets


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
