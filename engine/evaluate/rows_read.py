"""Rows as both models read them: one pass a row and model tells its loss and what greedy decoding would say of it.

The rows kept apart are read for the quality of a run already; what that reading kept is taken from there. Training rows
are read in random order, as many as the time allows, so that a reading that is cut short is a fair sample.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.data.render import Rendered
from engine.evaluate.likelihood import read_back, reading_as
from engine.evaluate.quality import summed
from engine.jobs.context import JobContext

FIRST, MOST, LEAST = 128, 512, 16
"""Rows that are read together with both models: at first, at most, and at least when the time runs out."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one model thinks of a row.

    Args:
        loss: Mean over the trained tokens after the first one, in nats.
        foreseen: For each of them "1" where it was the model's likeliest token, so that it would have said it.
    """

    loss: float
    foreseen: str


@dataclass(frozen=True, slots=True)
class RowRead:
    """A row, read by both models."""

    row: Rendered
    tuned: Side
    base: Side

    @property
    def gain(self) -> float:
        """By how many nats per token training made the row likelier than the base model finds it."""
        return self.base.loss - self.tuned.loss

    def places(self, side: Side) -> tuple[int, ...]:
        """Where in the row the tokens stand that one of the two models would have said."""
        trained = (place for place, learned in enumerate(self.row.trained) if learned and place)
        return tuple(itertools.compress(trained, map(int, side.foreseen)))


@dataclass(frozen=True)
class RowsRead:
    """How far the reading came.

    Args:
        rows: Those that both models read.
        seconds: What it took.
        limit_s: After how many seconds no more rows were begun.
    """

    rows: list[RowRead]
    seconds: float
    limit_s: float


def rows_read(rows: Sequence[Rendered], tuned: dict[str, Any], base: dict[str, Any]) -> list[RowRead]:
    """Rows with what `engine.evaluate.quality.summed` kept of both readings."""
    sides = [
        [
            Side(nll / tokens, marks)
            for nll, tokens, marks in zip(one["nll"], one["tokens"], one["foreseen"], strict=True)
        ]
        for one in (tuned, base)
    ]
    return [RowRead(row, *both) for row, *both in zip(rows, *sides, strict=True)]


def read_rows(
    context: JobContext, model: Any, tokenizer: Any, rows: Sequence[Rendered], *, device: str, limit_s: float
) -> RowsRead:
    """Read rows with the tuned model and with the base, in the order given, until they or the time are at an end.

    Args:
        context: The job, for progress and stop.
        model: The PEFT model.
        tokenizer: Of the model.
        rows: Each with a trained token after its first one.
        device: Where the model is.
        limit_s: Seconds; the first `FIRST` rows are read whatever they take.

    Raises:
        StoppedError: On request.
    """
    began = time.monotonic()
    found: list[RowRead] = []
    while count := _how_many(len(found), len(rows), time.monotonic() - began, limit_s):
        chunk = rows[len(found) : len(found) + count]
        sides = {who: _read(context, model, tokenizer, who, chunk, device, len(found), len(rows))
                 for who in ("tuned", "base")}  # fmt: skip
        found += rows_read(chunk, sides["tuned"], sides["base"])
    return RowsRead(found, time.monotonic() - began, limit_s)


def _how_many(done: int, total: int, spent: float, limit_s: float) -> int:
    """So many rows are begun next: as many as should fit into the time that is left."""
    if not done:
        return min(FIRST, total)
    fitting = int((limit_s - spent) * done / max(spent, 1e-9))
    return min(MOST, total - done, fitting) if fitting >= min(LEAST, total - done) else 0


def _read(
    context: JobContext,
    model: Any,
    tokenizer: Any,
    who: str,
    rows: Sequence[Rendered],
    device: str,
    before: int,
    total: int,
) -> dict[str, Any]:
    def done(count: int) -> None:
        context.check_stop()
        halves = count if who == "tuned" else len(rows) + count
        context.progress(before + halves // 2, total, "rows")

    with reading_as(model, who):
        return summed(read_back(model, rows, pad_token_id=tokenizer.pad_token_id or 0, device=device, on_done=done))
