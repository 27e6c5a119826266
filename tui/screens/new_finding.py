"""Pointing at something that was not found: which words of a row, and what they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui.charset import glyphs, plain
from tui.commands import TABLE, bindings
from tui.entities import TYPE_KEYS, legend, short_name
from tui.screens.ask import key_words
from tui.screens.dialog import Dialog
from tui.widgets.marked_text import MarkedText
from tui.widgets.text import field_words, fit, one_line, styled

_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+|[^\w\s]")
"""What is marked as one: a word, a sign, or a letter of a script without spaces."""


@dataclass(frozen=True)
class Pointed:
    """What the person marked, and its type."""

    value: str
    entity: str


class NewFindingScreen(Dialog[Pointed | None]):
    """Returns what was marked; None when the person changed their mind.

    Args:
        row: The number of the row, from 0.
        fields: (field, text) pairs of the row; at least one.
        field: The field to begin with.
        at: The letter to begin at.
        entity: The type to begin with.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["new_finding"])
    DEFAULT_CSS = """
    NewFindingScreen MarkedText { margin: 1 0; height: 7; }
    NewFindingScreen #type { height: 1; }
    """

    def __init__(
        self, row: int, fields: Sequence[tuple[str, str]], field: str = "", at: int = 0, entity: str = "PERSON"
    ) -> None:
        super().__init__()
        self._row, self._fields = row, [one for one in fields if any(map(str.isalnum, one[1]))]
        self._field = next((n for n, one in enumerate(self._fields) if one[0] == field), 0)
        self.entity = entity if entity in TYPE_KEYS else TYPE_KEYS[0]
        self._words: list[tuple[int, int]] = []
        self.first = self.last = 0
        self._begin(at)

    def compose(self) -> ComposeResult:
        """Where, the text, the types, the keys."""
        with Vertical(classes="dialog"):
            yield Static(id="where")
            yield MarkedText()
            yield Static(id="type")
            yield Static(styled(legend(), "$muted"))
            more = (("tab", "Next text"),) if len(self._fields) > 1 else ()
            yield Static(
                key_words(("arrows", "Move"), ("shift+left right", "Fewer or more words"), ("1 to 9", "what it is"))
            )
            yield Static(key_words(("enter", "Find it in all rows"), *more, ("esc", "Leave it")))

    def on_mount(self) -> None:
        """Show the first words."""
        self._show()

    def _begin(self, at: int) -> None:
        """Mark the word at a letter of the present text."""
        text = self._fields[self._field][1] if self._fields else ""
        self._words = [match.span() for match in _WORD.finditer(text) if match[0].isprintable()]
        self.first = self.last = self._word_at(at)

    def _word_at(self, at: int) -> int:
        return next((n for n, (_, end) in enumerate(self._words) if at < end), len(self._words) - 1)

    @property
    def marked(self) -> str:
        """The marked words."""
        if not self._words:
            return ""
        return self._fields[self._field][1][self._words[self.first][0] : self._words[self.last][1]]

    def _show(self) -> None:
        chosen = glyphs(self)
        if not self._words:
            self.query_one("#where", Static).update(f"Row {self._row + 1:,} holds no words.")
            return
        path, text = self._fields[self._field]
        where = styled("What was missed?", "bold") + styled(
            plain(f"   row {self._row + 1:,}, {field_words(path)}", chosen), "$muted"
        )
        self.query_one("#where", Static).update(fit(where, 70, chosen))
        self.query_one(MarkedText).show(text, self._words[self.first][0], self._words[self.last][1])
        line = styled(short_name(self.entity), "bold $accent") + Content("  ")
        line += styled(plain(one_line(self.marked), chosen), "bold $warning")
        self.query_one("#type", Static).update(fit(line, 70, chosen))

    def action_move(self, by: int) -> None:
        """Mark the next word, or the one before."""
        if self._words:
            at = (self.last if by > 0 else self.first) + by
            self.first = self.last = max(0, min(len(self._words) - 1, at))
            self._show()

    def action_grow(self, by: int) -> None:
        """Mark a word more at the end, or one fewer."""
        if self._words:
            self.last = max(self.first, min(len(self._words) - 1, self.last + by))
            self._show()

    def action_line(self, by: int) -> None:
        """Mark the word above or below."""
        if self._words:
            self.first = self.last = self._word_at(self.query_one(MarkedText).beside(by))
            self._show()

    def action_text(self, by: int) -> None:
        """Another text of the row."""
        if self._fields:
            self._field = (self._field + by) % len(self._fields)
            self._begin(0)
            self._show()

    def action_type(self, number: int) -> None:
        """Say what it is."""
        self.entity = TYPE_KEYS[number - 1]
        self._show()

    def on_marked_text_clicked(self, message: MarkedText.Clicked) -> None:
        """A click marks the word; a click behind the marked words takes it in too."""
        word = self._word_at(message.at)
        self.first, self.last = (self.first, word) if word > self.last else (word, word)
        self._show()

    def action_take(self) -> None:
        """Search it in all rows."""
        if any(letter.isalnum() for letter in self.marked):
            self.dismiss(Pointed(self.marked, self.entity))

    def action_close(self) -> None:
        """Change nothing."""
        self.dismiss(None)
