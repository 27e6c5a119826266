"""What every test gets: a machine state of its own, so that nothing of the person's is read or written."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.terminal import set_textual_environment

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# As a job does while it loads (engine.jobs.runner): the compiler is a sixth of what importing all libraries takes.
os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
# As the program does before Textual is imported: without it the pictures of an animation are painted and waited for.
set_textual_environment(os.environ)


@pytest.fixture(autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The machine's state folder during this test; models go beside it."""
    folder = tmp_path_factory.mktemp("machine")
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
