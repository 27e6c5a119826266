"""Whose consent the rows wait for that the redaction left out. Names are read from the findings and kept nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

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
        names = names_in_file(store, spec.redaction)
        firsts = first_names(names)
        for row in read_rows(data):
            if isinstance(row, RawRow) and row.line in lines:
                here = [(finding.entity, finding.value) for finding in store.findings(row.index)]
                counts.update(persons_in(names_among(here, spec.redaction), firsts) - consents)
    written = {person_key(name): " ".join(name.split()) for name in reversed(full_names(names))}
    return [Waiting(written[key], count) for key, count in counts.most_common()]


def names_among(found: Iterable[tuple[str, str]], redaction: RedactionSpec) -> list[str]:
    """The names of persons among findings, as (type, value).

    What the creator named themselves, as known values or by recognisers of their own, hides what the models say about
    the same place: there a name is told by its look.
    """
    own = {"KNOWN_VALUE", *(entity_of(one.name) for one in redaction.own)}
    return [
        value
        for entity, value in found
        if entity == "PERSON" or (entity in own and kind_of("KNOWN_VALUE", value) == "PERSON")
    ]


def names_in_file(store: FindingsStore, redaction: RedactionSpec) -> list[str]:
    """The names of all persons that were found."""
    rows = store.query("SELECT entity, value FROM vals WHERE count > 0 ORDER BY id")
    return names_among(((str(entity), str(value)) for entity, value in rows), redaction)
