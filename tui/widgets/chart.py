"""The loss chart: draws a `Plot` line by line, and on new data only the cells that are different.

A chart whose axis moves with every step would send all its cells over SSH every second. The axis stands still
between round numbers (`tui.widgets.plot`), so that most seconds change a few cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.charset import glyphs
from tui.widgets.curve import Curve
from tui.widgets.plot import Plot, Role, Run, Style, plot

__all__ = ["Curve", "LossChart", "Plot", "Run", "changed_spans", "plot"]


class LossChart(Widget):
    """Training and holdout loss over steps. `show` gives it data; it draws itself when they changed."""

    DEFAULT_CSS = """
    LossChart { height: 1fr; }
    LossChart > .chart--axis { color: $muted; }
    LossChart > .chart--train { color: $accent; }
    LossChart > .chart--holdout { color: $warning; text-style: bold; }
    LossChart > .chart--best { color: $success; text-style: bold; }
    LossChart > .chart--bad { color: $error; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--axis",
        "chart--train",
        "chart--holdout",
        "chart--best",
        "chart--bad",
    }

    class Redrawn(Message):
        """The picture is another one now; its notes may be too."""

        def can_replace(self, message: Message) -> bool:
            """Only the last one counts."""
            return isinstance(message, LossChart.Redrawn)

    def __init__(self, *, style: Style | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self._style = style
        self._curve = Curve()
        self._holdout: tuple[tuple[int, float], ...] = ()
        self._best_step: int | None = None
        self._total: int | None = None
        self._shown: tuple[object, ...] = ()
        self.picture = Plot(())

    def show(
        self,
        curve: Curve,
        holdout: Sequence[tuple[int, float]] = (),
        *,
        best_step: int | None = None,
        total: int | None = None,
    ) -> None:
        """Show these losses; does nothing when they are those that are shown already."""
        self._curve, self._holdout, self._best_step, self._total = curve, tuple(holdout), best_step, total
        self._redraw()

    def on_resize(self) -> None:
        """Draw for the new size."""
        self._redraw()

    def render_line(self, y: int) -> Strip:
        """One row of the chart."""
        if y >= len(self.picture.rows):
            return Strip.blank(self.size.width, self.rich_style)
        return Strip([Segment(run.text, self._style_of(run.role)) for run in self.picture.rows[y]], self.size.width)

    def _style_of(self, role: Role) -> RichStyle:
        return self.rich_style if role == "blank" else self.get_component_rich_style(f"chart--{role}")

    def _redraw(self) -> None:
        width, height = self.size
        if not width or not height:
            return
        curve = self._curve
        wanted = (id(curve), curve.version, self._holdout, self._best_step, self._total, width, height)
        if wanted == self._shown:
            return
        self._shown = wanted
        before, self.picture = (
            self.picture,
            plot(
                curve,
                self._holdout,
                width,
                height,
                glyphs(self),
                best_step=self._best_step,
                total=self._total,
                style=self._style,
            ),
        )
        if regions := changed_spans(before, self.picture):
            self.refresh(*regions)
            self.post_message(self.Redrawn())


def changed_spans(before: Plot, after: Plot) -> list[Region]:
    """The cells that are different: for each row that changed, the stretch from its first to its last change."""
    regions = []
    for y, row in enumerate(after.rows):
        old = _cells(before.rows[y]) if y < len(before.rows) else []
        new = _cells(row)
        if len(old) != len(new):
            regions.append(Region(0, y, len(new), 1))
            continue
        different = [x for x, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
        if different:
            regions.append(Region(different[0], y, different[-1] - different[0] + 1, 1))
    return regions


def _cells(row: Sequence[Run]) -> list[tuple[str, Role]]:
    return [(character, run.role) for run in row for character in run.text]
