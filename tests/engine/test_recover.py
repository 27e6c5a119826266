"""A step that does not fit in memory is done again in parts, and nothing else changes. On a model of a few numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from engine.train.recover import OutOfMemory, Parts, cut, is_out_of_memory, run_in_parts

LIMIT = "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"


def batch(rows: int, length: int = 6) -> dict[str, Any]:
    ids = torch.arange(rows * length).reshape(rows, length) % 11
    mask = torch.ones_like(ids)
    for row in range(rows):
        mask[row, length - row % 3 :] = 0
    return {"input_ids": ids, "labels": ids.clone(), "attention_mask": mask, "scale": 2.0}


class Model:
    """Sums embeddings; memory ends beyond so many rows, before or after some gradients were added."""

    def __init__(self, most_rows: int, after_some: bool = False) -> None:
        torch.manual_seed(0)
        self.table = torch.nn.Embedding(11, 3)
        self.other = torch.nn.Parameter(torch.ones(3))
        self.most_rows, self.after_some = most_rows, after_some
        self.drawn: list[float] = []
        self.seen: list[int] = []

    def zero_grad(self) -> None:
        self.table.weight.grad = self.other.grad = None

    def step(self, inputs: dict[str, Any]) -> torch.Tensor:
        rows = len(inputs["input_ids"])
        self.seen.append(rows)
        if rows > self.most_rows:
            if self.after_some:
                self.other.grad = torch.full((3,), 99.0)
            raise RuntimeError(LIMIT)
        self.drawn.append(float(torch.rand(())))
        masked = self.table(inputs["input_ids"]) * inputs["attention_mask"][..., None]
        loss: torch.Tensor = (masked * self.other).sum() * inputs["scale"] / 24
        torch.autograd.backward(loss)
        return loss.detach()


def train(model: Model, batches: list[dict[str, Any]], splits: list[tuple[int, int]]) -> tuple[list[float], Parts]:
    parts = Parts(on_split=lambda rows, fewer: splits.append((rows, fewer)))
    losses = [float(run_in_parts(parts, model.step, one, number=0, zero_grad=model.zero_grad)) for one in batches]
    return losses, parts


@pytest.mark.parametrize("after_some", [False, True])
@pytest.mark.parametrize("most_rows", [1, 3, 4])
def test_losses_and_gradients_are_those_of_the_whole(most_rows: int, after_some: bool) -> None:
    whole, parted = Model(100), Model(most_rows, after_some)
    batches, splits = [batch(2), batch(8), batch(8)], list[tuple[int, int]]()
    expected, _ = train(whole, batches, [])
    losses, _ = train(parted, batches, splits)
    # Losses that the trainer was told of before memory ran out are not told again.
    assert losses == pytest.approx(expected, abs=1e-5)
    for mine, theirs in ((parted.table.weight, whole.table.weight), (parted.other, whole.other)):
        assert mine.grad is not None
        assert theirs.grad is not None
        assert torch.allclose(mine.grad, theirs.grad, atol=1e-5)
    assert splits
    assert all(fewer <= rows // 2 for rows, fewer in splits)


def test_what_did_not_fit_is_remembered() -> None:
    model, splits = Model(4), list[tuple[int, int]]()
    parts = Parts(on_split=lambda rows, fewer: splits.append((rows, fewer)))
    for number in range(3):
        run_in_parts(parts, model.step, batch(8), number=number, zero_grad=model.zero_grad)
    assert splits == [(8, 4)]
    assert model.seen == [8, 4, 4, 4, 4, 4, 4]


def test_short_rows_go_together_where_long_ones_did_not_fit() -> None:
    model = Model(4)
    parts = Parts(on_split=lambda rows, fewer: None)
    run_in_parts(parts, model.step, batch(8, length=6), number=0, zero_grad=model.zero_grad)
    model.seen.clear()
    run_in_parts(parts, model.step, batch(4, length=3), number=1, zero_grad=model.zero_grad)
    assert model.seen == [4]


def test_the_repeated_step_begins_with_the_random_numbers_of_the_first_try() -> None:
    model = Model(4)
    parts = Parts(on_split=lambda rows, fewer: None)
    torch.manual_seed(5)
    run_in_parts(parts, model.step, batch(2), number=0, zero_grad=model.zero_grad)
    first = model.drawn[0]
    run_in_parts(parts, model.step, batch(8), number=0, zero_grad=model.zero_grad)
    assert model.drawn[1] == first


def test_one_row_that_does_not_fit_ends_it() -> None:
    with pytest.raises(OutOfMemory, match="even with one row"):
        train(Model(0), [batch(4)], [])


def test_several_processes_do_not_split() -> None:
    model = Model(1)
    parts = Parts(on_split=lambda rows, fewer: None)
    with pytest.raises(OutOfMemory):
        run_in_parts(parts, model.step, batch(4), number=0, zero_grad=model.zero_grad, splits=False)


def test_other_errors_pass() -> None:
    def broken(_: Any) -> torch.Tensor:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        run_in_parts(Parts(on_split=print), broken, batch(2), number=0, zero_grad=lambda: None)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (lambda: MemoryError(), True),
        (lambda: RuntimeError(LIMIT), True),
        (lambda: RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED"), True),
        (lambda: RuntimeError("index out of range"), False),
        (lambda: ValueError("out of memory"), False),
    ],
)
def test_which_errors_mean_that_memory_ran_out(make: Callable[[], Exception], expected: bool) -> None:
    assert is_out_of_memory(make()) is expected


def test_pieces_leave_off_padding_they_do_not_need() -> None:
    inputs = batch(2, length=6)
    inputs["attention_mask"] = torch.tensor([[1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 1]])
    short, long = cut(inputs, 1)
    assert short["input_ids"].shape == short["labels"].shape == (1, 3)
    assert long["input_ids"].shape == (1, 6)
    assert short["scale"] == 2.0
    assert cut(inputs, 2)[0] is inputs
