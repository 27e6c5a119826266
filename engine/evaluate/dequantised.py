"""Weights taken out of their four bits once instead of for every token: the same function, several times faster.

On a CPU, bitsandbytes unpacks every 4-bit weight each time it is used. Unpacked once, and multiplied in the same number
format, the products are the same numbers; it costs four bytes a weight, so it is done where there is room.
"""

from __future__ import annotations

from typing import Any

import psutil
import torch

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
