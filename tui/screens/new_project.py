"""Making a project: a name and a folder, both with a default."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.errors import TunesmithError
from tui.commands import TABLE, bindings
from tui.screens.ask import key_words
from tui.screens.frame import Problem
from tui.widgets.path_field import typed_path
from tui.widgets.text import styled

PROJECTS_FOLDER = "tunesmith"
"""Where new projects go unless told otherwise: this folder in the home directory."""


def fresh_folder(name: str) -> Path:
    """A folder for a new project that does not exist yet: `~/tunesmith/name`, else `name-2`, `name-3`."""
    base = Path.home() / PROJECTS_FOLDER
    candidates = (base / (name if number == 1 else f"{name}-{number}") for number in range(1, 1000))
    return next(path for path in candidates if not path.exists())


class NewProjectScreen(ModalScreen[Path | None]):
    """Asks, makes the project, and returns its folder; None when the person changed their mind."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["new"])
    DEFAULT_CSS = """
    NewProjectScreen Problem { padding: 1 0 0 0; }
    NewProjectScreen Input { margin: 0 0 1 0; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._folder_is_ours = True

    def compose(self) -> ComposeResult:
        """Two fields."""
        start = fresh_folder("my-voice")
        with Vertical(classes="dialog"):
            yield Static(styled("A new project", "bold"))
            yield Static(styled("\nWhat is it called?", "$muted"))
            yield Input(start.name, id="name", select_on_focus=True)
            yield Static(styled("Its folder", "$muted"))
            yield Input(str(start), id="folder", select_on_focus=False)
            yield Static(
                Content("Only you will be able to read it. Your own files stay where they are and are never changed.")
            )
            yield Problem()
            yield Static("")
            yield Static(key_words(("enter", "Make it"), ("tab", "Other field"), ("esc", "Back")))

    def on_input_changed(self, message: Input.Changed) -> None:
        """The folder follows the name until it is changed by hand."""
        if message.input.id == "name" and self._folder_is_ours and self.is_mounted:
            folder = self.query_one("#folder", Input)
            with folder.prevent(Input.Changed):
                folder.value = str(fresh_folder(_folder_name(message.value))) if message.value.strip() else ""
        elif message.input.id == "folder" and message.input.has_focus:
            self._folder_is_ours = False

    def on_input_submitted(self) -> None:
        """Make it."""
        self._make()

    @work(exclusive=True)
    async def _make(self) -> None:
        name = self.query_one("#name", Input).value.strip()
        folder = typed_path(self.query_one("#folder", Input).value)

        def make() -> Path:
            from engine.actions import new_project
            from engine.errors import UsageError
            from engine.project import Project

            if not folder:
                raise UsageError("The project needs a folder.", "", "Type a name or a path.")
            project, _ = new_project(Path(folder))
            if name and name != project.root.name:
                Project(project.root).update(lambda spec: spec.model_copy(update={"name": name}))
            return project.root

        try:
            root = await asyncio.to_thread(make)
        except TunesmithError as error:
            self.query_one(Problem).error = error
            return
        self.dismiss(root)

    def action_close(self) -> None:
        """Make nothing."""
        self.dismiss(None)


def _folder_name(name: str) -> str:
    kept = "".join(character if character.isalnum() or character in "-_." else "-" for character in name.strip())
    return kept.strip("-.") or "project"
