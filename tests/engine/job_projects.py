"""For tests that run jobs which exist only there: a project, and the test-only kinds here and in their processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.jobs import kinds
from engine.jobs.process import is_alive
from engine.jobs.state import all_jobs
from engine.project import create_project
from tests.engine.job_kinds import TEST_KINDS

JOB_SITE = Path(__file__).parent / "job_site"
REPO = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test-only kinds, here and in the runner processes."""
    for name, kind in TEST_KINDS.items():
        monkeypatch.setitem(kinds.KINDS, name, kind)
    monkeypatch.setenv("PYTHONPATH", f"{JOB_SITE}:{REPO}")


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A project folder; whatever still runs in it at the end is killed."""
    project, _ = create_project(tmp_path / "voice")
    yield project.root
    for job in all_jobs([project.root]):
        if job.record.pid and is_alive(job.record):
            os.killpg(os.getpgid(job.record.pid), signal.SIGKILL)
