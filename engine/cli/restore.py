"""`restore`: turn replacements back into the hidden values, where the project kept something that leads back."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine import actions
from engine.cli.out import Out, count
from engine.errors import EXIT_DONE
from engine.privacy.restore import restore_file
from engine.project import open_project


def restore(args: argparse.Namespace, out: Out) -> int:
    """Write a file again with the hidden values of a project in it."""
    project, _ = open_project(Path(args.project))
    source, target = Path(args.source).expanduser(), Path(args.target).expanduser()
    made = restore_file(project, source, target)
    target = target.resolve()
    actions.record(project, "restored", {"path": str(target), "rows": made.rows, "places": made.places})
    out.result(
        {
            "path": str(target),
            "rows": made.rows,
            "unreadable": made.unreadable,
            "restored": made.places,
            "by_entity": dict(made.by_entity.most_common()),
            "ambiguous": made.ambiguous,
        }
    )
    out.say(f"Written  {target}")
    out.say(f"         {count(made.rows, 'row')}, {count(made.places, 'place')} turned back")
    if made.unreadable:
        out.say(f"         {count(made.unreadable, 'row')} could not be read and {_are(made.unreadable)} not in it.")
    if made.ambiguous:
        out.say(f"         {count(made.ambiguous, 'place')} left: what stands there stands for several values.")
    out.say("         It holds personal data again. Never train on it, and delete it when you are done.")
    return EXIT_DONE


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
