"""Cutting long text into overlapping windows, so that a row of 5 MB costs no more memory than a short one."""

from __future__ import annotations

_LOOK_BACK = 80


def windows_of(text: str, size: int, overlap: int) -> list[tuple[int, int]]:
    """Cover `text` by windows.

    Args:
        text: Any text.
        size: Characters of a window at most.
        overlap: Characters that two windows share; what stands across an edge is whole in one of them, if it is
            no longer than this.

    Returns:
        (start, end) of each window, cut at white space where there is some near the edge.
    """
    if len(text) <= size:
        return [(0, len(text))]
    found: list[tuple[int, int]] = []
    start = 0
    while True:
        end = min(start + size, len(text))
        if end < len(text):
            end = _cut(text, end)
        found.append((start, end))
        if end >= len(text):
            return found
        start = max(_cut(text, end - overlap), start + 1)


def _cut(text: str, position: int) -> int:
    """The last white space shortly before `position`, or `position` itself."""
    for candidate in range(position, max(position - _LOOK_BACK, 1), -1):
        if text[candidate - 1].isspace():
            return candidate
    return position
