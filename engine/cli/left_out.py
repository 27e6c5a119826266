"""`data PROJECT --leave-out ROW... | --take-back [ROW...]`: rows that are not trained on."""

from __future__ import annotations

from collections.abc import Sequence

from engine.cli.out import Out, count
from engine.data.left_out import leave_out, named_rows, take_back
from engine.project import Project


def change_left_out(project: Project, leave: Sequence[str], back: Sequence[str] | None, out: Out) -> None:
    """Take rows out of training, or take them back.

    Args:
        project: The project.
        leave: Rows as a person names them.
        back: The same; empty for all; None for none.
        out: Where to say what was done.

    Raises:
        DataError, UsageError: There are no such rows.
    """
    spec = project.load()
    if leave:
        chosen = named_rows(project, spec, leave)
        leave_out(project, chosen)
        out.say(f"{count(len(chosen), 'row')} taken out of training, from the next run on.")
    if back is not None:
        before = count_left_out(project)
        take_back(project, named_rows(project, spec, back) if back else None)
        out.say(f"{count(before - count_left_out(project), 'row')} taken back.")
    out.say(f"Left out now: {count(count_left_out(project), 'row')}.")


def count_left_out(project: Project) -> int:
    """How many rows are left out by hand."""
    data = project.load().data
    return len(data.left_out) if data else 0
