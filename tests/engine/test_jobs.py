"""The job protocol with real runner processes: start, follow, stop, die, be left alone."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import psutil
import pytest

from engine.errors import BusyError, JobFailedError
from engine.files import PRIVATE_UMASK
from engine.jobs.control import request_stop, stop_job
from engine.jobs.events import FailedEvent, HeartbeatEvent, StoppedEvent
from engine.jobs.folder import JobFolder
from engine.jobs.launch import launch, running_heavy_job
from engine.jobs.process import is_alive
from engine.jobs.reader import read_events
from engine.jobs.state import STALL_SECONDS, all_jobs, find_job, view
from engine.project import create_project
from tests.conftest import wait_until
from tests.engine.job_projects import own_kinds, root

__all__ = ["own_kinds", "root"]


def ended(folder: JobFolder) -> bool:
    """Whether the job's process is gone."""
    return not view(folder).active


def phase_of(folder: JobFolder) -> str:
    return view(folder).snapshot.phase


def test_a_job_runs_to_its_end_and_says_what_came_out(root: Path) -> None:
    folder = launch(root, "t-quick", {"more": [1, 2]})
    wait_until(lambda: ended(folder), "the job ends")
    job = view(folder)
    assert job.state == "finished"
    assert job.snapshot.result == {"answer": 42}
    assert job.record.spec == {"more": [1, 2], "force": False}
    events = read_events(folder.events_file)
    assert [event.seq for event in events] == list(range(len(events)))
    assert events[0].kind == "started"
    assert events[-1].kind == "finished"
    entry = job.as_dict()
    assert {"id", "kind", "project", "state", "step", "steps"} <= entry.keys()
    assert json.loads(json.dumps(entry)) == entry


def test_nothing_in_a_job_folder_is_readable_by_others(root: Path) -> None:
    folder = launch(root, "t-quick", {})
    wait_until(lambda: ended(folder), "the job ends")
    for path in (folder.root, *folder.root.rglob("*")):
        assert path.stat().st_mode & PRIVATE_UMASK == 0, path


def test_a_request_stops_it_after_it_saved(root: Path) -> None:
    folder = launch(root, "t-gate", {})
    wait_until(lambda: phase_of(folder) == "waiting", "the work begins")
    assert stop_job(folder, by="mila") == "stopped"
    assert (root / "saved").read_text().endswith("rounds")
    end = view(folder).snapshot.end
    assert isinstance(end, StoppedEvent)
    assert (end.by, end.forced) == ("mila", False)


def test_sigterm_to_the_group_stops_it_after_it_saved(root: Path) -> None:
    folder = launch(root, "t-gate", {})
    wait_until(lambda: phase_of(folder) == "waiting", "the work begins")
    pid = folder.read().pid
    assert pid is not None
    os.killpg(os.getpgid(pid), signal.SIGTERM)
    wait_until(lambda: ended(folder), "the job ends")
    end = view(folder).snapshot.end
    assert isinstance(end, StoppedEvent)
    assert end.by == "SIGTERM"
    assert (root / "saved").exists()


def test_one_that_does_not_listen_is_killed_with_its_children(root: Path) -> None:
    folder = launch(root, "t-family", {})
    wait_until(lambda: phase_of(folder) == "deaf", "the work begins")
    child = psutil.Process(int((root / "child").read_text()))
    assert stop_job(folder, grace_s=0.3, kill_after_s=0.3) == "stopped"
    end = view(folder).snapshot.end
    assert isinstance(end, StoppedEvent)
    assert end.forced
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "its child is gone too")


def test_stopping_what_has_ended_changes_nothing(root: Path) -> None:
    folder = launch(root, "t-quick", {})
    wait_until(lambda: ended(folder), "the job ends")
    before = folder.events_file.read_bytes()
    assert stop_job(folder) == "finished"
    assert folder.events_file.read_bytes() == before
    assert not folder.stop_file.exists()


def test_a_killed_job_has_died_and_its_log_tells_the_rest(root: Path) -> None:
    folder = launch(root, "t-vanish", {})
    wait_until(lambda: ended(folder), "the job is gone")
    assert view(folder).state == "died"
    assert folder.log_tail()[-1] == "last words before the end"


def test_kill_9_from_outside_is_died_as_well(root: Path) -> None:
    folder = launch(root, "t-gate", {})
    wait_until(lambda: phase_of(folder) == "waiting", "the work begins")
    pid = folder.read().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: ended(folder), "the job is gone")
    assert view(folder).state == "died"


