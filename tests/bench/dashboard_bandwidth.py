"""What the dashboard writes to the terminal and what it costs: the real wizard on a pty, a job of one step a second.

    python -m tests.bench.dashboard_bandwidth [--seconds 30] [--size 80x24] [--points 800]

The promise is under 6 KB/s and under 5 % of a core at 80x24 and 1 Hz, because people watch over SSH and the CPU
belongs to the training. Exits with 1 when it is not kept.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from engine.jobs.events import HeartbeatEvent
from engine.jobs.process import identity
from tests.tui.recorded import RecordedJob, beginning, make_project, step_event, steps_to

MOST_BYTES_PER_S = 6 * 1024
MOST_CPU_SHARE = 0.05
_START = "import sys; from pathlib import Path; from tui.app import run_wizard; run_wizard(Path(sys.argv[1]))"


@dataclass(frozen=True)
class Measured:
    """What the dashboard cost over `seconds`."""

    seconds: float
    written: int
    cpu_s: float

    @property
    def bytes_per_s(self) -> float:
        """To the terminal."""
        return self.written / self.seconds

    @property
    def cpu_share(self) -> float:
        """Of one core."""
        return self.cpu_s / self.seconds


def measure(seconds: float, columns: int = 80, rows: int = 24, points: int = 800) -> Measured:
    """Run the wizard on a pty over a job that makes one step a second, and count.

    Args:
        seconds: How long to count, after the first pictures.
        columns: Of the terminal.
        rows: Of the terminal.
        points: Steps the job has made before.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TUNESMITH_STATE"] = f"{folder}/state"
        project = make_project(Path(folder) / "project")
        job = RecordedJob(project)
        job.set_spec(run=job.record.id, resumed_from_step=0)
        job.emit(*beginning(), *steps_to(points, steps=4 * points))
        terminal, child = _start(project.root, columns, rows)
        try:
            step = _run(terminal, job, points, 8.0 + points / 2000, 4 * points)[1]
            process = psutil.Process(child.pid)
            before, began = process.cpu_times(), time.monotonic()
            written, _ = _run(terminal, job, step, seconds, 4 * points)
            after, spent = process.cpu_times(), time.monotonic() - began
            cpu = after.user + after.system - before.user - before.system
            return Measured(spent, written, cpu)
        finally:
            child.kill()
            child.wait()
            os.close(terminal)


def _start(project: Path, columns: int, rows: int) -> tuple[int, subprocess.Popen[bytes]]:
    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    child = subprocess.Popen(
        [sys.executable, "-c", _START, str(project)],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        env=environment,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    os.close(inner)
    return terminal, child


def _run(terminal: int, job: RecordedJob, step: int, seconds: float, steps: int | None = None) -> tuple[int, int]:
    """Make a step a second and read what the wizard writes; (bytes, last step)."""
    written, end, next_step = 0, time.monotonic() + seconds, time.monotonic()
    while (now := time.monotonic()) < end:
        if now >= next_step:
            next_step += 1.0
            step += 1
            job.emit(step_event(step, steps or 4 * step))
            if step % 5 == 0:
                job.emit(HeartbeatEvent(quiet_s=0.0))
        if select.select([terminal], [], [], max(0.0, min(end, next_step) - time.monotonic()))[0]:
            written += len(os.read(terminal, 65536))
    return written, step


def main() -> int:
    """Measure and print; 1 when the promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--size", default="80x24")
    parser.add_argument("--points", type=int, default=800)
    options = parser.parse_args()
    columns, rows = (int(part) for part in options.size.split("x"))
    measured = measure(options.seconds, columns, rows, options.points)
    print(
        f"dashboard {options.size}, 1 step/s, {options.points:,} points: "
        f"{measured.bytes_per_s / 1024:.2f} KB/s to the terminal (promise: under {MOST_BYTES_PER_S / 1024:.0f}), "
        f"{measured.cpu_share:.1%} of a core (promise: under {MOST_CPU_SHARE:.0%})"
    )
    return int(measured.bytes_per_s > MOST_BYTES_PER_S or measured.cpu_share > MOST_CPU_SHARE)


if __name__ == "__main__":
    assert identity()["pid"] == os.getpid()
    sys.exit(main())
