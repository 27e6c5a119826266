"""The proof of a redaction in words: `privacy/proof.json` as the wizard shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.actions import read_json
from engine.project import Project
from engine.spec import ProjectSpec
from tui.entities import short_name

_DECIDERS = {
    "person": "places by you",
    "policy": "places by your policy",
    "rule": "places by rule: their form is certain",
    "default": "places by nobody, and so hidden",
}


@dataclass(frozen=True)
class Proof:
    """What a redaction did, and what was found in its file afterwards; the content is that of `proof.json`."""

    content: Mapping[str, Any]
    path: str

    def _number(self, *names: str) -> int:
        """A figure by its way through the report; 0 where it is missing."""
        found: Any = self.content
        for name in names:
            found = found.get(name) if isinstance(found, Mapping) else None
        return int(found) if isinstance(found, int | float) else 0

    @property
    def residual(self) -> int:
        """Findings of the second scan that are no placeholders of ours and that nobody kept."""
        return self._number("residual", "count")

    @property
    def literal_hits(self) -> int:
        """Hidden values that still occur in the new file, letter by letter."""
        return self._number("literal_search", "hits")

    @property
    def clean(self) -> bool:
        """Whether nothing was left over."""
        return not self.literal_hits and not self.residual

    @property
    def verdict(self) -> str:
        """The outcome in one sentence."""
        if self.literal_hits:
            return f"{self.literal_hits:,} hidden values still occur in the new file. Look at them again."
        if self.residual:
            things = "1 place" if self.residual == 1 else f"{self.residual:,} places"
            return f"Nothing hidden is left, but a second look found {things} that may be personal."
        return "Nothing that was hidden is left in the new file."

    @property
    def types(self) -> list[tuple[str, int]]:
        """Places replaced by type, short names, most frequent first."""
        totals: dict[str, int] = {}
        for entity, count in dict(self.content.get("replaced") or {}).items():
            totals[short_name(entity)] = totals.get(short_name(entity), 0) + int(count)
        return sorted(totals.items(), key=lambda entry: -entry[1])

    @property
    def lines(self) -> list[tuple[str, int, str]]:
        """Name, number and note of every figure."""
        rows, read = self._number("redacted", "rows"), self._number("original", "rows")
        replaced = sum(count for _, count in self.types)
        touched = self._number("findings", "rows")
        lines = [("rows", rows or read, f"written; {touched:,} of them held something personal")]
        for name, note in (("unreadable", "rows that cannot be read"), ("duplicates", "rows that repeat another one")):
            if count := self._number("left_out", name):
                lines.append(("left out", count, note))
        lines.append(("replaced", replaced, "places"))
        if late := self._number("found_by_second_look"):
            lines.append(("found late", late, "by looking again at the new text; hidden too"))
        deciders = self.content.get("decisions")
        found = dict(deciders.get("findings_by") or {}) if isinstance(deciders, Mapping) else {}
        lines += [("decided", int(found[who]), note) for who, note in _DECIDERS.items() if found.get(who)]
        searched = self._number("literal_search", "values")
        lines.append(("letter by letter", self.literal_hits, f"of {searched:,} hidden values occur in the new file"))
        lines.append(("left over", self.residual, "found personal by a last scan of the new file"))
        return lines


def read_proof(project: Project, spec: ProjectSpec) -> Proof | None:
    """The proof of the last redaction; None when there is none.

    Raises:
        UsageError: The file is damaged.
    """
    content = read_json(project.proof_file)
    if not content or spec.redaction.path is None:
        return None
    return Proof(content, str(project.root / spec.redaction.path))
