"""Step 5, the recipe: how it should learn, which knobs differ from the preset, and what the run takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from engine.advice import advice
from engine.errors import TunesmithError
from engine.recipes import RecipePreset, load_recipes
from tui.charset import glyphs, plain
from tui.knobs import differences, setting_of, with_recipe
from tui.recipe_facts import DataFacts, read_facts, suggested_preset
from tui.screens.frame import Rule, SpeakLine
from tui.screens.recipe_plan import PlanningScreen
from tui.threads import in_thread
from tui.widgets.knob_lines import KnobLines, KnobsShown
from tui.widgets.memory_panel import MemoryPanel
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import styled
from tui.widgets.wrap import lines_within

if TYPE_CHECKING:
    from engine.advice import Advice
    from engine.spec import ProjectSpec, RecipeSpec
    from tui.memory import PlanShown

_DEFAULT = "balanced"
_DEMO = "demo"
_WIDE = 100
"""Cells from which on there are two columns, as in `HORIZONTAL_BREAKPOINTS`."""


class RecipeScreen(PlanningScreen):
    """Choose a recipe, change a number if you know why, and see whether it fits."""

    NAME = "recipe"
    STEP_NAME = "recipe"
    CSS_PATH = "recipe.tcss"
    AUTO_FOCUS: ClassVar[str | None] = "#presets"
    HELP = """
    The recipe says how it learns. Each preset is a set of numbers that go together; the one marked "suggested" suits
    your rows, your model and your card. enter takes the marked one and shows one page with everything before
    anything starts.

    The knobs below are its numbers. e opens all of them, each with what it does, what it costs and what can be
    typed. What you changed carries a mark and the preset's value in brackets. u takes the last change back, x all of
    them. c shows the presets side by side. batch 2 x 8 means: 2 rows at once, 8 times, and then
    the adapter changes once.

    Before you spend anything: the bar is the memory of your card, with a line at 90 %; a run should stay below it.
    The first figure is what it takes at least, the second what it may take. weights is the model itself,
    adapter+optimizer what is learned, activations what is kept of your longest row, logits the scores over all
    words. Memory is counted in GiB; a card that is sold with 24 GB has 24 GiB. At first the figures may be rough; the
    exact ones are worked out in the background, and the page says so.

    f shows settings that are faster, or that fit, and why; it takes them if you want. g plans for another card than
    this machine's, as when you will rent one. b sets a price an hour, and limits at which the run saves and stops.
    """

    def __init__(self, *arguments: object, opens_fit: bool = False, **options: object) -> None:
        super().__init__(*arguments, **options)
        self._opens_fit = opens_fit
        """Whether what fits is shown as soon as it is known."""
        self._presets: tuple[RecipePreset, ...] = ()
        self._facts = DataFacts.unknown()
        self._knows_facts = False
        self._suggested: tuple[str, str] = ("", "")
        self._led_to: set[str] = set()
        """Every preset that was suggested: the pointer may have been led there, which is no choice of the person."""
        self._balanced_fits: bool | None = None
        self._moved = False
        """Whether the pointer was put on a preset by the person, who then is not led elsewhere."""
        self._before: list[RecipeSpec] = []
        """The recipes before each change, for undo; the app keeps them while other pages are open."""

    def body(self) -> ComposeResult:
        """Presets, knobs, and what it takes."""
        yield Static(id="question")
        with Container(id="panes"):
            with Vertical(id="left"):
                yield RowList([Column(width=1), Column(width=17), Column(), Column(width=9)], id="presets")
                yield Static(id="when")
            with Vertical(id="right"):
                yield Rule("knobs (changed ones are marked)", id="knobs-rule")
                yield KnobLines(id="knobs")
        yield Rule("before you spend anything", id="plan-rule")
        yield MemoryPanel(id="plan")

    def on_mount(self) -> None:
        """The presets are files that people edit: read them here, where an error can be shown."""
        self._before = self.wizard.recipes_before.setdefault(self.project.root, [])
        try:
            self._presets = load_recipes()
        except TunesmithError as error:
            self.show_problem(error)
        self._read_facts()

    def words(self) -> str:
        """What enter does."""
        if self.plan is not None and self.plan.refused:
            return "It does not fit as it is set: enter says what would."
        return "enter takes the marked recipe; one page shows everything before it starts."

    # -- showing ------------------------------------------------------------------------------------------------

    def spec_changed(self) -> None:
        """The presets with the present one marked, its knobs, and the plan."""
        self._show_presets()
        self._show_knobs()
        self.replan()
        if self.is_mounted and self._presets:
            self._read_facts()

    def _show_presets(self) -> None:
        presets, chosen = self.query_one("#presets", RowList), glyphs(self)
        first = not presets.rows
        rows = []
        for preset in self._offered():
            taken = preset.name == self.spec.recipe.preset
            mark = styled(chosen.done if taken and self.status.state != "todo" else "", "$success")
            title = styled(preset.title, "bold" if taken else "")
            summary = styled(plain(preset.summary, chosen), "$muted")
            rows.append(Row(preset.name, (mark, title, summary, self._note(preset, taken=taken))))
        presets.set_rows(rows, mark=self.spec.recipe.preset if first else None)
        self.query_one("#question", Static).update(self._question())

    def _offered(self) -> list[RecipePreset]:
        """All presets; the one for the bundled model last, or first where it is the one."""
        demo = [preset for preset in self._presets if preset.name == _DEMO]
        others = [preset for preset in self._presets if preset.name != _DEMO]
        return [*demo, *others] if self._facts.demo else [*others, *demo]

    def _note(self, preset: RecipePreset, *, taken: bool) -> Content:
        count = len(differences(preset.knobs, self.spec.recipe)) if taken else 0
        if count:
            return styled(f"{count} changed", "$accent")
        return styled("suggested", "$success") if preset.name == self._suggested[0] else Content("")

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

    def _show_knobs(self) -> None:
        preset = self.marked_preset()
        if preset is None:
            return
        recipe = self.shown_recipe()
        shown = KnobsShown(recipe, preset.knobs, preset.title, tuple(self.advice_on(recipe)))
        self.query_one("#knobs", KnobLines).shown = shown
        suggested = preset.name == self._suggested[0]
        why = f"Suggested: {self._suggested[1]}." if suggested else preset.use_when
        self._show_when(f"{why} {preset.cost}")

    def _show_when(self, words: str) -> None:
        """Two lines in a narrow terminal, as many as it takes in a wide one."""
        said, width = plain(words, glyphs(self)), self.app.size.width
        lines = [said] if width >= _WIDE else lines_within(said, width - 4, 2, glyphs(self))
        self.query_one("#when", Static).update(styled("\n".join(lines), "$muted"))

    def on_resize(self) -> None:
        """The words below the presets follow the width."""
        self._show_knobs()

    @work(exclusive=True, group="facts")
    async def _read_facts(self) -> None:
        """What the data suggests; the pointer goes there on a first visit."""
        try:
            self._facts = await in_thread(self, read_facts, self.project, self.spec)
            self._knows_facts = True
        except TunesmithError as error:
            self.show_problem(error)
            return
        self._suggest()

    def _suggest(self) -> None:
        before = self._suggested
        self._suggested = suggested_preset(self._facts, balanced_fits=self._balanced_fits)
        self._led_to.add(self._suggested[0])
        if self._suggested == before:
            self._show_knobs()
            return
        self._show_presets()
        untouched = self.spec.recipe.preset == _DEFAULT and self.status.state == "todo"
        if untouched and not self._moved and not self._changed_knobs():
            self.query_one("#presets", RowList).mark(self._suggested[0])
        self._show_knobs()

    def _changed_knobs(self) -> bool:
        taken = next((preset for preset in self._presets if preset.name == self.spec.recipe.preset), None)
        return taken is not None and bool(differences(taken.knobs, self.spec.recipe))

    def plan_changed(self) -> None:
        """The words of enter depend on it, and so does what is suggested on a small card."""
        self.refresh_words()
        self._look_at_balanced()
        if self._opens_fit and self.target is not None:
            self._opens_fit = False
            self.action_take_suggestion()

    def refresh_words(self) -> None:
        """Say what enter does, unless something else is being said."""
        if self.plan is not None and self.plan.refused:
            self.say(self.words(), "danger")
        elif self.query_one(SpeakLine).tone == "danger" and self.status.state != "stale":
            self.say(self.words())

    @work(exclusive=True, group="balanced")
    async def _look_at_balanced(self) -> None:
        """Whether `balanced` fits: on a card where it does not, a leaner preset is suggested."""
        balanced = next((preset for preset in self._presets if preset.name == _DEFAULT), None)
        if balanced is None or self.target is None or not self.target.machine.on_cuda:
            return
        shown = await self.plan_of(balanced.knobs)
        if shown is not None:
            self._balanced_fits = shown.fits if shown.state == "exact" else None
            self._suggest()

    @property
    def suggests(self) -> str:
        """The preset that the data suggests; empty before the data was looked at."""
        return self._suggested[0]

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

    def advice_on(self, recipe: RecipeSpec) -> list[Advice]:
        """What is advised about a recipe with these rows and this model; nothing before they were looked at."""
        return advice(recipe, self._facts.rows) if self._knows_facts else []

    @on(RowList.Marked, "#presets")
    def _preset_marked(self, message: RowList.Marked) -> None:
        self._moved = self._moved or message.key not in {self.spec.recipe.preset, *self._led_to}
        self._show_knobs()
        self.replan()

    # -- doing --------------------------------------------------------------------------------------------------

    def on_row_list_taken(self) -> None:
        """Enter on a preset goes on."""
        self.action_go_on()

    @work(exclusive=True, group="take")
    async def action_go_on(self) -> None:
        """Keep the marked recipe and go to the page that confirms; what cannot fit is explained instead."""
        if not await self.take_marked():
            return
        shown = await self.settled_plan()
        if shown is not None and shown.refused:
            await self._show_fit(shown)
        else:
            self.go_to("confirm")

    def action_next_step(self) -> None:
        """The step to the right of the recipe is behind the page that confirms, unless it was passed already."""
        if self.status.state == "done":
            super().action_next_step()
        else:
            self.action_go_on()

    async def take_marked(self) -> bool:
        """Make the marked preset the project's recipe, if it is another."""
        preset = self.marked_preset()
        if preset is None:
            return False
        return preset.name == self.spec.recipe.preset or await self.save_recipe(preset.knobs)

    async def save_recipe(self, recipe: RecipeSpec) -> bool:
        """Make it the project's recipe; undo brings the present one back."""
        before = self.spec.recipe
        if not await self._write(recipe):
            return False
        if recipe != before:
            self._before.append(before)
        return True

    async def _write(self, recipe: RecipeSpec) -> bool:
        from engine import actions

        def write() -> ProjectSpec:
            preset = next((one.knobs for one in self._presets if one.name == recipe.preset), recipe)
            settings = [setting_of(key, now) for key, (_, now) in differences(preset, recipe).items()]
            actions.record(self.project, "recipe", {"preset": recipe.preset, "settings": settings})
            return actions.change(self.project, lambda spec: with_recipe(spec, recipe))

        if await self.ask_engine(write) is None:
            return False
        self.refresh_spec()
        self.query_one("#presets", RowList).mark(recipe.preset)
        return True

    @work(exclusive=True, group="take")
    async def action_undo(self) -> None:
        """The recipe as it was before the last change."""
        if await self.undo():
            self.say("The last change is taken back.", "good")
        else:
            self.say("Nothing was changed on this page.")

    async def undo(self) -> bool:
        """Take the last change back; False where there is none."""
        if not self._before:
            return False
        recipe = self._before.pop()
        return await self._write(recipe)

    @work(exclusive=True, group="take")
    async def action_reset_all(self) -> None:
        """All knobs as the marked preset has them."""
        preset = self.marked_preset()
        if preset is not None and await self.save_recipe(preset.knobs):
            self.say(f"All as in {preset.title}. u takes it back.", "good")

    @work(exclusive=True, group="take")
    async def action_edit_knobs(self) -> None:
        """Open all knobs; the marked preset becomes the recipe first."""
        from tui.screens.recipe_knobs import KnobsScreen

        preset = self.marked_preset()
        if preset is not None and await self.take_marked():
            await self.app.push_screen_wait(KnobsScreen(self, preset))
            self.refresh_words()

    @work(exclusive=True, group="take")
    async def action_compare(self) -> None:
        """The presets side by side; enter there marks one here."""
        from tui.screens.recipe_compare import CompareScreen

        name = await self.app.push_screen_wait(CompareScreen(self, self._offered()))
        if name is not None:
            self._moved = True
            self.query_one("#presets", RowList).mark(name)

    @work(exclusive=True, group="take")
    async def action_take_suggestion(self) -> None:
        """Settings that are faster here, or that fit."""
        if await self.take_marked() and (shown := await self.settled_plan()) is not None:
            await self._show_fit(shown)

    async def _show_fit(self, shown: PlanShown) -> None:
        from tui.screens.recipe_fit import FitScreen

        answer = await self.app.push_screen_wait(FitScreen(shown))
        if answer == "model":
            self.go_to("model")
        elif answer == "card":
            self.action_type_card()
        elif isinstance(answer, dict) and await self.save_recipe(self.spec.recipe.model_copy(update=answer)):
            count = "1 knob" if len(answer) == 1 else f"{len(answer)} knobs"
            self.say(f"Taken: {count} changed. u takes it back.", "good")

    @work(exclusive=True, group="take")
    async def action_set_budget(self) -> None:
        """Price an hour, and the limits of the run."""
        from tui.screens.recipe_budget import BudgetScreen

        if await self.app.push_screen_wait(BudgetScreen(self.project, self.spec)):
            self.refresh_spec()
