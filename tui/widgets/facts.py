"""Names and values in two steady columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.charset import glyphs, plain
from tui.widgets.text import styled

if TYPE_CHECKING:
    from tui.model_facts import Fact


class Facts(Widget):
    """Shows facts; one that wants attention has its glyph in front of the value."""

    DEFAULT_CSS = "Facts { height: auto; padding: 0 1; }"
    facts: reactive[tuple[Fact, ...]] = reactive((), layout=True)
    note: reactive[str] = reactive("", layout=True)

    def show(self, facts: Sequence[Fact], note: str = "") -> None:
        """Replace what is shown; `note` stands below the facts."""
        self.note, self.facts = note, tuple(facts)

    def render(self) -> Content:
        """The lines."""
        chosen = glyphs(self)
        width = max((len(fact.name) for fact in self.facts), default=0)
        lines = []
        for fact in self.facts:
            value = plain(fact.value, chosen)
            shown = styled(f"{chosen.stale} {value}", "$warning") if fact.attention else Content(value)
            lines.append(styled(f"{fact.name:<{width}}  ", "$muted") + shown)
        if self.note:
            lines.append(styled(plain(self.note, chosen), "$muted"))
        return Content("\n").join(lines)
