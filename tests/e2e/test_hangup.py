"""Training in the background: the line drops and the wizard goes, the training stays; commands find it and stop it.

A real pty, the real `tunesmith`, the real training job. The frozen link is a terminal whose other end is not read:
writes pile up until they block, as behind a dead SSH connection.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.jobs.control import request_stop
from engine.jobs.launch import launch
from engine.jobs.state import view
from engine.project import Project
from tests.conftest import wait_until
from tests.e2e.cli import Machine
from tests.projects import copy_of, demo_rows, finished, session_project, wait_for_step

FROZEN_SECONDS = 4.0


@pytest.fixture(scope="module")
def redacted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    settings = ["recipe.max_steps=2000", "recipe.save_steps=500", "recipe.eval_steps=500"]
    return session_project(tmp_path_factory, demo_rows(40), settings)


class Wizard:
    """`tunesmith PROJECT` on a pty of its own."""

    def __init__(self, project: Path) -> None:
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.execv(sys.executable, [sys.executable, "-m", "tui.main", str(project)])
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = psutil.Process(self.pid)
        self.seen = b""

    def read(self) -> bytes:
        """What it has painted since the last call."""
        new = b""
        while select.select([self.master], [], [], 0.05)[0]:
            try:
                block = os.read(self.master, 65536)
            except OSError:
                break
            if not block:
                break
            new += block
        self.seen += new
        return new

    def shows(self, text: str) -> bool:
        self.read()
        return text.encode() in self.seen

    def gone(self) -> bool:
        pid, _ = os.waitpid(self.pid, os.WNOHANG) if psutil.pid_exists(self.pid) else (self.pid, 0)
        return pid == self.pid


@pytest.mark.slow
@pytest.mark.parametrize("how", ["hang-up", "frozen", "kill"])
def test_training_goes_on_when_the_wizard_is_gone(redacted: Project, tmp_path: Path, how: str) -> None:
    project = copy_of(redacted, tmp_path)
    job = launch(project.root, "train", {})
    try:
        wait_for_step(job, 2)
        wizard = Wizard(project.root)
        wait_until(lambda: wizard.shows("running"), "the training screen", 60.0)
        if how == "frozen":
            deadline = time.monotonic() + FROZEN_SECONDS
            wait_until(lambda: time.monotonic() > deadline, "the link to have been frozen")
        if how == "kill":
            os.kill(wizard.pid, signal.SIGKILL)
        else:
            os.close(wizard.master)
        wait_until(wizard.gone, "the wizard to be gone", 15.0)
        before = view(job)
        assert before.state == "running"
        assert before.snapshot.step
        wait_for_step(job, before.snapshot.step.step + 5)
        assert view(job).state == "running"

        again = Wizard(project.root)
        wait_until(lambda: again.shows("of 2,000"), "the wizard to show the same run again", 60.0)
        os.kill(again.pid, signal.SIGKILL)
        wait_until(again.gone, "the second wizard to be gone")
    finally:
        request_stop(job, "the test")
        ended = finished(job)
    assert ended.state == "stopped"


@pytest.mark.slow
def test_a_run_in_the_background_can_be_stopped(redacted: Project, tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    copy_of(redacted, tmp_path)
    said = machine.run("train", "project", "--detach", "--json")
    assert said.code == 0, said.stderr
    job = said.json["job"]

    def listed() -> dict[str, Any]:
        found: list[dict[str, Any]] = machine.run("jobs", "--json").json
        return next(entry for entry in found if entry["id"] == job)

    wait_until(lambda: listed()["step"] or listed()["state"] != "running", "it trains", timeout=120)
    assert listed()["state"] == "running"
    busy = machine.run("scan", "project", "--json")
    assert (busy.code, busy.error["code"]) == (2, "busy")
    assert job in busy.error["what"]
    assert machine.run("stop", job, "--json").json == {"id": job, "state": "stopped"}
    watched = machine.run("attach", job, "--json")
    assert watched.code == 4
    assert watched.events[-2]["kind"] == "stopped"
    assert any(event["kind"] == "checkpoint" for event in watched.events[:-2]), "it saved first"
