"""What a hidden value becomes, before anything is written: for the review. Light; no dataset is opened."""

from __future__ import annotations

from engine.privacy.findings import masked
from engine.privacy.keys import key_name, load_or_make_key
from engine.privacy.operators import operators_of
from engine.privacy.profiles import load_profile
from engine.privacy.replacer import Replacer
from engine.privacy.store import FindingsStore
from engine.spec import ProjectSpec

_PEOPLE = 200


def preview_replacement(spec: ProjectSpec, value: str, entity: str, store: FindingsStore | None = None) -> str:
    """What stands for a value after redaction: `Nora Sandberg`, `<PERSON_n>`, `xxxx 00`.

    The redaction draws another surrogate where this one occurs in the data or is taken by somebody else, and with
    `scope: row` in every row; so say "such as". About 15 ms; the first call also reads the name lists (80 ms).

    Args:
        spec: The project: its operators and its key.
        value: As it was found.
        entity: Its type.
        store: Where given, lone names are linked to the whole names found in the file.

    Raises:
        ProjectError: The project's key cannot be made or read.
        SpecError: No such profile.
    """
    operators = operators_of(spec.redaction, load_profile(spec.redaction.profile))
    operator = operators.of(entity)
    if operator == "drop_row":
        return "nothing: the row is left out"
    if operator == "placeholder":
        return f"<{entity}_n>"
    names = _names_like(store, value) if store and operator == "surrogate" else ()
    replacer = Replacer(operators, load_or_make_key(key_name(spec)), names=names)
    new = replacer.of(entity, value)
    if new == f"<{entity}_1>":
        return f"<{entity}_n>"
    return masked(new, entity)


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
