"""The model card of an adapter: what it is, whose licence it is under, how it was made. No data, no names of files.

The licence is the base model's, from its own facts. Where those do not say it the card says `unknown`; it never says
something else by default.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from engine.models.licence import UNKNOWN
from engine.project import Project
from engine.spec import ModelSpec, ProjectSpec

_KNOBS = (
    "preset", "rank", "alpha", "dropout", "targets", "quantization", "max_length", "effective_batch", "epochs",
    "max_steps", "learning_rate", "scheduler", "seed",
)  # fmt: skip


def base_name(model: ModelSpec) -> str:
    """How the base model is called outside this machine: its hub id, or the last part of its path."""
    if model.kind == "hub":
        return model.source
    return Path(model.source).name or model.source


def write_card(project: Project, spec: ProjectSpec, run: str, licence: str, parameters: int) -> str:
    """The text of README.md.

    Args:
        project: For the check of the data and the evaluation of the run.
        spec: What was decided.
        run: The run that is shipped.
        licence: Of the base model; `unknown` where it does not say.
        parameters: Numbers in the adapter.
    """
    model = spec.model
    base = base_name(model) if model else UNKNOWN
    front: dict[str, Any] = {"library_name": "peft", "tags": ["lora", "tunesmith"]}
    if model and model.kind == "hub":
        front["base_model"] = model.source
    if licence != UNKNOWN:
        front["license"] = licence
    sections = [
        f"---\n{yaml.safe_dump(front, sort_keys=False)}---",
        f"# {spec.name}\n\nA LoRA adapter of {parameters:,} numbers for `{base}`. It needs that model to work.",
        _base_section(spec, base, licence),
        _data_section(project, spec),
        _recipe_section(spec),
        _results_section(project, run),
    ]
    return "\n\n".join(sections) + "\n"


def _base_section(spec: ProjectSpec, base: str, licence: str) -> str:
    revision = spec.model.revision if spec.model else None
    lines = ["## Base model", "", f"- Name: `{base}`"]
    lines.append(f"- Revision: `{revision}`" if revision else "- Revision: not known")
    if licence == UNKNOWN:
        lines.append("- Licence: unknown. The base model's files do not say it; find out before you share this.")
    else:
        lines.append(f"- Licence: {licence}. It is the base model's, and this adapter is bound by it.")
    return "\n".join(lines)


def _data_section(project: Project, spec: ProjectSpec) -> str:
    report = _read(project.check_file)
    lines = ["## Data", "", "The data itself is not part of this package."]
    if isinstance(rows := report.get("usable"), int):
        lines.append(f"- {rows:,} usable rows")
    for key, words in (("format", "Format"), ("shape", "Shape")):
        if isinstance(report.get(key), str):
            lines.append(f"- {words}: {report[key]}")
    if spec.data:
        lines.append(f"- Kept apart for evaluation: {spec.data.holdout:.0%}")
    redaction = spec.redaction
    if redaction.sha256:
        lines.append(f"- Personal details were hidden before training (profile `{redaction.profile}`)")
    if redaction.residual is not None:
        lines.append(f"- Findings left in a second scan: {redaction.residual}")
    return "\n".join(lines)


def _recipe_section(spec: ProjectSpec) -> str:
    recipe = spec.recipe.model_dump()
    rows = [f"| {name} | {recipe[name]} |" for name in _KNOBS if recipe.get(name) is not None]
    return "\n".join(["## Recipe", "", "| knob | value |", "|---|---|", *rows])


def _results_section(project: Project, run: str) -> str:
    report = _read(project.evaluation_file(run))
    base, tuned = report.get("base"), report.get("tuned")
    if not isinstance(base, dict) or not isinstance(tuned, dict):
        return "## Results\n\nThis run was not evaluated."
    rows = [
        f"| {name} | {float(base[name]):.4g} | {float(tuned[name]):.4g} |"
        for name in ("loss", "perplexity")
        if isinstance(base.get(name), int | float) and isinstance(tuned.get(name), int | float)
    ]
    count = report.get("holdout_rows")
    on = f" on {count:,} rows the training never saw" if isinstance(count, int) else ""
    head = ["## Results", "", f"Measured{on}.", "", "| holdout | base | tuned |", "|---|---|---|"]
    return "\n".join([*head, *rows])


def _read(file: Path) -> dict[str, Any]:
    """A report of an earlier step; empty where that step was not taken."""
    try:
        content = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
