"""The rows that cannot be used: where, why, and what becomes of each. Broken rows come first, repeats last."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.charset import glyphs, plain
from tui.commands import TABLE, bindings
from tui.data_report import Report
from tui.screens.ask import key_words
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import styled


class BadRowsScreen(ModalScreen[None]):
    """A list, with the marked row in full below it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["bad_rows"])
    DEFAULT_CSS = """
    BadRowsScreen RowList { height: 1fr; margin: 1 0 0 0; }
    BadRowsScreen #detail { height: 5; padding: 1 1 0 1; }
    """

    def __init__(self, name: str, report: Report) -> None:
        super().__init__()
        self._name, self._report, self._bad = name, report, report.bad_first_broken

    def compose(self) -> ComposeResult:
        """The list and the detail."""
        chosen = glyphs(self)
        bad = self._bad
        kinds = ", ".join(f"{count:,} {words}" for words, count in self._report.bad_kinds)
        title = f"{self._report.bad_rows:,} rows of {self._name} cannot be used"
        more = f"   {len(bad):,} are listed" if len(bad) < self._report.bad_rows else ""
        rows = [
            Row(
                str(index),
                (f"{row['line']:,}", str(row.get("field") or chosen.dash), str(row["reason"]), str(row["fate"])),
            )
            for index, row in enumerate(bad)
        ]
        with Vertical(classes="dialog"):
            yield Static(styled(plain(title, chosen), "bold") + styled(more, "$muted"))
            yield Static(styled(plain(kinds, chosen), "$muted"), id="kinds")
            yield RowList(
                [Column("line", 7, "right"), Column("field", 20), Column("why"), Column("", 10, wide_only=True)], rows
            )
            yield Static(id="detail")
            yield Static(key_words(("up, down", "Move"), ("esc", "Back")))

    def on_row_list_marked(self, message: RowList.Marked) -> None:
        """The marked row in full."""
        row = self._bad[int(message.key)]
        chosen = glyphs(self)
        where = styled(f"line {row['line']:,}", "$accent") + Content(
            f"  {plain(str(row.get('field') or ''), chosen)}\n"
        )
        text = Content(plain(f"{row['reason']}\n", chosen)) + styled(plain(str(row["fate"]), chosen), "$muted")
        self.query_one("#detail", Static).update(where + text)

    def action_close(self) -> None:
        """Back to the page."""
        self.dismiss(None)
