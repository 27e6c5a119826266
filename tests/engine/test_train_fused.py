"""The fast ways of a training step give the numbers of the plain ones: the loss, the LoRA layers, packing."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import get_peft_model

from engine.data.render import Rendered
from engine.models.load import load_model
from engine.spec import ModelSpec, RecipeSpec
from engine.train.adapters import adapter_config
from engine.train.batches import collate, measured_nll, supervised_nll, to_feature
from engine.train.fused import fuse_adapters
from engine.train.loss import Head, labelled_nll, summed_nll, targets_of, teach_loss
from engine.train.packing import Collator, StepSampler, pack_rows, packed_feature
from tests.engine.test_train_model import DEMO, rows

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")
"""PEFT asks the model for a name that transformers has given up."""


def adapted(recipe: RecipeSpec, quantization: str = "nf4", attention: str = "auto") -> Any:
    """The demo model with an adapter that has left its start."""
    spec = ModelSpec(source="demo", kind="folder", path=str(DEMO))
    base = load_model(
        spec,
        quantization=quantization,  # type: ignore[arg-type]
        compute_dtype=torch.float32,
        device="cpu",
        attention=attention,
    )
    torch.manual_seed(3)
    model = get_peft_model(base, adapter_config(recipe))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    return model.train()


def gradients(model: Any, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    model.zero_grad()
    torch.autograd.backward(loss)
    return {name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None}


def closeness(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    """Largest difference, over the largest value."""
    assert one.keys() == other.keys()
    largest = max(float(value.abs().max()) for value in one.values())
    return max(float((one[name] - other[name]).abs().max()) for name in one) / largest


def targets(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    places, tokens = targets_of(batch["labels"])
    return {**batch, "places": places, "tokens": tokens}


@pytest.mark.parametrize(
    ("scale", "softcap", "bias"), [(1.0, None, False), (0.25, None, True), (1.0, 3.0, False), (2.0, 30.0, True)]
)
def test_the_loss_in_chunks_is_cross_entropy(scale: float, softcap: float | None, bias: bool) -> None:
    torch.manual_seed(1)
    hidden = torch.randn(2, 9, 16, dtype=torch.float64, requires_grad=True)
    weight, shift = torch.randn(50, 16, dtype=torch.float64), torch.randn(50, dtype=torch.float64)
    labels = torch.randint(0, 50, (2, 9))
    labels[0, :4] = labels[1, 5:] = -100
    logits = torch.nn.functional.linear(hidden, weight, shift if bias else None) * scale
    if softcap:
        logits = softcap * torch.tanh(logits / softcap)
    plain = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), reduction="sum")
    (expected,) = torch.autograd.grad(plain, hidden)
    head = Head(weight, shift if bias else None, scale, softcap)
    ours = summed_nll(hidden, head, *targets_of(labels), at_once=150)  # three positions at a time
    (gradient,) = torch.autograd.grad(ours, hidden)
    assert float(ours.detach()) == pytest.approx(float(plain.detach()), rel=1e-6)
    assert torch.allclose(gradient, expected, atol=1e-5)


def test_a_batch_without_learned_tokens_has_no_loss_and_a_gradient_of_zero() -> None:
    hidden = torch.randn(1, 4, 8, requires_grad=True)
    loss = summed_nll(hidden, Head(torch.randn(20, 8)), *targets_of(torch.full((1, 4), -100)))
    torch.autograd.backward(loss)
    assert float(loss.detach()) == 0.0
    assert hidden.grad is not None
    assert float(hidden.grad.abs().sum()) == 0.0


@pytest.mark.parametrize("quantization", ["nf4", "none"])
@pytest.mark.parametrize("checkpointing", [False, True])
def test_fused_lora_has_the_gradients_of_peft(quantization: str, checkpointing: bool) -> None:
    model = adapted(RecipeSpec(dropout=0.0, rank=8, alpha=16), quantization)
    batch = collate([to_feature(row) for row in rows([24, 30, 9])], pad_token_id=0)
    plain, count = supervised_nll(model, batch)
    expected = gradients(model, plain)
    layers = fuse_adapters(model)
    assert layers == sum(name.endswith("lora_A.default.weight") for name in expected)
    if checkpointing:
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable({"use_reentrant": False})
    ours = labelled_nll(model, targets(batch))
    assert float(ours.detach()) == pytest.approx(float(plain.detach()), rel=1e-6)
    assert closeness(gradients(model, ours), expected) < 1e-5
    assert measured_nll(model, batch)[1] == count


def test_fused_dropout_is_dropout() -> None:
    """Against a plain LoRA layer that is given the mask which the fused one drew from its seed."""
    from engine.train.fused import _stays

    model = adapted(RecipeSpec(dropout=0.25, rank=8, alpha=16), "none")
    layer = next(one for one in model.modules() if hasattr(one, "lora_A") and "default" in one.lora_A)
    x = torch.randn(3, 40, layer.in_features, requires_grad=True)
    first, second = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    fuse_adapters(model)
    torch.manual_seed(11)
    seed = int(torch.randint(1 << 62, ()))
    stays = _stays(x.reshape(-1, x.shape[-1]), 0.25, seed)
    assert stays is not None
    assert float(stays.float().mean()) == pytest.approx(0.75, abs=0.01)
    dropped = x * stays.view(x.shape) / 0.75
    plain = layer.base_layer(x) + dropped @ first.t() @ second.t() * layer.scaling["default"]
    weights = torch.randn_like(plain)
    expected = torch.autograd.grad((plain * weights).sum(), (x, first, second))
    torch.manual_seed(11)
    ours = layer(x)
    got = torch.autograd.grad((ours * weights).sum(), (x, first, second))
    assert torch.allclose(ours, plain, atol=1e-5)
    for one, other in zip(got, expected, strict=True):
        assert torch.allclose(one, other, atol=1e-5 * float(other.abs().max()) + 1e-6)


def test_fused_layers_go_pefts_way_in_evaluation_and_without_the_adapter() -> None:
    model = adapted(RecipeSpec(dropout=0.5), "none")
    batch = {"input_ids": torch.arange(60, 80)[None]}
    with torch.no_grad():
        model.eval()
        before = model(**batch).logits
        with model.disable_adapter():
            base = model(**batch).logits
        fuse_adapters(model)
        assert torch.equal(model(**batch).logits, before)
        model.train()
        with model.disable_adapter():
            assert torch.allclose(model(**batch).logits, base, atol=1e-5)
        assert not torch.allclose(model(**batch).logits, before, atol=1e-3)


def test_a_taught_model_answers_other_calls_as_before() -> None:
    model = adapted(RecipeSpec(dropout=0.0), "none").eval()
    batch = collate([to_feature(row) for row in rows([12])], pad_token_id=0)
    before = model(**batch)
    teach_loss(model.get_base_model())
    after = model(**batch)
    assert torch.equal(after.logits, before.logits)
    assert torch.equal(after.loss, before.loss)
    asked = targets(batch)
    loss = model(input_ids=asked["input_ids"], places=asked["places"], tokens=asked["tokens"])
    assert float(loss.detach()) / len(asked["tokens"]) == pytest.approx(float(before.loss.detach()), rel=1e-5)


def packed_batch(packs: list[list[Rendered]], *, flat: bool) -> dict[str, torch.Tensor]:
    return targets(Collator(0, flat=flat)([packed_feature(pack) for pack in packs]))


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("flat", [False, True])
def test_packed_rows_do_not_see_each_other(attention: str, flat: bool) -> None:
    model = adapted(RecipeSpec(dropout=0.0), "none", attention)
    some = rows([20, 7, 33, 12, 18])
    packs = pack_rows(some, 48)
    assert len(packs) == 2
    alone = [labelled_nll(model, targets(collate([to_feature(row)], 0))) for row in some]
    count = sum(len(targets(collate([to_feature(row)], 0))["tokens"]) for row in some)
    expected = gradients(model, torch.stack(alone).sum())
    batch = packed_batch(packs, flat=flat)
    assert len(batch["tokens"]) == count
    assert int(batch["length"].sum()) == 90
    together = labelled_nll(model, batch)
    assert float(together.detach()) / count == pytest.approx(float(torch.stack(alone).sum().detach()) / count, abs=1e-4)
    assert closeness(gradients(model, together), expected) < 1e-4
    full, _ = supervised_nll(model, {k: v for k, v in batch.items() if k not in ("places", "tokens")})
    assert float(full.detach()) == pytest.approx(float(together.detach()), rel=1e-5)


def test_packing_keeps_every_row_once_and_to_the_limit() -> None:
    some = rows([3 + (7 * number) % 61 for number in range(200)])
    packs = pack_rows(some, 64, seed=4)
    assert sorted(id(row) for pack in packs for row in pack) == sorted(map(id, some))
    assert max(sum(len(row.input_ids) for row in pack) for pack in packs) <= 64
    tokens = sum(len(row.input_ids) for row in some)
    assert len(packs) <= 1.1 * tokens / 64 + 1
    assert pack_rows(some, 64, seed=4) == packs
    feature = packed_feature(packs[0])
    assert feature["position_ids"][0] == 0
    assert feature["labels"][0] == -100


def test_rows_of_a_step_are_sorted_and_steps_are_random() -> None:
    lengths = [(37 * number) % 101 for number in range(100)]
    sampler = StepSampler(lengths, 16, seed=1)
    first = list(sampler)
    assert sorted(first) == list(range(100))
    for start in range(0, 100, 16):
        step = [lengths[place] for place in first[start : start + 16]]
        assert step == sorted(step, reverse=True)
    assert list(sampler) == first
    sampler.set_epoch(1)
    assert list(sampler) != first
    assert {*first[:16]} != {*list(sampler)[:16]}


def test_products_of_bfloat16_lead_the_same_way() -> None:
    """As on processors with tiles for it; eight bits of precision in each product, sums in float32."""
    model = adapted(RecipeSpec(dropout=0.0, rank=8, alpha=16))
    batch = collate([to_feature(row) for row in rows([24, 30, 9])], pad_token_id=0)
    plain, count = supervised_nll(model, batch)
    expected = gradients(model, plain)
    fuse_adapters(model, torch.bfloat16)
    causal = model.get_base_model()
    teach_loss(causal, torch.bfloat16)
    asked = targets(batch)
    ours = model(**{name: value for name, value in asked.items() if name != "labels"})
    assert float(ours.detach()) / count == pytest.approx(float(plain.detach()) / count, rel=5e-3)
    got = gradients(model, ours)
    one = torch.cat([value.flatten() for value in got.values()])
    other = torch.cat([expected[name].flatten() for name in got])
    assert float(torch.nn.functional.cosine_similarity(one, other, dim=0)) > 0.995
    # what is measured stays as it was
    model.eval()
    with torch.no_grad():
        assert float(measured_nll(model, batch)[0]) == pytest.approx(float(supervised_nll(model, batch)[0]), rel=1e-5)
