"""A whole evaluation, 135M model and 200 rows, by stages: `python -m tests.bench.evaluation_speed [FOLDER]`.

SmolLM2-135M-Instruct, 200 of the bundled chats, the recipe `balanced` in NF4, scanned, redacted and trained for a few
steps by the real commands; then the real `tunesmith evaluate PROJECT` with what it does by itself. Printed for each
stage: seconds of the clock and seconds of processor (all processes of the job), and both in total. Exits with 1 when it
took more than 8 minutes of the clock.

With FOLDER the project is made there and taken again the next time; the evaluation is always made anew.
`--steps N`: how long it is trained (12). `--prepare-only`: make the project and stop.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from pathlib import Path

import psutil

from engine.jobs.events import PhaseEvent, StartedEvent
from engine.jobs.folder import JobFolder, jobs_of
from engine.jobs.reader import read_events
from tests.projects import demo_rows
from tests.smollm2 import smollm2_gguf

ROWS, LIMIT_S = 200, 480.0
Sample = tuple[float, float]
"""Seconds since the epoch, and seconds of processor until then."""


def main() -> int:
    """Make the project, evaluate it, print the stages; 0 when it was fast enough."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--prepare-only", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        gguf = smollm2_gguf()
        os.environ |= {
            "TUNESMITH_STATE": str(folder / "state"),
            "TUNESMITH_MODELS": str(gguf.parent / "models"),  # converted once a machine
            "OMP_WAIT_POLICY": "passive",
        }
        # As a person runs it: with all cores, whatever limits the shell of a test has.
        os.environ.pop("OMP_NUM_THREADS", None)
        project = folder / "project"
        if not (project / "runs").is_dir():
            _make(folder, project, gguf, given.steps)
        if given.prepare_only:
            return 0
        shutil.rmtree(project / "evaluation", ignore_errors=True)
        return _evaluate(project)


def _make(folder: Path, project: Path, gguf: Path, steps: int) -> None:
    data = folder / "rows.jsonl"
    data.write_text("\n".join(demo_rows(ROWS)) + "\n", encoding="utf-8")
    _command("new", project, "--data", data, "--model", gguf, "--preset", "balanced",
             "--set", f"recipe.max_steps={steps}", "--set", "recipe.effective_batch=8")  # fmt: skip
    for words in (("scan",), ("review", "--accept-all"), ("redact",), ("train",)):
        _command(words[0], project, *words[1:])


def _command(*words: object) -> None:
    command = [sys.executable, "-m", "tui.main", *map(str, words)]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{words[0]} ended with {ended.returncode}:\n{ended.stdout}\n{ended.stderr}")


def _evaluate(project: Path) -> int:
    known = {job.id for job in jobs_of(project)}
    command = [sys.executable, "-m", "tui.main", "evaluate", str(project)]
    began = time.time()
    said = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    job: JobFolder | None = None
    spent: list[Sample] = [(began, 0.0)]
    while said.poll() is None:
        job = job or next((one for one in jobs_of(project) if one.id not in known), None)
        if job is not None and (pid := job.read().pid) is not None:
            spent += _spent(pid)
        time.sleep(0.2)
    seconds = time.time() - began
    if said.returncode or job is None:
        raise SystemExit(f"evaluate ended with {said.returncode}: {job.log_tail() if job else 'no job'}")
    _print_stages(job, spent, began + seconds)
    print(f"{'all of it':16} {seconds:7.1f} s {spent[-1][1]:7.1f} s of processor; goal {LIMIT_S:.0f} s")
    return int(seconds > LIMIT_S)


def _spent(pid: int) -> list[Sample]:
    """Processor time of a process and all that it started; empty when it is gone."""
    try:
        process = psutil.Process(pid)
        each = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    except psutil.NoSuchProcess:
        return []
    own = each[0].children_user + each[0].children_system
    return [(time.time(), own + sum(one.user + one.system for one in each))]


def _print_stages(job: JobFolder, spent: list[Sample], end: float) -> None:
    events = read_events(job.events_file)
    marks = [("start", next(one.t for one in events if isinstance(one, StartedEvent)))]
    marks += [(one.name, one.t) for one in events if isinstance(one, PhaseEvent)]
    times = [time for time, _ in spent]

    def at(moment: float) -> float:
        return spent[min(bisect_left(times, moment), len(spent) - 1)][1]

    for (name, first), (_, then) in zip(marks, [*marks[1:], ("", end)], strict=True):
        print(f"{name:16} {then - first:7.1f} s {at(then) - at(first):7.1f} s of processor", flush=True)


if __name__ == "__main__":
    sys.exit(main())
