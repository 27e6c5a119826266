"""Differential privacy on a real model: gradients as a plain loop has them, weights that move as they should."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.train.batches import collate, to_feature
from engine.train.private import PrivateTrainer
from engine.train.private_budget import PrivacyBudget
from engine.train.recipe import planned_steps
from tests.engine.test_train_model import rows
from tests.engine.test_train_recipes import knobs, trainer_for

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")
NO_NOISE = PrivacyBudget(8.0, 1e-3, 0.0, 0.05, 0.25, 10, ((10, 8.0),))
MANY = rows([20, 13, 25, 30, 9, 33, 21, 28] * 4)


def private_trainer(folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> PrivateTrainer:
    monkeypatch.setattr("engine.train.recipe.make_budget", lambda *_, **__: NO_NOISE)
    trainer = trainer_for(knobs(dp_epsilon=8.0, quantization="nf4", **changes), folder, train=MANY)
    assert isinstance(trainer, PrivateTrainer)
    for name, parameter in trainer.model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    return trainer


def by_hand(trainer: PrivateTrainer, places: list[int]) -> list[list[torch.Tensor]]:
    """Each row's gradient by PyTorch's own backward on full logits, one row after the other."""
    model, found = trainer.model, []
    for place in places:
        ids = torch.tensor([MANY[place].input_ids])
        wanted = torch.tensor([MANY[place].trained])[:, 1:]
        logits = model(input_ids=ids, use_cache=False).logits[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits[wanted], ids[:, 1:][wanted])
        model.zero_grad()
        torch.autograd.backward(loss)
        found.append([p.grad.clone() for p in model.parameters() if p.requires_grad and p.grad is not None])
    model.zero_grad()
    return found


def test_each_row_is_cut_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = private_trainer(tmp_path, monkeypatch)
    places = [0, 3, 4, 9]
    batch = collate([to_feature(MANY[place]) for place in places], pad_token_id=trainer.processing_class.pad_token_id)
    trainer.training_step(trainer.model, batch)
    got = [p.grad.clone() for p in trainer.model.parameters() if p.requires_grad and p.grad is not None]

    expected = [torch.zeros_like(part) for part in got]
    for gradient in by_hand(trainer, places):
        norm = float(torch.cat([part.flatten() for part in gradient]).norm())
        assert norm > NO_NOISE.clip
        for summed, part in zip(expected, gradient, strict=True):
            summed += part * (NO_NOISE.clip / norm)
    rows_expected = NO_NOISE.sample_rate * len(MANY)
    largest = max(float(part.abs().max()) for part in expected) / rows_expected
    for part, summed in zip(got, expected, strict=True):
        assert torch.allclose(part, summed / rows_expected, atol=1e-4 * largest)


def test_noise_has_the_size_that_was_accounted_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = private_trainer(tmp_path, monkeypatch)
    trainer.budget = replace(NO_NOISE, noise=2.0)
    trainer.training_step(trainer.model, trainer._collate([]))
    flat = torch.cat([p.grad.flatten() for p in trainer.model.parameters() if p.requires_grad and p.grad is not None])
    expected = 2.0 * NO_NOISE.clip / (NO_NOISE.sample_rate * len(MANY))
    # With 10,000 numbers and more the standard deviation is known to a few per cent.
    assert flat.numel() > 10_000
    assert float(flat.std()) == pytest.approx(expected, rel=0.05)
    assert abs(float(flat.mean())) < 5 * expected / flat.numel() ** 0.5


def test_a_run_moves_the_weights_and_ends_with_its_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = private_trainer(tmp_path, monkeypatch, max_steps=12, learning_rate=1e-2)
    before = [p.detach().clone() for p in trainer.model.parameters() if p.requires_grad]
    trainer.train()
    after = [p.detach() for p in trainer.model.parameters() if p.requires_grad]
    assert any(not torch.equal(now, then) for now, then in zip(after, before, strict=True))
    # Ten steps were paid for; the twelve that the recipe asks for would spend more than was allowed.
    assert trainer.state.global_step <= NO_NOISE.steps + 1
    assert trainer.epsilon_now() <= 8.0
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert min(losses[3:]) < losses[0]


@pytest.mark.slow
def test_the_steps_are_those_that_are_paid_for(tmp_path: Path) -> None:
    recipe = knobs(dp_epsilon=8.0, max_steps=None, epochs=2.0, effective_batch=4)
    trainer = trainer_for(recipe, tmp_path, train=MANY)
    assert isinstance(trainer, PrivateTrainer)
    assert trainer.budget.steps == planned_steps(recipe, len(MANY)) == trainer.args.max_steps
    assert trainer.args.max_grad_norm == 0.0
