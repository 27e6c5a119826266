"""Findings and decisions: what the review screen, the policy and the redaction read and write.

The unit is the distinct value with its type. A decision for one place beats the decision for its value, and what
nobody decided is hidden. Every decision is logged with what was there before, so undo has no limit. All lists are
paged, and each finding carries its own context, so that a screen never opens the dataset.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from engine.errors import UsageError
from engine.privacy import edits, journal, rules
from engine.privacy.findings import (
    SOFT_ENTITIES,
    Action,
    Finding,
    Place,
    Summary,
    ValueRow,
    masked,
)
from engine.privacy.schema import connect, explained, in_parts, transaction

Order = Literal["risk", "count", "value"]

_ORDERS: dict[str, str] = {"risk": "risk DESC, id", "count": "count DESC, id", "value": "value COLLATE NOCASE, id"}
_KEYS: dict[str, str] = {"risk": "risk", "count": "count", "value": "value"}
_BEFORE: dict[str, tuple[str, str]] = {
    "risk": ("risk > one.k", "risk = one.k AND id < one.i"),
    "count": ("count > one.k", "count = one.k AND id < one.i"),
    "value": ("value < one.k COLLATE NOCASE", "value = one.k COLLATE NOCASE AND id < one.i"),
}
"""What comes before a value, in two parts: with OR between them no index can be used."""
_FINDING = """
SELECT f.id, f.value_id, f.row, f.field, f.start, f.end, v.entity, v.value, f.score, f.recogniser,
       f.decision, f.decided_by, v.decision, v.decided_by
