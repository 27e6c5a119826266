"""The proof of a redaction in words: `privacy/proof.json` as the wizard shows it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.actions import read_json
from engine.privacy.blind import SampleFacts, sample_facts
from engine.privacy.store import FindingsStore
from engine.project import Project
from engine.spec import ProjectSpec
from tui.entities import short_name

_DECIDERS = {
    "person": "places by you",
    "policy": "places by your policy",
    "rule": "places by rule: yours, or certain by form",
    "default": "places by nobody, and so hidden",
}


@dataclass(frozen=True)
class Proof:
    """What a redaction did, and what was found in its file afterwards; the content is that of `proof.json`."""

    content: Mapping[str, Any]
    path: str
    sample: SampleFacts | None = None
    """What the person read of the rows without findings, up to now."""

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
    def possible(self) -> int:
        """Places where a word stands that is part of a hidden name, and may be an everyday word."""
        return self._number("possible_remains", "count")

    @property
    def needs_consent(self) -> int:
        """Rows that were left out because a person's consent is not recorded."""
        return self._number("left_out", "needs_consent")

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
            return f"Nothing hidden is left, but a second look found {_places(self.residual)} that may be personal."
        if self.possible:
            return f"No hidden value is left; {_places(self.possible)} may be part of a hidden name."
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
        # Of the file, and not of what was written: rows that are left out may hold something personal too.
        lines = [("rows", rows or read, f"written; {touched:,} of {read or rows:,} held personal details")]
        for name, note in (
            ("unreadable", "cannot be read"),
            ("duplicates", "the same as another row"),
            ("blocked", "blocked: sexual, with a sign of someone under 18"),
            ("needs_consent", "waiting for a consent: c states it"),
        ):
            if count := self._number("left_out", name):
                lines.append(("left out", count, note))
        lines.append(("replaced", replaced, "places"))
        if as_text := self._number("numbers_as_text"):
            lines.append(("now text", as_text, "numbers; this operator writes no numbers"))
        if late := self._number("found_by_second_look"):
            lines.append(("found late", late, "by looking again at the new text; hidden too"))
        if adult := self._number("content", "adult_rows"):
            share = adult / max(1, self._number("content", "rows"))
            lines.append(("adult", adult, f"rows with sexual content, {share:.1%} of all"))
        deciders = self.content.get("decisions")
        found = dict(deciders.get("findings_by") or {}) if isinstance(deciders, Mapping) else {}
        lines += [("decided", int(found[who]), note) for who, note in _DECIDERS.items() if found.get(who)]
        searched = self._number("literal_search", "values")
        lines.append(("letter by letter", self.literal_hits, f"of {searched:,} hidden values occur in the new file"))
        lines.append(("left over", self.residual, "found personal by a last scan of the new file"))
        lines += self._possible_lines()
        if self.sample is not None:
            lines.append(("sample", self.sample.looked_at, bound_words(self.sample)))
        return lines

    def _possible_lines(self) -> list[tuple[str, int, str]]:
        """Words of hidden names that are everyday words too: nobody can tell from the letters what they mean."""
        found = self.content.get("possible_remains")
        words = list(found.get("by_word") or []) if isinstance(found, Mapping) else []
        lines: list[tuple[str, int, str]] = []
        if self.possible:
            names = ", ".join(f"{one['word']} {one['as_name']:,}" for one in words if one["as_name"])
            lines.append(("possible remains", self.possible, f"name or word? {names}"))
        if plain_words := self._number("possible_remains", "as_words"):
            names = ", ".join(f"{one['word']} {one['as_word']:,}" for one in words if one["as_word"])
            lines.append(("everyday words", plain_words, f"left: in a name, but here a plain word: {names}"))
        return lines


def _places(number: int) -> str:
    return "1 place" if number == 1 else f"{number:,} places"


def read_proof(project: Project, spec: ProjectSpec) -> Proof | None:
    """The proof of the last redaction; None when there is none.

    Raises:
        UsageError: The file is damaged.
    """
    content = read_json(project.proof_file)
    if not content or spec.redaction.path is None:
        return None
    sample = None
    if project.findings_file.is_file():
        with FindingsStore(project.findings_file) as store:
            sample = sample_facts(store)
    return Proof(content, str(project.root / spec.redaction.path), sample)


def bound_words(facts: SampleFacts) -> str:
    """What a sample proves: `0 leaks in 300: at most 1 %, 95 % sure`. The share is rounded up."""
    leaks = "1 leak" if facts.leaks == 1 else f"{facts.leaks:,} leaks"
    share = math.ceil(facts.bound * 1000 - 1e-9) / 10
    if facts.looked_at >= facts.clean_rows:
        return f"{leaks} in all {facts.looked_at:,} rows without findings"
    return f"{leaks} in {facts.looked_at:,}: at most {share:g} %, {facts.confidence * 100:.0f} % sure"
