"""`plan`: memory, time and cost of a run, worked out before it starts."""

from __future__ import annotations

import argparse
import math
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from engine.advice import Advice, RowFacts, advice
from engine.begin import before_training, gpu_here, known_plan
from engine.cli.follow import run_job
from engine.cli.out import Out, duration, memory
from engine.errors import EXIT_DONE, EXIT_REFUSED, UsageError
from engine.jobs.runner import hush_libraries
from engine.plan.architecture import Architecture, architecture_of
from engine.plan.fresh import changed_since, rows_at_worst
from engine.plan.history import past_speed
from engine.plan.libraries import load_libraries
from engine.plan.machine import cards_of, this_machine
from engine.plan.memory import Rows, rows_of_length
from engine.plan.report import Machine, PlanReport, architecture_for, basis_of, make_report, rows_of
from engine.plan.variants import NotPlannedYetError, Profiles, profiles_kept
from engine.project import Project, open_project
from engine.recipes import refuse_impossible
from engine.spec import ProjectSpec
from engine.spec_text import with_settings

_CHANGED = (
    "The rows were counted before: {why} since. So rows of {length:,} tokens are assumed; "
    "`tunesmith preview PROJECT` counts them again."
)


def plan(args: argparse.Namespace, out: Out) -> int:
    """Plan a project's run, or one of any model, with settings that are tried and not saved.

    Returns:
        3 where the run does not fit as it is set, with what would; the plan is printed all the same.
    """
    project, spec = _opened(args)
    spec = with_settings(spec, args.settings)
    refuse_impossible(spec.recipe)
    if args.price is not None and not 0 <= args.price < math.inf:
        raise UsageError(f"{args.price:g} is no price.", "--price", "Give what an hour costs, such as 0.42.")
    architecture = architecture_of(args.model) if args.model else architecture_for(spec)
    rows, changed = _rows(project, spec, any_model=bool(args.model))
    each, count = cards_of(args.gpu_memory) if args.gpu_memory is not None else (None, 1)
    machine = this_machine(each, args.device, count=count)
    report = _report(args, project, spec, architecture, rows, machine)
    if changed:
        report = replace(report, note=f"{report.note} {_CHANGED.format(why=changed, length=spec.recipe.max_length)}")
    said = _advice(spec, architecture, rows)
    out.result({**report.as_dict(), "rows_changed": changed, "advice": [asdict(one) for one in said]})
    _tell(report, out)
    for one in said:
        out.say(f"! recipe.{one.knob}: {one.text}")
    return EXIT_REFUSED if report.fits is False else EXIT_DONE


def _rows(project: Project | None, spec: ProjectSpec, *, any_model: bool) -> tuple[Rows, str]:
    """The rows to plan for, and what was changed since they were counted; empty: nothing."""
    if project is None or any_model:
        return rows_of_length(spec.recipe.max_length), ""
    if changed := changed_since(project, spec):
        return rows_at_worst(spec.recipe.max_length), changed
    return rows_of(project, spec.recipe), ""


def _advice(spec: ProjectSpec, architecture: Architecture, rows: Rows) -> list[Advice]:
    """What the recipe page says beside its knobs.

    The count of parameters is the usual 12 times layers times width squared: enough to tell a tiny model, for which
    other rates hold.
    """
    layers, width = architecture.figure("num_hidden_layers"), architecture.figure("hidden_size")
    parameters = 12 * layers * width**2 if layers and width else None
    return advice(spec.recipe, RowFacts(rows=rows.count or None, parameters=parameters))


def _opened(args: argparse.Namespace) -> tuple[Project | None, ProjectSpec]:
    if args.project:
        return open_project(Path(args.project))
    if not args.model:
        raise UsageError("What is to be planned?", "", "Give a PROJECT, or --model with a config.json or an id.")
    return None, ProjectSpec(name="plan", created=datetime.now(UTC))


def _report(
    args: argparse.Namespace,
    project: Project | None,
    spec: ProjectSpec,
    architecture: Architecture,
    rows: Rows,
    machine: Machine,
) -> PlanReport:
    def made(profiles: Profiles) -> PlanReport:
        return make_report(
            architecture,
            spec.recipe,
            rows,
            profiles,
            machine,
            price_per_hour=args.price if args.price is not None else spec.budget.price_per_hour,
            currency=spec.budget.currency,
            speed=past_speed(project, machine) if project and not args.model else None,
            with_fit=args.fit,
            compute=spec.compute,
            basis=basis_of(project, spec) if project else "",
        )

    try:
        return made(profiles_kept(architecture))
    except NotPlannedYetError:
        # only now: the libraries take seconds to import
        hush_libraries()
        load_libraries()
        from engine.plan.compute import profiles_of
    return made(profiles_of(architecture))


def _tell(report: PlanReport, out: Out) -> None:
    out.say(report.note)
    out.say(f"Highest in the {report.phase}; {report.tokens_at_once:,} tokens at once.")
    for name, amount in report.breakdown.items():
        out.say(f"  {name:12} {memory(amount):>10}")
    if report.largest_that_fits:
        most = report.largest_that_fits
        if any(most.values()):
            out.say(f"At most {most['max_length']:,} tokens a row as it is, or {most['micro_batch']:,} rows at once.")
        else:
            out.say("As it is set, not even the shortest row fits.")
    _tell_time(report, out)
    if report.fit and (report.fit["fits"] or not report.suggestion):
        for line in report.fit["why"]:
            out.say(f"  {line}")
        for other in report.fit["alternatives"]:
            fits = "fits" if other["fits"] else "does not fit"
            out.say(f"  {other['what']:26} {other['time']:.2f} x the time, {memory(other['memory'])}, {fits}")
    if report.suggestion:
        out.say(report.suggestion)


def _tell_time(report: PlanReport, out: Out) -> None:
    if report.seconds_per_step is None:
        out.say("Time: not known before the first run; `tunesmith train PROJECT --smoke` measures it.")
        return
    low, high = report.seconds_per_step
    basis = "by earlier runs here" if report.time["basis"] == "history" else f"as a rule on {report.time['card']}"
    out.say(f"Time: {low:.2f} to {high:.2f} s a step, {basis}.")
    if run := report.time.get("run_seconds"):
        out.say(f"The whole run: {duration(run[0])} to {duration(run[1])}.")
    if cost := report.cost:
        out.say(f"Cost: {cost['low']:.2f} to {cost['high']:.2f} {cost['currency']}.")


def ensure_planned(project: Project, out: Out) -> None:
    """Before a run on a GPU: let the job `plan` find out what is not known yet, so that the run can be refused."""
    spec, machine = project.load(), gpu_here()
    if machine is None or known_plan(project, spec, machine) is not None:
        return
    before_training(project, spec)
    try:
        run_job(project.root, "plan", {}, out)
    except UsageError as error:
        # the run itself measures a step before it begins
        out.say(f"{error.title} {error.what}")
