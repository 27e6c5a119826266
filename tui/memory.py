"""The memory a run will take, in figures: from the model's headers, the recipe and the longest row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.models.inspect import inspect_model
from engine.plan.estimate import Plan, estimate
from tui.preview_facts import longest_row

if TYPE_CHECKING:
    from engine.project import Project
    from engine.spec import ProjectSpec, RecipeSpec
    from tui.machine import MachineFacts


@dataclass(frozen=True)
class MemoryPlan:
    """What the recipe page shows of memory.

    Args:
        plan: The estimate; None where there is none.
        why_not: Why there is none, in words.
        room: Bytes there are: of the GPU, else of the machine.
        on_cuda: Whether `room` is a GPU's.
        rows_at_once: Rows of a micro-batch.
        longest_known: Whether the longest row was counted; else the limit stands for it.
    """

    plan: Plan | None = None
    why_not: str = ""
    room: int = 0
    on_cuda: bool = False
    rows_at_once: int = 1
    longest_known: bool = False


def plan_memory(project: Project, spec: ProjectSpec, recipe: RecipeSpec, machine: MachineFacts | None) -> MemoryPlan:
    """Work the memory out. Reads headers and a report: call it in a thread.

    Raises:
        TunesmithError: The model or the preview's summary cannot be read.
    """
    if spec.model is None or spec.model.path is None:
        return MemoryPlan(why_not="The memory is worked out once the model is on this machine.")
    if machine is None:
        return MemoryPlan(why_not="Asking this machine for its memory.")
    facts = inspect_model(Path(spec.model.path))
    longest = longest_row(project)
    on_cuda = machine.gpu_bytes is not None
    room = machine.gpu_bytes or machine.ram_bytes
    plan = estimate(facts, recipe, longest or recipe.max_length, room, on_cuda=on_cuda)
    if plan is None:
        return MemoryPlan(why_not="This model's files do not tell enough to work out the memory.")
    return MemoryPlan(
        plan, room=room, on_cuda=on_cuda, rows_at_once=recipe.micro_batch, longest_known=longest is not None
    )
