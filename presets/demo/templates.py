"""Templates of chats and sentences, kept in plain text files: how they are read and filled.

A file has sections that start with `== name`. Lines that start with `#` are remarks. In `words` a line is
`slot = one | two`; elsewhere a line `user: ...` or `assistant: ...` is a turn, an empty line ends a chat, and any
other line stands for itself.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_CHOICE = re.compile(r"\[([^\[\]]+)\]")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou])")
_PLURAL = re.compile(r"(x|ch|sh)s\b")
SLOT = re.compile(r"\{(\w+)\}")
Chat = tuple[str, ...]


@dataclass
class Templates:
    """The content of a template file."""

    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Slot name to what it may become."""
    chats: dict[str, list[Chat]] = field(default_factory=dict)
    """Section to its chats; turns alternate, the user first."""
    lines: dict[str, list[str]] = field(default_factory=dict)
    """Section to its single lines."""


def read_templates(path: Path) -> Templates:
    """Read a template file."""
    templates, section, turns = Templates(), "", []
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        line = line.strip()
        role, colon, text = line.partition(": ")
        if line.startswith("#"):
            continue
        if colon and role in ("user", "assistant"):
            turns.append(text)
        elif turns:
            templates.chats.setdefault(section, []).append(tuple(turns))
            turns = []
        if line.startswith("== "):
            section = line[3:]
        elif section == "words" and line:
            slot, _, choices = line.partition(" = ")
            templates.words[slot] = tuple(choice.strip() for choice in choices.split(" | "))
        elif line and not turns:
            templates.lines.setdefault(section, []).append(line)
    return templates


def fill(text: str, rng: random.Random, value_of: Callable[[str], str]) -> str:
    """Choose among the `[options]` of `text`, replace each `{slot}` by `value_of(slot)`, and mend `a owl`, `boxs`."""
    text = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), text)
    text = SLOT.sub(lambda match: value_of(match[1]), text)
    return _PLURAL.sub(r"\1es", _ARTICLE.sub(r"\1n ", text))
