"""Names and values in two steady columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from tui.charset import Glyphs, glyphs, plain
from tui.widgets.text import styled
from tui.widgets.wrap import wrap_cells

if TYPE_CHECKING:
    from tui.model_facts import Fact

_LEAST_ROOM = 12
"""Cells a value has at least, however narrow the terminal is."""


class Facts(Widget):
    """Shows facts; one that wants attention has its glyph in front of the value."""

    DEFAULT_CSS = "Facts { height: auto; padding: 0 1; }"
    facts: reactive[tuple[Fact, ...]] = reactive((), layout=True)
    note: reactive[str] = reactive("", layout=True)

    def show(self, facts: Sequence[Fact], note: str = "") -> None:
        """Replace what is shown; `note` stands below the facts."""
        self.note, self.facts = note, tuple(facts)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Lines at this width."""
        return len(fact_lines(self.facts, self.note, width, glyphs(self)))

    def render(self) -> Content:
        """The lines."""
        return Content("\n").join(fact_lines(self.facts, self.note, self.content_size.width, glyphs(self)))


def fact_lines(facts: Sequence[Fact], note: str, width: int, chosen: Glyphs) -> list[Content]:
    """The facts in lines of at most `width` cells; what goes on stands below its value, not below its name."""
    named = max((len(fact.name) for fact in facts), default=0) + 2
    lines: list[Content] = []
    for fact in facts:
        value = plain(f"{chosen.stale} {fact.value}" if fact.attention else fact.value, chosen)
        for index, line in enumerate(wrap_cells(value, max(_LEAST_ROOM, width - named))):
            name = styled(f"{fact.name if index == 0 else '':<{named}}", "$muted")
            lines.append(name + styled(line, "$warning" if fact.attention else ""))
    lines += [styled(line, "$muted") for line in wrap_cells(plain(note, chosen), max(_LEAST_ROOM, width)) if note]
    return lines
