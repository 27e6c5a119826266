"""The content gate: no training on blocked rows, and none on sexual content without the creator's statements.

Ordinary data needs no statement and never meets this gate. What the proof says is believed only as the redaction wrote
it: the trail of the project knows it by its hash. The training itself believes no file and judges every row again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine import audit
from engine.actions import read_json
from engine.data.read import read_rows
from engine.data.rows import RawRow
from engine.errors import RefusedError
from engine.files import atomic_write
from engine.privacy.content import ContentTally, consents_of, load_rules, person_mark
from engine.privacy.rowtext import row_text
from engine.project import Project
from engine.spec import ProjectSpec


def check_content(project: Project, spec: ProjectSpec, *, every_row: bool = False) -> None:
    """Pass, or say why training is refused and which command mends it. Ask the privacy gate first.

    Args:
        project: The project.
        spec: Its settings.
        every_row: Judge the rows themselves, whatever was written down about them.

    Raises:
        RefusedError: A blocked row is in the redacted file; a consent was withdrawn that rows in it rely on; there is
            sexual content and the creator's statement is missing; or the proof was changed by hand. Exit code 3.
        DataError, UsageError: The redacted file or a report of it cannot be read.
    """
    facts = _facts_of_redacted(project, spec, every_row=every_row)
    blocked = facts["blocked"]["count"]
    if blocked:
        lines = ", ".join(f"{line:,}" for line in facts["blocked"]["lines"][:5])
        raise RefusedError(
            "The redacted file holds rows that nobody may train on.",
            f"Sexual content together with a sign of somebody under 18; lines {lines}. Nothing can override this.",
            f"Run `tunesmith redact {project.root}`: it leaves such rows out.",
            code="blocked_rows",
        )
    if missing := set(facts["relied"]) - set(map(person_mark, consents_of(spec.content))):
        raise RefusedError(
            "A consent is no longer recorded that rows in the redacted file rely on.",
            f"{len(missing)} of the persons in rows with sexual content.",
            f"Run `tunesmith redact {project.root}`: it leaves their rows out.",
            code="consent_withdrawn",
        )
    statement = spec.content.statement
    if facts["adult_kept"] and not (statement and statement.rights and statement.adults):
        raise RefusedError(
            "Your data holds sexual content, and your statement about it is missing.",
            f"{facts['adult_kept']:,} of {facts['rows']:,} rows. Once, you state that the data is yours to use and that"
            " everybody in it is an adult; it is kept in the project with its date.",
            f"If both are true, run `tunesmith state {project.root} --rights --adults`, or say so in the wizard: h on"
            " the data page.",
            code="statement_missing",
        )


def content_seal(facts: Mapping[str, Any]) -> str:
    """The hash by which the trail knows what the redaction said of the content."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _facts_of_redacted(project: Project, spec: ProjectSpec, *, every_row: bool) -> dict[str, Any]:
    """What the redacted file holds by the rules of now: from its proof, else by reading it once.

    A row that the redaction left out is not in the file, so the proof's own count of blocked rows is none of it.
    """
    version, sha256 = load_rules().fingerprint, spec.redaction.sha256
    proof = read_json(project.proof_file)
    told, made = proof.get("content"), proof.get("redacted")
    if isinstance(told, dict) and isinstance(made, dict) and made.get("sha256") == sha256:
        sealed = _refuse_changed(project, sha256, told)
        if told.get("version") == version and sealed and not every_row:
            return {**told, "blocked": {"count": 0, "lines": []}}
        relied = list(told.get("relied", []))
    else:
        relied = []
    if every_row:
        return {**_read_through(project, spec), "relied": relied}
    cache = project.proof_file.with_name("content.json")
    known = read_json(cache)
    if known.get("version") != version or known.get("sha256") != sha256:
        known = {**_read_through(project, spec), "relied": relied, "sha256": sha256}
        atomic_write(cache, json.dumps(known), "saving the content check")
    return known


def _refuse_changed(project: Project, sha256: str | None, told: dict[str, Any]) -> bool:
    """Whether the trail knows the redacted file; of one that an older version made it says nothing of the content.

    Raises:
        RefusedError: The proof is not the one that the redaction wrote.
    """
    made = [entry.details for entry in audit.entries(project) if entry.action == "redacted"]
    seals = [details.get("content") for details in made if details.get("sha256") == sha256]
    if not seals:
        return False
    if seals[-1] is not None and seals[-1] != content_seal(told):
        raise RefusedError(
            "The proof of the redaction was changed by hand.",
            f"{project.proof_file}: what it says of the content is not what the redaction wrote.",
            f"Run `tunesmith redact {project.root}`: it writes the proof anew.",
            code="proof_changed",
        )
    return True


def _read_through(project: Project, spec: ProjectSpec) -> dict[str, Any]:
    assert spec.data is not None
    assert spec.redaction.path is not None
    data = spec.data.model_copy(update={"path": str(project.root / Path(spec.redaction.path))})
    tally = ContentTally()
    for row in read_rows(data):
        if isinstance(row, RawRow):
            tally.take(row.line, row_text(row.record))
    return tally.as_dict()
