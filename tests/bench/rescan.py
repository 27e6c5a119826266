"""What a second scan costs: `python -m tests.bench.rescan [ROWS] [PROFILE] [TURNS]`.

Writes so many made-up chat rows of TURNS turns each (1: the short rows of `scan_memory`), scans them as a job, scans
again with nothing changed, and once more with every hundredth row changed. Prints seconds of the clock and of the
processor (the job's and its helpers') and their share of the first scan: it is to be about 1 %, of which starting,
reading the file and loading the models are a fixed part that counts less the longer the first scan was.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from engine.jobs.folder import JobFolder, JobRecord
from engine.machine import hostname
from engine.project import Project, create_project
from engine.spec import DataSpec
from tests.bench.scan_memory import short_rows

_CHANGED = 100
"""One row in so many is changed."""


def main() -> int:
    """Scan three times and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    profile = sys.argv[2] if len(sys.argv) > 2 else "thorough"
    turns = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    with tempfile.TemporaryDirectory() as name:
        project, _ = create_project(Path(name) / "project")
        data = Path(name) / "rows.jsonl"
        project.update(
            lambda spec: spec.model_copy(
                update={
                    "data": DataSpec(path=str(data)),
                    "redaction": spec.redaction.model_copy(update={"profile": profile}),
                }
            )
        )
        texts = list(short_rows(count * turns + count // _CHANGED))
        rows = [texts[start : start + turns] for start in range(0, count * turns, turns)]
        _write(data, rows)
        first = _scanned(project, "first")
        same = _scanned(project, "same")
        for number, text in enumerate(texts[count * turns :]):
            rows[number * _CHANGED][-1] = text
        _write(data, rows)
        changed = _scanned(project, "changed")
    print(f"{count} rows of {turns} turns, {profile}: {first[0]:.1f} s, {first[1]:.1f} s of processor time")
    for what, (clock, processor) in (("nothing changed", same), ("1 % changed", changed)):
        share = processor / first[1]
        print(f"  {what}: {clock:.1f} s ({clock / first[0]:.1%}), {processor:.1f} s of processor time ({share:.1%})")
    return 0


def _write(file: Path, rows: Sequence[Sequence[str]]) -> None:
    roles = ("user", "assistant")
    with file.open("w", encoding="utf-8") as out:
        for row in rows:
            turns = [{"role": roles[number % 2], "content": text} for number, text in enumerate(row)]
            out.write(json.dumps({"messages": turns} if len(turns) > 1 else {"text": row[0]}) + "\n")


def _scanned(project: Project, name: str) -> tuple[float, float]:
    """Seconds of the clock and of the processor that a scan took."""
    folder = JobFolder(project.jobs_folder / f"scan-{name}")
    folder.root.mkdir(parents=True)
    folder.write(
        JobRecord(
            id=folder.id, kind="scan", project=str(project.root), spec={}, created=time.time(), host=hostname()
        )
    )  # fmt: skip
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([sys.executable, "-m", "engine.jobs.runner", str(folder.root)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, spent


if __name__ == "__main__":
    sys.exit(main())
