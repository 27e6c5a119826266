"""Helper processes of a scan: same findings, clean ends, and a scan that is killed goes on where it was."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.errors import SpecError, StoppedError, UsageError
from engine.jobs.context import JobContext
from engine.jobs.emit import EventWriter
from engine.jobs.events import FinishedEvent, ProgressEvent, parse_line
from engine.jobs.folder import JobFolder, JobRecord
from engine.machine import hostname
from engine.privacy import crew as crew_module
from engine.privacy import lazy
from engine.privacy.crew import Crew, helpers_for
from engine.privacy.detect import Detector
from engine.privacy.lazy import LazyDetector
from engine.privacy.profiles import load_profile
from engine.privacy.store import FindingsStore
from engine.project import Project, create_project
from engine.spec import DataSpec, OwnSpec
from tests.bench.scan_speed import rows

FAST = load_profile("fast")
LIGHT = FAST.model_copy(update={"model": False, "recognisers": ["handle", "spelt_email"]})
"""Loads in a moment; for what does not depend on the findings."""
OWN = (OwnSpec(name="client code", pattern=r"YC\d+"),)


@pytest.fixture(scope="module")
def alone() -> Detector:
    return Detector(FAST, OWN)


@pytest.fixture(scope="module")
def helped() -> Iterator[Crew]:
    made = Crew(FAST, OWN, 1)
    made.ready(wait=True)
    yield made
    made.close()


def test_helpers_find_the_same(alone: Detector, helped: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew_module, "_PIECE", 8)
    texts = [*rows(60), "Maya \U0001f600 e\u0301 maya@example.com", "\u202eabc", "call +49 30 901820"]
    dice = random.Random(3)
    shuffled = dice.sample(texts, len(texts))
    together = helped.detect(shuffled, alone.detect, lambda: None)
    assert dict(zip(shuffled, together, strict=True)) == {text: alone.detect([text])[0] for text in texts}


def test_helpers_share_a_long_text(alone: Detector, helped: Crew) -> None:
    windows = [window for _, window in alone.windows("\n".join(rows(80)))][:2]
    assert len(windows) == 2
    together = helped.detect(windows * 3, alone.look, lambda: None, windows=True)
    assert together == alone.look(windows) * 3


def test_a_long_text_says_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, _ = create_project(tmp_path / "project")
    folder = JobFolder(project.jobs_folder / "long")
    folder.root.mkdir(parents=True)
    ctx = JobContext(folder, project, {"helpers": 0}, EventWriter(folder.events_file))
    text = "ask @maya_lindqvist or x (at) y dot com, " * 600
    monkeypatch.setattr(lazy, "_TOGETHER", 2)
    monkeypatch.setattr(lazy, "LONG", 20_000)
    with closing(LazyDetector(LIGHT, ctx)) as detector:
        assert len(text) > lazy.LONG
        short, found, empty = detector.detect(["@maya_lindqvist", text, ""])
    assert len(short) == 1
    assert not empty
    assert [found] == Detector(LIGHT).detect([text])
    events = [parse_line(line) for line in folder.events_file.read_bytes().splitlines()]
    done = [event.done for event in events if isinstance(event, ProgressEvent)]
    assert done == sorted(set(done))
    assert (len(done) > 3, done[-1]) == (True, len(text))


def test_a_stop_ends_the_helpers(alone: Detector) -> None:
    made = Crew(LIGHT, (), 1)
    made.ready(wait=True)

    def stop() -> None:
        raise StoppedError("Stopped.")

    with pytest.raises(StoppedError):
        made.detect(rows(200), alone.detect, stop)
    assert all(helper.process.returncode is not None for helper in made.helpers)


def test_a_helper_says_why_it_cannot_work() -> None:
    made = Crew(LIGHT, [OwnSpec(name="broken", pattern="(a")], 1)
    try:
        with pytest.raises(SpecError, match="broken"):
            made.ready(wait=True)
    finally:
        made.close()


@pytest.mark.parametrize(
    ("cores", "free_gb", "setting", "fast", "thorough"),
    [
        (1, 64.0, None, 0, 0),
        (2, 64.0, None, 1, 1),
        (16, 64.0, None, 4, 2),  # 1.5 GB in all, however many cores there are
        (16, 64.0, "8", 15, 15),
        (96, 512.0, "100", 63, 63),
        (16, 1.5, None, 2, 1),  # helpers take half of what is free
        (16, 0.5, "8", 0, 0),
        (16, 64.0, "0.2", 0, 0),
    ],
)
def test_helpers_fit_the_machine(
    monkeypatch: pytest.MonkeyPatch, cores: int, free_gb: float, setting: str | None, fast: int, thorough: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    memory = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory._replace(available=int(free_gb * 2**30)))
    monkeypatch.delenv(crew_module.MEMORY, raising=False)
    if setting is not None:
        monkeypatch.setenv(crew_module.MEMORY, setting)
    assert helpers_for(FAST) == fast
    assert helpers_for(load_profile("thorough")) == thorough


def test_a_setting_that_is_no_number_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for told in ("much", "nan", "inf"):
        monkeypatch.setenv(crew_module.MEMORY, told)
        with pytest.raises(UsageError, match=crew_module.MEMORY):
            helpers_for(FAST)


@pytest.mark.parametrize(
    ("to_come", "known", "helpers"),
    [(100, 0, 0), (2_500, 0, 0), (3_500, 0, 1), (20_000, 0, 3), (20_000, 19_000, 0), (20_000, 17_000, 1)],
)
def test_no_more_helpers_than_there_is_work_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to_come: int, known: int, helpers: int
) -> None:
    project, _ = create_project(tmp_path / "project")
    folder = JobFolder(project.jobs_folder / "few")
    folder.root.mkdir(parents=True)
    started: list[int] = []
    monkeypatch.setattr(crew_module, "helpers_for", lambda _: 3)
    monkeypatch.setattr(crew_module, "Crew", lambda profile, own, count: started.append(count))
    detector = LazyDetector(LIGHT, JobContext(folder, project, {}, EventWriter(folder.events_file)))
    detector.expect(to_come, known)
    detector._help(1)
    assert started == ([helpers] if helpers else [])


# -- killing ---------------------------------------------------------------------------------------------------------


def make_project(folder: Path, count: int) -> Project:
    project, _ = create_project(folder / "project")
    data = folder / "rows.jsonl"
    data.write_text("".join(json.dumps({"text": text}) + "\n" for text in rows(count)), encoding="utf-8")
    project.update(
        lambda spec: spec.model_copy(
            update={
                "data": DataSpec(path=str(data)),
                "redaction": spec.redaction.model_copy(update={"profile": "fast", "own": list(OWN)}),
            }
        )
    )
    return project


def start(project: Project) -> tuple[subprocess.Popen[bytes], JobFolder]:
    """The scan as the launcher starts it, with one helper from the first text on."""
    folder = JobFolder(project.jobs_folder / f"scan-{time.monotonic_ns()}")
    folder.root.mkdir(parents=True)
    spec: dict[str, Any] = {"force": True, "helpers": 1, "help_after": 1}
    folder.write(
        JobRecord(id=folder.id, kind="scan", project=str(project.root), spec=spec, created=time.time(), host=hostname())
    )
    command = [sys.executable, "-m", "engine.jobs.runner", str(folder.root)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), folder


def seen(project: Project) -> int:
    """How many texts the scan has looked at and remembered."""
    if not project.findings_file.is_file():
        return 0
    with FindingsStore(project.findings_file) as store:
        return int(store.query("SELECT count(*) FROM seen")[0][0])


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < end, "waited five minutes in vain"
        time.sleep(0.02)


def kill_when(project: Project, condition: Callable[[], bool], whom: str = "job") -> None:
    """SIGKILL the scan, its helper or both as soon as the condition holds; none must outlive the other."""
    process, _ = start(project)
    children: list[psutil.Process] = []
    try:
        wait_for(lambda: condition() or process.poll() is not None)
        if process.poll() is None:
            children = psutil.Process(process.pid).children()
        if whom != "job" and children:
            children[0].kill()
            if whom == "helper":
                assert process.wait(timeout=300) == 1
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_for(lambda: not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children))


def finish(project: Project) -> list[tuple[Any, ...]]:
    """Let a scan end, and give everything it found."""
    process, folder = start(project)
    assert process.wait() == 0
    assert isinstance(parse_line(folder.events_file.read_text().splitlines()[-1]), FinishedEvent)
    with FindingsStore(project.findings_file) as store:
        return store.query(
            "SELECT f.row, f.field, f.start, f.end, v.entity, v.value, f.score, f.recogniser FROM findings f"
            " JOIN vals v ON v.id = f.value_id ORDER BY f.id"
        )


def kill_and_resume(folder: Path, kills: int, count: int) -> None:
    whole = finish(make_project(folder / "whole", count))
    assert len(whole) > count // 5
    assert any(finding[4] == "CLIENT_CODE" for finding in whole)
    project = make_project(folder / "killed", count)
    for number in range(kills):
        # The last third is never reached: what is to be killed must not have ended.
        least = count * number // (kills * 3 // 2)
        whom = ("job", "helper", "both")[number % 3]
        kill_when(project, lambda least=least: seen(project) > least, whom)  # type: ignore[misc]
        with FindingsStore(project.findings_file) as store:
            assert not store.scanned()
    assert finish(project) == whole


@pytest.mark.slow
def test_a_killed_scan_goes_on_where_it_was(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, kills=1, count=600)


@pytest.mark.slow
def test_ten_kills_change_nothing(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, kills=10, count=3_000)
