"""`audit verify` and `audit show`: the trail of what was decided and done in a project."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from engine import audit
from engine.cli.out import Out, count
from engine.errors import EXIT_DONE, RefusedError
from engine.project import Project, open_project


def trail(args: argparse.Namespace, out: Out) -> int:
    """Show the trail, or check that nothing in it was changed."""
    project, _ = open_project(Path(args.project))
    return _verify(project, out) if args.what == "verify" else _show(project, out)


def _verify(project: Project, out: Out) -> int:
    verdict = audit.verify(project)
    if not verdict.ok:
        raise RefusedError(
            "The trail was changed.",
            f"{project.audit_file}:{verdict.broken_line}: {verdict.reason}. "
            f"{count(verdict.entries, 'entry', 'entries')} before it hold.",
            "Compare it with a copy. What comes after that line proves nothing.",
            code="audit_broken",
        )
    out.result(asdict(verdict))
    out.say(f"{count(verdict.entries, 'entry', 'entries')}, none of them changed.")
    out.say(f"Last hash: {verdict.last_hash}")
    out.say("Keep it elsewhere: then a trail that was cut off or written anew shows as well.")
    return EXIT_DONE


def _show(project: Project, out: Out) -> int:
    found = audit.entries(project)
    out.result([asdict(entry) for entry in found])
    if not found:
        out.say("Nothing has happened yet.")
    if not out.json:
        for entry in found:
            out.say(f"{_when(entry.t)}  {entry.action:12}  {json.dumps(entry.details, ensure_ascii=False)}")
    return EXIT_DONE


def _when(t: float) -> str:
    try:
        return datetime.fromtimestamp(t).astimezone().isoformat(sep=" ", timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return f"{t!r} (no time)"  # of a line that somebody changed; `verify` names it
