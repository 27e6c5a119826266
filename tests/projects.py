"""Projects for tests that train: made by the real jobs, once a session, then copied."""

from __future__ import annotations

import importlib
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.actions import new_project
from engine.errors import StoppedError, TunesmithError
from engine.jobs.context import JobContext
from engine.jobs.emit import EventWriter
from engine.jobs.events import FailedEvent, FinishedEvent, StoppedEvent
from engine.jobs.folder import JobFolder, new_job
from engine.jobs.kinds import KINDS
from engine.jobs.launch import launch
from engine.jobs.process import identity
from engine.jobs.state import JobView, view
from engine.machine import PRESETS
from engine.project import Project
from tests.conftest import wait_until


def finished(folder: JobFolder, timeout: float = 600.0) -> JobView:
    """Wait for a job's end, whatever it is."""
    # Looking at a job reads all its events: done too often, the looking slows what it looks at.
    wait_until(lambda: not view(folder).active, f"the end of {folder.id}", timeout, every=0.5)
    return view(folder)


def run_job(project: Project, kind: str, timeout: float = 600.0, **spec: Any) -> JobView:
    """Run a job to its end."""
    return finished(launch(project.root, kind, spec), timeout)


def begin_here(project: Project, kind: str, **spec: Any) -> JobContext:
    """A job of this process, about to begin: the real work without the seconds that a new process takes."""
    folder = new_job(project.root, kind, spec)
    folder.write(folder.read().model_copy(update={**identity(), "created": time.time()}))
    return JobContext(folder, project, spec, EventWriter(folder.events_file))


def end_here(context: JobContext, work: Callable[[JobContext], dict[str, Any]]) -> JobView:
    """Do the work, and write the end event as the runner would."""
    try:
        context.emit(FinishedEvent(**work(context)))
    except StoppedError:
        context.emit(StoppedEvent(by=context.stop_by or "request"))
    except TunesmithError as error:
        context.emit(
            FailedEvent(
                code=error.error_code, title=error.title, what=error.what, hint=error.hint, exit_code=error.exit_code
            )
        )
    context.writer.close()
    return view(JobFolder(context.folder.root))


def run_here(project: Project, kind: str, **spec: Any) -> JobView:
    """Run a job of any kind in this process to its end."""
    module, _, name = KINDS[kind].function.partition(":")
    return end_here(begin_here(project, kind, **spec), getattr(importlib.import_module(module), name))


def demo_rows(count: int) -> list[str]:
    """The first `count` sound lines of the demo data."""
    lines = (PRESETS / "demo" / "chats.jsonl").read_text(encoding="utf-8").splitlines()
    sound = []
    for line in lines:
        try:
            turns = json.loads(line)["messages"]
        except ValueError:
            continue
        if turns[-1]["content"] and line not in sound:
            sound.append(line)
    return sound[:count]


def make_redacted_project(folder: Path, lines: list[str], settings: list[str]) -> Project:
    """A project on the demo model whose rows were scanned and redacted by the real jobs, in this process."""
    data = folder / "rows.jsonl"
    data.write_text("\n".join(lines) + "\n", encoding="utf-8")
    project, _ = new_project(folder / "project", data=data, model="demo", preset="demo", settings=settings)
    for kind in ("scan", "redact"):
        job = run_here(project, kind)
        assert job.state == "finished", job.snapshot.end
    return project


def copy_of(project: Project, folder: Path) -> Project:
    """The same project elsewhere; the data stays where it is."""
    shutil.copytree(project.root, folder / "project")
    return Project(folder / "project")


def set_recipe(project: Project, **knobs: Any) -> None:
    """Change knobs of a project's recipe."""
    project.update(lambda spec: spec.model_copy(update={"recipe": spec.recipe.model_copy(update=knobs)}))


def session_project(factory: pytest.TempPathFactory, lines: list[str], settings: list[str]) -> Project:
    """`make_redacted_project` for a session fixture, with a machine state of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNESMITH_STATE", str(factory.mktemp("session-state")))
        return make_redacted_project(factory.mktemp("redacted"), lines, settings)


def wait_for_step(folder: JobFolder, step: int) -> None:
    """Wait until a training job has reported `step` or ended."""

    def there() -> bool:
        job = view(folder)
        return not job.active or (job.snapshot.step is not None and job.snapshot.step.step >= step)

    wait_until(there, f"step {step} of {folder.id}", 120.0, every=0.1)


def wait_for_checkpoint(folder: JobFolder) -> None:
    """Wait until a training job has saved a checkpoint or ended."""
    wait_until(lambda: not (job := view(folder)).active or job.snapshot.checkpoint, "a checkpoint", 120.0, every=0.1)
