"""Training with differential privacy: DP-SGD (Abadi et al. 2016) on the adapter.

Every row's gradient is computed alone, cut to a norm, summed; noise is added; the sum is divided by the expected number
of rows. Rows come by Poisson sampling, as the accountant assumes. One row at a time is slower than hooks that take
gradients of a whole batch apart, and exact: nothing depends on how PEFT wraps its layers.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader, Sampler

from engine.errors import SpecError
from engine.spec import RecipeSpec
from engine.train.batches import IGNORED, collate
from engine.train.precision import Precision
from engine.train.private_budget import PrivacyBudget
from engine.train.trainer import RecipeTrainer


def check_private(recipe: RecipeSpec, precision: Precision) -> None:
    """Refuse knobs and machines under which the promise would not hold.

    Raises:
        SpecError: Names the knob.
    """
    wrong: str | None = None
    if recipe.packing:
        wrong = "recipe.packing puts rows together; each row's gradient must be taken alone."
    elif recipe.adapter != "lora":
        wrong = "recipe.adapter: adalora moves ranks by gradients that have no noise."
    elif recipe.init != "default":
        wrong = "recipe.init: pissa is not offered with it."
    elif recipe.early_stopping is not None:
        wrong = "recipe.early_stopping would end the run by looking at rows without noise."
    elif precision.dtype == torch.float16:
        wrong = "This card computes in float16, whose loss scaling would undo the limit on each row's gradient."
    if wrong:
        raise SpecError("This knob does not go with differential privacy.", wrong, "Take it out, or recipe.dp_epsilon.")


class PoissonBatches(Sampler[list[int]]):
    """Batches in which each row is with the same chance, independent of all others; some are empty.

    Args:
        rows: How many there are.
        rate: Chance of each.
        batches: How many batches one pass has.
    """

    def __init__(self, rows: int, rate: float, batches: int) -> None:
        self._rows, self._rate, self._batches = rows, rate, batches
        # Who knew the draws would know in which steps a row was: so they come from the system, not from the seed.
        self._generator = _secret_generator("cpu")

    def __len__(self) -> int:
        return self._batches

    def __iter__(self) -> Iterator[list[int]]:
        for _ in range(self._batches):
            drawn = torch.rand(self._rows, generator=self._generator, dtype=torch.float64) < self._rate
            yield drawn.nonzero().flatten().tolist()


class PrivateTrainer(RecipeTrainer):
    """The trainer of a run with differential privacy.

    Args:
        budget: Noise, clipping norm and sampling rate.
        **kwargs: Of `RecipeTrainer`.
    """

    def __init__(self, *, budget: PrivacyBudget, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.budget = budget
        self.begun_at = 0
        """The step it goes on from: known before the trainer has read it from its checkpoint."""
        self._noise = _secret_generator(str(self.args.device))

    def epsilon_now(self) -> float:
        """Epsilon spent by the steps so far, at the budget's delta."""
        return self.budget.spent(max(self.state.global_step, self.begun_at))

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Poisson batches; a row is never dropped for being one too many."""
        rows = len(self.train_dataset)
        batches = max(1, round(1 / self.budget.sample_rate))
        return DataLoader(
            self.train_dataset,
            batch_sampler=PoissonBatches(rows, self.budget.sample_rate, batches),
            collate_fn=self._collate,
        )

    def training_step(self, model: Any, inputs: dict[str, Any], *_: Any, **__: Any) -> torch.Tensor:
        """One optimizer step's gradient, private.

        Returns:
            The mean loss of the drawn rows, in nats per trained token; 0 where none was drawn.
        """
        if not self.budget.allows(self.state.global_step + 1):
            self.control.should_training_stop = True
            return torch.zeros((), device=self.args.device)
        model.train()
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        total = [torch.zeros_like(parameter, dtype=torch.float32) for parameter in parameters]
        loss_sum, rows = 0.0, int(inputs["input_ids"].shape[0])
        for place in range(rows):
            batch = self._prepare_inputs(one_row(inputs, place))
            self._count(batch)
            with self.compute_loss_context_manager():
                loss = self.row_loss(model, batch)
            if loss is None:
                continue
            gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
            add_clipped(total, gradients, self.budget.clip)
            loss_sum += float(loss.detach())
        expected = self.budget.sample_rate * len(self.train_dataset)
        for parameter, summed in zip(parameters, total, strict=True):
            noise = torch.randn(summed.shape, generator=self._noise, device=summed.device)
            summed.add_(noise, alpha=self.budget.noise * self.budget.clip).div_(expected)
            parameter.grad = summed.to(parameter.dtype)
        return torch.tensor(loss_sum / max(rows, 1), device=self.args.device)

    def row_loss(self, model: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor | None:
        """Mean loss of one row's trained tokens; None where it has none."""
        count = int((batch["labels"][:, 1:] != IGNORED).sum())
        if count == 0:
            return None
        loss: torch.Tensor = self.compute_loss(model, batch, num_items_in_batch=torch.tensor(float(count)))
        return loss

    def _count(self, batch: dict[str, torch.Tensor]) -> None:
        tokens = int(batch["input_ids"].numel())
        self._meter.tokens += tokens
        self._meter.run_tokens += tokens

    def _collate(self, features: Sequence[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        if not features:
            empty = torch.zeros((0, 1), dtype=torch.long)
            return {"input_ids": empty, "labels": empty, "attention_mask": empty}
        return collate(features, self.processing_class.pad_token_id)


def one_row(inputs: dict[str, Any], place: int) -> dict[str, torch.Tensor]:
    """Row `place` of a padded batch, without its padding; tensors of shape (1, length)."""
    length = int(inputs["attention_mask"][place].sum())
    return {name: inputs[name][place : place + 1, :length] for name in ("input_ids", "labels", "attention_mask")}


def add_clipped(total: Sequence[torch.Tensor], gradients: Sequence[torch.Tensor | None], clip: float) -> float:
    """Add one row's gradient to the sum, cut to the norm `clip` over all parameters together.

    Returns:
        Its norm before it was cut. A gradient that is not finite counts as nothing: it has no norm to cut to.
    """
    squares = [float(gradient.float().square().sum()) for gradient in gradients if gradient is not None]
    norm = math.sqrt(sum(squares))
    if not norm < float("inf"):
        return norm
    factor = min(1.0, clip / norm) if norm > 0 else 0.0
    for summed, gradient in zip(total, gradients, strict=True):
        if gradient is not None:
            summed.add_(gradient.float(), alpha=factor)
    return norm


def _secret_generator(device: str) -> torch.Generator:
    return torch.Generator(device=device).manual_seed(secrets.randbits(63))
