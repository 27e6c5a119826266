"""What the review asks of the findings beyond single pages: totals by type, and all values of one type.

Apart from the store because only the bulk decision needs it. Reads only; light (SQLite).
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.privacy.store import FindingsStore


@dataclass(frozen=True)
class TypeTotals:
    """How the values of one type stand. Counts are of distinct values; `places` is of findings."""

    entity: str
    undecided: int
    hidden: int
    kept: int
    places: int

    @property
    def values(self) -> int:
        """All distinct values of the type."""
        return self.undecided + self.hidden + self.kept


def type_totals(store: FindingsStore) -> list[TypeTotals]:
    """Every type that occurs, the one with most undecided values first.

    Raises:
        ProjectError: The findings cannot be read.
    """
    rows = store.query(
        "SELECT entity, sum(decision IS NULL), sum(decision IS 'hide'), sum(decision IS 'keep'), sum(count)"
        " FROM vals WHERE count > 0 GROUP BY entity ORDER BY 2 DESC, entity"
    )
    return [TypeTotals(str(row[0]), *(int(str(number)) for number in row[1:])) for row in rows]


def ids_of_type(store: FindingsStore, entity: str, *, undecided_only: bool = False) -> list[int]:
    """The ids of all values of one type, for `decide_values`.

    Raises:
        ProjectError: The findings cannot be read.
    """
    query = "SELECT id FROM vals WHERE count > 0 AND entity = ?"
    if undecided_only:
        query += " AND decision IS NULL"
    return [int(str(row[0])) for row in store.query(query + " ORDER BY id", (entity,))]
