"""How fast the review opens and answers with 100,000 findings: `python -m tests.bench.review_100k`.

Limits: open in 0.5 s, each key in 50 ms. They are held against the time this process computes, which is what a person
waits on a free core; the time on the clock, which neighbours lengthen and which holds Pilot's own waiting, stands
beside it. Of each key three times are told: until the first picture after it (the answer), until everything that
follows from it is drawn, and the longest turn of the event loop meanwhile, which is how long a key pressed then would
wait. Pictures are turned into what a terminal is sent. Prints one line a figure and never fails: a machine at work is
no fault. `--runs 3` gives the median and the worst of several sittings; `--folder` keeps the project between runs.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual._compositor import CompositorUpdate

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from engine.privacy.findings import NewFinding
    from engine.project import Project
    from tui.app import TunesmithApp

FINDINGS, VALUES, ROWS = 100_000, 25_000, 60_000
MOST_SEEN = 5_000
"""Places of the most frequent value, as the creator's own name has in their chats."""
_QUIET_S, _IDLE_S = 0.3, 0.01
OPEN_LIMIT_S, KEY_LIMIT_S = 0.5, 0.05
KEYS: tuple[tuple[str, ...], ...] = (
    ("down", "j", "down", "up", "k"),
    ("pagedown", "pageup"),
    ("end", "home"),
    ("a", "x", "space", "A"),
    ("u", "u", "u"),
    ("f", "a", "u", "f"),
    ("o", "a", "u", "home", "tab", "end", "A", "u", "shift+tab", "2", "u", "o"),
    ("tab", "down", "pagedown", "end", "home", "shift+tab"),
    ("slash", "m", "a", "y", "1", "escape"),
    ("home", "2", "u", "3", "u"),
    ("home", "J", "J", "shift+pagedown", "x", "u", "escape"),
    ("down", "down", "4", "u", "5", "u", "6", "u", "7", "u", "8", "u", "9", "u", "1", "u"),
)
PAGES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("e", "EndsScreen", "#becomes", ("right", "shift+left", "escape")),
    ("n", "NewFindingScreen", "MarkedText", ("right", "shift+right", "escape")),
    ("r", "RuleScreen", "#preview", ("x", "down", "down", "escape")),
    ("R", "RulesScreen", ".dialog", ("escape",)),
    ("t", "BulkScreen", "#preview", ("down", "x", "o", "escape")),
    ("v", "BlindScreen", "#blind-row", ("down", "tab", "enter", "u", "escape")),
    ("v", "BlindScreen", "#blind-row", ("escape",)),
    ("p", "OwnScreen", "#ways", ("escape",)),
    ("question_mark", "HelpScreen", ".dialog", ("escape",)),
)
"""A key, the page it opens, what that page draws, and keys that are pressed on it; the second `v` finds its survey."""


@dataclass(frozen=True)
class Figure:
    """What a key took, in seconds: computed until the first picture and until the last, on the clock, in one turn."""

    name: str
    answer: float
    computed: float
    clock: float
    turn: float
    limit: float


