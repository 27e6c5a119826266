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
from engine.train import together
from engine.train.batches import perplexity
from engine.train.rate import set_rate

STEP_EVENT_S = 1.0
MEMORY_EVENT_S = 15.0


class NotFinite(Exception):
    """The loss or the gradient of a step is no number; the weights after it are spoilt."""

    def __init__(self, step: int, what: str) -> None:
        super().__init__(what)
        self.step = step


@dataclass
class Meter:
    """Tokens and seconds of the training steps alone: evaluation, saving and start-up do not count."""

    tokens: int = 0
    """Without padding, over the whole run, earlier parts of a resumed run included."""
    run_tokens: int = 0
    """Of this job only."""
    step_tokens: int = 0
    """Of the present step in this process; those of the others are added when the step ends."""
    seconds: float = 0.0
    """Wall time of the training loop without evaluation and saving."""

    @property
    def tokens_per_second(self) -> float:
        """Of this job so far; 0 before the first step."""
        return self.run_tokens / self.seconds if self.seconds else 0.0

    def add(self, tokens: int) -> None:
        """This process has computed so many."""
        self.tokens += tokens
        self.run_tokens += tokens
        self.step_tokens += tokens

    def close_step(self, everywhere: int) -> None:
        """The step is done; all processes together have computed so many in it."""
        others = everywhere - self.step_tokens
        self.tokens += others
        self.run_tokens += others
        self.step_tokens = 0


class EventCallback(TrainerCallback):  # type: ignore[misc]
    """Tells how training goes, and hands a stop request to the trainer."""

    def __init__(self, context: JobContext, meter: Meter) -> None:
        """Args: the job, and the meter that the trainer adds tokens to."""
        self._context = context
        self._meter = meter
        self._losses: list[float] = []
        self._gradients: list[float] = []
        self._last_event = 0.0
        self._last_memory = 0.0
        self._began = time.monotonic()
        self._first_step: int | None = None
        self._window = (0, 0.0)
        self._best = float("inf")
        self._mark = time.perf_counter()
        self.rate_factor = 1.0
        """Learning rate wanted over that of the checkpoint it goes on from."""
        self.new_schedule = False
        """Whether the schedule is another one than the checkpoint's."""
        self.patience: int | None = None
        """Evaluations without a better one after which it stops; None: never."""
        self.stopped_early = False

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **has: Any) -> None:
        """Start the clock; a resumed run begins at the step of its checkpoint, with the rate that is wanted now."""
        self._first_step, self._began, self._mark = state.global_step, time.monotonic(), time.perf_counter()
        self._losses.clear()
        self._gradients.clear()
        self._best = min((loss for _, loss in evaluations(state)), default=float("inf"))
        # A checkpoint brings the cadence it was made with; the present recipe's counts.
        state.compute_steps(args, state.max_steps)
        if self.rate_factor != 1.0 or self.new_schedule:
            set_rate(has["optimizer"], has["lr_scheduler"], self.rate_factor)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Read the clock; a stop request saves and ends here, at a step's boundary, in all processes at once."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        now = time.perf_counter()
        self._meter.seconds, self._mark = self._meter.seconds + now - self._mark, now
        asked, tokens = together.total(self._context.stop.is_set(), self._meter.step_tokens)
        self._meter.close_step(int(tokens))
        if asked:
            self._context.stop.set()
            control.should_save = control.should_training_stop = True

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: dict[str, Any], **has: Any
    ) -> None:
        """One optimizer step was logged: remember its loss, and report if a second has passed.

        Raises:
            NotFinite: Nothing is saved after such a step, because it is logged before it is saved.
        """
        if "loss" not in logs:
            return
        self._losses.append(float(logs["loss"]))
        if "grad_norm" in logs:
            self._gradients.append(float(logs["grad_norm"]))
        broken = self._broken(args)
        now = time.monotonic()
        last = state.global_step >= state.max_steps or control.should_training_stop or broken
        if now - self._last_event < STEP_EVENT_S and not last:
            return
        self._last_event = now
        self._context.emit(self._step_event(args, state, logs, now, has.get("model")))
        self._losses.clear()
        self._gradients.clear()
        if now - self._last_memory >= MEMORY_EVENT_S or last:
            self._last_memory = now
            self._context.emit(memory_now())
        if broken:
            raise NotFinite(state.global_step, broken)

    def _broken(self, args: TrainingArguments) -> str:
        """What of the last step is no number; empty where all is well."""
        if not math.isfinite(self._losses[-1]):
            return "the loss is NaN" if math.isnan(self._losses[-1]) else "the loss is infinite"
        # With 16-bit floats the trainer skips such steps by itself and lowers its scale: that is how it finds it.
        if self._gradients and not math.isfinite(self._gradients[-1]) and not args.fp16:
            return "the gradient is no number"
        return ""

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, metrics: dict[str, float], **_: Any
    ) -> None:
        """The holdout was measured. The best state is saved; when nothing was better for long, it ends."""
        loss = metrics["eval_loss"]
        self._context.emit(
            EvaluationEvent(step=state.global_step, loss=loss, perplexity=perplexity(loss), best=loss < self._best)
        )
        self._best = min(self._best, loss)
        if state.global_step and state.global_step != self._first_step:
            if state.best_metric is None or loss < state.best_metric:
                # Kept in the trainer's state, so that a resumed run knows it. Nothing else sets them: no metric
                # for the best model is given to the trainer.
                state.best_metric, state.best_global_step = loss, state.global_step
                control.should_save = True
            elif self.patience and state.global_step < state.max_steps and _since_best(state) >= self.patience:
                self.stopped_early = control.should_training_stop = control.should_save = True
        self._mark = time.perf_counter()

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Saving does not count as training time."""
        self._mark = time.perf_counter()

    def pause(self) -> None:
        """What was done since the last step is no training: the clock goes on from here."""
        self._mark = time.perf_counter()

    def _step_event(
        self, args: TrainingArguments, state: TrainerState, logs: dict[str, Any], now: float, model: Any
    ) -> StepEvent:
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
            grad_norm=self._gradients[-1] if self._gradients else None,
            grad_norm_max=max(self._gradients, default=None),
            adapter_norm=moved_norm(model),
            tokens_per_second=round(window_tokens / window_seconds, 1) if window_seconds else 0.0,
            tokens=tokens,
            eta_s=round(eta, 1) if eta is not None else None,
        )


def evaluations(state: TrainerState) -> list[tuple[int, float]]:
    """(step, holdout loss) of every evaluation so far; of several at one step the last."""
    return list({entry["step"]: entry["eval_loss"] for entry in state.log_history if "eval_loss" in entry}.items())


def _since_best(state: TrainerState) -> int:
    """Evaluations since the best one."""
    return sum(1 for step, _ in evaluations(state) if step > (state.best_global_step or 0))


def moved_norm(model: Any) -> float | None:
    """Norm of the part of the adapter that starts at zero: LoRA's B, AdaLoRA's E. None where there is no such part."""
    if model is None:
        return None
    named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    part = "lora_E" if any("lora_E" in name for name, _ in named) else "lora_B"
    found = [parameter.detach() for name, parameter in named if part in name]
    if any(hasattr(weight, "full_tensor") or hasattr(weight, "ds_id") for _, weight in named):
        # In pieces over several processes: to put it together all of them would have to ask.
        return None
    # One number for all of them, so that a GPU is asked once.
    return float(torch.stack([weight.float().square().sum() for weight in found]).sum().sqrt()) if found else None


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
