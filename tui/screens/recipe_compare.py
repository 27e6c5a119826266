"""The presets side by side: their important knobs and what each takes here; the marked one against yours in full."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.charset import Glyphs, glyphs, plain
from tui.commands import TABLE, bindings
from tui.knobs import differences, knob, value_text
from tui.screens.ask import key_words
from tui.threads import is_open
from tui.widgets.memory_panel import verdict_of
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import gib, styled

if TYPE_CHECKING:
    from engine.recipes import RecipePreset
    from engine.spec import RecipeSpec
    from tui.memory import PlanShown
    from tui.screens.recipe import RecipeScreen

_YOURS = "yours"
_MOST_LINES = 7


class CompareScreen(ModalScreen[str | None]):
    """A table of the presets; returns the name of the one to mark."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["compare"])
    CSS = """
    CompareScreen > .dialog { width: 100%; max-width: 104; height: 100%; max-height: 30; padding: 0 1; }
    CompareScreen RowList { height: 1fr; }
    CompareScreen #detail { height: 7; border-top: solid $rule; padding: 0 1; }
    App.-ascii CompareScreen #detail { border-top: ascii $rule; }
    CompareScreen #keys { height: 1; padding: 0 1; }
    """

    def __init__(self, page: RecipeScreen, presets: list[RecipePreset]) -> None:
        super().__init__()
        self._page, self._presets = page, presets
        self._plans: dict[str, PlanShown] = {}

    def compose(self) -> ComposeResult:
        """The table, the difference, the keys."""
        columns = [
            Column("preset", 17),
            Column("rank", 4, "right"),
            Column("drop", 5, "right"),
            Column("rate", 6, "right"),
            Column("batch", 5, "right"),
            Column("length", 6, "right"),
            Column("passes", 9, "right"),
            Column("memory", 8, "right"),
        ]
        with Vertical(classes="dialog"):
            yield Static(styled(" The presets side by side", "bold"))
            yield RowList(columns)
            yield Static(id="detail")
            yield Static(key_words(("enter", "Mark it"), ("esc", "Back")), id="keys")

    def on_mount(self) -> None:
        """The table at once; memory as it is worked out."""
        self._show()
        marked = self._page.marked_preset()
        self.query_one(RowList).mark(marked.name if marked else "")
        self._plan_all()

    def _recipes(self) -> list[tuple[str, str, RecipeSpec]]:
        mine = self._page.spec.recipe
        taken = next((one for one in self._presets if one.name == mine.preset), None)
        listed = [(one.name, one.title, one.knobs) for one in self._presets]
        if taken is None or differences(taken.knobs, mine):
            listed.insert(0, (_YOURS, "Yours", mine))
        return listed

    def _show(self) -> None:
        chosen = glyphs(self)
        rows = [Row(key, self._cells(key, title, recipe, chosen)) for key, title, recipe in self._recipes()]
        self.query_one(RowList).set_rows(rows)

    def _cells(self, key: str, title: str, recipe: RecipeSpec, chosen: Glyphs) -> tuple[Content | str, ...]:
        passes = f"{recipe.max_steps:,} steps" if recipe.max_steps else f"{recipe.epochs:g} {chosen.times}"
        return (
            title,
            value_text(recipe.rank),
            value_text(recipe.dropout),
            value_text(recipe.learning_rate),
            value_text(recipe.effective_batch),
            value_text(recipe.max_length),
            passes,
            self._memory(key, chosen),
        )

    def _memory(self, key: str, chosen: Glyphs) -> Content:
        plan = self._plans.get(key)
        if plan is None or plan.state in ("none", "stale"):
            return styled("not yet", "$muted")
        mark, _, colour = verdict_of(plan, chosen)
        about = "" if plan.state == "exact" else "~"
        return Content(f"{about}{gib(plan.low)} ") + styled(mark, colour)

    @work(exclusive=True, group="plans")
    async def _plan_all(self) -> None:
        for key, _, recipe in self._recipes():
            plan = await self._page.plan_of(recipe)
            if not self.is_attached or not is_open(self):
                # The page below goes on working when this dialog is left.
                return
            if plan is not None:
                self._plans[key] = plan
                self._show()

    @on(RowList.Marked)
    def _preset_marked(self, message: RowList.Marked) -> None:
        chosen, mine = glyphs(self), self._page.spec.recipe
        preset = next((one for one in self._presets if one.name == message.key), None)
        width = max(40, self.size.width - 8)
        if preset is None:
            taken = next((one for one in self._presets if one.name == mine.preset), None)
            head = f"Yours began as {taken.title if taken else mine.preset}."
            found = differences(taken.knobs, mine) if taken else {}
        else:
            head = f"{preset.use_when} {preset.cost}"
            found = differences(mine, preset.knobs)
        words = ", ".join(
            f"{knob(key).title} {value_text(was)} {chosen.arrow} {value_text(now)}" for key, (was, now) in found.items()
        )
        lines = [Content(line) for line in textwrap.wrap(plain(head, chosen), width)[:2]]
        told = f"from yours: {words}" if preset else f"changed: {words}"
        told = told if words else "the same as yours"
        lines += [styled(line, "$accent") for line in textwrap.wrap(plain(told, chosen), width)]
        self.query_one("#detail", Static).update(Content("\n").join(lines[:_MOST_LINES]))

    def on_row_list_taken(self, message: RowList.Taken) -> None:
        """Mark it on the page."""
        self.dismiss(self._page.spec.recipe.preset if message.key == _YOURS else message.key)

    def action_close(self) -> None:
        """Back as it was."""
        self.dismiss(None)
