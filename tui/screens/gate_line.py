"""What stands behind one line of the gate: figure, threshold, why, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.charset import glyphs, plain
from tui.commands import TABLE, bindings
from tui.screens.ask import key_words
from tui.widgets.logview import TextView
from tui.widgets.text import styled


class GateLineScreen(ModalScreen[None]):
    """A dialog over the gate."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["gate_line"])
    DEFAULT_CSS = """
    GateLineScreen TextView { height: 1fr; margin: 1 0; }
    """

    def __init__(self, title: str, lines: Sequence[Content]) -> None:
        super().__init__()
        self._title, self._lines = title, lines

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        with Vertical(classes="dialog"):
            yield Static(styled(plain(self._title, glyphs(self)), "bold"))
            yield TextView()
            yield Static(key_words(("up, down", "Read on"), ("esc", "Back")))

    def on_mount(self) -> None:
        """Fill in the text."""
        self.query_one(TextView).set_lines(self._lines)

    def action_scroll(self, by: int) -> None:
        """Read on."""
        view = self.query_one(TextView)
        view.scroll_relative(y=by * max(1, view.size.height - 2), animate=False)

    def action_close(self) -> None:
        """Back to the gate."""
        self.dismiss(None)
