"""What many prompts begin with alike: a chat format's own system prompt, or a question that is asked again.

A model reads such a beginning once, and the rows go on from its keys and values: the same numbers, up to rounding. Of
short questions it is half of all that has to be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

SHORTEST = 16
"""Tokens; a shorter beginning is not worth a reading of its own."""
_LEAST_ROWS = 8
"""With fewer rows a batch of their own costs more than their beginning."""


def by_beginning(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """The rows' numbers, those with the same first `SHORTEST` tokens together; a last group holds what is alone."""
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        groups[tuple(row[:SHORTEST])].append(number)
    alone = [number for group in groups.values() if len(group) < _LEAST_ROWS for number in group]
    shared = [group for group in groups.values() if len(group) >= _LEAST_ROWS]
    return [*shared, sorted(alone)] if alone else shared


def common_length(rows: Sequence[list[int]]) -> int:
    """With how many tokens all rows begin alike; at least one of each is left."""
    first, last, most = min(rows), max(rows), min(map(len, rows)) - 1
    return next((place for place in range(most) if first[place] != last[place]), most)


def shared_length(rows: Sequence[list[int]]) -> int:
    """The same, but 0 where it is not worth sharing."""
    same = common_length(rows)
    return same if len(rows) > 1 and same >= SHORTEST else 0
