"""The accounting of differential privacy, and the two pieces its promise rests on: Poisson draws and clipping."""

from __future__ import annotations

import math

import pytest
import torch
from transformers import TrainerState

from engine.errors import SpecError, UsageError
from engine.spec import RecipeSpec
from engine.train.precision import Precision
from engine.train.private import PoissonBatches, PrivateTrainer, add_clipped, check_private, one_row
from engine.train.private_budget import PrivacyBudget, epsilon_of, make_budget, refuse_other_noise


def _recipe(**knobs: object) -> RecipeSpec:
    return RecipeSpec.model_validate({"dp_epsilon": 8.0, "effective_batch": 8, **knobs})


@pytest.mark.slow
def test_noise_spends_what_was_wanted_and_no_more() -> None:
    budget = make_budget(_recipe(), rows=400, steps=100)
    assert budget.delta == pytest.approx(1 / 4000)
    assert 0.94 * 8 <= budget.spent(100) <= 8.0
    assert budget.spent(0) == 0.0
    assert budget.spent(20) < budget.spent(60) < budget.spent(100)
    # Between two points it says the later one: never too little.
    assert budget.spent(55) == budget.spent(60)
    assert budget.allows(100)
    assert not budget.allows(101)


def test_a_run_does_not_go_on_with_other_noise() -> None:
    """A short run that is promoted has spent what its own noise cost; counting by the new one forgets that."""
    budget = PrivacyBudget(8.0, 1e-4, 1.25, 0.5, 0.1, 100, ((100, 8.0),))
    for before in (1.25, None):
        refuse_other_noise(budget, before)
    with pytest.raises(UsageError, match="other noise") as caught:
        refuse_other_noise(budget, 0.6)
    assert "100 steps planned now" in caught.value.what


def test_a_resumed_run_has_spent_what_it_had_before_its_first_step() -> None:
    trainer = PrivateTrainer.__new__(PrivateTrainer)
    trainer.budget = PrivacyBudget(8.0, 1e-4, 1.25, 0.5, 0.1, 100, ((50, 5.0), (100, 8.0)))
    trainer.state, trainer.begun_at = TrainerState(), 50
    assert trainer.epsilon_now() == 5.0
    trainer.state.global_step = 60
    assert trainer.epsilon_now() == 8.0


def test_full_batches_agree_with_the_gaussian_mechanism() -> None:
    """With every row in every step it is one Gaussian mechanism: epsilon by Balle & Wang 2018, equation 6."""
    noise, delta = 2.0, 1e-4

    def delta_at(epsilon: float) -> float:
        def phi(x: float) -> float:
            return 0.5 * math.erfc(-x / math.sqrt(2))

        mu = 1 / noise
        return phi(mu / 2 - epsilon / mu) - math.exp(epsilon) * phi(-mu / 2 - epsilon / mu)

    low, high = 0.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if delta_at(middle) > delta else (low, middle)
    # The accountant may say too much (RDP, which takes over here, is not tight), never too little.
    assert high - 1e-6 <= epsilon_of(noise, 1.0, 1, delta) <= 1.4 * high


@pytest.mark.parametrize(
    ("knobs", "rows", "word"),
    [
        ({}, 10, "too few rows"),
        ({"dp_delta": 0.01}, 400, "dp_delta"),
        ({"dp_epsilon": 1e-3}, 400, "dp_epsilon"),
        ({"dp_epsilon": 5000.0}, 400, "dp_epsilon"),
    ],
)
def test_a_budget_that_means_nothing_is_refused(knobs: dict[str, float], rows: int, word: str) -> None:
    with pytest.raises(SpecError) as caught:
        make_budget(_recipe(**knobs), rows=rows, steps=100)
    assert word in caught.value.title


@pytest.mark.parametrize("knobs", [{"packing": True}, {"adapter": "adalora"}, {"early_stopping": 2}])
def test_knobs_that_break_the_promise_are_refused(knobs: dict[str, object]) -> None:
    with pytest.raises(SpecError, match="differential privacy"):
        check_private(_recipe(**knobs), Precision("cpu", torch.float32, ""))


def test_a_card_that_scales_its_loss_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        check_private(_recipe(), Precision("cuda", torch.float16, ""))
    assert "float16" in caught.value.what


def test_poisson_draws_each_row_alone() -> None:
    rows, rate, batches = 200, 0.05, 2000
    drawn = torch.zeros(batches, rows)
    for number, batch in enumerate(PoissonBatches(rows, rate, batches)):
        drawn[number, batch] = 1
    sizes = drawn.sum(1)
    # Five standard deviations: once in two million runs.
    assert abs(float(sizes.mean()) - rows * rate) < 5 * math.sqrt(rows * rate * (1 - rate) / batches)
    # The size of a batch varies as that of independent draws does; a shuffled pass would have no variance at all.
    assert float(sizes.var()) == pytest.approx(rows * rate * (1 - rate), rel=0.25)
    assert not torch.equal(drawn[0], torch.stack([drawn[1]])[0])


def test_a_row_counts_for_no_more_than_the_clipping_norm() -> None:
    torch.manual_seed(0)
    gradients = [torch.randn(3, 4), torch.randn(5)]
    norm = math.sqrt(sum(float(gradient.square().sum()) for gradient in gradients))
    total = [torch.zeros(3, 4), torch.zeros(5)]
    assert add_clipped(total, gradients, clip=0.5) == pytest.approx(norm)
    for summed, gradient in zip(total, gradients, strict=True):
        assert torch.allclose(summed, gradient * (0.5 / norm))
    small = [gradient * 1e-3 for gradient in gradients]
    total = [torch.zeros(3, 4), torch.zeros(5)]
    add_clipped(total, small, clip=0.5)
    assert torch.equal(total[0], small[0])
    before = [part.clone() for part in total]
    add_clipped(total, [torch.full((3, 4), math.nan), None], clip=0.5)
    assert all(torch.equal(now, then) for now, then in zip(total, before, strict=True))


def test_one_row_is_taken_without_its_padding() -> None:
    inputs = {
        "input_ids": torch.tensor([[1, 2, 3], [4, 5, 0]]),
        "labels": torch.tensor([[1, 2, 3], [4, 5, -100]]),
        "attention_mask": torch.tensor([[1, 1, 1], [1, 1, 0]]),
    }
    assert one_row(inputs, 1)["input_ids"].tolist() == [[4, 5]]
    assert one_row(inputs, 0)["labels"].tolist() == [[1, 2, 3]]
