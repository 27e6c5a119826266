"""Step 1, the model: the bundled one, one of the catalogue, or one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.widgets import Input, Static

from engine.errors import TunesmithError
from engine.models.source import DEMO
from tui.charset import glyphs
from tui.licence import short_verdict, wants_attention
from tui.model_facts import Fact, licence_words, read_facts
from tui.model_list import (
    GATED_WORDS,
    Choice,
    Fitting,
    chosen_of,
    filter_note,
    filter_words,
    licence_of,
    mark_of,
    path_of,
    read_choices,
    read_fitting,
    short,
    suggestion_of,
)
from tui.screens.base import StepScreen
from tui.screens.licence import LicenceScreen
from tui.threads import in_thread
from tui.widgets.facts import Facts
from tui.widgets.path_field import PathField, offered_words, typed_path
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import styled

if TYPE_CHECKING:
    from engine.jobs.state import JobView
    from engine.licences.verdict import Verdict
    from engine.spec import ProjectSpec

_OWN = "own"
_TYPED = "Type a folder, a .gguf file or a hub id. Files of your own stay where they are."


class ModelScreen(StepScreen):
    """Choose the base model. It is read, never changed."""

    NAME = "model"
    STEP_NAME = "model"
    TERMS = ("base model", "adapter", "parameters", "context", "chat template", "licence")
    JOB_KINDS = ("fetch",)
    CSS_PATH = "model.tcss"
    AUTO_FOCUS: ClassVar[str | None] = "#models"
    HELP = """
    The base model is what you start from. Training does not change it: it makes a small adapter that lies over it.

    enter takes the marked model and goes on. The demo model is tiny and there already; it shows the way, not what a
    large model can do. The models of the list are downloaded when you take one, and only then; the download can be
    stopped and goes on from there.

    t lets you type your own: a folder with config.json, safetensors and tokenizer, a .gguf file, or a hub id such as
    HuggingFaceTB/SmolLM2-135M-Instruct. Weights that are pickle files are not opened, because opening one can run
    any program on this machine.

    The licence says what the makers of the model allow. l shows what it means for you: say there whether you
    want to earn money with it, how many people will use it, where you are and whether the content is sexual.
    The page says why, what you must do, and where that stands; enter keeps the verdict in the project. f leaves
    only models whose terms allow your use, m only those that may fit your card. Where the licence is unknown,
    nobody but you can answer that: read the terms before you use the result. "ask first" means that the makers
    want you to accept their terms on the hub's page before they let you download it.

    c changes how a chat is written for the model: with its own template, or with the common ChatML one.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self._catalogue: tuple[Choice, ...] = ()
        self._facts: dict[str, tuple[Fact, ...]] = {}
        self._verdicts: dict[str, Verdict] = {}
        """For the use and the data of now, by source."""
        self._only_allowed = False
        self._fitting: Fitting | None = None
        """Set while only models that may fit the card are shown."""
        self._suggested: tuple[Choice, str] | None = None

    def body(self) -> ComposeResult:
        """The list and the facts of the marked model; the fields appear when they are asked for."""
        yield Static(id="question")
        yield Input(placeholder="part of a name", id="search")
        yield PathField(
            placeholder="a folder, a .gguf file, or a hub id such as org/name", id="source", endings=(".gguf",)
        )
        with Container(id="panes"):
            yield RowList(
                [Column("model"), Column("params  on disk", 15, "right"), Column("licence", 13), Column("", 9)],
                id="models",
            )
            with Vertical(id="side", classes="side-pane"):
                yield Static(id="marked")
                yield Facts()

    def on_mount(self) -> None:
        """The catalogue is read in a thread."""
        self._read_catalogue()

    def words(self) -> str:
        """Where the model stands."""
        if self.spec.model is None:
            return "enter takes the marked model. Nothing is downloaded before you take one."
        if self.status.state == "todo":
            return f"{self.spec.model.source} is not on this machine yet. enter gets it."
        template = "ChatML" if self.spec.model.chat_template == "chatml" else "its own"
        return f"{short(self.spec.model.source)} is ready; chat template: {template}. enter goes on."

    # -- the list -----------------------------------------------------------------------------------------------

    @work(exclusive=True, group="catalogue")
    async def _read_catalogue(self) -> None:
        try:
            self._catalogue = await in_thread(self, read_choices)
        except TunesmithError as error:
            self.show_problem(error)
        self._show_models()
        self._judge_models()

    def spec_changed(self) -> None:
        """The chosen model stands on top."""
        self._verdicts.clear()
        self._show_models()
        self._judge_models()

    @work(exclusive=True, group="verdicts")
    async def _judge_models(self) -> None:
        """What the terms of the listed models mean for the use of now."""
        spec, sources = self.spec, [DEMO, *(choice.source for choice in self._catalogue)]

        def judge() -> dict[str, Verdict]:
            from engine.licences.check import marked_verdict

            return {source: marked_verdict(self.project, spec, source) for source in sources}

        try:
            self._verdicts |= await in_thread(self, judge)
            # The driver may take seconds to say what card there is; the verdicts do not wait for it.
            self._show_models()
            machine = await in_thread(self, read_fitting)
            self._suggested = suggestion_of(self._catalogue, self._verdicts, machine)
        except TunesmithError as error:
            self.show_problem(error)
            return
        self._show_models()
        if marked := self.query_one("#models", RowList).marked_key:
            self._show_facts(marked)

    def _choices(self) -> list[Choice]:
        words = self.query_one("#search", Input).value.lower().split()
        found = chosen_of(self._catalogue, words, self._verdicts if self._only_allowed else None, self._fitting)
        if words:
            return found
        demo = Choice(DEMO, "Demo model", "tiny, bundled", "apache-2.0", note="shows the way; there already")
        own = Choice(_OWN, "Your folder, .gguf or hub id", "t types it")
        first = [self._suggested[0]] if self._suggested and self._suggested[0] in found else []
        listed = [demo, own, *first, *(choice for choice in found if choice not in first)]
        model = self.spec.model
        if model is not None and model.source not in {choice.source for choice in listed}:
            listed.insert(0, Choice(model.source, short(model.source), model.kind, model.licence))
        return listed

    def _show_models(self) -> None:
        chosen = glyphs(self)
        now = self.spec.model.source if self.spec.model else ""
        rows = []
        for choice in self._choices():
            judged = self._verdicts.get(choice.source)
            best = self._suggested is not None and choice.source == self._suggested[0].source
            mark = mark_of(choice, now, judged, chosen, here=self.status.state != "todo", suggested=best)
            cells = (choice.name, styled(choice.size, "$muted"), licence_of(choice, judged), styled(mark, "$accent"))
            rows.append(Row(choice.source, cells))
        models = self.query_one("#models", RowList)
        first = not models.rows
        models.set_rows(rows)
        if first and now:
            models.mark(now)
        count = len(self._catalogue)
        question = styled("Which model should learn?", "bold")
        if self.query_one("#search", Input).display and not rows:
            question += styled("   no model has that in its name", "$warning")
        else:
            use = self.spec.licence.use.use if self._only_allowed else None
            listed = len(chosen_of(self._catalogue, (), self._verdicts if use else None, self._fitting))
            question += styled(f"   {filter_words(use, self._fitting, listed, count)}", "$muted")
        self.query_one("#question", Static).update(question)

    @on(RowList.Marked)
    def _model_marked(self, message: RowList.Marked) -> None:
        self._show_facts(message.key)

    @work(exclusive=True, group="facts")
    async def _show_facts(self, source: str) -> None:
        """Facts of the marked model: from its files when it is here, else what the catalogue says."""
        panel, title = self.query_one(Facts), self.query_one("#marked", Static)
        choice = next((choice for choice in self._choices() if choice.source == source), None)
        if choice is None:
            return
        title.update(styled(choice.name, "bold"))
        if source == _OWN:
            panel.show((), _TYPED)
            return
        path = path_of(self.spec.model, source)
        if path is None:
            facts = (Fact("size", choice.size), Fact("licence", licence_words(choice.licence)))
            why = self._suggested[1] if self._suggested and self._suggested[0].source == source else ""
            words = " ".join(filter(None, (why, choice.note, GATED_WORDS * choice.gated)))
            panel.show(await self._judged(source, facts), words)
            return
        try:
            if source not in self._facts:
                self._facts[source] = await in_thread(self, read_facts, path)
            shown = await self._judged(source, self._facts[source])
        except TunesmithError as error:
            panel.show((Fact("problem", error.title, attention=True),), error.hint)
            return
        panel.show(shown, choice.note)

    async def _judged(self, source: str, facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
        """The facts, with what the licence means for the use of now."""
        if source not in self._verdicts:
            from engine.licences.check import marked_verdict

            spec = self.spec
            self._verdicts[source] = await in_thread(self, lambda: marked_verdict(self.project, spec, source))
        verdict = self._verdicts[source]
        said = Fact("licence", short_verdict(verdict), attention=wants_attention(verdict))
        return tuple(said if fact.name == "licence" else fact for fact in facts)

    # -- taking one ---------------------------------------------------------------------------------------------

    def on_row_list_taken(self, message: RowList.Taken) -> None:
        """Enter on a row."""
        if message.key == _OWN:
            self.action_type_source()
        elif self.spec.model is not None and self.spec.model.source == message.key and self.status.state == "done":
            self.go_on()
        else:
            self._take(message.key, go_on=message.key == DEMO)

    def action_go_on(self) -> None:
        """Take the marked model."""
        self.query_one("#models", RowList).action_take()

    @work(exclusive=True, group="take")
    async def _take(self, source: str, *, go_on: bool = False, template: str = "model") -> None:
        """Choose a model; get it with a job when it is not here."""
        if self.job_runs:
            self.say("One model at a time: s stops the one that is coming.", "attention")
            return
        from engine import actions

        spec = await self.ask_engine(lambda: actions.choose_model(self.project, source, template))
        if spec is None or spec.model is None:
            return
        taken = spec.model.source
        self._facts.pop(taken, None)
        self._hide_fields()
        self.refresh_spec()
        self.query_one("#models", RowList).mark(taken)
        if actions.needs_fetch(spec):
            self.start_job("fetch", {"source": taken})
        elif go_on:
            self.go_on()
        else:
            self._show_facts(taken)

    @work(exclusive=True, group="licence")
    async def action_show_licence(self) -> None:
        """The page of the marked model's licence."""
        source = self.query_one("#models", RowList).marked_key
        choice = next((choice for choice in self._choices() if choice.source == source), None)
        if choice is None or choice.source == _OWN:
            self.say("Mark a model first; t types your own.", "attention")
            return
        if await self.app.push_screen_wait(LicenceScreen(self.project, choice.source, choice.name)):
            self.refresh_spec()

    def action_toggle_allowed(self) -> None:
        """Only models whose terms allow the use of now, or all."""
        self._only_allowed = not self._only_allowed
        self._show_models()
        self._say_filters()

    def _say_filters(self) -> None:
        """By what the list was filtered; without a filter, what enter does."""
        self.say(filter_note(self._fitting is not None, self._only_allowed) or self.words())

    @work(exclusive=True, group="fitting")
    async def action_toggle_fitting(self) -> None:
        """Only models that may fit the card, or all. The driver is asked in a thread; it may take seconds."""
        if self._fitting is not None:
            self._fitting = None
            self._show_models()
            self._say_filters()
            return
        self.say("Asking what this machine can hold.")
        try:
            self._fitting = await in_thread(self, read_fitting)
        except TunesmithError as error:
            self.show_problem(error)
            return
        self._show_models()
        self._say_filters()

    def job_ended(self, job: JobView) -> None:
        """The model is here, or it is not."""
        if job.state == "finished" and self.spec.model is not None:
            self._facts.pop(self.spec.model.source, None)
            self._show_facts(self.spec.model.source)
            self.say(f"{short(self.spec.model.source)} is on this machine now. enter goes on.", "good")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Stopping needs a running download."""
        if action == "stop_job":
            return self.job_runs
        return super().check_action(action, parameters)

    @work(exclusive=True, group="take")
    async def action_toggle_template(self) -> None:
        """The model's own chat template, or ChatML."""
        if self.spec.model is None:
            self.say("Take a model first.", "attention")
            return
        from engine import actions

        wanted = "model" if self.spec.model.chat_template == "chatml" else "chatml"

        def change() -> ProjectSpec:
            from engine.spec_text import with_settings
            from engine.steps import take_step

            def apply(spec: ProjectSpec) -> ProjectSpec:
                changed = with_settings(spec, [f"model.chat_template={wanted}"])
                return take_step("model", changed) if "model" in spec.steps else changed

            return actions.change(self.project, apply)

        if await self.ask_engine(change) is not None:
            self.refresh_spec()

    # -- the fields ---------------------------------------------------------------------------------------------

    def action_type_source(self) -> None:
        """Open the field for a path or an id."""
        self._open_field("#source")
        self.say("tab completes a path, enter looks at it, escape leaves the field.")

    @on(PathField.Offered)
    def _show_offered(self, offered: PathField.Offered) -> None:
        """What can be chosen while a path is typed; a hub id has nothing of the kind."""
        panel = self.query_one(Facts)
        there = offered_words(offered.value, offered.entries, max(20, panel.size.width - 2), glyphs(self))
        panel.show((), there if offered.entries else _TYPED)

    def action_search(self) -> None:
        """Open the search field."""
        self._open_field("#search")
        self.say("Part of a name, an id or a licence. enter goes to the list, esc shows all.")

    def _open_field(self, name: str) -> None:
        self._hide_fields()
        field = self.query_one(name, Input)
        field.display = True
        # At once, and not with the next message: letters that follow quickly are text, not commands.
        self.set_focus(field)

    @on(Input.Changed, "#search")
    def _searched(self) -> None:
        self._show_models()
        if rows := (models := self.query_one("#models", RowList)).rows:
            models.mark(rows[0].key)

    @on(Input.Submitted)
    def _field_submitted(self, message: Input.Submitted) -> None:
        if message.input.id == "search":
            self.query_one("#models", RowList).focus()
            self._say_filters()
        elif path := typed_path(message.value):
            self._take(path)

    def action_go_back(self) -> None:
        """Leave an open field first, then the page."""
        if any(self.query_one(name, Input).display for name in ("#search", "#source")):
            self._hide_fields()
            self.show_problem(None)
            self.say(self.words())
        else:
            self.go_back()

    def _hide_fields(self) -> None:
        for name in ("#search", "#source"):
            field = self.query_one(name, Input)
            with field.prevent(Input.Changed):
                field.value = ""
            field.display = False
        self._show_models()
        self.set_focus(self.query_one("#models", RowList))
