"""All commands of a screen by name: type a few letters, enter runs the marked one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from tui.command import Command
from tui.commands import TABLE, bindings
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import styled

if TYPE_CHECKING:
    from tui.screens.frame import FrameScreen


class PaletteScreen(ModalScreen[None]):
    """Lists the commands of the screen below it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["palette"])
    DEFAULT_CSS = "PaletteScreen RowList { height: 12; }"

    def __init__(self, about: FrameScreen) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        """A field and the list."""
        with Vertical(classes="dialog"):
            yield Input(placeholder="what do you want to do?", id="words")
            yield RowList([Column(width=14), Column(width=6), Column()], self._rows(""), id="commands")

    def _rows(self, words: str) -> list[Row]:
        wanted = words.lower().split()
        return [
            Row(command.id, (command.label, styled(command.key_label, "$accent"), styled(command.tooltip, "$muted")))
            for command in self._possible()
            if all(word in _text(command) for word in wanted)
        ]

    def _possible(self) -> list[Command]:
        """What can be done on the screen below now, each thing once."""
        found: dict[str, Command] = {}
        for command in self._about.commands():
            name, _, given = command.action.rstrip(")").partition("(")
            if command.id != "all.palette" and self._about.check_action(name, (given,) if given else ()) is not False:
                found.setdefault(command.action, command)
        return list(found.values())

    def on_input_changed(self, message: Input.Changed) -> None:
        """Fewer commands with every letter."""
        self.query_one(RowList).set_rows(self._rows(message.value))

    def on_key(self, event: events.Key) -> None:
        """Arrows move in the list while the field has the focus."""
        if event.key in ("up", "down") and isinstance(self.focused, Input):
            self.query_one(RowList).action_move(1 if event.key == "down" else -1)
            event.stop()

    def on_input_submitted(self) -> None:
        """Run the marked command."""
        self.query_one(RowList).action_take()

    async def on_row_list_taken(self, message: RowList.Taken) -> None:
        """Run it on the screen it belongs to."""
        command = next(command for command in self._about.commands() if command.id == message.key)
        self.dismiss(None)
        self._about.call_later(self._about.run_action, command.action)

    def action_close(self) -> None:
        """Back to the screen."""
        self.dismiss(None)


def _text(command: Command) -> str:
    return f"{command.label} {command.tooltip} {command.id}".lower()
