"""Breaking text into lines by cells, not by letters: emoji and East Asian signs are two cells wide."""

from __future__ import annotations

import re

from rich.cells import cell_len, get_character_cell_size

from tui.charset import Glyphs

_WORD = re.compile(r" *[^ ]+ ?| +")


def wrap_ranges(text: str, width: int) -> list[tuple[int, int]]:
    """Where `text` is broken into lines of at most `width` cells: (start, end) of each, nothing left out between them.

    Lines are broken after spaces; a word that is too long for a line is broken inside. A space at the end of a line
    may stand one cell beyond it.
    """
    width = max(2, width)
    lines: list[tuple[int, int]] = []
    start = used = 0
    for word in _WORD.finditer(text):
        begin, end = word.span()
        size = cell_len(word[0])
        if used and used + cell_len(word[0].rstrip()) > width:
            lines.append((start, begin))
            start, used = begin, 0
        while cell_len(text[begin:end].rstrip()) > width:
            stop = begin + _letters_within(text[begin:end], width)
            lines.append((start, stop))
            start = begin = stop
            size = cell_len(text[begin:end])
        used += size
    return [*lines, (start, len(text))]


def wrap_cells(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` cells, without the spaces at which it was broken."""
    return [text[start:end].rstrip() for start, end in wrap_ranges(text, width)]


def lines_within(text: str, width: int, most: int, chosen: Glyphs) -> list[str]:
    """`text` in at most that many lines; the last one ends in an ellipsis where not all of it fits."""
    lines = wrap_cells(text, width)
    if len(lines) > most:
        rest = text[wrap_ranges(text, width)[most - 1][0] :]
        lines = [*lines[: most - 1], rest[: _letters_within(rest, width - 1)].rstrip() + chosen.ellipsis]
    return lines


def _letters_within(text: str, width: int) -> int:
    """How many letters of `text` fit into `width` cells; at least one."""
    used = 0
    for index, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > width:
            return max(1, index)
    return len(text)
