"""A list of rows with steady columns, a pointer, keyboard and mouse: tables and choices of the wizard.

It draws only the lines in sight. State never hangs on colour: the marked row has a pointer in front.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from tui.charset import glyphs
from tui.widgets.text import Align, fit

_GUTTER = 3
_BETWEEN = 2


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        title: Shown in the head line, if any column has one.
        width: Cells; 0 takes a share of what the others leave.
        align: Numbers go right.
        wide_only: Left out when the list is narrower than 100 cells.
    """

    title: str = ""
    width: int = 0
    align: Align = "left"
    wide_only: bool = False


@dataclass(frozen=True)
class Row:
    """One row: a key to know it by, and a cell per column."""

    key: str
    cells: tuple[Content | str, ...]
    heading: bool = False
    """A line between rows that cannot be marked; only its first cell is shown, over the whole width."""


class RowList(ScrollView, can_focus=True):
    """Rows to choose from. `Marked` follows the pointer, `Taken` is enter or a click on the marked row."""

    DEFAULT_CSS = """
    RowList { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; text-wrap: nowrap; }
    RowList > .rows--head { color: $muted; }
    RowList > .rows--marked { background: $cursor; }
    RowList:focus > .rows--marked { background: $cursor; text-style: bold; }
    RowList:ansi > .rows--marked { text-style: none; }
    RowList:ansi:focus > .rows--marked { text-style: reverse; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--head", "rows--marked"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, id="rows.up", tooltip="The row above."),
        Binding("down", "move(1)", "Down", show=False, id="rows.down", tooltip="The row below."),
        Binding("pageup", "page(-1)", "Page up", show=False, id="rows.page_up", tooltip="A page up."),
        Binding("pagedown", "page(1)", "Page down", show=False, id="rows.page_down", tooltip="A page down."),
        Binding("home", "move_to(0)", "First", show=False, id="rows.first", tooltip="The first row."),
        Binding("end", "move_to(-1)", "Last", show=False, id="rows.last", tooltip="The last row."),
        Binding("enter", "take", "Take", show=False, id="rows.take", tooltip="Take the marked row."),
    ]

    marked: reactive[int] = reactive(0)

    @dataclass
    class Marked(Message):
        """The pointer is on another row now."""

        rows: RowList
        key: str

        @property
        def control(self) -> RowList:
            """The list, for `@on(RowList.Marked, "#id")`."""
            return self.rows

    @dataclass
    class Taken(Message):
        """The marked row was taken: enter, or a click on it."""

        rows: RowList
        key: str

        @property
        def control(self) -> RowList:
            """The list, for `@on(RowList.Taken, "#id")`."""
            return self.rows

    def __init__(self, columns: Sequence[Column], rows: Sequence[Row] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.rows: tuple[Row, ...] = ()
        self.gloss = ""
        """The term F1 explains while this list has the focus."""
        self._has_head = any(column.title for column in columns)
        if rows:
            self.set_rows(rows)

    @property
    def marked_key(self) -> str | None:
        """The key of the marked row; None when there are no rows."""
        return self.rows[self.marked].key if self.marked < len(self.rows) else None

    def set_rows(self, rows: Sequence[Row], *, mark: str | None = None) -> None:
        """Replace the rows. The pointer stays on the row with the same key, or goes to `mark`."""
        before = self.marked_key
        wanted = mark or before
        self.rows = tuple(rows)
        self._set_virtual_size()
        keys = [row.key for row in self.rows]
        index = keys.index(wanted) if wanted in keys else min(self.marked, max(0, len(keys) - 1))
        marked = self._selectable(index, 1)
        same_place = marked == self.marked
        self.marked = marked
        if same_place and self.marked_key is not None and self.marked_key != before:
            self.post_message(self.Marked(self, self.marked_key))
        self.refresh()

    def mark(self, key: str) -> None:
        """Put the pointer on the row with this key, if there is one."""
        for index, row in enumerate(self.rows):
            if row.key == key:
                self.marked = index

    def watch_marked(self, old: int, new: int) -> None:
        """Keep the marked row in sight and tell about it."""
        self.refresh()
        if new < len(self.rows):
            self._scroll_to_mark()
            self.post_message(self.Marked(self, self.rows[new].key))

    def on_resize(self) -> None:
        """The width of the lines follows; the marked row stays in sight."""
        self._set_virtual_size()
        self._scroll_to_mark()

    def _scroll_to_mark(self) -> None:
        if self.is_mounted and self.rows:
            head = 1 if self._has_head else 0
            self.scroll_to_region(Region(0, self.marked, 1, 1 + head), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """One line in sight: the head line, or a row."""
        width = self.scrollable_content_region.width or self.size.width
        if self._has_head and y == 0:
            return self._strip(self._head(width), "rows--head", width)
        index = self.scroll_offset.y + y - (1 if self._has_head else 0)
        if index >= len(self.rows):
            return Strip.blank(width, self.rich_style)
        row = self.rows[index]
        if row.heading:
            return self._strip(fit(row.cells[0], width, glyphs(self)), "rows--head", width)
        is_marked = index == self.marked
        pointer = glyphs(self).pointer if is_marked else ""
        strip = self._strip(self._line(row.cells, width, pointer), "rows--marked" if is_marked else "", width)
        return strip.apply_meta({"row": index})

    def action_move(self, by: int) -> None:
        """Move the pointer."""
        self.marked = self._selectable(max(0, min(len(self.rows) - 1, self.marked + by)), by)

    def action_page(self, by: int) -> None:
        """Move the pointer by what is in sight."""
        self.action_move(by * max(1, self.size.height - 2))

    def action_move_to(self, index: int) -> None:
        """Move the pointer to the first or last row."""
        self.marked = self._selectable(index if index >= 0 else max(0, len(self.rows) - 1), 1 if index >= 0 else -1)

    def action_take(self) -> None:
        """Take the marked row."""
        if (key := self.marked_key) is not None:
            self.post_message(self.Taken(self, key))

    def on_click(self, event: events.Click) -> None:
        """A click marks; a click on the marked row takes it."""
        index = event.style.meta.get("row")
        if isinstance(index, int):
            if index == self.marked:
                self.action_take()
            else:
                self.marked = index

    def _selectable(self, index: int, direction: int) -> int:
        """The nearest row that can be marked, first in the direction of travel."""
        order = [*range(index, len(self.rows)), *range(index - 1, -1, -1)]
        if direction < 0:
            order = [*range(index, -1, -1), *range(index + 1, len(self.rows))]
        return next((found for found in order if not self.rows[found].heading), 0)

    def _set_virtual_size(self) -> None:
        height = len(self.rows) + (1 if self._has_head else 0)
        self.virtual_size = Size(self.scrollable_content_region.width, height)

    def _rooms(self, width: int) -> list[tuple[int, Column, int]]:
        """Index, column and cells of the columns that are shown at this width."""
        shown = [(index, column) for index, column in enumerate(self.columns) if width >= 100 or not column.wide_only]
        fixed = sum(column.width for _, column in shown) + _BETWEEN * (len(shown) - 1) + _GUTTER + 1
        flexible = sum(1 for _, column in shown if not column.width)
        share, extra = divmod(max(0, width - fixed), flexible) if flexible else (0, 0)
        rooms: list[tuple[int, Column, int]] = []
        for index, column in shown:
            rooms.append((index, column, column.width or share + extra))
            extra = extra if column.width else 0
        return rooms

    def _line(self, cells: Sequence[Content | str], width: int, pointer: str) -> Content:
        chosen = glyphs(self)
        parts = [fit(cells[index], room, chosen, column.align) for index, column, room in self._rooms(width)]
        return Content(f" {pointer or ' '} ") + Content(" " * _BETWEEN).join(parts)

    def _head(self, width: int) -> Content:
        """The titles over their columns; a title may reach into following columns that have none."""
        line, position = " " * _GUTTER, _GUTTER
        for _, column, room in self._rooms(width):
            title = column.title.rjust(room) if column.align == "right" else column.title
            if title:
                line = line.ljust(position) + title
            position += room + _BETWEEN
        return Content(line)

    def _strip(self, line: Content, component: str, width: int) -> Strip:
        style = self.get_visual_style(component) if component else self.visual_style
        strips = Visual.to_strips(self, line, width, 1, style, pad=True)
        return strips[0] if strips else Strip.blank(width, self.rich_style)
