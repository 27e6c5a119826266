"""The marked value in context: its places, what happens at each, and what it becomes. Reads places in pages."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from engine.privacy.counts import CERTAIN_SCORE
from engine.privacy.findings import CERTAIN_ENTITIES, SECRET_ENTITIES, Place, ValueRow, masked
from engine.privacy.texts import CONTEXT
from tui.charset import Glyphs, glyphs, plain
from tui.entities import reason_for, score_text, short_name, words_for
from tui.widgets.text import fit, one_line, styled
from tui.widgets.wrap import wrap_cells

PlacesOf = Callable[[int, int, int], list[Place]]
"""Value id, offset and limit to a page of places."""

_ROLES = {"user": "them", "human": "them", "assistant": "you", "gpt": "you", "system": "instructions"}
_FOOT_LINES = 4
_REMEMBERED = 500
_OPEN, _CLOSE, _NO_BREAK = "\ue000", "\ue001", "\u00a0"
"""The marks around the value and the spaces in it while lines are broken; no shown text holds the first two."""
_ELSE_OPEN, _ELSE_CLOSE = "\ue002", "\ue003"
"""The same around what else is hidden there."""


_MOST_LINES = 7
"""Lines of context that a place can fill: 60 letters are kept on either side."""


@dataclass(frozen=True)
class _Shape:
    """How much fits: places in sight, and lines of context for each."""

    places: int
    lines: int
    gap: int


class Places(Widget, can_focus=True):
    """Where a value occurs. tab brings the focus here; then up and down move among the places."""

    DEFAULT_CSS = """
    Places { height: 1fr; padding: 0 1; text-wrap: nowrap; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="places.up", tooltip="The place before."),
        Binding("down,j", "move(1)", "Down", show=False, id="places.down", tooltip="The next place."),
        Binding("pageup", "page(-1)", "Page up", show=False, id="places.page_up", tooltip="Places before these."),
        Binding("pagedown", "page(1)", "Page down", show=False, id="places.page_down", tooltip="Places after these."),
        Binding("home", "move_to(0)", "First", show=False, id="places.first", tooltip="The first place."),
        Binding("end", "move_to(-1)", "Last", show=False, id="places.last", tooltip="The last place."),
    ]
    gloss = "finding"

    marked: reactive[int] = reactive(0)
    """Which place of the value the pointer is on."""
    value: reactive[ValueRow | None] = reactive(None, always_update=True)

    @dataclass
    class Marked(Message):
        """The pointer is on another place now."""

        places: Places

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._read: PlacesOf | None = None
        self._page: list[Place] = []
        self._becomes: dict[tuple[int, str], str] = {}
        self._offset = 0
        self._note = ""

    def show(self, value: ValueRow | None, read: PlacesOf, note: str = "") -> None:
        """Show a value's places; the pointer stays where it is if it is the same value. `note`: how they differ."""
        self._note = note
        same = value is not None and self.value is not None and value.id == self.value.id
        self._read = read
        self._page, self._offset = [], 0
        if not same:
            self.set_reactive(Places.marked, 0)
        self.value = value

    def forget_becomes(self) -> None:
        """Other settings may make other values of them."""
        self._becomes.clear()

    def tell_becomes(self, value: ValueRow, words: str) -> None:
        """Say what a value becomes; until then dots stand there."""
        if len(self._becomes) > _REMEMBERED:
            self._becomes.clear()
        self._becomes[value.id, value.entity] = words
        self.refresh()

    @property
    def current(self) -> Place | None:
        """The marked place."""
        inside = self.marked - self._offset
        return self._page[inside] if 0 <= inside < len(self._page) else None

    # -- moving -------------------------------------------------------------------------------------------------

    @property
    def total(self) -> int:
        """How many places the value has."""
        return self.value.count if self.value is not None else 0

    def action_move(self, by: int) -> None:
        """Move the pointer."""
        self.marked = max(0, min(self.total - 1, self.marked + by))

    def action_page(self, by: int) -> None:
        """As many places on as are in sight."""
        self.action_move(by * self._shape().places)

    def action_move_to(self, index: int) -> None:
        """The first or the last place."""
        self.marked = index if index >= 0 else max(0, self.total - 1)

    def watch_marked(self) -> None:
        """Read what comes in sight."""
        self._fill()
        self.post_message(self.Marked(self))

    def watch_value(self) -> None:
        """Read the first places."""
        self._fill()

    def on_resize(self) -> None:
        """More room, more places."""
        self._fill()

    def on_focus(self) -> None:
        """The pointer shows where the keys go."""
        self.refresh()

    def on_blur(self) -> None:
        """The same."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click marks the place."""
        index = event.style.meta.get("place")
        if isinstance(index, int):
            self.marked = index

    def _fill(self) -> None:
        """Have the page with the marked place in hand."""
        if self.value is None or self._read is None or not self.size.height:
            self.refresh()
            return
        per_page = self._shape().places
        offset = self.marked - self.marked % per_page
        if offset != self._offset or len(self._page) < min(per_page, self.total - offset):
            self._page = self._read(self.value.id, offset, per_page)
            self._offset = offset
        self.refresh()

    # -- drawing ------------------------------------------------------------------------------------------------

    def _shape(self) -> _Shape:
        """As many places as fit; what room they leave goes to their context, because a decision hangs on it."""
        room = max(3, self.size.height - _FOOT_LINES - 1)
        gap = 1 if room >= 15 else 0
        least = 4 if room >= 24 else 2
        places = max(1, min(6, (room + gap) // (1 + least + gap)))
        there = max(1, min(places, self.total))
        lines = (room + gap) // there - 1 - gap
        return _Shape(places, max(least, min(_MOST_LINES, lines)) if there < places else least, gap)

    def render(self) -> Content:
        """The places, then what happens and what the value becomes."""
        chosen, width = glyphs(self), self.size.width
        if self.value is None or width < 8:
            return Content("")
        shape = self._shape()
        lines: list[Content] = []
        for number, place in enumerate(self._page[: shape.places]):
            index = self._offset + number
            lines += self._place(place, index, shape, width, chosen)
            lines += [Content("")] * shape.gap
        lines += [Content("")] * (self.size.height - _FOOT_LINES - len(lines))
        lines = lines[: self.size.height - _FOOT_LINES]
        return Content("\n").join([*lines, *self._foot(self.value, width, chosen)])

    def _place(self, place: Place, index: int, shape: _Shape, width: int, chosen: Glyphs) -> list[Content]:
        marked = index == self.marked
        pointer = f"{chosen.pointer} " if marked and self.has_focus else "  "
        where = f"row {place.row + 1:,}, {role_words(place)}"
        mark = ""
        if place.decision is not None:
            mark = f"{chosen.bad} kept here" if place.decision == "keep" else f"{chosen.done} hidden here"
        elif marked:
            mark = f"A {'hides' if place.effective == 'keep' else 'keeps'} it here"
        style = "$warning" if place.decision == "keep" else "$success" if place.decision else "$muted"
        mark = mark if len(pointer) + len(where) + 1 + len(mark) <= width else ""
        head = fit(Content(pointer) + styled(where, "bold $accent" if marked else "$accent"), width - len(mark), chosen)
        body = context(place, self.value.entity if self.value else "", width - 2, shape.lines, chosen)
        block = [head + styled(mark, style), *(Content("  ") + line for line in body)]
        meta = Style.from_meta({"place": index})
        return [line.stylize(meta) for line in block]

    def _foot(self, value: ValueRow, width: int, chosen: Glyphs) -> list[Content]:
        where = f"{value.count:,} places" if value.count != 1 else "1 place"
        if value.count > len(self._page):
            where = f"place {self.marked + 1:,} of {value.count:,}"
        by = {"rule": rule_words(value), "policy": "by your policy", "person": "by you"}.get(value.by or "", "")
        head = f"{words_for(value.entity)}, {where}"
        head = head if len(head) <= width else f"{short_name(value.entity)}, {where}"
        if value.decision == "keep":
            fate = styled(f"{chosen.bad} stays as it is", "$warning") + styled(f"  {by}", "$muted")
            more = styled("The model will see it.", "$muted")
        else:
            mark = chosen.done if value.decision else chosen.todo
            fate = styled(f"{mark} becomes ", "$success" if value.decision else "$muted")
            fate += Content(one_line(self._becomes.get((value.id, value.entity), chosen.ellipsis)))
            unlooked = "hidden unless you keep it"
            more = styled(f"{'the same everywhere; ' + by if by else unlooked}", "$muted")
        if self._note and value.decision is None:
            more = styled(f"{chosen.differs} {self._note}", "$warning")
        place = self.current
        why = f"{score_text(place.score)} sure: {reason_for(place.recogniser)}" if place is not None else ""
        lines = (styled(head, "$muted"), fate, more, styled(why, "$muted"))
        return [fit(_plain(line, chosen), width, chosen) for line in lines]


def rule_words(value: ValueRow) -> str:
    """Which rule decided: a checksum, or one of the person's."""
    certain = value.entity in CERTAIN_ENTITIES and value.decision == "hide" and value.score >= CERTAIN_SCORE
    return "certain by its form" if certain else "by a rule"


def role_words(place: Place) -> str:
    """Who says it, in the person's words; the field where there is no role."""
    return _ROLES.get(place.role.lower(), place.role or place.field or "text")


def context(place: Place, entity: str, width: int, lines: int, chosen: Glyphs) -> list[Content]:
    """The text around a place in at most `lines` lines of `width` cells, with the place marked and always in sight."""
    shown = plain(one_line(masked(place.match, entity)), chosen).replace(" ", _NO_BREAK)
    before = _with_others(place.context_before, place.start - len(place.context_before), place, chosen)
    after = _with_others(place.context_after, place.end, place, chosen)
    if len(place.context_before) >= CONTEXT:
        before = chosen.ellipsis + (before.partition(" ")[2] or before)
    if len(place.context_after) >= CONTEXT:
        after = (after.rpartition(" ")[0] or after) + chosen.ellipsis
    room = max(0, width * lines - cell_len(shown) - 6)
    before = _last_cells(before, max(room // 2, room - cell_len(after)), chosen)
    after = _first_cells(after, max(0, room - cell_len(before)), chosen)
    wrapped = wrap_cells(f"{before}{_OPEN}{shown}{_CLOSE}{after}", max(1, width))
    first = next((index for index, line in enumerate(wrapped) if _OPEN in line), 0)
    start = max(0, min(first, len(wrapped) - lines))
    return _marked(wrapped[start : start + lines], chosen)


def _with_others(text: str, begins: int, place: Place, chosen: Glyphs) -> str:
    """A side of the context in one line, with marks around what else is hidden in it; secrets as the list shows them.

    Args:
        text: The characters of the field from `begins` on.
        begins: Where they stand in it.
        place: What is known about the place.
        chosen: What the terminal can show.
    """
    inside = bytearray(len(text))
    shown = one_line(text)
    for start, end, entity in place.beside:
        first, last = max(0, start - begins), min(len(text), end - begins)
        inside[first:last] = b"\1" * max(0, last - first)
        if entity in SECRET_ENTITIES:
            told = min(last, max(first, start + 2 - begins))
            shown = shown[:told] + "·" * max(0, last - told) + shown[max(told, last) :]
    pieces: list[str] = []
    at = 0
    for hidden, run in itertools.groupby(inside):
        to = at + len(list(run))
        piece = plain(shown[at:to], chosen)
        pieces.append(f"{_ELSE_OPEN}{piece}{_ELSE_CLOSE}" if hidden else piece)
        at = to
    return "".join(pieces)


def _last_cells(text: str, room: int, chosen: Glyphs) -> str:
    if cell_len(text) <= room:
        return text
    kept = text[len(text) - room :]
    while cell_len(kept) > room:
        kept = kept[1:]
    return chosen.ellipsis + (kept.partition(" ")[2] or kept)


def _first_cells(text: str, room: int, chosen: Glyphs) -> str:
    return text if cell_len(text) <= room else set_cell_size(text, room).rstrip() + chosen.ellipsis


def _marked(lines: list[str], chosen: Glyphs) -> list[Content]:
    """Lines as content: between the marks bold, what else is hidden underlined, also over a line break."""
    shown: list[Content] = []
    inside = otherwise = False
    for line in lines:
        parts: list[Content] = []
        for part in re.split(f"([{_OPEN}{_CLOSE}{_ELSE_OPEN}{_ELSE_CLOSE}])", line.replace(_NO_BREAK, " ")):
            if part in (_OPEN, _CLOSE):
                inside, otherwise = part == _OPEN, False
                parts.append(styled(chosen.mark_left if inside else chosen.mark_right, "$warning"))
            elif part in (_ELSE_OPEN, _ELSE_CLOSE):
                otherwise = part == _ELSE_OPEN
            elif part:
                style = "bold $warning" if inside else "underline" if otherwise else ""
                parts.append(styled(part, style) if style else Content(part))
        shown.append(Content("").join(parts))
    return shown


def _plain(line: Content, chosen: Glyphs) -> Content:
    return line if chosen.unicode else Content(plain(line.plain, chosen))
