"""Attention that keeps what the CUDA kernels keep, for steps that are planned where no GPU is.

FlashAttention and PyTorch's fused kernels keep the query, key, value and result, and one float32 for each query and
head (its log-sum-exp). Their backward passes make gradients of the three and, in FlashAttention 2, a float32 copy of
the query's gradient (Dao 2023, arXiv 2307.08691; flash_attn/flash_attn_interface.py). With a mask, PyTorch takes its
memory-efficient kernel: keys and values are repeated for every query head and the mask becomes numbers of the query's
type. Registered with transformers under names of their own. Heavy: imports torch and transformers.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import repeat_kv
from transformers.masking_utils import flash_attention_mask, sdpa_mask

FLASH, FUSED = "plan_two", "plan_fused"
"""No name with `flash` in it: transformers would look for that kernel."""


class _Kept(torch.autograd.Function):
    """Attention as far as memory goes."""

    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        mask: torch.Tensor | None,
        copies: bool,
    ) -> torch.Tensor:
        result = query.new_empty((*query.shape[:-1], value.shape[-1]))
        sums = query.new_empty(query.shape[:-1], dtype=torch.float32)
        ctx.save_for_backward(query, key, value, result, sums, mask)
        ctx.copies = copies
        return result

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[Any, ...]:
        query, key, value, result, sums, _ = ctx.saved_tensors
        grads = torch.empty_like(query), torch.empty_like(key), torch.empty_like(value)
        delta = torch.empty_like(sums)
        copy = torch.empty_like(query, dtype=torch.float32) if ctx.copies else None
        repeats = query.shape[1] // key.shape[1]
        if ctx.copies and repeats > 1:
            # the kernel writes gradients for every query head and adds them up afterwards
            wide = repeat_kv(key, repeats).clone(), repeat_kv(value, repeats).clone()
            del wide
        del copy, delta, result, grad
        return (*grads, None, None)


def _flash(module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **_: Any) -> tuple[Any, None]:
    result = _Kept.apply(*_half(query, key, value), None, True)  # type: ignore[no-untyped-call]
    return result.transpose(1, 2), None


def _half(*tensors: Any) -> tuple[Any, ...]:
    """Under autocast the kernels get 16 bits: transformers turns them for FlashAttention, PyTorch for its own."""
    if not torch.is_autocast_enabled("cpu"):
        return tensors
    return tuple(tensor.to(torch.get_autocast_dtype("cpu")) for tensor in tensors)


def _fused(module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **_: Any) -> tuple[Any, None]:
    query, key, value = _half(query, key, value)
    mask = None
    if attention_mask is not None:
        repeats = query.shape[1] // key.shape[1]
        key, value = repeat_kv(key, repeats), repeat_kv(value, repeats)
        mask = attention_mask.to(query.dtype) if attention_mask.dtype == torch.bool else attention_mask
    result = _Kept.apply(query, key, value, mask, False)  # type: ignore[no-untyped-call]
    return result.transpose(1, 2).contiguous(), None


def attention_name(attention: str, on_cuda: bool) -> str:
    """The name to build a fake model with; on a CPU the real implementations run."""
    if not on_cuda or attention == "eager":
        return "eager" if attention == "eager" else "sdpa"
    AttentionInterface.register(FLASH, _flash)
    AttentionInterface.register(FUSED, _fused)
    AttentionMaskInterface.register(FLASH, flash_attention_mask)
    AttentionMaskInterface.register(FUSED, sdpa_mask)
    return FLASH if attention == "flash_attention_2" else FUSED
