"""The table of cards (`presets/cards.yaml`): memory, speed, and how much of it training really uses."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.errors import UsageError
from engine.machine import PRESETS
from engine.preset_files import read_preset

Share = Annotated[float, Field(gt=0, le=1)]
GIB = 2**30
_LEAST_BYTES = 10**8
"""A number without a unit counts as bytes from here on."""
_MOST_GIB = 1024
"""And as GiB up to here; between the two it may mean anything."""
_UNITS = {"m": 2**20, "g": 2**30, "t": 2**40}


class Card(BaseModel):
    """One card; `match` are parts of the name the driver gives it, in small letters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    match: Annotated[list[str], Field(min_length=1)]
    memory_gib: Annotated[float, Field(gt=0)]
    dtype: Literal["float16", "bfloat16"]
    tflops: Annotated[float, Field(gt=0)]
    bandwidth_gbs: Annotated[float, Field(gt=0)]
    used: tuple[Share, Share]

    @model_validator(mode="after")
    def _ordered(self) -> Card:
        if self.used[0] > self.used[1]:
            raise ValueError("`used` is low, then high")
        return self


class _CardFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    date: date
    cards: list[Card]


@cache
def load_cards(file: Path = PRESETS / "cards.yaml") -> tuple[Card, ...]:
    """All cards of the table.

    Raises:
        SpecError: The file says something we cannot use; names file:line and key.
    """
    return tuple(read_preset(_CardFile, file).cards)


def card_named(name: str) -> Card | None:
    """The card the driver calls so; the longest match wins (`RTX 4070 Ti SUPER` over `RTX 4070`)."""
    spoken = name.lower()
    found = [
        (len(part), card)
        for card in load_cards()
        for part in card.match
        # whole words: an A100 is no A10
        if re.search(rf"(?<![a-z0-9]){re.escape(part)}(?![a-z0-9])", spoken)
    ]
    return max(found, key=lambda entry: entry[0])[1] if found else None


def cards_with(memory: int) -> tuple[Card, ...]:
    """The cards that have this memory to a twentieth: what somebody may mean who typed a size only."""
    return tuple(card for card in load_cards() if abs(card.memory_gib * GIB - memory) <= memory / 20)


def amount_of(text: str) -> int:
    """Bytes of a card's memory as people write it: `24GiB`, `24 GB`, `24`, `24576 MiB`, or a number of bytes.

    A card that is sold with 24 GB has 24 GiB or nearly (an RTX 4090 reports 24,564 MiB), and nobody means the 22.4 GiB
    that 24 x 10^9 bytes are; so GB and GiB are both 2^30 bytes, as are MB and MiB 2^20. A small number without a unit
    is in GiB. The command line and the wizard both read memory with this.

    Raises:
        UsageError: It is no amount.
    """
    plain = text.strip().lower()
    if plain.isdecimal() and int(plain) >= _LEAST_BYTES:
        return int(plain)
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:([mgt])(?:i?b)?)?", plain)
    if not found or float(found[1]) <= 0 or (not found[2] and float(found[1]) > _MOST_GIB):
        raise UsageError(f"`{text.strip()}` is not an amount of memory.", "", "Write it with its unit, as 24GiB.")
    return int(float(found[1]) * _UNITS[found[2] or "g"])
