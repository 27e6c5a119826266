"""One pass over the original: every row with its hidden values replaced, and a second look at what came out."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.data.read import detect_format, read_rows
from engine.data.rows import BadRow, RawRow, text_fields, with_fields
from engine.data.write import RowWriter
from engine.jobs.context import JobContext
from engine.privacy.content import ContentTally, consents_of, row_text
from engine.privacy.findings import Finding, NewFinding
from engine.privacy.ledger import Ledger, in_new_text
from engine.privacy.merge import Hit, trim
from engine.privacy.replace import Edit, Stretch, apply, edit, stretches_to_hide, to_original, unnumbered
from engine.privacy.replacer import Replacer
from engine.privacy.rowscan import Memory, is_role, new_finding, role_of, text_hash
from engine.privacy.sweep import Sweeper
from engine.spec import DataSpec

LATE = "SecondLook"
_LOOK_AT = 128


@dataclass
class Written:
    """What one pass wrote."""

    sources: array[int] = field(default_factory=lambda: array("q"))
    """For each row of the new file, the index of the original row."""
    unreadable: int = 0
    duplicates: int = 0
    replaced: Counter[str] = field(default_factory=Counter)
    """Replacements by type."""
    late: list[NewFinding] = field(default_factory=list)
    """What the second look found, in the offsets of the original."""
    personal: int = 0
    """Rows left out because they hold a value of a type whose operator is `drop_row`."""
    content: ContentTally = field(default_factory=ContentTally)
    """What the content rules left out."""


@dataclass(frozen=True)
class _Changed:
    """A text that was changed, for the second look."""

    row: RawRow
    path: str
    old: str
    new: str
    edits: list[Edit]
    keep: list[Stretch]


@dataclass(frozen=True)
class _Field:
    """A text of a row with what is hidden in it."""

    path: str
    text: str
    hide: list[Stretch]
    keep: list[Stretch]


def rewrite(
    ctx: JobContext,
    data: DataSpec,
    target: Path,
    memory: Memory,
    sweeper: Sweeper,
    replacer: Replacer,
    ledger: Ledger,
) -> Written:
    """Write `target` in the format of the original.

    Rows that cannot be read, rows that are the same as an earlier one and rows that the content rules do not allow are
    left out. Text outside the replaced stretches, the structure of the rows, role names and everything that is not text
    stay as they are.

    Raises:
        StoppedError: On request; `target` is as it was.
        DiskFullError, ProjectError: It cannot be written; `target` is as it was.
    """
    written = Written()
    seen: set[bytes] = set()
    decided = _Findings(memory)
    consents = consents_of(ctx.project.load().content)
    waiting: list[_Changed] = []
    total = int(memory.store.meta("rows") or 0)
    with RowWriter(target, detect_format(Path(data.path), data.format)) as writer:
        for number, row in enumerate(read_rows(data)):
            if number % 64 == 0:
                ctx.check_stop()
            if isinstance(row, BadRow):
                written.unreadable += 1
                continue
            digest = _digest(row)
            if digest in seen:
                written.duplicates += 1
                continue
            seen.add(digest)
            here = decided.of(row.index)
            persons = [finding.value for finding in here if finding.entity == "PERSON"]
            if written.content.take(row.line, row_text(row.record), persons, consents) != "keep":
                continue
            fields = _hidden_in(row, here, sweeper)
            if any(replacer.drops(one.entity) for found in fields for one in found.hide):
                written.personal += 1
                continue
            replacer.begin_row(digest, row.index, _names_in(fields))
            changed = [_replaced(row, one, sweeper, replacer) for one in fields]
            ledger.add([(one.path, one.edits) for one in changed])
            writer.write(with_fields(row.record, {one.path: one.new for one in changed}) if changed else row.record)
            written.sources.append(row.index)
            written.replaced.update(change.entity for one in changed for change in one.edits)
            waiting += changed
            if len(waiting) >= _LOOK_AT:
                written.late += _second_look(memory, waiting)
                waiting = []
            ctx.progress(len(written.sources), total, "rows")
        written.late += _second_look(memory, waiting)
    return written


def _hidden_in(row: RawRow, findings: list[Finding], sweeper: Sweeper) -> list[_Field]:
    """The texts of a row in which something is hidden."""
    by_field: dict[str, list[Finding]] = {}
    for finding in findings:
        by_field.setdefault(finding.field, []).append(finding)
    found: list[_Field] = []
    for path, text in text_fields(row.record):
        if is_role(path, text):
            continue
        here = by_field.get(path, [])
        hide = [_stretch(finding) for finding in here if finding.action == "hide"]
        keep = [_stretch(finding) for finding in here if finding.action == "keep"]
        stretches = stretches_to_hide(text, hide, keep, sweeper)
        if stretches:
            found.append(_Field(path, text, stretches, keep))
    return found


def _names_in(fields: list[_Field]) -> list[str]:
    """The names hidden in a row, in order."""
    return [one.text[part.start : part.end] for one in fields for part in one.hide if part.entity == "PERSON"]


def _replaced(row: RawRow, one: _Field, sweeper: Sweeper, replacer: Replacer) -> _Changed:
    """A text with its hidden stretches replaced.

    Should a replacement, alone or with the words beside it, make a hidden value again, a placeholder stands there.
    """
    new, edits = edit(one.text, one.hide, replacer)
    again = sweeper.find(new)
    if again:
        plain = [
            Edit(part.start, part.end, replacer.plain(part.entity, part.value), part.entity)
            if any(match.start < made.end and made.start < match.end for match in again)
            else before
            for part, before, made in zip(one.hide, edits, in_new_text(edits), strict=True)
        ]
        new, edits = apply(one.text, plain), plain
    return _Changed(row, one.path, one.text, new, edits, one.keep)


def _second_look(memory: Memory, changed: list[_Changed]) -> list[NewFinding]:
    """What is found in the new texts that is neither a placeholder nor kept."""
    late: list[NewFinding] = []
    plain = [unnumbered(one.edits) for one in changed]
    texts = [apply(one.old, edits) for one, edits in zip(changed, plain, strict=True)]
    for one, edits, hits in zip(changed, plain, memory.findings_of(texts), strict=True):
        kept = {stretch.value.casefold() for stretch in one.keep}
        for hit in hits:
            for start, end in to_original(edits, hit.start, hit.end):
                piece = trim(one.old, Hit(start, end, hit.entity, hit.score, LATE))
                if piece is None or _is_kept(one, piece, kept):
                    continue
                role = role_of(one.row.record, one.path)
                late.append(new_finding(one.row.index, one.path, one.old, piece, role, text_hash(one.old)))
    return late


def _is_kept(one: _Changed, piece: Hit, kept: set[str]) -> bool:
    text = one.old[piece.start : piece.end]
    if sum(letter.isalnum() for letter in text) < 2 or text.casefold() in kept:
        return True
    return any(stretch.start <= piece.start and piece.end <= stretch.end for stretch in one.keep)


def _stretch(finding: Finding) -> Stretch:
    return Stretch(finding.start, finding.end, finding.entity, finding.value)


def _digest(row: RawRow) -> bytes:
    content = json.dumps(row.record, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(content, digest_size=16).digest()


class _Findings:
    """The findings of the store, row by row, while the rows go by in the same order."""

    def __init__(self, memory: Memory) -> None:
        self._all: Iterator[Finding] = memory.store.findings()
        self._next: Finding | None = next(self._all, None)

    def of(self, row: int) -> list[Finding]:
        found: list[Finding] = []
        while self._next is not None and self._next.row <= row:
            if self._next.row == row:
                found.append(self._next)
            self._next = next(self._all, None)
        return found
