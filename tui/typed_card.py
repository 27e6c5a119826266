"""The card a person typed because it is not in this machine: read from words, kept with the machine's state."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UsageError
from engine.files import atomic_write, make_private_folder
from engine.machine import state_folder
from engine.plan.cards import GIB, amount_of, card_named

_AMOUNT_AT_END = re.compile(r"(\d+(?:\.\d+)?)\s*(?:gib|gb)\s*$", re.IGNORECASE)
_LEAST_GIB, _MOST_GIB = 1, 1024


@dataclass(frozen=True)
class TypedCard:
    """A card. `name` is one of `presets/cards.yaml`, or empty where only a memory was typed; `memory` in bytes."""

    name: str
    memory: int

    @property
    def words(self) -> str:
        """`RTX 4090 24 GiB`."""
        size = f"{self.memory / GIB:g} GiB"
        name = _AMOUNT_AT_END.sub("", self.name).strip()
        return f"{name} {size}".strip()


def card_from(text: str) -> TypedCard | None:
    """What was typed: `RTX 4090`, `24`, `24 GB`, `RTX 3080 12 GB`; empty for this machine's own.

    An amount alone is read as on the command line (`engine.plan.machine.amount_of`).

    Raises:
        UsageError: It is neither a card of the table nor an amount.
    """
    spoken = text.strip().lower()
    if not spoken:
        return None
    card = card_named(spoken) or card_named(f"nvidia {spoken}") or card_named(f"rtx {spoken}")
    if card is not None:
        said = _AMOUNT_AT_END.search(spoken)
        return TypedCard(card.name, _checked(amount_of(said[0]) if said else int(card.memory_gib * GIB), text))
    try:
        return TypedCard("", _checked(amount_of(spoken), text))
    except UsageError as error:
        if error.code == "no_card":
            raise
        raise UsageError(
            f"`{text.strip()}` is no card we know.", "", "Type its memory instead, such as 24 GiB.", code="no_card"
        ) from error


def kept_card() -> TypedCard | None:
    """The card that was typed last on this machine; None where there is none that can be read."""
    try:
        content = json.loads(_file().read_text())
        return TypedCard(str(content["name"]), int(content["memory"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_card(card: TypedCard | None) -> None:
    """Keep it for all projects of this machine; None forgets it.

    Raises:
        TunesmithError: The state folder cannot be written.
    """
    file = _file()
    if card is None:
        file.unlink(missing_ok=True)
        return
    make_private_folder(file.parent)
    atomic_write(file, json.dumps({"name": card.name, "memory": card.memory}), "keeping the card")


def _checked(memory: int, text: str) -> int:
    if not _LEAST_GIB * GIB <= memory <= _MOST_GIB * GIB:
        raise UsageError(f"`{text.strip()}` is no memory of a card.", "", "Type it in GiB, such as 24.", code="no_card")
    return memory


def _file() -> Path:
    return state_folder() / "plan" / "card.json"
