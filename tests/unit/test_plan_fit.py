"""What the plan chooses: packing where it is right and faster, several cards, and the refusal before a run."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.begin import before_training, check_fit
from engine.errors import DataError, RefusedError, SpecError, UsageError
from engine.plan.architecture import checked
from engine.plan.average import average_batch, may_pack, rows_in_a_pack
from engine.plan.defaults import config_defaults
from engine.plan.fit import Planner, fit
from engine.plan.libraries import compiled_when_called
from engine.plan.machine import cards_of, largest_alike
from engine.plan.memory import Rows, rows_of_length, variant_of
from engine.plan.profile import Moment, Profile, Terms, Work
from engine.plan.report import Machine, make_report
from engine.plan.several import can_share, ways_to_spread
from engine.plan.variants import Variant, keep_profile
from engine.project import create_project
from engine.recipe_rules import accumulation
from engine.spec import ModelSpec, ProjectSpec, RecipeSpec
from engine.spec_recipe import ComputeSpec
from engine.train.spread import Spread
from tests.plan_profiles import profile_of
from tests.tiny_model import CONFIG, make_tiny_model

GIB = 2**30
CHATS = Rows(longest=2048, learned=1024, varied=True, count=2000, tokens=2000 * 180)
"""Short rows with a long one among them."""
RECIPE = RecipeSpec(max_length=2048, effective_batch=32)


def planner(gib: float = 12, rows: Rows = CHATS, **changes: Any) -> Planner:
    architecture = checked(CONFIG | {"num_hidden_layers": 32} | changes, "a model", "config.json")
    return Planner(architecture, rows, profile_of, int(gib * GIB), on_cuda=True)


def test_with_room_nothing_is_recomputed_or_held_in_4_bits() -> None:
    found = fit(planner(80, rows_of_length(2048)), RECIPE)
    assert found.fits
    assert found.settings["gradient_checkpointing"] is False
    assert found.settings["quantization"] == "none"
    assert found.why
    assert {other.what for other in found.alternatives} >= {"compute activations again", "4-bit weights"}
    slower = next(other for other in found.alternatives if other.what == "compute activations again")
    assert slower.time > 1


def test_on_a_small_card_it_gives_up_speed_and_stays_under_the_limit() -> None:
    small = planner(8, rows_of_length(2048))
    found = fit(small, RECIPE)
    assert found.fits
    assert found.memory is not None
    assert found.memory.reserved[0] <= 0.9 * small.memory
    assert found.memory.driver[0] <= small.memory
    assert found.settings["micro_batch"] < 16
    assert (found.settings["quantization"], found.settings["gradient_checkpointing"]) == ("nf4", True)


@pytest.mark.parametrize("gib", [1, 7, 7.5])
def test_what_is_named_where_nothing_fits_does_fit(gib: float) -> None:
    small, recipe = planner(gib, rows_of_length(4096)), RecipeSpec(max_length=4096, micro_batch=4, loss="nll")
    found = fit(small, recipe)
    assert not found.fits
    assert bool(found.shorter) == (gib > 1)
    assert not found.shorter or small.fits(recipe.model_copy(update=found.shorter))
    least = next(re.search(r"least (\d+) GiB", words) for words in found.nearest if "GiB" in words)
    assert least is not None
    assert fit(replace(small, memory=int(least[1]) * GIB), recipe).fits


def test_short_rows_are_packed_where_memory_is_short() -> None:
    found = fit(planner(), RECIPE)
    assert found.fits
    assert found.settings["packing"] is True
    assert any("packed with about" in line for line in found.why)
    other = next(one for one in found.alternatives if one.what == "rows not packed")
    assert other.time > 1


@pytest.mark.parametrize(
    ("rows", "recipe", "changes"),
    [
        (rows_of_length(2048), {}, {}),
        (replace(CHATS, varied=False), {}, {}),
        (replace(CHATS, count=100, tokens=100 * 180), {}, {}),
        (CHATS, {"dp_epsilon": 3.0}, {}),
        (CHATS, {}, {"model_type": "falcon_h1"}),
        (CHATS, {}, {"layer_types": ["full_attention", "linear_attention"]}),
        (CHATS, {"packing": True}, {"model_type": "opt"}),
    ],
)
def test_rows_are_not_packed_in_vain_or_wrongly(rows: Rows, recipe: dict[str, Any], changes: dict[str, Any]) -> None:
    found = fit(planner(80, rows, **changes), RECIPE.model_copy(update=recipe))
    assert found.settings["packing"] is False


def test_a_processor_does_not_pack() -> None:
    found = fit(replace(planner(64), on_cuda=False), RECIPE)
    assert (found.settings["packing"], found.settings["micro_batch"]) == (False, 1)


@pytest.mark.parametrize("batch", [12, 17, 30])
@pytest.mark.parametrize("gib", [12, 80])
def test_a_step_keeps_its_rows(batch: int, gib: int) -> None:
    recipe = RECIPE.model_copy(update={"effective_batch": batch})
    best = recipe.model_copy(update=fit(planner(gib), recipe).settings)
    if best.packing:
        each = rows_in_a_pack(best, CHATS)
        assert best.micro_batch * each * accumulation(best, round(each * 1000), 1000) == pytest.approx(batch, rel=0.25)
    else:
        assert best.micro_batch * accumulation(best) == batch


def test_the_average_batch_pads_a_little_and_packs_nearly_full() -> None:
    single = average_batch(RECIPE, CHATS)
    assert single.tokens == single.computed == pytest.approx(180, rel=0.05)
    several = average_batch(RECIPE.model_copy(update={"micro_batch": 8}), CHATS)
    assert 8 * 170 < several.tokens < several.computed < 8 * 2048
    packed = average_batch(RECIPE.model_copy(update={"packing": True}), CHATS)
    assert packed.tokens == pytest.approx(0.95 * 2048)
    even = average_batch(RECIPE.model_copy(update={"micro_batch": 4}), rows_of_length(2048))
    assert even.tokens == even.computed == 4 * 2048


def test_only_models_that_were_tried_are_packed() -> None:
    assert may_pack(planner().architecture, RECIPE)
    assert not may_pack(planner(model_type="qwen3_next").architecture, RECIPE)


# -- several cards ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("24GiB", (24 * GIB, 1)),
        ("2x24GiB", (24 * GIB, 2)),
        ("24GiB, 16 GiB", (16 * GIB, 2)),
        ("4 x 80g", (80 * GIB, 4)),
        ("24576 MiB", (24 * GIB, 1)),
        ("2x24", (24 * GIB, 2)),
        ("2x25769803776", (24 * GIB, 2)),
    ],
)
def test_cards_that_are_typed(text: str, found: tuple[int, int]) -> None:
    assert cards_of(text) == found


@pytest.mark.parametrize(
    "text",
    ["2x", "x24GiB", "0x24GiB", "65x1GiB", "24GiB,", "64x1GiB,1GiB", "2x2x8GiB", "2400", "0", "1e3", "-1", "24,5"],
)
def test_cards_that_are_none(text: str) -> None:
    with pytest.raises(UsageError):
        cards_of(text)


def test_a_small_card_for_the_display_takes_no_part() -> None:
    gpus = [("Display", 8 * GIB), ("RTX 4090", 24 * GIB), ("RTX 3090", 24 * GIB - 2**28)]
    assert largest_alike(gpus) == ("RTX 4090", 24 * GIB - 2**28, 2)


def report(machine: Machine, recipe: RecipeSpec = RECIPE, **compute: Any) -> Any:
    made = planner()
    settings = ComputeSpec.model_validate(compute) if compute else None
    rows = rows_of_length(512)
    return make_report(made.architecture, recipe, rows, profile_of, machine, with_fit=True, compute=settings)


def test_cards_that_hold_the_run_share_the_rows() -> None:
    one, two = (report(Machine(12 * GIB, on_cuda=True, count=count)) for count in (1, 2))
    assert (one.strategy, one.cards, one.fits_on_one) == ("single", 1, True)
    assert (two.strategy, two.cards, two.fits_on_one, two.fits) == ("ddp", 2, True, True)
    assert two.allocated > one.allocated
    assert two.fit["settings"]["compute.strategy"] == "ddp"
    assert two.fit["settings"]["compute.processes"] == 2
    assert "each of 2 cards" in two.note


def test_cards_that_do_not_hold_it_share_the_weights() -> None:
    found = report(Machine(4 * GIB, on_cuda=True, count=4))
    assert (found.strategy, found.cards, found.fits_on_one, found.fits) == ("fsdp", 4, False, True)


def test_what_no_card_holds_says_how_many_would() -> None:
    found = report(Machine(4 * GIB, on_cuda=True))
    assert found.fits is False
    assert "cards like this one that share the weights" in found.suggestion
    held = [report(Machine(4 * GIB, on_cuda=True, count=count)).fits for count in (2, 4)]
    assert held == [False, True]


def test_settings_of_the_cards_are_kept_to() -> None:
    found = report(Machine(12 * GIB, on_cuda=True, count=4), strategy="zero3", processes=2)
    assert (found.strategy, found.cards) == ("zero3", 2)
    with pytest.raises(SpecError, match="cannot be spread"):
        report(Machine(12 * GIB, on_cuda=True), strategy="fsdp")
    with pytest.raises(SpecError, match="cannot be spread"):
        report(Machine(12 * GIB, on_cuda=True, count=3), processes=3)


def test_rows_that_all_cards_cannot_share_evenly_are_planned_for_fewer() -> None:
    found = report(Machine(12 * GIB, on_cuda=True, count=3))
    assert (found.strategy, found.cards, found.settings) == ("ddp", 2, {"compute.processes": 2})
    assert "recipe.effective_batch=30 or 33 all can work" in found.note
    private = report(Machine(12 * GIB, on_cuda=True, count=3), RECIPE.model_copy(update={"dp_epsilon": 8.0}))
    assert private.cards == 1
    assert "3 cards cannot do this recipe together" in private.note


def test_ways_to_spread_take_as_many_cards_as_share_evenly() -> None:
    recipe = RecipeSpec(effective_batch=16)
    ways = [(spread.strategy, spread.world) for spread in ways_to_spread(recipe, ComputeSpec(), 3)]
    assert ways == [("ddp", 2), ("fsdp", 2), ("single", 1)]
    assert not can_share(recipe.model_copy(update={"quantization": "int8"}), Spread("fsdp", 2, on_cuda=True))


# -- before a run -----------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, state: Path) -> tuple[Any, ProjectSpec]:
    """A project whose model was planned before."""
    folder = make_tiny_model(tmp_path / "model")
    made, _ = create_project(tmp_path / "project", "p")
    model = ModelSpec(source=str(folder), kind="folder", path=str(folder))
    return made, made.update(lambda old: old.model_copy(update={"model": model}))


def test_a_run_that_is_known_not_to_fit_is_refused(project: tuple[Any, ProjectSpec]) -> None:
    made, spec = project
    card = Machine(2 * GIB, on_cuda=True)
    check_fit(made, spec, card)  # nothing is known of it yet
    assert spec.model is not None
    from engine.plan.architecture import architecture_of

    architecture = architecture_of(str(spec.model.path))
    asked: list[Variant] = [variant_of(architecture, spec.recipe, rows_of_length(8), on_cuda=True)]
    keep_profile(architecture, asked[0], profile_of(asked[0]))
    check_fit(made, spec, Machine(24 * GIB, on_cuda=True))
    check_fit(made, spec, Machine(GIB, on_cuda=False))
    with pytest.raises(RefusedError) as refused:
        check_fit(made, spec, card)
    assert refused.value.error_code == "does_not_fit"
    assert "--force" in refused.value.hint
    assert "plan PROJECT --fit" in refused.value.what


def test_packing_that_would_mix_rows_is_refused(project: tuple[Any, ProjectSpec]) -> None:
    made, spec = project
    assert spec.model is not None
    file = Path(str(spec.model.path)) / "config.json"
    file.write_text(json.dumps({**CONFIG, "layer_types": ["full_attention", "linear_attention"]}))
    packed = spec.model_copy(update={"recipe": RecipeSpec(packing=True)})
    with pytest.raises(SpecError) as refused:
        before_training(made, packed)
    assert refused.value.error_code == "packing"
    with pytest.raises(DataError):
        before_training(made, spec)


# -- descriptions -----------------------------------------------------------------------------------------------------


def test_what_a_language_part_leaves_out_is_filled_in() -> None:
    text = {"model_type": "gemma3_text", "hidden_size": 2560, "num_hidden_layers": 34}
    found = checked({"model_type": "gemma3", "text_config": text}, "g", "x")
    assert (found.figure("vocab_size"), found.figure("num_attention_heads")) == (262_208, 8)
    assert config_defaults("toaster") == {}


def test_weights_that_are_published_in_few_bits_are_told() -> None:
    found = checked({**CONFIG, "quantization_config": {"quant_method": "fp8"}}, "m", "x")
    assert "fp8" in found.note


def test_functions_are_compiled_when_they_are_called() -> None:
    compiled: list[dict[str, Any]] = []

    def compiler(function: Any, **options: Any) -> Any:
        compiled.append(options)
        return function

    stand_in = compiled_when_called(compiler)
    plain, with_options = stand_in(abs), stand_in(dynamic=False)(abs)
    assert compiled == []
    assert [plain(-1), plain(-2), with_options(-3)] == [1, 2, 3]
    assert compiled == [{}, {"dynamic": False}]


def _terms(**amounts: float) -> Terms:
    return {("weights", (0, 0, 0, 0, 0)): amounts["weights"], ("activations", (1, 1, 0, 0, 0)): amounts["token"]}


def test_weights_alone_can_be_too_much() -> None:
    asked: list[str] = []

    def profile(variant: Variant) -> Profile:
        asked.append(variant.quantization)
        heavy = Moment("backward", _terms(weights=50e9, token=1e6))
        return Profile((heavy,), 100, 1000, 0, Work(90 * 10**9, 10**8, 32 * 4096))

    assert not fit(replace(planner(), profiles=profile), RECIPE).fits
    assert set(asked) == {"nf4"}
