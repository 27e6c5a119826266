"""Near duplicates in one pass and bounded memory: MinHash signatures, compared by locality-sensitive hashing.

A row's text is seen as the set of its runs of five characters. Of each of 90 random orders of all such runs the
signature keeps which one comes first; two rows agree in as large a share of their signatures as their sets overlap
(Broder, "On the resemblance and containment of documents", 1997). Rows are compared only when five consecutive values
agree in one of 18 bands, which finds pairs of overlap s with a chance of 1 - (1 - s^5)^18: 99.9 % at 0.8. 180 bytes a
row. Texts are hashed in groups, since for short ones the calls take longer than the work.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

BANDS = 18
PER_BAND = 5
VALUES = BANDS * PER_BAND
SHINGLE = 5
_CHUNK = 1024
_GROUP = 64
_GROUP_CHARACTERS = 65_536
_PAIRS = 65536
_MOST_CHARACTERS = 400_000
"""Of longer rows the beginning counts."""
_GREEDY_ROUNDS = 200

_RANDOM = np.random.default_rng(20_011)
_FACTORS = _RANDOM.integers(0, 2**31, VALUES, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
_OFFSETS = _RANDOM.integers(0, 2**32, VALUES, dtype=np.uint32)
_WORD = re.compile(r"\w+")

Rows = NDArray[np.int64]
"""Positions of rows, in the order in which they were added."""


def plain_text(text: str) -> str:
    """What is compared: without case, punctuation and white space beyond single blanks."""
    return " ".join(_WORD.findall(text[:_MOST_CHARACTERS].casefold()))


def signature(text: str) -> NDArray[np.uint16]:
    """The `VALUES` values of one text; equal for texts that differ in case and punctuation only."""
    line: NDArray[np.uint16] = _signatures([plain_text(text)])[0]
    return line


def _signatures(plain: list[str]) -> NDArray[np.uint16]:
    """One line for each text of `plain_text`."""
    padded = [text if len(text) >= SHINGLE else text.ljust(SHINGLE, "\0") for text in plain]
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    # Runs that reach into the next text are hashed too, and left out below.
    count = len(codes) - SHINGLE + 1
    hashed = codes[:count].copy()
    for place in range(1, SHINGLE):
        hashed *= np.uint32(16_777_619)
        hashed += codes[place : place + count]
    _mix(hashed)
    table = np.empty((len(plain), VALUES), dtype=np.uint32)
    start = 0
    for line, text in zip(table, padded, strict=True):
        _fill(line, hashed[start : start + len(text) - SHINGLE + 1])
        start += len(text)
    # The least of many numbers begins with zeros; its lower half tells different ones apart.
    return (table & np.uint32(0xFFFF)).astype(np.uint16)


def _fill(line: NDArray[np.uint32], hashed: NDArray[np.uint32]) -> None:
    """What comes first in each order."""
    line.fill(2**32 - 1)
    for start in range(0, len(hashed), _CHUNK):
        orders = hashed[start : start + _CHUNK, None] * _FACTORS
        orders += _OFFSETS
        np.minimum(line, np.minimum.reduce(orders, axis=0), out=line)


def _mix(values: NDArray[np.uint32]) -> None:
    """The finalizer of MurmurHash3, in place: every bit of the input moves every bit of the output."""
    values ^= values >> np.uint32(16)
    values *= np.uint32(0x85EBCA6B)
    values ^= values >> np.uint32(13)
    values *= np.uint32(0xC2B2AE35)
    values ^= values >> np.uint32(16)


class Signatures:
    """The signatures of a dataset, packed."""

    def __init__(self) -> None:
        self._packed = bytearray()
        self._waiting: list[str] = []
        self._characters = 0

    def add(self, plain: str) -> None:
        """The next row, as `plain_text` gives it."""
        self._waiting.append(plain)
        self._characters += len(plain)
        if len(self._waiting) >= _GROUP or self._characters >= _GROUP_CHARACTERS:
            self._pack()

    def _pack(self) -> None:
        if self._waiting:
            self._packed += _signatures(self._waiting).tobytes()
            self._waiting, self._characters = [], 0

    def table(self) -> NDArray[np.uint16]:
        """One line a row."""
        self._pack()
        return np.frombuffer(bytes(self._packed), dtype=np.uint16).reshape(-1, VALUES)


def clusters(table: NDArray[np.uint16], similarity: float) -> list[Rows]:
    """Groups of rows that hang together by pairs of at least this similarity.

    Args:
        table: Of `Signatures.table`.
        similarity: 0 to 1.

    Returns:
        Each group with its rows in order; rows that are like no other are in none.
    """
    parent: Rows = np.arange(len(table))
    for band in range(BANDS):
        first, second = _candidates(table[:, band * PER_BAND : (band + 1) * PER_BAND])
        parent = _flat(parent)
        apart = parent[first] != parent[second]
        first, second = first[apart], second[apart]
        alike = _similar(table, first, second) >= similarity
        _join(parent, first[alike], second[alike])
    parent = _flat(parent)
    order = np.argsort(parent, kind="stable")
    cuts = np.flatnonzero(np.diff(parent[order])) + 1
    return [group for group in np.split(order, cuts) if len(group) > 1]


def repeats(table: NDArray[np.uint16], group: Rows, similarity: float) -> list[tuple[int, int]]:
    """Which rows of a group to leave out, so that no two of the kept ones are alike.

    Returns:
        (row, the earlier row that it is like) pairs. In a group that falls into more than 200 unlike parts the
        later parts are kept whole.
    """
    found: list[tuple[int, int]] = []
    left = group
    for _ in range(_GREEDY_ROUNDS):
        if len(left) < 2:
            break
        kept, left = left[0], left[1:]
        alike = _similar(table, np.full(len(left), kept), left) >= similarity
        found += [(int(row), int(kept)) for row in left[alike]]
        left = left[~alike]
    return found


def _candidates(columns: NDArray[np.uint16]) -> tuple[Rows, Rows]:
    """Pairs of rows that agree in a band: each with the first of its bucket, and with its neighbour there."""
    keys = np.zeros(len(columns), dtype=np.uint64)
    for column in columns.T:
        keys = keys * np.uint64(0x9E3779B97F4A7C15) + column + np.uint64(1)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    same = np.flatnonzero(ordered[1:] == ordered[:-1]) + 1
    heads = np.searchsorted(ordered, ordered[same], side="left")
    return np.concatenate([order[heads], order[same - 1]]), np.concatenate([order[same], order[same]])


def _similar(table: NDArray[np.uint16], first: Rows, second: Rows) -> NDArray[np.float64]:
    shares = np.empty(len(first))
    for start in range(0, len(first), _PAIRS):
        part = slice(start, start + _PAIRS)
        shares[part] = np.count_nonzero(table[first[part]] == table[second[part]], axis=1) / VALUES
    return shares


def _join(parent: Rows, first: Rows, second: Rows) -> None:
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        a, b = _root(parent, one), _root(parent, other)
        if a != b:
            parent[max(a, b)] = min(a, b)


def _root(parent: Any, row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = int(parent[row])
    return row


def _flat(parent: Rows) -> Rows:
    """Every row points at the first of its group."""
    while not np.array_equal(parent, above := parent[parent]):
        parent = above
    return parent
