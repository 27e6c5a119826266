"""Decisions without the screen: a policy file for `tunesmith review --policy`, or accepting everything.

    default: hide            # what happens to values that no line below names
    keep: [Berlin, /^@tunesmith/]   # values, or patterns between slashes
    hide: [Maya]
    types: {URL: keep}       # a whole type
    below: {PERSON: 0.4}     # keep values of this type whose best score is lower than that

Later wins over earlier in this order: default, types, below, keep, hide. Hiding always wins over keeping.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from engine.errors import SpecError, UsageError, from_os_error
from engine.privacy.findings import Action, ValueRow
from engine.privacy.store import FindingsStore
from engine.spec_text import parse_yaml_as

_PAGE = 2000


class Policy(BaseModel):
    """The content of a policy file."""

    model_config = ConfigDict(extra="forbid")

    default: Literal["hide", "keep"] = "hide"
    keep: list[str] = Field(default_factory=list)
    hide: list[str] = Field(default_factory=list)
    types: dict[str, Literal["hide", "keep"]] = Field(default_factory=dict)
    below: dict[str, Annotated[float, Field(ge=0.0, le=1.0)]] = Field(default_factory=dict)

    @field_validator("keep", "hide", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        """YAML reads `keep: [2024]` as a number; the person means the text."""
        if isinstance(value, list):
            return [str(item) if isinstance(item, int | float) else item for item in value]
        return value

    @field_validator("below", mode="before")
    @classmethod
    def _arrow(cls, value: object) -> object:
        """`0.4 -> keep` is accepted beside `0.4`; the arrow says nothing else."""
        if not isinstance(value, dict):
            return value
        return {key: _without_arrow(entry) for key, entry in value.items()}


def _without_arrow(entry: object) -> object:
    if isinstance(entry, str) and (found := re.fullmatch(r"\s*([\d.]+)\s*->\s*keep\s*", entry)):
        return float(found[1])
    return entry


def load_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        SpecError: Not YAML, an unknown key, or a pattern that is not valid; names file, line and key.
        UsageError: The file does not exist.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(f"{path.name} is not readable text.", str(path), "Save it as UTF-8.") from error
    except OSError as error:
        raise from_os_error(error, "reading the policy") from error
    policy = parse_yaml_as(Policy, text, path)
    for key, entries in (("keep", policy.keep), ("hide", policy.hide)):
        for entry in entries:
            try:
                _matcher(entry)
            except re.error as error:
                raise SpecError(
                    f"`{key}` holds a pattern that is not valid.", f"{path}: {entry}: {error}.", "Correct the pattern."
                ) from error
    return policy


def apply_policy(store: FindingsStore, policy: Policy, by: str = "policy") -> dict[str, int]:
    """Decide every value by the policy; a person's earlier decisions for other values and places stay.

    Args:
        store: The findings.
        policy: What to do.
        by: Who decides, for the record.

    Returns:
        How many values are hidden and kept by it: `{"hide": n, "keep": n}`.

    Raises:
        UsageError: The data was never scanned.
    """
    _must_be_scanned(store)
    hide, keep = [_matcher(text) for text in policy.hide], [_matcher(text) for text in policy.keep]
    chosen: dict[Action, list[int]] = {"hide": [], "keep": []}
    offset = 0
    while page := store.values(offset, _PAGE, order="count"):
        for row in page:
            if row.by != "person":
                chosen[_action(row, policy, hide, keep)].append(row.id)
        offset += len(page)
    for action, ids in chosen.items():
        if ids:
            store.decide_values(ids, action, by, f"{action} {len(ids)} values by the policy")
    return {action: len(ids) for action, ids in chosen.items()}


def accept_all(store: FindingsStore, by: str = "person") -> int:
    """Hide every value that nobody decided yet: what `review --accept-all` does.

    Returns:
        How many values were decided.
    """
    _must_be_scanned(store)
    ids: list[int] = []
    while page := store.values(len(ids), _PAGE, undecided_only=True):
        ids.extend(row.id for row in page)
    if ids:
        store.decide_values(ids, "hide", by, f"hide all {len(ids)} undecided values")
    return len(ids)


def _action(
    row: ValueRow, policy: Policy, hide: list[Callable[[str], bool]], keep: list[Callable[[str], bool]]
) -> Action:
    if any(matches(row.value) for matches in hide):
        return "hide"
    if any(matches(row.value) for matches in keep):
        return "keep"
    if row.score < policy.below.get(row.entity, 0.0):
        return "keep"
    return policy.types.get(row.entity, policy.default)


def _matcher(text: str) -> Callable[[str], bool]:
    """A test for one line of `keep` or `hide`: a value in any case of letters, or a pattern between slashes."""
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        pattern = re.compile(text[1:-1], re.IGNORECASE)
        return lambda value: pattern.search(value) is not None
    wanted = text.casefold().strip()
    return lambda value: value.casefold().strip() == wanted


def _must_be_scanned(store: FindingsStore) -> None:
    if not store.scanned():
        raise UsageError(
            "There is nothing to review yet.",
            f"{store.path} holds no finished scan.",
            "Run `tunesmith scan PROJECT` first.",
            code="not_scanned",
        )
