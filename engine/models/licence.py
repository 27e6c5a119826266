"""Which licence a model folder says it is under. What is not said stays `unknown`; nothing is assumed.

Two witnesses: the card (README front matter) and the licence text beside it. Where they disagree the licence is
`unknown` again, and what each of them says is kept for the person to read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

UNKNOWN = "unknown"
_MAX_TEXT = 200_000
_TEXT_FILES = ("LICENSE", "LICENCE", "LICENSE.txt", "LICENSE.md", "LICENCE.md", "COPYING", "USE_POLICY.md")

_SIGNS: tuple[tuple[str, str], ...] = (
    ("llama4", r"llama 4 community licen[cs]e"),
    ("llama3.3", r"llama 3\.3 community licen[cs]e"),
    ("llama3.2", r"llama 3\.2 community licen[cs]e"),
    ("llama3.1", r"llama 3\.1 community licen[cs]e"),
    ("llama3", r"meta llama 3 community licen[cs]e"),
    ("llama2", r"llama 2 community licen[cs]e"),
    ("gemma", r"gemma terms of use"),
    ("qwen-research", r"qwen research licen[cs]e"),
    ("qwen", r"(tongyi qianwen|qwen) licen[cs]e agreement"),
    ("mrl", r"mistral(?: ai)? research licen[cs]e"),
    ("mnpl-0.1", r"mistral ai non-production licen[cs]e"),
    ("apache-2.0", r"apache licen[cs]e\s+version 2\.0"),
    ("apache-2.0", r"licensed under the apache licen[cs]e,? version 2\.0"),
    ("mit", r"permission is hereby granted, free of charge, to any person obtaining a copy"),
    ("cc-by-nc-4.0", r"attribution-noncommercial 4\.0 international"),
    ("cc-by-sa-4.0", r"attribution-sharealike 4\.0 international"),
    ("cc-by-4.0", r"attribution 4\.0 international"),
    ("cc0-1.0", r"cc0 1\.0 universal"),
)
"""Licence id (as the hub names them) and words that only its text contains; the first that is found wins."""


@dataclass(frozen=True)
class LicenceFacts:
    """The licence id, and where it was read."""

    licence: str
    source: str


def folder_licence(folder: Path) -> LicenceFacts:
    """The licence of a model folder from its card and its licence files; `unknown` where they do not say."""
    said = _card_licence(folder)
    read = _text_licence(folder)
    if said and read and said.licence != read.licence:
        both = f"{said.source} says {said.licence}, but {read.source} reads as {read.licence}"
        return LicenceFacts(UNKNOWN, both)
    return said or read or LicenceFacts(UNKNOWN, "neither a model card nor a licence text says it")


def front_matter(text: str) -> dict[str, Any]:
    """The YAML between the two `---` lines at the head of a model card; empty when there is none."""
    found = re.match(r"\ufeff?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(\r?\n|$)", text, re.DOTALL)
    if not found:
        return {}
    try:
        content = yaml.safe_load(found.group(1))
    except yaml.YAMLError:
        return {}
    return content if isinstance(content, dict) else {}


def card_licence(card: dict[str, Any]) -> str:
    """The licence id a card's front matter gives; empty when it gives none.

    `license: other` stands for the name in `license_name`; without one it says nothing.
    """
    licence = card.get("license")
    if isinstance(licence, list) and len(licence) == 1:
        licence = licence[0]
    if not isinstance(licence, str):
        return ""
    licence = licence.strip().lower()
    if licence in ("other", "unknown", ""):
        name = card.get("license_name")
        return name.strip().lower() if isinstance(name, str) else ""
    return licence


def text_licence(text: str) -> str:
    """The licence id that a licence text reads as; empty when it is none of those known."""
    plain = re.sub(r"\s+", " ", text).lower()
    return next((licence for licence, sign in _SIGNS if re.search(sign, plain)), "")


def _card_licence(folder: Path) -> LicenceFacts | None:
    card = folder / "README.md"
    if card.is_file() and (licence := card_licence(front_matter(_read(card)))):
        return LicenceFacts(licence, "README.md")
    return None


def _text_licence(folder: Path) -> LicenceFacts | None:
    for name in _TEXT_FILES:
        file = folder / name
        if file.is_file() and (licence := text_licence(_read(file))):
            return LicenceFacts(licence, name)
    return None


def _read(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(_MAX_TEXT).decode("utf-8", "replace")
