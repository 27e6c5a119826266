"""What a run costs while it goes: seconds, energy, money; and the budget that saves and stops it.

A thread of its own looks at the GPUs and the disk once a second. Energy is the driver's power figure (watts of the
whole card) summed over time, of the cards on which this job holds memory; where no driver answers there is no figure.
The sums are kept in the run's folder, because a run may be done in several parts.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.errors import TunesmithError, UsageError
from engine.files import atomic_write
from engine.hardware.nvml import GpuReading, NvmlSampler
from engine.jobs.context import JobContext
from engine.jobs.events import GpuFacts, MachineEvent, SpentEvent
from engine.spec import BudgetSpec
from engine.train.checkpoints import latest_checkpoint

SPENT_FILE = "spent.json"
EVENT_S = 15.0
_LOOK_S = 1.0
_LONGEST_GAP_S = 10.0
"""A reading that is older says nothing about the power meanwhile; that time is left out of the energy."""


class Energy:
    """Sums power over time: trapezoids between readings."""

    def __init__(self, watt_hours: float | None = None) -> None:
        self.watt_hours = watt_hours
        """None until a card of ours told its power."""
        self._last: tuple[float, float] | None = None

    def take(self, gpus: Sequence[GpuReading] | None, at: float) -> None:
        """One reading, at so many seconds on a clock that only goes forward."""
        watts = power_of_ours(gpus)
        if watts is None:
            self._last = None
            return
        self.watt_hours = self.watt_hours or 0.0
        if self._last is not None and at - self._last[0] <= _LONGEST_GAP_S:
            self.watt_hours += (watts + self._last[1]) / 2 * (at - self._last[0]) / 3600
        self._last = (at, watts)


def power_of_ours(gpus: Sequence[GpuReading] | None) -> float | None:
    """Watts of the cards on which the job holds memory; of all where the driver does not tell that; None: unknown."""
    if not gpus:
        return None
    told = any(gpu.ours_bytes is not None for gpu in gpus)
    powers = [gpu.power_w for gpu in gpus if gpu.power_w is not None and (gpu.ours_bytes or not told)]
    return sum(powers) if powers else None


def read_spent(run_folder: Path) -> dict[str, float | None]:
    """`seconds` and `energy_wh` of all parts of a run so far."""
    try:
        content = json.loads((run_folder / SPENT_FILE).read_bytes())
    except (FileNotFoundError, ValueError):
        return {"seconds": 0.0, "energy_wh": None}
    return {"seconds": float(content.get("seconds") or 0.0), "energy_wh": content.get("energy_wh")}


def cost_of(seconds: float, budget: BudgetSpec) -> float | None:
    """Money for so many seconds; None without a price."""
    return None if budget.price_per_hour is None else seconds / 3600 * budget.price_per_hour


def used_up(seconds: float, budget: BudgetSpec) -> str:
    """Which part of the budget is reached, in words; empty when none is."""
    cost = cost_of(seconds, budget)
    if budget.limit is not None and cost is not None and cost >= budget.limit:
        return f"the budget of {budget.limit:g} {budget.currency}"
    if budget.hours is not None and seconds >= budget.hours * 3600:
        return f"the budget of {budget.hours:g} hours"
    return ""


def check_budget(budget: BudgetSpec, run_folder: Path) -> None:
    """Refuse to begin what would end at once.

    Raises:
        UsageError: A limit without a price, or the run has used its budget up.
    """
    if budget.limit is not None and budget.price_per_hour is None:
        raise UsageError(
            "A budget in money needs a price.",
            f"budget.limit is {budget.limit:g} {budget.currency}, budget.price_per_hour is not set.",
            "Set budget.price_per_hour, or budget.hours instead of budget.limit.",
            code="no_price",
        )
    seconds = float(read_spent(run_folder)["seconds"] or 0.0)
    if words := used_up(seconds, budget):
        raise UsageError(
            "The budget of this run is used up.",
            f"It has taken {seconds / 3600:.2f} hours, and {words} is set.",
            "Raise budget.limit or budget.hours in project.yaml to go on.",
            code="budget",
        )


class Spending:
    """Watches what a job spends. `start` it when the job begins, `close` it when it ends.

    Args:
        context: The job.
        budget: Price and limits.
        run_folder: Where the sums of all parts are kept; None: nowhere (a trial).
        checkpoint_bytes: What a checkpoint will take, before the first one is there.
    """

    def __init__(
        self, context: JobContext, budget: BudgetSpec, run_folder: Path | None, checkpoint_bytes: int | None = None
    ) -> None:
        self._context, self._budget, self._folder = context, budget, run_folder
        before = read_spent(run_folder) if run_folder else {"seconds": 0.0, "energy_wh": None}
        self._before_s = float(before["seconds"] or 0.0)
        self._energy = Energy(before["energy_wh"])
        self.checkpoint_bytes = checkpoint_bytes
        self.epsilon: Callable[[], float] | None = None
        """Says the differential privacy spent so far, where there is any."""
        self._gpus = NvmlSampler(interval_s=_LOOK_S, pid=context.folder.read().pid)
        self._began = time.monotonic()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="spending", daemon=True)

    def __enter__(self) -> Spending:
        self._gpus.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._gpus.close()
        self._tell()

    @property
    def seconds(self) -> float:
        """Of all parts of the run, this one until now included."""
        return self._before_s + time.monotonic() - self._began

    @property
    def energy_wh(self) -> float | None:
        """Of all parts of the run."""
        return self._energy.watt_hours

    @property
    def cost(self) -> float | None:
        """Of all parts of the run."""
        return cost_of(self.seconds, self._budget)

    def _watch(self) -> None:
        last: Sequence[GpuReading] | None = None
        told = time.monotonic()
        while not self._done.wait(min(_LOOK_S, EVENT_S)):
            now, gpus = time.monotonic(), self._gpus.latest()
            if gpus is not last:
                self._energy.take(gpus, now)
                last = gpus
            if words := used_up(self.seconds, self._budget):
                self._stop(words)
            if now - told >= EVENT_S:
                told = now
                self._tell()

    def _stop(self, words: str) -> None:
        if not self._context.stop.is_set():
            self._context.stop_by = words
            self._context.stop.set()

    def _tell(self) -> None:
        seconds, energy = round(self.seconds, 1), self._energy.watt_hours
        cost = cost_of(seconds, self._budget)
        self._context.emit(
            SpentEvent(
                seconds=seconds,
                energy_wh=None if energy is None else round(energy, 3),
                cost=None if cost is None else round(cost, 4),
                epsilon=self.epsilon() if self.epsilon else None,
            )
        )
        self._context.emit(self._machine())
        if self._folder is not None and self._folder.is_dir():
            content = json.dumps({"seconds": seconds, "energy_wh": energy})
            try:
                atomic_write(self._folder / SPENT_FILE, content, "recording what the run has cost")
            except TunesmithError as error:
                # A full disk must not end the watching of it; the figures are in the events.
                print(f"not recorded: {error}", flush=True)

    def _machine(self) -> MachineEvent:
        gpus = [
            GpuFacts(
                index=gpu.index,
                memory_used=gpu.memory_used,
                memory_total=gpu.memory_total,
                temperature=gpu.temperature,
                power_w=gpu.power_w,
                throttled=gpu.throttled,
            )
            for gpu in self._gpus.latest() or ()
        ]
        free = shutil.disk_usage(self._context.project.root).free
        return MachineEvent(gpus=gpus, disk_free_bytes=free, checkpoint_bytes=self._checkpoint_size())

    def _checkpoint_size(self) -> int | None:
        """Of the newest checkpoint, else as estimated."""
        newest = latest_checkpoint(self._folder / "checkpoints") if self._folder else None
        return (size_of(newest) if newest else 0) or self.checkpoint_bytes


def size_of(folder: Path) -> int:
    """Bytes of the files below a folder; 0 for one that is gone, or that is removed while it is looked at."""
    try:
        return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    except FileNotFoundError:
        return 0