FROM findings f JOIN vals v ON v.id = f.value_id
"""
_LONGEST_BESIDE = 200
"""Characters of another finding that may begin before a context and reach into it."""


class FindingsStore:
    """One findings file. Safe to use from several threads; several processes may open the same file.

    Args:
        path: Made when it does not exist, readable by the owner only.

    Raises:
        ProjectError: The file cannot be opened or is not a findings file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.connection = connect(path)

    def close(self) -> None:
        """Close the file; what was decided is on disk already."""
        with self.lock:
            self.connection.close()

    def __enter__(self) -> FindingsStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- reading ------------------------------------------------------------------------------------------------

    def meta(self, key: str) -> str | None:
        """A fact about the scan (`source_sha256`, `version`, `scan_id`, ...); None before the first scan."""
        found = self._one("SELECT value FROM meta WHERE key = ?", (key,))
        return None if found is None else str(found[0])

    def scanned(self) -> bool:
        """Whether a scan has finished on this file."""
        return self.meta("scan_id") is not None

    def summary(self) -> Summary:
        """Totals; counted once per scan, so that this takes no time however large the file is."""
        totals = json.loads(self.meta("totals") or "{}")
        return Summary(
            findings=int(totals.get("findings", 0)),
            values=int(totals.get("values", 0)),
            rows_with_findings=int(totals.get("rows_with_findings", 0)),
            decided_values=self.count_values() - self.count_values(undecided_only=True),
            by_entity={str(key): int(count) for key, count in totals.get("by_entity", {}).items()},
        )

    def data_version(self) -> int:
        """Another number once anybody but this connection wrote to the file; in WAL mode its date does not tell."""
        found = self._one("PRAGMA data_version")
        return int(found[0]) if found else 0

    def values(
        self, offset: int, limit: int, order: Order = "risk", undecided_only: bool = False, search: str = ""
    ) -> list[ValueRow]:
        """A page of distinct values.

        Args:
            offset: How many to skip.
            limit: How many to give at most.
            order: `risk` (what needs a look first), `count` (most frequent first) or `value` (alphabet).
            undecided_only: Leave out what was decided.
            search: Only values or types that contain this text, in any case of letters. Secrets are searched too.
        """
        where, parameters = _where(undecided_only, search)
        rows = self._all(
            "SELECT id, value, entity, count, max_score, decision, decided_by, differs FROM vals"
            f" WHERE {where} ORDER BY {_ORDERS[order]} LIMIT ? OFFSET ?",
            (*parameters, limit, offset),
        )
        return [_value_row(row) for row in rows]

    def count_values(self, undecided_only: bool = False, search: str = "") -> int:
        """How many values a list with these filters has."""
        where, parameters = _where(undecided_only, search)
        # Left alone, SQLite takes the index by count and looks every value up: four times as long.
        index = " INDEXED BY vals_undecided" if undecided_only and not search else ""
        found = self._one(f"SELECT count(*) FROM vals{index} WHERE {where}", parameters)
        return int(found[0]) if found else 0

    def position(self, value_id: int, order: Order = "risk", undecided_only: bool = False, search: str = "") -> int:
        """The place of a value in a list with these filters; 0 when it is not in it."""
        where, parameters = _where(undecided_only, search)
        before = 0
        for condition in _BEFORE[order]:
            found = self._one(
                f"SELECT count(*) FROM vals, (SELECT id AS i, {_KEYS[order]} AS k FROM vals WHERE id = ?) one"
                f" WHERE {where} AND {condition}",
                (value_id, *parameters),
            )
            before += int(found[0]) if found else 0
        return before

    def value(self, value_id: int) -> ValueRow | None:
        """One value, or None when it is no longer there."""
        row = self._one(
            "SELECT id, value, entity, count, max_score, decision, decided_by, differs FROM vals WHERE id = ?",
            (value_id,),
        )
        return _value_row(row) if row else None

    def disagreement(self, value_id: int) -> tuple[list[str], float, float]:
        """Why the places of a value differ: other types that its text is found as, and its least and best score."""
        types = self._all(
            "SELECT o.entity FROM vals v JOIN vals o ON lower(o.value) = lower(v.value) WHERE v.id = ?"
            " AND o.count > 0 AND o.entity != v.entity ORDER BY o.count DESC",
            (value_id,),
        )
        scores = self._one("SELECT min_score, max_score FROM vals WHERE id = ?", (value_id,)) or (0.0, 0.0)
        return [str(row[0]) for row in types], float(scores[0]), float(scores[1])

    def places(self, value_id: int, offset: int = 0, limit: int = 3) -> list[Place]:
        """A page of the places of one value, in the order of the file, each with its context."""
        rows = self._all(
            "SELECT f.id, f.row, f.field, f.start, f.end, f.before, f.match, f.after, f.decision, f.decided_by,"
            " v.decision, f.role, f.score, f.recogniser FROM findings f JOIN vals v ON v.id = f.value_id"
            " WHERE f.value_id = ? ORDER BY f.id LIMIT ? OFFSET ?",
            (value_id, limit, offset),
        )
        return [replace(place, beside=self._beside(place)) for place in map(_place, rows)]

    def _beside(self, place: Place) -> tuple[tuple[int, int, str], ...]:
        """What else is hidden in the context of a place; of what begins long before it only a part is in sight."""
        first, last = place.start - len(place.context_before), place.end + len(place.context_after)
        found = self._all(
            "SELECT f.start, f.end, v.entity FROM findings f JOIN vals v ON v.id = f.value_id"
            " WHERE f.row = ? AND f.field = ? AND f.start BETWEEN ? AND ? AND f.id != ?"
            " AND coalesce(f.decision, v.decision, 'hide') = 'hide'",
            (place.row, place.field, first - _LONGEST_BESIDE, last, place.id),
        )
        return tuple((start, end, entity) for start, end, entity in found if end > first)

    def findings(self, row: int | None = None) -> Iterator[Finding]:
        """All findings (or those of one row) in the order of the file, read in pages."""
        if row is not None:
            query = _FINDING + " WHERE f.row = ? ORDER BY f.field, f.start, f.id"
            yield from (Finding(*found) for found in self._all(query, (row,)))
            return
        last: tuple[Any, ...] = (-1, "", -1, -1)
        while True:
            page = self._all(
                _FINDING + " WHERE (f.row, f.field, f.start, f.id) > (?, ?, ?, ?)"
                " ORDER BY f.row, f.field, f.start, f.id LIMIT 5000",
                last,
            )
            yield from (Finding(*found) for found in page)
            if len(page) < 5000:
                return
            last = (page[-1][2], page[-1][3], page[-1][4], page[-1][0])

    def query(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of any reading query, for the redaction and reports."""
        return self._all(query, parameters)

    def effective(self, finding: Finding | Place) -> Action:
        """What happens at a place: its own decision, else that of its value, else hide."""
        return finding.effective if isinstance(finding, Place) else finding.action

    def last_entry(self) -> str | None:
        """In words, what `undo` would take back; None where there is nothing."""
        with self.lock, explained(self.path):
            entry = journal.last(self.connection)
        return None if entry is None else entry[2]

    def counts_by_decider(self) -> dict[str, int]:
        """Findings by who decided about them: `person`, `policy`, `rule`, and `default` for nobody."""
        rows = self._all(
            "SELECT CASE WHEN f.decision IS NOT NULL THEN f.decided_by WHEN v.decision IS NOT NULL THEN v.decided_by"
            " ELSE 'default' END AS who, count(*) FROM findings f JOIN vals v ON v.id = f.value_id GROUP BY who"
        )
        return {str(who): int(count) for who, count in sorted(rows)}

    def fingerprint(self) -> str:
        """Changes when the outcome of a redaction would change: another scan, or another set of things kept.

        Hiding what would be hidden anyway changes nothing.
        """
        digest = hashlib.sha256((self.meta("scan_id") or "").encode())
        kept = self._all("SELECT entity, value FROM vals WHERE count > 0 AND decision = 'keep' ORDER BY entity, value")
        places = self._all(
            "SELECT v.entity, v.value, f.text_hash, f.field, f.start, f.end, f.row FROM findings f"
            " JOIN vals v ON v.id = f.value_id"
            " WHERE f.decision IS NOT NULL AND f.decision != coalesce(v.decision, 'hide') ORDER BY 1, 2, 7, 4, 5, 6"
        )
        digest.update(json.dumps([kept, places], ensure_ascii=True).encode())
        if corrections := edits.fingerprint(self):
            digest.update(json.dumps(corrections).encode())
        return digest.hexdigest()[:32]

    # -- deciding -----------------------------------------------------------------------------------------------

    def decide_values(self, ids: Sequence[int], action: Action, by: str, description: str = "") -> int:
        """Hide or keep values wherever they occur; one entry in the log, undone as one.

        Returns:
            How many values have another decision now than before.
        """
        _check(action)
        changed = 0
        with self._writing() as connection:
            log_id = journal.write(connection, by, action, description)
            for chunk in in_parts(list(ids)):
                marks = ",".join("?" * len(chunk))
                changed += connection.execute(
                    "INSERT INTO log_values SELECT ?, id, decision, decided_by FROM vals"
                    f" WHERE id IN ({marks}) AND (decision IS NOT ? OR decided_by IS NOT ?)",
                    (log_id, *chunk, action, by),
                ).rowcount
                connection.execute(
                    f"UPDATE vals SET decision = ?, decided_by = ? WHERE id IN ({marks})", (action, by, *chunk)
                )
                # What a rule about a field kept in some places follows the person's word from now on.
                places = f"FROM findings WHERE value_id IN ({marks}) AND decision IS NOT NULL AND decided_by = 'rule'"
                freed = connection.execute(
                    "INSERT INTO log_places SELECT ?, value_id, text_hash, field, row, start, end, decision, decided_by"
                    f" {places}",
                    (log_id, *chunk),
                ).rowcount
                if freed:
                    connection.execute(
                        f"UPDATE findings SET decision = NULL, decided_by = NULL WHERE id IN (SELECT id {places})",
                        chunk,
                    )
                changed += freed
            journal.settle(connection, log_id, changed, description or self._describe(connection, ids, action))
        return changed

    def decide_place(self, place_id: int, action: Action, by: str) -> None:
        """Hide or keep one place only, whatever the value's decision is."""
        _check(action)
        with self._writing() as connection:
            found = connection.execute(
                "SELECT f.value_id, f.text_hash, f.field, f.row, f.start, f.end, f.decision, f.decided_by, v.value,"
                " v.entity FROM findings f JOIN vals v ON v.id = f.value_id WHERE f.id = ?",
                (place_id,),
            ).fetchone()
            if found is None:
                raise UsageError(
                    "That place is no longer there.", "The data was scanned again meanwhile.", "Look at the list again."
                )
            words = f"{action} {masked(found[8], found[9])} in row {found[3] + 1:,} only"
            log_id = journal.write(connection, by, action, words)
            connection.execute("INSERT INTO log_places VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (log_id, *found[:8]))
            connection.execute("UPDATE findings SET decision = ?, decided_by = ? WHERE id = ?", (action, by, place_id))

    def undo(self) -> str | None:
        """Take the last thing back that was decided or corrected. Call it as often as there are such things.

        Returns:
            What was undone, in words; None when there is nothing left.
        """
        with self._writing() as connection:
            entry = journal.last(connection)
            if entry is None:
                return None
            log_id, action, description = entry
            connection.execute("UPDATE log SET undone = 1 WHERE id = ?", (log_id,))
            connection.execute(
                "UPDATE findings SET decision = l.old_action, decided_by = l.old_by FROM log_places l"
                " WHERE l.log_id = ? AND l.value_id = findings.value_id AND l.text_hash = findings.text_hash"
                " AND l.field = findings.field AND l.start = findings.start AND l.end = findings.end"
                " AND l.row = findings.row",
                (log_id,),
            )
            edits.take_back(connection, log_id)
            connection.execute(
                "UPDATE vals SET decision = l.old_action, decided_by = l.old_by FROM log_values l"
                " WHERE l.log_id = ? AND l.value_id = vals.id",
                (log_id,),
            )
            connection.execute(
                "UPDATE blind_sample SET verdict = l.old FROM log_sample l WHERE l.log_id = ?"
                " AND l.draw = blind_sample.draw AND l.position = blind_sample.position",
                (log_id,),
            )
            if action == "rule":
                rules.take_back(connection, log_id)
            return description

    # -- inside -------------------------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self.lock, transaction(self.connection, self.path) as connection:
            yield connection

    def _all(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self.lock, explained(self.path):
            return self.connection.execute(query, parameters).fetchall()

    def _one(self, query: str, parameters: Sequence[object] = ()) -> tuple[Any, ...] | None:
        with self.lock, explained(self.path):
            found: tuple[Any, ...] | None = self.connection.execute(query, parameters).fetchone()
            return found

    @staticmethod
    def _describe(connection: sqlite3.Connection, ids: Sequence[int], action: str) -> str:
        if len(ids) != 1:
            return f"{action} {len(ids)} values"
        found = connection.execute("SELECT value, entity FROM vals WHERE id = ?", (ids[0],)).fetchone()
        return f"{action} {masked(*found)}" if found else action


def _where(undecided_only: bool, search: str) -> tuple[str, tuple[str, ...]]:
    where = "count > 0"
    if undecided_only:
        where += " AND decision IS NULL"
    if not search:
        return where, ()
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return where + " AND (value LIKE ? ESCAPE '\\' OR entity LIKE ? ESCAPE '\\')", (f"%{escaped}%",) * 2


def _value_row(row: Sequence[Any]) -> ValueRow:
    identity, value, entity, count, score, decision, by, differs = row
    return ValueRow(
        id=int(identity),
        value=str(value),
        shown=masked(str(value), str(entity)),
        entity=str(entity),
        count=int(count),
        score=float(score),
        decision="keep" if decision == "keep" else "hide" if decision == "hide" else None,
        by=None if by is None else str(by),
        differs=bool(differs),
        soft=entity in SOFT_ENTITIES,
    )


def _place(row: Sequence[Any]) -> Place:
    identity, line, field, start, end, before, match, after, decision, by, of_value, role, score, recogniser = row
    return Place(
        id=int(identity),
        row=int(line),
        field=str(field),
        start=int(start),
        end=int(end),
        context_before=str(before),
        match=str(match),
        context_after=str(after),
        decision=decision,
        by=by,
        effective=decision or of_value or "hide",
        role=str(role),
        score=float(score),
        recogniser=str(recogniser),
    )


def _check(action: str) -> None:
    if action not in ("hide", "keep"):
        raise UsageError("A decision is `hide` or `keep`.", f"It says {action!r}.", "")
