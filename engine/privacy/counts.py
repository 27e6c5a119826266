"""Counts, scores, risk and totals of the values, after a scan for all of them and after a correction for a few."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from engine.privacy.findings import CERTAIN_ENTITIES, SOFT_ENTITIES

_DIFFERENT_SCORES = 0.35
"""Scores of one value that lie further apart than this mean that its contexts disagree."""
CERTAIN_SCORE = 0.99
"""From this score on a type that a checksum makes certain is decided by rule."""
_SOFT = ",".join(f"'{entity}'" for entity in sorted(SOFT_ENTITIES))
_CERTAIN = ",".join(f"'{entity}'" for entity in sorted(CERTAIN_ENTITIES))
# What must be hidden comes before what may be; the unsure before the sure; texts with two meanings before others.
# Of what is as sure, one type stands together: who decides about thirty dates in a row is quicker than who switches.
_TYPE = "(26 - instr('ABCDEFGHIJKLMNOPQRSTUVWXYZ', substr(entity, 1, 1)))"
_RISK = f"(entity NOT IN ({_SOFT})) + 0.6 * round(1 - max_score, 2) + 0.3 * differs + 0.0002 * {_TYPE}"


def recount_all(connection: sqlite3.Connection) -> None:
    """Everything, and what is decided by rule because its form is certain."""
    # Only what changes is written: after a scan of a file that was hardly edited that is next to nothing.
    connection.execute(
        "UPDATE vals SET count = 0 WHERE count != 0 AND NOT EXISTS (SELECT 1 FROM findings WHERE value_id = vals.id)"
    )
    connection.execute(
        "UPDATE vals SET count = c.n, max_score = c.high, min_score = c.low FROM (SELECT value_id, count(*) AS n,"
        " max(score) AS high, min(score) AS low FROM findings GROUP BY value_id) c WHERE c.value_id = vals.id"
        " AND (count, max_score, min_score) IS NOT (c.n, c.high, c.low)"
    )
    connection.execute("DELETE FROM vals WHERE count = 0 AND (decision IS NULL OR decided_by = 'rule')")
    differs = (
        "(count > 0 AND (max_score - min_score >= ? OR lower(value) IN"
        " (SELECT lower(value) FROM vals WHERE count > 0 GROUP BY lower(value) HAVING count(DISTINCT entity) > 1)))"
    )
    connection.execute(f"UPDATE vals SET differs = NOT differs WHERE differs != {differs}", (_DIFFERENT_SCORES,))
    connection.execute(f"UPDATE vals SET risk = {_RISK} WHERE count > 0 AND risk IS NOT {_RISK}")
    connection.execute(
        "UPDATE vals SET decision = 'hide', decided_by = 'rule' WHERE count > 0 AND decision IS NULL"
        f" AND entity IN ({_CERTAIN}) AND max_score >= {CERTAIN_SCORE}"
    )
    _write_totals(connection)


def recount(connection: sqlite3.Connection, ids: Iterable[int], *, other_places: bool = False) -> None:
    """A few values after a correction; all others are as they were.

    Args:
        connection: Inside a transaction.
        ids: The values.
        other_places: Whether places were added or taken away, so that the totals of places must be counted anew.
    """
    wanted = sorted(set(ids))
    before = _counts(connection, wanted)
    for value_id in wanted:
        connection.execute(
            "UPDATE vals SET (count, max_score, min_score) = (SELECT count(*), coalesce(max(score), 0),"
            " coalesce(min(score), 0) FROM findings WHERE value_id = vals.id) WHERE id = ?",
            (value_id,),
        )
    after = _counts(connection, wanted)
    for text in {text for _, text, _ in after}:
        types = connection.execute(
            "SELECT count(DISTINCT entity) FROM vals WHERE count > 0 AND lower(value) = ?", (text,)
        ).fetchone()[0]
        connection.execute(
            "UPDATE vals SET differs = (? OR max_score - min_score >= ?) WHERE count > 0 AND lower(value) = ?",
            (types > 1, _DIFFERENT_SCORES, text),
        )
        connection.execute(f"UPDATE vals SET risk = {_RISK} WHERE count > 0 AND lower(value) = ?", (text,))
    if other_places:
        _write_totals(connection)
    else:
        _move_totals(connection, before, after)


_Counts = list[tuple[str, str, int]]


def _counts(connection: sqlite3.Connection, ids: list[int]) -> _Counts:
    marks = ",".join("?" * len(ids))
    return connection.execute(f"SELECT entity, lower(value), count FROM vals WHERE id IN ({marks})", ids).fetchall()


def _move_totals(connection: sqlite3.Connection, before: _Counts, after: _Counts) -> None:
    """Places went from some values to others: the totals without counting the whole file."""
    found = connection.execute("SELECT value FROM meta WHERE key = 'totals'").fetchone()
    content = json.loads(found[0]) if found else {}
    types: dict[str, int] = dict(content.get("by_entity") or {})
    for sign, counts in ((-1, before), (1, after)):
        for entity, _, count in counts:
            types[entity] = types.get(entity, 0) + sign * count
            content["values"] = content.get("values", 0) + sign * (count > 0)
    content["by_entity"] = dict(sorted(((k, n) for k, n in types.items() if n > 0), key=lambda item: -item[1]))
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('totals', ?)", (json.dumps(content),))


def _write_totals(connection: sqlite3.Connection) -> None:
    totals = connection.execute("SELECT count(*), count(DISTINCT row) FROM findings").fetchone()
    by_entity = connection.execute(
        "SELECT entity, sum(count) FROM vals WHERE count > 0 GROUP BY entity ORDER BY 2 DESC"
    )
    content = {
        "findings": totals[0],
        "rows_with_findings": totals[1],
        "by_entity": dict(by_entity.fetchall()),
        "values": connection.execute("SELECT count(*) FROM vals WHERE count > 0").fetchone()[0],
    }
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('totals', ?)", (json.dumps(content),))
