"""The `ship` job: the adapter of a run, checked, with its card, in one file that may leave this machine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from engine import audit
from engine.errors import ProjectError, RefusedError, UsageError
from engine.evaluate.gate import check_gate
from engine.files import sha256_of
from engine.jobs.context import JobContext
from engine.licences.duties import duties_of
from engine.licences.terms import UNKNOWN
from engine.ship.adapter import WEIGHTS, check_adapter, neutral_config
from engine.ship.card import base_name, write_card
from engine.ship.package import Packed, pack
from engine.ship.passphrase import read_passphrase
from engine.spec import ProjectSpec
from engine.steps import take_step


def run_ship(ctx: JobContext) -> dict[str, Any]:
    """Pack the adapter of `spec.run` (or of `ctx.spec["run"]`) into `ship/NAME.tsmith`.

    Of `ctx.spec`: `passphrase_file` (mode 0600) or `passphrase_env` (a variable's name); `name`: of the file, else the
    project's; `encrypt`: false writes a plain `.tar` instead.

    Returns:
        `file`, `bytes`, `sha256`, `encrypted`, `licence`, `name`, `texts` (files that went along), `parameters`, `run`.

    Raises:
        UsageError, ModelError: No run, no sound adapter, no usable passphrase.
        RefusedError: The gate is closed, or the licence does not allow the project's use.
        DiskFullError, ProjectError: The package cannot be written.
    """
    spec = ctx.project.load()
    run = _run_of(ctx, spec)
    encrypt = bool(ctx.spec.get("encrypt", True))
    passphrase = read_passphrase(ctx.spec.get("passphrase_file"), ctx.spec.get("passphrase_env")) if encrypt else None
    adapter = ctx.project.run_folder(run) / "adapter"
    ctx.phase("check", "Checking the adapter, and asking the gate.")
    parameters = check_adapter(adapter)
    judged = sha256_of(adapter / WEIGHTS)
    duties = duties_of(ctx.project, spec)
    gate = check_gate(ctx.project, spec, run)
    if duties.licence == UNKNOWN:
        ctx.warn(
            "licence_unknown",
            "The base model's licence is unknown.",
            "Its files do not say it, so the card says `unknown`.",
            "Find out before you share the adapter.",
        )
    ctx.check_stop()
    ctx.phase("pack", "Packing and locking the adapter." if encrypt else "Packing the adapter.")
    name = duties.name(str(ctx.spec.get("name") or spec.name))
    target = ctx.project.ship_folder / f"{_file_name(name)}{'.tsmith' if encrypt else '.tar'}"
    config = neutral_config(adapter, base_name(spec.model) if spec.model else UNKNOWN)
    card = write_card(ctx.project, spec, run, duties, parameters, name)

    def on_progress(done: int, total: int) -> None:
        ctx.progress(done, total, "bytes")

    result: dict[str, Any] = {
        "file": str(target),
        "encrypted": encrypt,
        "licence": duties.licence,
        "name": name,
        "texts": sorted(duties.files),
        "parameters": parameters,
        "run": run,
    }

    def release(packed: Packed) -> None:
        _must_be_judged(packed, judged, adapter)
        result.update(bytes=packed.bytes, sha256=packed.sha256)
        # Before the package is there: what leaves without a line in the trail cannot be found again.
        audit.append(ctx.project, "shipped", {**result, "file": target.name, "gate": gate.for_record()})

    pack(target, adapter, card, config, passphrase, on_progress, duties.files, release)
    ctx.project.update(lambda current: take_step("ship", current, on=spec.model_copy(update={"run": run})))
    return result


def _must_be_judged(packed: Packed, judged: str, adapter: Path) -> None:
    """Raises RefusedError: the adapter was trained on, or rolled back, between the gate and here."""
    if packed.contents.get(WEIGHTS) != judged:
        raise RefusedError(
            "The adapter was replaced while it was packed.",
            f"{adapter} is not what the gate has seen; another command works on this run.",
            "Wait for it, evaluate what there is now, and export again.",
            code="changed_meanwhile",
        )


def _run_of(ctx: JobContext, spec: ProjectSpec) -> str:
    run = ctx.spec.get("run") or spec.run
    if not run:
        raise ProjectError("There is no run to ship yet.", "", "Train first: `tunesmith train PROJECT`.", code="no_run")
    if Path(str(run)).name != run:
        raise UsageError("This is not a run.", str(run), "Give the name of a folder in runs/.", code="no_run")
    return str(run)


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "adapter"
