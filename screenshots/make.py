"""Make the pictures in this folder from the real app: `make screenshots`.

The demo project is walked by the real jobs; the hero pages are opened in the size of an SSH window (80x24) and of a
large one (120x40). The training page is taken while the model learns. The only thing that is not as it was is the
machine's name. Pages that show paths of this machine are left out.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.app import TunesmithApp

HERE = Path(__file__).resolve().parent
SIZES = {"80x24": (80, 24), "120x40": (120, 40)}
MACHINE = "gpu-box"
_PATIENCE_S = 600.0

sys.path.insert(0, str(HERE.parent))


def main() -> None:
    """Walk the demo and take the pictures."""
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["TUNESMITH_STATE"] = f"{temporary}/state"
        os.environ["COLORTERM"] = "truecolor"
        asyncio.run(_walk(Path(temporary) / "my-voice"))


async def _walk(root: Path) -> None:
    from engine.actions import make_demo_project
    from engine.begin import start_training
    from engine.jobs.launch import launch
    from engine.jobs.state import view

    project, _ = make_demo_project(root)
    for kind in ("check", "scan"):
        folder = launch(project.root, kind, {})
        await _until(lambda folder=folder: not view(folder).active)  # type: ignore[misc]
    await _shoot(root, "privacy")
    for kind in ("redact", "preview"):
        folder = launch(project.root, kind, {})
        await _until(lambda folder=folder: not view(folder).active)  # type: ignore[misc]
    for place in ("preview", "recipe"):
        await _shoot(root, place)
    training = start_training(project)

    def halfway() -> bool:
        step = view(training).snapshot.step
        return not view(training).active or (step is not None and step.step > step.steps * 0.6)

    await _until(halfway)
    await _shoot(root, "train")
    await _shoot(root, None)
    await _until(lambda: not view(training).active)
    evaluation = launch(project.root, "evaluate", {})
    await _until(lambda: not view(evaluation).active)
    await _shoot(root, "evaluate")


async def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("a job did not come to its end")
        await asyncio.sleep(0.2)


def _planned(app: TunesmithApp) -> bool:
    """Whether the recipe page has the exact figures, which a job works out while it is open."""
    from tui.screens.recipe import RecipeScreen

    plan = app.screen.plan if isinstance(app.screen, RecipeScreen) else None
    return plan is not None and plan.state == "exact"


async def _shoot(root: Path, place: str | None) -> None:
    """Open one page (None: home) in every size and save it."""
    from engine.project import Project
    from tui.app import TunesmithApp

    for name, size in SIZES.items():
        app = TunesmithApp()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            if place:
                app.open_place(Project(root), place)
            # Two looks at the jobs, so that what is polled is on the screen.
            for _ in range(6):
                await pilot.pause(0.5)
            if place == "recipe":
                await _until(lambda app=app: _planned(app))  # type: ignore[misc]
            app.machine = MACHINE
            await pilot.pause()
            file = HERE / f"{place or 'home'}-{name}.svg"
            picture = app.export_screenshot(title="tunesmith")
            # Programs that are no browsers drop the spaces at the beginning of a piece of text otherwise.
            file.write_text(picture.replace("<text ", '<text xml:space="preserve" '), encoding="utf-8")
            print(file.name, flush=True)


if __name__ == "__main__":
    main()
