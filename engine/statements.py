"""What the creator states about the data, recorded with its date in the project and in its trail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from engine.audit import append, must_be_writable
from engine.privacy.content import person_key
from engine.project import Project
from engine.spec import ConsentSpec, ProjectSpec, StatementSpec


def state_content(
    project: Project, *, rights: bool = False, adults: bool = False, consents: Iterable[str] = ()
) -> ProjectSpec:
    """Record what the creator states about the data, with the date, in the project and in its trail.

    Args:
        project: The project.
        rights: The data is theirs to use, and those in it agreed.
        adults: Everybody who appears in anything sexual is an adult.
        consents: Persons who agreed that rows about their intimate life are trained on.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    persons = [name for person in consents if (name := " ".join(person.split()))]
    named: dict[str, str] = {}
    for name in persons:
        named.setdefault(person_key(name), name)

    def apply(spec: ProjectSpec) -> ProjectSpec:
        content = spec.content.model_copy(deep=True)
        if rights or adults:
            before = content.statement or StatementSpec(at=now, rights=False, adults=False)
            content.statement = StatementSpec(at=now, rights=rights or before.rights, adults=adults or before.adults)
        known = {person_key(consent.person) for consent in content.consents}
        content.consents = [
            *content.consents,
            *(ConsentSpec(person=name, at=now) for key, name in named.items() if key not in known),
        ]
        return spec.model_copy(update={"content": content})

    # The trail first: a statement that counts must be on record, whatever happens in between.
    append(project, "stated", {"rights": rights, "adults": adults, "consents": len(persons)})
    return project.update(apply)


def withdraw_consent(project: Project, persons: Iterable[str]) -> ProjectSpec:
    """Take recorded consents back; rows that rely on them need another redaction."""
    gone, withdrawn = set(map(person_key, persons)), 0
    must_be_writable(project)

    def apply(spec: ProjectSpec) -> ProjectSpec:
        nonlocal withdrawn
        kept = [consent for consent in spec.content.consents if person_key(consent.person) not in gone]
        withdrawn = len(spec.content.consents) - len(kept)
        return spec.model_copy(update={"content": spec.content.model_copy(update={"consents": kept})})

    spec = project.update(apply)
    append(project, "consent_withdrawn", {"persons": withdrawn})
    return spec
