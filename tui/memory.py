"""The plan of a recipe as the wizard shows it: memory, time and cost, against this machine or a card that was typed.

Arithmetic where the model's profiles are on this disk; before that a rough estimate from the model's headers, until
the job `plan` has worked the profiles out. Everything here reads files: call it in a thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engine.errors import TunesmithError
from engine.models.inspect import inspect_model
from engine.plan.estimate import estimate
from engine.plan.fit import Fit, Planner, fit
from engine.plan.history import past_speed
from engine.plan.machine import this_machine
from engine.plan.memory import PROCESS_BYTES, RESERVED, Rows
from engine.plan.report import (
    Machine,
    PlanReport,
    architecture_for,
    is_stale,
    make_report,
    planner_for,
    read_plan,
    rows_of,
)
from engine.plan.variants import NotPlannedYetError, Profiles, checkpointing_of, profiles_kept

if TYPE_CHECKING:
    from engine.plan.architecture import Architecture
    from engine.project import Project
    from engine.spec import ProjectSpec, RecipeSpec
    from engine.train.spread import Spread
    from tui.typed_card import TypedCard

State = Literal["exact", "rough", "stale", "none"]
_WORTH_SAYING = 1.05
"""A suggestion that saves less than a twentieth of the time is none."""


@dataclass(frozen=True)
class Target:
    """What a run is planned against: `words` for people, whether somebody typed it, and what this machine has."""

    machine: Machine
    words: str
    typed: bool = False
    speed: tuple[float, float] | None = None
    """Tokens a second of earlier runs here, slowest and fastest."""

    @property
    def room(self) -> int:
        """Bytes there are."""
        return self.machine.memory or 0

    @property
    def job(self) -> dict[str, Any]:
        """What the job `plan` has to know of it."""
        if self.typed:
            named = self.machine.cards[0].name if len(self.machine.cards) == 1 else ""
            return {"gpu_memory": self.room, "gpu_card": named}
        return {"free_ram": self.machine.free_ram} if self.machine.free_ram else {}


@dataclass(frozen=True)
class Suggestion:
    """Settings that are better here, or the way out where nothing fits.

    Args:
        fits: Whether there is a setting that fits without giving up what is learned.
        changes: Knob -> (now, then).
        why: Sentences.
        alternatives: (what, time over the suggestion's, bytes, fits).
        nearest: What would fit when nothing does, in words.
        shorter: Knobs with shorter rows that fit; empty where none do.
        faster: Time of now over time then.
        memory: Bytes of the suggestion, as `PlanShown.low`.
    """

    fits: bool
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    why: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, float, int, bool], ...] = ()
    nearest: tuple[str, ...] = ()
    shorter: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    faster: float = 1.0
    memory: int = 0

    @property
    def worth_saying(self) -> bool:
        """Whether the page should speak of it."""
        return bool(self.changes) and self.faster >= _WORTH_SAYING


@dataclass(frozen=True)
class PlanShown:
    """What the recipe page shows before anything is spent; memory in bytes, time in seconds.

    `low` and `high` are what PyTorch holds on a GPU (to compare with 90 % of the card), or the whole process on a CPU.
    """

    state: State
    target: Target | None = None
    why_not: str = ""
    low: int = 0
    high: int = 0
    driver: tuple[int, int] = (0, 0)
    breakdown: Mapping[str, int] = field(default_factory=dict)
    fits: bool | None = None
    tokens: int = 0
    rows_at_once: int = 1
    longest_known: bool = False
    packed: bool = False
    time: Mapping[str, Any] = field(default_factory=dict)
    cost: Mapping[str, Any] | None = None
    price: float | None = None
    currency: str = "EUR"
    suggestion: Suggestion | None = None
    wants_job: bool = False
    """Whether the job `plan` would make it exact."""

    @property
    def run_seconds(self) -> tuple[float, float] | None:
        """The whole run."""
        run = self.time.get("run_seconds")
        return (float(run[0]), float(run[1])) if run else None

    @property
    def refused(self) -> bool:
        """Whether it is known not to fit."""
        return self.state == "exact" and self.fits is False


def target_of(card: TypedCard | None, project: Project) -> Target:
    """This machine, which asks the NVIDIA driver and may take seconds, or the card that was typed."""
    if card is not None:
        return Target(this_machine(card.memory, card=card.name), f"{card.words}, typed by you", typed=True)
    machine = this_machine()
    speed = past_speed(project, machine)
    if machine.on_cuda:
        name = machine.gpu.removeprefix("NVIDIA ").removeprefix("GeForce ")
        return Target(machine, f"{name} in this machine", speed=speed)
    return Target(machine, "this machine's RAM (no NVIDIA GPU)", speed=speed)


def plan_recipe(project: Project, spec: ProjectSpec, recipe: RecipeSpec, target: Target | None) -> PlanShown:
    """Plan a recipe, as exactly as can be had at once.

    Raises:
        TunesmithError: A file that has to be read is damaged.
    """
    if spec.model is None:
        return PlanShown("none", why_not="Memory and time are worked out once a model is chosen.")
    if target is None:
        return PlanShown("none", why_not="Asking this machine for its memory.")
    rows = rows_of(project, recipe)
    try:
        architecture = architecture_for(spec)
        profiles: Profiles = cache(profiles_kept(architecture))
        return _exact(project, spec, recipe, target, rows, architecture, profiles)
    except NotPlannedYetError:
        return _before_the_job(project, spec, recipe, target, rows)
    except TunesmithError as error:
        return PlanShown("none", target, f"{error.title} {error.hint}".strip())


def _exact(
    project: Project,
    spec: ProjectSpec,
    recipe: RecipeSpec,
    target: Target,
    rows: Rows,
    architecture: Architecture,
    profiles: Profiles,
) -> PlanShown:
    machine, budget = target.machine, spec.budget

    def made(machine: Machine) -> PlanReport:
        return make_report(
            architecture,
            recipe,
            rows,
            profiles,
            machine,
            price_per_hour=budget.price_per_hour,
            currency=budget.currency,
            speed=target.speed,
            compute=spec.compute,
        )

    planner, ways = planner_for(architecture, recipe, rows, profiles, machine, spec.compute)
    memory = planner.plan(recipe)
    suggestion, wants_job = None, False
    try:
        report = made(machine)
        suggestion = _suggestion(planner, recipe, ways)
    except NotPlannedYetError:
        # this recipe's own profile is there, those of its alternatives are not
        report, wants_job = made(_without_room(machine)), True
    low, high = memory.reserved if machine.on_cuda else memory.driver
    return PlanShown(
        "exact",
        target,
        low=low,
        high=high,
        driver=memory.driver,
        breakdown={str(kind): amount for kind, amount in memory.breakdown.items()},
        fits=memory.fits(target.room),
        tokens=memory.tokens,
        rows_at_once=min(recipe.micro_batch, recipe.effective_batch),
        longest_known=rows.count > 0,
        packed=recipe.packing,
        time=report.time,
        cost=report.cost,
        price=budget.price_per_hour,
        currency=budget.currency,
        suggestion=suggestion,
        wants_job=wants_job,
    )


def _without_room(machine: Machine) -> Machine:
    from dataclasses import replace

    return replace(machine, memory=None)


def _before_the_job(project: Project, spec: ProjectSpec, recipe: RecipeSpec, target: Target, rows: Rows) -> PlanShown:
    """A rough estimate from the model's headers; else what the last plan said, marked as stale."""
    on_cuda = target.machine.on_cuda
    if spec.model is not None and spec.model.path is not None:
        facts = inspect_model(Path(spec.model.path))
        found = estimate(facts, recipe, min(rows.longest, recipe.max_length), target.room, on_cuda=on_cuda)
        if found is not None:
            low, high = found.total_low, found.total_high
            if on_cuda:
                low, high = round(low * RESERVED[0]), round(high * RESERVED[1])
            else:
                low, high = low + PROCESS_BYTES[0], high + PROCESS_BYTES[1]
            return PlanShown(
                "rough",
                target,
                low=low,
                high=high,
                driver=(low, high),
                breakdown=found.breakdown,
                fits=found.fits,
                tokens=found.tokens,
                rows_at_once=recipe.micro_batch,
                longest_known=rows.count > 0,
                packed=recipe.packing,
                price=spec.budget.price_per_hour,
                currency=spec.budget.currency,
                wants_job=True,
            )
    last = read_plan(project)
    if last is None or last.memory != target.room:
        return PlanShown("none", target, "Nothing is known of this model's memory yet.", wants_job=True)
    low, high = last.reserved if last.on_cuda else last.driver
    return PlanShown(
        "stale" if is_stale(project, spec, last) else "exact",
        target,
        low=low,
        high=high,
        driver=last.driver,
        breakdown={str(kind): amount for kind, amount in last.breakdown.items()},
        fits=last.fits,
        tokens=last.tokens_at_once,
        longest_known=rows.count > 0,
        packed=recipe.packing,
        time=last.time,
        cost=last.cost,
        price=spec.budget.price_per_hour,
        currency=spec.budget.currency,
        wants_job=True,
    )


# -- what would be better -------------------------------------------------------------------------------------------


def _suggestion(planner: Planner, recipe: RecipeSpec, ways: tuple[Spread, ...]) -> Suggestion:
    found: Fit = fit(planner, recipe, ways)
    if not found.fits:
        shorter = _real_changes(recipe, found.shorter, on_cuda=planner.on_cuda) if found.shorter else {}
        return Suggestion(False, nearest=found.nearest, shorter=shorter)
    changes = _real_changes(recipe, found.settings, on_cuda=planner.on_cuda)
    best = recipe.model_copy(update=found.settings)
    work = planner.work(recipe)
    memory = found.memory
    assert memory is not None
    return Suggestion(
        True,
        changes,
        found.why,
        tuple((other.what, other.time, _least(other.memory, planner), other.fits) for other in found.alternatives),
        faster=planner.slowness(recipe, work) / planner.slowness(best, work) if planner.fits(recipe) else 1.0,
        memory=memory.reserved[0] if planner.on_cuda else memory.driver[0],
    )


def _least(allocated: int, planner: Planner) -> int:
    """What allocated bytes come to in the figure that the page shows: see `PlanShown`."""
    return round(allocated * RESERVED[0]) if planner.on_cuda else allocated + PROCESS_BYTES[0]


def _real_changes(recipe: RecipeSpec, settings: Mapping[str, Any], *, on_cuda: bool) -> dict[str, tuple[Any, Any]]:
    """What is really another setting: `auto` that comes to the same is left alone."""
    now = recipe.model_dump()
    changes = {name: (now[name], value) for name, value in settings.items() if now[name] != value}
    if checkpointing_of(recipe, on_cuda=on_cuda) == settings["gradient_checkpointing"]:
        changes.pop("gradient_checkpointing", None)
    return changes
