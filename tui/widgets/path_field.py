"""A field for a path that completes like a shell: the rest of the name is shown dim, tab takes it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

from textual.binding import Binding, BindingType
from textual.suggester import Suggester
from textual.widgets import Input

_MAX_ENTRIES = 5000


class PathSuggester(Suggester):
    """Suggests folders, and files with one of the given endings. Folders are listed in a thread."""

    def __init__(self, endings: Sequence[str] = ()) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._endings = tuple(endings)

    async def get_suggestion(self, value: str) -> str | None:
        """The first entry that goes on from `value`; None where there is none."""
        return await asyncio.to_thread(complete_path, value, self._endings)


class PathField(Input):
    """An input whose tab completes the path, and goes on to the next field when there is nothing to complete."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False, id="path.complete", tooltip="Complete the path."),
    ]

    def __init__(self, value: str = "", *, placeholder: str = "", endings: Sequence[str] = (), id: str) -> None:
        super().__init__(value, placeholder=placeholder, suggester=PathSuggester(endings), id=id, select_on_focus=False)

    async def action_complete(self) -> None:
        """Take the suggestion, else go to the next field.

        Asked for anew where the one on the screen is not there yet: who types as in a shell presses tab at once.
        """
        found = self._suggestion
        if not found and self.suggester is not None:
            found = await self.suggester.get_suggestion(self.value) or ""
        if len(found) > len(self.value):
            self.value = found
            self.cursor_position = len(self.value)
        else:
            self.screen.focus_next()


def typed_path(text: str) -> str:
    """What was typed or pasted as the path that is meant, as a shell would read it.

    Spaces around it go, and one pair of quotes, `file://` and backslashes before spaces: people paste what a file
    manager or another terminal gave them. A hub id stays as it is.
    """
    path = text.strip()
    for quote in ("'", '"'):
        if len(path) > 1 and path.startswith(quote) and path.endswith(quote):
            return path[1:-1].strip()
    if path.startswith("file://"):
        return unquote(path.removeprefix("file://"))
    return path.replace("\\ ", " ")


def complete_path(value: str, endings: Sequence[str] = ()) -> str | None:
    """The path that `value` begins: folders end in a slash; hidden entries only when a dot was typed."""
    if not value or value in ("~", ".", ".."):
        return None
    folder_text, _, start = value.rpartition("/")
    folder = Path(f"{folder_text}/" if "/" in value else ".").expanduser()
    found: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for count, entry in enumerate(entries):
                if count > _MAX_ENTRIES:
                    break
                if not entry.name.startswith(start) or (entry.name.startswith(".") and not start.startswith(".")):
                    continue
                if entry.is_dir():
                    found.append(f"{entry.name}/")
                elif not endings or entry.name.lower().endswith(tuple(endings)):
                    found.append(entry.name)
    except OSError:
        # A folder that cannot be read has nothing to suggest; taking the path tells why.
        return None
    if not found:
        return None
    best = min(found, key=lambda name: (len(name) == len(start), name))
    return value + best[len(start) :]
