"""Memory of a scan of a large file: `python -m tests.bench.scan_memory [ROWS] [PROFILE]`.

Writes so many made-up chat rows, scans them as a job with its helpers, and prints the resident memory of the job and
of its helpers at every tenth of the way. Exits with 1 when all of them together pass 1.5 GB.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from engine.jobs.events import FinishedEvent, PhaseEvent, ProgressEvent
from engine.jobs.folder import JobFolder, JobRecord
from engine.jobs.reader import EventTail
from engine.machine import hostname
from engine.project import create_project
from engine.spec import DataSpec
from tests.bench.scan_speed import rows

LIMIT_MB = 1_500


def main() -> int:
    """Scan and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    profile = sys.argv[2] if len(sys.argv) > 2 else "fast"
    with tempfile.TemporaryDirectory() as name:
        project, _ = create_project(Path(name) / "project")
        data = Path(name) / "rows.jsonl"
        with data.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in rows(count))
        project.update(
            lambda spec: spec.model_copy(
                update={
                    "data": DataSpec(path=str(data)),
                    "redaction": spec.redaction.model_copy(update={"profile": profile}),
                }
            )
        )
        folder = JobFolder(project.jobs_folder / "scan-bench")
        folder.root.mkdir(parents=True)
        folder.write(
            JobRecord(
                id=folder.id,
                kind="scan",
                project=str(project.root),
                spec={"force": True},
                created=time.time(),
                host=hostname(),
            )
        )
        return watch(folder, count)


def watch(folder: JobFolder, count: int) -> int:
    """Run the job, print its memory as it goes, and judge the peak."""
    began = time.monotonic()
    job = subprocess.Popen([sys.executable, "-m", "engine.jobs.runner", str(folder.root)])
    tail, phase, next_row, peak = EventTail(folder.events_file), "", 0, 0.0
    done = False
    while not done:
        done = job.poll() is not None
        peak = max(peak, sum(memory_mb(job.pid)))
        for event in tail.read():
            if isinstance(event, PhaseEvent):
                phase, next_row = event.name, 0
            elif isinstance(event, ProgressEvent) and event.done >= next_row:
                parts = " + ".join(f"{part:.0f}" for part in memory_mb(job.pid))
                print(f"{phase:6} {event.done:9,d} rows {time.monotonic() - began:7.0f} s  {parts} MB", flush=True)
                next_row = int(event.done) + count // 10
            elif isinstance(event, FinishedEvent):
                print(f"finished: {event.model_dump().get('findings')} findings, peak {peak:.0f} MB")
        time.sleep(0.5)
    return int(job.returncode != 0 or peak > LIMIT_MB)


def memory_mb(pid: int) -> list[float]:
    """Resident memory of the job and of each of its helpers."""
    try:
        job = psutil.Process(pid)
        return [process.memory_info().rss / 2**20 for process in [job, *job.children(recursive=True)]]
    except psutil.NoSuchProcess:
        return []


if __name__ == "__main__":
    sys.exit(main())
