"""The scan over a local Ray: the same findings, on loopback only, stopped and taken up again, nothing left behind."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.cli.entry import main
from engine.errors import UsageError
from engine.jobs.control import request_stop
from engine.jobs.events import FinishedEvent, StoppedEvent, parse_line
from engine.jobs.folder import JobFolder, JobRecord
from engine.machine import hostname
from engine.privacy.cluster import INSTALL, look_at, must_have_ray
from engine.privacy.store import FindingsStore
from engine.privacy.version import detector_version
from engine.project import Project
from tests.conftest import wait_until
from tests.engine.test_privacy_crew import LIGHT, finish, make_project, seen
from tests.engine.test_privacy_jobs import without_network


def test_without_ray_the_install_line_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError) as caught:
        must_have_ray()
    assert INSTALL in caught.value.hint
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text": "hi"}\n')
    assert main(["scan", str(file), "--engine", "ray", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "no_ray"


def table(*texts: str) -> Any:
    import pyarrow

    return pyarrow.table({"number": list(range(len(texts))), "text": list(texts)})


def order(**other: Any) -> str:
    return json.dumps(
        {"profile": LIGHT.model_dump(mode="json"), "own": [], "version": detector_version(LIGHT), **other}
    )


def worker(work: str, *arguments: str) -> str:
    """What a fresh process says that looks at texts as a worker of Ray does."""
    done = subprocess.run([sys.executable, "-c", work, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_worker_has_no_network_but_loopback() -> None:
    told = worker(
        "import socket, sys\n"
        "from engine.privacy.cluster import look_at\n"
        "from tests.engine.test_privacy_ray import order, table\n"
        "print(look_at(table('I am @maya.lind'), order()).to_pydict()['found'])\n"
        "for where in (('192.0.2.7', 80), ('example.org', 80)):\n"
        "    try:\n"
        "        socket.create_connection(where, timeout=1)\n"
        "    except PermissionError as error:\n"
        "        print('REFUSED', error)\n"
        "with socket.create_server(('127.0.0.1', 0)) as here:\n"
        "    socket.create_connection(here.getsockname()).close()\n"
        "print('loopback works')\n"
    )
    assert "USERNAME" in told
    assert told.count("REFUSED") == 2
    assert "loopback works" in told


@pytest.mark.slow
def test_another_version_on_a_machine_is_an_answer() -> None:
    told = worker(
        "from engine.privacy.cluster import look_at\n"
        "from tests.engine.test_privacy_ray import order, table\n"
        "print(look_at(table('a', 'b'), order(version='old')).to_pydict()['error'][0])\n"
    )
    assert json.loads(told)["code"] == "other_version"
    assert look_at.__module__ == "engine.privacy.cluster", "workers import it by name; nothing is uploaded"


def start(
    project: Project, engine: str, temporary: Path, *, cut_off: bool = False
) -> tuple[subprocess.Popen[bytes], JobFolder]:
    folder = JobFolder(project.jobs_folder / f"scan-{time.monotonic_ns()}")
    folder.root.mkdir(parents=True)
    spec = {"force": True, "engine": engine}
    folder.write(
        JobRecord(id=folder.id, kind="scan", project=str(project.root), spec=spec, created=time.time(), host=hostname())
    )
    command = [sys.executable, "-m", "engine.jobs.runner", str(folder.root)]
    if cut_off and without_network():
        # Loopback is down in a new namespace; a local Ray needs it, and nothing else is there.
        command = [*without_network(), "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *command]
    apart = {**os.environ, "TMPDIR": str(temporary)}
    return subprocess.Popen(command, env=apart, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), folder


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files that no other Ray uses; its path is short enough for the sockets of Ray."""
    with tempfile.TemporaryDirectory(prefix="t") as folder:
        yield Path(folder)


def looked_at(project: Project) -> list[tuple[Any, ...]]:
    with FindingsStore(project.findings_file) as store:
        return store.query("SELECT text_hash, version, found FROM seen ORDER BY text_hash")


def everything(project: Project) -> list[tuple[Any, ...]]:
    """Findings and values with their ids and decisions."""
    with FindingsStore(project.findings_file) as store:
        return store.query("SELECT * FROM findings ORDER BY id") + store.query("SELECT * FROM vals ORDER BY id")


def look_around(process: subprocess.Popen[bytes], folders: list[Path]) -> None:
    """Everything of a running Ray listens and talks on loopback only, and its folder is its owner's alone."""
    addresses: set[str] = set()
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            for connection in child.net_connections(kind="inet"):
                addresses |= {end.ip.removeprefix("::ffff:") for end in (connection.laddr, connection.raddr) if end}
        except psutil.NoSuchProcess:
            continue
    assert addresses
    assert addresses <= {"127.0.0.1", "::1"}
    assert len(folders) == 1
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in folders)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_same_findings_as_without_ray(tmp_path: Path, temporary: Path) -> None:
    whole = make_project(tmp_path / "whole", 700)
    began = time.monotonic()
    findings = finish(whole)
    # Ray starts a dozen processes. Where something else computes too, all of it takes as many times longer as this did.
    patience = max(150.0, 30 * (time.monotonic() - began))
    assert len(findings) > 100
    project = make_project(tmp_path / "ray", 700)

    process, folder = start(project, "ray", temporary)
    try:
        wait_until(lambda: seen(project) > 0 or process.poll() is not None, "the first texts", patience, every=0.1)
        look_around(process, list(temporary.glob("tsray-*")))
        request_stop(folder, "you")
        assert process.wait(timeout=patience) == 4
    finally:
        process.kill()
        process.wait()
    assert isinstance(parse_line(folder.events_file.read_text().splitlines()[-1]), StoppedEvent)
    assert not list(temporary.glob("*/*"))
    half = seen(project)

    process, folder = start(project, "ray", temporary, cut_off=True)
    assert process.wait(timeout=patience + 50) == 0
    assert isinstance(parse_line(folder.events_file.read_text().splitlines()[-1]), FinishedEvent)
    assert not list(temporary.glob("*/*"))
    assert 0 < half <= seen(project) == seen(whole)
    assert looked_at(project) == looked_at(whole)
    assert everything(project) == everything(whole)
    assert finish(project) == findings, "a scan without Ray finds everything known and changes nothing"
