"""What a recogniser found: the record that all parts of the detection pass on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Hit:
    """What one recogniser found. Offsets are characters of the text."""

    start: int
    end: int
    entity: str
    score: float
    recogniser: str
