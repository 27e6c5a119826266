"""The planning job: works out the project's memory, time and cost, and writes `plan.json`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.jobs.context import JobContext
from engine.plan.history import past_speed
from engine.plan.libraries import load_libraries
from engine.plan.machine import this_machine
from engine.plan.report import architecture_for, basis_of, make_report, rows_of, write_plan
from engine.spec import RecipeSpec


def run_plan(context: JobContext) -> dict[str, Any]:
    """Plan.

    `context.spec` may hold `gpu_memory` (bytes) and `gpu_card` (its name) to plan for another card than this
    machine's, `free_ram` (bytes) as the recipe page saw it, and `recipe`, knobs that are tried and not the project's:
    their plan is not written to `plan.json`, but its profiles are kept.

    Returns:
        What `tunesmith plan --json` prints, with the fit.

    Raises:
        ModelError: The model has no description, or cannot be planned.
    """
    spec, tried = context.project.load(), context.spec.get("recipe")
    if tried:
        spec = spec.model_copy(update={"recipe": RecipeSpec.model_validate(tried)})
    architecture = architecture_for(spec)
    given = context.spec.get("gpu_memory")
    machine = this_machine(int(given) if given else None, card=str(context.spec.get("gpu_card") or ""))
    if machine.free_ram is not None and (seen := context.spec.get("free_ram")):
        machine = replace(machine, free_ram=int(seen))
    context.phase("load", "Loading the libraries that training uses")
    load_libraries()
    from engine.plan.compute import profiles_of

    context.phase("plan", "Working out the memory of a learning step")
    report = make_report(
        architecture,
        spec.recipe,
        rows_of(context.project, spec.recipe),
        profiles_of(architecture),
        machine,
        price_per_hour=spec.budget.price_per_hour,
        currency=spec.budget.currency,
        speed=past_speed(context.project, machine),
        with_fit=True,
        compute=spec.compute,
        basis=basis_of(context.project, spec),
    )
    if not tried:
        write_plan(context.project, report)
    return report.as_dict()
