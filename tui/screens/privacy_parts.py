"""Parts of the review: what its list shows, the search line, the line above the list, the line between the sides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from engine.privacy.findings import Action, ValueRow
from engine.privacy.store import FindingsStore, Order
from tui.charset import glyphs, plain
from tui.entities import legend
from tui.widgets.text import fit, styled

_TYPE = re.compile(r"(\d) \S+")
_SEARCH_WORDS = "part of a value or a type"


@dataclass(frozen=True)
class Filter:
    """What the list shows, and in which order. Also where the list gets its rows from."""

    store: FindingsStore
    order: Order = "risk"
    undecided_only: bool = False
    search: str = ""

    def count(self) -> int:
        """How many values there are."""
        return self.store.count_values(self.undecided_only, self.search)

    def page(self, offset: int, limit: int) -> list[ValueRow]:
        """A page of them."""
        return self.store.values(offset, limit, self.order, self.undecided_only, self.search)


class SearchField(Input):
    """The search line; escape leaves it and shows everything again.

    Its line is always there, so that opening and leaving it moves nothing: while nobody searches it shows the types
    behind the keys 1 to 9, and a click on one of them is its key.
    """

    can_focus = False

    def begin(self) -> None:
        """Take the keys."""
        self.can_focus = True
        self.placeholder = _SEARCH_WORDS
        self.focus()

    def end(self) -> None:
        """Show the types again."""
        self.can_focus = False
        self.placeholder = f"it is {legend()}"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "All values", show=False, id="search.leave", tooltip="End the search."),
        Binding("down", "to_list", "To the list", show=False, id="search.down", tooltip="To what was found."),
    ]

    @dataclass
    class Left(Message):
        """The field was left; `keep` says whether what was found stays."""

        keep: bool

    async def on_click(self, event: events.Click) -> None:
        """A click on one of the types is its key."""
        at = event.get_content_offset(self)
        if self.can_focus or at is None:
            return
        for shown in _TYPE.finditer(self.placeholder):
            if shown.start() <= at.x < shown.end():
                await self.screen.run_action(f"retype({shown[1]})")

    def action_leave(self) -> None:
        """Show everything again."""
        self.post_message(self.Left(False))

    def action_to_list(self) -> None:
        """To what was found."""
        self.post_message(self.Left(True))


class ReviewHead(Widget):
    """The line above the list: how far, how much, in which order."""

    DEFAULT_CSS = "ReviewHead { height: 1; padding: 0 1; text-wrap: nowrap; }"

    def __init__(self) -> None:
        super().__init__()
        self.left: tuple[str, str] = ("", "")
        self.right = ""

    def show(self, progress: str, amount: str, right: str) -> None:
        """Draw again if something is different."""
        if ((progress, amount), right) != (self.left, self.right):
            self.left, self.right = (progress, amount), right
            self.refresh()

    def render(self) -> Content:
        """Progress first, because it changes with every key."""
        chosen = glyphs(self)
        right = plain(self.right, chosen)
        left = styled(plain(self.left[0], chosen), "bold") + styled(f"   {plain(self.left[1], chosen)}", "$muted")
        return fit(left, max(0, self.size.width - len(right) - 2), chosen) + styled(f"  {right}", "$muted")


class Divider(Widget):
    """The line between list and context, beside or above each other."""

    DEFAULT_CSS = "Divider { width: 1; height: 1fr; color: $rule; }"

    def render(self) -> Content:
        """A column of the charset's vertical line, or a row of the other."""
        if self.size.width > 1:
            return Content(glyphs(self).rule * self.size.width)
        return Content("\n".join([glyphs(self).column] * self.size.height))


def nothing_words(shown: Filter) -> tuple[str, ...]:
    """Why the list is empty, if it is, and what to press."""
    if shown.search:
        where = "open values have" if shown.undecided_only else "values have"
        return f"No {where} “{cut(shown.search)}” in them.", "esc shows all values again."
    if shown.undecided_only:
        return "You decided everything.", "enter writes the redacted file, f shows all values."
    return "Nothing personal was found.", "v shows rows to look at all the same."


def decided_words(rows: Sequence[ValueRow], action: Action) -> str:
    """What a decision did, in words."""
    places = sum(row.count for row in rows)
    if len(rows) > 1:
        return f"{len(rows):,} values {'stay as they are' if action == 'keep' else 'are hidden'}, {places:,} places."
    where = {1: "in its one place", 2: "in both its places"}.get(places, f"in all its {places:,} places")
    return f"{cut(rows[0].shown)} {'stays as it is' if action == 'keep' else 'is hidden'} {where}."


def cut(shown: str) -> str:
    """A value as a sentence can hold it."""
    return shown if len(shown) <= 28 else shown[:27] + "…"


def places_words(count: int) -> str:
    """1 place, 2 places."""
    return "1 place" if count == 1 else f"{count:,} places"
