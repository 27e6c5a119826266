"""The report of the data check, as the wizard shows it: the file `data/check.json` in words.

Read as plain JSON, so that showing it needs none of the readers that made it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.actions import read_json
from engine.data.rows import SOUND_KINDS
from engine.project import Project
from tui.model_facts import Fact
from tui.widgets.text import size_text

FORMATS = {
    "jsonl": "JSON lines",
    "json": "JSON",
    "csv": "CSV",
    "parquet": "Parquet",
    "txt": "plain text",
}
SHAPES = {
    "messages": ("chats with roles", "messages with role, content"),
    "conversations": ("ShareGPT chats", "conversations with from, value"),
    "alpaca": ("tasks", "instruction, input, output"),
    "prompt_completion": ("question and answer", "a prompt and its completion"),
    "system_input_output": ("system, input, output", "an input and its answer"),
    "text": ("plain text", "no turns; everything is learned"),
}
"""Each shape: its name in words, and what a row looks like."""

KINDS = {
    "truncated_json": "cut off",
    "not_json": "not JSON",
    "not_object": "no object",
    "not_text": "not text",
    "duplicate": "repeats",
    "near_duplicate": "near repeats",
    "wrong_language": "in another language",
    "invalid_json": "answers that are no JSON",
}
"""Kinds of bad rows whose name in the engine says too little."""


@dataclass(frozen=True)
class Report:
    """What the check found; the names are those of `engine.data.check.CheckReport`."""

    content: Mapping[str, Any]

    @property
    def bad(self) -> list[dict[str, Any]]:
        """The listed bad rows: line, field, reason, fate."""
        return list(self.content.get("bad", []))

    @property
    def bad_first_broken(self) -> list[dict[str, Any]]:
        """The same, broken ones first and repeats last; each part in the order of the file."""
        return sorted(self.bad, key=lambda row: (row.get("kind") in SOUND_KINDS, row.get("kind") == "duplicate"))

    @property
    def bad_kinds(self) -> list[tuple[str, int]]:
        """Why rows cannot be used and how many, all of them counted; broken ones first, then the commonest."""
        reasons = list(self.content.get("reasons", []))
        reasons.sort(key=lambda reason: (reason["kind"] in SOUND_KINDS, -int(reason["count"])))
        return [
            (KINDS.get(reason["kind"], str(reason["kind"]).replace("_", " ")), reason["count"]) for reason in reasons
        ]

    @property
    def bad_rows(self) -> int:
        """How many rows cannot be used, duplicates included."""
        return int(self.content.get("bad_rows", 0))

    @property
    def usable(self) -> int:
        """How many rows can be used."""
        return int(self.content.get("usable", 0))

    @property
    def shape(self) -> str:
        """The shape's name in the engine."""
        return str(self.content.get("shape", "auto"))

    @property
    def mapping(self) -> dict[str, str]:
        """The column of each part."""
        return dict(self.content.get("mapping", {}))

    @property
    def columns(self) -> list[str]:
        """Those of the first rows."""
        return [str(column) for column in self.content.get("columns", [])]

    @property
    def samples(self) -> list[list[dict[str, str]]]:
        """The first usable rows as turns."""
        return list(self.content.get("samples", []))

    def layout_facts(self) -> tuple[Fact, ...]:
        """How the file is read."""
        encoding = str(self.content.get("encoding", "")).upper()
        kind = FORMATS.get(str(self.content.get("format")), str(self.content.get("format")))
        mapped = ", ".join(part if part == column else f"{part} = {column}" for part, column in self.mapping.items())
        return (
            Fact("format", f"{kind}, {encoding}" if encoding else kind),
            Fact("size", size_text(int(self.content.get("size_bytes", 0)))),
            Fact("shape", SHAPES.get(self.shape, (self.shape, ""))[0]),
            Fact("columns", mapped or "-"),
        )

    def count_facts(self) -> tuple[Fact, ...]:
        """How many rows, and what becomes of them; numbers are right-aligned on each other."""
        duplicates = int(self.content.get("duplicates", 0))
        issues = (self.content.get("health") or {}).get("issues", [])
        unhealthy = sum(int(issue["count"]) for issue in issues if not issue["fixed"])
        counts = (
            (int(self.content.get("rows", 0)), "rows in the file", False),
            (self.usable, "can be used", False),
            (self.bad_rows - duplicates, "cannot: b shows why", self.bad_rows > duplicates),
            (duplicates, "repeats of another row, left out", False),
            (unhealthy, "may do harm: h shows why", unhealthy > 0),
            (int(self.content.get("holdout", 0)), "rows kept apart, to test with", False),
        )
        width = max(len(f"{count:,}") for count, _, _ in counts)
        return tuple(Fact(f"{count:>{width},}", words, attention) for count, words, attention in counts)


def guessed_mapping(shape: str, columns: list[str]) -> dict[str, str]:
    """The needed parts of a shape on the columns of a file in their order, where there are just as many of them."""
    from engine.data.mapping import REQUIRED

    parts = next((needed for name, needed in REQUIRED.items() if name == shape), ())
    return dict(zip(parts, columns, strict=True)) if len(parts) == len(columns) else {}


def read_report(project: Project) -> Report | None:
    """The last check of a project; None when there was none.

    Raises:
        UsageError: The report is damaged.
    """
    content = read_json(project.check_file)
    return Report(content) if content else None
