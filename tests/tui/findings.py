"""Findings for the tests of the privacy pages: a project with a small file of chats, scanned, by the real API."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from engine.files import sha256_of
from engine.privacy.findings import NewFinding
from engine.privacy.intake import Intake
from engine.privacy.profiles import known_fingerprint
from engine.privacy.store import FindingsStore
from engine.project import Project, create_project
from engine.spec import DataSpec, ModelSpec, ProjectSpec, StepName
from engine.steps import take_step

CHATS: tuple[tuple[str, str], ...] = (
    ("hey Maya Lindqvist your set last night was unreal, is it still 80 for the custom one?", "thanks, yes it is"),
    ("are you Maya Lindqvist from Uppsala or is that another one?", "that is me, May is quiet so ask away"),
    ("write me at fan@example.org, I am on @maya.after.dark too", "done, my password is Tulip63 by the way"),
    ("call me at +46 70 174 06 31 when you are in Uppsala", "I will, May told me you live at 14 Rosewood Ct"),
    ("see you in May then, Maya Lindqvist", "see you, greetings from Maya Lindqvist"),
    ("my card is 4111 1111 1111 1111 if you need it", "never send that, and Maya Lindqvist never asks for it"),
)
VALUES: tuple[tuple[str, str, float], ...] = (
    ("Maya Lindqvist", "PERSON", 0.98),
    ("Uppsala", "LOCATION", 0.64),
    ("fan@example.org", "EMAIL_ADDRESS", 1.0),
    ("@maya.after.dark", "USERNAME", 0.99),
    ("Tulip63", "SECRET", 0.99),
    ("+46 70 174 06 31", "PHONE_NUMBER", 0.97),
    ("14 Rosewood Ct", "ADDRESS", 0.71),
    ("4111 1111 1111 1111", "CREDIT_CARD", 1.0),
)


def findings() -> Iterable[NewFinding]:
    """Every place of `VALUES` in `CHATS`, and May: surely a person in one row, hardly in the others."""
    for row, texts in enumerate(CHATS):
        for turn, text in enumerate(texts):
            for value, entity, score in (*VALUES, ("May", "PERSON", 0.42)):
                start = text.find(value)
                while start >= 0:
                    end = start + len(value)
                    if value != "May" or text[end : end + 1] == " ":
                        sure = 0.85 if value == "May" and "told" in text else score
                        yield place(row, turn, text, start, end, entity, sure)
                    start = text.find(value, end)


def place(row: int, turn: int, text: str, start: int, end: int, entity: str, score: float) -> NewFinding:
    return NewFinding(
        row=row,
        field=f"messages.{turn}.content",
        start=start,
        end=end,
        entity=entity,
        value=text[start:end],
        score=score,
        recogniser="test",
        before=text[max(0, start - 60) : start],
        match=text[start:end],
        after=text[end : end + 60],
        role="assistant" if turn % 2 else "user",
        text_hash=hashlib.sha256(text.encode()).hexdigest(),
    )


def private_project(root: Path, *, scanned: bool = True) -> Project:
    """A project that stands at the privacy step."""
    project, _ = create_project(root, "my-voice")
    data = root / "chats.jsonl"
    lines = [
        json.dumps({"messages": [{"role": "user", "content": ask}, {"role": "assistant", "content": answer}]})
        for ask, answer in CHATS
    ]
    data.write_text("\n".join(lines) + "\n")

    def walk(spec: ProjectSpec) -> ProjectSpec:
        spec = spec.model_copy(
            update={
                "model": ModelSpec(source="demo", kind="folder", path=str(root)),
                "data": DataSpec(path=str(data), sha256=sha256_of(data)),
            }
        )
        steps: tuple[StepName, ...] = ("model", "data")
        for step in steps:
            spec = take_step(step, spec)
        return spec

    project.update(walk)
    if scanned:
        scan(project, findings())
    return project


def scan(project: Project, found: Iterable[NewFinding]) -> None:
    """Put findings into the store as a scan does."""
    spec = project.load()
    assert spec.data is not None
    with FindingsStore(project.findings_file) as store:
        intake = Intake(store)
        intake.begin()
        intake.add(found)
        source, known = sha256_of(Path(spec.data.path)), known_fingerprint(spec.redaction.known_values)
        intake.finish({"source_sha256": source, "profile": spec.redaction.profile, "known": known, "scan_id": "test"})