def test_a_frozen_process_is_stalled_not_dead(root: Path) -> None:
    folder = launch(root, "t-gate", {})
    wait_until(lambda: phase_of(folder) == "waiting", "the work begins")
    record = folder.read()
    assert record.pid is not None
    os.kill(record.pid, signal.SIGSTOP)
    try:
        wait_until(lambda: psutil.Process(record.pid).status() == psutil.STATUS_STOPPED, "it is frozen")
        last = view(folder).snapshot.last_seen
        assert view(folder, now=last + STALL_SECONDS - 1).state == "running"
        assert view(folder, now=last + STALL_SECONDS + 1).state == "stalled"
        assert view(folder, now=last + STALL_SECONDS + 1).active
    finally:
        os.kill(record.pid, signal.SIGCONT)
    assert stop_job(folder) == "stopped"


def test_a_pid_that_was_given_away_is_not_the_job(root: Path) -> None:
    folder = launch(root, "t-vanish", {})
    wait_until(lambda: ended(folder), "the job is gone")
    # The kernel gives the pid to somebody else: this very process stands in for that.
    folder.write(folder.read().model_copy(update={"pid": os.getpid()}))
    assert is_alive(folder.read()) is False
    assert view(folder).state == "died"
    request_stop(folder)
    assert stop_job(folder) == "died"


def test_a_job_of_another_boot_is_not_alive(root: Path) -> None:
    folder = launch(root, "t-gate", {})
    record = folder.read()
    assert is_alive(record) is True
    assert is_alive(record.model_copy(update={"boot_id": "another boot"})) is False


def test_a_job_of_another_machine_is_judged_by_its_heartbeat(root: Path) -> None:
    folder = launch(root, "t-vanish", {})
    wait_until(lambda: ended(folder), "the job is gone")
    folder.write(folder.read().model_copy(update={"host": "another-box"}))
    last = view(folder).snapshot.last_seen
    assert view(folder, now=last + 1).state == "running"
    assert view(folder, now=last + STALL_SECONDS + 1).state == "stalled"


def test_one_heavy_job_at_a_time_unless_forced(root: Path, tmp_path: Path) -> None:
    other, _ = create_project(tmp_path / "other")
    first = launch(root, "t-heavy", {})
    assert running_heavy_job() is not None
    with pytest.raises(BusyError, match="Another heavy job") as refused:
        launch(other.root, "t-heavy", {})
    assert first.id in refused.value.what
    assert refused.value.exit_code == 2
    assert not (other.root / "jobs").exists()

    forced = launch(other.root, "t-heavy", {}, force=True)
    assert view(first).active
    assert view(forced).active
    light = launch(other.root, "t-quick", {})
    wait_until(lambda: ended(light), "a light job is not held up")
    (other.root / "go").touch()
    (root / "go").touch()
    wait_until(lambda: ended(first) and ended(forced), "both end")
    assert running_heavy_job() is None
    wait_until(lambda: view(launch(root, "t-heavy", {})).state, "the machine is free again")


