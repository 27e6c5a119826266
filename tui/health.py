"""The health of the data in words: the `health` and `content` parts of `data/check.json`, with the fixes of now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.spec import ProjectSpec

ADULT, BLOCKED = "adult", "blocked"
Standing = Literal["open", "fixed", "always", "none"]


@dataclass(frozen=True)
class Trouble:
    """One line of the health page.

    Args:
        key: Its name in the report.
        title: What is wrong with the rows.
        count: How many.
        standing: Nothing found, open, fixed by choice, or always left out.
        meaning: Why it matters, and what the fix does.
        places: Where, with a note each.
        fix: The word in `data.fixes`; empty where there is none to choose.
    """

    key: str
    title: str
    count: int
    standing: Standing
    meaning: str
    places: tuple[str, ...] = ()
    fix: str = ""


@dataclass(frozen=True)
class Health:
    """All lines, and a sentence about the whole."""

    troubles: tuple[Trouble, ...] = ()
    language: str = ""
    fixes: tuple[str, ...] = field(default=())

    @property
    def open_rows(self) -> int:
        """Rows of open troubles; a row with two of them counts twice."""
        return sum(trouble.count for trouble in self.troubles if trouble.standing == "open" and trouble.key != ADULT)

    def of(self, key: str) -> Trouble | None:
        """The line of a key."""
        return next((trouble for trouble in self.troubles if trouble.key == key), None)


def health_of(report: Mapping[str, Any], spec: ProjectSpec, name: str) -> Health:
    """The health page of a project.

    Args:
        report: The content of `check.json`.
        spec: Says which fixes and statements are made now.
        name: Of the data file, for the places.
    """
    part = report.get("health") or {}
    fixes = tuple(spec.data.fixes) if spec.data else ()
    troubles = [_trouble(issue, fixes, name) for issue in part.get("issues", [])]
    return Health((*troubles, *_content(report.get("content") or {}, spec, name)), str(part.get("language", "")), fixes)


def _trouble(issue: Mapping[str, Any], fixes: Sequence[str], name: str) -> Trouble:
    fix, count = str(issue.get("fix") or ""), int(issue.get("count", 0))
    together = issue.get("name") == "leakage" and "drop_near_duplicates" in fixes
    standing: Standing = "open" if count else "none"
    if not fix and count:
        standing = "always"
    elif fix in fixes or together:
        standing = "fixed"
    places = tuple(f"{name}:{place['line']}  {place['note']}" for place in issue.get("examples", []))
    return Trouble(str(issue["name"]), str(issue["title"]), count, standing, str(issue["meaning"]), places, fix)


def _content(content: Mapping[str, Any], spec: ProjectSpec, name: str) -> list[Trouble]:
    adult, rows = int(content.get("adult_rows", 0)), int(content.get("rows", 0))
    if not adult:
        return []
    statement = spec.content.statement
    stated = statement is not None and statement.rights and statement.adults
    meaning = f"{adult / max(1, rows):.1%} of the rows. Training asks once for your statement: the data is yours to use"
    meaning += " and everybody in it is an adult."
    if stated and statement is not None:
        meaning += f" You stated it on {statement.at:%Y-%m-%d}."
    troubles = [Trouble(ADULT, "with sexual content", adult, "fixed" if stated else "open", meaning)]
    blocked = content.get("blocked") or {}
    if count := int(blocked.get("count", 0)):
        places = tuple(f"{name}:{line}" for line in blocked.get("lines", []))
        why = "Sexual content with a sign of somebody under 18. Never trained on; nothing can override this."
        troubles.append(Trouble(BLOCKED, "blocked", count, "always", why, places))
    return troubles
