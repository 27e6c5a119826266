"""Fitting text into cells: cut with an ellipsis, padded, aligned. Everything that people typed goes through here."""

from __future__ import annotations

import re
from typing import Literal

from textual.content import Content

from tui.charset import Glyphs, plain

Align = Literal["left", "right"]
_TURN = re.compile(r"(?:messages|conversations?)\.(\d+)\.(?:content|value)")
GIB = 2**30


def styled(text: str, style: str = "") -> Content:
    """Text with one style, never read as markup."""
    return Content.styled(text, style) if style else Content(text)


def fit(content: Content | str, width: int, chosen: Glyphs, align: Align = "left") -> Content:
    """`content` in exactly `width` cells: cut with an ellipsis where it is too long, padded where it is too short."""
    cell = Content(plain(one_line(content), chosen)) if isinstance(content, str) else content
    if width <= 0:
        return Content("")
    if cell.cell_length > width:
        cell = cell.truncate(width - 1) + Content(chosen.ellipsis)
    room = " " * (width - cell.cell_length)
    return Content(room) + cell if align == "right" else cell + Content(room)


def fit_path(path: str, width: int, chosen: Glyphs) -> str:
    """A path cut in front, where it is least telling: `…/projects/my-voice`."""
    path = plain(path, chosen)
    if len(path) <= width:
        return path
    return chosen.ellipsis + path[-(width - 1) :] if width > 1 else path[:width]


def one_line(text: str) -> str:
    """Line breaks and control characters become spaces, so that a row stays a row."""
    return "".join(character if character.isprintable() else " " for character in text)


def size_text(size: float) -> str:
    """Files as people read their size: `980 kB`, `12 MB`, `1.4 GB`, `1.3 TB` (powers of ten)."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            value = size / factor
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{size:.0f} bytes"


def gib(size: float) -> str:
    """Memory in GiB (2^30 bytes), the one unit of memory on every page: `13.1`, `0.02`. The unit itself is left out.

    Drivers, PyTorch and the engine count so; a card that is sold with 24 GB has 24 GiB. Files are counted as disks
    are: see `size_text`.
    """
    amount = size / GIB
    return f"{amount:.0f}" if amount >= 99.95 else f"{amount:.1f}" if amount >= 0.995 else f"{amount:.2f}"


def duration_text(seconds: float) -> str:
    """A stretch of time in words: `38 min`, `2 h 5 min`, `40 s`."""
    total = round(seconds)
    if total < 90:
        return f"{total} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def ago_text(then: float, now: float) -> str:
    """When something was last touched: `now`, `12 min ago`, `yesterday`, `3 days ago`, `2 weeks ago`."""
    seconds = max(0.0, now - then)
    if seconds < 60:
        return "now"
    if seconds < 3600:
        return f"{int(seconds / 60)} min ago"
    if seconds < 86400:
        return f"{int(seconds / 3600)} h ago"
    days = int(seconds / 86400)
    if days == 1:
        return "yesterday"
    if days < 14:
        return f"{days} days ago"
    return f"{days // 7} weeks ago" if days < 70 else f"{days // 30} months ago"


def field_words(path: str) -> str:
    """Where in a row a text stands: `turn 2` for `messages.1.content` of a chat; other fields by their own names."""
    turn = _TURN.fullmatch(path)
    return f"turn {int(turn[1]) + 1}" if turn else path
