"""From the trainer's callbacks to the events of the job. Adds up steps; writes at most one event a second."""

from __future__ import annotations

import math
import resource
import sys
import time
from dataclasses import dataclass
from typing import Any

import psutil
import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from engine.jobs.context import JobContext
from engine.jobs.events import EvaluationEvent, MemoryEvent, StepEvent
from engine.train.batches import perplexity

STEP_EVENT_S = 1.0
MEMORY_EVENT_S = 15.0
NOT_FINITE_LIMIT = 3


@dataclass
class Meter:
    """Tokens and seconds of the training steps alone: evaluation, saving and start-up do not count."""

    tokens: int = 0
    """Without padding, over the whole run, earlier parts of a resumed run included."""
    run_tokens: int = 0
    """Of this process only."""
    seconds: float = 0.0
    """Wall time of the training loop without evaluation and saving."""

    @property
    def tokens_per_second(self) -> float:
        """Of this process so far; 0 before the first step."""
        return self.run_tokens / self.seconds if self.seconds else 0.0


class EventCallback(TrainerCallback):  # type: ignore[misc]
    """Tells how training goes, and hands a stop request to the trainer."""

    def __init__(self, context: JobContext, meter: Meter) -> None:
        """Args: the job, and the meter that the trainer adds tokens to."""
        self._context = context
        self._meter = meter
        self._losses: list[float] = []
        self._last_event = 0.0
        self._last_memory = 0.0
        self._began = time.monotonic()
        self._first_step: int | None = None
        self._window = (0, 0.0)
        self._best = float("inf")
        self._mark = time.perf_counter()
        self.not_finite = 0
        """Steps in a row whose loss was not a number."""

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Start the clock; a resumed run begins at the step of its checkpoint."""
        self._first_step, self._began, self._mark = state.global_step, time.monotonic(), time.perf_counter()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Read the clock; a stop request saves and ends here, at a step's boundary."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        now = time.perf_counter()
        self._meter.seconds, self._mark = self._meter.seconds + now - self._mark, now
        if self._context.stop.is_set():
            control.should_save = control.should_training_stop = True

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: dict[str, Any], **_: Any
    ) -> None:
        """One optimizer step was logged: remember its loss, and report if a second has passed."""
        if "loss" not in logs:
            return
        self._losses.append(float(logs["loss"]))
        self.not_finite = 0 if math.isfinite(self._losses[-1]) else self.not_finite + 1
        if self.not_finite >= NOT_FINITE_LIMIT:
            control.should_training_stop = True
        now = time.monotonic()
        last = state.global_step >= state.max_steps or control.should_training_stop
        if now - self._last_event < STEP_EVENT_S and not last:
            return
        self._last_event = now
        self._context.emit(self._step_event(args, state, logs, now))
        self._losses.clear()
        if now - self._last_memory >= MEMORY_EVENT_S or last:
            self._last_memory = now
            self._context.emit(memory_now())

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, metrics: dict[str, float], **_: Any
    ) -> None:
        """The holdout was measured."""
        loss = metrics["eval_loss"]
        self._context.emit(
            EvaluationEvent(step=state.global_step, loss=loss, perplexity=perplexity(loss), best=loss < self._best)
        )
        self._best = min(self._best, loss)
        self._mark = time.perf_counter()

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Saving does not count as training time."""
        self._mark = time.perf_counter()

    def _step_event(self, args: TrainingArguments, state: TrainerState, logs: dict[str, Any], now: float) -> StepEvent:
        tokens, seconds = self._meter.tokens, self._meter.seconds
        window_tokens, window_seconds = tokens - self._window[0], seconds - self._window[1]
        if self._window == (0, 0.0):
            window_tokens = self._meter.run_tokens
        self._window = (tokens, seconds)
        done = state.global_step - (self._first_step or 0)
        eta = (now - self._began) / done * (state.max_steps - state.global_step) if done else None
        return StepEvent(
            step=state.global_step,
            steps=state.max_steps,
            epoch=round(state.epoch or 0.0, 4),
            epochs=round(float(state.num_train_epochs), 4),
            loss=sum(self._losses) / len(self._losses),
            learning_rate=float(logs["learning_rate"]),
            grad_norm=float(logs["grad_norm"]) if "grad_norm" in logs else None,
            tokens_per_second=round(window_tokens / window_seconds, 1) if window_seconds else 0.0,
            tokens=tokens,
            eta_s=round(eta, 1) if eta is not None else None,
        )


def memory_now() -> MemoryEvent:
    """What this process holds and held at most. CUDA figures are the allocator's, not the driver's."""
    event = MemoryEvent(rss_bytes=psutil.Process().memory_info().rss, peak_rss_bytes=peak_rss_bytes())
    if torch.cuda.is_available():
        event.cuda_allocated_bytes = torch.cuda.memory_allocated()
        event.cuda_peak_allocated_bytes = torch.cuda.max_memory_allocated()
        event.cuda_peak_reserved_bytes = torch.cuda.max_memory_reserved()
    return event


def peak_rss_bytes() -> int:
    """Highest resident set of this process so far (`getrusage`; kilobytes on Linux, bytes on macOS)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)
