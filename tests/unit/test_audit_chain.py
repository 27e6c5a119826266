"""The trail: whole when untouched, and the first broken line named when not."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from engine import audit
from engine.errors import ProjectError, UsageError
from engine.project import Project, create_project
from engine.statements import state_content, withdraw_consent


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return create_project(tmp_path / "project")[0]


def _three(project: Project) -> list[str]:
    for number in range(3):
        audit.append(project, "step", {"n": number, "name": "Zoë"})
    return project.audit_file.read_text().splitlines()


def test_empty_trail_holds(project: Project) -> None:
    assert audit.verify(project) == audit.Verdict(True, 0, audit.FIRST)
    assert audit.entries(project) == []


def test_chain(project: Project) -> None:
    lines = _three(project)
    entries = audit.entries(project)
    assert [entry.details["n"] for entry in entries] == [0, 1, 2]
    assert entries[0].prev == audit.FIRST
    assert entries[2].prev == entries[1].hash
    assert audit.verify(project) == audit.Verdict(True, 3, entries[2].hash)
    assert set(json.loads(lines[0])) == {"t", "action", "details", "prev", "hash"}
    assert project.audit_file.stat().st_mode & 0o777 == 0o600


def test_changed_line_is_named(project: Project) -> None:
    lines = _three(project)
    lines[1] = lines[1].replace('"n":1', '"n":7')
    project.audit_file.write_text("\n".join(lines) + "\n")
    verdict = audit.verify(project)
    assert (verdict.ok, verdict.broken_line, verdict.entries) == (False, 2, 1)
    assert "changed" in verdict.reason


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{"action"', '{"action":"nothing","action"'),
        ('{"action"', '{ "action"'),
        ('"details":{"n":1', '"details":{"n":9,"n":1'),
        ("Zoë", "Zo\\u00eb"),
    ],
)
def test_a_line_that_means_the_same_but_reads_otherwise_is_named(project: Project, old: str, new: str) -> None:
    lines = _three(project)
    assert old in lines[1]
    lines[1] = lines[1].replace(old, new, 1)
    project.audit_file.write_text("\n".join(lines) + "\n")
    assert audit.verify(project).broken_line == 2


def test_verify_and_append_agree_on_a_line_without_its_end(project: Project) -> None:
    _three(project)
    project.audit_file.write_bytes(project.audit_file.read_bytes()[:-1])
    assert audit.verify(project).broken_line == 3
    with pytest.raises(ProjectError):
        audit.append(project, "more", {})
    with pytest.raises(ProjectError):
        audit.must_be_writable(project)


@pytest.mark.parametrize("line", ["[" * 100_000, "5", '"t"', '{"t":"x","action":"a","details":{},"prev":"","hash":""}'])
def test_lines_that_are_no_entries_are_told_and_left_out(project: Project, line: str) -> None:
    _three(project)
    with project.audit_file.open("a") as stream:
        stream.write(line + "\n")
    assert audit.verify(project).broken_line == 4
    assert len(audit.entries(project)) == 3


def test_what_goes_on_record_first_is_refused_where_the_record_is_damaged(project: Project) -> None:
    audit.must_be_writable(project)
    project.audit_file.write_bytes(b"torn")
    with pytest.raises(ProjectError) as caught:
        state_content(project, rights=True)
    assert caught.value.error_code == "audit_damaged"
    with pytest.raises(ProjectError):
        withdraw_consent(project, ["Jo"])
    assert project.load().content.statement is None


@pytest.mark.parametrize("order", [(0, 2), (1, 0, 2), (0, 0, 1, 2), (1, 2)])
def test_removed_moved_and_doubled_lines_are_named(project: Project, order: tuple[int, ...]) -> None:
    lines = _three(project)
    project.audit_file.write_text("\n".join(lines[place] for place in order) + "\n")
    verdict = audit.verify(project)
    assert not verdict.ok
    assert verdict.broken_line == (1 if order[0] else 2)


def test_torn_line_is_named_and_not_built_upon(project: Project) -> None:
    _three(project)
    with project.audit_file.open("a") as stream:
        stream.write('{"t": 1, "act')
    assert audit.verify(project).broken_line == 4
    with pytest.raises(ProjectError) as caught:
        audit.append(project, "more", {})
    assert caught.value.error_code == "audit_damaged"
    assert len(audit.entries(project)) == 3


def test_a_link_in_the_trails_place_is_not_followed(project: Project, tmp_path: Path) -> None:
    project.audit_file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError):
        audit.append(project, "more", {})
    assert not (tmp_path / "elsewhere").exists()


def test_long_entries_and_odd_details(project: Project) -> None:
    audit.append(project, "long", {"text": "x" * 200_000})
    audit.append(project, "odd", {"path": Path("a/b"), "number": 0.1 + 0.2, "none": None})
    audit.append(project, "odd", {"file": "caf\udce9"})
    assert audit.entries(project)[-1].details == {"file": "caf\udce9"}
    assert audit.verify(project).ok


def _write_many(root: Path) -> None:
    for number in range(25):
        audit.append(Project(root), "many", {"n": number})


def test_several_processes_at_once(project: Project) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(project.root,)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert audit.verify(project) == audit.Verdict(True, 75, audit.entries(project)[-1].hash)
