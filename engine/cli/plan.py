"""`plan`: what a run will take, estimated before it starts."""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import Any

import psutil

from engine import actions
from engine.cli.out import Out, duration, size
from engine.errors import EXIT_DONE, ModelError, UsageError
from engine.hardware.nvml import NvmlSampler
from engine.models.inspect import inspect_model
from engine.plan.estimate import Plan, estimate
from engine.plan.history import estimate_seconds
from engine.project import Project, open_project
from engine.spec import ProjectSpec
from engine.spec_text import with_settings

_GPU_WAIT_S = 3.0
_UNITS = {"gib": 2**30, "gb": 10**9, "mib": 2**20, "mb": 10**6, "g": 2**30, "m": 2**20}


def plan(args: argparse.Namespace, out: Out) -> int:
    """Estimate memory and time of the project's run, with settings that are tried and not saved."""
    project, spec = open_project(Path(args.project))
    spec = with_settings(spec, args.settings)
    memory, on_cuda = _memory(args.gpu_memory)
    tokens = _tokens(project, spec)
    found = _estimate(spec, tokens["longest"], memory, on_cuda=on_cuda)
    seconds = estimate_seconds(project, tokens["all"]) if tokens["all"] else None
    out.result({**found.as_dict(), "memory_bytes": memory, "on_cuda": on_cuda, "seconds": seconds})
    where = "the GPU" if on_cuda else "this machine's memory (no NVIDIA GPU)"
    out.say(f"{found.note}")
    out.say(f"Measured against {memory / 2**30:.1f} GiB of {where}; {found.tokens:,} tokens at once.")
    for name, amount in found.breakdown.items():
        out.say(f"  {name:12} {size(amount):>8}{'' if name in found.exact else '  estimated'}")
    if seconds:
        low, high = map(duration, seconds)
        out.say(f"Time: {low if low == high else f'{low} to {high}'}, by the speed of earlier runs.")
    else:
        out.say("Time: not known before the first run; `tunesmith train PROJECT --smoke` measures it.")
    return EXIT_DONE


def _estimate(spec: ProjectSpec, longest: int, memory: int, *, on_cuda: bool) -> Plan:
    if spec.model is None or spec.model.path is None:
        raise ModelError("The model is not on this machine yet.", "", "Run `tunesmith preview PROJECT`, which gets it.")
    found = estimate(inspect_model(Path(spec.model.path)), spec.recipe, longest, memory, on_cuda=on_cuda)
    if found is None:
        raise ModelError(
            "This model's files do not say enough for a plan.",
            spec.model.path,
            "Try a few steps instead: `tunesmith train PROJECT --smoke`.",
            code="no_plan",
        )
    return found


def _tokens(project: Project, spec: ProjectSpec) -> dict[str, int]:
    """Tokens of the longest row and of the whole run; without a preview the length limit is the longest."""
    summary: dict[str, Any] = actions.read_json(project.preview_folder / "summary.json")
    recipe = spec.recipe
    if not summary:
        return {"longest": recipe.max_length, "all": 0}
    rows, tokens = int(summary["train_rows"]), int(summary["tokens"])
    epochs = recipe.max_steps * recipe.effective_batch / rows if recipe.max_steps and rows else recipe.epochs
    return {"longest": int(summary["longest_tokens"]), "all": int(tokens * epochs)}


def _memory(given: str | None) -> tuple[int, bool]:
    """Memory in bytes, and whether it is a GPU's: as given, else of the largest GPU here, else the machine's.

    Raises:
        UsageError: What was given is no amount.
    """
    if given:
        found = re.fullmatch(r"([\d.]+)\s*([a-z]+)", given.strip().lower())
        if not found or found[2] not in _UNITS or found[1].count(".") > 1 or found[1] == ".":
            raise UsageError(f"`{given}` is not an amount of memory.", "", "Write it as 24GiB.")
        return int(float(found[1]) * _UNITS[found[2]]), True
    with NvmlSampler(interval_s=0.2) as sampler:
        deadline = time.monotonic() + _GPU_WAIT_S
        while sampler.latest() is None and not sampler.why_not and time.monotonic() < deadline:
            time.sleep(0.02)
        totals = [gpu.memory_total for gpu in sampler.latest() or () if gpu.memory_total]
    return (max(totals), True) if totals else (psutil.virtual_memory().total, False)
