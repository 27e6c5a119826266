"""The plan of a project as one value: what the command prints, the job writes and the recipe screen shows.

Made of arithmetic once the profiles of a model are known (`plan.json` and the screen then follow every knob at once);
before that, `make_report` says so with `NotPlannedYetError` and the job `plan` works them out.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from engine.errors import SpecError
from engine.files import atomic_write
from engine.plan.architecture import Architecture, architecture_of
from engine.plan.cards import GIB, Card
from engine.plan.fit import Fit, Planner, fit, largest_that_fits
from engine.plan.kinds import Kind
from engine.plan.memory import FITS_SHARE, Memory, Rows, rows_of_length
from engine.plan.several import nearest_spread, of_each, slower_by, spread_as_set, ways_to_spread, words_of
from engine.plan.speed import Duration, cost_of, run_duration, step_seconds
from engine.plan.variants import NotPlannedYetError, Profiles, checkpointing_of
from engine.project import Project
from engine.spec import ProjectSpec, RecipeSpec
from engine.spec_recipe import ComputeSpec
from engine.train.spread import SINGLE, Spread

FILE = "plan.json"
_ASK = "What would fit: `tunesmith plan PROJECT --fit` finds it."


@dataclass(frozen=True)
class Machine:
    """What a run is planned for.

    Args:
        memory: Bytes of the card, or of this machine's RAM; None: not asked.
        on_cuda: Whether it is an NVIDIA card.
        cards: What the card may be, for the time; empty: not known.
        gpu: The name the driver gives it.
        correction: As `memory_of`.
        free_ram: As `memory_of`.
        count: Of the cards; `memory` is each one's.
        products: As `memory_of`.
    """

    memory: int | None
    on_cuda: bool
    cards: tuple[Card, ...] = ()
    gpu: str = ""
    correction: float = 1.0
    free_ram: int | None = None
    count: int = 1
    products: str | None = None

    @property
    def dtype(self) -> str | None:
        """What the card multiplies at full speed; None: not known, or a CPU."""
        return self.cards[0].dtype if self.on_cuda and len(self.cards) == 1 else None


@dataclass(frozen=True)
class PlanReport:
    """A plan; all memory in bytes, all time in seconds."""

    allocated: int
    reserved: tuple[int, int]
    driver: tuple[int, int]
    breakdown: dict[Kind, int]
    phase: str
    memory: int | None
    on_cuda: bool
    fits: bool | None
    largest_that_fits: dict[str, int]
    seconds_per_step: tuple[float, float] | None
    time: dict[str, Any]
    cost: dict[str, Any] | None
    fit: dict[str, Any] | None
    trained_parameters: int
    tokens_at_once: int
    model: str
    note: str
    suggestion: str
    """One sentence on what to do; empty where it fits."""
    basis: str = ""
    """Fingerprint of all that it depends on."""
    settings: dict[str, Any] = field(default_factory=dict)
    cards: int = 1
    """Over which it is spread; all memory is that of each one."""
    strategy: str = "single"
    """How, by the names of `compute.strategy`."""
    fits_on_one: bool | None = None
    """Whether one card holds the run by itself."""

    def as_dict(self) -> dict[str, Any]:
        """By the names that the command line promises."""
        given = asdict(self)
        peak = {name: given.pop(name) for name in ("allocated", "reserved", "driver")}
        return {"peak_bytes": peak, **given}


def make_report(
    architecture: Architecture,
    recipe: RecipeSpec,
    rows: Rows,
    profiles: Profiles,
    machine: Machine,
    *,
    price_per_hour: float | None = None,
    currency: str = "EUR",
    speed: tuple[float, float] | None = None,
    with_fit: bool = False,
    basis: str = "",
    compute: ComputeSpec | None = None,
    as_far_as_known: bool = False,
) -> PlanReport:
    """Work a plan out.

    Args:
        architecture: Of the model.
        recipe: The knobs.
        rows: The data.
        profiles: `profiles_kept` for arithmetic only, `compute.profiles_of` to work out what is missing.
        machine: What it is planned for.
        price_per_hour: Of the machine.
        currency: Of the price.
        speed: Tokens a second of earlier runs with this model here, slowest and fastest.
        with_fit: Also find the fastest setting that fits.
        basis: Fingerprint to keep with it.
        compute: How several cards share the work; None: as the plan finds best.
        as_far_as_known: Leave out what would fit where its profiles are missing.

    Raises:
        NotPlannedYetError: As the profiles say.
        ModelError: The architecture cannot be planned.
        SpecError: `compute` does not go with these cards or this recipe; names the field.
    """
    planner, ways = planner_for(architecture, recipe, rows, cache(profiles), machine, compute)
    spread = planner.spread
    memory = planner.plan(recipe)
    fits = None if machine.memory is None else memory.fits(machine.memory)
    found = None
    if machine.memory and (with_fit or fits is False):
        with suppress(*([NotPlannedYetError] if as_far_as_known else [])):
            found = fit(planner, recipe, ways)
    time = _duration(planner, recipe, rows, machine, speed)
    return PlanReport(
        allocated=memory.allocated,
        reserved=memory.reserved,
        driver=memory.driver,
        breakdown=memory.breakdown,
        phase=memory.phase,
        memory=machine.memory,
        on_cuda=machine.on_cuda,
        fits=fits,
        largest_that_fits=largest_that_fits(planner, recipe) if machine.memory else {},
        seconds_per_step=time.step if time else None,
        time=time.as_dict() if time else {},
        cost=cost_of(time, price_per_hour, currency),
        fit=found.as_dict() if found else None,
        trained_parameters=memory.trained_parameters,
        tokens_at_once=memory.tokens,
        model=architecture.name,
        note=" ".join(
            filter(
                None,
                (
                    _words(memory, machine, fits, spread),
                    planner.uneven,
                    architecture.note,
                    _beyond(architecture, recipe, rows),
                    _experts(architecture, recipe),
                ),
            )
        ),
        suggestion="" if fits is not False else _suggestion(found) if found else _ASK,
        basis=basis,
        settings={"compute.processes": spread.world} if planner.uneven else {},
        cards=spread.world,
        strategy=spread.strategy,
        fits_on_one=None if fits is None else replace(planner, spread=SINGLE).fits(recipe),
    )


def planner_for(
    architecture: Architecture,
    recipe: RecipeSpec,
    rows: Rows,
    profiles: Profiles,
    machine: Machine,
    compute: ComputeSpec | None = None,
) -> tuple[Planner, tuple[Spread, ...]]:
    """A planner for a machine with its cards shared as the run would share them, and the other ways to do it.

    Raises:
        SpecError: `compute` does not go with these cards or this recipe; names the field.
    """
    alone = Planner(
        architecture,
        rows,
        profiles,
        machine.memory or 0,
        machine.on_cuda,
        machine.dtype,
        machine.free_ram,
        machine.correction,
        products=machine.products,
    )
    compute = compute or ComputeSpec()
    if not machine.on_cuda or (machine.count == 1 and compute == ComputeSpec()):
        return alone, ()
    fits = machine.memory is None or alone.fits(recipe)
    try:
        spread, uneven = spread_as_set(recipe, compute, machine.count, fits_on_one=fits), ""
    except SpecError:
        found = nearest_spread(recipe, compute, machine.count)
        if found is None:
            raise
        spread, uneven = found
    return replace(alone, spread=spread, uneven=uneven), tuple(ways_to_spread(recipe, compute, machine.count))


def rows_of(project: Project, recipe: RecipeSpec) -> Rows:
    """The project's rows from its preview; without one, rows as long as the limit."""
    summary = _read(project.preview_folder / "summary.json")
    if not summary.get("longest_tokens") or not summary.get("train_rows"):
        return rows_of_length(recipe.max_length)
    longest = min(int(summary["longest_tokens"]), recipe.max_length)
    tokens, learned = int(summary.get("tokens", 0)), int(summary.get("supervised_tokens", 0))
    most = summary.get("most_supervised_tokens")
    return Rows(
        longest=longest,
        # a row may be learned from end to end, unless the preview says how much of any is
        learned=min(longest, int(most)) if most else longest,
        varied=int(summary.get("median_tokens", 0)) != longest,
        holdout=longest if int(summary.get("holdout_rows", 0)) else 0,
        count=int(summary["train_rows"]),
        tokens=min(tokens, longest * int(summary["train_rows"])) if learned else 0,
    )


