"""One of the other processes of a run: `python -m engine.train.rank FOLDER RANK`.

It makes the same calls as the job's own process and tells nobody: no events, no project file, no run folder but its
own random state in a checkpoint. Rank 0 decides when to stop; when rank 0 is gone, it goes too.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import EXIT_DONE, EXIT_JOB_FAILED, StoppedError
from engine.files import PRIVATE_UMASK
from engine.jobs.context import JobContext
from engine.jobs.emit import EventWriter
from engine.jobs.events import Event
from engine.jobs.folder import JobFolder
from engine.jobs.offline import QUIET_ENVIRONMENT, forbid_network
from engine.jobs.runner import hush_libraries
from engine.project import Project

if TYPE_CHECKING:
    from engine.train.ranks import Order

_LOOK_S = 0.5
RANK_0_COMES_WITHIN = timedelta(hours=24)
"""Rank 0 reads and renders the rows first, and ends this process if it ends itself."""


class Silence(EventWriter):
    """Takes events and writes none: one process tells how the run goes."""

    def __init__(self) -> None:
        self.last_work = time.monotonic()

    def emit(self, event: Event) -> None:
        """Nothing."""

    def emit_last(self, event: Event) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def main(arguments: list[str]) -> int:
    """Take part in a run; returns the exit code."""
    os.umask(PRIVATE_UMASK)
    folder, parent = Path(arguments[0]), os.getppid()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # Rank 0 is asked to stop, and tells the others at the end of a step.
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_go_with, args=(parent,), name="parent", daemon=True).start()
    os.environ.update({name: value for name, value in QUIET_ENVIRONMENT.items() if name not in os.environ})
    hush_libraries()
    forbid_network()
    try:
        _take_part(folder)
    except StoppedError:
        return EXIT_DONE
    except BaseException:
        traceback.print_exc()
        return EXIT_JOB_FAILED
    return EXIT_DONE


def _go_with(parent: int) -> None:
    """End when the process that started this one is gone, whatever the others still wait for."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    print("the job's own process is gone", flush=True)
    os._exit(EXIT_JOB_FAILED)


def _take_part(folder: Path) -> None:
    import torch
    from transformers.utils import logging as transformers_logging

    from engine.train import together

    transformers_logging.set_verbosity_error()
    together.join(RANK_0_COMES_WITHIN, on_cuda=torch.cuda.is_available())
    order: Order = together.share(None)
    follow(JobContext(JobFolder(folder), Project(Path(order.project)), {}, Silence()), order)
    together.leave()


def follow(context: JobContext, order: Order) -> None:
    """Make the calls that rank 0 makes (`engine.train.jobs`), as far as they need all processes.

    Raises:
        StoppedError: Rank 0 was asked to stop, and everything is saved.
        JobFailedError: As in rank 0.
    """
    import torch

    from engine.models.load import load_tokenizer
    from engine.train.attempts import event_callback, train_with_recovery
    from engine.train.callback import Meter
    from engine.train.finish import finish_along
    from engine.train.recipe import build_trainer

    meter = Meter(tokens=int(order.run.facts.get("tokens", 0)))
    torch.manual_seed(order.recipe.seed)
    trainer = build_trainer(
        context,
        order.model,
        order.recipe,
        tokenizer=load_tokenizer(order.model),
        train=order.train,
        holdout=order.holdout,
        checkpoints=order.run.checkpoints,
        precision=order.precision,
        meter=meter,
        fingerprint=order.fingerprint,
        spread=order.spread,
    )
    event_callback(trainer).patience = order.recipe.early_stopping
    train_with_recovery(context, trainer, order.run, order.recipe, meter)
    early = event_callback(trainer).stopped_early
    if context.stop.is_set() and trainer.state.global_step < trainer.state.max_steps and not early:
        raise StoppedError("Stopped.", "")
    finish_along(trainer, order.run, smoke=order.smoke)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # As in engine.jobs.runner: threads of libraries can hang at the end, and nothing is left to do.
    os._exit(code)
