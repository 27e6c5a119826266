"""Whole rows that the last scan knew, by the row as it stands in its file: they are neither parsed nor looked at again.

What the detectors say about a text is remembered by the text (`engine.privacy.rowscan.Memory`). That spares the models,
but still every row has to be parsed, taken apart, asked for and swept, which for a file of which one row in a hundred
was edited is most of the work. So the names that a row tells and the findings it came to are kept too. They hold for
the same detectors, settings and rules (a fingerprint says so), and as long as no name that is new or gone since stands
in the row (`engine.privacy.changednames` says where).

What a scan adds counts only when that scan ends: entries of one that was killed are dropped by the next.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.data.read import detect_format
from engine.data.rows import RawRow
from engine.machine import PRESETS
from engine.privacy.schema import explained, in_parts, transaction
from engine.privacy.store import FindingsStore
from engine.privacy.sweep import Wanted
from engine.spec import DataSpec

Columns = list[object]
"""A finding without its row: field, start, end, entity, value, score, recogniser, before, match, after, role, hash."""


@dataclass(frozen=True)
class Told:
    """What a row adds to the whole file: names as (value, type, score), and placeholders that stand in it."""

    names: list[tuple[str, str, float]]
    taken: list[str]


@dataclass(frozen=True)
class KnownRow:
    """A row of the last scan: its number in the store, what it tells, and whether it has findings."""

    id: int
    told: Told | None
    has_findings: bool


def row_name(row: RawRow) -> bytes:
    """The name of a row by its content: as it stands in its file, with the names of its columns where it has any."""
    return source_name(source_of(row))


def source_of(row: RawRow) -> str:
    """All that a row says, as text."""
    return row.raw + row.head if row.raw else repr(row.record)


def source_name(source: str) -> bytes:
    """The name of a line of JSON; that of its row is the same."""
    return hashlib.blake2b(source.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def fingerprint_of(version: str, data: DataSpec) -> str:
    """Changes whenever the same row could come to other findings.

    Args:
        version: Of the detectors, which says what the profile is too.
        data: How the file is read.
    """
    format = detect_format(Path(data.path).expanduser(), data.format)
    layout = [version, format.format, format.encoding, format.delimiter, format.unit, sorted({*data.mapping.values()})]
    digest = hashlib.sha256(json.dumps(layout).encode())
    here = Path(__file__).parent
    sources = (*here.glob("*.py"), *(here.parent / "data").glob("*.py"), *(PRESETS / "content").glob("*.yaml"))
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


class KnownRows:
    """The rows that the last scan left in `store`.

    Args:
        store: The findings.
        fingerprint: Of `fingerprint_of`; rows of another one are forgotten.
    """

    def __init__(self, store: FindingsStore, fingerprint: str) -> None:
        self._store = store
        self._fingerprint = fingerprint
        self._last = int(store.meta("rows_upto") or 0)
        same = store.meta("rows_of") == fingerprint
        with store.lock, transaction(store.connection, store.path) as connection:
            if not same:
                self._last = 0
                connection.execute("DELETE FROM swept")
                connection.execute("DELETE FROM meta WHERE key IN ('rows_of', 'rows_upto')")
            connection.execute("DELETE FROM known_rows WHERE id > ?", (self._last,))
        self._used = bytearray(self._last + 1)

    def __bool__(self) -> bool:
        return self._last > 0

    def recognise(self, names: Sequence[bytes]) -> dict[bytes, KnownRow]:
        """Those of the rows that the last scan knew."""
        known: dict[bytes, KnownRow] = {}
        for part in in_parts(sorted(set(names))):
            marks = ",".join("?" * len(part))
            for name, number, told, has_findings in self._all(
                "SELECT name, id, told, found IS NOT NULL FROM known_rows"
                f" WHERE name IN ({marks}) AND id <= {self._last}",
                part,
            ):
                known[name] = KnownRow(number, Told(*json.loads(told)) if told else None, bool(has_findings))
        return known

    def found(self, ids: Sequence[int]) -> dict[int, list[Columns]]:
        """The findings of known rows, by their numbers."""
        found: dict[int, list[Columns]] = {}
        for part in in_parts(sorted(set(ids))):
            marks = ",".join("?" * len(part))
            rows = self._all(f"SELECT id, found FROM known_rows WHERE id IN ({marks})", part)
            found.update((number, json.loads(columns)) for number, columns in rows)
        return found

    def use(self, number: int) -> None:
        """Say that a known row is in the file and came to the same findings."""
        self._used[number] = 1

    def keep(self, rows: Iterable[tuple[bytes, Told, list[Columns]]]) -> None:
        """Remember new rows; they count when this scan has ended."""
        ready = {
            name: (
                name,
                json.dumps([told.names, told.taken], ensure_ascii=False) if told.names or told.taken else None,
                json.dumps(found, ensure_ascii=False) if found else None,
            )
            for name, told, found in rows
        }
        with self._store.lock, transaction(self._store.connection, self._store.path) as connection:
            connection.executemany("INSERT INTO known_rows (name, told, found) VALUES (?, ?, ?)", ready.values())

    def swept(self) -> list[Wanted]:
        """The names that the last scan searched in every row."""
        return [Wanted(*row) for row in self._all("SELECT value, entity, score, source FROM swept", ())]

    def settle(self, connection: sqlite3.Connection, swept: Iterable[Wanted]) -> None:
        """This scan has ended: forget the rows that are no longer in the file, and keep what was searched.

        Args:
            connection: Inside the transaction in which the findings become those of this scan.
            swept: What was searched in every row.
        """
        if self._last and self._used.count(1) < self._last:
            gone = [(number,) for number in range(1, self._last + 1) if not self._used[number]]
            connection.executemany("DELETE FROM known_rows WHERE id = ?", gone)
        before, now = {one: None for one in self.swept()}, dict.fromkeys(swept)
        away = [(one.entity, one.value) for one in before if one not in now]
        connection.executemany("DELETE FROM swept WHERE entity = ? AND value = ?", away)
        connection.executemany(
            "INSERT INTO swept (value, entity, score, source) VALUES (?, ?, ?, ?)",
            [(one.value, one.entity, one.score, one.source) for one in now if one not in before],
        )
        upto = connection.execute("SELECT coalesce(max(id), 0) FROM known_rows").fetchone()[0]
        facts = {"rows_of": self._fingerprint, "rows_upto": str(upto)}
        connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(facts.items()))

    def _all(self, query: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        with self._store.lock, explained(self._store.path):
            return self._store.connection.execute(query, parameters).fetchall()
