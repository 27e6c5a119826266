"""Checkpoints on disk: written beside and renamed, so that whatever has the name is whole."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

from engine.errors import DiskFullError
from engine.files import sync_folder

STAGING = ".saving"
ADAPTER_FILE = "adapter_model.safetensors"
LITTLE_ROOM = 256 << 20
FACTS_FILE = "tunesmith.json"
"""Beside the trainer's own files: tokens so far, and the fingerprint of what the run depends on."""
ROLLED_BACK = "rolled_back_to"
"""In the summary of a run: the step whose checkpoint somebody made the result, until training goes on from there."""
LEFT = "left"
"""Below a run's `checkpoints/`: those of a way that was left."""
_NAME = re.compile(r"checkpoint-(\d+)")


def checkpoint_steps(folder: Path) -> list[int]:
    """The steps of the whole checkpoints in a run's `checkpoints/`, ascending."""
    found = (_NAME.fullmatch(path.name) for path in folder.glob("checkpoint-*") if path.is_dir())
    return sorted(int(match[1]) for match in found if match)


def step_of(checkpoint: Path) -> int:
    """The step of a checkpoint, by its name."""
    return int(checkpoint.name.rpartition("-")[2])


def latest_checkpoint(folder: Path) -> Path | None:
    """The whole checkpoint of the highest step, or None."""
    steps = checkpoint_steps(folder)
    return folder / f"checkpoint-{steps[-1]}" if steps else None


def checkpoint_at(folder: Path, step: int) -> Path | None:
    """The whole checkpoint of one step, or None."""
    path = folder / f"checkpoint-{step}"
    return path if path.is_dir() else None


def leave_later(folder: Path, step: int) -> None:
    """Put the checkpoints after a step aside, in place of those that were put aside before.

    Training that goes on from an earlier checkpoint would else count them as its newest: they would crowd out those
    that it saves, and the next resume would take up what was left.
    """
    later = [one for one in checkpoint_steps(folder) if one > step]
    if not later:
        return
    aside = folder / LEFT
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for one in later:
        (folder / f"checkpoint-{one}").rename(aside / f"checkpoint-{one}")
    sync_folder(folder)


def good_checkpoint(folder: Path, before: int) -> Path | None:
    """The newest checkpoint from before a step whose numbers are all finite, or None.

    A checkpoint can be saved after the weights went bad and before the loss showed it, so they are looked at.
    """
    for step in reversed(checkpoint_steps(folder)):
        path = folder / f"checkpoint-{step}"
        if step < before and all_finite(path / ADAPTER_FILE):
            return path
    return None


def all_finite(weights: Path) -> bool:
    """Whether a safetensors file is there and holds finite numbers only."""
    import numpy as np
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(weights), framework="np") as stream:
            return all(bool(np.isfinite(stream.get_tensor(name)).all()) for name in stream.keys())  # noqa: SIM118
    except (OSError, SafetensorError):
        return False


def best_checkpoint(folder: Path) -> tuple[int, float] | None:
    """Step and holdout loss of the best checkpoint that is there, by the newest one's history; None if unknown."""
    here = checkpoint_steps(folder)
    if not here:
        return None
    losses = {step: loss for step, loss in holdout_losses(folder / f"checkpoint-{here[-1]}") if step in here}
    return min(losses.items(), key=lambda pair: pair[1], default=None)


def save_whole(
    folder: Path, step: int, write: Callable[[Path], None], keep: int, protect: Collection[int | None] = ()
) -> Path:
    """Write a checkpoint so that a crash or a full disk at any moment leaves the previous one usable.

    Args:
        folder: The run's `checkpoints/`.
        step: Of the optimizer.
        write: Writes everything below the path it is given, into a folder `checkpoint-STEP`.
        keep: How many checkpoints remain; the oldest go after the new one is in place.
        protect: Steps whose checkpoints stay beyond that: the best one.

    Raises:
        DiskFullError: There was no room; what is left of the attempt is removed.
    """
    staging = folder / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        write(staging)
        final = folder / f"checkpoint-{step}"
        shutil.rmtree(final, ignore_errors=True)
        (staging / final.name).rename(final)
        sync_folder(folder)
    except Exception as error:
        if not is_disk_full(error, folder):
            raise
        raise DiskFullError(
            "The disk is full: the checkpoint was not saved.",
            f"No space is left in {folder}. The checkpoints saved before are untouched.",
            "Free some space, then go on from the last checkpoint with `tunesmith train PROJECT --resume`.",
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    for old in checkpoint_steps(folder)[:-keep]:
        if old not in protect:
            shutil.rmtree(folder / f"checkpoint-{old}", ignore_errors=True)
    return final


def is_disk_full(error: BaseException, folder: Path) -> bool:
    """Whether an error of a library that hides `errno` (safetensors, torch) comes from a full disk."""
    if isinstance(error, OSError) and error.errno in (28, 122, 27):
        return True
    text = str(error)
    named = ("No space left", "os error 28", "File too large", "os error 27", "quota")
    if any(part in text for part in named):
        return True
    # torch.save tells a short write in words of C++'s streams, without the reason; little room tells it.
    streams = ("PytorchStreamWriter", "unexpected pos", "iostream error", "basic_ios")
    return any(part in text for part in streams) and shutil.disk_usage(folder).free < LITTLE_ROOM


def step_losses(checkpoint: Path) -> list[tuple[int, float]]:
    """(step, training loss) of every step before a checkpoint, from its trainer state."""
    return _logged(checkpoint, "loss")


def holdout_losses(checkpoint: Path) -> list[tuple[int, float]]:
    """(step, holdout loss) of every evaluation before a checkpoint, the base model's at step 0 left out."""
    return [(step, loss) for step, loss in _logged(checkpoint, "eval_loss") if step]


def _logged(checkpoint: Path, name: str) -> list[tuple[int, float]]:
    state = json.loads((checkpoint / "trainer_state.json").read_text())
    return [(entry["step"], entry[name]) for entry in state["log_history"] if name in entry]
