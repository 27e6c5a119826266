"""Help for one screen: what it is for, and what every key does, from the table of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.charset import glyphs, plain
from tui.commands import TABLE, Command, bindings
from tui.gloss import gloss_of
from tui.widgets.text import styled

if TYPE_CHECKING:
    from tui.screens.frame import FrameScreen

_KEYS_WIDTH = 14


class HelpScreen(ModalScreen[None]):
    """The help of the screen below it, with the gloss of what has the focus on top."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["help"])
    DEFAULT_CSS = """
    HelpScreen VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; }
    """

    def __init__(self, about: FrameScreen) -> None:
        super().__init__()
        self._about = about
        focused = about.focused
        self._term = getattr(focused, "gloss", "") if focused is not None else ""

    def compose(self) -> ComposeResult:
        """Gloss, words, keys."""
        chosen = glyphs(self)
        with Vertical(classes="dialog"), VerticalScroll():
            if self._term and (meaning := gloss_of(self._term)):
                yield Static(styled(self._term, "bold $accent") + Content(plain(f"  {meaning}\n", chosen)))
            yield Static(Content(plain(_reflowed(self._about.HELP), chosen)))
            yield Static("")
            yield Static(styled("Keys", "bold $accent"))
            yield Static(Content("\n").join(_line(command) for command in self._about.commands()))
            yield Static(styled("\nescape closes this page.", "$muted"))

    def action_close(self) -> None:
        """Back to the screen."""
        self.dismiss(None)


def _line(command: Command) -> Content:
    return styled(f"{command.all_keys:<{_KEYS_WIDTH}}", "bold") + Content(f"{command.tooltip}")


def _reflowed(text: str) -> str:
    """Paragraphs as single lines, so that they wrap to the page."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))
