"""How fast the review opens and answers with 100,000 findings: `python -m tests.bench.review_100k`.

Limits: open in 0.5 s, each key in 50 ms, until the picture is drawn. They are held against the time this process
computes, which is what a person waits on a free core; the time on the clock, which neighbours lengthen and which
holds Pilot's own waiting, stands beside it. Prints one line a figure and never fails: a machine at work is no fault.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

VALUES, PLACES = 25_000, 4
OPEN_LIMIT_S, KEY_LIMIT_S = 0.5, 0.05
KEYS: tuple[tuple[str, ...], ...] = (
    ("down", "j", "down", "up", "k"),
    ("pagedown", "pageup"),
    ("end", "home"),
    ("a", "x", "space", "A"),
    ("u", "u", "u"),
    ("f", "a", "u", "f"),
    ("o", "o"),
    ("tab", "down", "pagedown", "end", "home", "shift+tab"),
    ("slash", "m", "a", "y", "1", "escape"),
    ("home", "2", "u", "3", "u"),
)


async def measure(root: Path) -> list[tuple[str, float, float, float]]:
    """(name, seconds computed, seconds on the clock, limit) of every figure."""
    from tests.tui.findings import place, private_project, scan
    from tui.app import TunesmithApp
    from tui.screens.privacy import PrivacyScreen
    from tui.widgets.value_list import ValueList

    chance = random.Random(7)
    types = ("PERSON", "LOCATION", "EMAIL_ADDRESS", "PHONE_NUMBER", "USERNAME", "SECRET")

    def found() -> Iterator[object]:
        for number in range(VALUES * PLACES):
            value, entity = f"Maya {number % VALUES}", types[number % VALUES % len(types)]
            text = f"hey {value} your set last night was unreal, is it still {number} for the custom one?"
            yield place(number, 0, text, 4, 4 + len(value), entity, round(chance.uniform(0.3, 0.99), 2))

    project = private_project(root / "project", scanned=False)
    scan(project, found())  # type: ignore[arg-type]
    figures: list[tuple[str, float, float, float]] = []
    app = TunesmithApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        start, computed = time.perf_counter(), time.process_time()
        app.open_place(project, "privacy")
        while not isinstance(app.screen, PrivacyScreen) or not app.screen.query(ValueList):
            await pilot.pause(0)
        while app.screen.query_one(ValueList).current is None or not app.screen.query_one(ValueList).size.height:
            await pilot.pause(0)
        await pilot.pause(0)
        figures.append(("open", time.process_time() - computed, time.perf_counter() - start, OPEN_LIMIT_S))
        for group in KEYS:
            for key in group:
                start, computed = time.perf_counter(), time.process_time()
                await pilot.press(key)
                figures.append((key, time.process_time() - computed, time.perf_counter() - start, KEY_LIMIT_S))
    return figures


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TUNESMITH_STATE"] = f"{folder}/state"
        os.environ["TUNESMITH_MODELS"] = f"{folder}/models"
        figures = asyncio.run(measure(Path(folder)))
    for name, computed, clock, limit in figures:
        over = "   over" if computed > limit else ""
        print(
            f"{name:<10} {computed * 1000:7.1f} ms   clock {clock * 1000:7.1f} ms   limit {limit * 1000:.0f} ms{over}"
        )
    worst = max(computed for name, computed, _, _ in figures if name != "open")
    print(f"{VALUES * PLACES:,} findings, {VALUES:,} values: open {figures[0][1]:.2f} s, key {worst * 1000:.0f} ms")


if __name__ == "__main__":
    main()
