"""Corrections of what was found: another type, other ends, and findings of the person's own.

A correction is kept as what it says ("this text is a place, not a person"), not as the rows it changed, so that the
next scan applies it again. Beside it stand the rows as they were, so that undo gives exactly those back.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import UsageError
from engine.privacy import journal
from engine.privacy.counts import recount
from engine.privacy.findings import NewFinding, masked
from engine.privacy.schema import transaction
from engine.privacy.texts import CONTEXT, MATCH_SHOWN

if TYPE_CHECKING:
    from engine.privacy.store import FindingsStore

OWN = "You"
"""The recogniser of findings that the person pointed at."""
_STATE = "f.id, v.entity, v.value, f.start, f.end, f.before, f.match, f.after"
_State = tuple[int, str, str, int, int, str, str, str]


@dataclass(frozen=True)
class Change:
    """What a correction did: which value it leads to, and in how many places."""

    value_id: int
    value: str
    places: int


@dataclass(frozen=True)
class Ends:
    """Other ends for a finding: characters to take in (or, when negative, to give up) at either side."""

    left: int
    right: int
    value: str
    """The text between the new ends."""


def retype(store: FindingsStore, value_id: int, entity: str) -> Change:
    """Say that a value is of another type, wherever it occurs.

    Raises:
        UsageError: The value is no longer there.
    """
    with store.lock, transaction(store.connection, store.path) as connection:
        old = _value(connection, value_id)
        content = {"entity": old[0], "value": old[1], "becomes": entity}
        log_id = journal.write(connection, "person", "retype", f"{masked(old[1], old[0])} is {entity}")
        changed = _start(connection, log_id, "retype", content) if entity != old[0] else 0
        if not changed:
            journal.settle(connection, log_id, 0, "")
            return Change(value_id, old[1], 0)
        new = _value_id(connection, entity, old[1])
        _carry_decision(connection, log_id, value_id, new)
        recount(connection, (value_id, new))
        return Change(new, old[1], changed)


def ends_of(before: str, value: str, after: str, left: int, right: int) -> Ends | None:
    """The finding with its ends moved; None where nothing is left of it or the text known around it ends."""
    whole, at = before + value + after, len(before)
    start, end = at - left, at + len(value) + right
    if start < 0 or end > len(whole) or start >= end or not any(letter.isalnum() for letter in whole[start:end]):
        return None
    return Ends(left, right, whole[start:end])


def alike(store: FindingsStore, value_id: int, ends: Ends) -> int:
    """How many places of a value have the same text between the new ends."""
    rows = store.query(f"SELECT {_STATE} FROM findings f JOIN vals v ON v.id = f.value_id WHERE v.id = ?", (value_id,))
    return sum(1 for row in rows if _moved(row, ends) is not None)


def move_ends(store: FindingsStore, value_id: int, ends: Ends) -> Change:
    """Move the ends of a value in every place that has the same text between the new ones.

    Raises:
        UsageError: The value is no longer there.
    """
    with store.lock, transaction(store.connection, store.path) as connection:
        entity, value = _value(connection, value_id)
        content = {"entity": entity, "value": value, "left": ends.left, "right": ends.right, "becomes": ends.value}
        words = f"{masked(value, entity)} ends as {masked(ends.value, entity)}"
        log_id = journal.write(connection, "person", "ends", words)
        changed = _start(connection, log_id, "ends", content)
        if not changed:
            journal.settle(connection, log_id, 0, "")
            return Change(value_id, value, 0)
        new = _value_id(connection, entity, ends.value)
        _carry_decision(connection, log_id, value_id, new)
        recount(connection, (value_id, new))
        return Change(new, ends.value, changed)


def add_own(store: FindingsStore, value: str, entity: str, found: Iterable[NewFinding]) -> Change:
    """Keep a finding that the person pointed at, in all its places; it is hidden by their decision.

    Args:
        store: The findings.
        value: What they marked.
        entity: Its type.
        found: Its places, of `engine.privacy.pointed.places`.
    """
    with store.lock, transaction(store.connection, store.path) as connection:
        words = f"find {masked(value, entity)}"
        log_id = journal.write(connection, "person", "own", words)
        content = json.dumps({"value": value, "entity": entity})
        connection.execute("INSERT INTO edits VALUES (?, 'own', ?)", (log_id, content))
        added, ids = _insert(connection, log_id, found)
        if not added:
            connection.execute("DELETE FROM edits WHERE log_id = ?", (log_id,))
            journal.settle(connection, log_id, 0, "")
            return Change(0, value, 0)
        for value_id in ids:
            connection.execute(
                "INSERT INTO log_values SELECT ?, id, decision, decided_by FROM vals WHERE id = ?", (log_id, value_id)
            )
            connection.execute("UPDATE vals SET decision = 'hide', decided_by = 'person' WHERE id = ?", (value_id,))
        recount(connection, ids, other_places=True)
        chosen = connection.execute(
            "SELECT id FROM vals WHERE entity = ? AND value = ? AND count > 0", (entity, value)
        ).fetchone()
        return Change(int(chosen[0]) if chosen else ids[0], value, added)


def own_values(store: FindingsStore) -> list[tuple[str, str]]:
    """(value, type) of everything the person pointed at and did not take back."""
    rows = store.query(f"SELECT content {_ACTIVE} AND kind = 'own' ORDER BY log_id")
    contents = [json.loads(str(row[0])) for row in rows]
    return [(str(content["value"]), str(content["entity"])) for content in contents]


def reapply(connection: sqlite3.Connection, own: Iterable[NewFinding] = ()) -> None:
    """Apply all corrections to the findings of a new scan, in the order they were made; counts are made after it."""
    connection.execute("DELETE FROM log_findings")
    connection.execute("DELETE FROM log_added")
    _insert(connection, None, own)
    rows = connection.execute(f"SELECT log_id, kind, content {_ACTIVE} AND kind != 'own' ORDER BY log_id").fetchall()
    for log_id, kind, content in rows:
        _apply(connection, int(log_id), str(kind), json.loads(content))


def take_back(connection: sqlite3.Connection, log_id: int) -> None:
    """Give the findings back that an entry of the log changed, and take those away that it added."""
    touched = {
        int(row[0])
        for row in connection.execute(
            "SELECT DISTINCT f.value_id FROM log_findings l JOIN findings f ON f.id = l.finding_id WHERE l.log_id = ?",
            (log_id,),
        )
    }
    query = "SELECT DISTINCT entity, value FROM log_findings WHERE log_id = ?"
    for entity, value in connection.execute(query, (log_id,)).fetchall():
        touched.add(_value_id(connection, entity, value))
    connection.execute(
        "UPDATE findings SET value_id = v.id, start = l.start, end = l.end, before = l.before, match = l.match,"
        " after = l.after FROM log_findings l JOIN vals v ON v.entity = l.entity AND v.value = l.value"
        " WHERE l.log_id = ? AND findings.id = l.finding_id",
        (log_id,),
    )
    own = _take_own_back(connection, log_id)
    for table in ("log_findings", "log_added"):
        connection.execute(f"DELETE FROM {table} WHERE log_id = ?", (log_id,))
    if touched | own:
        recount(connection, touched | own, other_places=bool(own))


def fingerprint(store: FindingsStore) -> list[tuple[Any, ...]]:
    """What of the corrections changes the redacted file; empty where there are none."""
    return store.query(f"SELECT kind, content {_ACTIVE} ORDER BY log_id")


_ACTIVE = "FROM edits JOIN log ON log.id = edits.log_id WHERE log.undone = 0"


def _take_own_back(connection: sqlite3.Connection, log_id: int) -> set[int]:
    own = connection.execute("SELECT content FROM edits WHERE log_id = ? AND kind = 'own'", (log_id,)).fetchone()
    if own is None:
        return set()
    added = connection.execute(
        "SELECT f.id, f.value_id FROM log_added l JOIN findings f ON f.id = l.finding_id WHERE l.log_id = ?", (log_id,)
    ).fetchall()
    if not added:
        # A scan ran since: its places are known by the recogniser. It may stand where another finding was, so the
        # gate asks for a scan again.
        value = str(json.loads(own[0])["value"])
        added = connection.execute(
            "SELECT f.id, f.value_id FROM findings f JOIN vals v ON v.id = f.value_id"
            " WHERE f.recogniser = ? AND lower(v.value) = lower(?)",
            (OWN, value),
        ).fetchall()
        connection.execute("UPDATE meta SET value = 'own findings taken back' WHERE key = 'known'")
    connection.executemany("DELETE FROM findings WHERE id = ?", [(row[0],) for row in added])
    return {int(row[1]) for row in added}


def _start(connection: sqlite3.Connection, log_id: int, kind: str, content: dict[str, Any]) -> int:
    changed = _apply(connection, log_id, kind, content)
    if changed:
        connection.execute("INSERT INTO edits VALUES (?, ?, ?)", (log_id, kind, json.dumps(content)))
    return changed


def _apply(connection: sqlite3.Connection, log_id: int, kind: str, content: dict[str, Any]) -> int:
    """Change the findings a correction speaks of, and keep them as they were; says how many."""
    of_value = "FROM findings f JOIN vals v ON v.id = f.value_id WHERE v.entity = ? AND v.value = ?"
    value = content["entity"], content["value"]
    if kind == "retype":
        new = _value_id(connection, content["becomes"], content["value"])
        connection.execute(f"INSERT INTO log_findings SELECT ?, {_STATE} {of_value}", (log_id, *value))
        return connection.execute(
            "UPDATE findings SET value_id = ? WHERE value_id = (SELECT id FROM vals WHERE entity = ? AND value = ?)",
            (new, *value),
        ).rowcount
    rows: list[_State] = connection.execute(f"SELECT {_STATE} {of_value}", value).fetchall()
    ends = Ends(content["left"], content["right"], content["becomes"])
    new = _value_id(connection, content["entity"], ends.value)
    changes = [(row, (new, *moved)) for row in rows if (moved := _moved(row, ends)) is not None]
    connection.executemany(
        "INSERT INTO log_findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [(log_id, *row) for row, _ in changes]
    )
    connection.executemany(
        "UPDATE findings SET value_id = ?, start = ?, end = ?, before = ?, match = ?, after = ? WHERE id = ?",
        [(*state, row[0]) for row, state in changes],
    )
    return len(changes)


def _moved(row: tuple[Any, ...], ends: Ends) -> tuple[int, int, str, str, str] | None:
    """Start, end, before, match and after of a place with the new ends; None where the text there is another."""
    _, _, value, start, end, before, _, after = row
    whole, at = before + value + after, len(before)
    first, last = at - ends.left, at + len(value) + ends.right
    if first < 0 or last > len(whole) or whole[first:last] != ends.value:
        return None
    outside = whole[:first][-CONTEXT:], whole[last:][:CONTEXT]
    return start - ends.left, end + ends.right, outside[0], ends.value[:MATCH_SHOWN], outside[1]


def _insert(connection: sqlite3.Connection, log_id: int | None, found: Iterable[NewFinding]) -> tuple[int, list[int]]:
    """Add places that no finding covers yet; gives how many, and of which values."""
    ids: dict[int, None] = {}
    added = 0
    for one in _uncovered(connection, found):
        value_id = _value_id(connection, one.entity, one.value)
        finding = connection.execute(
            "INSERT INTO findings (value_id, row, field, start, end, score, recogniser, before, match, after, role,"
            " text_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (value_id, one.row, one.field, one.start, one.end, one.score, one.recogniser, one.before, one.match,
             one.after, one.role, one.text_hash),
        ).lastrowid  # fmt: skip
        if log_id is not None:
            connection.execute("INSERT INTO log_added VALUES (?, ?)", (log_id, finding))
        ids[value_id] = None
        added += 1
    return added, list(ids)


def _uncovered(connection: sqlite3.Connection, found: Iterable[NewFinding]) -> Iterator[NewFinding]:
    for one in found:
        covered = connection.execute(
            "SELECT 1 FROM findings WHERE row = ? AND field = ? AND start <= ? AND end >= ? LIMIT 1",
            (one.row, one.field, one.start, one.end),
        ).fetchone()
        if covered is None:
            yield one


def _value(connection: sqlite3.Connection, value_id: int) -> tuple[str, str]:
    found = connection.execute("SELECT entity, value FROM vals WHERE id = ? AND count > 0", (value_id,)).fetchone()
    if found is None:
        raise UsageError(
            "That value is no longer there.", "The data was scanned again meanwhile.", "Look at the list again."
        )
    return str(found[0]), str(found[1])


def _value_id(connection: sqlite3.Connection, entity: str, value: str) -> int:
    connection.execute("INSERT OR IGNORE INTO vals (entity, value) VALUES (?, ?)", (entity, value))
    found = connection.execute("SELECT id FROM vals WHERE entity = ? AND value = ?", (entity, value)).fetchone()
    return int(found[0])


def _carry_decision(connection: sqlite3.Connection, log_id: int, old: int, new: int) -> None:
    """What a person decided about a value stays decided when it gets another type or other ends.

    Where nobody decided, the correction decides: who says what a thing is looked at it, and wants it hidden as that.
    """
    decided = connection.execute(
        "SELECT decision, decided_by FROM vals WHERE id = ? AND decided_by IN ('person', 'policy')", (old,)
    ).fetchone() or ("hide", "person")
    connection.execute(
        "INSERT INTO log_values SELECT ?, id, decision, decided_by FROM vals WHERE id = ? AND decision IS NULL",
        (log_id, new),
    )
    connection.execute(
        "UPDATE vals SET decision = ?, decided_by = ? WHERE id = ? AND decision IS NULL", (*decided, new)
    )