def rows_of(chance: random.Random) -> list[int]:
    """For each finding the row it stands in; a seventh of the rows have none."""
    return [number * 6 // 7 for number in (chance.randrange(ROWS) for _ in range(FINDINGS))]


def found(chance: random.Random) -> Iterator[NewFinding]:
    """The findings: one value that is everywhere, the others a few times each."""
    from tests.tui.findings import place

    types = ("PERSON", "LOCATION", "EMAIL_ADDRESS", "PHONE_NUMBER", "USERNAME", "SECRET")
    for number, row in enumerate(sorted(rows_of(chance))):
        which = 0 if number % (FINDINGS // MOST_SEEN) == 0 else 1 + number % (VALUES - 1)
        value, entity = f"Maya {which}", types[which % len(types)]
        text = text_of(row, value)
        yield place(row, 0, text, 4, 4 + len(value), entity, round(chance.uniform(0.3, 0.99), 2))


def text_of(row: int, value: str) -> str:
    """What a row says."""
    return f"hey {value} your set last night was unreal, is it still {row} for the custom one?"


def make(root: Path) -> Project:
    """A project with a file of 60,000 rows and its findings."""
    from engine.project import open_project
    from tests.tui.findings import private_project, scan

    if (root / "project").is_dir():
        return open_project(root / "project")[0]
    project = private_project(root / "project", scanned=False)
    spec = project.load()
    assert spec.data is not None
    answer = "thanks, it is, and it comes with a long answer so that a row has the length a row has. " * 3
    with Path(spec.data.path).open("w") as file:
        for row in range(ROWS):
            turns = [
                {"role": "user", "content": text_of(row, f"Maya {row % VALUES}")},
                {"role": "assistant", "content": answer},
            ]
            file.write(json.dumps({"messages": turns}) + "\n")
    scan(project, found(random.Random(7)))
    return project


class Turns:
    """The longest turn of the event loop, in seconds computed on its thread."""

    def __init__(self) -> None:
        self.longest = 0.0
        run = asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            began = time.thread_time()
            run(handle)
            self.longest = max(self.longest, time.thread_time() - began)

        asyncio.Handle._run = timed  # type: ignore[assignment,method-assign]


class Bench:
    """One sitting: the app, and what was measured so far."""

    def __init__(self, app: TunesmithApp, pilot: Pilot[int], turns: Turns) -> None:
        self.app, self.pilot, self.turns = app, pilot, turns
        self.figures: list[Figure] = []
        self._pictures: list[tuple[float, float]] = []
        """When each was drawn: computed by this process, and on the clock."""
        app._display = self._display  # type: ignore[assignment,method-assign]

    def _display(self, _screen: object, picture: object) -> None:
        """Turn a picture into what a terminal is sent, as the driver does that is not here."""
        if isinstance(picture, CompositorUpdate) and not self.app._batch_count:
            picture.render_segments(self.app.console)
            self._pictures.append((time.process_time(), time.perf_counter()))

    async def timed(self, name: str, limit: float, press: Callable[[], object], done: Callable[[], bool]) -> None:
        """Do something; wait until it is done and drawn."""
        self._pictures.clear()
        self.turns.longest = 0.0
        began, computed = time.perf_counter(), time.process_time()
        press()
        while not done():
            await self.pilot.pause(0.002)
        ended = await self._quiet()
        # A key that has nothing to show, as home at the first value, has answered when it is over.
        pictures = self._pictures or [ended]
        first, (last, clock) = pictures[0][0] - computed, pictures[-1]
        self.figures.append(Figure(name, first, last - computed, clock - began, self.turns.longest, limit))
        await self.pilot.pause(0.25)

    async def _quiet(self) -> tuple[float, float]:
        """Wait until nothing is drawn and nothing computed any more; gives both times before that."""
        while True:
            before, ended = len(self._pictures), (time.process_time(), time.perf_counter())
            await asyncio.sleep(_QUIET_S)
            if len(self._pictures) == before and time.process_time() - ended[0] < _IDLE_S:
                return ended

    async def key(self, name: str, key: str, done: Callable[[], bool] = lambda: True) -> None:
        """Press a key, as the driver hears it."""
        character = {"slash": "/", "question_mark": "?", "space": " "}.get(key, key if len(key) == 1 else None)
        event = events.Key(key, character)
        event.set_sender(self.app)
        driver = self.app._driver
        assert driver is not None
        await self.timed(name, KEY_LIMIT_S, lambda: driver.send_message(event), done)

    def drawn(self, screen: str, part: str) -> bool:
        """Whether a page is there, and a part of it holds something."""
        shown = self.app.screen
        if type(shown).__name__ != screen or not shown.is_mounted:
            return False
        return any(
            widget.size.height and str(widget.render()).strip() if part.startswith("#") else widget.size.height
            for widget in shown.query(part)
        )

    def home_again(self) -> bool:
        """Whether the review is on the screen."""
        return type(self.app.screen).__name__ == "PrivacyScreen"

    async def page(self, key: str, screen: str, part: str, keys: tuple[str, ...]) -> None:
        """Open a page, press its keys, and leave it by the last one."""
        await self.key(f"{key}: opens", key, lambda: self.drawn(screen, part))
        for inner in keys[:-1]:
            await self.key(f"  {inner}", inner)
        await self.key(f"  {keys[-1]}", keys[-1], self.home_again)


async def measure(project: Project, turns: Turns) -> list[Figure]:
    """Every figure of one sitting."""
    from tui.app import TunesmithApp
    from tui.screens.privacy import PrivacyScreen
    from tui.widgets.value_list import ValueList

    # As the program begins: what is loaded by then is left out of every search for garbage.
    gc.collect()
    gc.disable()
    app = TunesmithApp()

    def listed() -> bool:
        if not isinstance(app.screen, PrivacyScreen) or not app.screen.query(ValueList):
            return False
        values = app.screen.query_one(ValueList)
        return values.current is not None and values.size.height > 0

    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        bench = Bench(app, pilot, turns)
        await bench.timed("open", OPEN_LIMIT_S, lambda: app.open_place(project, "privacy"), listed)
        for group in KEYS:
            for key in group:
                await bench.key(key, key)
        for page in PAGES:
            await bench.page(*page)
        await bench.key("enter: work page", "enter", lambda: app.screen.page == "work")  # type: ignore[attr-defined]
        await bench.key("s", "s", lambda: not app.screen.job_runs)  # type: ignore[attr-defined]
        return bench.figures


def line_of(sittings: list[Figure]) -> str:
    """One line: the median of the sittings, and the worst."""

    def both(times: list[float]) -> str:
        return f"{statistics.median(times) * 1000:7.1f} ({max(times) * 1000:7.1f})"

    answer, computed = [one.answer for one in sittings], [one.computed for one in sittings]
    over = "   over" if statistics.median(answer) > sittings[0].limit else ""
    return (
        f"{sittings[0].name:<18} answer {both(answer)}   drawn {both(computed)}"
        f"   turn {both([one.turn for one in sittings])}   clock {both([one.clock for one in sittings])}{over}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    turns = Turns()
    with tempfile.TemporaryDirectory() as fresh:
        folder = options.folder or Path(fresh)
        os.environ["TUNESMITH_STATE"] = f"{folder}/state"
        os.environ["TUNESMITH_MODELS"] = f"{folder}/models"
        project = make(folder)
        sittings = [asyncio.run(measure(project, turns)) for _ in range(options.runs)]
    print(f"{FINDINGS:,} findings, {VALUES:,} values; milliseconds, median (worst) of {options.runs}")
    for same in zip(*sittings, strict=True):
        print(line_of(list(same)))


if __name__ == "__main__":
    main()
