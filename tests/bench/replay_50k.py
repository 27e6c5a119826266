"""A replayed run of 50,000 step events: how long until its picture stands, and what scrolling its log costs.

    python -m tests.bench.replay_50k [--steps 50000]

The promise is a picture within one second of processor time after the page is opened, and no key that takes more
than a quarter of a second while the log, the health page and the picture are gone through. Processor time, because
the machine may be busy with other work. Exits with 1 when it is not kept.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from engine.jobs.events import AlertEvent, StoppedEvent
from engine.project import Project
from tests.tui.recorded import RecordedJob, beginning, make_project, steps_to

MOST_OPEN_S = 1.0
MOST_STALL_S = 0.25


def recorded(root: Path, steps: int) -> Project:
    """A project with one run of so many step events, ended."""
    project = make_project(root / "project")
    job = RecordedJob(project)
    job.set_spec(run=job.record.id, resumed_from_step=0)
    alerts = [AlertEvent(rule="gradient_spike", severity="note", seen=f"seen {number}") for number in range(200)]
    events = [*beginning(), *steps_to(steps, steps=steps), *alerts, StoppedEvent(by="you")]
    job.writer.close()
    lines = []
    for number, event in enumerate(events):
        event.seq, event.t = number, time.time()
        lines.append(event.model_dump_json(exclude_none=True))
    job.folder.events_file.write_text("\n".join(lines) + "\n")
    job.folder.log_file.write_text("a line of a library\n" * 5000)
    return project


async def measure(project: Project) -> tuple[float, dict[str, float]]:
    """Seconds of processor time until the picture stands, and the longest turn of each key after it."""
    from tui.app import TunesmithApp
    from tui.screens.train import TrainScreen
    from tui.terminal import Terminal
    from tui.widgets.lines import Lines

    app = TunesmithApp(terminal=Terminal())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        began = time.process_time()
        app.open_place(project, "train")
        while True:
            await asyncio.sleep(0.005)
            screen = app.screen
            if isinstance(screen, TrainScreen) and screen.is_mounted:
                drawn = "\n".join(line.plain for line in screen.query_one("#state", Lines).lines)
                if "stopped" in drawn and len(screen._curve):
                    break
        opened = time.process_time() - began
        stalls: dict[str, float] = {}
        for key in ("tab", *["pagedown"] * 10, *["up"] * 10, "tab", "h", *["pagedown"] * 10, "h"):
            began = time.process_time()
            await pilot.press(key)
            stalls[key] = max(stalls.get(key, 0.0), time.process_time() - began)
    return opened, stalls


def main() -> int:
    """Measure and say whether the promise is kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=50_000)
    steps = parser.parse_args().steps
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TUNESMITH_STATE"] = str(Path(folder) / "state")
        project = recorded(Path(folder), steps)
        opened, stalls = asyncio.run(measure(project))
    print(
        json.dumps(
            {
                "steps": steps,
                "open_s": round(opened, 3),
                "longest_key_s": {key: round(value, 3) for key, value in stalls.items()},
            }
        )
    )
    return 0 if opened < MOST_OPEN_S and max(stalls.values()) < MOST_STALL_S else 1


if __name__ == "__main__":
    sys.exit(main())
