"""The list of distinct values in the review: a Line-API list that reads pages of the findings as they come in sight.

A `DataTable` with 100,000 rows blocks for twelve seconds; this draws the lines in sight and holds a few pages.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar, Protocol

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from engine.privacy.findings import ValueRow
from tui.charset import Glyphs, glyphs, plain
from tui.entities import SHORT_WIDTH, score_text, short_name
from tui.widgets.text import fit, one_line, styled

_PAGE = 64
_PAGES_KEPT = 8
_STRIPS_KEPT = 256
_AHEAD = 3
"""Values in sight below the pointer."""
_SEEN_WIDTH = 6
_SCORE_WIDTH = 4
_DECISION_WIDTH = 6
_FIXED = 1 + 2 + 2 + SHORT_WIDTH + 1 + _SEEN_WIDTH + 1 + _SCORE_WIDTH + 2 + _DECISION_WIDTH


class ValueSource(Protocol):
    """Where the list gets its rows from."""

    def count(self) -> int:
        """How many values there are."""
        ...

    def page(self, offset: int, limit: int) -> list[ValueRow]:
        """Values from `offset` on, at most `limit`."""
        ...


class ValueList(ScrollView, can_focus=True):
    """Values to decide. `Marked` follows the pointer."""

    DEFAULT_CSS = """
    ValueList { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: scroll; text-wrap: nowrap; }
    ValueList > .values--head { color: $muted; }
    ValueList > .values--marked { background: $cursor; }
    ValueList:focus > .values--marked { background: $cursor; text-style: bold; }
    ValueList:ansi > .values--marked { text-style: none; }
    ValueList:ansi:focus > .values--marked { text-style: reverse; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"values--head", "values--marked"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="values.up", tooltip="The value above."),
        Binding("down,j", "move(1)", "Down", show=False, id="values.down", tooltip="The value below."),
        Binding("pageup", "page(-1)", "Page up", show=False, id="values.page_up", tooltip="A page up."),
        Binding("pagedown", "page(1)", "Page down", show=False, id="values.page_down", tooltip="A page down."),
        Binding("home", "move_to(0)", "First", show=False, id="values.first", tooltip="The first value."),
        Binding("end", "move_to(-1)", "Last", show=False, id="values.last", tooltip="The last value."),
    ]

    marked: reactive[int] = reactive(0)
    gloss = "finding"
    """What F1 explains while the list has the focus."""

    @dataclass
    class Marked(Message):
        """The pointer is on another value now."""

        values: ValueList

        def can_replace(self, message: Message) -> bool:
            """Only the last position counts."""
            return isinstance(message, ValueList.Marked)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._source: ValueSource | None = None
        self._pages: OrderedDict[int, list[ValueRow]] = OrderedDict()
        self._strips: OrderedDict[tuple[ValueRow, bool, bool, int], Strip] = OrderedDict()
        self._drawn_in: Style | None = None
        self.count = 0
        self._began: int | None = None
        """Where the marking of several values began; None while only one is marked."""
        self.nothing: tuple[str, ...] = ()
        """What stands in the place of the values while there are none: why, and what to press."""

    # -- what it shows ------------------------------------------------------------------------------------------

    def show(self, source: ValueSource, *, mark: int = 0) -> None:
        """Show another list, with the pointer on row `mark`."""
        self._source = source
        self.reload(mark=mark)

    def reload(self, *, mark: int | None = None) -> None:
        """Read again what is in sight; the pointer stays at its place in the list."""
        self._pages.clear()
        self.count = self._source.count() if self._source is not None else 0
        self._set_virtual_size()
        wanted = self.marked if mark is None else mark
        self._began = None
        self.set_reactive(ValueList.marked, max(0, min(self.count - 1, wanted)))
        self._scroll_to_mark()
        self.refresh()
        self.post_message(self.Marked(self))

    def row(self, index: int) -> ValueRow | None:
        """The value at a place in the list; None past its end."""
        if self._source is None or not 0 <= index < self.count:
            return None
        number, inside = divmod(index, _PAGE)
        page = self._pages.get(number)
        if page is None:
            page = self._source.page(number * _PAGE, _PAGE)
            self._pages[number] = page
            if len(self._pages) > _PAGES_KEPT:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(number)
        return page[inside] if inside < len(page) else None

    def undecided_from(self, index: int) -> int:
        """The first place from `index` on, in the next two pages at most, that nobody decided yet; else `index`."""
        near = range(index, min(self.count, index + 2 * _PAGE))
        return next((at for at in near if (row := self.row(at)) is not None and not row.decision), index)

    @property
    def current(self) -> ValueRow | None:
        """The marked value."""
        return self.row(self.marked)

    @property
    def span(self) -> range:
        """The marked values' places in the list: one, or those from where `extend` began."""
        began = self.marked if self._began is None else min(self._began, self.count - 1)
        return range(min(began, self.marked), max(began, self.marked) + 1)

    @property
    def chosen(self) -> list[ValueRow]:
        """The marked values."""
        return [row for index in self.span if (row := self.row(index)) is not None]

    # -- moving -------------------------------------------------------------------------------------------------

    def watch_marked(self, old: int, new: int) -> None:
        """Draw the two lines that changed, keep the marked row in sight, and tell about it."""
        self._scroll_to_mark()
        for index in range(min(old, new), max(old, new) + 1) if self._began is not None else (old, new):
            self.refresh_line(index + 1)
        self.post_message(self.Marked(self))

    def on_resize(self) -> None:
        """The lines follow the width; the marked row stays in sight."""
        self._set_virtual_size()
        self._scroll_to_mark()

    def action_move(self, by: int) -> None:
        """Move the pointer."""
        self.action_move_to(max(0, min(self.count - 1, self.marked + by)))

    def action_page(self, by: int) -> None:
        """Move the pointer by what is in sight."""
        self.action_move(by * self._page_length)

    def page_end(self, by: int) -> int:
        """The last value in sight, or the first where `by` is negative; a page on where the pointer is near it."""
        first = self.scroll_offset.y
        end = first if by < 0 else first + self.size.height - 2
        return end if (end - self.marked) * by > _AHEAD else self.marked + by * self._page_length

    @property
    def _page_length(self) -> int:
        return max(1, self.size.height - 2)

    def action_move_to(self, index: int) -> None:
        """Move the pointer to a value, -1 is the last; it is the only one that is marked."""
        self.let_go()
        self.marked = index if index >= 0 else max(0, self.count - 1)

    def extend(self, to: int) -> None:
        """Mark all values from the pointer to another place in the list, which is where the pointer is then."""
        if self._began is None:
            self._began = self.marked
        self.marked = max(0, min(self.count - 1, to))

    def let_go(self) -> bool:
        """Mark only the value at the pointer; False where it is the only one already."""
        several, self._began = len(self.span) > 1, None
        if several:
            self.refresh()
        return several

    def on_click(self, event: events.Click) -> None:
        """A click marks the value; with shift, all from the pointer to there."""
        index = event.style.meta.get("row")
        if isinstance(index, int):
            if event.shift:
                self.extend(index)
            else:
                self.action_move_to(index)

    # -- drawing ------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line in sight: the head, or a value."""
        width = self.scrollable_content_region.width or self.size.width
        chosen = glyphs(self)
        if y == 0:
            return self._strip(self._head(width, chosen), "values--head", width)
        index = self.scroll_offset.y + y - 1
        row = self.row(index)
        if row is None:
            words = self.nothing[y - 2] if not self.count and 2 <= y < len(self.nothing) + 2 else ""
            return self._strip(Content(plain(f"  {words}", chosen)), "values--head", width)
        marked = index in self.span
        key = (row, marked, marked and self.has_focus, width)
        strip = self._strips.get(key)
        if strip is None:
            line = self._line(row, width, chosen, chosen.pointer if marked else " ")
            strip = self._strip(line, "values--marked" if marked else "", width)
            self._strips[key] = strip
            if len(self._strips) > _STRIPS_KEPT:
                self._strips.popitem(last=False)
        return strip.apply_meta({"row": index})

    def notify_style_update(self) -> None:
        """Other colours: what was drawn cannot be used again. With the focus only the marked line has others."""
        super().notify_style_update()
        if self.visual_style != self._drawn_in:
            self._strips.clear()
            self._drawn_in = self.visual_style
        for key in [key for key in self._strips if key[1]]:
            del self._strips[key]

    def _head(self, width: int, chosen: Glyphs) -> Content:
        value = max(8, width - _FIXED)
        seen, score = "seen".rjust(_SEEN_WIDTH), "sure".rjust(_SCORE_WIDTH)
        return Content(f"  {'value':<{value}}  {'type':<{SHORT_WIDTH}} {seen} {score}  will")

    def _line(self, row: ValueRow, width: int, chosen: Glyphs, pointer: str) -> Content:
        value = max(8, width - _FIXED)
        differs = styled(chosen.differs, "$warning") if row.differs else Content(" ")
        return Content.assemble(
            f"{pointer} ",
            fit(one_line(row.shown), value, chosen),
            differs,
            " ",
            styled(f"{short_name(row.entity):<{SHORT_WIDTH}} ", "$muted"),
            f"{row.count:>{_SEEN_WIDTH},} ",
            styled(f"{score_text(row.score):>{_SCORE_WIDTH}}  ", "$muted"),
            decision_mark(row, chosen),
        )

    def _strip(self, line: Content, component: str, width: int) -> Strip:
        style = self.get_visual_style(component) if component else self.visual_style
        strips = Visual.to_strips(self, line, width, 1, style, pad=True)
        return strips[0] if strips else Strip.blank(width, self.rich_style)

    def _set_virtual_size(self) -> None:
        """Tell the scrollbar, which is always there: another length of the list needs no new layout of the screen."""
        size = Size(self.scrollable_content_region.width, self.count + 1)
        self.set_reactive(ScrollView.virtual_size, size)
        if self.is_mounted:
            self.vertical_scrollbar.window_virtual_size = size.height

    def _scroll_to_mark(self) -> None:
        if self.is_mounted and self.count:
            # The next values are in sight before the pointer gets there.
            ahead = min(1 + _AHEAD, max(1, self.size.height - 2))
            self.scroll_to_region(Region(0, self.marked, 1, 1 + ahead), animate=False, force=True, immediate=True)


def decision_mark(row: ValueRow, chosen: Glyphs) -> Content:
    """What will happen: a glyph and a word, the word alone where nobody decided yet."""
    if row.decision == "keep":
        return styled(f"{chosen.bad} keep", "$warning")
    if row.decision == "hide":
        return styled(f"{chosen.done} hide", "$success")
    return styled(plain(f"{chosen.todo} hide", chosen), "$muted")
