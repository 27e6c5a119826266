"""The blind spots: rows in which nothing was found, those that look suspicious and a random sample of all.

What the person reads in the sample proves something about the rows they did not read; the line on top says what.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from engine.errors import TunesmithError, UsageError
from engine.privacy.blind import (
    SAMPLE,
    BlindRow,
    Survey,
    Verdict,
    count_suspicious,
    first_sign,
    judge,
    look,
    sample_facts,
    sample_rows,
    suspicious_rows,
)
from engine.privacy.pointed import point_at
from engine.privacy.store import FindingsStore
from engine.spec import DataSpec
from tui.charset import Glyphs, glyphs, plain
from tui.proof import bound_words
from tui.screens.ask import AskScreen
from tui.screens.frame import FrameScreen, TopLine
from tui.screens.new_finding import NewFindingScreen
from tui.widgets.logview import TextView
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import field_words, one_line, styled


class BlindScreen(FrameScreen):
    """Two lists of rows without findings, and the marked row in full.

    Args:
        findings: The findings file.
        data: The dataset, with an absolute path.
        project: The project's name, for line 1.
        known: The survey of this scan, where it was made already.
    """

    NAME = "blind"
    HELP = """
    No search finds everything. Here are the rows in which nothing was found.

    The first list holds those that look suspicious all the same: a name is said, there is an @ or a long number, a
    word has a capital inside a sentence. n marks what was missed; it is then found and hidden in all rows.

    tab brings the random sample. Read each row and press enter when it is clean, n to mark what was missed. From what
    you find follows how many such rows there can be at most: without a leak in 300 rows, at most 1 % of the rows
    without findings still hold something, and this is wrong in 1 of 20 samples. The proof page shows it.
    """
    AUTO_FOCUS = "RowList"
    DEFAULT_CSS = """
    BlindScreen #blind-head { height: 2; padding: 0 1; }
    BlindScreen #blind-rows { width: 38; }
    BlindScreen.-wide #blind-rows { width: 52; }
    BlindScreen #blind-row { width: 1fr; }
    """

    def __init__(self, findings: Path, data: DataSpec, project: str, known: Survey | None = None) -> None:
        super().__init__()
        self._project = project
        self.store = FindingsStore(findings)
        self._data = data
        self.view = "suspicious"
        self.rows: list[BlindRow] = []
        self._survey = known
        self._marks = {"suspicious": 0, "sample": 0}

    def body(self) -> ComposeResult:
        """What is proven, the list, the row."""
        yield Static(id="blind-head")
        with Horizontal():
            yield RowList([Column("row", 9, "right"), Column("what")], id="blind-rows")
            yield TextView(id="blind-row")

    def on_mount(self) -> None:
        """Look at the rows, where nobody did since the scan."""
        super().on_mount()
        self.query_one(TopLine).project = self._project
        # The page stands there first: what reads the rows would share this moment with what draws it.
        self.call_after_refresh(self._open)

    def on_unmount(self) -> None:
        """Let go of the file."""
        self.store.close()

    # -- reading ------------------------------------------------------------------------------------------------

    @work(exclusive=True, group="look")
    async def _open(self, size: int = 0) -> None:
        """Show the survey of this scan; make one where there is none, or another sample where `size` says so."""
        known = self._survey
        if known is None or size:
            known = await self._look(size or SAMPLE)
        if known is None:
            return
        self._survey = known
        if size:
            self.view, self._marks["sample"] = "sample", 0
        self.show_rows()
        self._speak()

    async def _look(self, size: int) -> Survey | None:
        """Read the file, and tell how far that is: it takes some seconds where there are many rows."""
        share, first = 0.0, list[BlindRow]()

        def heard(done: int, total: int, _unit: str) -> None:
            nonlocal share
            share = done / total if total else 0.0

        def found(rows: list[BlindRow]) -> None:
            nonlocal first
            first = rows

        def told() -> None:
            begin = " You can begin with these." if first else ""
            self.say(f"Reading the rows in which nothing was found: {share * 100:.0f} %.{begin}")
            if self._survey is None and first:
                self._show_first(first)

        def work() -> Survey:
            # By a connection of its own: who leaves this page meanwhile finds the whole work done next time.
            with FindingsStore(self.store.path) as store:
                return look(store, self._data, size, heard, found)

        self.say("Reading the rows in which nothing was found.")
        timer = self.set_interval(0.5, told)
        try:
            return await self.ask_engine(work)
        finally:
            timer.stop()

    def _show_first(self, rows: list[BlindRow]) -> None:
        """The most suspicious of the rows that were read so far; the pointer stays on its row."""
        at = self.current
        self.rows = rows
        if at is not None:
            self._marks[self.view] = next((n for n, row in enumerate(rows) if row.row == at.row), 0)
        self._draw_rows()

    def show_rows(self) -> None:
        """Read the list again; the pointer stays at its place."""
        if self._survey is None:
            return
        try:
            self.rows = suspicious_rows(self.store) if self.view == "suspicious" else sample_rows(self.store)
        except TunesmithError as error:
            self.show_problem(error)
            return
        self._draw_rows()

    def _draw_rows(self) -> None:
        rows, chosen = self.query_one(RowList), glyphs(self)
        mark = min(self._marks[self.view], max(0, len(self.rows) - 1))
        rows.set_rows(
            [self._row(one, chosen) for one in self.rows], mark=self._key(self.rows[mark]) if self.rows else None
        )
        self._show_head()
        self._show_text()

    @staticmethod
    def _key(row: BlindRow) -> str:
        return f"{row.position} {row.row}"

    def _row(self, one: BlindRow, chosen: Glyphs) -> Row:
        number = f"{one.row + 1:,}"
        if self.view == "suspicious":
            return Row(self._key(one), (number, plain(", ".join(one.signs), chosen)))
        marks = {"clean": styled(f"{chosen.done} clean", "$success"), "leak": styled(f"{chosen.bad} leak", "$warning")}
        return Row(self._key(one), (number, marks.get(one.verdict or "", styled(f"{chosen.todo} to read", "$muted"))))

    @property
    def current(self) -> BlindRow | None:
        """The marked row."""
        at = self.query_one(RowList).marked
        return self.rows[at] if at < len(self.rows) else None

    def _show_head(self) -> None:
        survey, chosen = self._survey, glyphs(self)
        if survey is None:
            so_far = f"The most suspicious rows so far: {len(self.rows):,}"
            self.query_one("#blind-head", Static).update(styled(so_far, "bold $accent"))
            return
        facts = sample_facts(self.store)
        proven = bound_words(facts) if facts else f"no row of the sample of {survey.size:,} read yet"
        left = count_suspicious(self.store, survey)
        names = (("suspicious", f"Suspicious rows {left:,}"), ("sample", f"Random sample {survey.size:,}"))
        tabs = [styled(name, "bold $accent" if view == self.view else "$muted") for view, name in names]
        first = Content(f" {chosen.dot} ").join(tabs) + styled(
            f"   of {survey.clean_rows:,} rows without findings", "$muted"
        )
        tone = "$warning" if facts and facts.leaks else "$success" if facts else "$muted"
        second = styled(plain(proven, chosen), tone)
        self.query_one("#blind-head", Static).update(Content("\n").join([first, second]))

    def _show_text(self) -> None:
        one, chosen = self.current, glyphs(self)
        view = self.query_one(TextView)
        if one is None:
            empty = "No row looks suspicious." if self.view == "suspicious" else "There is no row without findings."
            view.set_lines([styled(empty if self._survey else "", "$muted")])
            return
        parts: list[Content] = []
        for path, text in one.texts:
            parts += [
                styled(plain(field_words(path), chosen), "$accent"),
                *(Content(plain(one_line(line), chosen)) for line in text.splitlines()),
                Content(""),
            ]
        view.set_lines(parts)
        view.scroll_home(animate=False)

    def on_row_list_marked(self) -> None:
        """Another row."""
        self._marks[self.view] = self.query_one(RowList).marked
        self._show_text()

    def on_row_list_taken(self) -> None:
        """Clean."""
        self.action_clean()

    def _speak(self) -> None:
        sample = self.view == "sample"
        self.say(
            "Read the row: enter when it is clean, n to mark what was missed."
            if sample
            else "Nothing was found in these, but they look suspicious. n marks what was missed."
        )

    # -- what keys do -------------------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Up and down."""
        self.query_one(RowList).action_move(by)

    def action_scroll(self, by: int) -> None:
        """A long row."""
        self.query_one(TextView).scroll_relative(y=by * 8, animate=False)

    def action_switch(self) -> None:
        """The other list."""
        if self._survey is None:
            self.say("The sample is drawn once all rows are read.")
            return
        self.view = "sample" if self.view == "suspicious" else "suspicious"
        self.show_rows()
        self._speak()

    def action_clean(self) -> None:
        """Nothing personal here; of a sample this is kept."""
        self._judge("clean")

    def _judge(self, verdict: Verdict) -> None:
        one = self.current
        if one is None:
            return
        try:
            if self.view == "sample":
                judge(self.store, one.position, verdict)
                self.rows[self._marks[self.view]] = replace(one, verdict=verdict)
        except TunesmithError as error:
            self.show_problem(error)
            return
        was_last = self._marks[self.view] >= len(self.rows) - 1
        self._marks[self.view] = min(len(self.rows) - 1, self._marks[self.view] + 1)
        self._draw_rows()
        if self.view == "sample":
            self._said(f"Row {one.row + 1:,} is {verdict}.")
        elif was_last:
            self.say("That was the last suspicious row. tab brings the random sample, which proves something.", "good")
        else:
            self.say(f"Nothing in row {one.row + 1:,}. On to the next.")

    def _said(self, words: str) -> None:
        facts = sample_facts(self.store)
        self.say(f"{words} {bound_words(facts)}." if facts else words, "good")

    def action_undo(self) -> None:
        """Take the last thing back, also what was decided in the review."""
        try:
            undone = self.store.undo()
        except TunesmithError as error:
            self.show_problem(error)
            return
        self.show_rows()
        self.say(f"Taken back: {undone}." if undone else "Nothing is left to take back.")

    @work(exclusive=True, group="draw")
    async def action_draw(self) -> None:
        """Another sample."""
        meaning = "How many rows to read. 60 without a leak prove at most 5 %, 300 at most 1 %. What you read stays."
        typed = await self.app.push_screen_wait(AskScreen("Draw another sample", str(SAMPLE), meaning, _sample_size))
        if typed is not None:
            self._open(_sample_size(typed))

    @work(exclusive=True, group="point")
    async def action_point(self) -> None:
        """Mark what was missed in the marked row."""
        one = self.current
        if one is None:
            return
        pointed = await self.app.push_screen_wait(NewFindingScreen(one.row, one.texts, *first_sign(one.texts)))
        if pointed is None:
            return
        self.say("Searching it in all rows.")
        done = await self.ask_engine(lambda: point_at(self.store, self._data, pointed.value, pointed.entity))
        if done is None:
            return
        if self.view == "sample":
            self._judge("leak")
        else:
            self.show_rows()
        where = "1 place" if done.places == 1 else f"{done.places:,} places"
        self._said(f"Found in {where}, and hidden. u takes it back.")

    def action_close(self) -> None:
        """Back to the values."""
        self.dismiss(None)


def _sample_size(typed: str) -> int:
    """The number that was typed.

    Raises:
        UsageError: It is no number from 1 to 10,000.
    """
    digits = typed.replace(",", "").strip()
    if not digits.isdigit() or not 1 <= int(digits) <= 10_000:
        raise UsageError("A sample has 1 to 10,000 rows.", f"It says {typed!r}.", "Type another number.")
    return int(digits)
