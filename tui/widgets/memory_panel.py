"""What a run takes before anything is spent: memory as a band on a bar, its parts, time, cost, and what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.charset import Glyphs, glyphs, plain
from tui.widgets.text import GIB, duration_text, fit, gib, styled

if TYPE_CHECKING:
    from tui.memory import PlanShown

_USABLE_SHARE = 0.9
"""The line on the bar: a plan may use this share of a card (`engine.plan.memory.FITS_SHARE`)."""
_PARTS = (
    ("weights", ("weights",)),
    ("adapter+optimizer", ("adapter", "gradients", "optimizer")),
    ("activations", ("activations", "other")),
    ("logits", ("logits",)),
)
_NAME = 9
"""Cells of the names at the left, so that what is said about them stands in one column."""
_LEFT = 30
"""Cells of the first of two facts in a line."""


class MemoryPanel(Widget):
    """Shows a `PlanShown` in five steady lines."""

    DEFAULT_CSS = "MemoryPanel { height: 5; padding: 0 1; text-wrap: nowrap; }"
    plan: reactive[PlanShown | None] = reactive(None)
    working: reactive[str] = reactive("")
    """What the planning job is doing; empty while none runs."""
    problem: reactive[str] = reactive("")

    def render(self) -> Content:
        """The lines at this width."""
        chosen, width = glyphs(self), self.size.width
        return Content("\n").join(fit(line, width, chosen) for line in self._lines(chosen, width))

    def _lines(self, chosen: Glyphs, width: int) -> list[Content]:
        if self.problem:
            return [styled(f"{chosen.stale} {plain(self.problem, chosen)}", "$warning")]
        shown = self.plan
        if shown is None:
            return []
        if shown.state == "none":
            said = self.working or shown.why_not
            return [_named("memory", chosen) + styled(plain(said, chosen), "$muted"), *against_lines(shown, chosen)]
        return [
            band_line(shown, width, chosen),
            parts_line(shown, chosen),
            time_line(shown, chosen),
            self._help_line(shown, chosen),
            *against_lines(shown, chosen),
        ]

    def _help_line(self, shown: PlanShown, chosen: Glyphs) -> Content:
        """What is wrong with the figures, else what would be better."""
        if shown.state == "rough":
            said = self.working or "the exact figure has not been worked out yet"
            return _named("rough", chosen) + styled(plain(f"{chosen.stale} {said}", chosen), "$warning")
        if shown.state == "stale":
            said = f"; {self.working}" if self.working else ""
            return _named("stale", chosen) + styled(
                f"{chosen.stale} of the knobs before your last change{said}", "$warning"
            )
        return could_line(shown, chosen, self.working)


def band_line(shown: PlanShown, width: int, chosen: Glyphs) -> Content:
    """`memory  13.1 - 14.0 GiB of 24 ▉▉▉▏···┆·  ✓ fits`; nothing in it moves when a figure changes."""
    room = shown.target.room if shown.target else 0
    words = f"{gib(shown.low):>5} - {gib(shown.high):>5} GiB of {room / GIB:>3.0f}  "
    mark, word, colour = verdict_of(shown, chosen)
    end = f"  {mark} {word:<12}"
    cells = max(6, width - _NAME - len(words) - len(end))
    low, high = (shown.low / room, shown.high / room) if room else (0.0, 0.0)
    bar = styled(band_bar(low, high, cells, chosen), "$accent")
    return _named("memory", chosen) + styled(words, "bold") + bar + styled(end, f"bold {colour}")


def verdict_of(shown: PlanShown, chosen: Glyphs) -> tuple[str, str, str]:
    """Glyph, word and colour of whether it fits."""
    if shown.fits is None or shown.state == "stale":
        return chosen.stale, "may not fit" if shown.fits is None else "earlier plan", "$warning"
    about = "about " if shown.state == "rough" else ""
    return (chosen.done, f"{about}fits", "$success") if shown.fits else (chosen.bad, "does not fit", "$error")


def parts_line(shown: PlanShown, chosen: Glyphs) -> Content:
    """What the memory is for, in GiB."""
    parts = [
        styled(f"{name} ", "$muted") + Content(f"{gib(sum(shown.breakdown.get(key, 0) for key in keys)):>4}")
        for name, keys in _PARTS
    ]
    return _named("", chosen) + Content("  ").join(parts)


def time_line(shown: PlanShown, chosen: Glyphs) -> Content:
    """Time and cost as bands, or why there are none."""
    return _named("time", chosen) + fit(time_words(shown), _LEFT, chosen) + cost_words(shown)


def time_words(shown: PlanShown) -> Content:
    """`52 - 64 min`."""
    if (run := shown.run_seconds) is not None:
        return styled(range_of(run), "bold")
    if shown.state == "rough":
        return styled("not worked out yet", "$muted")
    if shown.time:
        return styled("not known before the preview", "$muted")
    return styled("not known before a first run", "$muted")


def cost_words(shown: PlanShown) -> Content:
    """`cost  0.36 - 0.45 EUR at 0.42 an hour`."""
    name = styled("cost  ", "$muted")
    if shown.price is None:
        return name + styled("b sets a price an hour", "$muted")
    if shown.cost is None:
        return name + styled(f"{shown.price:g} {shown.currency} an hour", "$muted")
    band = f"{float(shown.cost['low']):.2f} - {float(shown.cost['high']):.2f} {shown.currency}"
    return name + styled(band, "bold") + styled(f" at {shown.price:g} an hour", "$muted")


def could_line(shown: PlanShown, chosen: Glyphs, working: str = "") -> Content:
    """What would be faster, or what would fit."""
    found = shown.suggestion
    if shown.fits is False:
        if found is not None and found.fits:
            return _named("could", chosen) + styled("other settings fit: f shows them and takes them", "$warning")
        if found is None:
            said = working or "what would fit has not been worked out yet"
            return _named("could", chosen) + styled(plain(said, chosen), "$warning")
        return _named("could", chosen) + styled("nothing fits as it is: f says what would", "$error")
    if found is None or not found.worth_saying:
        return _named("could", chosen) + styled("nothing faster fits", "$muted")
    what = ", ".join(change_words(name, now, then) for name, (now, then) in found.changes.items())
    gain = f": {found.faster:.1f} {chosen.times} faster, {gib(found.memory)} GiB"
    return _named("could", chosen) + Content(plain(what, chosen)) + styled(f"{gain}  f", "$accent")


def change_words(name: str, now: object, then: object) -> str:
    """A change of a knob in a few words."""
    if name == "gradient_checkpointing":
        return "recompute to save memory" if then else "keep activations"
    if name == "micro_batch":
        return f"{then} {'row' if then == 1 else 'rows'} at once"
    if name == "quantization":
        return "weights kept whole" if then == "none" else f"{then} weights"
    if name == "loss":
        return "scores in parts"
    if name == "max_length":
        return f"rows of at most {then:,} tokens"
    return f"{name.replace('_', ' ')} {then}"


def against_lines(shown: PlanShown, chosen: Glyphs) -> list[Content]:
    """What it is measured against."""
    if shown.target is None:
        return []
    said = shown.target.words
    if shown.tokens:
        row = shown.tokens // max(1, shown.rows_at_once)
        times = f" {chosen.times} {shown.rows_at_once}" if shown.rows_at_once > 1 else ""
        basis = "your longest row" if shown.longest_known else "the longest row allowed"
        basis = "rows packed together" if shown.packed else basis
        said += f"; {basis}: {row:,}{times} tokens"
    return [_named("against", chosen) + styled(plain(said, chosen), "$muted")]


def band_bar(low: float, high: float, width: int, chosen: Glyphs) -> str:
    """A bar filled to `low`, marked to `high`, with a line where a card counts as full."""
    full, reach = round(min(1.0, low) * width), max(1, round(min(1.0, high) * width))
    limit = min(width - 1, round(_USABLE_SHARE * width))
    cells = [chosen.bar_full if at < full else chosen.band if at < reach else chosen.bar_empty for at in range(width)]
    cells[limit] = chosen.limit
    return "".join(cells)


def range_of(seconds: tuple[float, float]) -> str:
    """`52 - 64 min`; both ends in the unit of each where they differ."""
    low, high = (duration_text(one) for one in seconds)
    if low == high:
        return f"about {low}"
    amount, _, unit = low.partition(" ")
    alike = high.partition(" ")[2] == unit and " " not in unit
    return f"{amount} - {high}" if alike else f"{low} - {high}"


def plan_words(shown: PlanShown | None, chosen: Glyphs) -> Content:
    """Memory, verdict and time in one line, for pages that lie over the panel."""
    if shown is None or shown.state == "none" or shown.target is None:
        return styled("memory and time are not known yet", "$muted")
    mark, word, colour = verdict_of(shown, chosen)
    room = f"{shown.target.room / GIB:.0f}"
    memory = f"{gib(shown.low)} - {gib(shown.high)} GiB of {room}  "
    return (
        Content(memory) + styled(f"{mark} {word}", f"bold {colour}") + styled("   time  ", "$muted") + time_words(shown)
    )


def _named(name: str, chosen: Glyphs) -> Content:
    return styled(f"{name:<{_NAME}}", "$muted")
