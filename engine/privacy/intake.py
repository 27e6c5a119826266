"""Writing the findings of a scan into the store, so that the old ones stay until the new ones are complete.

The new findings gather in a side table, batch by batch. The last transaction swaps them in, carries the decisions
over to the values and places that still exist, and recounts. A kill at any moment leaves the old state or the new.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.privacy.counts import recount_all
from engine.privacy.edits import reapply
from engine.privacy.findings import NewFinding
from engine.privacy.rules import settle_rules
from engine.privacy.schema import transaction
from engine.privacy.store import FindingsStore


@dataclass
class Intake:
    """The findings of one scan on their way into `store`."""

    store: FindingsStore

    def begin(self) -> None:
        """Drop what an interrupted scan left in the side table."""
        with self.store.lock, transaction(self.store.connection, self.store.path) as connection:
            connection.execute("DROP TABLE IF EXISTS incoming")
            connection.execute(
                "CREATE TABLE incoming (id INTEGER PRIMARY KEY, row, field, start, end, entity, value, score,"
                " recogniser, before, match, after, role, text_hash)"
            )

    def add(self, findings: Iterable[NewFinding]) -> None:
        """Put a batch into the side table, in one transaction."""
        self.add_rows((finding.row, [columns_of(finding)]) for finding in findings)

    def add_rows(self, rows: Iterable[tuple[int, Iterable[Sequence[object]]]]) -> None:
        """The same for what `columns_of` says, each with the index of its row."""
        ready = [(row, *columns) for row, found in rows for columns in found]
        with self.store.lock, transaction(self.store.connection, self.store.path) as connection:
            connection.executemany(
                "INSERT INTO incoming (row, field, start, end, entity, value, score, recogniser, before, match, after,"
                " role, text_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                ready,
            )

    def finish(
        self,
        facts: Mapping[str, str],
        own: Iterable[NewFinding] = (),
        also: Callable[[sqlite3.Connection], None] | None = None,
    ) -> None:
        """Swap the new findings in, with the person's corrections and rules applied to them.

        Args:
            facts: Kept as the scan's `meta`.
            own: Places of what the person pointed at, of `engine.privacy.pointed.places`.
            also: Done in the same transaction.
        """
        with self.store.lock, transaction(self.store.connection, self.store.path) as connection:
            connection.execute("INSERT OR IGNORE INTO vals (entity, value) SELECT DISTINCT entity, value FROM incoming")
            _remember_places(connection)
            connection.execute("DELETE FROM findings")
            _move_in(connection)
            reapply(connection, own)
            connection.execute(
                "UPDATE findings SET decision = p.decision, decided_by = p.decided_by FROM old_places p"
                " WHERE p.value_id = findings.value_id AND p.text_hash = findings.text_hash"
                " AND p.field = findings.field AND p.start = findings.start AND p.end = findings.end"
            )
            connection.execute("DROP TABLE old_places")
            connection.execute("DROP TABLE incoming")
            recount_all(connection)
            settle_rules(connection)
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(facts.items()))
            if also is not None:
                also(connection)


def add_late(store: FindingsStore, findings: Iterable[NewFinding]) -> int:
    """Add findings that a second look found, beside those of the scan.

    Returns:
        How many were new.
    """
    rows = [(finding.row, *columns_of(finding)) for finding in findings]
    with store.lock, transaction(store.connection, store.path) as connection:
        connection.execute("DROP TABLE IF EXISTS incoming")
        connection.execute(
            "CREATE TABLE incoming (id INTEGER PRIMARY KEY, row, field, start, end, entity, value, score,"
            " recogniser, before, match, after, role, text_hash)"
        )
        connection.executemany(
            "INSERT INTO incoming (row, field, start, end, entity, value, score, recogniser, before, match, after,"
            " role, text_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        connection.execute(
            "DELETE FROM incoming WHERE EXISTS (SELECT 1 FROM findings f WHERE f.row = incoming.row"
            " AND f.field = incoming.field AND f.start = incoming.start AND f.end = incoming.end)"
        )
        connection.execute("INSERT OR IGNORE INTO vals (entity, value) SELECT DISTINCT entity, value FROM incoming")
        added = _move_in(connection)
        connection.execute("DROP TABLE incoming")
        recount_all(connection)
        settle_rules(connection)
    return added


def columns_of(finding: NewFinding) -> list[object]:
    """A finding without its row, as the store keeps it."""
    return [
        finding.field, finding.start, finding.end, finding.entity, finding.value, finding.score,
        finding.recogniser, finding.before, finding.match, finding.after, finding.role, finding.text_hash,
    ]  # fmt: skip


def _move_in(connection: sqlite3.Connection) -> int:
    return connection.execute(
        "INSERT INTO findings (value_id, row, field, start, end, score, recogniser, before, match, after, role,"
        " text_hash) SELECT v.id, i.row, i.field, i.start, i.end, i.score, i.recogniser, i.before, i.match, i.after,"
        " i.role, i.text_hash FROM incoming i JOIN vals v ON v.entity = i.entity AND v.value = i.value ORDER BY i.id"
    ).rowcount


def _remember_places(connection: sqlite3.Connection) -> None:
    """Decisions for single places follow the text they were made in, even when the row moved."""
    connection.execute("DROP TABLE IF EXISTS old_places")
    connection.execute(
        "CREATE TABLE old_places AS SELECT value_id, text_hash, field, start, end, decision, decided_by"
        " FROM findings WHERE decision IS NOT NULL"
    )
    connection.execute("CREATE INDEX old_places_key ON old_places (value_id, text_hash)")
