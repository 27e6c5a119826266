"""One row as the model gets it: what is learned is bold and underlined and has a bar in the margin.

Special tokens (`<|im_end|>`) are shown, dimmed; each line break has a mark, because the model sees it too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from tui.charset import Glyphs, glyphs, plain
from tui.preview_rows import PreviewRow
from tui.widgets.text import one_line, styled
from tui.widgets.wrap import wrap_ranges

_SPECIAL = re.compile(r"<\|[^|<>]{1,40}\|>|</?s>|<(?:bos|eos|pad|unk|start_of_turn|end_of_turn)>|\[/?INST\]")
_MARGIN = 2


@dataclass(frozen=True)
class _Letters:
    """The text of a row with, for each letter, whether it is learned and whether it belongs to a special token."""

    text: str
    learned: tuple[bool, ...]
    special: tuple[bool, ...]


class RenderedRow(ScrollView, can_focus=True):
    """Shows a row; scrolls by keys and wheel."""

    DEFAULT_CSS = """
    RenderedRow { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: auto; text-wrap: nowrap; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_by(-1)", "Up", show=False, id="rendered.up", tooltip="A line up."),
        Binding("down,j", "scroll_by(1)", "Down", show=False, id="rendered.down", tooltip="A line down."),
        Binding("pageup", "scroll_page(-1)", "Page up", show=False, id="rendered.page_up", tooltip="A page up."),
        Binding(
            "pagedown,space", "scroll_page(1)", "Page down", show=False, id="rendered.page_down", tooltip="A page down."
        ),
        Binding("home", "scroll_to_line(0)", "Top", show=False, id="rendered.top", tooltip="The beginning of the row."),
        Binding("end", "scroll_to_line(-1)", "End", show=False, id="rendered.end", tooltip="The end of the row."),
    ]
    gloss = "learned tokens"

    row: reactive[PreviewRow | None] = reactive(None)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Content] = []
        self._drawn_for: tuple[PreviewRow | None, int] = (None, -1)

    def watch_row(self) -> None:
        """Begin at the top of another row."""
        self._draw()
        self.scroll_to(y=0, animate=False, force=True, immediate=True)

    def on_resize(self, _event: events.Resize) -> None:
        """Other lines."""
        self._draw()

    def render_line(self, y: int) -> Strip:
        """One line in sight."""
        width = self.scrollable_content_region.width or self.size.width
        index = self.scroll_offset.y + y
        if index >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        strips = Visual.to_strips(self, self._lines[index], width, 1, self.visual_style, pad=True)
        return strips[0] if strips else Strip.blank(width, self.rich_style)

    def action_scroll_by(self, lines: int) -> None:
        """Scroll."""
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, immediate=True)

    def action_scroll_page(self, by: int) -> None:
        """Scroll by what is in sight."""
        self.action_scroll_by(by * max(1, self.size.height - 1))

    def action_scroll_to_line(self, line: int) -> None:
        """To the beginning or the end of the row."""
        self.scroll_to(y=line if line >= 0 else len(self._lines), animate=False, immediate=True)

    def _draw(self) -> None:
        width = self.scrollable_content_region.width or self.size.width
        if not width or self._drawn_for == (self.row, width):
            return
        self._drawn_for = (self.row, width)
        self._lines = row_lines(self.row, width, glyphs(self)) if self.row is not None else []
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()


def row_lines(row: PreviewRow, width: int, chosen: Glyphs) -> list[Content]:
    """A row as lines of content of at most `width` cells."""
    letters = _letters(row, chosen)
    lines: list[Content] = []
    at = 0
    for paragraph in letters.text.split("\n"):
        if at and at == len(letters.text):
            break
        for start, end in wrap_ranges(paragraph, width - _MARGIN - 1):
            lines.append(_line(letters, at + start, at + end, chosen))
        at += len(paragraph) + 1
        if at <= len(letters.text):
            lines[-1] += styled(chosen.newline, "$muted")
    if row.cut:
        mark = styled(f"{chosen.stale} ", "$warning")
        lines.append(mark + styled(f"here it is cut: {row.cut:,} more tokens are not seen", "$warning"))
    return lines


def _letters(row: PreviewRow, chosen: Glyphs) -> _Letters:
    parts = [plain(_visible(text), chosen) for text, _ in row.pieces]
    text = "".join(parts)
    learned = tuple(trained for part, (_, trained) in zip(parts, row.pieces, strict=True) for _ in part)
    special = [False] * len(text)
    for found in _SPECIAL.finditer(text):
        special[found.start() : found.end()] = [True] * len(found[0])
    return _Letters(text, learned, tuple(special))


def _visible(text: str) -> str:
    """Control characters as spaces; line breaks stay."""
    return "\n".join(one_line(line) for line in text.replace("\r\n", "\n").split("\n"))


def _line(letters: _Letters, start: int, end: int, chosen: Glyphs) -> Content:
    """One line: the margin, then stretches of the same look."""
    learned = any(letters.learned[start:end])
    parts = [styled(chosen.learned, "$accent") + Content(" ") if learned else Content(" " * _MARGIN)]
    at = start
    while at < end:
        look = letters.learned[at], letters.special[at]
        stop = at + 1
        while stop < end and (letters.learned[stop], letters.special[stop]) == look:
            stop += 1
        style = ("bold underline " if look[0] else "") + ("$muted" if look[1] else "")
        parts.append(styled(letters.text[at:stop], style.strip()))
        at = stop
    return Content("").join(parts)
