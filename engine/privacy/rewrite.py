"""One pass over the original: every row with its hidden values replaced, and a second look at what came out."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.data.leaves import KEY_MARK, Key, Unquoted, moved_path, with_changes
from engine.data.read import detect_format, read_rows
from engine.data.rows import BadRow, RawRow, split_path
from engine.data.splice import Change
from engine.data.write import RowWriter
from engine.jobs.context import JobContext
from engine.privacy.consents import names_among, names_before_edits, names_in_file
from engine.privacy.content import ContentTally, Judgement, consents_of, first_names, judge
from engine.privacy.findings import Finding, NewFinding
from engine.privacy.innerjson import json_parts, quoted_in_json, with_letters
from engine.privacy.ledger import Ledger
from engine.privacy.merge import Hit, trim
from engine.privacy.replace import (
    Edit,
    Replaces,
    Stretch,
    apply,
    breaks_json,
    edit,
    in_new_text,
    stretches_to_hide,
    to_original,
    unnumbered,
)
from engine.privacy.replacer import Replacer
from engine.privacy.rowscan import Memory, new_finding, role_of, text_hash
from engine.privacy.rowtext import row_text
from engine.privacy.spans import Covers, meeting
from engine.privacy.sweep import Sweeper
from engine.privacy.texts import searched_fields
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
    """Rows left out because they hold a value of a type whose operator is `drop_row`, or one that only a value could
    replace with which the content rules would refuse the row."""
    numbers_as_text: int = 0
    """Numbers in whose place a text stands now, since their operator writes no numbers."""
    content: ContentTally = field(default_factory=ContentTally)
    """What the content rules left out."""

    def count(self, row: RawRow, changed: list[_Changed]) -> None:
        """A row was written with these changes."""
        self.sources.append(row.index)
        self.replaced.update(change.entity for one in changed for change in one.edits)
        self.numbers_as_text += sum(
            isinstance(one.old, Unquoted) and not isinstance(one.new, Unquoted) for one in changed
        )


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
    left out. What stands outside the replaced stretches stays to the letter: the rows are not written anew, but the
    replacements are put into them as they stand in the file. A hidden number becomes another number of as many digits,
    or the placeholder as text where the operator gives one; a hidden key gets another name in the same place. Role
    names and the keys that every dataset has are never touched.

    Raises:
        StoppedError: On request; `target` is as it was.
        DiskFullError, ProjectError: It cannot be written; `target` is as it was.
    """
    written = Written()
    decided = _Findings(memory)
    spec = ctx.project.load()
    consents, firsts = consents_of(spec.content), first_names(names_in_file(memory.store, spec.redaction))
    corrected = names_before_edits(memory.store, spec.redaction)
    waiting: list[_Changed] = []
    total = int(memory.store.meta("rows") or 0)
    format = detect_format(Path(data.path), data.format)
    typed = format.format == "parquet"
    columns = _Columns() if typed or format.format == "csv" else None
    with RowWriter(target, format) as writer:
        for row, digest in _rows_to_write(ctx, data, written):
            here = decided.of(row.index)
            persons = names_among(((one.entity, one.value) for one in here), spec.redaction, corrected)
            judged = judge(row_text(row.record))
            if written.content.count(row.line, judged, persons, consents, firsts) != "keep":
                continue
            fields = _hidden_in(row, here, sweeper)
            if any(replacer.drops(one.entity) for found in fields for one in found.hide):
                written.personal += 1
                continue
            replacer.begin_row(digest, row.index, _names_in(fields))
            changed = [_replaced(row, one, sweeper, replacer, typed=typed) for one in fields]
            if changed and _says_more(row, judged, changed):
                changed = [_in_placeholders(row, *pair, replacer, typed) for pair in zip(fields, changed, strict=True)]
                if _says_more(row, judged, changed):
                    written.personal += 1
                    continue
            if columns is not None:
                changed = columns.in_table(changed)
            renamed = writer.write_row(row, [_change(one) for one in changed])
            ledger.add([(moved_path(one.path, renamed), one.edits) for one in changed])
            written.count(row, changed)
            waiting += changed
            if len(waiting) >= _LOOK_AT:
                written.late += _second_look(memory, waiting)
                waiting = []
            ctx.progress(len(written.sources), total, "rows")
        written.late += _second_look(memory, waiting)
    return written


def _says_more(row: RawRow, old: Judgement, changed: list[_Changed]) -> bool:
    """Whether the replacements make the content rules see what the row did not say: a name or a year can."""
    new = judge(row_text(with_changes(row.record, {one.path: one.new for one in changed})[0]))
    return new.blocked or (new.adult and not old.adult)


def _in_placeholders(row: RawRow, one: _Field, changed: _Changed, replacer: Replacer, typed: bool) -> _Changed:
    """The same text with placeholders, which say nothing; a value that cannot be one stays as it was replaced."""
    if isinstance(one.text, Unquoted):
        if typed:
            return changed
        [part] = one.hide
        new = replacer.plain(part.entity, part.value)
        return _Changed(row, one.path, one.text, new, [Edit(0, len(one.text), new, part.entity)], one.keep)
    new, edits = _edited(one, _Plainly(replacer))
    return _Changed(row, one.path, one.text, new, edits, one.keep)


@dataclass(frozen=True)
class _Plainly:
    """A placeholder for every value."""

    replacer: Replacer

    def of(self, entity: str, value: str, written: str = "") -> str:
        return self.replacer.plain(entity, value)


