"""`locate`: where everything lies, so that it can be looked at, backed up or deleted by hand."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.out import Out
from engine.errors import EXIT_DONE
from engine.jobs.folder import jobs_of
from engine.machine import PRESETS, known_projects, models_folder, state_folder
from engine.project import Project, open_project
from engine.spec import ProjectSpec


def locate(args: argparse.Namespace, out: Out) -> int:
    """The machine's places, or those of one project."""
    if args.project:
        project, spec = open_project(Path(args.project))
        places = project_places(project, spec)
    else:
        places = machine_places()
    out.result(places)
    if not out.json:
        _print(places, out)
    return EXIT_DONE


def machine_places() -> dict[str, object]:
    """What belongs to the machine."""
    return {
        "state": str(state_folder()),
        "models": str(models_folder()),
        "presets": str(PRESETS),
        "projects": [str(path) for path in known_projects()],
    }


def project_places(project: Project, spec: ProjectSpec) -> dict[str, object]:
    """The files of a project; None where there is none yet."""
    run = spec.run
    redacted = project.root / spec.redaction.path if spec.redaction.path else None
    return {
        "project": str(project.root),
        "decisions": str(project.file),
        "model": spec.model.path if spec.model else None,
        "data": spec.data.path if spec.data else None,
        "check": _there(project.check_file),
        "findings": _there(project.findings_file),
        "redacted": _there(redacted),
        "proof": _there(project.proof_file),
        "preview": _there(project.preview_folder),
        "run": _there(project.run_folder(run)) if run else None,
        "adapter": _there(project.run_folder(run) / "adapter") if run else None,
        "evaluation": _there(project.evaluation_file(run)) if run else None,
        "ship": _there(project.ship_folder),
        "audit": _there(project.audit_file),
        "jobs": [str(job.root) for job in jobs_of(project.root)],
    }


def _there(path: Path | None) -> str | None:
    return str(path) if path is not None and path.exists() else None


def _print(places: dict[str, object], out: Out) -> None:
    width = max(map(len, places))
    for name, value in places.items():
        lines = value if isinstance(value, list) else [value or "-"]
        for line in lines or ["-"]:
            out.say(f"{name:{width}}  {line}")
            name = ""
