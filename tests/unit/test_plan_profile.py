"""The light half of the plan: arithmetic of profiles, layers of a kind, cards, time, correction, descriptions."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import ModelError, UsageError
from engine.plan.architecture import architecture_of, checked
from engine.plan.cards import amount_of, card_named, cards_with, load_cards
from engine.plan.correction import correction_for, learn
from engine.plan.layers import small_config
from engine.plan.memory import Rows, batch_of, memory_of, rows_of_length, start_rank
from engine.plan.optimizers import optimizer_state
from engine.plan.profile import Batch, Moment, Profile, Terms, Work, only_highest, profile_from
from engine.plan.speed import cost_of, flops_per_token, fullness, run_duration, step_seconds
from engine.plan.variants import NotPlannedYetError, Variant, keep_profile, kept_profile, profile_key
from engine.spec import RecipeSpec
from tests.tiny_gguf import gguf_bytes
from tests.tiny_model import CONFIG

GIB = 2**30


def profile(**factors: float) -> Profile:
    """A profile with so many bytes of weights, and for each token, learned position and rank."""
    forward: Terms = {
        ("weights", (0, 0, 0, 0, 0)): factors.get("weights", 1e9),
        ("adapter", (0, 0, 0, 0, 1)): 1e6,
        ("activations", (1, 1, 0, 0, 0)): factors.get("token", 1e6),
    }
    loss: Terms = {("weights", (0, 0, 0, 0, 0)): factors.get("weights", 1e9), ("logits", (0, 0, 0, 1, 0)): 1e7}
    moments = (Moment("forward", forward), Moment("loss", loss))
    return Profile(moments, 100, 1000, 7, Work(10**9, 10**8, 32 * 4096))


def architecture(**changes: Any) -> Any:
    return checked(CONFIG | changes, "tiny", "config.json")


def test_the_highest_moment_is_the_peak() -> None:
    amounts, phase = profile().peak(Batch(2, 1000, 50), 16)
    assert phase == "forward"
    assert amounts["activations"] == 2_000_000_000
    assert amounts["adapter"] == 16_000_000
    assert profile().peak(Batch(1, 8, 50), 16)[1] == "loss"


def test_logits_do_not_grow_beyond_their_chunk() -> None:
    few, many = (profile().peak(Batch(1, 8, learned), 1)[0]["logits"] for learned in (50, 5000))
    assert (few, many) == (500_000_000, 1_000_000_000)


def test_trained_parameters_grow_with_the_rank() -> None:
    assert profile().trained(16) == 16_007


def test_a_profile_survives_json() -> None:
    assert profile_from(json.loads(json.dumps(profile().as_dict()))) == profile()


def test_moments_below_others_are_left_out() -> None:
    high, low = ({("weights", (0, 0, 0, 0, 0)): amount} for amount in (2.0, 1.0))
    other: Terms = {("logits", (0, 0, 1, 0, 0)): 0.5}
    kept = only_highest([Moment("a", low), Moment("b", high), Moment("c", other)])  # type: ignore[arg-type]
    assert [moment.phase for moment in kept] == ["b", "c"]


def test_kept_profiles_answer_for_their_variant_only() -> None:
    variant = Variant(True, "bfloat16", "nf4", "all-linear", 0.0, False, True, "nll", "sdpa", "x", False, True, False)
    with pytest.raises(NotPlannedYetError):
        kept_profile(architecture(), variant)
    keep_profile(architecture(), variant, profile())
    assert kept_profile(architecture(), variant) == profile()
    assert profile_key(architecture(hidden_size=128), variant) != profile_key(architecture(), variant)


def test_a_damaged_profile_counts_as_none(state: Path) -> None:
    variant = Variant(True, "bfloat16", "nf4", "all-linear", 0.0, False, True, "nll", "sdpa", "x", False, True, False)
    keep_profile(architecture(), variant, profile())
    (state / "plan" / f"{profile_key(architecture(), variant)}.json").write_text('{"chunk": ')
    with pytest.raises(NotPlannedYetError):
        kept_profile(architecture(), variant)


class _Config(SimpleNamespace):
    def get_text_config(self) -> _Config:
        return self


@pytest.mark.parametrize(
    ("settings", "kept", "extra"),
    [
        ({"num_hidden_layers": 32}, 2, [30]),
        ({"num_hidden_layers": 1}, 1, []),
        ({"num_hidden_layers": 62, "layer_types": (["sliding"] * 5 + ["full"]) * 10 + ["sliding"] * 2}, 4, [50, 8]),
        ({"num_hidden_layers": 61, "first_k_dense_replace": 3}, 4, [1, 56]),
        ({"num_hidden_layers": 48, "moe_layers": list(range(1, 48, 2))}, 4, [22, 22]),
        ({"num_hidden_layers": 24, "decoder_sparse_step": 2}, 4, [10, 10]),
        ({"num_hidden_layers": 12, "num_kv_shared_layers": 4}, 4, [6, 2]),
    ],
)
def test_a_small_model_stands_for_all_layers(settings: dict[str, Any], kept: int, extra: list[int]) -> None:
    whole = _Config(**settings)
    small, kinds, more = small_config(whole)
    assert small.num_hidden_layers == kept == len(kinds)
    assert [more[kind] for kind in sorted(more)] == extra
    assert kept + sum(more.values()) == whole.num_hidden_layers
    assert all(len(value) in (kept, kept // 2) for value in vars(small).values() if isinstance(value, list))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"hidden_size": None}, "hidden_size"),
        ({"num_hidden_layers": 0}, "num_hidden_layers"),
        ({"vocab_size": "many"}, "vocab_size"),
        ({"num_attention_heads": True}, "num_attention_heads"),
        ({"model_type": None}, "model_type"),
        ({"model_type": "toaster"}, "toaster"),
        ({"num_attention_heads": 4, "num_key_value_heads": 3}, "num_key_value_heads"),
        ({"model_type": "mamba", "num_attention_heads": None}, "`mamba` have none"),
    ],
)
def test_an_incomplete_config_names_the_field(tmp_path: Path, change: dict[str, Any], named: str) -> None:
    content = {key: value for key, value in (CONFIG | change).items() if value is not None}
    (tmp_path / "config.json").write_text(json.dumps(content))
    with pytest.raises(ModelError) as caught:
        architecture_of(str(tmp_path / "config.json"))
    assert named in caught.value.what
    assert "config.json" in caught.value.what


@pytest.mark.parametrize(
    ("change", "context"),
    [({}, 512), ({"max_position_embeddings": None}, 2048), ({"max_position_embeddings": None, "n_positions": 77}, 77)],
)
def test_the_context_is_found_under_its_other_names_and_in_the_class(change: dict[str, Any], context: int) -> None:
    content = {key: value for key, value in (CONFIG | change).items() if value is not None}
    assert checked(content, "m", "t").context == context


def test_what_a_plan_does_not_depend_on_is_left_out() -> None:
    odd = {"text_config": {"hidden_size": 9}, "dtype": "nonsense", "torch_dtype": "float16", "auto_map": {"a": "b"}}
    assert checked(CONFIG | odd, "m", "t").config == {key: CONFIG[key] for key in CONFIG if key != "dtype"}


def test_experts_of_a_gguf_file_are_told_from_their_matrices(tmp_path: Path) -> None:
    figures = {"block_count": 1, "embedding_length": 64, "feed_forward_length": 128, "attention.head_count": 4}
    shapes = {"token_embd.weight": (300, 64), "output.weight": (300, 64), "blk.0.ffn_down_exps.weight": (8, 64, 32)}
    for architecture, kind, inner in (("llama", "mixtral", 32), ("qwen3moe", "qwen3_moe", 128)):
        entries = {f"{architecture}.{name}": figure for name, figure in {**figures, "vocab_size": 300}.items()}
        weights = {**shapes, "blk.0.ffn_up_exps.weight": (8, 32, 64)}
        file = tmp_path / f"{architecture}.gguf"
        file.write_bytes(gguf_bytes({"general.architecture": architecture, **entries}, weights))
        found = architecture_of(str(file))
        assert (found.config["model_type"], found.config["intermediate_size"]) == (kind, inner)
        assert (found.config["num_local_experts"], found.config["moe_intermediate_size"]) == (8, 32)


@pytest.mark.parametrize("content", ["{", "[]", "\xff"])
def test_an_unreadable_config_is_said_plainly(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ModelError):
        architecture_of(str(tmp_path))


def test_a_hub_id_of_the_catalogue_has_a_description() -> None:
    found = architecture_of("HuggingFaceTB/SmolLM2-135M-Instruct")
    assert (found.source, found.figure("hidden_size")) == ("catalogue", 576)
    assert architecture_of(" https://huggingface.co/huggingfacetb/smollm2-135m-instruct").name == found.name
    assert architecture_of("smollm2 135m").name == found.name
    assert architecture_of("demo").figure("vocab_size") == 2048
    with pytest.raises(ModelError):
        architecture_of("nobody/nothing")


def test_a_model_that_was_got_is_known_by_its_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNESMITH_MODELS", str(tmp_path))
    for name in ("nobody--nothing-0123", "nobody--nothing-0456.part"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps(CONFIG))
    assert architecture_of("nobody/nothing").figure("hidden_size") == CONFIG["hidden_size"]


def test_a_folder_with_one_gguf_file_is_that_file(tmp_path: Path) -> None:
    figures = {"block_count": 1, "embedding_length": 64, "feed_forward_length": 128, "attention.head_count": 4}
    entries = {f"llama.{name}": figure for name, figure in {**figures, "vocab_size": 300}.items()}
    content = gguf_bytes({"general.architecture": "llama", **entries}, {"token_embd.weight": (300, 64)})
    (tmp_path / "a.gguf").write_bytes(content)
    assert architecture_of(str(tmp_path)).name == "a"
    (tmp_path / "b.gguf").write_bytes(content)
    with pytest.raises(ModelError, match="Which"):
        architecture_of(str(tmp_path))


def test_the_language_part_of_a_larger_model_is_taken() -> None:
    found = checked({"model_type": "gemma3", "text_config": {**CONFIG, "model_type": "gemma3_text"}}, "g", "x")
    assert found.config["model_type"] == "gemma3_text"
    assert found.note


def test_the_batch_is_as_long_as_the_longest_row_that_is_left() -> None:
    recipe = RecipeSpec(max_length=512, micro_batch=4, effective_batch=16)
    assert batch_of(recipe, Rows(300, 120)) == Batch(4, 300, 480)
    assert batch_of(recipe, Rows(3000, 2000)) == Batch(4, 512, 4 * 511)
    assert batch_of(recipe.model_copy(update={"packing": True}), Rows(300, 120)).length == 512
    assert start_rank(RecipeSpec(adapter="adalora", rank=16)) == 24


def test_bands_and_fit() -> None:
    found = memory_of(architecture(), RecipeSpec(), rows_of_length(1000), lambda _: profile(), on_cuda=True)
    assert found.allocated == sum(found.breakdown.values())
    assert found.reserved == (round(found.allocated * 1.08), round(found.allocated * 1.41))
    assert found.driver == (found.reserved[0] + 1_300_000_000, found.reserved[1] + 1_500_000_000)
    assert found.fits(4 * GIB)
    assert not found.fits(2 * GIB)


def test_on_a_cpu_nothing_is_reserved_ahead() -> None:
    found = memory_of(architecture(), RecipeSpec(), rows_of_length(10), lambda _: profile(), on_cuda=False)
    assert found.reserved == (found.allocated, found.allocated)


@pytest.mark.parametrize(
    ("name", "each"),
    [
        ("adamw_torch_fused", 8),
        ("paged_adamw_8bit", 2),
        ("adamw_torch_4bit", 1),
        ("sgd", 0),
        ("schedule_free_sgd", 4),
        ("lion_8bit", 1),
        ("adafactor", 0),
        ("new", 8),
    ],
)
def test_what_optimizers_keep(name: str, each: int) -> None:
    assert optimizer_state(name).bytes_per_element == each


def test_the_table_of_cards() -> None:
    assert len(load_cards()) >= 20
    for spoken, name in {
        "NVIDIA GeForce RTX 4070 Ti SUPER": "RTX 4070 Ti SUPER",
        "NVIDIA GeForce RTX 4090": "RTX 4090",
        "Tesla T4": "Tesla T4",
        "NVIDIA A10G": "A10G",
        "NVIDIA A100-SXM4-40GB": "A100 40GB",
        "NVIDIA A100-SXM4-80GB": "A100 80GB",
        "NVIDIA L40S": "L40S",
        "NVIDIA H100 80GB HBM3": "H100 SXM 80GB",
    }.items():
        found = card_named(spoken)
        assert found is not None
        assert found.name == name
    assert card_named("Voodoo 3") is None
    assert {"RTX 3090", "RTX 4090", "L4"} <= {card.name for card in cards_with(24 * GIB)}


def test_operations_of_a_token() -> None:
    work = Work(7 * 10**9, 5 * 10**8, 32 * 4096)
    without, again = (flops_per_token(work, 1, 0.0, checkpointing=flag) for flag in (False, True))
    assert without == pytest.approx(4 * 7e9, rel=0.001)
    assert again == pytest.approx(6 * 7e9, rel=0.001)
    assert flops_per_token(work, 1, 1.0, checkpointing=False) - without == pytest.approx(4 * 5e8, rel=0.001)
    assert flops_per_token(work, 8192, 0.0, checkpointing=False) > 1.2 * without


def test_time_and_cost() -> None:
    card = card_named("RTX 4090")
    assert card is not None
    rows = Rows(512, 256, count=1000, tokens=400_000)
    recipe = RecipeSpec(epochs=2, effective_batch=16, micro_batch=4)
    step = step_seconds(recipe, rows, Work(7 * 10**9, 5 * 10**8, 32 * 4096), (card,), checkpointing=True)
    assert step is not None
    assert 0 < step[0] < step[1]
    whole = run_duration(recipe, rows, step, basis="card")
    assert whole is not None
    assert whole.steps == 126
    assert whole.run == (step[0] * 126, step[1] * 126)
    cost = cost_of(whole, 0.42, "EUR")
    assert cost is not None
    assert cost["low"] == pytest.approx(whole.run[0] / 3600 * 0.42, abs=1e-4)
    assert cost_of(whole, None, "EUR") is None
    assert step_seconds(recipe, rows, Work(1, 1, 1), (), checkpointing=True) is None
    assert fullness(4096) > fullness(256) == 0.5


def test_a_probe_corrects_later_plans_of_that_gpu() -> None:
    planned = memory_of(architecture(), RecipeSpec(), rows_of_length(1000), lambda _: profile(), on_cuda=True)
    moving = planned.breakdown["activations"] + planned.breakdown["logits"]
    assert correction_for("RTX 9999") == 1.0
    assert learn("RTX 9999", planned, planned.allocated + moving // 5) == pytest.approx(1.2)
    assert correction_for("RTX 9999") == pytest.approx(1.2)
    assert correction_for("RTX 8888") == 1.0
    assert learn("RTX 9999", planned, planned.allocated * 50) == 1.0
    assert correction_for("RTX 9999") == pytest.approx(1.2)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("24GiB", 24 * GIB), ("24 GB", 24 * GIB), ("24", 24 * GIB), ("1.5g", 1.5 * GIB), ("24576 mb", 24 * GIB)],
)
def test_amounts(text: str, amount: float) -> None:
    assert amount_of(text) == amount


@pytest.mark.parametrize("text", ["", "24b", "4096", "lots", "-3GiB", "0GiB", "1.2.3GiB", "9PiB"])
def test_no_amounts(text: str) -> None:
    with pytest.raises(UsageError):
        amount_of(text)
