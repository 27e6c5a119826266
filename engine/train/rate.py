"""Changing the learning rate of a run that goes on: after it went back, and when it goes on with another recipe.

A checkpoint holds the optimizer's moments and the schedule with the rate they were made with. The moments are kept:
they are averages of gradients and do not depend on the rate. The schedule is the present recipe's, at the step of
the checkpoint: with another number of steps in all, a cosine that had reached 0 begins again where the longer one is.
"""

from __future__ import annotations

from typing import Any


def set_rate(optimizer: Any, scheduler: Any, factor: float) -> None:
    """Multiply the rate of every group of parameters, now and for the rest of the run.

    Args:
        optimizer: Whose groups have `lr` and `initial_lr`; state was loaded from a checkpoint or is fresh.
        scheduler: A `LambdaLR` of the present recipe, whose position was loaded.
        factor: New rate over the one the state was saved with.
    """
    scheduler.base_lrs = [base * factor for base in scheduler.base_lrs]
    shares = [part(scheduler.last_epoch) for part in scheduler.lr_lambdas]
    for group, base, share in zip(optimizer.param_groups, scheduler.base_lrs, shares, strict=True):
        group["initial_lr"] = base
        group["lr"] = base * share
    scheduler._last_lr = [group["lr"] for group in optimizer.param_groups]
