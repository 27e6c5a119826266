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

from tui.charset import glyphs

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
        """The line; steps are two cells apart and one cell where the line would not fit."""
        from engine.steps import TITLES

        chosen = glyphs(self)
        marks = {"done": chosen.done, "here": chosen.here, "stale": chosen.stale, "todo": chosen.todo}
        parts: list[Content] = []
        for status in self.statuses:
            is_here = status.step == self.here
            state = "here" if is_here and status.state != "stale" else status.state
            mark = Content.styled(marks[state], _COLOURS[state])
            title = Content.styled(f" {TITLES[status.step]}", _COLOURS["here" if is_here else state])
            parts.append((mark + title).stylize(Style.from_meta({"step": status.step})))
        between = Content("  ") if self.size.width >= 79 else Content(" ")
        return Content(" ") + between.join(parts)

    def on_click(self, event: events.Click) -> None:
        """Tell which step was clicked."""
        if step := event.style.meta.get("step"):
            self.post_message(self.Chosen(step))
