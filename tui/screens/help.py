"""Help for one page: what it is for, and what every key does, from the table of commands. Dialogs have it too."""

from __future__ import annotations

import textwrap
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.charset import Glyphs, glyphs, plain
from tui.command import Command
from tui.commands import EVERYWHERE, STEP, TABLE, bindings
from tui.gloss import gloss_of
from tui.screens.ask import key_words
from tui.screens.dialog import Dialog
from tui.widgets.logview import PageView
from tui.widgets.text import styled

_KEYS_WIDTH = 14
_WORDS_WIDTH = 16
_ALWAYS = (
    ("up, down", "In a list: another row. Also page up, page down, home and end."),
    ("click", "Marks a row; a click on the marked row takes it. Keys in the last line can be clicked too."),
)
"""What no table of a page has: the keys of every list, and the mouse."""


class HelpScreen(Dialog[None]):
    """The help of the screen below it, with the gloss of what has the focus on top."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["help"])
    DEFAULT_CSS = """
    HelpScreen Static { margin: 1 0 0 0; }
    """

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        """One text to scroll through, and how it is left."""
        with Vertical(classes="dialog"):
            yield HelpText(self._about)
            yield Static(key_words(("up, down", "Read on"), ("esc", "Close")))

    def action_close(self) -> None:
        """Back to the screen."""
        self.dismiss(None)


class HelpText(PageView):
    """The words about a page; one widget, broken into lines for the width it gets: help opens in a blink."""

    DEFAULT_CSS = "HelpText { padding: 0; }"

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self._about = about
        self._term = getattr(about.focused, "gloss", "")

    def on_resize(self) -> None:
        """Lines for this width."""
        width = self.scrollable_content_region.width
        if width:
            self.show(width, lambda: help_lines(self._about, self._term, width, glyphs(self)))


def help_lines(about: Screen[Any], term: str, width: int, chosen: Glyphs) -> list[Content]:
    """Gloss of `term`, what the page is for, its words, its keys, in lines of at most `width` cells."""
    lines: list[Content] = []
    if term and (meaning := gloss_of(term)):
        lines += _hanging(term, meaning, len(term) + 2, width, chosen, "bold $accent")
        lines.append(Content(""))
    for paragraph in str(getattr(about, "HELP", "")).strip().split("\n\n"):
        wrapped = textwrap.wrap(plain(" ".join(paragraph.split()), chosen), max(20, width))
        lines += [*map(Content, wrapped), Content("")] if wrapped else []
    if terms := getattr(about, "TERMS", ()):
        lines.append(styled("Words", "bold $accent"))
        for word in terms:
            lines += _hanging(word, gloss_of(word), _WORDS_WIDTH, width, chosen, "bold")
        lines.append(Content(""))
    lines.append(styled("Keys", "bold $accent"))
    told = [(command.all_keys, command.tooltip) for command in commands_on(about)]
    for keys, meaning in (*told, *_ALWAYS):
        lines += _hanging(keys, meaning, _KEYS_WIDTH, width, chosen, "bold")
    return lines


def commands_on(about: Screen[Any]) -> list[Command]:
    """The commands of a page or a dialog: the table's rows whose keys it has."""
    bound = {binding.id for binding in about.BINDINGS if isinstance(binding, Binding)}
    known = (*(command for rows in TABLE.values() for command in rows), *STEP, *EVERYWHERE)
    return [command for command in known if command.id in bound]


def _hanging(head: str, text: str, indent: int, width: int, chosen: Glyphs, style: str) -> list[Content]:
    """`text` behind its head, further lines below the text; a head that is too long has a line of its own."""
    wrapped = textwrap.wrap(plain(text, chosen), max(20, width - indent)) or [""]
    if len(head) >= indent:
        return [styled(head, style), *(Content(" " * indent + line) for line in wrapped)]
    first, *more = wrapped
    return [styled(f"{head:<{indent}}", style) + Content(first), *(Content(" " * indent + line) for line in more)]
