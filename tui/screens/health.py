"""The health of the data: what may harm the training, where, and a fix for each that can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.errors import TunesmithError
from engine.project import Project
from engine.spec import ProjectSpec
from tui.charset import Glyphs, glyphs, plain
from tui.commands import TABLE, bindings
from tui.data_report import Report
from tui.health import ADULT, Health, Standing, Trouble, health_of
from tui.screens.ask import ChooseScreen, key_words
from tui.screens.frame import Problem
from tui.threads import in_thread
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import styled

_WORDS: dict[Standing, str] = {"open": "open", "fixed": "fixed", "always": "left out", "none": "none"}
_TONES: dict[Standing, str] = {"open": "$warning", "fixed": "$success", "always": "$muted", "none": "$muted"}


class HealthScreen(ModalScreen[bool]):
    """A list of troubles, with the marked one in full below it. Returns whether a fix was changed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["health"])
    DEFAULT_CSS = """
    HealthScreen RowList { height: auto; max-height: 11; margin: 1 0 0 0; }
    HealthScreen #detail { height: 1fr; padding: 1 1 0 1; scrollbar-size-vertical: 1; }
    HealthScreen Problem { padding: 0; }
    """

    def __init__(self, project: Project, spec: ProjectSpec, file: str, report: Report) -> None:
        super().__init__()
        self._project, self._file, self._report = project, file, report
        self._health = health_of(report.content, spec, file)
        self._done: list[tuple[str, bool]] = []
        """Fixes that were toggled here: the name, and whether it was chosen then."""
        self._changed = False

    def compose(self) -> ComposeResult:
        """The list, the detail and the keys."""
        columns = [Column("rows", 8, "right"), Column("", 10), Column("what")]
        with Vertical(classes="dialog"):
            yield Static(id="title")
            yield RowList(columns, self._rows(glyphs(self)))
            yield Static(id="detail")
            yield Problem()
            yield Static(key_words(("enter", "Fix, or not"), ("u", "Undo"), ("esc", "Back")))

    def on_mount(self) -> None:
        """Begin at the first open trouble."""
        first = next((trouble.key for trouble in self._health.troubles if trouble.standing == "open"), "")
        self.query_one(RowList).mark(first)
        self._show()

    def _rows(self, chosen: Glyphs) -> list[Row]:
        marks = {"open": chosen.stale, "fixed": chosen.done, "always": chosen.done, "none": chosen.todo}
        return [
            Row(
                trouble.key,
                (
                    f"{trouble.count:,}",
                    styled(f"{marks[trouble.standing]} {_WORDS[trouble.standing]}", _TONES[trouble.standing]),
                    plain(trouble.title, chosen),
                ),
            )
            for trouble in self._health.troubles
        ]

    def _show(self) -> None:
        chosen = glyphs(self)
        rows = self.query_one(RowList)
        rows.set_rows(self._rows(chosen))
        self.query_one("#title", Static).update(_title(self._health, chosen))
        if (marked := self._marked) is not None:
            self.query_one("#detail", Static).update(_detail(marked, chosen))

    @property
    def _marked(self) -> Trouble | None:
        return self._health.of(self.query_one(RowList).marked_key or "")

    def on_row_list_marked(self) -> None:
        """Another trouble in full."""
        if (marked := self._marked) is not None:
            self.query_one("#detail", Static).update(_detail(marked, glyphs(self)))

    def on_row_list_taken(self) -> None:
        """Fix it, or do not."""
        self.action_toggle_fix()

    def action_toggle_fix(self) -> None:
        """Choose the fix of the marked trouble, or undo it."""
        marked = self._marked
        if marked is None:
            return
        if marked.key == ADULT:
            self._state()
        elif marked.fix:
            chosen = marked.fix not in self._health.fixes
            self._done.append((marked.fix, chosen))
            self._choose(marked.fix, chosen=chosen)

    def action_undo(self) -> None:
        """Take the last change of a fix back."""
        if self._done:
            fix, chosen = self._done.pop()
            self._choose(fix, chosen=not chosen)

    @work(exclusive=True, group="close")
    async def action_close(self) -> None:
        """Back to the page, once the last change is saved."""
        saving = [worker for worker in self.workers if worker.node is self and worker.group == "fix"]
        if saving:
            await self.workers.wait_for_complete(saving)
        self.dismiss(self._changed)

    @work(group="fix")
    async def _choose(self, fix: str, *, chosen: bool) -> None:
        from engine import actions

        add, remove = ([fix], []) if chosen else ([], [fix])
        self._changed = await self._engine(lambda: actions.choose_fixes(self._project, add, remove)) or self._changed

    @work(exclusive=True, group="state")
    async def _state(self) -> None:
        from engine.statements import state_content

        title = "The data is yours to use, and everybody in it is an adult?"
        meaning = "Those who appear in it agreed. The statement is kept in the project with today's date."
        choices = [("no", "Not now", "training stays refused"), ("yes", "I state both", "")]
        if await self.app.push_screen_wait(ChooseScreen(title, meaning, choices, "no")) == "yes":
            await self._engine(lambda: state_content(self._project, rights=True, adults=True))

    async def _engine(self, work: Callable[[], ProjectSpec]) -> bool:
        """Change the project and show it; an error is shown in place."""
        problem = self.query_one(Problem)
        try:
            spec = await in_thread(self, work)
        except TunesmithError as error:
            problem.error = error
            return False
        problem.error = None
        self._health = health_of(self._report.content, spec, self._file)
        self._show()
        return True


def _title(health: Health, chosen: Glyphs) -> Content:
    count = health.open_rows
    words = f"{count:,} rows may harm the training" if count else "Nothing here harms the training"
    if count == 1:
        words = "1 row may harm the training"
    language = f"   most rows are {health.language}" if health.language else ""
    return styled(plain(words, chosen), "bold") + styled(plain(language, chosen), "$muted")


def _detail(trouble: Trouble, chosen: Glyphs) -> Content:
    lines = [Content(plain(trouble.meaning, chosen))]
    if trouble.places:
        shown = trouble.places[:20]
        lines += [Content(""), *(styled(plain(place, chosen), "$muted") for place in shown)]
        if trouble.count > len(shown):
            lines.append(styled(f"and {trouble.count - len(shown):,} more", "$muted"))
    return Content("\n").join(lines)
