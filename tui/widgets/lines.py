"""Lines of text of which only the cells that changed are sent: the moving parts of the dashboard.

A `Static` draws itself whole on every update. Over SSH that adds up; here a second that changes three digits
sends three digits.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import get_character_cell_size
from rich.style import Style as RichStyle
from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget


class Lines(Widget):
    """Shows one line of content per row, cut at its width. `show` replaces them."""

    DEFAULT_CSS = "Lines { height: auto; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.lines: tuple[Content, ...] = ()
        self._strips: list[Strip] = []
        self._drawn_for: Size | None = None

    def show(self, lines: Sequence[Content]) -> None:
        """Show these lines. The layout is touched only when their number changes."""
        if len(lines) != len(self.lines):
            self.lines = tuple(lines)
            self._drawn_for = None
            self.refresh(layout=True)
            return
        if self._drawn_for is None or self._drawn_for != self.size:
            self.lines = tuple(lines)
            self._drawn_for = None
            self.refresh()
            return
        before, self.lines = self._strips, tuple(lines)
        self._strips = self._draw()
        if regions := changed_cells(before, self._strips):
            self.refresh(*regions)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as lines."""
        return len(self.lines)

    def notify_style_update(self) -> None:
        """Other colours: everything is drawn anew."""
        self._drawn_for = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """One line."""
        if self._drawn_for != self.size:
            self._strips, self._drawn_for = self._draw(), self.size
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def _draw(self) -> list[Strip]:
        width, style = self.size.width, self.visual_style
        strips = []
        for line in self.lines:
            drawn = Visual.to_strips(self, line.truncate(width), width, 1, style, pad=True) if line.plain else []
            strips.append(drawn[0] if drawn else Strip.blank(width, style.rich_style))
        return strips


def changed_cells(before: Sequence[Strip], after: Sequence[Strip]) -> list[Region]:
    """For each row that changed, the stretch from its first to its last changed cell."""
    regions = []
    for y, strip in enumerate(after):
        if y < len(before) and strip == before[y]:
            continue
        old = _cells(before[y]) if y < len(before) else []
        new = _cells(strip)
        if len(old) != len(new):
            regions.append(Region(0, y, strip.cell_length, 1))
            continue
        different = [x for x, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
        if different:
            regions.append(Region(different[0], y, different[-1] - different[0] + 1, 1))
    return regions


def _cells(strip: Strip) -> list[tuple[str, RichStyle | None]]:
    """One entry a cell; a wide character gives its cells one entry each."""
    return [
        (character, segment.style)
        for segment in strip
        for character in segment.text
        for _ in range(cell_width(character))
    ]


def cell_width(character: str) -> int:
    """Cells a character takes: 0, 1 or 2."""
    return 1 if character.isascii() else get_character_cell_size(character)
