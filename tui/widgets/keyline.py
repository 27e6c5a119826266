"""The keys line: what can be pressed now, from the table of commands. Clickable; whole words only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events
from textual.binding import ActiveBinding
from textual.content import Content
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Input

from tui.command import Command
from tui.commands import TYPING


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
        return [command for _, command in self._entries()]

    def _entries(self) -> list[tuple[str, Command]]:
        """The commands that are shown and can run now, each with the key to press.

        While a field is typed into, keys that would be letters of the text are left out, and those of the field come
        first.
        """
        bound = self.screen.active_bindings
        active = {binding.binding.id for binding in bound.values() if binding.enabled}
        # A list that has the focus takes enter itself and hands it to the screen as "taken".
        list_takes_enter = "enter" in bound and bound["enter"].binding.id == "rows.take"
        typing = isinstance(self.screen.focused, Input)
        found = [(command.key_label, command) for command in TYPING if typing and _in_field(command, bound)]
        for command in self._commands:
            by_list = list_takes_enter and command.keys == "enter" and self.screen.check_action(command.action, ())
            labels = [label for label in command.key_labels if not (typing and len(label) == 1)]
            if typing and command.keys in ("enter", "escape", "tab"):
                continue
            if command.show and labels and (command.id in active or by_list):
                found.append((labels[0], command))
        return found

    def render(self) -> Content:
        """The keys that fit, one cell of space before the line."""
        possible = self._entries()
        last = [entry for entry in possible if entry[1].id == "all.help"]
        room = self.size.width - 1 - sum(_width(entry) for entry in last)
        shown: list[tuple[str, Command]] = []
        for entry in possible:
            if entry in last:
                continue
            room -= _width(entry) + 2
            if room < 0:
                break
            shown.append(entry)
        return Content(" ") + Content("  ").join(_cell(*entry) for entry in (*shown, *last))

    async def on_click(self, event: events.Click) -> None:
        """Run the command that was clicked."""
        action = event.style.meta.get("command")
        if action and action in {command.action for command in TYPING}:
            self.app.simulate_key(next(command.keys for command in TYPING if command.action == action))
        elif action:
            await self.screen.run_action(action)


def _in_field(command: Command, bound: Mapping[str, ActiveBinding]) -> bool:
    """Whether a key of fields means something in the one that has the focus: only paths are completed by tab."""
    return command.keys != "tab" or ("tab" in bound and bound["tab"].binding.id == "path.complete")


def _width(entry: tuple[str, Command]) -> int:
    return len(entry[0]) + 1 + len(entry[1].label)


def _cell(key: str, command: Command) -> Content:
    text = Content.styled(key, "bold $accent") + Content(f" {command.label}")
    return text.stylize(Style.from_meta({"command": command.action}))


def quiet_key(command: Command) -> Content:
    """A command as lines beside the keys line show it: less loud, to be clicked all the same."""
    text = Content.styled(command.key_label, "$accent") + Content.styled(f" {command.label}", "$muted")
    return text.stylize(Style.from_meta({"command": command.action}))
