"""Running the command line as a person does: a process, its two streams and its exit code."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tui.main import run

REPO = Path(__file__).parents[2]
DEMO = REPO / "presets" / "demo"


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout."""
        return json.loads(self.stdout)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The JSON lines on stdout."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def error(self) -> dict[str, Any]:
        """The error on stdout, the last line of it; the person read the same on stderr."""
        error: dict[str, Any] = self.events[-1]["error"]
        assert error["exit_code"] == self.code
        assert error["title"] in self.stderr
        assert "Traceback" not in self.stderr
        return error


@dataclass(frozen=True)
class Machine:
    """A machine of one's own: where its state lies and where commands are typed."""

    folder: Path

    def environment(self) -> dict[str, str]:
        """The environment of a command."""
        own = {"TUNESMITH_STATE": str(self.folder / "state"), "TUNESMITH_MODELS": str(self.folder / "models")}
        return {**os.environ, **own, "OMP_WAIT_POLICY": "passive", "COLUMNS": "100"}

    def run(self, *words: object, timeout: float = 600) -> Said:
        """Run `tunesmith WORDS` to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "tui.main", *map(str, words)],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            cwd=self.folder,
            env={**self.environment(), "PYTHONPATH": str(REPO)},
            timeout=timeout,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Here(Machine):
    """The same in this process, for what is said about many inputs: the walk in processes has tests of its own."""

    def run(self, *words: object, timeout: float = 600) -> Said:
        """Run `tunesmith WORDS` to its end; what nobody foresaw fails the test as it is."""
        mask = os.umask(0)
        os.umask(mask)
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            patch.chdir(self.folder)
            for name, value in self.environment().items():
                patch.setenv(name, value)
            try:
                code = run([str(word) for word in words])
            finally:
                os.umask(mask)
        return Said(code, out.getvalue(), err.getvalue())