def basis_of(project: Project, spec: ProjectSpec) -> str:
    """Fingerprint of what a project's plan depends on: model, recipe, rows."""
    facts = {
        "model": spec.model.model_dump(mode="json", include={"source", "path", "revision"}) if spec.model else None,
        "recipe": spec.recipe.model_dump(mode="json", exclude={"preset"}),
        "rows": asdict(rows_of(project, spec.recipe)),
        "price": [spec.budget.price_per_hour, spec.budget.currency],
    }
    if compute := spec.compute.model_dump(mode="json", exclude_defaults=True):
        facts["compute"] = compute
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def read_plan(project: Project) -> PlanReport | None:
    """The plan that the job wrote last; None where there is none that can be read. It may be stale: `is_stale`."""
    content = _read(project.root / FILE)
    try:
        peak = content.pop("peak_bytes")
        return PlanReport(**{**content, **{name: peak[name] for name in ("allocated", "reserved", "driver")}})
    except (KeyError, TypeError):
        return None


def write_plan(project: Project, report: PlanReport) -> None:
    """Put it where `read_plan` finds it."""
    atomic_write(project.root / FILE, json.dumps(report.as_dict(), indent=1), "writing the plan")


def is_stale(project: Project, spec: ProjectSpec, report: PlanReport) -> bool:
    """Whether model, recipe, rows or price were changed since."""
    return report.basis != basis_of(project, spec)


