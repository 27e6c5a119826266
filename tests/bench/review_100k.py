"""How fast the review opens and answers with 100,000 findings: `python -m tests.bench.review_100k`.

Limits: open in 0.5 s, each key in 50 ms, until the picture is drawn. They are held against the time this process
computes, which is what a person waits on a free core; the time on the clock, which neighbours lengthen and which
holds Pilot's own waiting, stands beside it. Keys that open a page are timed until that page has drawn what it is for;
keys whose work is done apart from the picture also tell the longest turn of the event loop meanwhile, which is how
long a key pressed then would wait. Prints one line a figure and never fails: a machine at work is no fault.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from engine.privacy.findings import NewFinding
    from engine.project import Project
    from tui.app import TunesmithApp

FINDINGS, VALUES, ROWS = 100_000, 25_000, 60_000
MOST_SEEN = 5_000
"""Places of the most frequent value, as the creator's own name has in their chats."""
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
    """What a key took: seconds computed, seconds on the clock, the longest turn of the loop, and the limit."""

    name: str
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
    from tests.tui.findings import private_project, scan

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


class Bench:
    """One sitting: the app, and what was measured so far."""

    def __init__(self, app: TunesmithApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot
        self.figures: list[Figure] = []
        self._turn = 0.0

    async def _beat(self) -> None:
        """Measure turns of the loop: how much later than asked this gets its turn."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.01)
            self._turn = max(self._turn, time.perf_counter() - began - 0.01)

    async def timed(self, name: str, limit: float, key: str, done: Callable[[], bool] | None = None) -> None:
        """Press a key; wait for `done` where there is something to wait for."""
        self._turn, beat = 0.0, asyncio.create_task(self._beat()) if done is not None else None
        began, computed = time.perf_counter(), time.process_time()
        await self.pilot.press(key)
        while done is not None and not done():
            await self.pilot.pause(0.005)
        took = time.process_time() - computed, time.perf_counter() - began
        if beat is not None:
            beat.cancel()
        self.figures.append(Figure(name, *took, self._turn, limit))

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
        await self.timed(f"{key}: opens", KEY_LIMIT_S, key, lambda: self.drawn(screen, part))
        for inner in keys[:-1]:
            await self.timed(f"  {inner}", KEY_LIMIT_S, inner)
        await self.timed(f"  {keys[-1]}", KEY_LIMIT_S, keys[-1], self.home_again)
        await self.pilot.pause()


async def measure(root: Path) -> list[Figure]:
    """Every figure."""
    from tui.app import TunesmithApp
    from tui.screens.privacy import PrivacyScreen
    from tui.widgets.value_list import ValueList

    project = make(root)
    # As the program begins: what is loaded by then is left out of every search for garbage.
    gc.collect()
    gc.disable()
    app = TunesmithApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        bench = Bench(app, pilot)
        began, computed = time.perf_counter(), time.process_time()
        app.open_place(project, "privacy")
        while not isinstance(app.screen, PrivacyScreen) or not app.screen.query(ValueList):
            await pilot.pause(0)
        while app.screen.query_one(ValueList).current is None or not app.screen.query_one(ValueList).size.height:
            await pilot.pause(0)
        await pilot.pause(0)
        took = time.process_time() - computed, time.perf_counter() - began
        bench.figures.append(Figure("open", *took, 0.0, OPEN_LIMIT_S))
        for group in KEYS:
            for key in group:
                await bench.timed(key, KEY_LIMIT_S, key)
        for page in PAGES:
            await bench.page(*page)
        await bench.timed("enter: work page", KEY_LIMIT_S, "enter", lambda: app.screen.page == "work")  # type: ignore[attr-defined]
        await bench.timed("s", KEY_LIMIT_S, "s", lambda: not app.screen.job_runs)  # type: ignore[attr-defined]
        return bench.figures


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TUNESMITH_STATE"] = f"{folder}/state"
        os.environ["TUNESMITH_MODELS"] = f"{folder}/models"
        figures = asyncio.run(measure(Path(folder)))
    for one in figures:
        over = "   over" if one.computed > one.limit else ""
        print(
            f"{one.name:<18} {one.computed * 1000:7.1f} ms   clock {one.clock * 1000:7.1f} ms"
            f"   longest turn {one.turn * 1000:7.1f} ms   limit {one.limit * 1000:.0f} ms{over}"
        )
    worst = max(one.computed for one in figures if one.name != "open")
    print(f"{FINDINGS:,} findings, {VALUES:,} values: open {figures[0].computed:.2f} s, key {worst * 1000:.0f} ms")


if __name__ == "__main__":
    main()
