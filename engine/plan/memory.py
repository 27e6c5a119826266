"""How much memory a run takes at its peak: allocated exactly, what the allocator and the driver add as bands.

Three figures that must never be mixed. *Allocated* is what tensors take (`torch.cuda.max_memory_allocated`); it is
computed by running the real step under fake tensors. *Reserved* is what PyTorch's allocator took from the driver for
them; 1.08 to 1.41 times as much was measured, more the more the sizes vary. *Driver* is what `nvidia-smi` shows: the
CUDA context and its libraries come on top, 1.3 to 1.5 GB. On a CPU nothing is reserved ahead, and the process with its
libraries takes 0.6 to 1.2 GB beside the tensors.

A plan fits when two things hold at the low end of the bands: what is reserved stays within 90 % of the memory, and
what the driver shows within all of it. The low end, because an allocator that runs short gives back what it holds in
vain and asks again; what cannot shrink is what must fit.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.plan.architecture import Architecture
from engine.plan.kinds import Kind
from engine.plan.profile import Batch
from engine.plan.variants import Profiles, Variant, checkpointing_of, optimizer_of, targets_text
from engine.spec import RecipeSpec

FITS_SHARE = 0.9
"""Share of a memory that a plan may use."""
RESERVED = (1.08, 1.41)
CONTEXT_BYTES = (1_300_000_000, 1_500_000_000)
PROCESS_BYTES = (600_000_000, 1_200_000_000)
EVALUATION_TOKENS = 4096
"""Of one batch of the holdout, as `engine.train.batches.holdout_loss` makes them."""
KEPT_SHARE = 0.1
"""As `engine.train.fused.KEPT_SHARE`: share of free memory that unpacked weights may take on a CPU."""


@dataclass(frozen=True)
class Rows:
    """The rows of a run after truncation, as far as memory and time depend on them.

    Args:
        longest: Tokens of the longest row.
        learned: Learned tokens of the row that has most of them.
        varied: Rows differ in length, so a micro-batch of several has padding.
        holdout: Tokens of the longest row of the holdout; 0: there is none.
        count: Rows to learn from; 0: not known.
        tokens: Of all of them, without padding; 0: not known.
    """

    longest: int
    learned: int
    varied: bool = True
    holdout: int = 0
    count: int = 0
    tokens: int = 0


@dataclass(frozen=True)
class Memory:
    """The peak of a run in bytes."""

    allocated: int
    breakdown: dict[Kind, int]
    """Sums to `allocated`."""
    phase: str
    """When it is reached: forward, loss, backward or evaluation."""
    reserved: tuple[int, int]
    driver: tuple[int, int]
    trained_parameters: int
    tokens: int
    """In one micro-batch, padding included."""
    on_cuda: bool

    def fits(self, memory: int) -> bool:
        """Whether it fits into so many bytes; see above."""
        return self.reserved[0] <= FITS_SHARE * memory and self.driver[0] <= memory


def rows_of_length(length: int) -> Rows:
    """What is assumed without data: all rows as long as they may be, and all of them learned."""
    return Rows(longest=length, learned=length, varied=False)


def memory_of(
    architecture: Architecture,
    recipe: RecipeSpec,
    rows: Rows,
    profiles: Profiles,
    *,
    on_cuda: bool,
    dtype: str | None = None,
    free_ram: int | None = None,
    correction: float = 1.0,
    products: str | None = None,
) -> Memory:
    """Work the peak out.

    Args:
        architecture: Of the model.
        recipe: The knobs.
        rows: The data.
        profiles: From `variants.profiles_kept` (light) or `compute.profiles_of` (heavy).
        on_cuda: Whether it runs on an NVIDIA card.
        dtype: Of the products; None: bfloat16 on CUDA, float32 elsewhere.
        free_ram: Bytes; on a CPU, decides whether unpacked weights are kept.
        correction: Measured over planned activations on this GPU; see `engine.plan.correction`.
        products: On a CPU, what large products are made of where that is another format than `dtype`.

    Raises:
        NotPlannedYetError: A profile is missing, and `profiles` does not make it.
        ModelError: The architecture cannot be planned.
    """
    variant = variant_of(architecture, recipe, rows, on_cuda=on_cuda, dtype=dtype, free_ram=free_ram, products=products)
    profile = profiles(variant)
    batch = batch_of(recipe, rows)
    rank = start_rank(recipe)
    breakdown, phase = profile.peak(batch, rank)
    if rows.holdout:
        looking = _evaluating(variant)
        held, _ = profiles(looking).peak(_holdout_batch(min(rows.holdout, recipe.max_length)), rank)
        if sum(held.values()) > sum(breakdown.values()):
            breakdown, phase = held, "evaluation"
    for kind in ("activations", "logits"):
        breakdown[kind] = round(breakdown[kind] * correction)
    return _memory(breakdown, phase, profile.trained(rank), batch.tokens, on_cuda=on_cuda)


def _memory(breakdown: dict[Kind, int], phase: str, trained: int, tokens: int, *, on_cuda: bool) -> Memory:
    allocated = sum(breakdown.values())
    low, high = RESERVED if on_cuda else (1.0, 1.0)
    reserved = round(allocated * low), round(allocated * high)
    extra = CONTEXT_BYTES if on_cuda else PROCESS_BYTES
    driver = reserved[0] + extra[0], reserved[1] + extra[1]
    return Memory(allocated, breakdown, phase, reserved, driver, trained, tokens, on_cuda)


def held_as(allocated: int, *, on_cuda: bool) -> Memory:
    """What so many allocated bytes come to, of a run of which no more is known."""
    return _memory({"other": allocated}, "", 0, 0, on_cuda=on_cuda)


def with_breakdown(memory: Memory, parts: dict[Kind, int]) -> Memory:
    """The same run with other amounts, such as one card's share of them."""
    return _memory(parts, memory.phase, memory.trained_parameters, memory.tokens, on_cuda=memory.on_cuda)


