"""All knobs of a recipe: what each does, costs and can be, with the advice about it and the plan that follows."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.errors import TunesmithError
from tui.charset import Glyphs, glyphs, plain
from tui.commands import TABLE, bindings
from tui.knobs import KNOBS, Knob, differences, knob, settings_of, step_choice, value_text, with_typed
from tui.screens.ask import key_words
from tui.widgets.memory_panel import plan_words
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import fit, styled

if TYPE_CHECKING:
    from engine.recipes import RecipePreset
    from engine.spec import RecipeSpec
    from tui.screens.recipe import RecipeScreen

_NAME = 8
_DETAIL_LINES = 5
_SHORTER = (
    ("Input should be a valid integer", "must be a whole number"),
    ("Input should be a valid number", "must be a number"),
    ("greater than or equal to", "at least"),
    ("less than or equal to", "at most"),
    ("greater than", "above"),
    ("less than", "below"),
    ("Input should be", "must be"),
    (", unable to parse string as an integer", ""),
    (", unable to parse string as a number", ""),
)
"""The library's words for a wrong value, and ours."""


class KnobsScreen(ModalScreen[None]):
    """The list of all knobs over the recipe page, which saves each change and plans it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["knobs"])
    CSS = """
    KnobsScreen > .dialog { width: 100%; max-width: 116; height: 100%; max-height: 44; padding: 0 1; }
    KnobsScreen #title { height: 1; }
    KnobsScreen RowList { height: 1fr; }
    KnobsScreen #detail { height: 6; border-top: solid $rule; padding: 0 1; }
    App.-ascii KnobsScreen #detail { border-top: ascii $rule; }
    KnobsScreen #typing { height: 1; display: none; }
    KnobsScreen.-typing #typing { display: block; }
    KnobsScreen #typing Input { width: 18; }
    KnobsScreen #name { width: 18; padding: 0 1; }
    KnobsScreen #problem { width: 1fr; height: 1; padding: 0 1; text-wrap: nowrap; }
    KnobsScreen #summary { height: 1; padding: 0 1; text-wrap: nowrap; }
    KnobsScreen #keys { height: 1; padding: 0 1; }
    """
    AUTO_FOCUS: ClassVar[str | None] = "RowList"

    def __init__(self, page: RecipeScreen, preset: RecipePreset) -> None:
        super().__init__()
        self._page, self._preset = page, preset

    def compose(self) -> ComposeResult:
        """The list, what the marked knob means, the field, the plan, the keys."""
        columns = [Column(width=1), Column(width=17), Column(width=15, align="right"), Column()]
        with Vertical(classes="dialog"):
            yield Static(id="title")
            yield RowList(columns)
            yield Static(id="detail")
            with Horizontal(id="typing"):
                yield Static(id="name")
                yield Input(select_on_focus=True)
                yield Static(id="problem")
            yield Static(id="summary")
            yield Static(id="keys")

    def on_mount(self) -> None:
        """Show it; the plan follows by itself."""
        self._show()
        self.watch(self._page, "plan", self._show_plan)

    def on_resize(self) -> None:
        """What the marked knob means is as wide as there is room, which is known after the layout."""
        self.call_after_refresh(self._show_detail)

    @property
    def _recipe(self) -> RecipeSpec:
        return self._page.spec.recipe

    @property
    def _marked(self) -> Knob | None:
        key = self.query_one(RowList).marked_key
        return knob(key) if key in settings_of(self._recipe) and key else None

    # -- showing ------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        chosen = glyphs(self)
        changed = differences(self._preset.knobs, self._recipe)
        advised = {one.knob for one in self._page.advice_on(self._recipe)}
        values = settings_of(self._recipe)
        rows: list[Row] = []
        group = ""
        for one in KNOBS:
            if not rows or one.group != group:
                rows.append(Row(one.key + "-group", (styled(f"   {one.group}", "$accent"),), heading=True))
            group = one.group
            rows.append(self._row(one, values[one.key], one.key in changed, one.key in advised, chosen))
        self.query_one(RowList).set_rows(rows)
        count = f"{len(changed)} changed" if changed else "none changed"
        title = styled(f" All knobs of {self._preset.title}", "bold") + styled(f"   {count}", "$muted")
        self.query_one("#title", Static).update(title)
        self.query_one("#keys", Static).update(self._keys())
        self._show_detail()

    @staticmethod
    def _row(one: Knob, value: Any, changed: bool, advised: bool, chosen: Glyphs) -> Row:
        mark = styled(chosen.differs, "bold $accent") if changed else Content("")
        if advised:
            mark = styled(chosen.stale, "bold $warning")
        words = one.empty if one.empty and value in (None, []) else value_text(value)
        style = "bold $accent" if changed else "$muted" if one.empty and value in (None, []) else "bold"
        shown = fit(plain(words, chosen), 15, chosen, "right") if len(words) > 15 else Content(plain(words, chosen))
        return Row(one.key, (mark, one.title, shown.stylize(style), styled(plain(one.meaning, chosen), "$muted")))

    def _show_detail(self) -> None:
        one, chosen = self._marked, glyphs(self)
        if one is None:
            return
        self.query_one(RowList).gloss = one.key.replace("_", " ")
        width = max(40, self.query_one("#detail", Static).size.width - 2)
        lines = [Content(line) for line in textwrap.wrap(plain(one.meaning, chosen), width)[:2]]
        unit = f", in {one.unit}" if one.unit else ""
        lines.append(_told("can be", f"{one.valid}{unit}", width, chosen))
        lines.append(_told("costs", one.cost, width, chosen))
        base = settings_of(self._preset.knobs)[one.key]
        if base != settings_of(self._recipe)[one.key]:
            words = f"{value_text(base)} in {self._preset.title}; x goes back to it"
            lines.append(_told("preset", words, width, chosen))
        found = next((said.text for said in self._page.advice_on(self._recipe) if said.knob == one.key), "")
        if found:
            # A warning takes the place of what is told last; it must not be the one that is left out.
            wrapped = textwrap.wrap(plain(f"{chosen.stale} {found}", chosen), width)[:2]
            lines = lines[: _DETAIL_LINES - len(wrapped)] + [styled(line, "$warning") for line in wrapped]
        self.query_one("#detail", Static).update(Content("\n").join(lines))

    def _show_plan(self) -> None:
        chosen = glyphs(self)
        line = styled("takes  ", "$muted") + plan_words(self._page.plan, chosen)
        self.query_one("#summary", Static).update(fit(line, max(20, self.size.width - 6), chosen))

    def _keys(self) -> Content:
        if self._typing:
            return key_words(("enter", "Take it"), ("esc", "Leave it as it was"))
        return key_words(
            ("enter", "Type"),
            ("left right", "Choose"),
            ("x", "As preset"),
            ("X", "All"),
            ("u", "Undo"),
            ("esc", "Back"),
        )

    @on(RowList.Marked)
    def _knob_marked(self) -> None:
        self._show_detail()

    # -- changing -----------------------------------------------------------------------------------------------

    @property
    def _typing(self) -> bool:
        return self.has_class("-typing")

    def on_row_list_taken(self) -> None:
        """Enter types a value."""
        self.action_edit()

    def action_edit(self) -> None:
        """Open the field."""
        one = self._marked
        if one is None:
            return
        value = settings_of(self._recipe)[one.key]
        field = self.query_one(Input)
        field.value = "" if value in (None, []) else value_text(value)
        self.query_one("#name", Static).update(styled(one.title, "bold"))
        self.query_one("#problem", Static).update("")
        self.add_class("-typing")
        self.query_one("#keys", Static).update(self._keys())
        field.focus()

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        """Say at once whether it can be used, and what is advised about it."""
        one = self._marked
        if one is None or not self._typing:
            return
        chosen = glyphs(self)
        try:
            changed = with_typed(self._page.spec, one.key, message.value)
        except TunesmithError as error:
            words = styled(f"{chosen.bad} {plain(problem_words(error), chosen)}", "$error")
        else:
            said = next((said.text for said in self._page.advice_on(changed.recipe) if said.knob == one.key), "")
            words = styled(f"{chosen.stale} {plain(said, chosen)}", "$warning") if said else Content("")
            words = words if said else styled(f"{chosen.done} can be used", "$success")
        self.query_one("#problem", Static).update(words)

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        one = self._marked
        if one is None:
            return
        try:
            changed = with_typed(self._page.spec, one.key, message.value)
        except TunesmithError:
            # the words beside the field say why
            return
        self._end_typing()
        self._save(changed.recipe)

    def action_choose(self, by: int) -> None:
        """The next of a few words."""
        one = self._marked
        if one is None:
            return
        word = step_choice(one.key, settings_of(self._recipe)[one.key], by)
        if word is None:
            self.action_edit()
            return
        try:
            self._save(with_typed(self._page.spec, one.key, word).recipe)
        except TunesmithError as error:
            self._complain(error)

    def action_reset(self) -> None:
        """The preset's value again."""
        one = self._marked
        if one is not None:
            base = getattr(self._preset.knobs, one.key)
            self._save(self._recipe.model_copy(update={one.key: base}))

    def action_reset_all(self) -> None:
        """All values of the preset again."""
        self._save(self._preset.knobs)

    @work(exclusive=True, group="undo")
    async def action_undo(self) -> None:
        """The last change taken back."""
        if await self._page.undo():
            self._show()

    @work(exclusive=True, group="save")
    async def _save(self, recipe: RecipeSpec) -> None:
        if await self._page.save_recipe(recipe):
            self._show()

    def _complain(self, error: TunesmithError) -> None:
        """In place of what the knob means, until another one is marked."""
        chosen, detail = glyphs(self), self.query_one("#detail", Static)
        words = plain(f"{chosen.bad} {problem_words(error)}", chosen)
        lines = textwrap.wrap(words, max(40, detail.size.width - 2), subsequent_indent="  ")
        detail.update(styled("\n".join(lines[:_DETAIL_LINES]), "$error"))

    def _end_typing(self) -> None:
        self.remove_class("-typing")
        self.query_one("#keys", Static).update(self._keys())
        self.query_one(RowList).focus()

    @work(exclusive=True, group="close")
    async def action_close(self) -> None:
        """End the typing, else back to the page once the last change is saved."""
        if self._typing:
            self._end_typing()
            return
        saving = [worker for worker in self.workers if worker.node is self and worker.group in ("save", "undo")]
        if saving:
            await self.workers.wait_for_complete(saving)
        self.dismiss(None)


def problem_words(error: TunesmithError) -> str:
    """What is wrong with a value in a few words, without where it was typed: `must be at least 1`."""
    words = (error.what or error.title).removeprefix("--set: ").partition(" (it says ")[0]
    for long, short in _SHORTER:
        words = words.replace(long, short)
    return words


def _told(name: str, words: str, width: int, chosen: Glyphs) -> Content:
    return styled(f"{name:<{_NAME}}", "$muted") + fit(plain(words, chosen), width - _NAME, chosen)
