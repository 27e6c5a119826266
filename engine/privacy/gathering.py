"""The last pass of a scan: what was found in every row, with the sweep, on its way into the store.

A row that the last scan knew comes to the same as then, unless a name that is new or gone stands in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from engine.data.rows import RawRow
from engine.privacy.changednames import ChangedNames
from engine.privacy.content import may_be_shown
from engine.privacy.hits import Hit
from engine.privacy.intake import Intake, columns_of
from engine.privacy.knownrows import Columns, KnownRows, Told, row_name
from engine.privacy.rowscan import Memory, findings_of_row, scanned_fields, telling
from engine.privacy.survey import PLACEHOLDER, Survey
from engine.privacy.sweep import Sweeper

_TEXTS, _CHARACTERS = 512, 200_000
_ROWS = 2_000

_Fields = list[tuple[str, str]]


@dataclass
class Gathering:
    """Takes the rows of a file in their order, and writes what they came to.

    Args:
        memory: What the detectors said about each text.
        known: The rows of the last scan.
        survey: Which of them are in the file.
        sweeper: All names.
        changed: Those that are new or gone.
        told: Told the number of rows that were taken, now and then.
    """

    memory: Memory
    known: KnownRows
    survey: Survey
    sweeper: Sweeper
    changed: ChangedNames
    told: Callable[[int], None]
    _done: int = 0
    _waiting: list[tuple[int, RawRow | None, _Fields]] = field(default_factory=list)
    _texts: int = 0
    _characters: int = 0

    def __post_init__(self) -> None:
        self._intake = Intake(self.memory.store)
        self._intake.begin()

    def wants(self, index: int, source: str) -> bool:
        """Whether a row must be parsed; what is known of it is taken else."""
        if self.survey.is_new(index) or self.changed.may_be_in(source):
            return True
        self._take(index, None, [])
        return False

    def add(self, row: RawRow) -> None:
        """A row that was wanted."""
        fields = scanned_fields(row)
        if self.survey.is_new(row.index) or self.changed.is_in(text for _, text in fields):
            self._take(row.index, row, fields)
        else:
            self._take(row.index, None, [])

    def write(self) -> None:
        """Write what waits."""
        waiting, self._waiting, self._texts, self._characters = self._waiting, [], 0, 0
        hits = iter(self.memory.findings_of([text for _, _, fields in waiting for _, text in fields]))
        numbers = {index: self.survey.number(index) for index, row, _ in waiting if row is None}
        known = self.known.found([number for number, has_findings in numbers.values() if has_findings])
        ready: list[tuple[int, list[Columns]]] = []
        fresh: list[tuple[bytes, Told, list[Columns]]] = []
        for index, row, fields in waiting:
            if row is None:
                number, has_findings = numbers[index]
                self.known.use(number)
                found = known[number] if has_findings else []
            else:
                told, found = self._look(row, fields, [next(hits) for _ in fields])
                fresh.append((row_name(row), told, found))
            ready.append((index, found))
        self._intake.add_rows(ready)
        self.known.keep(fresh)
        self._done += len(waiting)
        self.told(self._done)

    def _take(self, index: int, row: RawRow | None, fields: _Fields) -> None:
        self._waiting.append((index, row, fields))
        self._texts += len(fields)
        self._characters += sum(len(text) for _, text in fields)
        if self._texts >= _TEXTS or self._characters >= _CHARACTERS or len(self._waiting) >= _ROWS:
            self.write()

    def _look(self, row: RawRow, fields: _Fields, hits: list[list[Hit]]) -> tuple[Told, list[Columns]]:
        findings = list(findings_of_row(row, fields, hits, self.sweeper))
        if findings and not may_be_shown(row.record):
            findings = [replace(finding, before="", after="") for finding in findings]
        names = [one for (_, text), found in zip(fields, hits, strict=True) for one in telling(text, found)]
        taken = [mark for _, text in fields if "<" in text for mark in PLACEHOLDER.findall(text)]
        return Told(names, taken), [columns_of(finding) for finding in findings]
