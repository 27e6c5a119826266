"""Whose consent the rows wait for that the redaction left out. Names are read from the findings and kept nowhere."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.actions import read_json
from engine.data.read import read_rows
from engine.data.rows import RawRow
from engine.privacy.content import consents_of, first_names, full_names, person_key, persons_in
from engine.privacy.gate import data_path
from engine.privacy.own import entity_of
from engine.privacy.store import FindingsStore
from engine.privacy.surrogate.surrogates import kind_of
from engine.project import Project
from engine.spec import ProjectSpec, RedactionSpec


@dataclass(frozen=True)
class Waiting:
    """A person, as their name is written in the file, and how many rows wait for their consent."""

    name: str
    rows: int


def waiting_for(project: Project, spec: ProjectSpec) -> list[Waiting]:
    """The persons whose consent is missing, the one with most rows first; of the first 1,000 rows that wait.

    Raises:
        DataError, ProjectError, UsageError: The data, the findings or the proof cannot be read.
    """
    content = read_json(project.proof_file).get("content")
    waiting = content.get("needs_consent", {}).get("lines", []) if isinstance(content, dict) else []
    if spec.data is None or not waiting:
        return []
    data = spec.data.model_copy(update={"path": str(data_path(project, spec.data.path))})
    lines, consents = set(waiting), consents_of(spec.content)
    counts: Counter[str] = Counter()
    with FindingsStore(project.findings_file) as store:
        names, corrected = names_in_file(store, spec.redaction), names_before_edits(store, spec.redaction)
        firsts = first_names(names)
        for row in read_rows(data):
            if isinstance(row, RawRow) and row.line in lines:
                here = [(finding.entity, finding.value) for finding in store.findings(row.index)]
                counts.update(persons_in(names_among(here, spec.redaction, corrected), firsts) - consents)
    written = {person_key(name): " ".join(name.split()) for name in reversed(full_names(names))}
    return [Waiting(written[key], count) for key, count in counts.most_common()]


def names_among(
    found: Iterable[tuple[str, str]], redaction: RedactionSpec, corrected: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    """The names of persons among findings, as (type, value).

    What the creator named themselves, as known values or by recognisers of their own, hides what the models say about
    the same place: there a name is told by its look.

    Args:
        found: The findings.
        redaction: The creator's own recognisers.
        corrected: Of `names_before_edits`: another type or other ends make nobody consent.
    """
    own = _own_types(redaction)
    named: list[str] = []
    for entity, value in found:
        if value in corrected:
            named.append(corrected[value])
        if _is_person(entity, value, own):
            named.append(value)
    return named


def names_before_edits(store: FindingsStore, redaction: RedactionSpec) -> dict[str, str]:
    """The names whose type or ends were changed in the review: the value as it is now, and the name it was."""
    own, names = _own_types(redaction), dict[str, str]()
    rows = store.query(
        "SELECT e.kind, e.content FROM edits e JOIN log ON log.id = e.log_id"
        " WHERE log.undone = 0 AND e.kind IN ('retype', 'ends') ORDER BY e.log_id"
    )
    for kind, content in rows:
        change = json.loads(str(content))
        old = str(change["value"])
        if old in names or _is_person(str(change["entity"]), old, own):
            names[old if kind == "retype" else str(change["becomes"])] = names.get(old, old)
    return names


def names_in_file(store: FindingsStore, redaction: RedactionSpec) -> list[str]:
    """The names of all persons that were found."""
    rows = store.query("SELECT entity, value FROM vals WHERE count > 0 ORDER BY id")
    corrected = names_before_edits(store, redaction)
    return names_among(((str(entity), str(value)) for entity, value in rows), redaction, corrected)


def _own_types(redaction: RedactionSpec) -> set[str]:
    return {"KNOWN_VALUE", *(entity_of(one.name) for one in redaction.own)}


def _is_person(entity: str, value: str, own: Container[str]) -> bool:
    return entity == "PERSON" or (entity in own and kind_of("KNOWN_VALUE", value) == "PERSON")
