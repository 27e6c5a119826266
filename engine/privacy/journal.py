"""The log of what was decided: an entry for each thing a person did, so that undo has no limit."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime


def write(connection: sqlite3.Connection, by: str, action: str, description: str) -> int:
    """Add an entry; call it inside a transaction.

    Returns:
        Its id; what was there before is kept under it.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    row = (now, by, action, description)
    cursor = connection.execute("INSERT INTO log (at, by, action, description) VALUES (?, ?, ?, ?)", row)
    return int(cursor.lastrowid or 0)


def settle(connection: sqlite3.Connection, log_id: int, changed: int, description: str) -> None:
    """Keep the entry if something changed; an undo that does nothing would confuse."""
    if changed:
        connection.execute("UPDATE log SET description = ? WHERE id = ?", (description, log_id))
    else:
        connection.execute("DELETE FROM log WHERE id = ?", (log_id,))


def last(connection: sqlite3.Connection) -> tuple[int, str, str] | None:
    """(id, action, description) of the newest entry that was not taken back."""
    found = connection.execute(
        "SELECT id, action, description FROM log WHERE undone = 0 ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return None if found is None else (int(found[0]), str(found[1]), str(found[2]))
