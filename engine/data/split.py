"""Which rows are kept apart for evaluation: decided by the content of each row, so that it never changes.

A row's content gives a point between 0 and 1; the holdout is what lies below the share. Reordering the file or adding
rows moves no other row. Case and white space do not count, so rows that differ only there stay on the same side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from engine.data.shapes import Example

GUARANTEE_ROWS = 10
"""From so many rows on, a share above 0 holds out at least one row: the one with the lowest point."""


def content_hash(example: Example) -> bytes:
    """16 bytes that are equal for rows that are trained on exactly alike."""
    return _hash(example.content())


def fingerprint(example: Example) -> str:
    """32 hex digits by which a row is taken out of training; rows that differ in case and white space share them."""
    return _hash(_without_case(example)).hex()


def holdout_point(example: Example) -> float:
    """Where the row lies between 0 (first to be held out) and 1, by its content alone or by that of a row like it."""
    return split_key(example)[0] if example.split_point is None else example.split_point


def split_key(example: Example) -> tuple[float, float]:
    """Two independent numbers from 0 to 1 that only the content of the row decides; the first is its point."""
    digest = _hash(_without_case(example))
    return int.from_bytes(digest[:8], "big") / 2**64, int.from_bytes(digest[8:], "big") / 2**64


def choose_holdout(points: Sequence[float], share: float) -> list[bool]:
    """Which rows of a dataset are held out: those whose point lies below the share, but never nothing and never all.

    With at least `GUARANTEE_ROWS` rows and a share above 0, the row with the lowest point is held out even if it lies
    above the share. If all rows would be held out, none is. Rows with equal points share their fate.

    Args:
        points: `holdout_point` of every row.
        share: Of rows to hold out, 0 to 1.
    """
    if not points or share <= 0:
        return [False] * len(points)
    lowest = min(points)
    guaranteed = len(points) >= GUARANTEE_ROWS
    chosen = [point < share or (guaranteed and point == lowest) for point in points]
    return [False] * len(points) if all(chosen) else chosen


def _without_case(example: Example) -> tuple[tuple[str, str], ...]:
    return tuple((role, " ".join(text.casefold().split())) for role, text in example.content())


def _hash(content: tuple[tuple[str, str], ...]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for role, text in content:
        encoded = text.encode("utf-8", "surrogatepass")
        digest.update(f"{role}:{len(encoded)}:".encode())
        digest.update(encoded)
    return digest.digest()
