"""The library of runs: what each is, which rule has to catch it, and the script that records them.

    python -m tests.engine.run_library [NAME ...]        records these runs, or all, into tests/engine/recorded_runs

Every run is the real training job on the bundled model, with one fault (tests/engine/faults.py) or with settings that
go wrong by themselves. What is kept are the events that rules look at, so that they can be judged in milliseconds.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.jobs.events import AlertEvent, Event, HeartbeatEvent, MemoryEvent, ProgressEvent, SampleEvent, StartedEvent
from engine.jobs.reader import read_events
from engine.project import Project

FOLDER = Path(__file__).parent / "recorded_runs"
_NOT_KEPT = (AlertEvent, HeartbeatEvent, MemoryEvent, ProgressEvent, SampleEvent, StartedEvent)


@dataclass(frozen=True)
class Recorded:
    """One run of the library.

    Args:
        rows: So many training rows at most; None: all of the demo data that is used.
        recipe: Knobs that differ from the demo's.
        fault: What strikes; empty: nothing.
        spec: Further fields of the job's spec.
        rule: Which has to speak; empty: this run is healthy.
        by_step: No later than at this step; 0: before the first.
        severity: Of the alert.
    """

    rows: int | None = None
    recipe: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    spec: dict[str, Any] = field(default_factory=dict)
    rule: str = ""
    by_step: int = 0
    severity: str = "red"


DEMO_ROWS = 120
_SHORT = {"max_steps": 9, "eval_steps": 4, "save_steps": 4}
BAD: dict[str, Recorded] = {
    "rate_100_times": Recorded(
        recipe={"learning_rate": 0.2, "max_steps": 22, "scheduler": "constant", "eval_steps": 10},
        rule="loss_rises",
        by_step=22,
    ),
    "rate_50_times_without_warmup": Recorded(
        recipe={"learning_rate": 0.1, "warmup_ratio": 0.0, "max_steps": 12, "eval_steps": 10},
        rule="worse_than_base",
        by_step=10,
    ),
    "nan_at_step_30": Recorded(
        recipe={"max_steps": 34, "save_steps": 10, "eval_steps": 20},
        fault="nan_once",
        rule="loss_not_finite",
        by_step=30,
    ),
    "nan_always": Recorded(recipe=_SHORT, fault="nan_always", rule="loss_not_finite", by_step=7),
    "all_labels_masked": Recorded(recipe=_SHORT, fault="all_masked", rule="nothing_supervised"),
    "eos_masked": Recorded(recipe=_SHORT, fault="eos_masked", rule="eos_masked"),
    "holdout_in_training": Recorded(recipe=_SHORT, fault="leak", rule="holdout_in_training"),
    "one_row_500_times": Recorded(recipe=_SHORT, fault="one_row", rule="duplicates"),
    "tiny_dataset_50_epochs": Recorded(
        rows=16, recipe={"epochs": 50, "effective_batch": 16}, rule="tiny_dataset", severity="amber"
    ),
    "memorising": Recorded(
        rows=16,
        recipe={"epochs": 25, "learning_rate": 1e-2, "scheduler": "constant", "eval_steps": 5},
        rule="holdout_rises",
        by_step=50,
        severity="amber",
    ),
    "inert_adapter": Recorded(recipe=_SHORT, fault="inert", rule="adapter_inert", by_step=4),
    "out_of_memory": Recorded(
        recipe=_SHORT, fault="allocator_limit", spec={"most_rows": 2}, rule="out_of_memory", by_step=1, severity="amber"
    ),
    "disk_full": Recorded(recipe=_SHORT, fault="disk_full", rule="disk_full", by_step=9),
    "killed_in_mid_save": Recorded(recipe=_SHORT, fault="killed_in_save", rule="died", by_step=9),
    "loss_stuck": Recorded(
        recipe={"learning_rate": 1e-9, "max_steps": 34, "eval_steps": 20},
        rule="loss_stuck",
        by_step=34,
        severity="amber",
    ),
    "rate_zero": Recorded(recipe={"max_steps": 16, "eval_steps": 10}, fault="rate_zero", rule="rate_zero", by_step=14),
}
HEALTHY: dict[str, Recorded] = {
    "healthy_demo": Recorded(recipe={"max_steps": 45}),
    "healthy_dropout": Recorded(recipe={"max_steps": 25, "dropout": 0.1, "micro_batch": 4, "learning_rate": 1e-3}),
    "healthy_linear": Recorded(recipe={"max_steps": 25, "learning_rate": 5e-4, "scheduler": "linear"}),
    "healthy_constant": Recorded(
        recipe={"max_steps": 25, "scheduler": "constant_with_warmup", "warmup_ratio": 0.1, "rank": 8}
    ),
    "healthy_large_steps": Recorded(recipe={"max_steps": 15, "effective_batch": 16}),
}
RUNS = BAD | HEALTHY


def recorded_events(name: str) -> list[Event]:
    """The events of a run of the library."""
    return [*read_events(FOLDER / f"{name}.jsonl")]


def compact(events: Iterable[Event], root: Path) -> str:
    """The events that rules look at, one a line, without what belongs to the machine they were recorded on."""
    lines = []
    began = None
    for event in events:
        if isinstance(event, _NOT_KEPT):
            continue
        began = event.t if began is None else began
        content = event.model_dump(mode="json", exclude_none=True)
        content["t"] = round(event.t - began, 2)
        lines.append(json.dumps(_shorter(content, root)))
    return "\n".join(lines) + "\n"


def _shorter(value: Any, root: Path) -> Any:
    match value:
        case float():
            return float(f"{value:.6g}")
        case str():
            return value.replace(str(root), "PROJECT")
        case dict():
            return {name: _shorter(inner, root) for name, inner in value.items() if name not in ("path", "adapter_dir")}
        case list():
            return [_shorter(inner, root) for inner in value]
        case _:
            return value


def record(name: str, base: Project, work: Path) -> None:
    """Make a run and write down its events."""
    from tests.engine.live import train_here
    from tests.projects import set_recipe

    run = RUNS[name]
    shutil.copytree(base.root, work / name)
    project = Project(work / name)
    set_recipe(project, **run.recipe)
    spec = {**run.spec, "fault": run.fault, "rows": run.rows}
    if run.fault == "killed_in_save":
        events = _in_a_child(project, spec)
    else:
        events = read_events(train_here(project, **spec).folder.events_file)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.jsonl").write_text(compact(events, project.root))


def _in_a_child(project: Project, spec: dict[str, Any]) -> list[Any]:
    """For the run whose process is killed."""
    from tests.engine.live import start_here, work_here

    context = start_here(project, **spec)
    if (pid := os.fork()) == 0:
        work_here(context)
        os._exit(0)
    os.waitpid(pid, 0)
    return read_events(context.folder.events_file)


def main(names: list[str]) -> None:
    """Record these runs, or all."""
    from tests.projects import demo_rows, make_redacted_project

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        os.environ["TUNESMITH_STATE"] = str(work / "state")
        base = make_redacted_project(work, demo_rows(DEMO_ROWS), [])
        for name in names or RUNS:
            print(name, flush=True)
            record(name, base, work)


if __name__ == "__main__":
    main(sys.argv[1:])
