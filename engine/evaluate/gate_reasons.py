"""Why an amber line was let pass, and for what: a reason counts for the figure that stood there when it was typed.

`project.yaml` keeps the words, the trail keeps what they were said of. A reason that is in the project but not in the
trail was not typed, and one for another figure was not meant for this one: both are asked for again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine import audit
from engine.evaluate.gate_line import GateLine
from engine.project import Project
from engine.spec import ProjectSpec

ACTION = "gate_reason"
"""In the trail; its details are `run`, `line`, `figure`, `why` and `reason`."""


def with_reasons(project: Project, spec: ProjectSpec, run: str, lines: Iterable[GateLine]) -> tuple[GateLine, ...]:
    """The lines of a run, amber ones with the reason that holds for them.

    Raises:
        ProjectError: The trail cannot be read.
    """
    reasons = {one.line: one.reason for one in spec.evaluation.reasons if one.run == run}
    said = _said(project, run) if reasons else {}
    return tuple(_with(line, reasons.get(line.id, ""), said.get(line.id)) for line in lines)


def said_of(line: GateLine) -> dict[str, str]:
    """What the trail keeps beside the words."""
    return {"figure": line.figure, "why": line.why}


def _said(project: Project, run: str) -> dict[str, dict[str, str]]:
    """The last entry of the trail for each line."""
    entries = (entry.details for entry in audit.entries(project) if entry.action == ACTION)
    return {str(one.get("line")): one for one in entries if one.get("run") == run}


def _with(line: GateLine, reason: str, said: dict[str, str] | None) -> GateLine:
    if line.state != "amber" or not reason:
        return line
    if said is None or said.get("reason") != reason:
        return replace(line, why=f"{line.why} A reason in project.yaml is not on the record: type it.".strip())
    # Entries of before have no `why`.
    if said["figure"] == line.figure and said.get("why", line.why) == line.why:
        return replace(line, reason=reason)
    before = said["figure"] if said["figure"] != line.figure else "something else"
    return replace(line, why=f"{line.why} Your reason was for: {before}.".strip())
