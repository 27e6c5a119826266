"""What a redaction needs besides the findings: the operators, the project's key, and what the original says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.data.leaves import all_fields
from engine.data.read import read_rows
from engine.data.rows import RawRow
from engine.errors import UsageError
from engine.jobs.context import JobContext
from engine.privacy.innerjson import without_escapes
from engine.privacy.keys import forget_key, key_name, load_or_make_key, subkey
from engine.privacy.operators import Operators, meaning, operators_of
from engine.privacy.profiles import load_profile
from engine.privacy.replacer import Replacer
from engine.privacy.store import FindingsStore
from engine.privacy.table import write_table
from engine.privacy.vocabulary import Vocabulary
from engine.project import Project
from engine.spec import DataSpec, ProjectSpec

TABLE = "replacements.table"
"""In the project's `privacy` folder."""


@dataclass(frozen=True)
class Replacing:
    """How hidden values are replaced in one redaction."""

    operators: Operators
    name: str
    """Of the key."""
    key: bytes
    forget: bool
    vocabulary: Vocabulary

    def replacer(self, store: FindingsStore) -> Replacer:
        """A fresh one for a pass over the data, with everybody who was found by now.

        Also with those whose names are kept: nobody's surrogate changes because another name is kept.
        """
        rows = store.query("SELECT value FROM vals WHERE count > 0 AND coalesce(decision, 'hide') = 'hide' ORDER BY id")
        return Replacer(
            self.operators,
            self.key,
            taken=frozenset((store.meta("taken") or "").split()),
            occurs=self.vocabulary.holds,
            hidden=frozenset(str(row[0]) for row in rows),
            names=tuple(names_found(store)),
        )

    def settle(self, project: Project, replacer: Replacer) -> dict[str, Any]:
        """Keep or delete the table, forget the key where that was asked, and say what it means.

        Raises:
            DiskFullError, ProjectError: The table cannot be written.
        """
        path = table_file(project)
        if self.operators.table == "encrypt":
            pairs = write_table(path, replacer.pairs, subkey(self.key, "table")[:32])
        else:
            path.unlink(missing_ok=True)
            pairs = 0
        if self.forget:
            forget_key(self.name)
        level, words = meaning(self.operators, key_kept=not self.forget)
        return {
            "operator": self.operators.default,
            "operators": self.operators.by_type,
            "scope": self.operators.scope,
            "table": f"encrypted, {pairs} pairs" if self.operators.table == "encrypt" else "not kept",
            "level": level,
            "meaning": words,
        }


def names_found(store: FindingsStore) -> list[str]:
    """All names of persons that were found, and the creator's known values."""
    rows = store.query("SELECT value FROM vals WHERE count > 0 AND entity IN ('PERSON', 'KNOWN_VALUE') ORDER BY id")
    return [str(row[0]) for row in rows]


def table_file(project: Project) -> Path:
    """Where the encrypted table of a project lies when it is kept."""
    return project.findings_file.with_name(TABLE)


def prepare_replacing(ctx: JobContext, spec: ProjectSpec, data: DataSpec) -> Replacing:
    """Settle the operators, get the key, and learn the words of the original.

    Raises:
        UsageError: The key is to be forgotten, and something that only it can read is to be kept.
        ProjectError: The key cannot be read or made.
    """
    operators = operators_of(spec.redaction, load_profile(spec.redaction.profile))
    forget = bool(ctx.spec.get("forget_key"))
    if forget and ("aes" in operators.used or operators.table == "encrypt"):
        raise UsageError(
            "The key cannot be forgotten.",
            "Values or the table are encrypted with it; without it they are lost.",
            "Choose another operator and `table: delete` first.",
        )
    name = key_name(spec)
    vocabulary = Vocabulary()
    if "surrogate" in operators.used:
        ctx.phase("words", "learning which words occur, so that no made-up value is one of them")
        for number, row in enumerate(read_rows(data)):
            if number % 256 == 0:
                ctx.check_stop()
            if isinstance(row, RawRow):
                for _, text in all_fields(row.record):
                    vocabulary.add(without_escapes(text))
    return Replacing(operators, name, load_or_make_key(name), forget, vocabulary)
