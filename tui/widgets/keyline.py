"""The keys line: what can be pressed now, from the table of commands. Clickable; whole words only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.style import Style
from textual.widget import Widget

if TYPE_CHECKING:
    from tui.commands import Command


class KeyLine(Widget):
    """One line of keys. Shows as many as fit, in the table's order; `? Help` always stays."""

    DEFAULT_CSS = "KeyLine { height: 1; background: $panel; &:ansi { background: ansi_default; } }"

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__()
        self._commands = commands

    def on_mount(self) -> None:
        """Follow what is possible on this screen."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def possible(self) -> list[Command]:
        """The commands that are shown and can run now."""
        bound = self.screen.active_bindings
        active = {binding.binding.id for binding in bound.values() if binding.enabled}
        # A list that has the focus takes enter itself and hands it to the screen as "taken".
        list_takes_enter = "enter" in bound and bound["enter"].binding.id == "rows.take"
        return [
            command
            for command in self._commands
            if command.show
            and (
                command.id in active
                or (list_takes_enter and command.keys == "enter" and self.screen.check_action(command.action, ()))
            )
        ]

    def render(self) -> Content:
        """The keys that fit, one cell of space before the line."""
        commands = self.possible()
        last = [command for command in commands if command.id == "all.help"]
        room = self.size.width - 1 - sum(_width(command) for command in last)
        shown: list[Command] = []
        for command in commands:
            if command in last:
                continue
            room -= _width(command) + 2
            if room < 0:
                break
            shown.append(command)
        return Content(" ") + Content("  ").join(_cell(command) for command in (*shown, *last))

    async def on_click(self, event: events.Click) -> None:
        """Run the command that was clicked."""
        if action := event.style.meta.get("command"):
            await self.screen.run_action(action)


def _width(command: Command) -> int:
    return len(command.key_label) + 1 + len(command.label)


def _cell(command: Command) -> Content:
    text = Content.styled(command.key_label, "bold $accent") + Content(f" {command.label}")
    return text.stylize(Style.from_meta({"command": command.action}))
