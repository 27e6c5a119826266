"""Step 2, the data: which file, how it is read, and what is wrong with the rows that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from engine.errors import TunesmithError
from engine.jobs.events import FailedEvent
from tui.charset import glyphs
from tui.data_report import SHAPES, Report, guessed_mapping, read_report
from tui.screens.base import StepScreen
from tui.screens.frame import Rule
from tui.threads import in_thread
from tui.widgets.facts import Facts
from tui.widgets.path_field import PathField, offered_words, typed_path
from tui.widgets.text import fit, fit_path, styled
from tui.widgets.turns import Turns

if TYPE_CHECKING:
    from engine.jobs.state import JobView

_MAPPABLE = ("unknown_shape", "missing_column", "mapping")
"""Failures that are mended by saying which column plays which part."""
_TYPING = "tab completes the path, enter reads the file. It is never changed."
_HINT = styled(
    "One file of chats or texts: JSON lines, JSON, CSV, Parquet or plain text. Usual ways to write chats are "
    "recognised; you see how it was read and can correct it.\n\n"
    "A few hundred good rows teach a manner of speaking; a thousand or more are steadier.",
    "$muted",
)
ENDINGS = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".txt", ".md")


class DataScreen(StepScreen):
    """Choose the file and see what is in it. The file is read, never changed."""

    NAME = "data"
    STEP_NAME = "data"
    TERMS = ("shape", "mapping", "holdout")
    JOB_KINDS = ("check",)
    CSS_PATH = "data.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""
    HELP = """
    Here you say what it should learn from: one file of chats or texts. JSON lines, JSON, CSV, Parquet and plain text
    are understood, and the usual ways to write chats are recognised. Your file is read and never changed.

    The counts say how many rows can be used. b lists every row that cannot, with its line, the field, the reason and
    what happens to it. Rows that repeat another one are left out once they are certain to be the same.

    h shows the health of the rows: near duplicates, rows that are too short or too long or in another language, and
    more. Each has a fix that you can undo; your file stays as it is.

    A share of the rows is kept apart and never trained on: the holdout. It shows whether the model learned or only
    memorised. Which rows these are does not change when you add rows or sort the file.

    If the rows were read wrongly, s chooses another shape and m says which column plays which part. Everything is
    then counted again.

    Personal details are the next step: nothing is trained on before you have looked at them.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self._report: Report | None = None
        self._columns: list[str] = []
        """Of a file whose columns were not recognised; empty otherwise."""

    def body(self) -> ComposeResult:
        """The file, what is in it, and the first rows."""
        yield Static(id="question")
        yield PathField(placeholder="path of a .jsonl, .json, .csv, .parquet or .txt file", id="path", endings=ENDINGS)
        yield Static(id="hint")
        with Container(id="panes"):
            with Horizontal(id="facts"):
                yield Facts(id="layout")
                yield Facts(id="counts")
            with Vertical(id="rows"):
                yield Rule("the first rows, as they will be read")
                with VerticalScroll(id="samples"):
                    yield Turns(id="chats")

    def on_mount(self) -> None:
        """Without a file the field is open; with one that was never read, reading begins."""
        if self.spec.data is None:
            self.action_type_path()

    def no_job(self) -> None:
        """A file was chosen but not read yet, as in the demo: read it now."""
        if self.spec.data is not None and self.status.state != "done":
            self.action_check_again()

    def past_job(self, job: JobView) -> None:
        """The last reading failed or the file was changed since: say so, or read again."""
        if self.spec.data is None or self.status.state == "done":
            return
        if job.state == "finished":
            self.action_check_again()
        else:
            self.show_past_problem(job)
            self._read_columns(job)

    def words(self) -> str:
        """Where the data stands."""
        if self.spec.data is None:
            return _TYPING if self.query_one("#path").display else "enter asks for your file. It is never changed."
        if self.status.state == "done" and self._report is not None:
            return f"{self._report.usable:,} rows can be used. Your file is never changed. enter goes on."
        if self._columns:
            return "m says which column plays which part; f takes another file."
        return "enter reads the file. It is never changed."

    def spec_changed(self) -> None:
        """Show the file and the last report of it."""
        self._show_report()

    # -- showing ------------------------------------------------------------------------------------------------

    def _show_report(self) -> None:
        try:
            report = read_report(self.project)
        except TunesmithError as error:
            self.show_problem(error)
            report = None
        data = self.spec.data
        current = report is not None and data is not None and report.content.get("path") == data.path
        self._report = report if current else None
        chosen = glyphs(self)
        question = styled("What should it learn from?", "bold")
        if data is not None:
            room = max(20, self.app.size.width - 32)
            question += Content("   ") + styled(fit_path(data.path, room, chosen), "$muted")
        self.query_one("#question", Static).update(question)
        self.query_one("#panes").display = self._report is not None
        if self._report is not None:
            self.query_one("#layout", Facts).show(self._report.layout_facts())
            self.query_one("#counts", Facts).show(self._report.count_facts())
            chats = [[(turn["role"], turn["content"]) for turn in sample] for sample in self._report.samples]
            self.query_one("#chats", Turns).show(chats)
            if self.status.state != "stale":
                self.say(self.words())
        self._show_hint()
        self.refresh_bindings()

    @on(PathField.Offered)
    def _show_hint(self, offered: PathField.Offered | None = None) -> None:
        """What can be chosen while a path is typed; what can be read at all while nothing was."""
        hint = self.query_one("#hint", Static)
        hint.display = self._report is None or self.query_one("#path").has_focus
        words = offered_words(offered.value, offered.entries, self.size.width - 2, glyphs(self)) if offered else ""
        hint.update(Content("\n\n").join([Content(words)] * bool(words) + [_HINT] * (self._report is None)))

    # -- doing --------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Correcting needs something that was read."""
        if action in ("change_shape", "edit_mapping"):
            return (self._report is not None or bool(self._columns)) and not self.job_runs
        if action in ("show_bad", "show_health"):
            return self._report is not None and not self.job_runs
        if action == "check_again":
            return self.spec.data is not None and not self.job_runs
        return super().check_action(action, parameters)

    def action_go_on(self) -> None:
        """Go on when the data is read, else read it."""
        if self.spec.data is None:
            self.action_type_path()
        elif self.status.state == "done":
            self.go_on()
        elif not self.job_runs:
            self.action_check_again()

    def action_type_path(self) -> None:
        """Open the field."""
        field = self.query_one("#path", PathField)
        field.display = True
        field.value = self.spec.data.path if self.spec.data else ""
        self.set_focus(field)
        self.say(_TYPING)

    @on(Input.Submitted, "#path")
    def _path_given(self, message: Input.Submitted) -> None:
        if path := typed_path(message.value):
            self._choose(path)

    def action_go_back(self) -> None:
        """Leave the open field first, then the page."""
        if self.query_one("#path", PathField).has_focus:
            self._close_field()
            self.show_problem(None)
            self.say(self.words())
        else:
            self.go_back()

    def _close_field(self) -> None:
        self.query_one("#path").display = False
        self.set_focus(None)
        self._show_hint()

    @work(exclusive=True, group="choose")
    async def _choose(
        self, path: str, *, shape: str = "auto", mapping: dict[str, str] | None = None, format: str = "auto"
    ) -> None:
        from engine import actions

        def choose() -> object:
            return actions.choose_data(self.project, path, format=format, shape=shape, mapping=mapping)

        if await self.ask_engine(choose) is None:
            return
        self._close_field()
        self.refresh_spec()
        self.start_job("check")

    def action_check_again(self) -> None:
        """Read the file once more."""
        self.start_job("check")

    def job_ended(self, job: JobView) -> None:
        """The report is there, or the error is on the screen."""
        self._show_report()
        self._read_columns(job)

    @work(exclusive=True, group="columns")
    async def _read_columns(self, job: JobView) -> None:
        """After a file whose columns are not ones we know: which it has, so that the person can say what they are."""
        self._columns = []
        end, data = job.snapshot.end, self.spec.data
        if data is None or not isinstance(end, FailedEvent) or end.code not in _MAPPABLE:
            return
        from engine.data.examples import columns_in

        try:
            self._columns = await in_thread(self, columns_in, data)
        except TunesmithError as error:
            self.show_problem(error)
        self.say(self.words(), "attention")
        self.refresh_bindings()

    @work
    async def action_change_shape(self) -> None:
        """Another shape; the columns are found anew for it."""
        if self.spec.data is None:
            return
        if self._report is None:
            await self._map_unknown()
            return
        found = f"Found: {SHAPES.get(self._report.shape, (self._report.shape, ''))[0]}."
        now = self.spec.data.shape if self.spec.data.shape == "auto" else self._report.shape
        shape = await self._ask_shape(found, now, [("auto", "find it out", "as it was at first")])
        if shape is not None and shape != self.spec.data.shape:
            self._choose(self.spec.data.path, shape=shape, format=self.spec.data.format)

    async def _ask_shape(self, found: str, now: str, first: list[tuple[str, str, str]]) -> str | None:
        from tui.screens.ask import ChooseScreen

        choices = first + [(key, words, meaning) for key, (words, meaning) in SHAPES.items()]
        return await self.app.push_screen_wait(ChooseScreen("How are the rows built?", found, choices, now))

    @work
    async def action_edit_mapping(self) -> None:
        """Which column plays which part."""
        if self.spec.data is None:
            return
        if self._report is None:
            await self._map_unknown()
        else:
            await self._map(self._report.shape, self._report.columns, self._report.mapping)

    async def _map_unknown(self) -> None:
        """First how the rows are built, then which column is what."""
        names = fit(", ".join(self._columns), 60, glyphs(self)).plain.rstrip()
        shape = await self._ask_shape(f"Its columns: {names}.", "prompt_completion", [])
        if shape is not None:
            await self._map(shape, self._columns, guessed_mapping(shape, self._columns))

    async def _map(self, shape: str, columns: list[str], now: dict[str, str]) -> None:
        from tui.screens.mapping import MappingScreen

        mapping = await self.app.push_screen_wait(MappingScreen(shape, columns, now))
        known = self._report is not None and mapping == now
        if mapping is not None and not known and self.spec.data is not None:
            self._choose(self.spec.data.path, shape=shape, mapping=mapping, format=self.spec.data.format)

    def action_show_bad(self) -> None:
        """The rows that cannot be used."""
        from tui.screens.bad_rows import BadRowsScreen

        if self._report is not None and self.spec.data is not None:
            self.app.push_screen(BadRowsScreen(Path(self.spec.data.path).name, self._report))

    @work
    async def action_show_health(self) -> None:
        """What may harm the training; a changed fix is counted at once."""
        from tui.screens.health import HealthScreen

        if self._report is None or self.spec.data is None:
            return
        name = Path(self.spec.data.path).name
        if await self.app.push_screen_wait(HealthScreen(self.project, self.spec, name, self._report)):
            self.refresh_spec()
            self.start_job("check")
