"""Step 4, the preview: what the model will see, row by row, with what it learns marked; and the numbers in words."""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from engine.errors import TunesmithError
from engine.jobs.state import JobView
from tui.charset import glyphs, plain
from tui.preview_rows import Line, Preview, PreviewRow, read_preview
from tui.screens.base import StepScreen
from tui.threads import in_thread
from tui.widgets.rendered_row import RenderedRow
from tui.widgets.text import fit, styled

_NOTHING = (
    "Your rows, with the signs of the chat template around them, cut to the length limit, and with what it learns to "
    "say marked. Nothing is changed."
)
_GLOSS = "A model that never learns where to stop goes on and on; the end sign after an answer teaches it."


class RowTitle(Widget):
    """Which row is in sight, and its numbers; a rule over the row."""

    DEFAULT_CSS = "RowTitle { height: 1; text-wrap: nowrap; }"
    words: reactive[str] = reactive("")
    cut: reactive[bool] = reactive(False)

    def render(self) -> Content:
        """The title let into a rule."""
        chosen = glyphs(self)
        words = styled(plain(self.words, chosen), "$warning" if self.cut else "")
        head = Content.assemble(styled(f" {chosen.rule * 2} ", "$rule"), words, " ")
        rest = max(0, self.size.width - head.cell_length)
        return fit(head + styled(chosen.rule * rest, "$rule"), self.size.width, chosen)


