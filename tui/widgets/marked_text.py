"""A text in lines with a stretch of it marked, which is always in sight."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui.charset import Glyphs, glyphs, plain
from tui.widgets.text import one_line, styled
from tui.widgets.wrap import wrap_ranges


class MarkedText(Widget):
    """Shows `text` with `start` to `end` in reverse; as many lines as it is high."""

    DEFAULT_CSS = "MarkedText { height: 6; text-wrap: nowrap; }"

    @dataclass
    class Clicked(Message):
        """A letter of the text was clicked."""

        at: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.text, self.start, self.end = "", 0, 0

    def show(self, text: str, start: int, end: int) -> None:
        """Another text, or another stretch of it; offsets are characters."""
        if (text, start, end) != (self.text, self.start, self.end):
            self.text, self.start, self.end = text, start, end
            self.refresh()

    def _lines(self, chosen: Glyphs) -> tuple[str, list[tuple[int, int]], int]:
        """The text as shown, its lines, and the first of them in sight."""
        shown = plain(one_line(self.text), chosen)
        lines = wrap_ranges(shown, max(2, self.size.width - 1))
        height = max(1, self.size.height)
        of_end = next((n for n, (_, end) in enumerate(lines) if self.end <= end), len(lines) - 1)
        of_start = next((n for n, (_, end) in enumerate(lines) if self.start < end), len(lines) - 1)
        first = max(0, min(of_start - height // 3, len(lines) - height))
        return shown, lines, max(first, min(of_end - height + 1, of_start))

    def render(self) -> Content:
        """The lines around the stretch."""
        shown, lines, first = self._lines(glyphs(self))
        drawn: list[Content] = []
        for begin, end in lines[first : first + max(1, self.size.height)]:
            left, right = min(max(self.start, begin), end), max(min(self.end, end), begin)
            if left >= right:
                drawn.append(Content(shown[begin:end]))
                continue
            marked = styled(shown[left:right], "bold reverse $warning")
            drawn.append(Content(shown[begin:left]) + marked + Content(shown[right:end]))
        return Content("\n").join(drawn)

    def beside(self, lines: int) -> int:
        """The letter so many lines above or below the start of the stretch."""
        _, ranges, _ = self._lines(glyphs(self))
        now = next((n for n, (_, end) in enumerate(ranges) if self.start < end), len(ranges) - 1)
        other = ranges[max(0, min(len(ranges) - 1, now + lines))]
        return min(other[0] + self.start - ranges[now][0], max(other[0], other[1] - 1))

    def on_click(self, event: events.Click) -> None:
        """Tell which letter it was."""
        shown, lines, first = self._lines(glyphs(self))
        if first + event.y < len(lines):
            begin, end = lines[first + event.y]
            at = begin
            while at < end - 1 and cell_len(shown[begin : at + 1]) <= event.x:
                at += 1
            self.post_message(self.Clicked(at))
