"""Weights taken out of their four bits once instead of for every token: the same function, several times faster.

On a CPU, bitsandbytes unpacks every 4-bit weight each time it is used. Unpacked once, and multiplied in the same number
format, the products are the same numbers; it costs four bytes a weight, so it is done where there is room.
An adapter is added to its weights once, too, for the time in which the tuned model speaks: its own products, two more
for each weight, take a quarter of the time of a small batch. The same numbers, but for the last digit. Both are laid
out as this processor multiplies them, where it takes that (`engine.evaluate.packed`).

Where training makes its large products of another format (`engine.train.precision`), rows are read by the same
products: they are what reading hundreds of tokens at once costs. Means of losses are then about a thousandth of a nat
apart from those of float32. Answers are not: there a last digit decides on words.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer

from engine.evaluate.packed import PackedLayer, can_pack, computing_with, multiplied, packed

_SHARE = 0.6
"""Of the free memory, at most; the rest is for activations and the cache."""


def unpack_where_possible(model: Any, *, device: str, dtype: torch.dtype) -> bool:
    """Replace 4-bit layers by plain ones with the same numbers, on a CPU that has the memory for it.

    Call it before an adapter is put on. On a GPU nothing is done: unpacking is cheap there and memory is not.

    Args:
        model: As from `engine.models.load.load_model`.
        device: Where it is.
        dtype: What its matrices are multiplied in.

    Returns:
        Whether the weights were unpacked.
    """
    import bitsandbytes as bnb
    from bitsandbytes.functional import dequantize_4bit

    packed = [(name, module) for name, module in model.named_modules() if isinstance(module, bnb.nn.Linear4bit)]
    needed = sum(module.in_features * module.out_features for _, module in packed) * dtype.itemsize
    if device != "cpu" or not packed or needed > _SHARE * psutil.virtual_memory().available:
        return False
    for name, module in packed:
        weight = dequantize_4bit(module.weight.data, module.weight.quant_state).to(dtype)
        plain = torch.nn.Linear(1, 1, bias=False)
        plain.in_features, plain.out_features = module.in_features, module.out_features
        plain.weight = torch.nn.Parameter(weight, requires_grad=False)
        if module.bias is not None:
            plain.bias = torch.nn.Parameter(module.bias.data.to(dtype), requires_grad=False)
        parent, _, own = name.rpartition(".")
        setattr(model.get_submodule(parent) if parent else model, own, plain)
    return True


@dataclass(frozen=True)
class TiledLayer:
    """A plain layer, and its weight in the format that products are made of while rows are read."""

    layer: torch.nn.Linear
    weight: torch.Tensor

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """What the layer computes, rounded as in training."""
        rounded = x.to(self.weight.dtype)
        packed_up = self.weight.is_mkldnn
        made = multiplied(rounded, self.weight, None) if packed_up else torch.nn.functional.linear(rounded, self.weight)
        made = made.to(x.dtype)
        return made if self.layer.bias is None else made + self.layer.bias


def tile_where_possible(model: Any, *, device: str, products: torch.dtype | None) -> bool:
    """Keep the weights in a second format, on a CPU that has the memory for it; `tiled` uses them.

    Call it before an adapter is put on: that is never rounded. Nor are the scores of the vocabulary.

    Args:
        model: With plain layers.
        device: Where it is.
        products: As `engine.train.precision.choose_precision` says; None: nothing is done.

    Returns:
        Whether they were kept.
    """
    head = model.get_output_embeddings()
    layers = [one for one in model.modules() if type(one) is torch.nn.Linear and one is not head]
    needed = sum(one.weight.numel() for one in layers) * (products.itemsize if products else 0)
    if device != "cpu" or products is None or not layers or needed > _SHARE * psutil.virtual_memory().available:
        return False
    rounded = (one.weight.data.to(products) for one in layers)
    kept = map(packed, rounded) if can_pack(products) else rounded
    model.tiled_layers = [TiledLayer(layer, weight) for layer, weight in zip(layers, kept, strict=True)]
    return True


def is_tiled(model: Any) -> bool:
    """Whether `tile_where_possible` kept weights of it."""
    return bool(getattr(model, "tiled_layers", []))


@contextmanager
def tiled(model: Any) -> Iterator[None]:
    """The layers multiply in the format that `tile_where_possible` kept, for the time of a `with`."""
    with computing_with(getattr(model, "tiled_layers", [])):
        yield


def pack_where_possible(model: Any, *, device: str) -> bool:
    """Keep the weights a second time as this processor multiplies them, where it has the memory; `as_base` uses them.

    Call it before an adapter is put on.

    Args:
        model: With plain layers.
        device: Where it is.

    Returns:
        Whether they were kept.
    """
    layers = [one for one in model.modules() if type(one) is torch.nn.Linear]
    needed = sum(one.weight.nbytes for one in layers)
    dtypes = {one.weight.dtype for one in layers}
    if device != "cpu" or len(dtypes) != 1 or needed > _SHARE * psutil.virtual_memory().available:
        return False
    if not can_pack(dtypes.pop()):
        return False
    model.packed_layers = [PackedLayer(one, packed(one.weight.data)) for one in layers]
    return True


@contextmanager
def as_base(model: Any) -> Iterator[None]:
    """The layers with the weights that `pack_where_possible` kept, if it did, for the time of a `with`."""
    with computing_with(getattr(model, "packed_layers", [])):
        yield


@dataclass(frozen=True)
class MergedLayer:
    """A layer with its adapter, and the weight that it has with the adapter added: plain, or packed."""

    layer: Any
    weight: torch.Tensor | PackedLayer


def merge_where_possible(model: PeftModel, *, device: str) -> bool:
    """Keep the weights of the tuned model beside those of the base, on a CPU that has the memory for it.

    The model is left as it is; `engine.evaluate.likelihood.speaking_as` puts the weights in.

    Args:
        model: With LoRA layers on plain weights.
        device: Where it is.

    Returns:
        Whether the weights were kept.
    """
    layers: list[Any] = [layer for layer in model.modules() if isinstance(layer, LoraLayer)]
    plain = all(type(one.get_base_layer()) is torch.nn.Linear and not any(one.lora_bias.values()) for one in layers)
    needed = sum(one.get_base_layer().weight.nbytes for one in layers)
    if device != "cpu" or not plain or needed > _SHARE * psutil.virtual_memory().available:
        return False
    pack = bool(getattr(model, "packed_layers", []))
    model.merged_layers = [_merged(layer, pack) for layer in layers]
    return True


def _merged(layer: Any, pack: bool) -> MergedLayer:
    plain = layer.get_base_layer()
    before = plain.weight.data.clone()
    layer.merge()
    found = MergedLayer(layer, PackedLayer(plain, packed(plain.weight.data)) if pack else plain.weight.data)
    plain.weight.data = before
    layer.merged_adapters.clear()
    return found


@contextmanager
def as_tuned(model: Any) -> Iterator[None]:
    """The layers with the weights that `merge_where_possible` kept, if it did, for the time of a `with`."""
    merged: list[MergedLayer] = getattr(model, "merged_layers", [])
    plain = [(one, one.weight) for one in merged if isinstance(one.weight, torch.Tensor)]
    before = [one.layer.get_base_layer().weight.data for one, _ in plain]
    with as_base(model), computing_with(one.weight for one in merged if isinstance(one.weight, PackedLayer)):
        for one, weight in plain:
            one.layer.get_base_layer().weight.data = weight
        for one in merged:
            one.layer.merged_adapters.extend(one.layer.active_adapters)
        try:
            yield
        finally:
            for (one, _), weight in zip(plain, before, strict=True):
                one.layer.get_base_layer().weight.data = weight
            for one in merged:
                one.layer.merged_adapters.clear()