def batch_of(recipe: RecipeSpec, rows: Rows) -> Batch:
    """The largest micro-batch: rows as long as the longest, since rows of like length go together."""
    length = recipe.max_length if recipe.packing else min(rows.longest, recipe.max_length)
    learned = recipe.max_length if recipe.packing else min(rows.learned, length)
    count = min(recipe.micro_batch, recipe.effective_batch)
    # the first token of a row is never predicted
    return Batch(count, length, max(1, count * min(learned, max(1, length - 1))))


def start_rank(recipe: RecipeSpec) -> int:
    """AdaLoRA begins with half as much rank again (`engine.train.adapters`)."""
    return max(recipe.rank + 1, round(recipe.rank * 1.5)) if recipe.adapter == "adalora" else recipe.rank


def variant_of(
    architecture: Architecture,
    recipe: RecipeSpec,
    rows: Rows,
    *,
    on_cuda: bool,
    dtype: str | None = None,
    free_ram: int | None = None,
    products: str | None = None,
) -> Variant:
    """The step that this recipe makes."""
    micro = min(recipe.micro_batch, recipe.effective_batch)
    attention = recipe.attention
    if attention == "auto":
        attention = "sdpa"
    return Variant(
        on_cuda=on_cuda,
        dtype=dtype or ("bfloat16" if on_cuda else "float32"),
        quantization=recipe.quantization,
        targets=targets_text(recipe.targets),
        dropout=recipe.dropout if recipe.dropout == 0 else 0.05,
        dora=recipe.dora,
        checkpointing=checkpointing_of(recipe, on_cuda=on_cuda),
        loss=recipe.loss,
        attention=attention,
        optimizer=optimizer_of(recipe, on_cuda=on_cuda),
        padded=(micro > 1 and rows.varied) or recipe.packing,
        accumulates=round(recipe.effective_batch / micro) > 1,
        kept_weights=not on_cuda and _keeps_weights(architecture, recipe, free_ram, 2 if products else 4),
        # the usual script's step is left as it is
        products="" if on_cuda or recipe.loss == "nll" else products or "",
    )


def _keeps_weights(architecture: Architecture, recipe: RecipeSpec, free_ram: int | None, each_bytes: int) -> bool:
    """Whether a CPU keeps unpacked weights: where those of the layers take a tenth of the free memory at most."""
    if recipe.loss == "nll" or recipe.quantization == "int8" or recipe.dora or recipe.adapter == "adalora":
        return False
    if free_ram is None:
        return False
    hidden, layers = architecture.figure("hidden_size") or 0, architecture.figure("num_hidden_layers") or 0
    inner = architecture.figure("intermediate_size") or 4 * hidden
    heads = architecture.figure("num_attention_heads") or 1
    head_dim = architecture.figure("head_dim") or hidden // heads
    keys = architecture.figure("num_key_value_heads") or heads
    each = 3 * hidden * inner + 2 * hidden * head_dim * (heads + keys)
    return each_bytes * layers * each <= KEPT_SHARE * free_ram


def _evaluating(variant: Variant) -> Variant:
    """The look at the holdout: no gradient, so several choices make no difference."""
    from dataclasses import replace

    return replace(
        variant, evaluation=True, dropout=0.0, checkpointing=False, loss="chunked_nll", padded=True, products=""
    )


def _holdout_batch(longest: int) -> Batch:
    count = max(1, EVALUATION_TOKENS // longest)
    return Batch(count, longest, count * longest)
