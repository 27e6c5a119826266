"""The eight steps: which are done, which are stale and why.

A step records the fingerprints of its inputs when it is taken. It is stale when one of them is different now.
Everything here is a pure function of the spec, so the wizard and the command line always agree.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from engine.spec import STEPS, ProjectSpec, StepName, TakenStep

TITLES: dict[StepName, str] = {
    "model": "Model",
    "data": "Data",
    "privacy": "Privacy",
    "preview": "Preview",
    "recipe": "Recipe",
    "train": "Train",
    "evaluate": "Evaluate",
    "ship": "Ship",
}

_REASONS: dict[str, str] = {
    "model": "the model was changed",
    "data": "the data was changed",
    "decisions": "your privacy decisions changed",
    "redacted": "the redacted data was changed",
    "operators": "how values are replaced was changed",
    "recipe": "the recipe was changed",
    "run": "another run was made",
    "length": "the length limit was changed",
    "fixes": "what is done about unhealthy rows was changed",
    "left_out": "rows were taken out",
}


_LONGEST = "longest"
"""Beside the inputs of a preview; no input itself."""


@dataclass(frozen=True)
class StepStatus:
    """One entry of the way: `done`, `stale` (with the reason) or `todo`."""

    step: StepName
    state: Literal["done", "stale", "todo"]
    reason: str = ""


def inputs_of(step: StepName, spec: ProjectSpec) -> dict[str, str]:
    """Fingerprints of what a step depends on, by name."""
    facts = {
        "model": _hash(spec.model.model_dump(mode="json", include={"source", "path", "chat_template"}))
        if spec.model
        else "",
        "data": _hash(spec.data.model_dump(mode="json", exclude={"fixes", "left_out"}, exclude_defaults=True))
        if spec.data
        else "",
        "fixes": _hash(sorted(spec.data.fixes)) if spec.data and spec.data.fixes else "",
        "left_out": _hash(sorted(spec.data.left_out)) if spec.data and spec.data.left_out else "",
        "decisions": spec.redaction.decisions or "",
        "redacted": spec.redaction.sha256 or "",
        "operators": _hash(spec.redaction.model_dump(include={"operator", "operators", "scope", "table"})),
        "recipe": _hash(spec.recipe.model_dump(mode="json", exclude_defaults=True)),
        "length": str(spec.recipe.max_length),
        "run": spec.run or "",
    }
    wanted: dict[StepName, tuple[str, ...]] = {
        "model": ("model",),
        "data": ("data",),
        "privacy": ("data", "redacted", "operators"),
        "preview": ("model", "redacted", "length", "fixes", "left_out"),
        "recipe": ("model", "redacted", "recipe", "fixes", "left_out"),
        "train": ("model", "redacted", "recipe", "fixes", "left_out"),
        "evaluate": ("run",),
        "ship": ("run",),
    }
    # Projects made before there were fixes have no word about them, which means none.
    return {name: facts[name] for name in wanted[step] if name not in ("fixes", "left_out") or facts[name]}


def take_step(
    step: StepName, spec: ProjectSpec, *, longest: int | None = None, on: ProjectSpec | None = None
) -> ProjectSpec:
    """The spec with `step` marked as taken now.

    Args:
        step: The step.
        spec: The spec of now.
        on: The spec that the work began with, where somebody may have changed it since: a run of hours was not made
            with the recipe that was typed meanwhile. None: that of now.
        longest: Tokens of the longest row, where the length limit took nothing from any: another limit that leaves
            them whole changes nothing.
    """
    inputs = inputs_of(step, on or spec) | ({} if longest is None else {_LONGEST: str(longest)})
    taken = TakenStep(at=datetime.now(UTC).replace(microsecond=0), inputs=inputs)
    return spec.model_copy(update={"steps": {**spec.steps, step: taken}})


def step_statuses(spec: ProjectSpec) -> list[StepStatus]:
    """The state of every step, in order."""
    return [_status(step, spec) for step in STEPS]


def next_step(spec: ProjectSpec) -> StepName:
    """The first step that is not done: where to go when the project is opened."""
    return next((status.step for status in step_statuses(spec) if status.state != "done"), "ship")


def _status(step: StepName, spec: ProjectSpec) -> StepStatus:
    taken = spec.steps.get(step)
    if taken is None:
        return StepStatus(step, "todo")
    now = inputs_of(step, spec)
    names = [name for name in {**now, **taken.inputs} if name in _REASONS]
    changed = [name for name in names if taken.inputs.get(name) != now.get(name)]
    whole = taken.inputs.get(_LONGEST)
    if "length" in changed and whole is not None and int(now["length"]) >= int(whole):
        changed.remove("length")
    if not changed:
        return StepStatus(step, "done")
    return StepStatus(step, "stale", _REASONS[changed[0]])


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
