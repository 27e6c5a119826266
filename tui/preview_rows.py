"""What the preview job wrote, as the wizard shows it: `preview/summary.json` in words, `preview/rows.jsonl` as rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.actions import read_json
from engine.errors import UsageError

END_SHARE = 0.9
"""Below this share of rows whose end is learned, answers are likely not to stop: a warning (our own judgement)."""


@dataclass(frozen=True)
class PreviewRow:
    """One rendered row. `tokens` is its whole length, `cut` of them are lost at its end."""

    index: int
    line: int
    tokens: int
    learned: int | None
    cut: int
    ends: bool
    holdout: bool
    pieces: tuple[tuple[str, bool], ...]
    """Stretches of text, and whether they are learned."""


@dataclass(frozen=True)
class Line:
    """A sentence about the data: `attention` where something should be looked at, `hint` is what mends it."""

    words: str
    attention: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Preview:
    """The whole preview."""

    summary: Mapping[str, Any]
    rows: tuple[PreviewRow, ...]

    def number(self, name: str) -> int:
        """A count of the summary; 0 where it is missing."""
        value = self.summary.get(name)
        return int(value) if isinstance(value, int | float) else 0

    @property
    def end_share(self) -> float:
        """Share of rows (0-1) that teach it where to stop."""
        value = self.summary.get("eos_supervised_share")
        return float(value) if isinstance(value, int | float) else 0.0

    @property
    def lines(self) -> list[Line]:
        """The numbers in words, in the order they matter."""
        return [self._rows(), self._tokens(), self._lengths(), self._cut(), self.ending, *self._dropped()]

    @property
    def warnings(self) -> list[Line]:
        """The lines that want attention."""
        return [line for line in self.lines if line.attention]

    def _rows(self) -> Line:
        holdout = self.number("holdout_rows")
        train = self.number("train_rows") or self.number("rows") - holdout
        if not holdout:
            hint = "Add rows: with none kept apart nobody sees whether it only memorises."
            return Line(f"{_many(train, 'row')} to learn from, none kept apart to measure with.", True, hint)
        return Line(f"{_many(train, 'row')} to learn from, {holdout:,} kept apart to measure with.")

    def _tokens(self) -> Line:
        tokens, learned = self.number("tokens"), self.number("supervised_tokens")
        share = f" ({learned / tokens * 100:.0f} %)" if tokens else ""
        return Line(f"{tokens:,} tokens in all; {learned:,}{share} are learned, the rest is read.")

    def _lengths(self) -> Line:
        line = self.number("longest_line")
        where = f" (line {line:,})" if line else ""
        longest, median = self.number("longest_tokens"), self.number("median_tokens")
        return Line(f"The longest row has {longest:,} tokens{where}, the usual one {median:,}.")

    def _cut(self) -> Line:
        cut, limit = self.number("truncated"), self.number("max_length")
        if not cut:
            return Line(f"Nothing is cut: every row fits into {limit:,} tokens.")
        longer = "1 row is" if cut == 1 else f"{cut:,} rows are"
        words = f"{longer} longer than {limit:,} tokens: {self.number('cut_tokens'):,} tokens at the end are cut."
        return Line(words, True, f"To cut nothing, set max length to {self.number('longest_tokens'):,} in Recipe.")

    @property
    def ending(self) -> Line:
        """How many rows teach it where to stop."""
        words = f"{self.end_share * 100:.0f} % of the rows teach it where to stop."
        if self.end_share >= END_SHARE:
            return Line(words)
        hint = "A model that never learns to stop goes on and on. "
        hint += (
            "Cut rows lose their end: raise max length in Recipe."
            if self.number("truncated")
            else ("Rows should end with an answer; another chat template (step Model) may mark ends.")
        )
        return Line(words, True, hint)

    def _dropped(self) -> list[Line]:
        dropped = self.number("dropped")
        if not dropped:
            return []
        reasons = self.summary.get("dropped_reasons")
        why = ""
        if isinstance(reasons, dict) and reasons:
            why = ": " + ", ".join(f"{reason.replace('_', ' ')} ({int(count):,})" for reason, count in reasons.items())
        them = "it" if dropped == 1 else "them"
        hint = f"enter goes on without {them}; or mend {them} in your file."
        return [Line(f"{_many(dropped, 'row')} left out{why}.", True, hint)]


def read_preview(folder: Path) -> Preview | None:
    """The last preview; None when there is none.

    Raises:
        UsageError: A file is damaged.
    """
    summary = read_json(folder / "summary.json")
    if not summary:
        return None
    path = folder / "rows.jsonl"
    try:
        rows = tuple(_row(json.loads(line)) for line in path.read_text(encoding="utf-8").split("\n") if line)
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"{path}: {error}"
        raise UsageError("The preview cannot be read.", what, "Press r to render it again.", code="damaged") from error
    return Preview(summary, rows)


def _row(content: Mapping[str, Any]) -> PreviewRow:
    learned = content.get("supervised_tokens")
    return PreviewRow(
        index=int(content["index"]),
        line=int(content["line"]),
        tokens=int(content["tokens"]),
        learned=None if learned is None else int(learned),
        cut=int(content["cut_tokens"]),
        ends=bool(content["eos_trained"]),
        holdout=bool(content.get("holdout", False)),
        pieces=tuple((str(text), bool(trained)) for text, trained in content["pieces"]),
    )


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