def architecture_for(spec: ProjectSpec) -> Architecture:
    """The project's model, as far as it is here.

    Raises:
        ModelError: No description of it can be had.
    """
    from engine.errors import UsageError

    if spec.model is None:
        raise UsageError("The project has no model yet.", "", "Choose a model first.", code="incomplete")
    return architecture_of(spec.model.path or spec.model.source)


def _duration(
    planner: Planner, recipe: RecipeSpec, rows: Rows, machine: Machine, speed: tuple[float, float] | None
) -> Duration | None:
    if speed:
        length = rows.tokens / rows.count if rows.count and rows.tokens else min(rows.longest, recipe.max_length)
        tokens = length * recipe.effective_batch
        return run_duration(recipe, rows, (tokens / speed[1], tokens / speed[0]), basis="history", card=machine.gpu)
    checkpointing = checkpointing_of(recipe, on_cuda=machine.on_cuda)
    # a step of one process with its own share of the rows, times all their number
    share, world = of_each(recipe, planner.spread), planner.spread.world
    step = step_seconds(share, rows, planner.work(recipe), machine.cards, checkpointing=checkpointing)
    if step:
        step = step[0] * world * slower_by(planner.spread), step[1] * world * slower_by(planner.spread)
    named = machine.cards[0].name if len(machine.cards) == 1 else ", ".join(card.name for card in machine.cards)
    return run_duration(recipe, rows, step, basis="card" if len(machine.cards) == 1 else "cards", card=named)


def _words(memory: Memory, machine: Machine, fits: bool | None, spread: Spread) -> str:
    where = f", on each of {words_of(spread)}" if spread.world > 1 else ""
    peak = f"At its peak the run takes {memory.allocated / GIB:.2f} GiB for tensors{where}"
    if not machine.on_cuda:
        words = f"{peak}, and the process about {memory.driver[0] / GIB:.1f} to {memory.driver[1] / GIB:.1f} GiB."
    else:
        low, high = memory.driver[0] / GIB, memory.driver[1] / GIB
        words = f"{peak}; nvidia-smi will show {low:.1f} to {high:.1f} GiB."
    if fits is None or machine.memory is None:
        return words
    limit = FITS_SHARE * machine.memory / GIB
    return f"{words} That {'fits' if fits else 'does not fit'} under 90 % of this memory ({limit:.1f} GiB)."


def _beyond(architecture: Architecture, recipe: RecipeSpec, rows: Rows) -> str:
    """Packed rows begin to count anew, so only a row by itself can be too long."""
    longest, context = min(rows.longest, recipe.max_length), architecture.context
    if context is None or longest <= context:
        return ""
    return (
        f"The model was made for {context:,} tokens, and the longest row has {longest:,}: set recipe.max_length lower."
    )


def _experts(architecture: Architecture, recipe: RecipeSpec) -> str:
    if recipe.targets != "all-linear" or not architecture.has_experts:
        return ""
    return "The experts are neither quantised nor adapted: `all-linear` means the other linear layers here."


def _suggestion(found: Fit) -> str:
    settings = found.as_dict()["settings" if found.fits else "shorter"]
    words = " ".join(f"--set {name}={_plain(value)}" for name, value in settings.items())
    if found.fits:
        return f"What fits: {words}"
    shorter = f" The shorter rows: {words}" if words else ""
    return f"It does not fit however it is set. What would: {' '.join(found.nearest)}{shorter}"


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