def test_the_kernel_lock_refuses_what_the_list_did_not_see(root: Path, state: Path) -> None:
    state.mkdir(parents=True, exist_ok=True)
    with (state / "heavy.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = launch(root, "t-heavy", {})
        wait_until(lambda: ended(folder), "the job gives up")
    end = view(folder).snapshot.end
    assert isinstance(end, FailedEvent)
    assert (end.code, end.exit_code) == ("busy", 2)


def test_offline_jobs_reach_this_machine_only(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    folder = launch(root, "t-network", {})
    wait_until(lambda: ended(folder), "the job ends")
    assert view(folder).snapshot.result == {
        "offline": "1",
        "proxies": [],
        "datagram": "PermissionError",
        "message": "PermissionError",
        "whose": "PermissionError",
        "whose too": "PermissionError",
        "public": "PermissionError",
        "public6": "PermissionError",
        "name": "PermissionError",
        "loopback": "connected",
    }


def test_a_job_that_talks_to_nobody_cannot_open_a_socket_even_in_c(root: Path) -> None:
    folder = launch(root, "t-sockets", {})
    wait_until(lambda: ended(folder), "the job ends")
    result = view(folder).snapshot.result
    assert result is not None
    held = result["held"] == result["threads"] > 1
    assert held or "cannot refuse sockets" in folder.log_file.read_text(), "where the kernel does not help it is said"
    assert result["opened"] == [not held, not held, True]


def test_an_error_a_person_can_mend_is_told_in_its_own_words(root: Path) -> None:
    folder = launch(root, "t-bad-data", {})
    wait_until(lambda: ended(folder), "the job ends")
    end = view(folder).snapshot.end
    assert isinstance(end, FailedEvent)
    assert (end.code, end.exit_code) == ("data", 2)
    assert end.title == "The rows are odd."
    assert end.what == "rows.jsonl:3: `text` is missing."
    assert end.hint == "Mend line 3."


def test_an_unforeseen_error_keeps_its_traceback_in_the_log(root: Path) -> None:
    folder = launch(root, "t-crash", {})
    wait_until(lambda: ended(folder), "the job ends")
    end = view(folder).snapshot.end
    assert isinstance(end, FailedEvent)
    assert end.what == "RuntimeError: the flux is out of phase"
    assert str(folder.log_file) in end.hint
    assert "Traceback" not in end.model_dump_json()
    assert "Traceback" in folder.log_file.read_text()


def test_a_process_that_cannot_start_is_told_at_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(JobFailedError, match="did not start"):
        launch(root, "t-quick", {})


def beats(folder: JobFolder) -> list[HeartbeatEvent]:
    return [event for event in read_events(folder.events_file) if isinstance(event, HeartbeatEvent)]


def test_heartbeats_come_without_the_work(root: Path) -> None:
    folder = launch(root, "t-stubborn", {})
    wait_until(lambda: len(beats(folder)) >= 2, "two heartbeats")
    first, second, *_ = beats(folder)
    assert second.t - first.t < STALL_SECONDS
    assert second.quiet_s > first.quiet_s


def test_jobs_of_all_known_projects_are_listed_and_found(root: Path, tmp_path: Path) -> None:
    other, _ = create_project(tmp_path / "other")
    ids = [launch(where, "t-quick", {}).id for where in (root, other.root)]
    assert [job.record.id for job in all_jobs()] == ids
    assert find_job(ids[1]).id == ids[1]
    assert find_job(ids[0][:-1]).id == ids[0]
    with pytest.raises(Exception, match="Several jobs begin"):
        find_job("t-quick")
    with pytest.raises(Exception, match="There is no job"):
        find_job("nothing")


LAUNCHER = """
import fcntl, sys, termios, time
from pathlib import Path
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from engine.jobs.launch import launch
print("JOB " + launch(Path(sys.argv[1]), "t-gate", {}).id, flush=True)
while True:
    time.sleep(0.02)
    print("still here " * 50, flush=True)
"""


def start_in_terminal(root: Path) -> tuple[subprocess.Popen[bytes], int, JobFolder]:
    """A launcher in a terminal of its own; returns it, the terminal's master side, and its job."""
    master, slave = pty.openpty()
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(root)], stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    seen = b""
    while b"JOB " not in seen or not seen.partition(b"JOB ")[2].count(b"\n"):
        seen += os.read(master, 4096)
    return launcher, master, JobFolder(root / "jobs" / seen.partition(b"JOB ")[2].split()[0].decode())


def let_finish(root: Path, folder: JobFolder) -> None:
    """The job must be running still, and must reach its end once it may."""
    before = view(folder)
    assert before.state == "running"
    wait_until(lambda: view(folder).snapshot.done > before.snapshot.done, "the work goes on")
    (root / "go").touch()
    wait_until(lambda: ended(folder), "the job ends")
    assert view(folder).state == "finished"
    assert folder.log_tail()[-1] == "the gate is open"


def test_a_hung_up_terminal_does_not_reach_the_job(root: Path) -> None:
    launcher, master, folder = start_in_terminal(root)
    os.close(master)
    assert launcher.wait(60) != 0
    let_finish(root, folder)


def test_a_frozen_link_and_then_a_hang_up_do_not_reach_the_job(root: Path) -> None:
    launcher, master, folder = start_in_terminal(root)
    # Nobody reads the terminal any more: it fills, and the launcher blocks in its write.
    wait_until(lambda: _is_full(master), "the terminal is full", timeout=60)
    os.close(master)
    assert launcher.wait(60) != 0
    let_finish(root, folder)


def _is_full(master: int) -> bool:
    """Whether the terminal's unread output has stopped growing for a quarter of a second."""
    counts = []
    for _ in range(2):
        buffer = bytearray(4)
        fcntl.ioctl(master, termios.FIONREAD, buffer)
        counts.append(int.from_bytes(buffer, sys.byteorder))
        time.sleep(0.25)
    return counts[0] == counts[1] > 0


def test_kill_9_of_the_launcher_does_not_reach_the_job(root: Path) -> None:
    launcher, master, folder = start_in_terminal(root)
    launcher.kill()
    launcher.wait(60)
    os.close(master)
    let_finish(root, folder)
