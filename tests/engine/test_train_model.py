"""What training does to numbers, in this process: gradients, accumulation, loss definitions."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import get_peft_model

from engine.data.render import Rendered
from engine.machine import PRESETS
from engine.models.load import load_model
from engine.spec import ModelSpec, RecipeSpec
from engine.train.batches import collate, holdout_loss, supervised_nll, to_feature
from engine.train.recipe import accumulation, adapter_config, planned_steps

DEMO = PRESETS / "demo" / "model"


def demo_model(quantization: Any) -> Any:
    spec = ModelSpec(source="demo", kind="folder", path=str(DEMO))
    return load_model(spec, quantization=quantization, compute_dtype=torch.float32, device="cpu", attention="auto")


def rows(lengths: list[int]) -> list[Rendered]:
    made = []
    for number, length in enumerate(lengths):
        ids = [(number * 31 + place * 17) % 900 + 50 for place in range(length)]
        trained = [place >= length // 3 for place in range(length)]
        made.append(Rendered(ids, trained, text_pieces=(), eos_trained=True, cut_tokens=0))
    return made


def gradients(model: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    model.zero_grad()
    nll, _ = supervised_nll(model, batch)
    torch.autograd.backward(nll)
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("quantization", ["nf4", "none"])
def test_gradients_are_the_same_before_and_after_an_evaluation(quantization: str) -> None:
    torch.manual_seed(0)
    model = get_peft_model(demo_model(quantization), adapter_config(RecipeSpec(dropout=0.0)))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    model.train()
    batch = collate([to_feature(row) for row in rows([24, 30])], pad_token_id=0)
    before = gradients(model, batch)
    holdout_loss(model, rows([12, 40, 7]), pad_token_id=0, device="cpu")
    assert model.training
    after = gradients(model, batch)
    assert before.norm() > 0
    assert torch.allclose(before, after, atol=1e-6)


def test_holdout_loss_counts_tokens_not_batches() -> None:
    model = demo_model("none").eval()
    some = rows([5, 60, 9, 33])
    single = [supervised_nll(model, collate([to_feature(row)], 0)) for row in some]
    expected = sum(float(nll.detach()) for nll, _ in single) / sum(count for _, count in single)
    for tokens_per_batch in (1, 64, 4096):
        loss = holdout_loss(model, some, pad_token_id=0, device="cpu", tokens_per_batch=tokens_per_batch)
        assert loss == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("micro", "effective", "rows_", "epochs", "expected"),
    [(1, 16, 100, 3, 21), (8, 8, 50, 5, 35), (4, 2, 10, 1, 5), (2, 4, 50, 2, 26)],
)
def test_planned_steps(micro: int, effective: int, rows_: int, epochs: float, expected: int) -> None:
    recipe = RecipeSpec(micro_batch=micro, effective_batch=effective, epochs=epochs)
    assert planned_steps(recipe, rows_) == expected
    assert accumulation(recipe) >= 1
