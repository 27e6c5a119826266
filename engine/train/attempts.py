"""Training with second chances: after a loss that is no number, back to the last good checkpoint with a lower rate.

Each time the learning rate becomes `RATE_FACTOR` of what it was: about a third, as people step down by hand (3e-4,
1e-4, 3e-5), so that two times make a tenth. The rows and the random numbers after the checkpoint are the same again;
the lower rate is what is different. Where the same step breaks again and again the rows are to blame and not the
rate: after `MOST_RETURNS` times it ends, and says so.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch

from engine.errors import JobFailedError
from engine.jobs.context import JobContext
from engine.jobs.events import WarningEvent
from engine.spec import RecipeSpec
from engine.train import together
from engine.train.callback import EventCallback, Meter, NotFinite
from engine.train.checkpoints import good_checkpoint, leave_later, step_of
from engine.train.health_history import WENT_BACK
from engine.train.recover import OutOfMemory
from engine.train.run import Run, facts_of, required_rate
from engine.train.trainer import RecipeTrainer

MOST_RETURNS = 2
RATE_FACTOR = 0.3


def event_callback(trainer: RecipeTrainer) -> EventCallback:
    """The callback of ours that a trainer was built with."""
    return next(one for one in trainer.callback_handler.callbacks if isinstance(one, EventCallback))


def train_with_recovery(context: JobContext, trainer: RecipeTrainer, run: Run, recipe: RecipeSpec, meter: Meter) -> int:
    """Train to the end, to a stop request, or until nothing helps.

    Returns:
        How often it went back.

    Raises:
        JobFailedError: `not_finite`: the loss stopped being a number once too often.
        OutOfMemory: Not even one row fits; the steps done so far are saved.
    """
    callback = event_callback(trainer)
    beginning = None if run.resume_from else _Beginning(trainer, recipe.seed)
    rate, resume_from, broken = required_rate(run, recipe), _sound_start(context, run, recipe), list[int]()
    meter.tokens = int(facts_of(resume_from).get("tokens", 0))
    while True:
        saved_with = float(facts_of(resume_from).get("rate", recipe.learning_rate))
        callback.rate_factor, callback.new_schedule = rate / saved_with, run.adapted
        trainer.facts["rate"] = rate
        try:
            trainer.train(resume_from_checkpoint=str(resume_from) if resume_from else None)
            return len(broken)
        except NotFinite as error:
            broken.append(error.step)
            resume_from = _sound_checkpoint(run, error.step)
            if len(broken) > MOST_RETURNS or recipe.dp_epsilon is not None or (not resume_from and not beginning):
                raise _no_use(error, broken, run) from error
            rate *= RATE_FACTOR
            _say(context, error, resume_from, rate)
        except OutOfMemory:
            _save_what_is_done(trainer, run)
            raise
        _make_ready(trainer)
        meter.tokens = int(facts_of(resume_from).get("tokens", 0))
        if resume_from is None and beginning is not None:
            beginning.restore(trainer)


def _sound_start(context: JobContext, run: Run, recipe: RecipeSpec) -> Path | None:
    """The checkpoint to go on from; an earlier one where its optimizer would spoil the weights with the first step.

    Raises:
        JobFailedError: `not_finite`: there is no earlier one, or a private run would spend for the same steps twice.
    """
    if run.resume_from is None:
        return None
    sound = optimizer_is_finite(run.resume_from)
    # Every process has looked before the first one puts anything aside.
    together.meet()
    if sound:
        return run.resume_from
    earlier = _sound_checkpoint(run, run.step)
    what = f"What the optimizer remembers at step {run.step:,} is no number, so the next step would spoil the weights."
    if earlier is None or recipe.dp_epsilon is not None:
        hint = "Start a new run, or take the adapter as it is there: `tunesmith runs rollback PROJECT`."
        raise JobFailedError("The run cannot go on from its checkpoint.", what, hint, code="not_finite")
    back = step_of(earlier)
    if together.rank() == 0:
        leave_later(run.checkpoints, back)
    together.meet()
    title = f"{what} It goes on from step {back:,}."
    print(title, flush=True)
    warning = WarningEvent(code=WENT_BACK, title=title, hint="If the loss stops being a number again, lower the rate.")
    context.emit(warning.model_copy(update={"step": back}))
    return earlier


def _sound_checkpoint(run: Run, before: int) -> Path | None:
    """The newest checkpoint from before a step whose adapter and optimizer hold finite numbers only, or None."""
    found = good_checkpoint(run.checkpoints, before)
    while found is not None and not optimizer_is_finite(found):
        found = good_checkpoint(run.checkpoints, step_of(found))
    return found


def optimizer_is_finite(checkpoint: Path) -> bool:
    """Whether what the optimizer remembers can be read and is finite; True where it is not in this one file."""
    file = checkpoint / "optimizer.pt"
    if not file.is_file():
        return True
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)["state"]
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
        print(f"{file} cannot be read: {error}", flush=True)
        return False
    tensors = [value for moments in state.values() for value in moments.values() if torch.is_tensor(value)]
    return all(bool(tensor.isfinite().all()) for tensor in tensors if tensor.is_floating_point())


class _Beginning:
    """The adapter as it was before the first step, for a run that has no checkpoint yet. Held in main memory."""

    def __init__(self, trainer: RecipeTrainer, seed: int) -> None:
        self._seed = seed
        self._weights = {
            name: weight.detach().to("cpu", copy=True)
            for name, weight in trainer.model.named_parameters()
            if weight.requires_grad
        }

    @torch.no_grad()
    def restore(self, trainer: RecipeTrainer) -> None:
        """Put it back."""
        for name, weight in trainer.model.named_parameters():
            if name in self._weights:
                weight.copy_(self._weights[name])
        torch.manual_seed(together.own_seed(self._seed))


def _make_ready(trainer: RecipeTrainer) -> None:
    """Take away what the broken attempt left in the trainer; the next one builds it anew."""
    trainer.optimizer = trainer.lr_scheduler = None
    trainer.parts.forget()
    trainer.model.zero_grad()
    handle: Any = getattr(trainer, "neftune_hook_handle", None)
    if handle is not None:
        # The next attempt puts the noise on again; twice would be too much of it.
        handle.remove()


def _say(context: JobContext, error: NotFinite, resume_from: Path | None, rate: float) -> None:
    back = step_of(resume_from) if resume_from else 0
    where = f"step {back:,}" if back else "the beginning"
    title = f"At step {error.step:,} {error}: it goes back to {where} with a lower learning rate, {rate:.1e}."
    print(title, flush=True)
    warning = WarningEvent(code=WENT_BACK, title=title, hint="Nothing to do. If it happens again, lower the rate.")
    context.emit(warning.model_copy(update={"step": back}))


def _no_use(error: NotFinite, broken: list[int], run: Run) -> JobFailedError:
    steps = ", ".join(f"{step:,}" for step in broken)
    again = len(broken) > 1
    same = again and len(set(broken)) == 1
    hint = (
        "It is the same step each time, so look at the rows rather than at the rate: `tunesmith preview PROJECT`."
        if same
        else "Start again with a lower recipe.learning_rate (a tenth is a good first try)."
    )
    return JobFailedError(
        "The loss stopped being a number.",
        f"At step {steps} {error}"
        + (f", although it went back {len(broken) - 1} times with a lower rate. " if again else ". ")
        + f"The checkpoints in {run.checkpoints} are from before.",
        hint,
        code="not_finite",
    )


def _save_what_is_done(trainer: RecipeTrainer, run: Run) -> None:
    """A checkpoint of the steps that were whole, so that another setting can go on from there.

    Several processes save together or not at all, and the others are in the middle of the step.
    """
    trainer.model.zero_grad()
    if together.world() > 1:
        return
    if trainer.state.global_step > run.step:
        trainer.parts.rewind()
        trainer._save_checkpoint(trainer.model, None)
