"""The plain records that go into and come out of the findings store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal["hide", "keep"]

SECRET_ENTITIES = frozenset({"SECRET"})
"""Types whose values are masked in every list: showing a password on a shared screen is a leak too."""

CERTAIN_ENTITIES = frozenset({"CREDIT_CARD", "IBAN_CODE", "EMAIL_ADDRESS", "KNOWN_VALUE"})
"""Types that a checksum or the creator's own word makes certain at full score; these are decided by rule."""

SOFT_ENTITIES = frozenset({"LOCATION", "ORGANIZATION", "DATE_TIME", "NRP", "URL", "AGE", "TITLE"})
"""Types that point at a person only together with others. Hidden by default all the same, but listed last."""


@dataclass(frozen=True)
class NewFinding:
    """One place in the dataset, as the scan found it. Offsets are Unicode characters of the field's text."""

    row: int
    field: str
    start: int
    end: int
    entity: str
    value: str
    score: float
    recogniser: str
    before: str
    match: str
    after: str
    role: str
    text_hash: str


@dataclass(frozen=True)
class Finding:
    """One place in the dataset with what was decided about it."""

    id: int
    value_id: int
    row: int
    field: str
    start: int
    end: int
    entity: str
    value: str
    score: float
    recogniser: str
    place_decision: Action | None
    place_by: str | None
    value_decision: Action | None
    value_by: str | None

    @property
    def action(self) -> Action:
        """What happens: the decision for this place, else for the value, else hide."""
        return self.place_decision or self.value_decision or "hide"

    @property
    def by(self) -> str:
        """Who decided: `person`, `policy`, `rule`, or `default` where nobody did."""
        if self.place_decision:
            return self.place_by or "person"
        if self.value_decision:
            return self.value_by or "person"
        return "default"


@dataclass(frozen=True)
class Summary:
    """Numbers for the head of the review."""

    findings: int
    values: int
    rows_with_findings: int
    decided_values: int
    by_entity: dict[str, int]


@dataclass(frozen=True)
class ValueRow:
    """One distinct value: the unit of the review.

    `value` is the full text (search and tooltips), `shown` is what a list may show: secrets are masked in it.
    `differs` means that the same text is found with another type, or with very different scores elsewhere.
    """

    id: int
    value: str
    shown: str
    entity: str
    count: int
    score: float
    decision: Action | None
    by: str | None
    differs: bool
    soft: bool


@dataclass(frozen=True)
class Place:
    """One place of a value, with the text around it."""

    id: int
    row: int
    field: str
    start: int
    end: int
    context_before: str
    match: str
    context_after: str
    decision: Action | None
    """The decision for this place alone; None where the value's decision counts."""
    by: str | None
    effective: Action
    role: str
    score: float
    recogniser: str
    beside: tuple[tuple[int, int, str], ...] = ()
    """Where else in the text around it something is hidden: begin and end, in characters of the field, and type."""


def masked(value: str, entity: str) -> str:
    """The value as a list may show it: secrets keep their first two characters only."""
    one_line = " ".join(value.split())
    if entity not in SECRET_ENTITIES:
        return one_line
    return one_line[:2] + "·" * min(max(len(one_line) - 2, 3), 12)
