"""Kinds of job that exist only in tests: each shows one behaviour of a long piece of work."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from engine.errors import DataError
from engine.jobs.context import JobContext
from engine.jobs.kinds import JobKind

HERE = "tests.engine.job_kinds"
TEST_KINDS = {
    "t-quick": JobKind(f"{HERE}:quick", "answering"),
    "t-gate": JobKind(f"{HERE}:gate", "waiting for the go file"),
    "t-heavy": JobKind(f"{HERE}:gate", "waiting heavily", heavy=True),
    "t-stubborn": JobKind(f"{HERE}:stubborn", "not listening"),
    "t-family": JobKind(f"{HERE}:family", "working with a child process"),
    "t-bad-data": JobKind(f"{HERE}:bad_data", "reading"),
    "t-crash": JobKind(f"{HERE}:crash", "breaking"),
    "t-vanish": JobKind(f"{HERE}:vanish", "vanishing"),
    "t-network": JobKind(f"{HERE}:network", "calling out", talks=f"{HERE}:always"),
    "t-sockets": JobKind(f"{HERE}:sockets", "calling out from C"),
    "t-train": JobKind("tests.engine.ranked:train", "training", talks=f"{HERE}:always"),
}
_IN_C = "import ctypes, socket; print([ctypes.CDLL(None).socket(family, 2, 0) >= 0 for family in (2, 10, 1)])"
"""Whether a process can open sockets of the internet, of the newer internet, and of this machine, past Python."""


def always(context: JobContext) -> bool:
    """Its processes talk to each other."""
    return True


def sockets(context: JobContext) -> dict[str, Any]:
    """Say which threads the kernel keeps from sockets, and what a child can open."""
    tasks = Path("/proc/self/task").glob("*/status")
    held = ["Seccomp:\t2" in task.read_text() for task in tasks]
    child = subprocess.run([sys.executable, "-c", _IN_C], capture_output=True, text=True, check=True)
    with contextlib.closing(socket.socket(socket.AF_UNIX)):
        return {"threads": len(held), "held": sum(held), "opened": json.loads(child.stdout.lower())}


def quick(context: JobContext) -> dict[str, Any]:
    """Say a little and be done."""
    context.phase("thinking", "thinking")
    context.progress(1, 1, "thoughts")
    return {"answer": 42}


def gate(context: JobContext) -> dict[str, Any]:
    """Go on until `go` lies in the project folder; when stopped, save first."""
    context.phase("waiting", "waiting for go")
    rounds = 0
    while not (context.project.root / "go").exists():
        if context.stop.is_set():
            (context.project.root / "saved").write_text(f"{rounds} rounds")
            context.check_stop()
        rounds += 1
        context.progress(rounds, None, "rounds")
        time.sleep(0.02)
    print("the gate is open", flush=True)
    return {"rounds": rounds}


def stubborn(context: JobContext) -> dict[str, Any]:
    """Hear nothing, neither the request nor SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    context.phase("deaf", "not listening")
    while True:
        time.sleep(0.05)


def family(context: JobContext) -> dict[str, Any]:
    """Have a child process that ignores SIGTERM as well."""
    sleeper = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", sleeper], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        (context.project.root / "child").write_text(str(child.pid))
        return stubborn(context)


def bad_data(context: JobContext) -> dict[str, Any]:
    """Fail as a person can mend it."""
    raise DataError("The rows are odd.", "rows.jsonl:3: `text` is missing.", "Mend line 3.")


def crash(context: JobContext) -> dict[str, Any]:
    """Fail as nobody foresaw."""
    raise RuntimeError("the flux is out of phase")


def vanish(context: JobContext) -> dict[str, Any]:
    """Be gone without a word, as when the kernel takes the memory back."""
    print("last words before the end", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def network(context: JobContext) -> dict[str, Any]:
    """Try a public address, a public name and this machine; say what happened."""
    proxies = [name for name in os.environ if name.lower().endswith("_proxy")]
    outcome: dict[str, Any] = {"offline": os.environ.get("HF_HUB_OFFLINE"), "proxies": proxies}
    for name, address in (("public", "192.0.2.1"), ("public6", "2001:db8::1")):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with contextlib.closing(socket.socket(family)) as plug:
            plug.settimeout(1)
            outcome[name] = _outcome(lambda plug=plug, address=address: plug.connect((address, 9)))
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as plug:
        outcome["datagram"] = _outcome(lambda: plug.sendto(b"x", ("192.0.2.1", 9)))
        outcome["message"] = _outcome(lambda: plug.sendmsg([b"x"], [], 0, ("192.0.2.1", 9)))
    outcome["name"] = _outcome(lambda: socket.getaddrinfo("example.com", 443))
    outcome["whose"] = _outcome(lambda: socket.gethostbyaddr("192.0.2.1"))
    outcome["whose too"] = _outcome(lambda: socket.getnameinfo(("192.0.2.1", 9), 0))
    with socket.create_server(("127.0.0.1", 0)) as server:
        outcome["loopback"] = _outcome(lambda: socket.create_connection(server.getsockname(), timeout=5).close())
    return outcome


def _outcome(attempt: Any) -> str:
    try:
        attempt()
    except OSError as error:
        return type(error).__name__
    return "connected"
