"""The micro-batch of a run on average, and which models may have rows packed: what time depends on.

Memory depends on the largest micro-batch, time on the usual one. Of a project's rows the longest and the mean are
known; between them lengths are taken to follow a power of their place in the order, which meets both. Arithmetic only.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.plan.architecture import Architecture
from engine.plan.memory import Rows
from engine.spec import RecipeSpec

PACKED_FULL = 0.95
"""Share of a sequence that best fit fills (`engine.train.packing`), where rows are short."""
ROWS_FOR_PACKING = 10
"""Learning steps that rows must last for: with fewer, steps of packs are too uneven (as `engine.advice` says)."""
_MOST_COUNTED = 256
_KEEPS_ROWS_APART = """apertus arcee cohere cohere2 ernie4_5 exaone4 gemma gemma2 gemma3_text glm glm4 glm4_moe gpt2
gpt_bigcode gpt_neox granite granitemoe helium llama ministral ministral3 mistral mixtral
nemotron olmo olmo2 olmo3 olmoe phi phi3 phimoe qwen2 qwen2_moe qwen3 qwen3_moe seed_oss
smollm3 stablelm starcoder2"""
"""Models whose attention takes from the positions where a row of a packed sequence begins, tried by comparing packed
rows with single ones. Not among them: what carries a state or a convolution along the sequence (Mamba, linear
attention), what adds its own bias for distance, and what nobody tried."""


@dataclass(frozen=True)
class Average:
    """One micro-batch on average.

    Args:
        tokens: Without padding.
        computed: Positions, padding included.
        seen: Length of a row as attention pays for it: looking back only, a row of n tokens costs n for each of them;
            with a mask all are compared with all, which is twice as much.
    """

    tokens: float
    computed: float
    seen: float


def may_pack(architecture: Architecture, recipe: RecipeSpec) -> bool:
    """Whether rows in one sequence stay apart in this model, and nothing else of the recipe forbids it."""
    kinds = set(architecture.config.get("layer_types") or ()) - {"full_attention", "sliding_attention"}
    return (
        architecture.config.get("model_type") in _KEEPS_ROWS_APART.split() and not kinds and recipe.dp_epsilon is None
    )


def rows_in_a_pack(recipe: RecipeSpec, rows: Rows) -> float:
    """Rows that one packed sequence holds on average, at least 1."""
    return max(1.0, PACKED_FULL * recipe.max_length / mean_length(recipe, rows))


def mean_length(recipe: RecipeSpec, rows: Rows) -> float:
    """Tokens of a row on average, cut to the limit; the longest's where nothing is known."""
    longest = min(rows.longest, recipe.max_length)
    return min(longest, max(1.0, rows.tokens / rows.count)) if rows.count and rows.tokens else longest


def average_batch(recipe: RecipeSpec, rows: Rows) -> Average:
    """The micro-batch that time is worked out for; rows of like length go together, as in training."""
    longest, mean = min(rows.longest, recipe.max_length), mean_length(recipe, rows)
    count = min(recipe.effective_batch, _MOST_COUNTED)
    lengths = [longest * ((count - place - 0.5) / count) ** (longest / mean - 1) for place in range(count)]
    alone = sum(length**2 for length in lengths) / sum(lengths)
    masked = recipe.attention != "flash_attention_2"
    micro = min(recipe.micro_batch, recipe.effective_batch)
    if recipe.packing:
        tokens = rows_in_a_pack(recipe, rows) * mean * micro
        return Average(tokens, micro * float(recipe.max_length), 2.0 * recipe.max_length if masked else alone)
    padded = [lengths[start] for start in range(0, count, micro) for _ in lengths[start : start + micro]]
    computed = sum(padded)
    seen = sum(length**2 for length in padded) / computed
    has_mask = masked and micro > 1 and mean < longest
    share = micro / count
    return Average(sum(lengths) * share, computed * share, 2 * seen if has_mask else seen)
