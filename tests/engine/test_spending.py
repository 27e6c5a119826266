"""What a run costs: energy through the real NVML library's stand-in, money, and the budget's words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.hardware.nvml import GpuReading
from engine.spec import BudgetSpec
from engine.train.spending import Energy, check_budget, cost_of, power_of_ours, read_spent, used_up
from tests.engine.test_nvml import driver

__all__ = ["driver"]
GIB = 1 << 30


def gpu(watts: float | None, ours: int | None = GIB, index: int = 0) -> GpuReading:
    return GpuReading(index, "RTX 4090", power_w=watts, ours_bytes=ours)


def test_energy_is_power_over_time() -> None:
    energy = Energy()
    for second in range(0, 61):
        energy.take((gpu(300.0),), float(second))
    assert energy.watt_hours == pytest.approx(300 * 60 / 3600)
    energy.take((gpu(500.0),), 61.0)
    assert energy.watt_hours == pytest.approx(5.0 + 400 / 3600)


def test_time_without_an_answer_is_left_out() -> None:
    energy = Energy(2.0)
    for second in (0.0, 1.0):
        energy.take((gpu(360.0),), second)
    energy.take(None, 2.0)
    energy.take((gpu(360.0),), 3.0)
    energy.take((gpu(360.0),), 1000.0)
    assert energy.watt_hours == pytest.approx(2.1)


@pytest.mark.parametrize(
    ("gpus", "expected"),
    [
        ((gpu(300.0), gpu(90.0, 0, 1)), 300.0),
        ((gpu(300.0, None), gpu(90.0, None, 1)), 390.0),
        ((gpu(300.0, 0),), None),
        ((gpu(None),), None),
        ((), None),
        (None, None),
    ],
)
def test_only_cards_of_ours_count(gpus: tuple[GpuReading, ...] | None, expected: float | None) -> None:
    assert power_of_ours(gpus) == expected


def test_the_budget_says_what_is_reached(tmp_path: Path) -> None:
    money = BudgetSpec(price_per_hour=0.42, limit=2.1)
    assert used_up(3600, money) == ""
    assert used_up(5 * 3600, money) == "the budget of 2.1 EUR"
    assert used_up(3600, BudgetSpec(hours=1)) == "the budget of 1 hours"
    assert cost_of(1800, money) == pytest.approx(0.21)
    assert cost_of(1800, BudgetSpec()) is None
    check_budget(money, tmp_path)
    (tmp_path / "spent.json").write_text(json.dumps({"seconds": 20_000, "energy_wh": None}))
    with pytest.raises(UsageError, match="used up"):
        check_budget(money, tmp_path)
    with pytest.raises(UsageError, match="needs a price"):
        check_budget(BudgetSpec(limit=2.1), tmp_path)


def test_what_was_spent_survives_a_torn_file(tmp_path: Path) -> None:
    assert read_spent(tmp_path) == {"seconds": 0.0, "energy_wh": None}
    (tmp_path / "spent.json").write_text('{"seconds": 12')
    assert read_spent(tmp_path)["seconds"] == 0.0


WATCH = """
import json, os, sys, threading
from pathlib import Path
os.environ["FAKE_NVML_PIDS"] = f"{os.getpid()}:1000"
from engine.jobs.context import JobContext
from engine.jobs.emit import EventWriter
from engine.jobs.events import SpentEvent, MachineEvent
from engine.jobs.folder import new_job
from engine.project import Project
from engine.spec import BudgetSpec
from engine.train import spending

spending.EVENT_S = spending._LOOK_S = 0.05
root = Path(sys.argv[1])
folder = new_job(root, "train", {})
folder.write(folder.read().model_copy(update={"pid": os.getpid()}))
context = JobContext(folder, Project(root), {}, EventWriter(folder.events_file))
events, enough = [], threading.Event()

def see(event):
    events.append(event)
    if isinstance(event, SpentEvent) and (event.energy_wh or 0) > 0.02 or len(events) > 400:
        enough.set()

context.listeners.append(see)
with spending.Spending(context, BudgetSpec(price_per_hour=3600.0), root, 77):
    enough.wait(20)
spent = [event for event in events if isinstance(event, SpentEvent)][-1]
machine = [event for event in events if isinstance(event, MachineEvent)][-1]
print(json.dumps({"spent": spent.model_dump(), "machine": machine.model_dump(), "file": spending.read_spent(root)}))
"""


def test_energy_and_the_machine_are_told_from_the_driver(driver: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCH, str(tmp_path)],
        env={**os.environ, "LD_LIBRARY_PATH": str(driver)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    spent, machine = told["spent"], told["machine"]
    # The stand-in's first card draws 402.5 W; the second one holds nothing of ours.
    assert 0 < spent["energy_wh"] <= 402.5 * spent["seconds"] / 3600 * 1.1
    assert spent["cost"] == pytest.approx(spent["seconds"], abs=0.01)
    assert machine["gpus"][0]["memory_total"] == 24 * GIB
    assert machine["checkpoint_bytes"] == 77
    assert machine["disk_free_bytes"] > 0
    assert told["file"]["energy_wh"] == pytest.approx(spent["energy_wh"], abs=1e-3)
