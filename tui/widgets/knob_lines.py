"""The knobs of a recipe in a few steady lines: the important ones in columns, then what differs from the preset."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.charset import Glyphs, glyphs, plain
from tui.knobs import KNOBS, differences, knob, settings_of, value_text
from tui.widgets.text import fit, styled
from tui.widgets.wrap import lines_within

if TYPE_CHECKING:
    from engine.advice import Advice
    from engine.spec import RecipeSpec

_CELLS = (17, 17, 17, 20)
"""Cells of a column; the last holds `learning rate 1.5e-4`."""
_GROUPED_FROM = 14
"""Lines from which on all knobs are shown, by group."""


@dataclass(frozen=True)
class KnobsShown:
    """A recipe, the preset it is compared with, and what is advised about it."""

    recipe: RecipeSpec
    base: RecipeSpec
    title: str
    advice: tuple[Advice, ...] = ()


class KnobLines(Widget):
    """Two lines of important knobs, one of what was changed, up to two of advice; all knobs where there is room."""

    DEFAULT_CSS = """
    KnobLines { height: 4; padding: 0 1; text-wrap: nowrap; }
    KnobLines.-advised { height: 5; }
    """
    shown: reactive[KnobsShown | None] = reactive(None)

    def watch_shown(self) -> None:
        """Long advice takes a line more."""
        self._make_room()

    def on_resize(self) -> None:
        """The same at another width."""
        self._make_room()

    def _make_room(self) -> None:
        advice = _advised(self.shown, self.size.width, glyphs(self)) if self.shown is not None else []
        self.set_class(len(advice) > 1, "-advised")

    def render(self) -> Content:
        """At this size."""
        if self.shown is None:
            return Content("")
        chosen, width = glyphs(self), self.size.width
        many = self.size.height >= _GROUPED_FROM
        lines = _grouped(self.shown, width, chosen) if many else _important(self.shown, chosen)
        lines.append(_changed(self.shown, chosen, short=not many))
        if many:
            lines += _advised_in_full(self.shown, width, chosen)
        else:
            lines += _advised(self.shown, width, chosen)
        return Content("\n").join(fit(line, width, chosen) for line in lines)


def _important(shown: KnobsShown, chosen: Glyphs) -> list[Content]:
    recipe = shown.recipe
    changed = set(differences(shown.base, recipe))
    times = ("steps", value_text(recipe.max_steps), "max_steps") if recipe.max_steps else (
        "epochs", value_text(recipe.epochs), "epochs"
    )  # fmt: skip
    rounds = max(1, round(recipe.effective_batch / min(recipe.micro_batch, recipe.effective_batch)))
    batch = f"{min(recipe.micro_batch, recipe.effective_batch)} {chosen.times} {rounds}"
    cells = [
        ("rank", value_text(recipe.rank), "rank"),
        ("alpha", value_text(recipe.alpha), "alpha"),
        ("dropout", value_text(recipe.dropout), "dropout"),
        ("learning rate", value_text(recipe.learning_rate), "learning_rate"),
        times,
        ("batch", batch, "effective_batch micro_batch"),
        ("max length", value_text(recipe.max_length), "max_length"),
        ("weights", "16-bit" if recipe.quantization == "none" else recipe.quantization, "quantization"),
    ]
    made = [
        _cell(name, value, bool(changed & set(keys.split())), _CELLS[at % len(_CELLS)], chosen)
        for at, (name, value, keys) in enumerate(cells)
    ]
    return [Content(" ").join(made[at : at + len(_CELLS)]) for at in range(0, len(made), len(_CELLS))]


def _cell(name: str, value: str, changed: bool, width: int, chosen: Glyphs) -> Content:
    """` rank          16`, with a mark in front where it differs from the preset."""
    mark = chosen.differs if changed else " "
    room = max(2, width - len(name) - 1)
    value = value if len(value) <= room else value[: room - 1] + chosen.ellipsis
    gap = " " * max(1, width - len(name) - len(value))
    style = "bold $accent" if changed else "bold"
    return styled(mark, style) + styled(name, "$muted") + Content(gap) + styled(value, style)


def _changed(shown: KnobsShown, chosen: Glyphs, *, short: bool) -> Content:
    """What differs from the preset; where only one hint has room (`short`), how many more there are."""
    found = differences(shown.base, shown.recipe)
    more = len(shown.advice) - 1
    hints = f" and {more} more hint{'s' * (more > 1)}" if more > 0 and short else ""
    if not found:
        return styled(f" all as in {shown.title}; e opens all {len(KNOBS)}{hints}", "$muted")
    words = ", ".join(f"{knob(key).title} {value_text(now)} ({value_text(was)})" for key, (was, now) in found.items())
    opens = f" (e opens all{hints})" if hints else ""
    count = plain(f"{chosen.differs}{len(found)} changed{opens}: ", chosen)
    return styled(count, "bold $accent") + Content(plain(words, chosen))


def _advised(shown: KnobsShown, width: int, chosen: Glyphs) -> list[Content]:
    """The first advice in at most two lines; the line above says how many more there are."""
    words = [plain(f"{chosen.stale} {knob(one.knob).title}: {one.text}", chosen) for one in shown.advice[:1]]
    lines = [line for text in words for line in lines_within(text, max(20, width - 2), 2, chosen)]
    return [styled("  " * bool(at) + line, "$warning") for at, line in enumerate(lines)]


def _advised_in_full(shown: KnobsShown, width: int, chosen: Glyphs) -> list[Content]:
    """All of it, over as many lines as it takes."""
    lines: list[Content] = []
    for one in shown.advice:
        text = plain(f"{chosen.stale} {knob(one.knob).title}: {one.text}", chosen)
        wrapped = textwrap.wrap(text, max(20, width - 2), subsequent_indent="  ")
        lines += [styled(line, "$warning") for line in wrapped]
    return lines


def _grouped(shown: KnobsShown, width: int, chosen: Glyphs) -> list[Content]:
    """All knobs that are not empty, two columns a group."""
    values, changed = settings_of(shown.recipe), set(differences(shown.base, shown.recipe))
    each = max(22, (width - 2) // 2)
    lines: list[Content] = []
    for group in dict.fromkeys(one.group for one in KNOBS):
        told = [
            one for one in KNOBS if one.group == group and (values[one.key] not in (None, []) or one.key in changed)
        ]
        cells = [
            _cell(one.title, plain(value_text(values[one.key]), chosen), one.key in changed, each - 2, chosen)
            for one in told
        ]
        lines.append(styled(f" {group}", "$accent"))
        lines += [Content("   ").join(cells[at : at + 2]) for at in range(0, len(cells), 2)]
    return lines
