"""LoRA on a frozen linear layer as one step of the gradient: for processors, where memory traffic is what costs.

PEFT computes `base(x) + B(A(dropout(x))) * scale` as six operations, each with a result of the row's size that is kept
for the backward pass, with a mask that is drawn number by number; bitsandbytes unpacks the 4-bit weight in every pass.
Here one function does it all: it keeps x (once for all layers that read it), and A's small result; the mask is drawn
again from its seed; the unpacked weight is kept for the whole run where memory allows it. The gated layer between two
attentions (SwiGLU) is one step as well. The numbers are the same but for rounding (and for which random numbers the
dropout draws).

Not used on GPUs: there the libraries' own kernels are the faster way.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from types import MethodType
from typing import Any

import numpy as np
import psutil
import torch
from peft.tuners.lora import LoraLayer

KEPT_SHARE = 0.1
"""Most of the free memory that unpacked weights may take."""
_STEPS = 1 << 16
_WHOLE = {2: torch.int16, 4: torch.int32, 8: torch.int64}
_SWIGLU = "self.down_proj(self.act_fn(self.gate_proj(x)) * self.up_proj(x))"
"""How transformers writes these layers, in all models that have them."""


class _LoraLinear(torch.autograd.Function):
    """y = x W^T + bias + scale * drop(x) A^T B^T; gradients of x, A and B."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        flat: torch.Tensor,
        first: torch.Tensor,
        second: torch.Tensor,
        layer: Any,
        scale: float,
        dropout: float,
        seed: int,
    ) -> torch.Tensor:
        shape, work = x.shape, flat.dtype
        weight = layer.weight_for(work)
        result = torch.nn.functional.linear(flat, weight, layer.bias_for(work))
        inner = _dropped(flat, dropout, seed) @ first.to(work).t()
        # the factor 1 / (1 - p) of the dropout goes where it touches the least numbers
        result.addmm_(inner, (second * (scale / (1 - dropout))).to(work).t())
        ctx.save_for_backward(flat, first, second, inner)
        ctx.layer, ctx.scale, ctx.dropout, ctx.seed, ctx.shape, ctx.kind = layer, scale, dropout, seed, shape, x.dtype
        # No view of something else: models may add to it in place (Falcon does).
        whole: torch.Tensor = torch.ops.aten._unsafe_view(result.to(x.dtype), [*shape[:-1], result.shape[-1]])
        return whole

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[Any, ...]:
        flat, first, second, inner = ctx.saved_tensors
        work, factor = flat.dtype, ctx.scale / (1 - ctx.dropout)
        above = grad.reshape(-1, grad.shape[-1]).to(work)
        inner_grad = above @ (second * factor).to(work)
        second_grad = (above.t() @ inner).to(second.dtype).mul_(factor)
        stays = _stays(flat, ctx.dropout, ctx.seed)
        kept = flat if stays is None else _only(flat, stays)
        first_grad = (inner_grad.t() @ kept).to(first.dtype)
        x_grad = None
        if ctx.needs_input_grad[0]:
            through = inner_grad @ first.to(work)
            if stays is not None:
                through = _only(through, stays)
            x_grad = through.addmm_(above, ctx.layer.weight_for(work)).to(ctx.kind).view(ctx.shape)
        return x_grad, None, first_grad, second_grad, None, None, None, None


