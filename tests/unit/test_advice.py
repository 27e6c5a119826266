"""What is said beside a recipe's knobs."""

from __future__ import annotations

import pytest

from engine.errors import SpecError
from engine.recipe_rules import accumulation, planned_steps, refuse_impossible
from engine.recipes import RowFacts, advice, load_recipes
from engine.spec import RecipeSpec

MANY = RowFacts(rows=5_000, lengths=[200] * 5_000, parameters=8_000_000_000, holdout_rows=500)


def said(recipe: RecipeSpec, facts: RowFacts = MANY) -> dict[str, str]:
    return {one.knob: one.text for one in advice(recipe, facts)}


@pytest.mark.parametrize(
    ("recipe", "facts", "knob", "words"),
    [
        (RecipeSpec(learning_rate=2e-3), MANY, "learning_rate", "2e-03 is ten times what works for rank 16"),
        (
            RecipeSpec(learning_rate=1e-3, alpha=64),
            MANY,
            "learning_rate",
            "ten times what works for rank 16 with alpha",
        ),
        (RecipeSpec(learning_rate=2e-5), MANY, "learning_rate", "a tenth of what works"),
        (RecipeSpec(learning_rate=2e-4, init="pissa"), MANY, "learning_rate", "ten times"),
        (RecipeSpec(alpha=128), MANY, "alpha", "128 is 8 times the rank"),
        (RecipeSpec(alpha=4), MANY, "alpha", "weak"),
        (RecipeSpec(alpha=128, rslora=True), MANY, "alpha", "16 suits any rank"),
        (RecipeSpec(epochs=8), RowFacts(rows=300), "epochs", "8 times through 300 rows"),
        (RecipeSpec(max_steps=1000), RowFacts(rows=300), "max_steps", "times through 300 rows"),
        (RecipeSpec(dropout=0.0), RowFacts(rows=80), "dropout", "80 rows"),
        (RecipeSpec(rank=128, alpha=256), RowFacts(rows=200), "rank", "word for word"),
        (
            RecipeSpec(max_length=100),
            RowFacts(lengths=[50] * 70 + [150] * 30),
            "max_length",
            "cuts 30% of your rows; 150",
        ),
        (RecipeSpec(max_length=99, long_rows="drop"), RowFacts(lengths=[100]), "max_length", "leaves out 100%"),
        (RecipeSpec(effective_batch=64), RowFacts(rows=40), "effective_batch", "only 3 learning steps"),
        (RecipeSpec(effective_batch=64, max_steps=50), RowFacts(rows=40), "effective_batch", "more than the 40"),
        (RecipeSpec(packing=True), RowFacts(rows=100), "packing", "gains little"),
        (RecipeSpec(max_steps=5), MANY, "max_steps", "5 learning steps"),
        (RecipeSpec(learning_rate=6e-4), MANY, "learning_rate", "three times"),
        (RecipeSpec(save_steps=500), RowFacts(rows=800), "save_steps", "more than the run's 150 steps"),
        (RecipeSpec(eval_steps=500, max_steps=100), MANY, "eval_steps", "100 steps"),
        (RecipeSpec(warmup_ratio=0.6, max_steps=100), MANY, "warmup_ratio", "60 of 100 steps"),
        (RecipeSpec(early_stopping=10), MANY, "early_stopping", "looks at the holdout 9 times"),
        (RecipeSpec(early_stopping=2), RowFacts(rows=900, holdout_rows=5), "early_stopping", "few"),
        (RecipeSpec(micro_batch=32), MANY, "micro_batch", "more than a learning step"),
        (RecipeSpec(lora_plus_ratio=64), MANY, "lora_plus_ratio", "16"),
        (RecipeSpec(neftune_alpha=50), MANY, "neftune_alpha", "5 to 15"),
        (RecipeSpec(dropout=0.9), MANY, "dropout", "little to learn with"),
        (RecipeSpec(weight_decay=5.0), MANY, "weight_decay", "0 to 0.1"),
    ],
)
def test_the_sentence_is_beside_its_knob(recipe: RecipeSpec, facts: RowFacts, knob: str, words: str) -> None:
    assert words in said(recipe, facts)[knob]


def test_a_sound_recipe_is_left_alone() -> None:
    assert said(RecipeSpec()) == {}
    assert advice(RecipeSpec()) == []


def test_tiny_models_may_learn_faster() -> None:
    assert "learning_rate" not in said(RecipeSpec(learning_rate=2e-3), RowFacts(parameters=5_000_000))


@pytest.mark.parametrize("preset", load_recipes(), ids=lambda preset: preset.name)
def test_presets_are_sound(preset) -> None:  # type: ignore[no-untyped-def]
    """What a preset sets is not warned against on the data it is for."""
    refuse_impossible(preset.knobs)
    few = preset.name in ("small-dataset", "demo", "private")
    facts = RowFacts(
        rows=400 if few else 6_000, holdout_rows=40, parameters=3_000_000 if preset.name == "demo" else None
    )
    loud = said(preset.knobs, facts)
    assert {"learning_rate", "alpha", "dropout", "rank", "epochs", "early_stopping", "warmup_ratio"}.isdisjoint(loud), (
        loud
    )


def test_every_preset_explains_each_knob() -> None:
    from engine.machine import PRESETS

    for file in sorted((PRESETS / "recipes").glob("*.yaml")):
        lines = file.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("# "), file.name
        knobs = lines[lines.index("knobs:") + 1 :]
        if file.stem == "demo":
            continue
        assert all("#" in line for line in knobs if line.strip()), file.name


def test_the_presets_that_were_promised_are_there() -> None:
    found = {preset.name: preset.knobs for preset in load_recipes()}
    assert {
        "quick-check", "balanced", "small-dataset", "style-and-voice", "structured-output", "long-context",
        "low-memory", "high-capacity", "adaptive-rank", "demo",
    } <= found.keys()  # fmt: skip
    assert found["quick-check"].max_steps == 100
    small = found["small-dataset"]
    assert 0.1 <= small.dropout <= 0.2
    assert small.max_grad_norm == 1.0
    assert small.early_stopping is not None
    assert found["high-capacity"].dora
    assert found["high-capacity"].rank > found["balanced"].rank
    assert found["adaptive-rank"].adapter == "adalora"


def test_packed_steps_hold_as_many_rows() -> None:
    recipe = RecipeSpec(effective_batch=16, epochs=1, packing=True)
    assert accumulation(recipe, rows=400, packs=100) == 4
    assert planned_steps(recipe, 400, 100) == planned_steps(recipe, 400) == 25


def test_refusals_name_both_knobs() -> None:
    with pytest.raises(SpecError) as refused:
        refuse_impossible(RecipeSpec(adapter="adalora", dora=True))
    assert "recipe.dora" in refused.value.what
    assert "recipe.adapter" in refused.value.what
