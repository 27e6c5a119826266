"""Step 5, the recipe: how it should learn, which numbers differ from the preset, and what memory it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from engine.errors import TunesmithError
from engine.recipes import RecipePreset, load_recipes
from engine.spec_text import with_settings
from tui.charset import glyphs, plain
from tui.knobs import KNOBS, knob, settings_of, typed_value, value_text
from tui.screens.base import StepScreen
from tui.screens.frame import Rule
from tui.threads import in_thread
from tui.widgets.memory_panel import MemoryPanel
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import styled

if TYPE_CHECKING:
    from engine.spec import ProjectSpec, RecipeSpec


class RecipeScreen(StepScreen):
    """Choose a recipe, change a number if you know why, and see whether it fits."""

    NAME = "recipe"
    STEP_NAME = "recipe"
    CSS_PATH = "recipe.tcss"
    AUTO_FOCUS: ClassVar[str | None] = "#presets"
    HELP = """
    The recipe says how it learns. Each preset is a set of numbers that go together; the one that is marked suits
    most first runs. enter takes it and shows one page with everything before anything starts.

    Below are its numbers. tab goes there, e changes the marked one, x gives it the preset's value again. Each line
    says what the number does. Numbers you changed carry a mark and the preset's value beside them.

    The memory shown is worked out from the model's own sizes and your longest row. It is an estimate: the real need
    can differ by the band that is given. Time and cost are not shown, because nobody knows them before the first
    steps have run; the training page shows both as soon as they are measured.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self._presets: tuple[RecipePreset, ...] = ()

    def body(self) -> ComposeResult:
        """Presets, knobs, memory."""
        yield Static(id="question")
        with Container(id="panes"):
            with Vertical(id="left"):
                yield RowList([Column(width=1), Column(width=16), Column()], id="presets")
                yield Static(id="when")
                yield Rule("before you spend anything", id="memory-rule")
                yield MemoryPanel(id="memory")
            with Vertical(id="right"):
                yield Rule("knobs (changed ones are marked)", id="knobs-rule")
                with Horizontal(id="knob-pane"):
                    yield RowList([Column(width=24), Column(width=14, align="right")], id="knobs")
                    yield Static(id="meaning", classes="pane-right")

    def on_mount(self) -> None:
        """The presets are files that people edit: read them here, where an error can be shown."""
        try:
            self._presets = load_recipes()
        except TunesmithError as error:
            self.show_problem(error)
        self.watch(self.wizard, "machine", self._machine_known, init=False)

    def _machine_known(self) -> None:
        """The memory of the machine is known now."""
        self._show_memory(self.shown_recipe())

    def words(self) -> str:
        """What enter does."""
        return "enter keeps this recipe; one page shows everything before it starts."

    # -- showing ------------------------------------------------------------------------------------------------

    def spec_changed(self) -> None:
        """The presets with the present one marked, and its knobs."""
        presets = self.query_one("#presets", RowList)
        first = not presets.rows
        chosen = glyphs(self)
        rows = []
        for preset in self._presets:
            taken = preset.name == self.spec.recipe.preset and self.status.state != "todo"
            mark = styled(chosen.done if taken else "", "$success")
            rows.append(Row(preset.name, (mark, preset.title, preset.summary)))
        presets.set_rows(rows, mark=self.spec.recipe.preset if first else None)
        self.query_one("#question", Static).update(self._question())
        self._show_knobs()

    def _question(self) -> Content:
        question = styled("How should it learn?", "bold")
        summary = self._preview_summary()
        return question + (styled(f"   {summary}", "$muted") if summary else Content(""))

    def _preview_summary(self) -> str:
        from tui.preview_facts import preview_words

        try:
            return preview_words(self.project)
        except TunesmithError as error:
            self.show_problem(error)
            return ""

    def marked_preset(self) -> RecipePreset | None:
        """The preset the pointer is on."""
        key = self.query_one("#presets", RowList).marked_key
        return next((preset for preset in self._presets if preset.name == key), None)

    def shown_recipe(self) -> RecipeSpec:
        """What the knobs show: the project's recipe, or the marked preset when that is another."""
        preset = self.marked_preset()
        if preset is None or preset.name == self.spec.recipe.preset:
            return self.spec.recipe
        return preset.knobs

    def _show_knobs(self) -> None:
        preset = self.marked_preset()
        if preset is None:
            return
        chosen = glyphs(self)
        base, now = settings_of(preset.knobs), settings_of(self.shown_recipe())
        rows = []
        for one in KNOBS:
            changed = base[one.key] != now[one.key]
            mark = chosen.differs if changed else " "
            value = value_text(now[one.key]) + (f" {one.unit}" if one.unit and now[one.key] is not None else "")
            name = styled(f"{mark} ", "bold $accent") + Content(one.title)
            rows.append(Row(one.key, (name, styled(plain(value, chosen), "bold $accent" if changed else "bold"))))
        self.query_one("#knobs", RowList).set_rows(rows)
        self.query_one("#when", Static).update(styled(f"{preset.use_when} {preset.cost}", "$muted"))
        self._show_meaning()
        self._show_memory(self.shown_recipe())

    def _show_meaning(self) -> None:
        """What the marked knob does, and the preset's value where it was changed."""
        preset, key = self.marked_preset(), self.query_one("#knobs", RowList).marked_key
        if preset is None or key is None:
            return
        one, chosen = knob(key), glyphs(self)
        base, now = settings_of(preset.knobs)[key], settings_of(self.shown_recipe())[key]
        text = styled(one.title, "bold") + Content(f"\n{plain(one.meaning, chosen)}")
        if base != now:
            text += styled(f"\n{chosen.differs} {value_text(base)} in {preset.title}; x goes back to it.", "$accent")
        self.query_one("#meaning", Static).update(text)

    @work(exclusive=True, group="memory")
    async def _show_memory(self, recipe: RecipeSpec) -> None:
        from tui.memory import plan_memory

        panel = self.query_one("#memory", MemoryPanel)
        try:
            memory = await in_thread(self, plan_memory, self.project, self.spec, recipe, self.wizard.machine_facts)
        except TunesmithError as error:
            panel.problem = plain(f"{error.title} {error.hint}", glyphs(self))
            return
        panel.problem, panel.memory = "", memory

    @on(RowList.Marked, "#presets")
    def _preset_marked(self) -> None:
        self._show_knobs()

    @on(RowList.Marked, "#knobs")
    def _knob_marked(self, message: RowList.Marked) -> None:
        message.rows.gloss = message.key
        self._show_meaning()

    # -- doing --------------------------------------------------------------------------------------------------

    def on_row_list_taken(self, message: RowList.Taken) -> None:
        """Enter on a preset goes on; on a knob it opens it."""
        if message.rows.id == "knobs":
            self.action_edit_knob()
        else:
            self.action_go_on()

    @work(exclusive=True, group="take")
    async def action_go_on(self) -> None:
        """Keep the marked recipe and go to the page that confirms."""
        if await self._take_marked():
            self.go_to("confirm")

    def action_next_step(self) -> None:
        """The step to the right of the recipe is behind the page that confirms, unless it was passed already."""
        if self.status.state == "done":
            super().action_next_step()
        else:
            self.action_go_on()

    async def _take_marked(self) -> bool:
        """Make the marked preset the project's recipe, if it is another."""
        preset = self.marked_preset()
        if preset is None:
            return False
        if preset.name == self.spec.recipe.preset:
            return True
        from engine import actions

        if await self.ask_engine(lambda: actions.choose_recipe(self.project, preset.name)) is None:
            return False
        self.refresh_spec()
        return True

    @work(exclusive=True, group="take")
    async def action_edit_knob(self) -> None:
        """Change the marked number."""
        from tui.screens.ask import AskScreen

        key = self.query_one("#knobs", RowList).marked_key
        if key is None:
            return
        one, now = knob(key), settings_of(self.shown_recipe())[key]
        base = self.spec

        def check(text: str) -> ProjectSpec:
            return with_settings(base, [f"recipe.{key}={typed_value(text)}"])

        title = f"{one.title}{f', in {one.unit}' if one.unit else ''}"
        answer = await self.app.push_screen_wait(AskScreen(title, value_text(now), one.meaning, check))
        if answer is not None:
            await self._set(key, typed_value(answer))

    @work(exclusive=True, group="take")
    async def action_reset_knob(self) -> None:
        """The preset's value again."""
        key, preset = self.query_one("#knobs", RowList).marked_key, self.marked_preset()
        if key is None or preset is None:
            return
        value = settings_of(preset.knobs)[key]
        await self._set(key, "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value))

    async def _set(self, key: str, value: str) -> None:
        from engine import actions

        if not await self._take_marked():
            return

        def change() -> ProjectSpec:
            return actions.change(self.project, lambda spec: with_settings(spec, [f"recipe.{key}={value}"]))

        if await self.ask_engine(change) is not None:
            self.refresh_spec()
            self.say(f"{knob(key).title} is {value_text(settings_of(self.spec.recipe)[key])} now.", "good")

    def action_switch_focus(self) -> None:
        """Between presets and knobs."""
        knobs = self.query_one("#knobs", RowList)
        (self.query_one("#presets", RowList) if knobs.has_focus else knobs).focus()
