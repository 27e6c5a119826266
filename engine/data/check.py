"""The check of a dataset: what it is, how many rows can be used, and what is wrong with each of the others."""

from __future__ import annotations

import os
import statistics
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.data.examples import Dataset, Stop, open_dataset
from engine.data.formats import foreign_encoding
from engine.data.read import Progress
from engine.data.rows import SOUND_KINDS, BadRow, RawRow
from engine.data.shapes import Example
from engine.data.split import choose_holdout, holdout_point
from engine.errors import DataError
from engine.files import sha256_of
from engine.privacy.content import ContentTally
from engine.privacy.rowtext import row_text
from engine.spec import DataSpec

LISTED_BAD_ROWS = 1000
"""How many bad rows are listed one by one; all are counted."""
_SAMPLES = 3
_SAMPLE_CHARS = 4000


@dataclass(frozen=True)
class Chars:
    """Lengths of the usable rows, in characters of trained and untrained text together."""

    total: int
    shortest: int
    median: int
    mean: float
    longest: int
    longest_line: int


@dataclass(frozen=True)
class Reason:
    """One reason why rows are bad: its stable name, how many rows, and the first of them in words."""

    kind: str
    count: int
    line: int
    field: str
    reason: str


@dataclass(frozen=True)
class CheckReport:
    """What `check_data` found. `rows` = `usable` + `bad_rows`; duplicates are among the bad rows.

    Args:
        path: The file.
        size_bytes: Of the file.
        sha256: Of the file.
        format: jsonl, json, csv, parquet or txt.
        format_reason: Why it was taken for that.
        encoding: As a Python codec; empty for Parquet.
        delimiter: Of a CSV file; empty otherwise.
        unit: "paragraphs" or "lines" of a text file; empty otherwise.
        shape: messages, conversations, alpaca, prompt_completion, system_input_output or text.
        shape_reason: Why it was taken for that.
        mapping: The column of each part.
        columns: Those of the first rows.
        rows: Records in the file.
        usable: Of them, rows that can be trained on.
        bad_rows: The others.
        bad: `LISTED_BAD_ROWS` of them at most: the first broken ones, then the first of the others; in file order.
        reasons: Exact counts, commonest first.
        duplicates: Rows left out because they repeat another exactly.
        holdout: Usable rows that would be kept apart for evaluation; redaction can move single rows.
        repaired: Rows in which half a character (a broken emoji) was replaced by U+FFFD.
        roles: Turns by role; plain text counts under "text".
        chars: Lengths of the usable rows.
        samples: The first usable rows as lists of {"role", "content"}; long contents are cut.
        health: What may harm the training, and which fixes are chosen; see `engine.data.health.health`.
        content: Counts and lines by the content rules; see `engine.privacy.content.ContentTally`.
    """

    path: str
    size_bytes: int
    sha256: str
    format: str
    format_reason: str
    encoding: str
    delimiter: str
    unit: str
    shape: str
    shape_reason: str
    mapping: dict[str, str]
    columns: list[str]
    rows: int
    usable: int
    bad_rows: int
    bad: list[BadRow]
    reasons: list[Reason]
    duplicates: int
    holdout: int
    repaired: int
    roles: dict[str, int]
    chars: Chars
    samples: list[list[dict[str, str]]] = field(default_factory=list)
    health: dict[str, Any] = field(default_factory=dict)
    content: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> CheckReport:
        """The report again from `as_dict`.

        Raises:
            TypeError, KeyError: It was written by another version.
        """
        return cls(
            **{
                **content,
                "bad": [BadRow(**row) for row in content["bad"]],
                "reasons": [Reason(**reason) for reason in content["reasons"]],
                "chars": Chars(**content["chars"]),
            }
        )


def check_data(data: DataSpec, progress: Progress | None = None, stop: Stop | None = None) -> CheckReport:
    """Read the whole dataset once and report.

    Args:
        data: The dataset.
        progress: Told (done, total, unit) now and then.
        stop: Asked between rows; true ends the work.

    Raises:
        DataError: The dataset cannot be used.
        StoppedError: `stop` said so.
    """
    # Here, because numpy is loaded with them, and the report alone is read without it.
    from engine.data.health import KINDS, health, treatment
    from engine.data.health_rules import load_health_rules
    from engine.data.survey import Survey

    passes = 2 if data.fixes else 1
    dataset = open_dataset(data.model_copy(update={"fixes": []}), _part_of(progress, 0, passes))
    tally, survey, content = _Tally(), Survey(load_health_rules()), ContentTally()
    for row in _allowed(dataset, stop, content):
        if isinstance(row, BadRow):
            tally.add_bad(row)
        else:
            tally.add(row)
            survey.add(row)
    _refuse_all_blocked(dataset, tally)
    _refuse_foreign_encoding(dataset, tally)
    surveyed = survey.finish()
    found = health(surveyed, data, _always_left_out(tally))
    if data.fixes:
        dataset = open_dataset(data, _part_of(progress, 1, passes))
        dataset.treatment = treatment(surveyed, data.fixes)
        tally = _Tally()
        for row in _allowed(dataset, stop, ContentTally()):
            if isinstance(row, BadRow):
                tally.add_bad(row)
            else:
                tally.add(row)
        _refuse_all_blocked(dataset, tally)
    found["left_out"] = {kind.row_kind: tally.kinds[kind.row_kind] for kind in KINDS if tally.kinds[kind.row_kind]}
    return replace(_report(data, dataset, tally), health=found, content=content.as_dict())


