"""Training jobs that go wrong on purpose: kinds of job that exist only in tests, each the real one with one fault.

Set by the key `fault` of the job's spec; the place where it strikes is as deep as the real trouble's would be.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.data.prepare import Prepared
from engine.data.prepare import prepare as prepare_rows
from engine.jobs.context import JobContext
from engine.train import callback as callback_module
from engine.train import checkpoints
from engine.train import finish as finish_module
from engine.train import jobs as jobs_module
from engine.train import spending as spending_module
from engine.train.trainer import RecipeTrainer

Patch = pytest.MonkeyPatch


def train_with_fault(context: JobContext) -> dict[str, Any]:
    """The training job with a fault. Every step is told, so that a recording is the same on any machine."""
    with Patch.context() as patch:
        patch.setattr(callback_module, "STEP_EVENT_S", 0.0)
        patch.setattr(spending_module, "EVENT_S", 0.3)
        if rows := context.spec.get("rows"):
            _changed_rows(lambda prepared: _keep(prepared, rows))(patch, context)
        if name := context.spec.get("fault"):
            FAULTS[name](patch, context)
        return jobs_module.run_train(context)


def nan_at(step: int, times: int = 1) -> Callable[[Patch, JobContext], None]:
    """The loss of one step is no number, so many times it is reached."""

    def fault(patch: Patch, context: JobContext) -> None:
        left = [times]
        real = RecipeTrainer.compute_loss

        def compute_loss(self: RecipeTrainer, *args: Any, **kwargs: Any) -> Any:
            loss = real(self, *args, **kwargs)
            if self.state.global_step + 1 == step and left[0]:
                left[0] -= 1
                return loss * float("nan")
            return loss

        patch.setattr(RecipeTrainer, "compute_loss", compute_loss)

    return fault


def allocator_limit(patch: Patch, context: JobContext) -> None:
    """No more than `most_rows` rows at once go through the model, as if memory ended there."""
    most = int(context.spec["most_rows"])
    real = RecipeTrainer.__init__

    def init(self: RecipeTrainer, **kwargs: Any) -> None:
        real(self, **kwargs)
        inner = self.model.get_base_model().model

        def limited(_: Any, args: Any, kwargs: Any) -> None:
            ids = kwargs.get("input_ids", args[0] if args else kwargs.get("inputs_embeds"))
            if torch.is_grad_enabled() and ids is not None and ids.shape[0] > most:
                raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

        inner.register_forward_pre_hook(limited, with_kwargs=True)

    patch.setattr(RecipeTrainer, "__init__", init)


def _changed_rows(change: Callable[[Prepared], None]) -> Callable[[Patch, JobContext], None]:
    def fault(patch: Patch, context: JobContext) -> None:
        real = prepare_rows

        def prepare(*args: Any, **kwargs: Any) -> Prepared:
            prepared = real(*args, **kwargs)
            change(prepared)
            prepared.tokens = sum(len(row.input_ids) for row in prepared.train)
            prepared.supervised_tokens = sum(row.supervised for row in prepared.train)
            prepared.eos_supervised_share = sum(row.eos_trained for row in prepared.train) / len(prepared.train)
            return prepared

        patch.setattr("engine.train.jobs.prepare", prepare)

    return fault


def _keep(prepared: Prepared, rows: int) -> None:
    del prepared.train[rows:]


def _all_masked(prepared: Prepared) -> None:
    for row in prepared.train:
        row.trained[:] = [False] * len(row.trained)


def _eos_masked(prepared: Prepared) -> None:
    from dataclasses import replace

    for place, row in enumerate(prepared.train):
        last = max(number for number, trained in enumerate(row.trained) if trained)
        mask = [trained and number < last for number, trained in enumerate(row.trained)]
        prepared.train[place] = replace(row, trained=mask, eos_trained=False)


def _leak(prepared: Prepared) -> None:
    prepared.train.extend(prepared.holdout)


def _one_row(prepared: Prepared) -> None:
    prepared.train.extend([prepared.train[0]] * 500)


def inert(patch: Patch, context: JobContext) -> None:
    """The adapter's B matrices are cut off from the loss: their gradients are nothing."""
    real = RecipeTrainer.__init__

    def init(self: RecipeTrainer, **kwargs: Any) -> None:
        real(self, **kwargs)
        for name, parameter in self.model.named_parameters():
            if "lora_B" in name:
                parameter.register_hook(torch.zeros_like)

    patch.setattr(RecipeTrainer, "__init__", init)


def broken_at_the_end(patch: Patch, context: JobContext) -> None:
    """One number of an A matrix is none when the adapter is written: after the last loss and the last evaluation."""
    real = finish_module.save_adapter

    def save_adapter(trainer: RecipeTrainer, *args: Any) -> None:
        first = next(weight for name, weight in trainer.model.named_parameters() if "lora_A" in name)
        first.data[0, 0] = float("nan")
        real(trainer, *args)

    patch.setattr(finish_module, "save_adapter", save_adapter)


def rate_zero(patch: Patch, context: JobContext) -> None:
    """The schedule is at nothing from the tenth step on."""
    real = RecipeTrainer.create_scheduler

    def create_scheduler(self: RecipeTrainer, *args: Any, **kwargs: Any) -> Any:
        scheduler = real(self, *args, **kwargs)
        groups = len(self.lr_scheduler.lr_lambdas)
        self.lr_scheduler.lr_lambdas = [lambda step: 1.0 if step < 10 else 0.0] * groups
        return scheduler

    patch.setattr(RecipeTrainer, "create_scheduler", create_scheduler)


def disk_full(patch: Patch, context: JobContext) -> None:
    """The disk has little room from the beginning, and none at the second checkpoint."""
    real, saved = checkpoints.save_whole, [0]

    def save_whole(folder: Path, step: int, write: Callable[[Path], None], *args: Any, **kwargs: Any) -> Path:
        saved[0] += 1

        def full(path: Path) -> None:
            raise OSError(28, "No space left on device", str(path))

        return real(folder, step, full if saved[0] > 1 else write, *args, **kwargs)

    patch.setattr("engine.train.trainer.save_whole", save_whole)


def killed_in_save(patch: Patch, context: JobContext) -> None:
    """The process is gone in the middle of the second checkpoint, as when the kernel takes the memory back."""
    real, saved = checkpoints.save_whole, [0]

    def save_whole(folder: Path, step: int, write: Callable[[Path], None], *args: Any, **kwargs: Any) -> Path:
        saved[0] += 1

        def half(path: Path) -> None:
            write(path)
            os.kill(os.getpid(), signal.SIGKILL)

        return real(folder, step, half if saved[0] > 1 else write, *args, **kwargs)

    patch.setattr("engine.train.trainer.save_whole", save_whole)


FAULTS: dict[str, Callable[[Patch, JobContext], None]] = {
    "nan_once": nan_at(30),
    "nan_at_3": nan_at(3),
    "nan_at_5": nan_at(5),
    "nan_always": nan_at(5, times=1000),
    "allocator_limit": allocator_limit,
    "all_masked": _changed_rows(_all_masked),
    "eos_masked": _changed_rows(_eos_masked),
    "leak": _changed_rows(_leak),
    "one_row": _changed_rows(_one_row),
    "inert": inert,
    "broken_at_the_end": broken_at_the_end,
    "rate_zero": rate_zero,
    "disk_full": disk_full,
    "killed_in_save": killed_in_save,
}
