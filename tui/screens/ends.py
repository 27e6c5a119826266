"""Moving the ends of a finding: what it takes in, in how many of its places the same words stand, and what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine.errors import TunesmithError
from engine.privacy.edits import Ends, ends_of
from engine.privacy.findings import Place, ValueRow, masked
from tui.charset import glyphs, plain
from tui.commands import TABLE, bindings
from tui.entities import TYPE_KEYS, legend, short_name
from tui.screens.ask import key_words
from tui.screens.dialog import Dialog
from tui.threads import in_thread
from tui.widgets.marked_text import MarkedText
from tui.widgets.text import one_line, styled


class EndsScreen(Dialog[tuple[Ends, str] | None]):
    """Returns the new ends and the type; None when nothing changed.

    Args:
        value: The value whose ends are moved.
        place: The place that is shown.
        alike: In how many places the same text stands between some ends.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["ends"])
    DEFAULT_CSS = """
    EndsScreen MarkedText { margin: 1 0; height: 4; }
    EndsScreen #becomes { height: 2; }
    """

    def __init__(self, value: ValueRow, place: Place, alike: Callable[[Ends], int]) -> None:
        super().__init__()
        self._row, self._place, self._alike = value, place, alike
        self.ends, self.entity = Ends(0, 0, value.value), value.entity

    def compose(self) -> ComposeResult:
        """The text, what it becomes, the keys."""
        with Vertical(classes="dialog"):
            yield Static(styled("Where does it begin and end?", "bold"))
            yield MarkedText()
            yield Static(id="becomes")
            yield Static(styled(legend(), "$muted"))
            yield Static(key_words(("left right", "the end"), ("b w", "a word"), ("shift+left right", "beginning")))
            yield Static(key_words(("1 to 9", "what it is"), ("enter", "Take it"), ("esc", "Leave it as it was")))

    def on_mount(self) -> None:
        """The ends as they are."""
        self._show()

    def _show(self) -> None:
        place, ends, chosen = self._place, self.ends, glyphs(self)
        whole, at = place.context_before + self._row.value + place.context_after, len(place.context_before)
        self.query_one(MarkedText).show(whole, at - ends.left, at + len(self._row.value) + ends.right)
        if (ends.left, ends.right) == (0, 0):
            self._tell("with the ends it had.")
        elif self._row.count == 1:
            self._tell("in its one place.")
        else:
            self._tell(chosen.ellipsis)
        self._count()

    def _tell(self, words: str) -> None:
        shown = plain(one_line(masked(self.ends.value, self.entity)), glyphs(self))
        line = styled(f"{short_name(self.entity)}  ", "bold $accent") + styled(shown, "bold $warning")
        self.query_one("#becomes", Static).update(Content("\n").join([line, styled(words, "$muted")]))

    @work(exclusive=True, group="count")
    async def _count(self) -> None:
        """Count the places apart from this thread: a name may stand in thousands."""
        ends, count = self.ends, self._row.count
        if (ends.left, ends.right) == (0, 0) or count == 1:
            return
        try:
            same = await in_thread(self, self._alike, ends)
        except TunesmithError as error:
            self._tell(f"{error.title} {error.what}")
            return
        self._tell(f"in {same:,} of its {count:,} places" + ("; elsewhere it stays." if same < count else "."))

    def action_start(self, by: int) -> None:
        """Move the beginning by so many letters to the right."""
        self._move(self.ends.left - by, self.ends.right)

    def action_end(self, by: int, word: bool = False) -> None:
        """Move the end by so many letters to the right; with `word` to the next end of a word there."""
        place, right = self._place, self.ends.right + by
        whole = place.context_before + self._row.value + place.context_after
        at = len(whole) - len(place.context_after) + right
        while word and 0 < at < len(whole) and not (whole[at - 1].isalnum() and not whole[at].isalnum()):
            at, right = at + by, right + by
        self._move(self.ends.left, right)

    def _move(self, left: int, right: int) -> None:
        place = self._place
        moved = ends_of(place.context_before, self._row.value, place.context_after, left, right)
        if moved is not None:
            self.ends = moved
            self._show()

    def action_type(self, number: int) -> None:
        """Say what it is."""
        self.entity = TYPE_KEYS[number - 1]
        self._show()

    def action_take(self) -> None:
        """Keep the new ends and the type."""
        same = (self.ends.left, self.ends.right) == (0, 0) and self.entity == self._row.entity
        self.dismiss(None if same else (self.ends, self.entity))

    def action_close(self) -> None:
        """Change nothing."""
        self.dismiss(None)
