"""The model card of an adapter: what it is, whose licence it is under, how it was made. No data, no names of files.

The licence is that of the base model and of what that was made from, with what its terms want shown. Where nobody can
say it the card says `unknown`; it never says something else by default.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from engine.licences.duties import Duties
from engine.licences.terms import UNKNOWN
from engine.project import Project
from engine.ship.base_model import base_models
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


def write_card(
    project: Project, spec: ProjectSpec, run: str, duties: Duties, parameters: int, name: str | None = None
) -> str:
    """The text of README.md.

    Args:
        project: For the check of the data and the evaluation of the run.
        spec: What was decided.
        run: The run that is shipped.
        duties: What the licences want said.
        parameters: Numbers in the adapter.
        name: What it is called; None: as the project, begun as the licence asks.
    """
    model = spec.model
    base = base_name(model) if model else UNKNOWN
    front: dict[str, Any] = {"library_name": "peft", "tags": ["lora", "tunesmith"]}
    bases = base_models(model) if model else []
    if bases:
        front["base_model"] = bases[0] if len(bases) == 1 else bases
    front |= duties.front
    name = name or duties.name(spec.name)
    shown = "".join(f"\n\n{words.format(name=name)}" for words in duties.show)
    about = f"A LoRA adapter of {parameters:,} numbers for `{base}`. It needs that model to work."
    sections = [
        f"---\n{yaml.safe_dump(front, sort_keys=False)}---",
        f"# {name}\n\n{about}{shown}",
        _base_section(spec, base, bases, duties),
        _data_section(project, spec),
        _recipe_section(spec),
        _results_section(project, run),
    ]
    return "\n\n".join(sections) + "\n"


def _base_section(spec: ProjectSpec, base: str, bases: list[str], duties: Duties) -> str:
    revision = spec.model.revision if spec.model else None
    lines = ["## Base model", "", f"- Name: `{base}`"]
    lines.append(f"- Revision: `{revision}`" if revision else "- Revision: not known")
    if bases and bases != [base]:
        named = ", ".join(f"`{name}`" for name in bases)
        lines.append(f"- Its files say that it is, or was made from, {named}. The adapter was trained on `{base}`.")
    lines += duties.lines
    if duties.files:
        lines.append(f"- With this package: {', '.join(sorted(duties.files))}")
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
