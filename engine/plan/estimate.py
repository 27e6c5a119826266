"""How much memory a training run takes at its peak, before it starts: what is certain exactly, the rest as a band.

All figures are what the framework's allocator hands out ("allocated"). The allocator reserves more from the driver
(1.08-1.41 times as much was measured), and `nvidia-smi` shows 1.3-1.5 GB on top of that; so a run counts as fitting
when the upper end stays below 90 % of the card.

The activations are counted per token from the model's figures, not simulated. For Llama-3.1-8B with rank 32,
checkpointing and full logits this gives 2.57 MB a token; the published line for HF with FlashAttention 2 has 2.47.
For SmolLM2-135M on a CPU (float32, rank 16, one row of 128 tokens) a mode that counts live storages saw 852, 964 and
707 MB (plain; with dropout; with checkpointing), and the middle of the plan is 867, 963 and 709 MB.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from engine.models.facts import ModelFacts, Weight
from engine.plan.memory import FITS_SHARE
from engine.plan.shapes import weights_of
from engine.plan.static_memory import StaticMemory, static_memory, targets_of
from engine.spec import RecipeSpec

_LOW, _HIGH = 0.75, 1.3
"""The band around what is estimated, as factors."""
_HIGH_RECOMPUTED_ON_CPU = 2.4
"""The upper one where a CPU recomputes layers: exact plans of five models were up to 2.31 times the middle."""
_LOGIT_BYTES = 18
"""Bytes for each logit of a full-logits loss in 16 bits: the logits and their gradient in 16 bits, and in float32 the
upcast, the log-softmax and its gradient. In float32 without the upcast: 12."""
_CHUNK_TOKENS = 256
"""Tokens whose logits exist at once under the chunked loss (trl's `chunked_nll`)."""
_OTHER_ON_CUDA, _OTHER_ON_CPU = 64 * 1024 * 1024, 8 * 1024 * 1024
"""Bytes of buffers that no formula here names: the workspaces of the matrix library, rotary tables, the batch."""


@dataclass(frozen=True)
class Plan:
    """The peak of a run in bytes of allocated memory, as a band, and whether it fits.

    `fits` is None when no memory was given or when the answer lies inside the band.
    """

    total_low: int
    total_high: int
    breakdown: dict[str, int]
    """Middle values at the moment of the peak: weights, adapter, gradients, optimizer, activations, logits, other."""
    fits: bool | None
    note: str
    trained_parameters: int
    tokens: int
    """In one micro-batch, at its longest."""
    figure: str = "allocated"
    exact: tuple[str, ...] = field(default=("weights", "adapter", "gradients", "optimizer"))
    """Which parts of the breakdown are counted; the others are estimates."""

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return asdict(self)


def estimate(
    facts: ModelFacts,
    recipe: RecipeSpec,
    longest_row_tokens: int,
    memory_bytes: int | None = None,
    *,
    on_cuda: bool = True,
) -> Plan | None:
    """Estimate the peak of a run.

    Args:
        facts: Of the model; from its files or from the catalogue.
        recipe: The knobs.
        longest_row_tokens: Of the data, before cutting to `recipe.max_length`.
        memory_bytes: Of the card (or the machine's RAM); None: not asked.
        on_cuda: Whether it runs on an NVIDIA card (16 bits, 8-bit optimizer) or a CPU (float32, 32-bit optimizer).

    Returns:
        The plan; None where the model's figures do not suffice for one.
    """
    weights = weights_of(facts)
    if not weights or not facts.hidden_size or not facts.layers or not facts.vocab_size:
        return None
    compute_bytes = 2 if on_cuda else 4
    optimizer = recipe.optimizer
    if optimizer == "auto":
        optimizer = "paged_adamw_8bit" if on_cuda else "adamw_torch_fused"
    checkpointing = on_cuda if recipe.gradient_checkpointing == "auto" else recipe.gradient_checkpointing
    tokens = min(longest_row_tokens, recipe.max_length) * recipe.micro_batch
    static = static_memory(weights, recipe, compute_bytes, optimizer)
    activations = _activations(facts, weights, recipe, tokens, compute_bytes, checkpointing)
    logits = _logits(facts, recipe, tokens, compute_bytes)
    if checkpointing:
        # One layer is recomputed in full, but only when the logits are gone: the larger of the two makes the peak.
        layer = tokens * _layer_bytes(facts, weights, recipe, compute_bytes)
        activations, logits = (activations, logits) if logits >= layer else (activations + layer, 0)
    other = _OTHER_ON_CUDA if on_cuda else _OTHER_ON_CPU
    most = _HIGH_RECOMPUTED_ON_CPU if checkpointing and not on_cuda else _HIGH
    above = int((activations + logits + other) * (most - 1))
    if not on_cuda and recipe.quantization != "none":
        # a CPU unpacks a whole matrix to multiply with it
        above += (
            max((weight.shape[0] * weight.shape[1] for weight in weights if weight.role == "linear"), default=0) * 4
        )
    return _plan(static, activations, logits, other, memory_bytes, tokens, weights, above)


def _plan(
    static: StaticMemory,
    activations: int,
    logits: int,
    other: int,
    memory_bytes: int | None,
    tokens: int,
    weights: tuple[Weight, ...],
    above: int,
) -> Plan:
    """`above`: bytes from the middle to the upper end."""
    certain = static.weights + static.adapter + static.gradients + static.optimizer
    guessed = activations + logits + other
    low, high = certain + int(guessed * _LOW), certain + guessed + above
    return Plan(
        total_low=low,
        total_high=high,
        breakdown={
            "weights": static.weights,
            "adapter": static.adapter,
            "gradients": static.gradients,
            "optimizer": static.optimizer,
            "activations": activations,
            "logits": logits,
            "other": other,
        },
        fits=_fits(low, high, memory_bytes),
        note=_note(low, high, memory_bytes, weights),
        trained_parameters=static.trained_parameters,
        tokens=tokens,
    )


def _activations(
    facts: ModelFacts,
    weights: tuple[Weight, ...],
    recipe: RecipeSpec,
    tokens: int,
    compute_bytes: int,
    checkpointing: bool,
) -> int:
    """Bytes kept for the backward pass. With checkpointing: only every layer's input."""
    layers, hidden = facts.layers or 0, facts.hidden_size or 0
    if checkpointing:
        return tokens * layers * hidden * compute_bytes
    return tokens * layers * _layer_bytes(facts, weights, recipe, compute_bytes)


def _layer_bytes(facts: ModelFacts, weights: tuple[Weight, ...], recipe: RecipeSpec, compute_bytes: int) -> int:
    """Bytes one layer keeps for each token.

    Inputs of the norms in float32 and their outputs; query, key, value (before and after rotation) and the attention's
    output; gate, up, the activation and the product. For every LoRA target the rank-wide product, and with dropout
    its input again and a mask of one byte.
    """
    layers, hidden = facts.layers or 1, facts.hidden_size or 0
    inner = facts.intermediate_size or 4 * hidden
    heads = facts.heads or 1
    head_dim = facts.head_dim or hidden // heads
    query, key = heads * head_dim, (facts.kv_heads or heads) * head_dim
    base = (2 * hidden + 3 * query + 3 * key + 4 * inner) * compute_bytes + 2 * hidden * 4
    lora = 0
    for weight in targets_of(weights, recipe):
        each = weight.count / layers
        lora += int(each * recipe.rank * 4)
        if recipe.dropout > 0:
            lora += int(each * weight.shape[1] * (compute_bytes + 1))
    return base + lora


def _logits(facts: ModelFacts, recipe: RecipeSpec, tokens: int, compute_bytes: int) -> int:
    """Bytes of the scores over the vocabulary at their peak."""
    at_once = tokens if recipe.loss == "nll" else min(tokens, _CHUNK_TOKENS)
    each = _LOGIT_BYTES if compute_bytes == 2 else 12
    return at_once * (facts.vocab_size or 0) * each


def _fits(low: int, high: int, memory_bytes: int | None) -> bool | None:
    if memory_bytes is None:
        return None
    limit = FITS_SHARE * memory_bytes
    if high <= limit:
        return True
    return False if low > limit else None


def _note(low: int, high: int, memory_bytes: int | None, weights: tuple[Weight, ...]) -> str:
    parts = [f"An estimate of allocated memory: {low / 2**30:.1f} to {high / 2**30:.1f} GiB at the peak."]
    if memory_bytes is not None:
        limit = FITS_SHARE * memory_bytes / 2**30
        answer = {True: "It fits", False: "It does not fit", None: "It may or may not fit"}[
            _fits(low, high, memory_bytes)
        ]
        parts.append(f"{answer} under 90 % of this memory ({limit:.1f} GiB).")
    if any(weight.role == "expert" for weight in weights):
        parts.append("The model has experts; they are counted as held in 16 bits and not trained.")
    return " ".join(parts)
