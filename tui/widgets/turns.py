"""Chats as text: each turn with its number and role in front, and its lines under each other."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from tui.charset import glyphs, plain
from tui.widgets.text import one_line, styled

_HEAD = 14
_CHARS = 600


class Turns(Widget):
    """Shows chats; the turns that are learned have their role in the accent colour."""

    DEFAULT_CSS = "Turns { height: auto; }"
    chats: reactive[tuple[tuple[tuple[str, str], ...], ...]] = reactive((), layout=True)
    """Chats of turns of (role, text)."""

    def show(self, chats: Sequence[Sequence[tuple[str, str]]]) -> None:
        """Replace what is shown."""
        self.chats = tuple(tuple(chat) for chat in chats)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Lines at this width."""
        return len(self._lines(width))

    def render(self) -> Content:
        """The lines."""
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Content]:
        chosen = glyphs(self)
        lines: list[Content] = []
        for number, chat in enumerate(self.chats, 1):
            for index, (role, text) in enumerate(chat):
                shown = plain(one_line(text), chosen)
                if len(shown) > _CHARS:
                    shown = f"{shown[:_CHARS].rstrip()} {chosen.ellipsis}"
                colour = "bold $accent" if role in ("assistant", "text") else "$muted"
                head = styled(f"{number if index == 0 else '':<3}", "$muted") + styled(f"{role:<11}", colour)
                wrapped = textwrap.wrap(shown, max(20, width - _HEAD)) or [""]
                lines.append(head + Content(wrapped[0]))
                lines.extend(Content(" " * _HEAD + line) for line in wrapped[1:])
            lines.append(Content(""))
        return lines[:-1]