def _allowed(dataset: Dataset, stop: Stop | None, content: ContentTally) -> Iterator[Example | BadRow]:
    """The rows, with those that the content rules block as bad rows: of these nothing is kept or shown but the line.

    Judged is the whole record, as the redaction does it: what no part of a row is mapped to counts too.
    """
    last: list[RawRow | BadRow] = []
    dataset.rows = _remembered(dataset.rows, last)
    for row in dataset.examples(stop):
        raw = last[0]
        text = row_text(raw.record) if isinstance(row, Example) and isinstance(raw, RawRow) else ""
        if isinstance(row, Example) and content.take(row.line, text) == "blocked":
            yield BadRow(row.index, row.line, "", "blocked by the content rules", kind="blocked")
        else:
            yield row


def _remembered(rows: Iterator[RawRow | BadRow], last: list[RawRow | BadRow]) -> Iterator[RawRow | BadRow]:
    for row in rows:
        last[:] = [row]
        yield row


def _refuse_all_blocked(dataset: Dataset, tally: _Tally) -> None:
    """Raises DataError: the content rules (and the fixes) leave no row."""
    if not tally.lengths:
        raise DataError(
            "Not one row of this dataset can be used.",
            f"{dataset.path}: {tally.kinds['blocked']:,} rows are blocked by the content rules.",
            "Choose other data. What is blocked is said in presets/content; nothing can override it.",
            code="all_bad",
        )


def _always_left_out(tally: _Tally) -> list[tuple[str, str, int, int]]:
    """What no dataset keeps, for the list of its health."""
    named = (("duplicate", "exactly the same as another row"), ("empty_answer", "with an empty answer"))
    return [
        (kind, title, tally.kinds[kind], tally.first[kind].line if kind in tally.first else 0) for kind, title in named
    ]


def _part_of(progress: Progress | None, number: int, parts: int) -> Progress | None:
    """Progress over a file that is read several times."""
    if progress is None or parts == 1:
        return progress
    return lambda done, total, unit: progress(number * total + done, parts * total, unit)


@dataclass
class _Tally:
    lengths: array[int] = field(default_factory=lambda: array("q"))
    points: array[float] = field(default_factory=lambda: array("d"))
    roles: Counter[str] = field(default_factory=Counter)
    samples: list[list[dict[str, str]]] = field(default_factory=list)
    longest_line: int = 0
    longest: int = -1
    kinds: Counter[str] = field(default_factory=Counter)
    first: dict[str, BadRow] = field(default_factory=dict)
    broken: list[BadRow] = field(default_factory=list)
    sound: list[BadRow] = field(default_factory=list)

    def add(self, example: Example) -> None:
        content = example.content()
        length = sum(len(text) for _, text in content)
        self.lengths.append(length)
        self.points.append(holdout_point(example))
        self.roles.update(role for role, _ in content)
        if length > self.longest:
            self.longest, self.longest_line = length, example.line
        if len(self.samples) < _SAMPLES:
            self.samples.append([{"role": role, "content": _cut(text)} for role, text in content])

    def add_bad(self, row: BadRow) -> None:
        self.kinds[row.kind] += 1
        self.first.setdefault(row.kind, row)
        listed = self.sound if row.kind in SOUND_KINDS else self.broken
        if len(listed) < LISTED_BAD_ROWS:
            listed.append(row)

    def bad(self) -> list[BadRow]:
        """The rows to list, in the order of the file. Thousands of repeats never push a broken one off the list."""
        return sorted([*self.broken, *self.sound][:LISTED_BAD_ROWS], key=lambda row: row.index)


def _report(data: DataSpec, dataset: Dataset, tally: _Tally) -> CheckReport:
    path, lengths = Path(data.path).expanduser(), tally.lengths
    bad_rows = tally.kinds.total()
    reasons = [
        Reason(kind, count, tally.first[kind].line, tally.first[kind].field, tally.first[kind].reason)
        for kind, count in tally.kinds.most_common()
    ]
    return CheckReport(
        path=str(path),
        size_bytes=os.path.getsize(path),
        sha256=sha256_of(path),
        format=dataset.format.format,
        format_reason=dataset.format.reason,
        encoding=dataset.format.encoding,
        delimiter=dataset.format.delimiter if dataset.format.format == "csv" else "",
        unit=dataset.format.unit,
        shape=dataset.shape.shape,
        shape_reason=dataset.shape.reason,
        mapping=dataset.shape.mapping,
        columns=dataset.columns,
        rows=len(lengths) + bad_rows,
        usable=len(lengths),
        bad_rows=bad_rows,
        bad=tally.bad(),
        reasons=reasons,
        duplicates=tally.kinds["duplicate"],
        holdout=sum(choose_holdout(tally.points, data.holdout)),
        repaired=dataset.repaired,
        roles=dict(tally.roles),
        chars=Chars(
            total=sum(lengths),
            shortest=min(lengths),
            median=round(statistics.median(lengths)),
            mean=round(sum(lengths) / len(lengths), 1),
            longest=tally.longest,
            longest_line=tally.longest_line,
        ),
        samples=tally.samples,
    )


def _refuse_foreign_encoding(dataset: Dataset, tally: _Tally) -> None:
    """A stray byte costs its row; when it is more than a few rows, the whole file is in another encoding.

    Raises:
        DataError: More than 3 rows and more than 2 % of them are not text.
    """
    count, rows = tally.kinds["not_text"], len(tally.lengths) + tally.kinds.total()
    if count <= max(3, 0.02 * rows):
        return
    row = tally.first["not_text"]
    error = foreign_encoding(dataset.path, row.line, "", count)
    raise DataError(
        error.title,
        f"{dataset.path}:{row.line}: {row.reason}. {count} of {rows} rows are like that.",
        error.hint,
        code="encoding",
    )


def _cut(text: str) -> str:
    return text if len(text) <= _SAMPLE_CHARS else text[:_SAMPLE_CHARS] + " ..."
