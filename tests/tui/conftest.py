"""For the tests of the wizard: a small project of real files, what stands on the screen as text, waiting for it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from engine.project import Project
from tests.tiny_model import make_tiny_model
from tests.tui.recorded import make_project
from tui.app import TunesmithApp
from tui.terminal import Terminal

SIZES = ((80, 24), (120, 40))
# For the walk through each page; what else is asked about a page is asked in the small terminal, where room is short.
# The walk in the large one is for the slow suite: a page that breaks does so where room is short.
both_sizes = pytest.mark.parametrize(
    "size", [pytest.param(SIZES[0], id="80x24"), pytest.param(SIZES[1], id="120x40", marks=pytest.mark.slow)]
)
CHATS = (
    ("is the sticker sheet coming back?", "On Tuesday, little star. Ink hugs!"),
    ("which brush is the best one?", "The tiny bald one, no question."),
    ("what music do you like?", "Rain sounds, mostly."),
)


def frame(app: App[Any]) -> str:
    """What stands on the screen, line by line, without trailing blanks."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def until(pilot: Pilot[Any], condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Go on as soon as `condition()` is true; fail with the picture after `seconds`."""
    await pilot.pause()
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} s in vain: {what}\n{frame(pilot.app)}")
        # Asleep, not `pilot.pause`: the app is in this loop, and asking each of its widgets costs more than its work.
        await asyncio.sleep(0.03)
    await pilot.pause()


async def shows(pilot: Pilot[Any], *texts: str) -> None:
    """Wait until all these texts stand on the screen."""
    await until(pilot, lambda: all(text in frame(pilot.app) for text in texts), f"the screen shows {texts}")


def fill(app: App[Any], field: str, text: str) -> None:
    """Put a long text into a field at once, as pasting does."""
    app.screen.query_one(field, Input).value = text


def typed(text: str) -> list[str]:
    """The keys that type a text."""
    return ["space" if character == " " else character for character in text]


def wizard(project: Path | None = None, *, ascii: bool = False) -> TunesmithApp:
    """The wizard in a terminal that can show everything, unless told otherwise."""
    return TunesmithApp(project, ascii=ascii, terminal=Terminal())


@pytest.fixture(autouse=True)
def keys_are_done_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """After each key, wait until it has gone all the way.

    Textual itself waits until the process takes no processor time. On a busy machine that is also so while the process
    waits for its turn, and the next key would meet the page before the field or the question that the first one opens.
    """
    press_at_once = Pilot.press

    async def press(pilot: Pilot[Any], *keys: str) -> None:
        for key in keys:
            await press_at_once(pilot, key)
            # From the app to the page, to the widget, and what that one asks for: each is a message of its own.
            for _ in range(3):
                await pilot._wait_for_screen()

    monkeypatch.setattr(Pilot, "press", press)


@pytest.fixture
def size() -> tuple[int, int]:
    """The small terminal, where a test does not ask for `both_sizes`."""
    return SIZES[0]


@pytest.fixture
def chats(tmp_path: Path) -> Path:
    """A dataset of three good rows, one cut line and one duplicate."""
    rows = [
        json.dumps({"messages": [{"role": "user", "content": ask}, {"role": "assistant", "content": answer}]})
        for ask, answer in CHATS
    ]
    file = tmp_path / "chats.jsonl"
    file.write_text("\n".join([*rows, rows[0], rows[1][:40]]) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A model folder of a few thousand weights."""
    return make_tiny_model(tmp_path / "tiny-llama")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose first five steps were taken; its files are not there."""
    return make_project(tmp_path / "my-voice")
