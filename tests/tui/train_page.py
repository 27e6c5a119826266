"""What the tests of the training page share: recorded jobs, the page opened, and what stands on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

import tui.screens.base as base_module
import tui.screens.train as train_module
from engine.project import Project
from tests.tui.conftest import until
from tests.tui.recorded import RecordedJob, beginning, make_project
from tui.app import TunesmithApp
from tui.screens.frame import SpeakLine
from tui.screens.train import TrainScreen
from tui.terminal import Terminal
from tui.widgets.chart import LossChart
from tui.widgets.keyline import KeyLine
from tui.widgets.lines import Lines


@pytest.fixture(autouse=True)
def fast_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page looks and draws at once, so that tests wait for conditions and not for a second to pass."""
    monkeypatch.setattr(train_module, "_DRAW_SECONDS", 0.05)
    monkeypatch.setattr(base_module, "_POLL_SECONDS", 0.05)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project")


@pytest.fixture
def job(project: Project) -> RecordedJob:
    recorded = RecordedJob(project)
    recorded.set_spec(run=recorded.record.id, resumed_from_step=0)
    recorded.emit(*beginning())
    return recorded


@asynccontextmanager
async def opened(
    project: Project, size: tuple[int, int] = (80, 24), *, ascii: bool = False
) -> AsyncIterator[tuple[Pilot[Any], TrainScreen]]:
    """The wizard with the training page open."""
    app = TunesmithApp(ascii=ascii, terminal=Terminal())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.open_place(project, "train")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.is_mounted, "the page")
        screen = app.screen
        assert isinstance(screen, TrainScreen)
        yield pilot, screen


def text(screen: TrainScreen, name: str) -> str:
    return "\n".join(line.plain for line in screen.query_one(f"#{name}", Lines).lines)


def chart(screen: TrainScreen) -> str:
    return "\n".join("".join(run.text for run in row) for row in screen.query_one(LossChart).picture.rows)


def spoken(screen: TrainScreen) -> str:
    return screen.query_one(SpeakLine).words


def keys(screen: TrainScreen) -> list[str]:
    return [command.id for command in screen.query_one(KeyLine).possible()]


def shows(screen: TrainScreen, name: str, words: str) -> Callable[[], bool]:
    return lambda: words in text(screen, name)
