"""`jobs`, `attach`, `stop`, `log` as a person runs them: processes, exit codes, Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.jobs.folder import JobFolder
from engine.jobs.launch import launch
from engine.jobs.state import all_jobs, view
from tests.conftest import wait_until
from tests.e2e.cli import Here
from tests.engine.job_projects import own_kinds, root

__all__ = ["own_kinds", "root"]

COMMAND = [sys.executable, "-m", "tui.main"]


@pytest.fixture
def here(state: Path) -> Here:
    """Commands that end by themselves are done in this process; what is watched or interrupted is one of its own."""
    return Here(state.parent)


def start(words: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def running(root: Path, kind: str = "t-gate") -> JobFolder:
    folder = launch(root, kind, {})
    wait_until(lambda: view(folder).snapshot.phase, "the work begins")
    return folder


def ended(root: Path, kind: str) -> JobFolder:
    folder = launch(root, kind, {})
    wait_until(lambda: not view(folder).active, "the job ends")
    return folder


def test_jobs_lists_every_state(root: Path, here: Here) -> None:
    folders = [ended(root, kind) for kind in ("t-quick", "t-bad-data", "t-vanish")] + [running(root)]
    said = here.run("jobs", "--json")
    assert (said.code, said.stderr) == (0, "")
    listed = said.json
    assert [(job["id"], job["state"]) for job in listed] == list(
        zip([folder.id for folder in folders], ["finished", "failed", "died", "running"], strict=True)
    )
    for job in listed:
        assert {"id", "kind", "project", "state", "step", "steps"} <= job.keys()
        assert job["project"] == str(root)
    table = here.run("jobs").stdout
    for folder, word in zip(folders, ("done", "The rows are odd.", "died", "waiting"), strict=True):
        [line] = [line for line in table.splitlines() if folder.id in line]
        assert word in line or word == "waiting"
    assert len(here.run("jobs", "--running", "--json").json) == 1


def test_no_job_is_an_empty_list(here: Here) -> None:
    said = here.run("--json", "jobs")
    assert (said.code, said.json) == (0, [])


def test_attach_shows_the_way_to_the_end(root: Path) -> None:
    folder = running(root)
    watcher = start(["attach", folder.id, "--json"])
    (root / "go").touch()
    stdout, stderr = watcher.communicate(timeout=60)
    assert watcher.returncode == 0
    events = [json.loads(line) for line in stdout.splitlines()]
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert events[0]["kind"] == "started"
    assert events[-1]["kind"] == "finished"
    assert events[-1]["rounds"] > 0
    assert "Waiting for go" in stderr


def test_ctrl_c_in_attach_only_stops_watching(root: Path) -> None:
    folder = running(root)
    watcher = start(["attach", folder.id])
    assert watcher.stdout is not None
    watcher.stdout.readline()
    watcher.send_signal(signal.SIGINT)
    _, stderr = watcher.communicate(timeout=60)
    assert watcher.returncode == 4
    assert f"tunesmith stop {folder.id}" in stderr
    assert view(folder).state == "running"
    assert not folder.stop_file.exists()


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("t-bad-data", 2, ["The rows are odd.", "rows.jsonl:3", "Mend line 3."]),
        ("t-crash", 1, ["did not foresee", "the flux is out of phase", "log.txt"]),
        ("t-vanish", 1, ["died without a word", "last words before the end", "log.txt"]),
    ],
)
def test_attach_to_one_that_failed_says_how(root: Path, kind: str, code: int, words: list[str], here: Here) -> None:
    folder = ended(root, kind)
    said = here.run("attach", folder.id)
    assert said.code == code
    for word in words:
        assert word in said.stderr
    assert "Traceback" not in said.stderr
    data = here.run("attach", folder.id, "--json")
    assert data.code == code
    error = json.loads(data.stdout.splitlines()[-1])["error"]
    assert error["exit_code"] == code
    assert error["title"] in said.stderr


def test_a_job_killed_while_watched_is_told_with_its_log(root: Path) -> None:
    folder = running(root)
    watcher = start(["attach", folder.id])
    assert watcher.stdout is not None
    watcher.stdout.readline()
    pid = folder.read().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    _, stderr = watcher.communicate(timeout=60)
    assert watcher.returncode == 1
    assert "died without a word" in stderr


def test_stop_waits_until_it_is_gone(root: Path, here: Here) -> None:
    folder = running(root)
    said = here.run("stop", folder.id[:-1], "--json")
    assert (said.code, said.json) == (0, {"id": folder.id, "state": "stopped"})
    assert (root / "saved").exists()
    again = here.run("stop", folder.id)
    assert again.code == 0
    assert "not running: stopped" in again.stdout
    assert here.run("attach", folder.id).code == 4


def test_log_shows_the_end(root: Path, here: Here) -> None:
    folder = ended(root, "t-vanish")
    assert here.run("log", folder.id, "-n", "1").stdout == "last words before the end\n"
    said = here.run("log", folder.id, "--json").json
    assert said["lines"][-1] == "last words before the end"


def test_what_a_log_holds_cannot_drive_the_terminal(root: Path, here: Here) -> None:
    folder = ended(root, "t-quick")
    folder.log_file.write_text("title \x1b]0;owned\x07 \x9b2J end\n")
    said = here.run("log", folder.id).stdout
    assert "\x1b" not in said
    assert "\x9b" not in said
    assert "owned" in said


@pytest.mark.parametrize("command", ["attach", "stop", "log"])
def test_a_job_that_is_not_there(command: str, here: Here) -> None:
    said = here.run(command, "train-1999")
    assert said.code == 2
    assert said.stderr == "There is no job `train-1999`.\nList them with `tunesmith jobs`.\n"


def test_a_reader_that_goes_early_is_no_error(root: Path) -> None:
    folder = ended(root, "t-quick")
    folder.log_file.write_text("x" * 100 + "\n" + "y\n" * 30_000)
    listing = start(["log", folder.id, "-n", "100000"])
    assert listing.stdout is not None
    assert listing.stderr is not None
    listing.stdout.readline()
    listing.stdout.close()
    assert listing.stderr.read() == ""
    assert listing.wait(60) == 0
    listing.stderr.close()


FOLLOW = """
import sys
from pathlib import Path
from engine.cli.follow import run_job
from engine.cli.out import Out
from engine.errors import TunesmithError
try:
    run_job(Path(sys.argv[1]), "t-gate", {}, Out())
