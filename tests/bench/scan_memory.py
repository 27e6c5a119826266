# ruff: noqa: E501, SIM905 (lists of lines are easier to read and to add to as text)
"""Memory of a scan of a large file: `python -m tests.bench.scan_memory [ROWS] [PROFILE]`.

Writes so many made-up short chat rows, no two alike, scans them as a job with its helpers, and prints the resident
memory of the job and of its helpers at every tenth of the way: it is to stay flat. Exits with 1 when all of them
together pass 1.5 GB, or when the memory of the last tenth of a phase is more than a tenth above that of the second.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from engine.jobs.events import FinishedEvent, PhaseEvent, ProgressEvent
from engine.jobs.folder import JobFolder, JobRecord
from engine.jobs.reader import EventTail
from engine.machine import hostname
from engine.project import create_project
from engine.spec import DataSpec

LIMIT_MB = 1_500
_OPEN = """|hey|hi babe|omg|so|ok|well|honestly|lol|aww|good morning|btw|hmm|oh|yeah|no way|listen|hello again|I know|quick one""".split(
    "|"
)
_DONE = """I loved|I keep watching|I finally saw|did you like|can you send|do you remember|I want|I missed|we talked about|I dream of
you promised|tell me about|I saved|how was|please post|I cannot forget|are you still doing|what about|show me|I paid for|I subscribed for
you looked amazing in|who took|I woke up thinking of|my friends like|when do I get|could you redo|I would tip for|I laughed at""".replace(
    "\n", "|"
).split("|")
_THING = """the red dress|that video|your new hair|the beach set|the second half|those boots|the kitchen story|a custom clip|your voice note
the live stream|the last picture|your cooking|that ramen place|the train ride|the hotel room|your tattoo|the bath scene|a longer call
the monthly plan|your laugh|the blue lights|the old photos|your garden|that song|the holiday special|the mirror shot|the black heels
the coffee story|your dog|the gym session|the piano piece|the late show|your playlist|the birthday wish|the silk robe""".replace(
    "\n", "|"
).split("|")
_WHEN = """|today|last night|this week|again|before work|on sunday|after the gym|in the morning|at the weekend|for once|tomorrow|right now
all day|since june|while it rained|before my flight|on the bus|later""".replace("\n", "|").split("|")
_ENDS = ("", "", "?", "!", " x", " <3", " :)", "..")
_FIRST = "Maya Tomasz Ingrid Priya Deshawn Yuki Fatou Callum Renske Luka Odile Bartek Marisol Nils Aoife Kofi".split()
_LAST = "Lindqvist Okafor Brennan Vasquez Kowalczyk Haverkamp Sorensen Iyer Castellanos Dubrovsky Achterberg".split()
_PERSONAL = """my name is {first}, {what}|{what}, ask {first} {last}|text me on (555) 01{a}-{b}|mail {low}.{last_low}{a}@example.com
find me on insta: {low}_{last_low}{b}|send it to {a} Rosewood Court, {what}|I'm {first} and {what}|dm @{low}.{last_low}{b}
{first} says {what}|order YC{b}{a} never came, {what}|{what} with {first} {last}""".replace("\n", "|").split("|")


def short_rows(count: int, seed: int = 11) -> Iterator[str]:
    """Made-up rows of a chat, no two alike, a third of them with something personal; 20 to 80 characters."""
    dice = random.Random(seed)
    made: set[str] = set()
    while len(made) < count:
        text = f"{dice.choice(_OPEN)} {dice.choice(_DONE)} {dice.choice(_THING)} {dice.choice(_WHEN)}".strip()
        if dice.random() < 0.34:
            first, last = dice.choice(_FIRST), dice.choice(_LAST)
            text = dice.choice(_PERSONAL).format(
                what=text, first=first, last=last, low=first.lower(), last_low=last.lower(), a=dice.randint(10, 99), b=dice.randint(1000, 9999)
            )  # fmt: skip
        text += dice.choice(_ENDS)
        if 20 <= len(text) <= 80 and text not in made:
            made.add(text)
            yield text


def main() -> int:
    """Scan and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    profile = sys.argv[2] if len(sys.argv) > 2 else "fast"
    with tempfile.TemporaryDirectory() as name:
        project, _ = create_project(Path(name) / "project")
        data = Path(name) / "rows.jsonl"
        with data.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in short_rows(count))
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
    began, flat = time.monotonic(), True
    steps: list[float] = []
    job = subprocess.Popen([sys.executable, "-m", "engine.jobs.runner", str(folder.root)])
    tail, phase, next_row, peak = EventTail(folder.events_file), "", 0, 0.0
    done = False
    while not done:
        done = job.poll() is not None
        peak = max(peak, sum(memory_mb(job.pid)))
        for event in tail.read():
            if isinstance(event, PhaseEvent):
                flat &= _is_flat(steps)
                phase, next_row, steps = event.name, 0, []
            elif isinstance(event, ProgressEvent) and event.done >= next_row:
                now = memory_mb(job.pid)
                parts = " + ".join(f"{part:.0f}" for part in now)
                print(f"{phase:6} {event.done:9,d} rows {time.monotonic() - began:7.0f} s  {parts} MB", flush=True)
                steps.append(sum(now))
                next_row = (int(event.done) // (count // 10) + 1) * (count // 10)
            elif isinstance(event, FinishedEvent):
                print(f"finished: {event.model_dump().get('findings')} findings, peak {peak:.0f} MB")
        time.sleep(0.5)
    return int(job.returncode != 0 or peak > LIMIT_MB or not flat)


def _is_flat(steps: list[float]) -> bool:
    """Whether memory stayed where it was when a tenth of a phase was done."""
    return len(steps) < 10 or steps[-1] <= steps[1] * 1.1


def memory_mb(pid: int) -> list[float]:
    """Resident memory of the job and of each of its helpers."""
    try:
        job = psutil.Process(pid)
        return [process.memory_info().rss / 2**20 for process in [job, *job.children(recursive=True)]]
    except psutil.NoSuchProcess:
        return []


if __name__ == "__main__":
    sys.exit(main())
