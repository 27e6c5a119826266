"""A small question over a screen: one field, what it means, and the error in place until the answer fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.errors import TunesmithError
from tui.charset import glyphs, plain
from tui.commands import TABLE, bindings
from tui.screens.frame import Problem
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import styled


class AskScreen(ModalScreen[str | None]):
    """Asks for one value.

    Args:
        title: What is asked.
        value: What stands in the field.
        meaning: What it means, in plain words.
        check: Raises a TunesmithError where the value does not fit; the dialog stays open then.
        take: What enter does, in the line of keys.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["ask"])
    DEFAULT_CSS = """
    AskScreen Input { margin: 1 0; }
    AskScreen Problem { padding: 0; }
    """

    def __init__(
        self, title: str, value: str, meaning: str, check: Callable[[str], object], take: str = "Take it"
    ) -> None:
        super().__init__()
        self._title, self._value, self._meaning, self._check = title, value, meaning, check
        self._take = take

    def compose(self) -> ComposeResult:
        """The field between its meaning and the keys."""
        chosen = glyphs(self)
        with Vertical(classes="dialog"):
            yield Static(styled(plain(self._title, chosen), "bold"))
            yield Static(styled(plain(self._meaning, chosen), "$muted"))
            yield Input(self._value, select_on_focus=True)
            yield Problem()
            yield Static(key_words(("enter", self._take), ("esc", "Leave it as it was")))

    @work(exclusive=True)
    async def on_input_submitted(self, message: Input.Submitted) -> None:
        """Close with the value if it fits."""
        try:
            self._check(message.value.strip())
        except TunesmithError as error:
            self.query_one(Problem).error = error
            return
        self.dismiss(message.value.strip())

    def action_close(self) -> None:
        """No change."""
        self.dismiss(None)


class ChooseScreen(ModalScreen[str | None]):
    """Offers a few values, each with a line of meaning; returns the key of the one that was taken."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["ask"])
    DEFAULT_CSS = "ChooseScreen RowList { height: auto; max-height: 14; margin: 1 0; }"

    def __init__(
        self, title: str, meaning: str, choices: list[tuple[str, str, str]], now: str = "", take: str = "Take it"
    ) -> None:
        """`choices` are (key, words, meaning), `now` is the key to begin at, `take` what enter does."""
        super().__init__()
        self._take = take
        self._title, self._meaning, self._choices, self._now = title, meaning, choices, now

    def compose(self) -> ComposeResult:
        """The list."""
        width = max(len(words) for _, words, _ in self._choices)
        rows = [Row(key, (words, styled(meaning, "$muted"))) for key, words, meaning in self._choices]
        with Vertical(classes="dialog"):
            yield Static(styled(plain(self._title, glyphs(self)), "bold"))
            yield Static(styled(plain(self._meaning, glyphs(self)), "$muted"))
            yield RowList([Column(width=width), Column()], rows)
            yield Static(
                key_words(("enter", self._take), ("esc", "Leave it as it was" if self._take == "Take it" else "Back"))
            )

    def on_mount(self) -> None:
        """Begin at the present value."""
        self.query_one(RowList).mark(self._now)

    def on_row_list_taken(self, message: RowList.Taken) -> None:
        """Close with it."""
        self.dismiss(message.key)

    def action_close(self) -> None:
        """No change."""
        self.dismiss(None)


def key_words(*keys: tuple[str, str]) -> Content:
    """`enter Take it   esc Back`, as dialogs show their keys."""
    return Content("   ").join(styled(key, "bold $accent") + Content(f" {words}") for key, words in keys)
