"""The runs of a project side by side: what each was made with, what came out and what it cost; two curves overlaid."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.content import Content

from engine.project import Project
from engine.runs import RunRow, choose_run, runs_of, write_note
from tui.charset import Glyphs, glyphs, plain
from tui.screens.ask import AskScreen
from tui.screens.frame import FrameScreen, TopLine
from tui.widgets.chart import LossChart
from tui.widgets.curve import Curve
from tui.widgets.lines import Lines
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import duration_text, fit, one_line, styled

_MARKS = 40
"""Of the run that is laid over the other: more marks would hide the curve below."""


class RunsScreen(FrameScreen):
    """A table of runs; below it what the marked one was made with, and its curve with another laid over it."""

    NAME = "runs"
    CSS_PATH = "runs.tcss"
    AUTO_FOCUS: ClassVar[str | None] = "RowList"
    HELP = """
    Every run of this project, the newest at the bottom. The star marks the one that evaluate and ship use; c chooses
    another. Loss and holdout are in nats per token: lower is better.

    Below stands what the marked run has otherwise than the run before it, and its training loss as a line. space lays
    the marked run over the line as o marks: mark one, press space, then go to the other.

    n writes a line about a run, for yourself. Trials of a few steps are not listed.
    """

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self.rows: tuple[RunRow, ...] = ()
        self._over = ""
        """The run that is laid over the marked one."""
        self._curves: dict[str, Curve] = {}

    def body(self) -> ComposeResult:
        """The table, the marked run in words, the curves."""
        yield RowList(
            [
                Column("", 1),
                Column("run", 20),
                Column("state", 8),
                Column("steps", 7, "right"),
                Column("train", 6, "right"),
                Column("holdout", 7, "right"),
                Column("time", 9, "right"),
                Column("cost", 9, "right", wide_only=True),
                Column("note"),
            ],
            id="runs",
        )
        yield Lines(id="made")
        yield Lines(id="legend")
        yield LossChart(id="overlay")

    def on_mount(self) -> None:
        """Read them."""
        super().on_mount()
        self.say("Reading the runs.")
        self._read()

    @work(exclusive=True, group="runs")
    async def _read(self) -> None:
        def read() -> tuple[str, tuple[RunRow, ...]]:
            spec = self._project.load()
            return spec.name, tuple(runs_of(self._project, spec))

        found = await self.ask_engine(read)
        if found is None:
            return
        self.query_one(TopLine).project, self.rows = found
        self._curves = {}
        listed, chosen = self.query_one(RowList), glyphs(self)
        marked = listed.marked_key
        listed.set_rows([Row(row.name, cells(row, chosen)) for row in self.rows])
        listed.mark(marked or (self.rows[-1].name if self.rows else ""))
        self.say("* is what Evaluate and Ship use; c chooses the marked one." if self.rows else "There is no run yet.")
        self._draw()

    def _marked(self) -> RunRow | None:
        key = self.query_one(RowList).marked_key
        return next((row for row in self.rows if row.name == key), None)

    def on_row_list_marked(self) -> None:
        """Another run is marked."""
        self._draw()

    def on_resize(self) -> None:
        """Everything for the new size."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        row, chosen = self._marked(), glyphs(self)
        if row is None or not self.is_mounted:
            return
        width = max(20, self.size.width - 2)
        self.query_one("#made", Lines).show(made_lines(row, width, chosen))
        over = next((other for other in self.rows if other.name == self._over and other.name != row.name), None)
        self.query_one("#legend", Lines).show([legend(row, over, width, chosen)])
        curve = self._curves.setdefault(row.name, Curve(row.losses))
        self.query_one(LossChart).show(curve, thinned(over.losses, _MARKS) if over else row.holdout)

    # -- keys ---------------------------------------------------------------------------------------------------

    def action_overlay(self) -> None:
        """Lay the marked run over the others, or take it away."""
        if row := self._marked():
            self._over = "" if self._over == row.name else row.name
            self.say(f"{short(row.name)} is laid over: go to the run to compare it with." if self._over else "")
            self._draw()

    @work(exclusive=True, group="runs")
    async def action_choose(self) -> None:
        """Evaluate and ship use the marked run."""
        row = self._marked()
        if row is None:
            return
        name = row.name
        if await self.ask_engine(lambda: choose_run(self._project, name)) is not None:
            self._read()

    @work(exclusive=True, group="note")
    async def action_note(self) -> None:
        """Write a line about the marked run."""
        row = self._marked()
        if row is None:
            return
        text = await self.app.push_screen_wait(
            AskScreen(f"A note on {short(row.name)}", row.note, "For yourself; it stays in the project.", str)
        )
        if text is None:
            return

        def save() -> bool:
            write_note(self._project, row.name, text)
            return True

        if await self.ask_engine(save):
            self._read()

    def action_go_back(self) -> None:
        """To the page before."""
        self.dismiss()


def short(name: str) -> str:
    """A run's name without what all of them have: `1122-061954-a79e`."""
    return name.removeprefix("train-").removeprefix("20")[2:] if name.startswith("train-20") else name


def cells(row: RunRow, chosen: Glyphs) -> tuple[Content | str, ...]:
    """A line of the table."""
    figure = [chosen.dash if value is None else f"{value:.3f}" for value in (row.train_loss, row.eval_loss)]
    return (
        styled("*", "bold $success") if row.chosen else "",
        short(row.name),
        row.state,
        f"{row.step:,}",
        *figure,
        chosen.dash if row.seconds is None else duration_text(row.seconds),
        "" if row.cost is None else f"{row.cost:.2f} {row.currency}",
        plain(one_line(row.note), chosen),
    )


def made_lines(row: RunRow, width: int, chosen: Glyphs) -> list[Content]:
    """What the run has otherwise than the one before it, and what its evaluation says."""
    changed = ", ".join(f"{knob} {was} {chosen.arrow} {now}" for knob, (was, now) in row.diff.items() if knob != "rows")
    if "rows" in row.diff:
        changed = ", ".join(part for part in (changed, "other rows") if part)
    words = changed or ("as the run before" if row.recipe else "not written down")
    lines = [styled("changed  ", "$muted") + Content(plain(words, chosen))]
    best = f"best holdout {row.best_loss:.3f} at {row.best_step:,}" if row.best_loss is not None else ""
    energy = f"{row.energy_wh:,.0f} Wh" if row.energy_wh is not None else ""
    metrics = [f"{name.replace('_', ' ')} {value:.3g}" for name, value in list(row.metrics.items())[:6]]
    facts = "   ".join(part for part in (best, energy, *metrics) if part)
    lines.append(styled("figures  ", "$muted") + Content(facts or chosen.dash))
    if row.note:
        # In the table a narrow terminal has room for its first letters only.
        lines.append(styled("note     ", "$muted") + Content(plain(one_line(row.note), chosen)))
    return [fit(line, width, chosen) for line in lines]


def legend(row: RunRow, over: RunRow | None, width: int, chosen: Glyphs) -> Content:
    """Which curve is which."""
    line = styled("loss ", "$muted") + styled(chosen.curve, "$accent") + Content(f" {short(row.name)} train")
    marks = f" {short(over.name)} train" if over else " its holdout"
    return fit(line + Content("   ") + styled("o", "bold $warning") + Content(marks), width, chosen)


def thinned(points: tuple[tuple[int, float], ...], most: int) -> tuple[tuple[int, float], ...]:
    """At most so many points, evenly spread, the last one among them."""
    if len(points) <= most:
        return points
    step = (len(points) - 1) / (most - 1)
    return tuple(points[round(place * step)] for place in range(most))
