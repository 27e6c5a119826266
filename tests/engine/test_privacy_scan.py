"""The jobs around the detectors, with a detector of ten lines: stopping, resuming, late findings, and failing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.errors import JobFailedError, PrivacyRefusedError, ProjectError, StoppedError, UsageError
from engine.jobs.context import JobContext
from engine.jobs.emit import EventWriter
from engine.jobs.events import ProgressEvent, parse_line
from engine.jobs.folder import JobFolder
from engine.privacy import jobs, rewrite
from engine.privacy.jobs import run_redact, run_scan
from engine.privacy.lazy import LazyDetector
from engine.privacy.merge import Hit
from engine.privacy.store import FindingsStore
from engine.project import Project, create_project
from engine.spec import DataSpec, ProjectSpec

Context = Callable[..., JobContext]
NAMES = re.compile(r"Maya Lindqvist|Bob Stone|Zed(?=.*<PERSON>)")


class Watched:
    """Finds three names (one of them only beside a placeholder), and counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.stop_after: int | None = None
        self.ctx: JobContext | None = None

    def detect(self, _self: LazyDetector, texts: Sequence[str]) -> list[list[Hit]]:
        self.asked += texts
        if self.stop_after is not None and len(self.asked) >= self.stop_after and self.ctx:
            self.ctx.stop.set()
        return [
            [Hit(found.start(), found.end(), "PERSON", 0.9, "Fake") for found in NAMES.finditer(text)] for text in texts
        ]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    fake = Watched()
    monkeypatch.setattr(LazyDetector, "detect", lambda self, texts: fake.detect(self, texts))
    monkeypatch.setattr(jobs, "_BATCH_TEXTS", 4)
    return fake


def make(tmp_path: Path, texts: Sequence[str], name: str = "rows.jsonl") -> Project:
    project, _ = create_project(tmp_path / "project")
    data = tmp_path / name
    data.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")

    def choose(spec: ProjectSpec) -> ProjectSpec:
        redaction = spec.redaction.model_copy(update={"operator": "placeholder"})
        return spec.model_copy(update={"data": DataSpec(path=str(data)), "redaction": redaction})

    project.update(choose)
    return project


@pytest.fixture
def context(tmp_path: Path) -> Context:
    def new(project: Project, name: str, **spec: Any) -> JobContext:
        folder = JobFolder(tmp_path / "project" / "jobs" / name)
        folder.root.mkdir(parents=True)
        return JobContext(folder, project, spec, EventWriter(folder.events_file))

    return new


def test_a_stopped_scan_goes_on_where_it_was(tmp_path: Path, watched: Watched, context: Context) -> None:
    project = make(tmp_path, [f"row {number} by Maya Lindqvist" for number in range(20)])
    first = context(project, "a")
    watched.ctx, watched.stop_after = first, 8
    with pytest.raises(StoppedError):
        run_scan(first)
    with FindingsStore(project.findings_file) as store:
        assert not store.scanned()
    watched.stop_after = None
    result = run_scan(context(project, "b"))
    assert result["findings"] == 20
    assert sorted(watched.asked) == sorted({f"row {number} by Maya Lindqvist" for number in range(20)})


def test_a_second_scan_looks_only_at_what_changed(tmp_path: Path, watched: Watched, context: Context) -> None:
    project = make(tmp_path, [f"row {number}" for number in range(10)])
    run_scan(context(project, "a"))
    data = project.load().data
    assert data is not None
    path = Path(data.path)
    path.write_text(path.read_text().replace("row 3", "Maya Lindqvist"))
    watched.asked.clear()
    result = run_scan(context(project, "b"))
    assert watched.asked == ["Maya Lindqvist"]
    assert (result["rows"], result["findings"]) == (10, 1)


def test_names_are_searched_in_every_row(tmp_path: Path, watched: Watched, context: Context) -> None:
    project = make(tmp_path, ["I am Maya Lindqvist", "maya lindqvist again", "ask Lindqvist", "nothing"])
    result = run_scan(context(project, "a"))
    assert result["rows_with_findings"] == 3
    with FindingsStore(project.findings_file) as store:
        assert {finding.recogniser for finding in store.findings()} == {"Fake", "WholeFileSweep"}


def test_progress_is_told_in_rows(tmp_path: Path, watched: Watched, context: Context) -> None:
    project = make(tmp_path, [f"row {number}" for number in range(10)])
    ctx = context(project, "a")
    run_scan(ctx)
    events = [parse_line(line) for line in ctx.folder.events_file.read_bytes().splitlines()]
    progress = [event for event in events if isinstance(event, ProgressEvent)]
    assert progress[-1].unit == "rows"
    assert (progress[-1].done, progress[-1].total) == (10, 10)


