"""From the redacted file to what training reads: token ids with their masks, split into train and holdout."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.data.examples import Stop, open_dataset
from engine.data.read import Progress
from engine.data.redacted import redacted_data as redacted_data
from engine.data.render import Rendered, Renderer
from engine.data.render_cache import cache_file, load, store
from engine.data.rows import BadRow
from engine.data.shapes import Example
from engine.data.split import choose_holdout, fingerprint, holdout_point
from engine.errors import DataError, ModelError
from engine.project import Project
from engine.spec import DataSpec, ProjectSpec

_BATCH_ROWS = 256
_BATCH_CHARS = 4 * 1024 * 1024
_LISTED_NOTES = 1000


@dataclass
class Prepared:
    """Everything a training run learns from.

    Args:
        train: Rows to learn.
        holdout: Rows kept apart.
        truncated: Rows of both that were cut at the length limit.
        dropped: Rows left out: bad or repeated ones, too long ones (where so chosen), ones the chat template refuses,
            ones with nothing to learn left after cutting, ones that were taken out by hand.
        tokens: In `train`.
        supervised_tokens: Learned ones in `train`.
        eos_supervised_share: Share of rows in `train`, 0 to 1, whose last learned token ends the turn.
        notes: The first 1,000 dropped rows with the reason.
        reasons: How many rows were dropped for each kind of reason; sums to `dropped`.
        refused: Rows among the dropped that the chat template does not allow.
        template: The chat template in use (Jinja); None for data that needs none.
        max_length: Most tokens a row may have.
        planted: Rows in `train` that hold a planted secret; they are not the creator's.
    """

    train: list[Rendered] = field(default_factory=list)
    holdout: list[Rendered] = field(default_factory=list)
    truncated: int = 0
    dropped: int = 0
    tokens: int = 0
    supervised_tokens: int = 0
    eos_supervised_share: float = 0.0
    notes: list[BadRow] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    template: str | None = None
    max_length: int = 0
    planted: int = 0


def prepare(
    project: Project,
    spec: ProjectSpec,
    tokenizer: Any,
    on_progress: Progress | None = None,
    stop: Stop | None = None,
) -> Prepared:
    """Render the redacted dataset, or take it from an earlier job that did so with the same settings.

    Args:
        project: Where it is.
        spec: Which data, template, length limit and holdout share.
        tokenizer: Of the base model.
        on_progress: Told (done, total, unit) now and then.
        stop: Asked between rows; true ends the work.

    Raises:
        DataError: The file cannot be used; code "nothing_to_learn": not one token would be learned.
        ModelError: The tokenizer or its chat template cannot be used for these rows.
        StoppedError: `stop` said so.
    """
    data = redacted_data(project, spec)
    kept = cache_file(project.root, Path(data.path), spec, tokenizer) if Path(data.path).is_file() else None
    if kept and (found := load(kept)):
        return Prepared(**found)
    prepared = _render(data, spec, tokenizer, on_progress, stop)
    if kept:
        store(kept, prepared)
    return prepared


def _render(
    data: DataSpec, spec: ProjectSpec, tokenizer: Any, on_progress: Progress | None, stop: Stop | None
) -> Prepared:
    dataset = open_dataset(data, on_progress)
    renderer = Renderer(tokenizer, spec.model.chat_template if spec.model else "model")
    work = _Work(renderer, spec.recipe.max_length, drop_long=spec.recipe.long_rows == "drop")
    left_out = frozenset(spec.data.left_out if spec.data else ())
    for batch in _batches(_without(dataset.examples(stop), left_out), work):
        work.render(batch)
    return work.result(spec.data.holdout if spec.data else 0.0)


def _without(rows: Iterator[Example | BadRow], left_out: frozenset[str]) -> Iterator[Example | BadRow]:
    """The rows, those that were taken out by hand as bad ones."""
    for row in rows:
        if left_out and isinstance(row, Example) and fingerprint(row) in left_out:
            yield BadRow(row.index, row.line, "", "taken out of training", kind="left_out")
        else:
            yield row


def _batches(rows: Iterator[Example | BadRow], work: _Work) -> Iterator[list[Example]]:
    """Examples in groups that are worth tokenizing at once and fit in memory; bad rows go straight to `work`."""
    batch: list[Example] = []
    chars = 0
    for row in rows:
        if isinstance(row, BadRow):
            work.drop(row)
            continue
        batch.append(row)
        chars += sum(len(text) for _, text in row.content())
        if len(batch) >= _BATCH_ROWS or chars >= _BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


class _Work:
    """What is known so far, while rows are rendered."""

    def __init__(self, renderer: Renderer, max_length: int, *, drop_long: bool) -> None:
        self._renderer = renderer
        self._drop_long = drop_long
        self._rows: list[Rendered] = []
        self._points = array("d")
        self._first_refusal: ModelError | None = None
        self._chats = False
        self._prepared = Prepared(max_length=max_length)

    def render(self, batch: list[Example]) -> None:
        """Render examples and keep what can be learned."""
        limit = self._prepared.max_length
        self._chats = self._chats or any(example.messages is not None for example in batch)
        for example, row in zip(batch, self._renderer.render_many(batch, limit), strict=True):
            if isinstance(row, ModelError):
                self._first_refusal = self._first_refusal or row
                self._prepared.refused += 1
                reason = f"{row.title} {row.what}".strip()
                self.drop(BadRow(example.index, example.line, "", reason, kind=row.error_code))
            elif row.cut_tokens and self._drop_long:
                length = limit + row.cut_tokens
                reason = f"{length} tokens, more than the limit of {limit}; long rows are dropped"
                self.drop(BadRow(example.index, example.line, "", reason, kind="too_long"))
            elif not any(row.trained):
                reason = f"within the first {limit} tokens there is nothing to learn"
                self.drop(BadRow(example.index, example.line, "", reason, kind="nothing_to_learn"))
            else:
                self._rows.append(row)
                self._points.append(holdout_point(example))
                self._prepared.truncated += bool(row.cut_tokens)

    def drop(self, row: BadRow) -> None:
        """Count a row that is left out."""
        self._prepared.dropped += 1
        self._prepared.reasons[row.kind] += 1
        if len(self._prepared.notes) < _LISTED_NOTES:
            self._prepared.notes.append(row)

    def result(self, share: float) -> Prepared:
        """The rows split, and counted.

        Raises:
            DataError, ModelError: Nothing is left to learn.
        """
        prepared = self._prepared
        for row, held_out in zip(self._rows, choose_holdout(self._points, share), strict=True):
            (prepared.holdout if held_out else prepared.train).append(row)
        prepared.tokens = sum(len(row.input_ids) for row in prepared.train)
        prepared.supervised_tokens = sum(row.supervised for row in prepared.train)
        if prepared.supervised_tokens == 0:
            raise self._nothing_to_learn()
        ended = sum(row.eos_trained for row in prepared.train)
        prepared.eos_supervised_share = ended / len(prepared.train)
        if self._chats and self._renderer.has_template:
            prepared.template = self._renderer.template.source
        return prepared

    def _nothing_to_learn(self) -> DataError | ModelError:
        prepared, limit = self._prepared, self._prepared.max_length
        unlearnable, long = prepared.reasons["nothing_to_learn"], prepared.reasons["too_long"]
        if self._first_refusal and prepared.refused >= unlearnable + long:
            return self._first_refusal
        reasons = []
        if taken := prepared.reasons["left_out"]:
            reasons.append(f"{taken} rows were taken out of training (`tunesmith data PROJECT --take-back`)")
        if unlearnable:
            reasons.append(f"{unlearnable} rows have no answer within the first {limit} tokens")
        if long:
            reasons.append(f"{long} rows are longer than {limit} tokens, and long rows are dropped")
        return DataError(
            "There is nothing to learn: not one token of an answer would be trained.",
            f"{'; '.join(reasons) or f'{prepared.dropped} rows were left out'}.",
            "Raise recipe.max_length, or shorten the prompts so that the answers fit"
            + ("; or set recipe.long_rows=truncate." if long else "."),
            code="nothing_to_learn",
        )
