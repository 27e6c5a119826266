"""What `all-linear` means for mixtures of experts, with PEFT and transformers' own classes in miniature."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import get_peft_model
from peft.tuners.lora import LoraLayer
from transformers import AutoConfig, AutoModelForCausalLM

from engine.errors import SpecError
from engine.plan.architecture import checked
from engine.plan.compute import compute_profile
from engine.plan.memory import rows_of_length, variant_of
from engine.plan.report import Machine, make_report
from engine.spec import RecipeSpec
from engine.train.adapters import adapter_config
from engine.train.targets import adapter_targets, has_experts

# PEFT 0.21 still asks transformers 5.23 by the old name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

_SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "vocab_size": 64,
    "max_position_embeddings": 64,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 16,
}
_ATTENTION = {"q_proj", "k_proj", "v_proj", "o_proj"}
_LATENT = {"q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj"}
_GATED = {"gate_proj", "up_proj", "down_proj"}
_MODELS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "mixtral": ({"num_local_experts": 4}, _ATTENTION),
    "qwen3_moe": ({"num_experts": 4}, _ATTENTION),
    "deepseek_v3": (
        {
            "n_routed_experts": 4,
            "n_group": 2,
            "topk_group": 1,
            "first_k_dense_replace": 1,
            "q_lora_rank": 8,
            "kv_lora_rank": 8,
            "qk_rope_head_dim": 4,
            "head_dim": 4,
            "qk_nope_head_dim": 4,
            "v_head_dim": 8,
            "num_key_value_heads": 4,
        },
        _LATENT,
    ),
    "llama4_text": (
        {"num_local_experts": 4, "num_experts_per_tok": 1, "intermediate_size_mlp": 48},
        _ATTENTION | _GATED,
    ),
}


def tiny(kind: str) -> tuple[dict[str, Any], Any]:
    """A configuration and a model of it with weights."""
    settings = {**_SIZES, **_MODELS[kind][0]}
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **settings))
    return {**settings, "model_type": kind}, model


@pytest.mark.parametrize("kind", _MODELS)
def test_all_linear_leaves_experts_as_they_are_and_keeps_the_dropout(kind: str) -> None:
    _, base = tiny(kind)
    recipe = RecipeSpec(rank=4, dropout=0.05, quantization="none")
    assert has_experts(base)
    model = get_peft_model(base, adapter_config(recipe, model=base))
    adapted = {name: layer for name, layer in model.named_modules() if isinstance(layer, LoraLayer)}
    assert {name.rpartition(".")[2] for name in adapted} == _MODELS[kind][1]
    assert not [name for name in adapted if ".experts" in name]
    assert {layer.lora_dropout["default"].p for layer in adapted.values()} == {0.05}
    ids = torch.arange(12)[None]
    model(input_ids=ids, labels=ids).loss.backward()
    learned = [weight.grad for name, weight in model.named_parameters() if "lora_B" in name]
    assert learned
    assert all(grad is not None and grad.abs().sum() > 0 for grad in learned)


# PEFT looks for the ranks it set for parameters among the modules.
@pytest.mark.filterwarnings("ignore:The following (rank|alpha)_pattern keys did not match:RuntimeWarning")
def test_experts_that_are_named_need_dropout_zero() -> None:
    _, base = tiny("mixtral")
    named = RecipeSpec(targets=["q_proj", "w1", "w2", "w3"], dropout=0.05)
    with pytest.raises(SpecError) as caught:
        adapter_targets(named, base)
    assert "w1, w2, w3" in caught.value.what
    without = named.model_copy(update={"dropout": 0.0})
    model = get_peft_model(base, adapter_config(without, model=base))
    assert [name for name, _ in model.named_parameters() if "experts" in name and "lora_A" in name]


def _plain() -> Any:
    return AutoModelForCausalLM.from_config(AutoConfig.for_model("llama", **_SIZES))


@pytest.mark.parametrize(
    ("targets", "told"),
    [("foo", "foo"), (["q_proj", "v_porj"], "v_porj"), ([], "empty"), ("self_attn", "self_attn"), ("(", "(")],
)
def test_a_name_that_no_layer_has_is_refused(targets: str | list[str], told: str) -> None:
    with pytest.raises(SpecError) as refused:
        adapter_targets(RecipeSpec().model_copy(update={"targets": targets}), _plain())
    assert refused.value.what.startswith(f"recipe.targets: {told}. The model has ")
    assert "q_proj" in refused.value.what


def test_names_and_patterns_are_taken_as_they_are_meant() -> None:
    plain = _plain()
    for given, meant in (
        ("q_proj", ["q_proj"]),
        ("q_proj, v_proj", ["q_proj", "v_proj"]),
        (["o_proj"], ["o_proj"]),
        (r".*\.[qv]_proj", r".*\.[qv]_proj"),
    ):
        assert adapter_targets(RecipeSpec(targets=given), plain) == meant


def test_a_plain_model_is_left_to_peft() -> None:
    plain = _plain()
    assert not has_experts(plain)
    assert adapter_targets(RecipeSpec(), plain) == "all-linear"


def test_the_plan_of_a_mixture_trains_what_training_trains_and_says_so() -> None:
    config, base = tiny("qwen3_moe")
    recipe = RecipeSpec(rank=4)
    model = get_peft_model(base, adapter_config(recipe, model=base))
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    architecture = checked(config, "tiny mixture", "test")
    report = make_report(
        architecture,
        recipe,
        rows_of_length(32),
        lambda variant: compute_profile(architecture, variant),
        Machine(None, on_cuda=True),
    )
    assert report.trained_parameters == trained
    assert "experts" in report.note
    named = recipe.model_copy(update={"targets": ["gate_proj", "up_proj", "down_proj"]})
    with pytest.raises(SpecError):
        compute_profile(architecture, variant_of(architecture, named, rows_of_length(32), on_cuda=True))