def _stays(x: torch.Tensor, dropout: float, seed: int) -> torch.Tensor | None:
    """Which elements of x the dropout leaves: the same for the same seed. None without dropout.

    Sixteen random bits for each element, so the probability is right to 1.5e-5. A counter-free generator of numpy
    (SFC64, Doty-Humphrey) is several times faster than drawing one float for each, and numpy compares 16-bit numbers
    ten times as fast as PyTorch.
    """
    if not dropout:
        return None
    words = -(-x.numel() // 4)
    bits = np.random.SFC64(seed).random_raw(words).view(np.int16)[: x.numel()]
    return torch.from_numpy(bits >= round(dropout * _STEPS) - _STEPS // 2).view(x.shape)


def _dropped(x: torch.Tensor, dropout: float, seed: int) -> torch.Tensor:
    stays = _stays(x, dropout, seed)
    return x if stays is None else _only(x, stays)


def _only(x: torch.Tensor, stays: torch.Tensor) -> torch.Tensor:
    """The elements that stay, and zeros elsewhere.

    The bits are multiplied by 0 or 1 as whole numbers: on a processor that takes a seventh of the time of `where` or
    `masked_fill`.
    """
    return (x.view(_WHOLE[x.element_size()]) * stays).view(x.dtype)


class _Inputs:
    """What layers read, in the format of their products: made once for those that read the same (q, k and v)."""

    def __init__(self) -> None:
        self._of: weakref.ref[torch.Tensor] | None = None
        self._version = -1
        self._made: torch.Tensor | None = None

    def flat(self, x: torch.Tensor, work: torch.dtype | None) -> torch.Tensor:
        """Shape (tokens, in), outside of the gradient."""
        made = self._made
        same = self._of is not None and self._of() is x and self._version == x._version
        if made is None or not same or made.dtype != (work or x.dtype):
            made = x.detach().reshape(-1, x.shape[-1]).to(work or x.dtype)
            self._of, self._version, self._made = weakref.ref(x), x._version, made
        return made


class _GatedSilu(torch.autograd.Function):
    """silu(gate) * up, from what both layers give alone; PyTorch would keep silu(gate) as well.

    `made_of` is the format in which both were computed: kept in it, they lose nothing.
    """

    @staticmethod
    def forward(ctx: Any, gate: torch.Tensor, up: torch.Tensor, made_of: torch.dtype) -> torch.Tensor:
        ctx.save_for_backward(gate.to(made_of), up.to(made_of))
        return torch.nn.functional.silu(gate).mul_(up)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        gate, up = (kept.to(grad.dtype) for kept in ctx.saved_tensors)
        up_grad = torch.nn.functional.silu(gate).mul_(grad)
        return torch.ops.aten.silu_backward(grad * up, gate), up_grad, None


class _Base:
    """The frozen layer below an adapter, with its weight as a plain matrix."""

    def __init__(self, layer: Any, *, keep: bool, work: torch.dtype | None) -> None:
        self._layer = layer
        self.work = work
        """What products are made of; None: what goes in."""
        self._keep = keep
        self._kept: torch.Tensor | None = None

    def weight_for(self, work: torch.dtype) -> torch.Tensor:
        """Shape (out, in), in the given number format."""
        if self._kept is not None and self._kept.dtype == work:
            return self._kept
        weight = plain_weight(self._layer, work)
        if self._keep:
            self._kept = weight
        return weight

    def bias_for(self, work: torch.dtype) -> torch.Tensor | None:
        """The frozen layer's bias."""
        bias = getattr(self._layer, "bias", None)
        return None if bias is None else bias.to(work)


def plain_weight(layer: Any, dtype: torch.dtype) -> torch.Tensor:
    """The weight of a linear layer, unpacked if it is held in 4 bits; shape (out, in)."""
    state = getattr(layer.weight, "quant_state", None)
    if state is None:
        weight: torch.Tensor = layer.weight.detach().to(dtype)
        return weight
    from bitsandbytes.functional import dequantize_4bit

    unpacked: torch.Tensor = dequantize_4bit(layer.weight.data, state)
    return unpacked.view(state.shape).to(dtype)


def fuse_adapters(model: Any, work: torch.dtype | None = None) -> int:
    """Let every plain LoRA layer of a PEFT model compute in one step while it trains.

    Layers of other kinds (DoRA, AdaLoRA, 8-bit bases, trained biases) and layers that are not on a processor stay as
    they are. Evaluation and calls with the adapter switched off go PEFT's own way.

    Args:
        model: The PEFT model.
        work: What products are made of; None: the format of what goes in, and so the same numbers as PEFT.

    Returns:
        How many layers were changed.
    """
    chosen = [layer for layer in model.modules() if isinstance(layer, LoraLayer) and _fusable(layer)]
    each = (work or torch.float32).itemsize
    size = sum(layer.in_features * layer.out_features * each for layer in chosen)
    keep = size <= psutil.virtual_memory().available * KEPT_SHARE
    inputs = _Inputs()
    for layer in chosen:
        _fuse(layer, _Base(layer.get_base_layer(), keep=keep, work=work), inputs)
    for module in model.modules() if chosen else ():
        if _is_swiglu(module):
            _gate_in_one_step(module, work if {module.gate_proj, module.up_proj} <= set(chosen) else None)
    return len(chosen)


def _is_swiglu(module: Any) -> bool:
    parts = ("gate_proj", "up_proj", "down_proj", "act_fn")
    if not all(isinstance(getattr(module, part, None), torch.nn.Module) for part in parts):
        return False
    silu = type(module.act_fn).__name__ in ("SiLU", "SiLUActivation")
    return silu and _SWIGLU in inspect.getsource(type(module).forward)


def _gate_in_one_step(module: Any, work: torch.dtype | None) -> None:
    original = module.forward

    @functools.wraps(type(module).forward)
    def forward(self: Any, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return original(x)  # type: ignore[no-any-return]
        apply: Any = _GatedSilu.apply
        gate = self.gate_proj(x)
        result: torch.Tensor = self.down_proj(apply(gate, self.up_proj(x), work or gate.dtype))
        return result

    module.forward = MethodType(forward, module)


def _fusable(layer: Any) -> bool:
    import bitsandbytes as bnb

    base = layer.get_base_layer()
    name = layer.active_adapters[0] if len(layer.active_adapters) == 1 else None
    if name is None or name not in layer.lora_A or layer.lora_variant.get(name) is not None:
        return False
    if not isinstance(layer.lora_A[name], torch.nn.Linear):
        return False  # AdaLoRA's are bare parameters
    kinds = (torch.nn.Linear, bnb.nn.Linear4bit)
    plain = isinstance(base, kinds) and not isinstance(base, bnb.nn.Linear8bitLt)
    return bool(plain and base.weight.device.type == "cpu" and not layer.lora_bias.get(name, False))


def _fuse(layer: Any, base: _Base, inputs: _Inputs) -> None:
    original, name = layer.forward, layer.active_adapters[0]
    first, second = layer.lora_A[name], layer.lora_B[name]
    rate = float(getattr(layer.lora_dropout[name], "p", 0.0))

    @functools.wraps(type(layer).forward)
    def forward(self: Any, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        if args or kwargs or not self.training or self.disable_adapters or self.merged:
            return original(x, *args, **kwargs)  # type: ignore[no-any-return]
        # The seed comes from torch's generator: a resumed run, and a recomputed pass, draw the same one.
        seed = int(torch.randint(1 << 62, ())) if rate else 0
        with torch.autocast("cpu", enabled=False):
            apply: Any = _LoraLinear.apply
            flat = inputs.flat(x, base.work)
            result: torch.Tensor = apply(x, flat, first.weight, second.weight, base, self.scaling[name], rate, seed)
        return result

    layer.forward = MethodType(forward, layer)