class PreviewScreen(StepScreen):
    """Rendered rows and their numbers."""

    NAME = "preview"
    STEP_NAME = "preview"
    TERMS = ("token", "learned tokens", "max length", "chat template", "holdout")
    JOB_KINDS = ("preview",)
    CSS_PATH = "preview.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""
    HELP = """
    This is exactly what the model will get: your rows after personal details were hidden, with the signs that the
    chat template puts around each turn.

    What it learns to say is bold and underlined, with a bar in the margin: the answers, and the sign where an answer
    ends. All the rest it only reads, as context. The signs of the template are dimmed; ↵ is a line break.

    A token is a piece of a word; three quarters of an English word on average. Rows that are longer than the limit
    lose their end. c shows only these; raise max length in Recipe if the end matters. More length needs more memory.

    A model learns where to stop from the end sign after each answer. If few rows have it, its answers go on and on.

    The rows kept apart, the holdout, are never trained on. They show later whether it learned or only memorised.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.preview: Preview | None = None
        self._looked = False
        """Whether the files were read once."""
        self.only_cut = False
        self.place = 0
        """Which of `shown` is in sight."""

    def body(self) -> ComposeResult:
        """What the marks mean, the numbers, the row."""
        yield Static(id="meaning")
        with Container(id="panes"):
            yield Static(id="numbers")
            with Vertical(id="row"):
                yield RowTitle()
                yield RenderedRow(id="rendered")
        yield Static(id="nothing")

    # -- where it stands ----------------------------------------------------------------------------------------

    def words(self) -> str:
        """The most important thing about the data."""
        if self.job_runs:
            return "Rendering. It is safe to leave."
        if self.preview is None:
            return "enter renders the rows. Nothing is changed." if self._looked else "Reading the rows."
        if warnings := self.preview.warnings:
            return f"{warnings[0].words} {warnings[0].hint}"
        return "Nothing is cut, and the rows teach it where to stop. enter goes on."

    def stale_words(self, reason: str) -> str:
        """Why it must be rendered again."""
        return f"This is an older picture: {reason} since. enter renders the rows again."

    def spec_changed(self) -> None:
        """Show the last preview."""
        self._read()

    def no_job(self) -> None:
        """Never rendered: begin."""
        self._begin()

    def past_job(self, job: JobView) -> None:
        """Rendered before: begin again if something changed since, or say why it failed."""
        if self.status.state == "done":
            return
        if job.state == "finished":
            self._begin()
        else:
            self.show_past_problem(job)

    def job_changed(self, job: JobView) -> None:
        """What was said before it ran holds no more."""
        if job.active:
            self.say(self.words())

    def job_ended(self, job: JobView) -> None:
        """The files are fresh, and what the next page is about can be worked out meanwhile."""
        self.place, self.only_cut = 0, False
        if job.state == "finished":
            self._plan_ahead()

    @work(group="ahead")
    async def _plan_ahead(self) -> None:
        """Let the plan of the recipe page begin. What stands in its way is told there, where it is about something."""
        from tui.screens.recipe_ahead import plan_ahead

        with suppress(TunesmithError):
            await in_thread(self, plan_ahead, self.project)

    def _begin(self) -> None:
        """Render, if the steps before were taken."""
        if self.status.state != "done" and self.reachable("preview"):
            self.start_job("preview")

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        """Read the files apart from this thread; they hold a few hundred rows."""
        try:
            self.preview = await in_thread(self, read_preview, self.project.preview_folder)
        except TunesmithError as error:
            self.preview = None
            self.show_problem(error)
        if not self.is_mounted:
            return
        first, self._looked = not self._looked, True
        self._show()
        if first and self.status.state == "todo" and not self.job_runs:
            self.say(self.words())
        if self.status.state == "done" and self.preview is not None:
            self.say(self.words(), "quiet" if self.job_runs else "attention" if self.preview.warnings else "good")
            if self.focused is None:
                self.query_one(RenderedRow).focus()

    # -- showing ------------------------------------------------------------------------------------------------

    @property
    def shown(self) -> tuple[PreviewRow, ...]:
        """The rows that can be leafed through."""
        rows = self.preview.rows if self.preview is not None else ()
        return tuple(row for row in rows if row.cut) if self.only_cut else rows

    def on_resize(self) -> None:
        """The numbers stand above the row, or beside it where there is room."""
        if self.is_mounted:
            self._show_numbers()

    def _show(self) -> None:
        has_rows = self.preview is not None and bool(self.preview.rows)
        self.query_one("#panes").display = has_rows
        self.query_one("#meaning").display = has_rows
        self.query_one("#nothing").display = not has_rows
        if not has_rows:
            title = styled("What will the model see?", "bold")
            self.query_one("#nothing", Static).update(title + Content(f"\n\n{_NOTHING}"))
        else:
            self._show_numbers()
            self._show_row()
        self.refresh_bindings()

    def _show_numbers(self) -> None:
        chosen = glyphs(self)
        meaning = Content.assemble(
            styled(f"{chosen.learned} ", "$accent"),
            styled("bold and underlined", "bold underline"),
            " is what it learns to say; the rest it only reads.  ",
        )
        if self.size.width >= 100:
            meaning += styled(f"<|sign|> of the template, {chosen.newline} line break", "$muted")
        self.query_one("#meaning", Static).update(fit(meaning, max(10, self.size.width - 2), chosen))
        if self.preview is None:
            return
        wide = self.has_class("-wide")
        parts: list[Content] = []
        for line in self.preview.lines:
            parts += _numbers(line, wide, chosen.stale, chosen.arrow)
            if wide and line == self.preview.ending:
                parts.append(styled(_GLOSS, "$muted"))
            if wide:
                parts.append(Content(""))
        self.query_one("#numbers", Static).update(Content("\n").join(parts))

    def _show_row(self) -> None:
        rows = self.shown
        self.place = max(0, min(len(rows) - 1, self.place))
        row = rows[self.place] if rows else None
        self.query_one(RenderedRow).row = row
        title = self.query_one(RowTitle)
        if row is None:
            title.words = "no row is cut"
            return
        kind = "cut row" if self.only_cut else "row"
        preview = self.preview
        more = preview is not None and not self.only_cut and len(rows) < preview.number("rows")
        parts = [f"{kind} {self.place + 1:,} of {'the first ' if more else ''}{len(rows):,}", f"line {row.line:,}"]
        parts.append(f"{row.tokens:,} tokens" + (f", {row.learned:,} learned" if row.learned is not None else ""))
        if row.cut:
            parts.append(f"{row.cut:,} cut")
        elif not row.ends:
            parts.append("its end is not learned")
        if row.holdout:
            parts.append("kept apart")
        title.cut = bool(row.cut)
        title.words = f" {glyphs(self).dot} ".join(parts)

    # -- what keys do -------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leafing needs rows; stopping needs a job."""
        has_rows = self.preview is not None and bool(self.preview.rows)
        if action == "stop_job":
            return self.job_runs
        if action in ("render_again", "go_on"):
            return not self.job_runs
        if action in ("move_row", "longest"):
            return has_rows
        if action == "toggle_cut":
            return has_rows and self.preview is not None and any(row.cut for row in self.preview.rows)
        return True

    def action_go_on(self) -> None:
        """On to the recipe; render first where that was not done."""
        if self.status.state == "done":
            self.go_on()
        else:
            self.action_render_again()

    def action_render_again(self) -> None:
        """Render the rows."""
        if self.reachable("preview"):
            self.start_job("preview")
        else:
            self.go_on()

    def action_move_row(self, by: int) -> None:
        """Another row."""
        self.place += by
        self._show_row()

    def action_toggle_cut(self) -> None:
        """Only rows that lose their end, or all."""
        row = self.query_one(RenderedRow).row
        self.only_cut = not self.only_cut
        self.place = self.shown.index(row) if row in self.shown else 0
        self._show_row()
        self.say("Only rows that lose their end. c shows all." if self.only_cut else "All rows.")

    def action_longest(self) -> None:
        """The longest row."""
        rows = self.shown
        self.place = max(range(len(rows)), key=lambda place: rows[place].tokens, default=0)
        self._show_row()


def _numbers(line: Line, wide: bool, stale: str, arrow: str) -> list[Content]:
    """A sentence, with a mark and what mends it where it wants attention."""
    if not line.attention:
        return [Content(line.words)]
    shown = [styled(f"{stale} {line.words}", "$warning")]
    if wide and line.hint:
        shown.append(styled(f"{arrow} ", "$accent") + Content(line.hint))
    return shown
