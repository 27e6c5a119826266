"""Text to scroll through, drawn only where it is in sight; and the log page made of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from engine.jobs.events import WarningEvent
from tui.charset import Glyphs, glyphs, plain
from tui.widgets.text import one_line, styled

LINES = 400
"""Of the log's end."""


class TextView(ScrollView):
    """Scrolls over lines, wrapped to its width."""

    DEFAULT_CSS = """
    TextView {
        height: 1fr; padding: 0 1; overflow-x: hidden; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
    }
    """
    FOLLOWS: ClassVar[bool] = False
    """Whether it stays at the end when lines are added there, until somebody scrolls up."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Content] = []
        self._wrapped: list[Content] = []

    def set_lines(self, lines: Sequence[Content]) -> None:
        """Replace the lines."""
        self._lines = list(lines)
        self._wrap()

    @property
    def text(self) -> str:
        """All lines, as text."""
        return "\n".join(line.plain for line in self._lines)

    def on_resize(self) -> None:
        """Wrap to the new width."""
        self._wrap()

    def render_line(self, y: int) -> Strip:
        """One line in sight."""
        width, index = self.size.width, self.scroll_offset.y + y
        if index >= len(self._wrapped) or not self._wrapped[index].plain:
            return Strip.blank(width, self.rich_style)
        return Visual.to_strips(self, self._wrapped[index], width, 1, self.visual_style, pad=True)[0]

    def _wrap(self) -> None:
        width = self.scrollable_content_region.width
        if not width:
            return
        at_end = self.scroll_offset.y >= self.max_scroll_y - 1
        # Wrapping looks at every word; most lines fit as they are.
        self._wrapped = [
            part
            for line in self._lines
            for part in (line.wrap(width) if "\n" in line.plain or line.cell_length > width else [line])
        ]
        self.virtual_size = Size(width, len(self._wrapped))
        if self.FOLLOWS and at_end:
            self.scroll_end(animate=False)
        self.refresh()


def _scrolling(name: str, top: str, end: str) -> list[BindingType]:
    """The keys that scroll a page of lines; `name` begins their ids."""
    keys = (
        ("up,k", "scroll_up", "Up", "up", "A line up."),
        ("down,j", "scroll_down", "Down", "down", "A line down."),
        ("pageup", "page_up", "Page up", "page_up", "A page up."),
        ("pagedown", "page_down", "Page down", "page_down", "A page down."),
        ("home", "scroll_home", "Top", "top", top),
        ("end", "scroll_end", "End", "end", end),
    )
    return [
        Binding(key, action, label, show=False, id=f"{name}.{does}", tooltip=tooltip)
        for key, action, label, does, tooltip in keys
    ]


class PageView(TextView, can_focus=True):
    """A page of lines with the keys to scroll it; its lines are made only when what they are made of is another."""

    BINDINGS: ClassVar[list[BindingType]] = _scrolling("page", "The top of the page.", "The end of the page.")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._made_of: object = None

    def show(self, made_of: object, lines: Callable[[], Sequence[Content]]) -> None:
        """Show these lines, unless they are made of the same as those that are shown."""
        if made_of != self._made_of:
            self._made_of = made_of
            self.set_lines(lines())


class LogView(TextView, can_focus=True):
    """Every warning whole, then the end of the job's log; follows it until you scroll up."""

    FOLLOWS = True
    BINDINGS: ClassVar[list[BindingType]] = _scrolling(
        "log", "The first warning.", "The end of the log; it follows again."
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[object, ...] | None = None

    def show(self, warnings: Sequence[WarningEvent], log: Sequence[str], file: str) -> None:
        """Show these; nothing is drawn when they are those that are shown."""
        wanted = (len(warnings), tuple(log), file)
        if wanted != self._shown:
            self._shown = wanted
            self.set_lines(log_lines(warnings, log, file, glyphs(self)))


def log_lines(warnings: Sequence[WarningEvent], log: Sequence[str], file: str, chosen: Glyphs) -> list[Content]:
    """The page's lines. Pure."""
    lines = [styled(f"Warnings: {len(warnings)}" if warnings else "No warnings.", "bold")]
    for warning in warnings:
        at = time.strftime("%H:%M:%S", time.localtime(warning.t))
        lines.append(
            styled(f"{chosen.notice} ", "$warning") + styled(f"{at}  ", "$muted") + _plain(warning.title, chosen)
        )
        lines.extend(Content(" " * 12) + _plain(words, chosen) for words in (warning.what, warning.hint) if words)
    lines += [Content(""), styled("The end of ", "bold") + styled(plain(file, chosen), "$muted")]
    return lines + ([_plain(line, chosen) for line in log] or [styled("It is empty so far.", "$muted")])


def _plain(text: str, chosen: Glyphs) -> Content:
    return Content(plain(one_line(text), chosen))
