"""The loss of a training step, computed only where a token is learned and never for all positions at once.

The usual loss multiplies every position by the vocabulary, keeps the result for the backward pass and throws the
unlearned positions away afterwards. Here the hidden states of the learned positions are gathered first; logits exist
for a chunk of them at a time, and the gradient is made in the same pass, so nothing of the vocabulary's size is kept.
No shape depends on data, so it runs under fake tensors as well.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from types import MethodType
from typing import Any

import torch

LOGITS_AT_ONCE = 1 << 24
"""Most logits that exist at a time (64 MiB in float32)."""
_NOT_FOR_THE_BACKBONE = ("labels", "places", "tokens", "length", "return_dict", "use_cache")


@dataclass(frozen=True)
class Head:
    """What turns hidden states into logits: softcap(scale x (hidden W^T + bias))."""

    weight: torch.Tensor
    """Shape (vocabulary, hidden)."""
    bias: torch.Tensor | None = None
    scale: float = 1.0
    softcap: float | None = None


def targets_of(labels: torch.Tensor, ignored: int = -100) -> tuple[torch.Tensor, torch.Tensor]:
    """Which positions predict a learned token, and which token.

    Args:
        labels: int64, shape (rows, length); not shifted.
        ignored: The label of what is not learned.

    Returns:
        `places`: int64, indices into the flattened (rows x length) positions; `tokens`: int64, what each is to predict.
    """
    shifted = torch.full_like(labels, ignored)
    shifted[:, :-1] = labels[:, 1:]
    flat = shifted.flatten()
    places = (flat != ignored).nonzero().flatten()
    return places, flat[places]


class _SummedNll(torch.autograd.Function):
    """Sum of -log p(token) over chunks of positions; the gradient of the hidden states is ready when it returns."""

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, tokens: torch.Tensor, head: Head, at_once: int) -> torch.Tensor:
        weight = head.weight
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        wants = ctx.needs_input_grad[0]
        gradient = torch.empty_like(hidden) if wants else None
        rows = max(1, at_once // weight.shape[0])
        for start in range(0, hidden.shape[0], rows):
            part, wanted = hidden[start : start + rows].to(weight.dtype), tokens[start : start + rows, None]
            logits = torch.nn.functional.linear(part, weight, head.bias).float()
            if head.scale != 1.0:
                logits.mul_(head.scale)
            slope = None
            if head.softcap:
                logits.div_(head.softcap).tanh_()
                slope = 1 - logits.square() if wants else None
                logits.mul_(head.softcap)
            highest = logits.amax(dim=1, keepdim=True)
            logits.sub_(highest)
            right = logits.gather(1, wanted)
            mass = logits.exp_().sum(dim=1, keepdim=True)
            total += (mass.log() - right).sum()
            if gradient is not None:
                # d nll / d logits = softmax - one hot
                logits.div_(mass).scatter_add_(1, wanted, torch.full_like(right, -1.0))
                if slope is not None:
                    logits.mul_(slope)
                if head.scale != 1.0:
                    logits.mul_(head.scale)
                gradient[start : start + rows] = (logits.to(weight.dtype) @ weight).to(gradient.dtype)
            # gone before the next chunk's scores are made
            del logits, slope, part
        if gradient is not None:
            ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient.mul(grad.to(gradient.dtype)), None, None, None


def summed_nll(
    hidden: torch.Tensor, head: Head, places: torch.Tensor, tokens: torch.Tensor, at_once: int = LOGITS_AT_ONCE
) -> torch.Tensor:
    """Summed negative log-likelihood (nats) of `tokens` at `places`.

    Args:
        hidden: The backbone's last hidden states, shape (rows, length, hidden).
        head: The language model head; it must be frozen (no gradient is made for it).
        places: As from `targets_of`; may be empty, then the result is zero and still differentiable.
        tokens: As from `targets_of`.
        at_once: Most logits that may exist at a time.
    """
    chosen = hidden.reshape(-1, hidden.shape[-1]).index_select(0, places)
    # autocast would turn the arguments; what is multiplied in which format is settled by the head's weight
    with torch.autocast(hidden.device.type, enabled=False):
        apply: Any = _SummedNll.apply
        result: torch.Tensor = apply(chosen, tokens, head, at_once)
    return result


def scores_of(hidden: torch.Tensor, head: Head) -> torch.Tensor:
    """Logits in float32, shape (positions, vocabulary), of hidden states, shape (positions, hidden)."""
    part = hidden.to(device=head.weight.device, dtype=head.weight.dtype)
    logits = torch.nn.functional.linear(part, head.weight, head.bias).float() * head.scale
    return logits if not head.softcap else torch.tanh(logits / head.softcap) * head.softcap


def head_of(model: Any) -> Head | None:
    """The head of a causal language model; None where this loss cannot stand in for the model's own.

    That is: a mixture of experts with a balancing loss, an adapted head, one that is trained now, none at all.
    """
    layer = model.get_output_embeddings()
    config = model.config.get_text_config()
    weight = getattr(layer, "weight", None)
    balanced = bool(getattr(config, "output_router_logits", False))
    learns = weight is not None and weight.requires_grad and torch.is_grad_enabled()
    if balanced or weight is None or not weight.is_floating_point() or learns:
        return None
    if hasattr(layer, "base_layer") or weight.ndim != 2:
        return None
    return Head(
        weight, getattr(layer, "bias", None), _scale_of(config), getattr(config, "final_logit_softcapping", None)
    )


def backbone_of(causal: Any) -> Any:
    """What turns tokens into the hidden states that the head reads."""
    # a text model taken out of a larger one may look for its backbone under that one's name (Llama 4)
    return causal.base_model if causal.base_model is not causal else causal.model


def _scale_of(config: Any) -> float:
    """What an architecture multiplies its logits by.

    Cohere: `logit_scale`; Falcon-H1: `lm_head_multiplier`; Granite and MiniCPM3 divide by `logits_scaling`, and
    HyperCLOVA X multiplies by it.
    """
    for name in ("logit_scale", "output_multiplier", "lm_head_multiplier"):
        if (value := getattr(config, name, None)) is not None:
            return float(value)
    if (value := getattr(config, "logits_scaling", None)) is not None:
        return float(value) if config.model_type == "hyperclovax" else 1 / float(value)
    return 1.0


def labelled_nll(
    model: Any, batch: dict[str, torch.Tensor], at_once: int = LOGITS_AT_ONCE, head: Head | None = None
) -> torch.Tensor:
    """Summed negative log-likelihood of the learned tokens of a batch.

    Args:
        model: A causal language model, or the PEFT model around one, for which `head_of` gives a head.
        batch: As from `engine.train.batches.collate`: `input_ids`, `places`, `tokens`, and where there are such
            `attention_mask`, `position_ids` and the arguments of FlashAttention.
        at_once: Most logits that may exist at a time.
        head: In another number format than the model's own.
    """
    causal = model.get_base_model() if hasattr(model, "get_base_model") else model
    head = head or head_of(causal)
    if head is None:
        raise TypeError("This model's head needs its own loss.")
    inputs = {name: value for name, value in batch.items() if value is not None and name not in _NOT_FOR_THE_BACKBONE}
    hidden = backbone_of(causal)(**inputs, use_cache=False).last_hidden_state
    return summed_nll(hidden.to(head.weight.device), head, batch["places"], batch["tokens"], at_once)


def teach_loss(causal: Any, work: torch.dtype | None = None) -> None:
    """Let `causal(..., places=, tokens=)` return the summed loss; every other call is as before.

    The loss is called through the model, so that what wraps it (DDP, FSDP, PEFT) sees its forward pass.

    Args:
        causal: A causal language model for which `head_of` gives a head.
        work: What the product with the head is made of; None: the head's own format. A copy of it is kept.
    """
    original = causal.forward
    own = head_of(causal)
    head = replace(own, weight=own.weight.to(work)) if own and work not in (None, own.weight.dtype) else None

    @functools.wraps(type(causal).forward)
    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("places") is None:
            return original(*args, **kwargs)
        return labelled_nll(self, kwargs, head=head)

    causal.forward = MethodType(forward, causal)
