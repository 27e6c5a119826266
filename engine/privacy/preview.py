"""What a hidden value becomes, before anything is written: for the review. Light; no dataset is opened."""

from __future__ import annotations

import re

from engine.privacy.findings import masked
from engine.privacy.keys import key_name, load_or_make_key
from engine.privacy.operators import operators_of
from engine.privacy.profiles import load_profile
from engine.privacy.replacer import Replacer
from engine.privacy.replacing import names_found
from engine.privacy.store import FindingsStore
from engine.privacy.vocabulary import Vocabulary
from engine.spec import ProjectSpec

_PEOPLE = 200
_BITS = 1 << 20
_MOST_NAMES, _MOST_VALUES = 500, 5_000
"""In a file with more, only the names that share a word with the value are looked at: it must not take long."""


class Preview:
    """Says what values become; everybody in the file has a surrogate already, as the redaction will name them.

    Args:
        spec: The project: its operators and its key.

    Raises:
        SpecError: No such profile.
    """

    def __init__(self, spec: ProjectSpec) -> None:
        self._spec = spec
        self._operators = operators_of(spec.redaction, load_profile(spec.redaction.profile))
        self._known: tuple[object, Replacer] | None = None

    def of(self, value: str, entity: str, store: FindingsStore | None = None) -> str:
        """What stands for a value after redaction: `Nora Sandberg`, `<PERSON_n>`, `xxxx 00`.

        The redaction draws another surrogate where this one is a word of the data that nothing found, and with
        `scope: row` in every row; so say "such as". The first call reads the name lists (80 ms) and names everybody
        (0.4 ms each); the others take a millisecond.

        Args:
            value: As it was found.
            entity: Its type.
            store: Where given, names are linked to the whole names found in the file.

        Raises:
            ProjectError: The project's key cannot be made or read.
        """
        operator = self._operators.of(entity)
        if operator == "drop_row":
            return "nothing: the row is left out"
        if operator == "placeholder":
            return f"<{entity}_n>"
        new = self._replacer(value, store if operator == "surrogate" else None).of(entity, value)
        if re.fullmatch(rf"<{re.escape(entity)}_\d+>", new):
            return f"<{entity}_n>"
        return masked(new, entity)

    def _replacer(self, value: str, store: FindingsStore | None) -> Replacer:
        key = load_or_make_key(key_name(self._spec))
        if store is None:
            return Replacer(self._operators, key)
        names = store.query("SELECT count(*) FROM vals WHERE count > 0 AND entity IN ('PERSON', 'KNOWN_VALUE')")[0][0]
        if names > _MOST_NAMES:
            return Replacer(self._operators, key, names=_names_like(store, value))
        stamp = (key, store.meta("scan_id"), names, store.query("SELECT count(*) FROM edits")[0][0])
        if self._known is None or self._known[0] != stamp:
            found = tuple(names_found(store))
            words = Vocabulary(_BITS)
            for (other,) in store.query("SELECT value FROM vals WHERE count > 0 LIMIT ?", (_MOST_VALUES,)):
                words.add(str(other))
            self._known = (
                stamp,
                Replacer(self._operators, key, occurs=words.holds, hidden=frozenset(found), names=found),
            )
        replacer = self._known[1]
        replacer.begin_row(b"", 0, ())
        return replacer


def preview_replacement(spec: ProjectSpec, value: str, entity: str, store: FindingsStore | None = None) -> str:
    """What stands for one value after redaction; see `Preview.of`."""
    return Preview(spec).of(value, entity, store)


def _names_like(store: FindingsStore, value: str) -> tuple[str, ...]:
    """Whole names that share a word with the value."""
    found: dict[str, None] = {}
    for word in [part for part in value.replace("@", " ").replace(".", " ").split() if len(part) > 2][:4]:
        like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        rows = store.query(
            "SELECT value FROM vals WHERE count > 0 AND entity = 'PERSON' AND value LIKE ? ESCAPE '\\' LIMIT ?",
            (like, _PEOPLE),
        )
        found.update((str(row[0]), None) for row in rows)
    return tuple(found)
