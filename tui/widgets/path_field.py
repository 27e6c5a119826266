"""A field for a path that completes like a shell: the rest of the name is shown dim, tab takes it."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

from rich.cells import cell_len
from textual import events, on, work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from tui.charset import Glyphs, plain
from tui.widgets.text import fit, one_line

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

    @dataclass
    class Offered(Message):
        """What goes on from what was typed: `offered_words` says it."""

        value: str
        entries: list[str] | None

    def __init__(self, value: str = "", *, placeholder: str = "", endings: Sequence[str] = (), id: str) -> None:
        super().__init__(value, placeholder=placeholder, suggester=PathSuggester(endings), id=id, select_on_focus=False)
        self._endings = tuple(endings)

    @on(events.Focus)
    @on(Input.Changed)
    @work(exclusive=True, group="offer")
    async def _offer(self) -> None:
        """Nobody knows all names of their files by heart."""
        value = self.value
        if self.has_focus:
            self.post_message(self.Offered(value, await asyncio.to_thread(entries, value, self._endings)))

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


def entries(value: str, endings: Sequence[str] = ()) -> list[str] | None:
    """What goes on from a path that is being typed, in order: folders end in a slash, files have one of `endings`.

    Hidden entries only when a dot was typed. None where the folder cannot be read.
    """
    folder_text, _, start = value.rpartition("/")
    folder = Path(f"{folder_text}/" if "/" in value else ".").expanduser()
    found: list[str] = []
    try:
        with os.scandir(folder) as there:
            for entry in itertools.islice(there, _MAX_ENTRIES):
                if not entry.name.startswith(start) or (entry.name.startswith(".") and not start.startswith(".")):
                    continue
                if entry.is_dir():
                    found.append(f"{entry.name}/")
                elif not endings or entry.name.lower().endswith(tuple(endings)):
                    found.append(entry.name)
    except (OSError, ValueError):
        # Taking the path tells why; a name of thousands of letters is no path either.
        return None
    return sorted(found)


def complete_path(value: str, endings: Sequence[str] = ()) -> str | None:
    """The path that `value` begins; None where nothing goes on from it."""
    if not value or value in ("~", ".", ".."):
        return None
    found = entries(value, endings)
    if not found:
        return None
    start = value.rpartition("/")[2]
    best = min(found, key=lambda name: (len(name) == len(start), name))
    return value + best[len(start) :]


def offered_words(value: str, found: Sequence[str] | None, width: int, chosen: Glyphs) -> str:
    """What there is to complete to, in one line of at most `width` cells; what is wrong where there is nothing."""
    if found is None:
        return "There is no such folder, or it cannot be read."
    if not found:
        return "Nothing there begins like this." if value else "No file here can be taken: type where yours is."
    shown: list[str] = []
    for name in map(one_line, found):
        more = f"   and {len(found) - len(shown):,} more"
        if shown and cell_len("   ".join((*shown, name)) + more) > width:
            break
        shown.append(name)
        more = ""
    return fit(plain("   ".join(shown) + more, chosen), width, chosen).plain.rstrip()
