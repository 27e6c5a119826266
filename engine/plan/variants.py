"""The choices that make a step another step, and the profiles of steps that were worked out before.

Batch, length and rank are not among them: a profile answers for all of these. Profiles are kept in the machine's
state folder, so a plan is arithmetic after the first time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from engine.files import atomic_write, make_private_folder
from engine.machine import state_folder
from engine.plan.architecture import Architecture
from engine.plan.profile import Profile, profile_from
from engine.spec import RecipeSpec

FORMAT = 6
"""Of the stored profiles; another one makes them void."""
Quantization = Literal["nf4", "int8", "none"]
_PACKAGES = ("torch", "transformers", "peft", "trl", "bitsandbytes", "tunesmith")


@dataclass(frozen=True)
class Variant:
    """One way to do a learning step.

    `dtype` is what matrices are multiplied in, and `products` what large ones are on a processor where that is another
    format (`engine.train.precision`); `targets` are names separated by commas, or `all-linear`.
    """

    on_cuda: bool
    dtype: str
    quantization: Quantization
    targets: str
    dropout: float
    dora: bool
    checkpointing: bool
    loss: Literal["nll", "chunked_nll"]
    attention: str
    optimizer: str
    padded: bool
    accumulates: bool
    kept_weights: bool
    evaluation: bool = False
    products: str = ""


Profiles = Callable[[Variant], Profile]
"""Gives the profile of a variant; raises `NotPlannedYetError` where it would have to be worked out first."""


class NotPlannedYetError(LookupError):
    """The profile is not on this disk, and working it out needs torch."""


def checkpointing_of(recipe: RecipeSpec, *, on_cuda: bool) -> bool:
    """As `engine.train.recipe.wants_checkpointing` settles `auto`."""
    return on_cuda if recipe.gradient_checkpointing == "auto" else recipe.gradient_checkpointing


def optimizer_of(recipe: RecipeSpec, *, on_cuda: bool) -> str:
    """As `engine.train.recipe.optimizer_name` settles `auto`."""
    if recipe.optimizer == "auto":
        return "paged_adamw_8bit" if on_cuda else "adamw_torch_fused"
    return recipe.optimizer


def targets_text(targets: str | list[str]) -> str:
    """`all-linear`, or names in order."""
    return targets if isinstance(targets, str) else ",".join(sorted(targets))


def profile_key(architecture: Architecture, variant: Variant) -> str:
    """The name under which a profile is kept: of the model, the variant and the libraries."""
    facts = {"format": FORMAT, "config": architecture.config, "variant": asdict(variant), "packages": _versions()}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def kept_profile(architecture: Architecture, variant: Variant) -> Profile:
    """The profile on this disk.

    Raises:
        NotPlannedYetError: There is none that can be read.
    """
    file = _file(profile_key(architecture, variant))
    try:
        return profile_from(json.loads(file.read_text()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotPlannedYetError(str(file)) from error


def keep_profile(architecture: Architecture, variant: Variant, profile: Profile) -> None:
    """Put a profile on this disk."""
    file = _file(profile_key(architecture, variant))
    make_private_folder(file.parent)
    atomic_write(file, json.dumps(profile.as_dict()))


def profiles_kept(architecture: Architecture) -> Profiles:
    """Profiles from this disk only."""
    return lambda variant: kept_profile(architecture, variant)


def _file(key: str) -> Path:
    return state_folder() / "plan" / f"{key}.json"


@cache
def _versions() -> tuple[str, ...]:
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} -")
    return tuple(found)
