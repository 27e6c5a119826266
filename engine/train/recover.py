"""Going on after trouble: a step that does not fit in memory is done again in smaller parts.

The gradient of a learning step is a sum over its rows, each divided by the number of trained tokens of the whole step.
So the rows can be computed in any grouping: half the rows at a time, in twice as many parts, gives the same gradient
but for rounding (and but for the places that dropout takes, which are drawn anew for each grouping).

Memory can run out in the middle of the backward pass, when some gradients were added already and others not. Therefore
the whole learning step is done again from its first micro-batch, with the random state it began with.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from engine.errors import JobFailedError

Inputs = dict[str, Any]
Step = Callable[[Inputs], torch.Tensor]
"""Forward and backward over some rows: adds to the gradients and returns the detached loss."""

_WORDS = ("can't allocate memory", "cannot allocate memory", "out of memory", "alloc_failed", "not enough memory")


class OutOfMemory(JobFailedError):
    """Not even one row at a time fits."""

    code = "out_of_memory"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out: CUDA's, Python's, or that of PyTorch's allocator on a CPU."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error).lower() for word in _WORDS)


@dataclass
class Parts:
    """How the micro-batches of a run are cut, and what the present learning step has done so far."""

    on_split: Callable[[int, int], None]
    """Told (rows that did not fit, rows at once from now on)."""
    most_tokens: int | None = None
    """Padded tokens at once, learnt from what did not fit; None: as the micro-batches come."""
    _done: list[tuple[Inputs, _Randomness]] = field(default_factory=list)
    _step: int = -1

    def rewind(self) -> None:
        """Set the random numbers to where the present learning step began."""
        if self._done:
            self._done[0][1].restore()

    def forget(self) -> None:
        """A learning step begins, or the run went back: nothing of before is to be done again."""
        self._done.clear()
        self._step = -1


def run_in_parts(
    parts: Parts, step: Step, inputs: Inputs, *, number: int, zero_grad: Callable[[], None], splits: bool = True
) -> torch.Tensor:
    """One micro-batch, cut as far as memory asks for it.

    Args:
        parts: Of the run; remembers what did not fit.
        step: Forward and backward.
        inputs: The micro-batch: tensors whose first dimension is rows, with `input_ids`.
        number: Of the learning step; micro-batches of one number make one step.
        zero_grad: Sets the gradients to nothing.
        splits: Whether an answer to missing memory is possible at all: not with several processes, which
            must all make the same calls.

    Returns:
        The loss of the micro-batch, detached: the sum over its parts.

    Raises:
        OutOfMemory: Not even one row fits.
    """
    if number != parts._step:
        parts.forget()
        parts._step = number
    parts._done.append((inputs, _Randomness.now()))
    failed = _try(lambda: _run(parts, step, inputs))
    while isinstance(failed, str):
        if not splits:
            raise OutOfMemory("Out of memory.", failed, "Lower recipe.micro_batch, then `train --resume`.")
        _halve(parts, failed)
        zero_grad()
        parts._done[0][1].restore()
        failed = _try(lambda: _again(parts, step))
    return failed


def _run(parts: Parts, step: Step, inputs: Inputs) -> torch.Tensor:
    pieces = cut(inputs, rows_at_once(inputs, parts.most_tokens))
    losses = [step(piece) for piece in pieces]
    return losses[0] if len(losses) == 1 else torch.stack(losses).sum()


def _again(parts: Parts, step: Step) -> torch.Tensor:
    """All micro-batches of this learning step once more; only the last one's loss is not told yet."""
    losses = [_run(parts, step, inputs) for inputs, _ in parts._done]
    return losses[-1]


def _try(work: Callable[[], torch.Tensor]) -> torch.Tensor | str:
    """The result, or the first line of what said that memory ran out.

    The error is let go here: its traceback holds the tensors of the step that failed.
    """
    try:
        return work()
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        words = str(error).strip().splitlines()
        message = words[0][:300] if words else type(error).__name__
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return message


def _halve(parts: Parts, failed: str) -> None:
    """Allow half of the largest that was tried: the step is done again from its first micro-batch."""
    tried = [(rows_at_once(one, parts.most_tokens), one) for one, _ in parts._done]
    rows, largest = max(tried, key=lambda pair: pair[0] * width(pair[1]))
    if rows < 2:
        raise OutOfMemory(
            "Out of memory, even with one row at a time.",
            f"A row of {width(largest):,} tokens does not fit: {failed}",
            "Set recipe.gradient_checkpointing=true or recipe.loss=chunked_nll and go on with `train --resume`; or "
            "begin anew with a smaller recipe.max_length, or the recipe low-memory.",
        )
    parts.most_tokens = (rows // 2) * width(largest)
    parts.on_split(rows, rows // 2)


def width(inputs: Inputs) -> int:
    """Tokens of each row, with padding."""
    return int(inputs["input_ids"].shape[-1])


def rows_at_once(inputs: Inputs, most_tokens: int | None) -> int:
    """How many rows of a micro-batch go together: all, or as many as the limit allows; at least one."""
    rows = int(inputs["input_ids"].shape[0])
    return rows if most_tokens is None else max(1, min(rows, most_tokens // width(inputs)))


def cut(inputs: Inputs, rows: int) -> list[Inputs]:
    """A micro-batch in pieces of at most `rows` rows; padding that a piece does not need is left off.

    What is no tensor with a row for each row goes into every piece as it is. A micro-batch that already fits stays
    the same object.
    """
    whole = int(inputs["input_ids"].shape[0])
    if rows >= whole:
        return [inputs]
    return [_piece(inputs, start, min(start + rows, whole), whole) for start in range(0, whole, rows)]


def _piece(inputs: Inputs, start: int, end: int, whole: int) -> Inputs:
    longest = width(inputs)
    mask = inputs.get("attention_mask")
    if torch.is_tensor(mask) and mask.dim() == 2:
        used = mask[start:end].any(0).nonzero()
        # Only padding on the right is left off; on the left it would move the positions.
        longest = int(used[-1]) + 1 if len(used) else longest
    return {name: _of_rows(value, start, end, whole, width(inputs), longest) for name, value in inputs.items()}


def _of_rows(value: Any, start: int, end: int, whole: int, full: int, longest: int) -> Any:
    if not torch.is_tensor(value) or value.dim() == 0 or value.shape[0] != whole:
        return value
    piece = value[start:end]
    return piece[:, :longest] if piece.dim() == 2 and piece.shape[1] == full else piece


@dataclass(frozen=True)
class _Randomness:
    """Where the random numbers stand, so that a step done again draws the same ones."""

    cpu: torch.Tensor
    cuda: torch.Tensor | None

    @classmethod
    def now(cls) -> _Randomness:
        """As it is."""
        return cls(torch.get_rng_state(), torch.cuda.get_rng_state() if torch.cuda.is_available() else None)

    def restore(self) -> None:
        """As it was."""
        torch.set_rng_state(self.cpu)
        if self.cuda is not None:
            torch.cuda.set_rng_state(self.cuda)
