"""What every test gets: a machine state of its own, so that nothing of the person's is read or written."""

from __future__ import annotations

import gc
import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tui.terminal import set_textual_environment

# The same terminal everywhere: a container has no language, a build server no colours and maybe forty columns.
os.environ.update(LANG="C.UTF-8", TERM="xterm-256color")
for _name in ("LC_ALL", "LC_CTYPE", "COLORTERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "SSH_CONNECTION"):
    os.environ.pop(_name, None)
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# As a job does while it loads (engine.jobs.runner): the compiler is a sixth of what importing all libraries takes.
os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
# As the program does before Textual is imported: without it the pictures of an animation are painted and waited for.
set_textual_environment(os.environ)
# A worker holds every module that is tested: looking through them for garbage was a twelfth of its time.
gc.set_threshold(50_000, 20, 20)


_MACHINES = itertools.count(1)


@pytest.fixture(autouse=True, scope="session")
def disk_is_not_waited_for() -> Iterator[None]:
    """What is written here need not survive a power cut: in this process nobody waits until the disk has it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The machine's state folder during this test; models go beside it."""
    # Not `mktemp`: to find the next number it reads the names of all folders that were made before.
    folder = tmp_path_factory.getbasetemp() / "machines" / str(next(_MACHINES))
    folder.mkdir(parents=True)
    monkeypatch.setenv("TUNESMITH_STATE", str(folder / "state"))
    monkeypatch.setenv("TUNESMITH_MODELS", str(folder / "models"))
    return folder / "state"


def wait_until(condition: Callable[[], object], what: str, timeout: float = 30.0, every: float = 0.02) -> None:
    """Return as soon as `condition()` is true, asked `every` so many seconds; fail after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout:g} s in vain: {what}")
        time.sleep(every)