def _rows_to_write(ctx: JobContext, data: DataSpec, written: Written) -> Iterator[tuple[RawRow, bytes]]:
    """Every row that can be read, once, with the name of its content; the others are counted."""
    seen: set[bytes] = set()
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
        yield row, digest


def _hidden_in(row: RawRow, findings: list[Finding], sweeper: Sweeper) -> list[_Field]:
    """The texts of a row in which something is hidden."""
    by_field: dict[str, list[Finding]] = {}
    for finding in findings:
        by_field.setdefault(finding.field, []).append(finding)
    found: list[_Field] = []
    for path, text in searched_fields(row):
        here = by_field.get(path, [])
        hide = [_stretch(finding) for finding in here if finding.action == "hide"]
        keep = [_stretch(finding) for finding in here if finding.action == "keep"]
        stretches = stretches_to_hide(text, hide, keep, sweeper)
        if stretches and isinstance(text, Unquoted):
            stretches = [_whole(text, stretches, here)]
        if stretches:
            found.append(_Field(path, text, stretches, keep))
    return found


def _names_in(fields: list[_Field]) -> list[str]:
    """The names hidden in a row, in order."""
    persons = ((one.text, part) for one in fields for part in one.hide if part.entity == "PERSON")
    return [with_letters(text[part.start : part.end]) for text, part in persons]


def _whole(text: Unquoted, stretches: list[Stretch], here: list[Finding]) -> Stretch:
    """A number is replaced whole; what was found in this very place says what it is."""
    lead = next((one for one in here if one.action == "hide"), None) or stretches[0]
    return Stretch(0, len(text), lead.entity, lead.value)


def _replaced(row: RawRow, one: _Field, sweeper: Sweeper, replacer: Replacer, *, typed: bool = False) -> _Changed:
    """A text with its hidden stretches replaced, or another value in place of one that is no text.

    Should a replacement, alone or with the words beside it, make a hidden value again, a placeholder stands there.
    """
    if isinstance(one.text, Unquoted):
        [part] = one.hide
        new = replacer.written(part.entity, part.value, one.text, typed=typed)
        return _Changed(row, one.path, one.text, new, [Edit(0, len(one.text), new, part.entity)], one.keep)
    new, edits = _edited(one, replacer)
    made = in_new_text(edits)
    again = {part.start for match in sweeper.find(new) for part in meeting(made, match.start, match.end)}
    if again:
        plain = [
            Edit(part.start, part.end, replacer.plain(part.entity, part.value), part.entity)
            if now.start in again
            else before
            for part, before, now in zip(one.hide, edits, made, strict=True)
        ]
        new, edits = apply(one.text, plain), plain
    return _Changed(row, one.path, one.text, new, edits, one.keep)


def _edited(one: _Field, replacements: Replaces) -> tuple[str, list[Edit]]:
    """A text with its hidden stretches replaced; what was JSON stays JSON."""
    ways = [(False, False), (True, False), (True, True)]
    if json_parts(one.text) and any("\\" in one.text[part.start : part.end] for part in one.hide):
        del ways[0]
    for in_json, deep in ways:
        new, edits = edit(one.text, one.hide, replacements, in_json=in_json)
        if (quoted := quoted_in_json(one.text, edits, deep=deep)) != edits:
            new, edits = apply(one.text, quoted), quoted
        if not breaks_json(one.text, edits):
            break
    return new, edits


def _second_look(memory: Memory, changed: list[_Changed]) -> list[NewFinding]:
    """What is found in the new texts that is neither a placeholder nor kept."""
    late: list[NewFinding] = []
    plain = [unnumbered(one.edits) for one in changed]
    texts = [_kind_of(one.old, apply(one.old, edits)) for one, edits in zip(changed, plain, strict=True)]
    for one, edits, hits in zip(changed, plain, memory.findings_of(texts), strict=True):
        kept, covers, made = {stretch.value.casefold() for stretch in one.keep}, Covers(one.keep), in_new_text(edits)
        for hit in hits:
            for start, end in to_original(edits, made, hit.start, hit.end):
                piece = trim(one.old, Hit(start, end, hit.entity, hit.score, LATE))
                if piece is None or _is_kept(one, piece, kept, covers):
                    continue
                role = role_of(one.row.record, one.path)
                late.append(new_finding(one.row.index, one.path, one.old, piece, role, text_hash(one.old)))
    return late


def _change(one: _Changed) -> Change:
    return Change(one.path, one.new, tuple((part.start, part.end, part.new) for part in one.edits))


def _kind_of(old: str, new: str) -> str:
    return Key(new) if isinstance(old, Key) else new


@dataclass
class _Columns:
    """The names of a table's columns, which are the same in all rows: those of the first row count."""

    renamed: list[_Changed] | None = None

    def in_table(self, changed: list[_Changed]) -> list[_Changed]:
        """The changes of a row without those of keys, and with the columns' new names."""
        if self.renamed is None:
            keys = (one for one in changed if isinstance(one.old, Key))
            self.renamed = [one for one in keys if len(split_path(one.path.removeprefix(KEY_MARK))) == 1]
        return [one for one in changed if not isinstance(one.old, Key)] + self.renamed


def _is_kept(one: _Changed, piece: Hit, kept: set[str], covers: Covers) -> bool:
    text = one.old[piece.start : piece.end]
    few = sum(letter.isalnum() for letter in text) < 2
    return few or text.casefold() in kept or covers.holds(piece.start, piece.end)


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
