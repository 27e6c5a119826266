"""A model's facts in words, for the model page and the page that confirms. Reads headers only: call it in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.models.inspect import inspect_model

if TYPE_CHECKING:
    from engine.models.facts import ModelFacts

UNKNOWN_LICENCE = "unknown: read the terms yourself"


@dataclass(frozen=True)
class Fact:
    """One line of facts: its name, its value, and whether it wants attention."""

    name: str
    value: str
    attention: bool = False


def read_facts(path: Path) -> tuple[Fact, ...]:
    """The facts of a model on this disk.

    Raises:
        ModelError: It cannot be used; says why.
    """
    return facts_in_words(inspect_model(path))


def facts_in_words(facts: ModelFacts) -> tuple[Fact, ...]:
    """What a person wants to know of a model before taking it."""
    from tui.widgets.text import size_text

    unknown = facts.licence == "unknown"
    return (
        Fact("parameters", count_text(facts.parameters) if facts.parameters else "not told by the file"),
        Fact("size", size_text(facts.size_bytes)),
        Fact("context", f"{facts.context_length:,} tokens" if facts.context_length else "not told by the file"),
        Fact("licence", UNKNOWN_LICENCE if unknown else facts.licence, attention=unknown),
        Fact(
            "chat template",
            "yes" if facts.has_chat_template else "no: press c for the common one if your data are chats",
            attention=not facts.has_chat_template,
        ),
    )


def count_text(count: int) -> str:
    """A number of parameters as people say it: `135 M`, `8.0 B`."""
    if count >= 0.9995e9:
        return f"{count / 1e9:.1f} B"
    if count >= 1e6:
        return f"{count / 1e6:.0f} M" if count >= 1e7 else f"{count / 1e6:.1f} M"
    return f"{count:,}"


def licence_words(licence: str) -> str:
    """The licence id, or that it has to be read by the person."""
    return UNKNOWN_LICENCE if licence == "unknown" else licence
