"""The memory of a run as a band on a bar, with its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.charset import Glyphs, glyphs
from tui.widgets.text import styled

if TYPE_CHECKING:
    from engine.plan.estimate import Plan
    from tui.memory import MemoryPlan

_GIB = 2**30
_MIB = 2**20
_USABLE_SHARE = 0.9
"""The line on the bar: a plan may use this share of a card (`engine.plan.estimate.FITS_SHARE`)."""
_PARTS = (
    ("weights", ("weights",)),
    ("adapter+optimizer", ("adapter", "gradients", "optimizer")),
    ("activations", ("activations", "other")),
    ("logits", ("logits",)),
)
_INDENT = " " * 8


class MemoryPanel(Widget):
    """Shows a `MemoryPlan`: three lines, more where it is narrow and tall."""

    DEFAULT_CSS = "MemoryPanel { height: 3; padding: 0 1; }"
    memory: reactive[MemoryPlan | None] = reactive(None, layout=True)
    problem: reactive[str] = reactive("")

    def render(self) -> Content:
        """The lines at this width."""
        chosen = glyphs(self)
        if self.problem:
            return styled(f"{chosen.stale} {self.problem}", "$warning")
        if self.memory is None:
            return Content("")
        plan = self.memory.plan
        if plan is None:
            return styled(self.memory.why_not, "$muted")
        return Content("\n").join(
            [self._band(plan, self.memory, chosen), *self._parts(plan), self._note(plan, self.memory)]
        )

    def _band(self, plan: Plan, memory: MemoryPlan, chosen: Glyphs) -> Content:
        where = "on the GPU" if memory.on_cuda else "RAM"
        words = f"memory  {_range(plan.total_low, plan.total_high)} of {_size(memory.room)} {where}  "
        mark, word, colour = (chosen.stale, "may not fit", "$warning")
        if plan.fits is not None:
            fits = (chosen.done, "fits", "$success")
            mark, word, colour = fits if plan.fits else (chosen.bad, "does not fit", "$error")
        end = f"  {mark} {word}"
        width = max(6, self.size.width - len(words) - len(end))
        low, high = plan.total_low / memory.room, plan.total_high / memory.room
        return Content(words) + styled(band_bar(low, high, width, chosen), "$accent") + styled(end, colour)

    def _parts(self, plan: Plan) -> list[Content]:
        lines: list[Content] = [Content(_INDENT)]
        for name, keys in _PARTS:
            part = styled(f"{name} ", "$muted") + Content(_size(sum(plan.breakdown[key] for key in keys)))
            if lines[-1].cell_length + part.cell_length > self.size.width:
                lines.append(Content(_INDENT))
            lines[-1] += part + Content("  ")
        return lines

    def _note(self, plan: Plan, memory: MemoryPlan) -> Content:
        basis = "your longest row" if memory.longest_known else "the longest row allowed"
        row = plan.tokens // memory.rows_at_once
        times = f" {glyphs(self).times} {memory.rows_at_once}" if memory.rows_at_once > 1 else ""
        return styled(f"{_INDENT}an estimate at {row:,}{times} tokens, {basis}", "$muted")


def band_bar(low: float, high: float, width: int, chosen: Glyphs) -> str:
    """A bar filled to `low`, marked to `high`, with a line where a card counts as full."""
    full, reach = round(min(1.0, low) * width), max(1, round(min(1.0, high) * width))
    limit = min(width - 1, round(_USABLE_SHARE * width))
    cells = [chosen.bar_full if at < full else chosen.band if at < reach else chosen.bar_empty for at in range(width)]
    if limit >= reach:
        cells[limit] = chosen.limit
    return "".join(cells)


def _range(low: int, high: int) -> str:
    if high < _GIB:
        return f"{low / _MIB:.0f} - {high / _MIB:.0f} MB"
    return f"{low / _GIB:.1f} - {high / _GIB:.1f} GB"


def _size(size: int) -> str:
    if size >= 10 * _GIB:
        return f"{size / _GIB:.0f} GB"
    return f"{size / _GIB:.1f} GB" if size >= 0.1 * _GIB else f"{size / _MIB:.0f} MB"
