"""One learning step on the longest real row, on the real GPU: what the plan is corrected by before a run.

The step is the trainer's own, so what is measured is what the run will need. It leaves no trace: gradients are thrown
away and no weight changes. Heavy: used by jobs only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from engine.plan.correction import learn
from engine.plan.memory import Memory


@dataclass(frozen=True)
class Meter:
    """How the peak of a stretch of work is measured: `reset` before it, `peak` after it, in allocated bytes."""

    reset: Callable[[], None]
    peak: Callable[[], int]


def cuda_meter() -> Meter:
    """PyTorch's own count on the current GPU."""

    def reset() -> None:
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()

    return Meter(reset, torch.cuda.max_memory_allocated)


def probe(model: Any, step: Callable[[], torch.Tensor], planned: Memory, gpu: str, meter: Meter) -> float:
    """Do one micro-batch forward and backward, and keep how far it was from the plan.

    Args:
        model: With its adapter, on the GPU.
        step: Computes the loss of the largest micro-batch; its backward pass is done here.
        planned: The plan of that micro-batch, made with a correction of 1. Optimizer state that is not there yet and
            gradients of earlier micro-batches are taken out of it.
        gpu: The name the driver gives the card.
        meter: `cuda_meter()`; another one in tests.

    Returns:
        The factor for activations and logits from now on.
    """
    meter.reset()
    try:
        step().backward()  # type: ignore[no-untyped-call]
        measured = meter.peak()
    finally:
        model.zero_grad(set_to_none=True)
    absent = planned.breakdown["optimizer"]
    return learn(gpu, planned, measured + absent)
