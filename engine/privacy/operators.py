"""What is written in place of a hidden value, by type, and what that means for the file. Light: no detector."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Literal

from engine.privacy.profiles import Profile
from engine.spec import Operator, RedactionSpec

Level = Literal["pseudonymous", "no_way_back_kept"]
_KEYED: frozenset[Operator] = frozenset({"surrogate", "hash", "aes"})


@dataclass(frozen=True)
class Operators:
    """The operator of each type, how far pseudonyms reach, and the fate of the table that links old to new."""

    default: Operator
    by_type: dict[str, Operator] = field(default_factory=dict)
    scope: Literal["file", "row"] = "file"
    table: Literal["delete", "encrypt"] = "delete"

    def of(self, entity: str) -> Operator:
        """The operator of a type."""
        return self.by_type.get(entity, self.default)

    @property
    def used(self) -> set[Operator]:
        """Every operator that may be applied."""
        return {self.default, *self.by_type.values()}

    @property
    def needs_key(self) -> bool:
        """Whether the project's key takes part."""
        return bool(self.used & _KEYED) or self.table == "encrypt"

    def fingerprint(self) -> str:
        """Changes whenever the same findings would be written otherwise."""
        content = [self.default, sorted(self.by_type.items()), self.scope, self.table]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def operators_of(redaction: RedactionSpec, profile: Profile) -> Operators:
    """The project's choice where it made one, else the profile's, else surrogates."""
    return Operators(
        default=redaction.operator or profile.operator,
        by_type={**profile.operators, **redaction.operators},
        scope=redaction.scope,
        table=redaction.table,
    )


def meaning(operators: Operators, key_kept: bool) -> tuple[Level, str]:
    """Whether something that leads back is kept on this side, and the words for it.

    After EDPB Guidelines 01/2025: while a table or a key exists the result is pseudonymised personal data. We never
    call a file anonymous: that depends on what its texts say and on who has the original.
    """
    kept = []
    if operators.table == "encrypt":
        kept.append("an encrypted table that links old to new")
    if key_kept and operators.needs_key:
        kept.append("the project's key")
    rest = "Texts can still tell who somebody is, and whoever has the original can compare."
    if kept:
        verb = "exist" if len(kept) > 1 else "exists"
        return "pseudonymous", f"Pseudonymous: {' and '.join(kept)} {verb} on this machine. {rest}"
    return "no_way_back_kept", f"No table and no key that lead back are kept. {rest}"
