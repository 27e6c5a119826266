"""Scan, redact and the gate on real detectors: once, in a process without a network, then looked at from all sides."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from engine.errors import PrivacyRefusedError, StoppedError
from engine.jobs.events import FinishedEvent, parse_line
from engine.jobs.folder import JobFolder, JobRecord
from engine.machine import hostname
from engine.privacy.detect import Detector
from engine.privacy.gate import check_privacy
from engine.privacy.profiles import load_profile, load_profiles
from engine.privacy.recognisers.table import recogniser_names
from engine.privacy.store import FindingsStore
from engine.project import Project, create_project
from engine.spec import DataSpec
from engine.steps import step_statuses
from tests.projects import run_here

NAME, HANDLE, MAIL = "Tabitha Crane", "@tabby_crane", "tabitha.crane@example.com"
PASSWORD, STREET, PHONE, CARD = "Marzipan!Badger42", "14 Rosewood Court", "+44 7700 900345", "4111 1111 1111 1111"
TOWN = "Norrköping"


def chat(user: str, assistant: str, number: int) -> dict[str, Any]:
    turns = [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    return {"id": number, "messages": turns, "score": 0.5, "tags": ["a", None]}


ROWS = [
    chat(f"hi, this is {NAME}, my handle is {HANDLE}", f"Welcome, {NAME}! Nice to meet you.", 0),
    chat("how long do you draw?", "Three hours, and then I sleep. 😀 e\u0301", 1),
    chat(f"the password is {PASSWORD} and my mail is {MAIL}", "Thanks, change it soon.", 2),
    chat(f"please send it to {STREET}, phone {PHONE}", "On its way on Monday.", 3),
    chat(f"card {CARD}", "I never take cards in a chat.", 4),
    chat("tabitha crane wrote me", f"And {TOWN.lower()} is far away.", 5),
    chat("how long do you draw?", "Three hours, and then I sleep. 😀 e\u0301", 1),
]


def write_rows(path: Path) -> Path:
    lines = [json.dumps(row, ensure_ascii=False) for row in ROWS]
    lines.insert(3, '{"messages": [{"role": "user", "con')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def without_network() -> list[str]:
    """The command that cuts a child off from every network, where this machine lets us."""
    command = ["unshare", "--map-root-user", "--net"]
    try:
        works = subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        works = False
    return command if works else []


def run(project: Project, kind: str, spec: dict[str, Any] | None = None) -> FinishedEvent:
    """Run a job as the launcher does; its runner forbids sockets, and the kernel forbids the network."""
    folder = JobFolder(project.jobs_folder / f"{kind}-{time.monotonic_ns()}")
    folder.root.mkdir(parents=True)
    record = JobRecord(
        id=folder.id, kind=kind, project=str(project.root), spec={"force": True, **(spec or {})}, created=time.time(),
        host=hostname(),
    )  # fmt: skip
    folder.write(record)
    command = [*without_network(), sys.executable, "-W", "error::ResourceWarning", "-m", "engine.jobs.runner"]
    done = subprocess.run([*command, str(folder.root)], capture_output=True, text=True, check=False)
    last = parse_line(folder.events_file.read_text().splitlines()[-1])
    assert isinstance(last, FinishedEvent), f"{last}\n{done.stderr[-3000:]}"
    assert "publicsuffix" not in done.stderr
    return last


@pytest.fixture(scope="session")
def redacted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that was scanned and redacted."""
    folder = tmp_path_factory.mktemp("privacy")
    project, _ = create_project(folder / "project")
    data = write_rows(folder / "chats.jsonl")

    def choose(spec: Any) -> Any:
        redaction = spec.redaction.model_copy(update={"known_values": [TOWN], "operator": "placeholder"})
        return spec.model_copy(update={"data": DataSpec(path=str(data)), "redaction": redaction})

    project.update(choose)
    scan = run(project, "scan").model_dump()
    assert scan["rows"] == 7
    assert scan["findings"] >= 8
    run(project, "redact", {"out": str(folder / "copy.jsonl")})
    return project


@pytest.fixture
def project(redacted: Project, tmp_path: Path) -> Project:
    """A copy of it that a test may spoil, with its own data."""
    shutil.copytree(redacted.root, tmp_path / "project")
    copy = Project(tmp_path / "project")
    data = Path(shutil.copy2(redacted.root.parent / "chats.jsonl", tmp_path / "chats.jsonl"))

    def choose(spec: Any) -> Any:
        assert spec.data is not None
        return spec.model_copy(update={"data": spec.data.model_copy(update={"path": str(data)})})

    copy.update(choose)
    return copy


def output(project: Project) -> str:
    return (project.root / str(project.load().redaction.path)).read_text(encoding="utf-8")


@pytest.mark.parametrize("value", [NAME, HANDLE, MAIL, PASSWORD, "Rosewood", PHONE, CARD, TOWN])
def test_no_planted_value_is_left(redacted: Project, value: str) -> None:
    assert value.casefold() not in output(redacted).casefold()


def test_structure_and_everything_else_stay(redacted: Project) -> None:
    rows = [json.loads(line) for line in output(redacted).splitlines()]
    assert [row["id"] for row in rows] == [0, 1, 2, 3, 4, 5], "the bad row and the duplicate are left out"
    assert rows[1] == ROWS[1]
    assert all(row["score"] == 0.5 and row["tags"] == ["a", None] for row in rows)
    assert [turn["role"] for turn in rows[2]["messages"]] == ["user", "assistant"]


