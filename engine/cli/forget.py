"""`forget`: delete a project, or take it off the list. Says what is lost; deletes only when its name is given."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.out import Out, count, size
from engine.errors import EXIT_DONE, UsageError
from engine.forget import Belongings, belongings, delete_project, unlist
from engine.machine import known_projects


def forget(args: argparse.Namespace, out: Out) -> int:
    """Delete what tunesmith made for a project; `--keep-files` only takes it off the list.

    Raises:
        UsageError: The name was not given, or is another one.
        BusyError: A job of it is running.
        ProjectError: It is no project, or cannot be deleted.
    """
    found = belongings(_root(args.project))
    if args.keep_files:
        unlist(found.root)
        out.result({**found.as_dict(), "deleted": False})
        out.say(f"{found.name} is off the list. Its files stay: {found.root}")
        return EXIT_DONE
    _say(found, out)
    if args.delete != found.name:
        given = f"`{args.delete}` is not its name." if args.delete is not None else "Nothing was deleted."
        raise UsageError(
            "Deleting a project needs its name.",
            given,
            f'Write it with the command: `--delete "{found.name}"`. Or keep the files: `--keep-files`.',
            code="not_confirmed",
        )
    delete_project(found.root)
    out.result({**found.as_dict(), "deleted": True})
    out.say("Deleted.")
    return EXIT_DONE


def _root(named: str) -> Path:
    """A folder, or the name of a project's folder that the wizard made elsewhere."""
    path = Path(named).expanduser()
    known = [root for root in known_projects() if root.name == named]
    return known[0] if not path.exists() and len(known) == 1 else path


def _say(found: Belongings, out: Out) -> None:
    out.say(f"Project  {found.root}")
    out.say(f"Goes     {size(found.size)}: decisions, redacted data, {count(found.runs, 'run')}, jobs, the audit trail")
    for file in found.packages:
        out.say(f"         {file}")
    if found.data is not None:
        out.say(f"Stays    {found.data}")
    for name in found.stays:
        out.say(f"Stays    {found.root / name}")