except TunesmithError as error:
    print(error.title)
    sys.exit(error.exit_code)
"""


def start_followed(root: Path, **streams: int) -> tuple[subprocess.Popen[str], JobFolder]:
    """A command that launched a job and watches it."""
    command = subprocess.Popen([sys.executable, "-c", FOLLOW, str(root)], text=True, **streams)  # type: ignore[call-overload]
    wait_until(lambda: any(job.snapshot.phase for job in all_jobs([root])), "the work begins")
    return command, all_jobs([root])[0].folder


def test_ctrl_c_in_a_command_saves_and_stops(root: Path) -> None:
    command, folder = start_followed(root, stdout=subprocess.PIPE)
    assert command.stdout is not None
    command.stdout.readline()
    command.send_signal(signal.SIGINT)
    said, _ = command.communicate(timeout=60)
    assert command.returncode == 4
    assert "Asked it to save and stop" in said
    assert "Stopped by Ctrl-C." in said
    assert (root / "saved").exists()
    assert view(folder).state == "stopped"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_watching_and_not_the_job(root: Path, number: signal.Signals) -> None:
    command, folder = start_followed(root, stdout=subprocess.PIPE)
    assert command.stdout is not None
    command.stdout.readline()
    command.send_signal(number)
    said, _ = command.communicate(timeout=60)
    assert command.returncode == 4
    assert "Stopped watching" in said
    assert view(folder).state == "running"


def test_the_work_goes_on_when_nobody_reads_about_it(root: Path) -> None:
    """`tunesmith new ... | head -1` makes the whole project."""
    command, folder = start_followed(root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert command.stdout is not None
    command.stdout.close()
    (root / "go").touch()
    assert command.wait(60) == 0
    assert command.stderr is not None
    assert command.stderr.read() == ""
    command.stderr.close()
    assert view(folder).state == "finished"


def test_who_only_watches_ends_when_nobody_reads(root: Path) -> None:
    folder = running(root)
    watching = start(["attach", folder.id, "--json"])
    assert watching.stdout is not None
    assert watching.stderr is not None
    watching.stdout.readline()
    watching.stdout.close()
    assert watching.wait(60) == 4
    assert "Stopped watching" in watching.stderr.read()
    watching.stderr.close()
    assert view(folder).state == "running"


def test_a_second_ctrl_c_leaves_it_alone(root: Path) -> None:
    command, folder = start_followed(root, stdout=subprocess.PIPE)
    assert command.stdout is not None
    command.stdout.readline()
    pid = folder.read().pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        command.send_signal(signal.SIGINT)
        wait_until(folder.stop_file.exists, "the request is written")
        command.send_signal(signal.SIGINT)
        said, _ = command.communicate(timeout=60)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert command.returncode == 4
    assert "in the background" in said
    wait_until(lambda: view(folder).state == "stopped", "it saved and stopped by itself")


def test_on_a_terminal_the_status_is_one_line_that_changes(root: Path) -> None:
    master, slave = pty.openpty()
    command, _ = start_followed(root, stdout=slave)
    os.close(slave)
    seen = b""
    while seen.count(b"rounds") < 3:
        seen += os.read(master, 4096)
    (root / "go").touch()
    assert command.wait(60) == 0
    os.close(master)
    assert seen.count(b"\n") == 1, "the phase has a line of its own, the status has none"
    assert b"\r\x1b[K" in seen


LIGHT = """
import json, sys
__import__(sys.argv[1])
heavy = "torch transformers datasets peft trl bitsandbytes accelerate spacy presidio_analyzer pyarrow".split()
print(json.dumps([name for name in heavy + sys.argv[2:] if name in sys.modules]))
"""
LIGHT_ROOMS = (
    "tui.main", "engine.cli", "engine.cli.jobs", "engine.cli.demo", "engine.actions", "engine.project",
    "engine.jobs.launch", "engine.jobs.control", "engine.jobs.state", "engine.jobs.reader", "engine.jobs.runner",
    "engine.spec", "engine.errors", "engine.steps", "engine.machine",
)  # fmt: skip


@pytest.mark.parametrize(("modules", "also"), [(LIGHT_ROOMS, ["textual", "rich"]), (("tui",), [])])
def test_the_walls_hold(modules: Sequence[str], also: list[str]) -> None:
    """One process for all: what one loads stays loaded, so the first that is named is the one that loads it."""
    source = "\n".join(["import sys", *(LIGHT.replace("__import__(sys.argv[1])", f"import {one}") for one in modules)])
    said = subprocess.run([sys.executable, "-c", source, "-", *also], capture_output=True, text=True, check=True)
    loaded = dict(zip(modules, map(json.loads, said.stdout.splitlines()), strict=True))
    assert loaded == {module: [] for module in modules}


def test_a_light_command_loads_only_what_it_needs() -> None:
    source = LIGHT.replace("__import__(sys.argv[1])", "from tui.main import run\nassert run(['jobs']) == 0\nprint()")
    said = subprocess.run(
        [sys.executable, "-c", source, "-", "textual", "sqlite3"], capture_output=True, text=True, check=True
    )
    assert json.loads(said.stdout.splitlines()[-1]) == []