def test_one_person_is_one_placeholder(redacted: Project) -> None:
    rows = [json.loads(line) for line in output(redacted).splitlines()]
    assert "<PERSON_1>" in rows[0]["messages"][0]["content"]
    assert rows[0]["messages"][1]["content"].startswith("Welcome, <PERSON_1>!")
    assert rows[5]["messages"][0]["content"] == "<PERSON_1> wrote me"


def test_the_original_is_untouched_and_the_proof_says_so(redacted: Project) -> None:
    expected = write_rows(redacted.root / "again.jsonl").read_bytes()
    assert (redacted.root.parent / "chats.jsonl").read_bytes() == expected
    proof = json.loads(redacted.proof_file.read_text())
    assert proof["literal_search"]["hits"] == 0
    assert proof["left_out"] == {"unreadable": 1, "duplicates": 1}
    assert proof["decisions"]["findings_by"]["default"] >= 1
    assert proof["original"]["rows"] == 7
    assert proof["redacted"]["rows"] == 6
    assert proof["residual"]["count"] == project_residual(redacted)


def project_residual(project: Project) -> int | None:
    return project.load().redaction.residual


def test_a_copy_goes_where_it_was_asked_for(redacted: Project) -> None:
    copy = redacted.root.parent / "copy.jsonl"
    assert copy.read_text(encoding="utf-8") == output(redacted)
    assert copy.stat().st_mode & 0o077 == 0


def test_the_step_is_marked(redacted: Project) -> None:
    states = {status.step: status.state for status in step_statuses(redacted.load())}
    assert states["privacy"] == "done"


def test_offsets_point_into_the_original(redacted: Project) -> None:
    fields = {row: {"0": turns[0]["content"], "1": turns[1]["content"]} for row, turns in originals().items()}
    with FindingsStore(redacted.findings_file) as store:
        for finding in store.findings():
            text = fields[finding.row][finding.field.split(".")[1]]
            assert text[finding.start : finding.end] == finding.value


def originals() -> dict[int, list[dict[str, str]]]:
    """Turns by the index of the row in the file; the bad row counts."""
    return {number + (number >= 3): row["messages"] for number, row in enumerate(ROWS)}


def test_the_gate_lets_the_redacted_file_pass(project: Project) -> None:
    check_privacy(project, project.load())


def refused(project: Project) -> str:
    with pytest.raises(PrivacyRefusedError) as caught:
        check_privacy(project, project.load())
    assert caught.value.exit_code == 3
    assert "tunesmith" in caught.value.hint
    return caught.value.error_code


def test_the_gate_refuses_what_was_never_scanned(project: Project) -> None:
    project.findings_file.unlink()
    assert refused(project) == "never_scanned"


def test_the_gate_refuses_what_was_never_redacted(project: Project) -> None:
    project.update(lambda s: s.model_copy(update={"redaction": s.redaction.model_copy(update={"path": None})}))
    assert refused(project) == "never_redacted"


def test_the_gate_notices_a_changed_original(project: Project) -> None:
    data = project.load().data
    assert data is not None
    with Path(data.path).open("a") as stream:
        stream.write(json.dumps(ROWS[0]) + "\n")
    assert refused(project) == "original_changed"


def test_the_gate_notices_a_decision(project: Project) -> None:
    with FindingsStore(project.findings_file) as store:
        store.decide_values([store.values(0, 1)[0].id], "keep", "person")
    assert refused(project) == "decisions_changed"
    with FindingsStore(project.findings_file) as store:
        store.undo()
    check_privacy(project, project.load())


def test_the_gate_notices_other_known_values(project: Project) -> None:
    project.update(lambda s: s.model_copy(update={"redaction": s.redaction.model_copy(update={"known_values": []})}))
    assert refused(project) == "profile_changed"


def test_the_gate_notices_a_hand_on_the_redacted_file(project: Project) -> None:
    path = project.root / str(project.load().redaction.path)
    check_privacy(project, project.load())
    path.write_text(path.read_text() + "\n")
    assert refused(project) == "redacted_changed"
    path.unlink()
    assert refused(project) == "redacted_missing"


def test_what_a_person_keeps_is_kept(project: Project) -> None:
    with FindingsStore(project.findings_file) as store:
        names = [row.id for row in store.values(0, 100, search=NAME)]
        store.decide_values(names, "keep", "person")
    assert run_here(project, "redact").state == "finished"
    text = output(project)
    assert NAME in text
    assert MAIL not in text
    assert PASSWORD not in text
    check_privacy(project, project.load())


@pytest.fixture(scope="session")
def detector() -> Detector:
    return Detector(load_profile("thorough"))


def test_a_text_of_five_megabytes_can_be_stopped(detector: Detector) -> None:
    calls = 0

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise StoppedError("Stopped.")

    with pytest.raises(StoppedError):
        detector.detect(["It was a quiet day at the harbour. " * 150_000], stop)


def test_offsets_hold_in_odd_text(detector: Detector) -> None:
    texts = [
        "😀 e\u0301 \x00\r\n mail anna.s@example.com",
        "\ud800 שלום anna.s@example.com",
        "",
        " \n",
        "x" * 3900 + " anna.s@example.com",
    ]
    for text, hits in zip(texts, detector.detect(texts), strict=True):
        mails = [text[hit.start : hit.end] for hit in hits if hit.entity == "EMAIL_ADDRESS"]
        assert mails == (["anna.s@example.com"] if "anna" in text else [])


def test_profiles_name_recognisers_that_exist() -> None:
    profiles = load_profiles()
    assert [profile.name for profile in profiles] == ["thorough", "fast", "strict"]
    for profile in profiles:
        assert set(profile.recognisers) <= set(recogniser_names())
