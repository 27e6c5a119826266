"""Memory that does not depend on the data: weights, adapter, gradients, optimizer. Exact, by counting.

Layouts as bitsandbytes 0.50 stores them. NF4: half a byte a weight, one byte of scale for every 64 weights, and for
every 256 scales one float32, plus two small tables a matrix. int8: one byte a weight and one float32 a row. The
output head and everything that is not a linear layer stay in the compute type.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.models.facts import Weight
from engine.plan.shapes import module_name
from engine.spec import RecipeSpec

_NF4_BLOCK, _SCALE_BLOCK = 64, 256
_NF4_TABLES = 16 * 4 + 256 * 4 + 4
"""Bytes a matrix: the 16 values of NF4, the 256 values of its scales, and their offset, in float32."""
_ADAPTER_BYTES = 4
"""The adapter is trained in float32, whatever the compute type."""
_SMALL_FOR_8BIT = 4096
"""bitsandbytes keeps the optimizer state of tensors below this many elements in 32 bits."""
_8BIT_BLOCK = 256


@dataclass(frozen=True)
class StaticMemory:
    """Bytes held all through the run, and the number of weights that are trained."""

    weights: int
    adapter: int
    gradients: int
    optimizer: int
    trained_parameters: int


def static_memory(weights: tuple[Weight, ...], recipe: RecipeSpec, compute_bytes: int, optimizer: str) -> StaticMemory:
    """Count.

    Args:
        weights: The model's matrices.
        recipe: For quantisation, rank and targets.
        compute_bytes: Of one number in the compute type: 2 or 4.
        optimizer: As transformers names it; what has `8bit` in its name keeps its state in 8 bits.
    """
    adapters = adapter_tensors(weights, recipe)
    trained = sum(adapters)
    return StaticMemory(
        weights=sum(weight_bytes(weight, recipe.quantization, compute_bytes) for weight in weights),
        adapter=trained * _ADAPTER_BYTES,
        gradients=trained * _ADAPTER_BYTES,
        optimizer=sum(_state_bytes(elements, optimizer) for elements in adapters),
        trained_parameters=trained,
    )


def weight_bytes(weight: Weight, quantization: str, compute_bytes: int) -> int:
    """Bytes of one kind of matrix over all layers, held as the recipe says."""
    if weight.role != "linear" or quantization == "none":
        return weight.elements * compute_bytes
    elements = math.prod(weight.shape)
    if quantization == "int8":
        return (elements + 4 * weight.shape[0]) * weight.count
    scales = math.ceil(elements / _NF4_BLOCK)
    one = math.ceil(elements / 2) + scales + 4 * math.ceil(scales / _SCALE_BLOCK) + _NF4_TABLES
    return one * weight.count


def adapter_tensors(weights: tuple[Weight, ...], recipe: RecipeSpec) -> list[int]:
    """Elements of each tensor of the LoRA adapter: A (rank x inputs) and B (outputs x rank) for every target."""
    found: list[int] = []
    for weight in targets_of(weights, recipe):
        outputs, inputs = weight.shape
        found += [recipe.rank * inputs, recipe.rank * outputs] * weight.count
    return found


def targets_of(weights: tuple[Weight, ...], recipe: RecipeSpec) -> list[Weight]:
    """The matrices the adapter changes: all linear layers but the head, or those the recipe names."""
    linear = [weight for weight in weights if weight.role == "linear"]
    if recipe.targets == "all-linear":
        return linear
    wanted = [recipe.targets] if isinstance(recipe.targets, str) else recipe.targets
    return [weight for weight in linear if module_name(weight) in wanted]


def _state_bytes(elements: int, optimizer: str) -> int:
    """Adam's two moments of one tensor."""
    if "8bit" in optimizer and elements >= _SMALL_FOR_8BIT:
        return 2 * (elements + 4 * math.ceil(elements / _8BIT_BLOCK))
    return 8 * elements
