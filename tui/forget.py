"""What forgetting a project means, in the words of the two questions that are asked before it."""

from __future__ import annotations

from engine.errors import UsageError
from engine.forget import Belongings
from tui.charset import Glyphs
from tui.widgets.text import fit_path, size_text

KEEP, UNLIST, DELETE = "", "unlist", "delete"
_ROOM = 56
"""Cells of a line in the dialog."""
CHOICES = [
    (KEEP, "Not now", "nothing changes"),
    (UNLIST, "Off this list", "its folder stays as it is"),
    (DELETE, "Delete it", "asks for its name first"),
]


def lost_words(found: Belongings) -> str:
    """What a project holds: `4.1 MB: what you decided, the redacted rows, 2 runs, 1 packed file`."""
    parts = ["what you decided"] + ["the redacted rows"] * (found.root / "privacy").is_dir()
    parts += [_count(found.runs, "run")] * bool(found.runs)
    parts += [_count(len(found.packages), "packed file")] * bool(found.packages)
    return f"{size_text(found.size)}: {', '.join(parts)}"


def choice_words(found: Belongings) -> str:
    """The line under the first question."""
    return f"It holds {lost_words(found)}."


def delete_words(found: Belongings, chosen: Glyphs) -> str:
    """All that is lost and all that stays, for the question that asks for the name."""
    lines = [f"For ever gone: {lost_words(found)}, its jobs and its trail."]
    if found.packages:
        lines.append("Fetch what you packed first: it lies in")
        lines.append(f"  {fit_path(str(found.packages[0].parent), _ROOM, chosen)}")
    if found.data is not None:
        lines += ["Your own file stays as it is:", f"  {fit_path(str(found.data), _ROOM, chosen)}"]
    if others := [name for name in found.stays if found.data != found.root / name]:
        lines.append(f"So does what tunesmith did not make: {', '.join(others[:3])}{', ...' * (len(others) > 3)}")
    return "\n".join(lines)


def same_name(typed: str, name: str) -> None:
    """Nothing is deleted unless the name is typed.

    Raises:
        UsageError: It is another one.
    """
    if typed != name.strip():
        raise UsageError("This is not its name.", "", f"Type {name}, or press esc to keep it.", code="not_confirmed")


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}{'s' * (number != 1)}"