def test_a_bare_file_is_scanned_into_the_job(tmp_path: Path, watched: Watched, context: Context) -> None:
    project = make(tmp_path, ["Maya Lindqvist"])
    other = tmp_path / "other.txt"
    other.write_text("Bob Stone\n\nand so on\n")
    ctx = context(project, "a", file=str(other))
    result = run_scan(ctx)
    assert result["findings_file"] == str(ctx.folder.root / "findings.sqlite")
    assert result["values"] == 1
    assert not project.findings_file.exists()


def test_what_the_second_look_finds_is_hidden_and_listed(tmp_path: Path, watched: Watched, context: Context) -> None:
    project = make(tmp_path, ["Zed met Maya Lindqvist", "Zed alone"])
    run_scan(context(project, "a"))
    result = run_redact(context(project, "b"))
    text = (project.root / "privacy" / "redacted.jsonl").read_text()
    assert [json.loads(line)["text"] for line in text.splitlines()] == ["<PERSON_1> met <PERSON_2>", "<PERSON_1> alone"]
    assert (result["passes"], result["residual"]) == (2, 0)
    with FindingsStore(project.findings_file) as store:
        assert [row.value for row in store.values(0, 9, search="Zed")] == ["Zed"]


def test_what_was_kept_is_no_residue(tmp_path: Path, watched: Watched, context: Context) -> None:
    project = make(tmp_path, ["Bob Stone met Maya Lindqvist"])
    run_scan(context(project, "a"))
    with FindingsStore(project.findings_file) as store:
        store.decide_values([row.id for row in store.values(0, 9, search="Bob Stone")], "keep", "person")
    assert run_redact(context(project, "b"))["residual"] == 0
    assert "Bob Stone met <PERSON_1>" in (project.root / "privacy" / "redacted.jsonl").read_text()


def test_a_hidden_value_in_the_output_fails_and_leaves_nothing(
    tmp_path: Path, watched: Watched, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make(tmp_path, ["Maya Lindqvist was here"])
    run_scan(context(project, "a"))
    monkeypatch.setattr(rewrite, "stretches_to_hide", lambda *_: [])
    with pytest.raises(JobFailedError) as caught:
        run_redact(context(project, "b"))
    assert caught.value.error_code == "literal_hit"
    assert [path.name for path in (project.root / "privacy").iterdir() if "redacted" in path.name] == []
    assert project.load().redaction.path is None


def test_redaction_wants_a_scan_of_this_data(tmp_path: Path, watched: Watched, context: Context) -> None:
    project = make(tmp_path, ["Maya Lindqvist"])
    with pytest.raises(ProjectError) as caught:
        run_redact(context(project, "a"))
    assert caught.value.error_code == "not_scanned"
    run_scan(context(project, "b"))
    data = project.load().data
    assert data is not None
    Path(data.path).write_text('{"text": "other"}\n')
    with pytest.raises(PrivacyRefusedError) as refused:
        run_redact(context(project, "c"))
    assert (refused.value.error_code, refused.value.exit_code) == ("original_changed", 3)


def test_a_project_without_data_is_told_so(tmp_path: Path, context: Context) -> None:
    project, _ = create_project(tmp_path / "project")
    for work in (run_scan, run_redact):
        with pytest.raises(UsageError):
            work(context(project, work.__name__))


def test_placeholders_of_the_original_are_not_given_again(tmp_path: Path, watched: Watched, context: Context) -> None:
    project = make(tmp_path, ["<PERSON_1> stays, Maya Lindqvist goes"])
    run_scan(context(project, "a"))
    run_redact(context(project, "b"))
    assert "<PERSON_1> stays, <PERSON_2> goes" in (project.root / "privacy" / "redacted.jsonl").read_text()


def test_csv_stays_csv(tmp_path: Path, watched: Watched, context: Context) -> None:
    project = make(tmp_path, [], "rows.csv")
    data = project.load().data
    assert data is not None
    Path(data.path).write_text('prompt,completion,n\n"hi, Maya Lindqvist",yes,1\nBob Stone,"no\nno",2\n')
    run_scan(context(project, "a"))
    run_redact(context(project, "b"))
    text = (project.root / "privacy" / "redacted.csv").read_text()
    assert text.splitlines()[0] == "prompt,completion,n"
    assert '"hi, <PERSON_1>",yes,1' in text
    assert "<PERSON_2>" in text
