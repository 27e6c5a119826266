"""The way: eight steps on one line, each with its state as a glyph. Clickable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from tui.charset import Glyphs, glyphs

if TYPE_CHECKING:
    from engine.spec import StepName
    from engine.steps import StepStatus

_COLOURS = {"done": "$success", "here": "bold $accent", "stale": "$warning", "todo": "$muted"}


class Stepper(Widget):
    """Shows the steps with ✓ done, ● here, ! stale, · to come.

    The step that is open keeps its `!` when it is stale, so that the state is never lost.
    """

    DEFAULT_CSS = "Stepper { height: 1; }"

    statuses: reactive[tuple[StepStatus, ...]] = reactive((), layout=False)
    here: reactive[str] = reactive("")

    @dataclass
    class Chosen(Message):
        """A step was clicked."""

        step: StepName

    def set_steps(self, statuses: Sequence[StepStatus], here: str) -> None:
        """Show these states, with the open step marked."""
        self.here = here
        self.statuses = tuple(statuses)

    def render(self) -> Content:
        """The line for the width there is."""
        return way_line(self.statuses, self.here, self.size.width, glyphs(self))

    def on_click(self, event: events.Click) -> None:
        """Tell which step was clicked."""
        if step := event.style.meta.get("step"):
            self.post_message(self.Chosen(step))


def way_line(statuses: Sequence[StepStatus], here: str, width: int, chosen: Glyphs) -> Content:
    """The steps two cells apart; one cell where that does not fit; then only the open one and its neighbour have names.

    The open step is always in sight: where even that is too long, the others are their signs alone.
    """
    order = [status.step for status in statuses]
    at = order.index(here) if here in order else 0
    everything = set(range(len(order)))
    for named, between in ((everything, "  "), (everything, " "), ({at, at + 1}, " "), ({at}, " ")):
        parts = [_step(status, here, chosen, named=index in named) for index, status in enumerate(statuses)]
        line = Content(" ") + Content(between).join(parts)
        if line.cell_length <= width:
            break
    return line


def _step(status: StepStatus, here: str, chosen: Glyphs, *, named: bool) -> Content:
    from engine.steps import TITLES

    marks = {"done": chosen.done, "here": chosen.here, "stale": chosen.stale, "todo": chosen.todo}
    is_here = status.step == here
    state = "here" if is_here and status.state != "stale" else status.state
    shown = Content.styled(marks[state], _COLOURS[state])
    if named:
        shown += Content.styled(f" {TITLES[status.step]}", _COLOURS["here" if is_here else state])
    return shown.stylize(Style.from_meta({"step": status.step}))


def step_words(status: StepStatus, missing: StepName | None, chosen: Glyphs) -> tuple[str, str]:
    """A step's mark and name, and where it stands in words; `missing` is the first that was never taken."""
    from engine.steps import TITLES

    after = f"after {TITLES[missing]}" if missing is not None and missing != status.step else "comes next"
    marks = {"done": (chosen.done, "done"), "stale": (chosen.stale, status.reason), "todo": (chosen.todo, after)}
    mark, words = marks[status.state]
    return f"{mark} {TITLES[status.step]}", words
