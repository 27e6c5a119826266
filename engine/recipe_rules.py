"""What follows from a recipe alone: how many steps it makes, and which knobs cannot go together."""

from __future__ import annotations

from engine.errors import SpecError
from engine.spec import RecipeSpec


def rows_at_once(recipe: RecipeSpec, processes: int = 1) -> int:
    """Rows of a micro-batch in each process: never more than its share of the effective batch."""
    return min(recipe.micro_batch, max(1, recipe.effective_batch // processes))


def accumulation(recipe: RecipeSpec, rows: int = 1, packs: int | None = None, processes: int = 1) -> int:
    """Micro-batches per learning step in each process, at least 1: the effective batch over the rows taken at once.

    Packed, a sequence holds `rows / packs` rows on average, and a step as many rows as without packing.
    """
    at_once = rows_at_once(recipe, processes) * processes * (rows / packs if packs else 1)
    return max(1, round(recipe.effective_batch / at_once))


def planned_steps(recipe: RecipeSpec, rows: int, packs: int | None = None, processes: int = 1) -> int:
    """Optimizer steps of the run: transformers counts a last partial step of an epoch too.

    Args:
        recipe: The knobs.
        rows: Training rows.
        packs: Sequences that the rows were packed into; None without packing.
        processes: That share the rows.
    """
    if recipe.max_steps:
        return recipe.max_steps
    micro_batches = -(-(packs or rows) // (rows_at_once(recipe, processes) * processes))
    per_epoch = max(1, -(-micro_batches // accumulation(recipe, rows, packs, processes)))
    return max(1, -(-int(per_epoch * recipe.epochs * 1000) // 1000))


def refuse_impossible(recipe: RecipeSpec) -> None:
    """Refuse knobs that cannot go together on any machine.

    Raises:
        SpecError: Names the knobs.
    """
    ada, pissa = recipe.adapter == "adalora", recipe.init == "pissa"
    wrong = [
        (ada and recipe.dora, "recipe.dora and recipe.adapter=adalora", "AdaLoRA has its own form of the update"),
        (ada and recipe.rslora, "recipe.rslora and recipe.adapter=adalora", "AdaLoRA scales by its own rank"),
        (ada and pissa, "recipe.init=pissa and recipe.adapter=adalora", "both settle how the adapter starts"),
        (pissa and recipe.dora, "recipe.init=pissa and recipe.dora", "the result would not fit the unchanged base"),
        (
            pissa and recipe.quantization != "none",
            f"recipe.init=pissa and recipe.quantization={recipe.quantization}",
            "PiSSA takes the adapter out of the base's own weights, so the base must have 16 bits",
        ),
        (
            recipe.attention == "flash_attention_2" and recipe.compile,
            "recipe.compile and recipe.attention=flash_attention_2",
            "rows of different lengths would be compiled again and again; take sdpa",
        ),
    ]
    for is_wrong, names, why in wrong:
        if is_wrong:
            raise SpecError("These knobs do not go together.", f"{names}: {why}.", "Change one of the two.")
