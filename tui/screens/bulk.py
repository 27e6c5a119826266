"""Deciding a whole type at once: which type, hide or keep, and what would change, before anything does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine.privacy.findings import Action
from engine.privacy.review import TypeTotals
from tui.charset import glyphs, plain
from tui.commands import TABLE, bindings
from tui.entities import short_name, words_for
from tui.screens.dialog import Dialog
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import styled


@dataclass(frozen=True)
class BulkChoice:
    """What is to be done with a type; `changes` is the number of values that get another decision."""

    entity: str
    action: Action
    undecided_only: bool
    changes: int


def choice_of(totals: TypeTotals, action: Action, *, undecided_only: bool) -> BulkChoice:
    """What a decision about a type would change. Pure."""
    changes = totals.undecided
    if not undecided_only:
        changes += totals.kept if action == "hide" else totals.hidden
    return BulkChoice(totals.entity, action, undecided_only, changes)


def preview_words(totals: TypeTotals, choice: BulkChoice) -> str:
    """The preview in two sentences."""
    if not choice.changes:
        return f"Nothing would change: no value of the type {short_name(totals.entity)} is open."
    verb = "Hides" if choice.action == "hide" else "Keeps"
    what = f"{verb} {choice.changes:,} of {totals.values:,} values of the type {short_name(totals.entity)}."
    if choice.undecided_only:
        decided = totals.hidden + totals.kept
        more = f"Decided already: {decided:,}, which stay so." if decided else ""
    else:
        other = totals.kept if choice.action == "hide" else totals.hidden
        more = f"{other:,} of them were decided the other way before." if other else ""
    warning = " The model will see them as they are." if choice.action == "keep" else ""
    return f"{what} {more}{warning}".replace("  ", " ").strip()


class BulkScreen(Dialog[BulkChoice | None]):
    """Returns what to do; None when the person changed their mind."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["bulk"])
    DEFAULT_CSS = """
    BulkScreen RowList { height: auto; max-height: 12; margin: 1 0; }
    BulkScreen #preview { height: 3; }
    """

    def __init__(self, totals: Sequence[TypeTotals], entity: str = "") -> None:
        super().__init__()
        self._totals = {entry.entity: entry for entry in totals}
        self._first = entity
        self.action: Action = "hide"
        self.undecided_only = True

    def compose(self) -> ComposeResult:
        """The types, the preview, the keys."""
        with Vertical(classes="dialog"):
            yield Static(styled("Decide a whole type", "bold"))
            yield RowList(
                [
                    Column("type", 10),
                    Column("what it is"),
                    Column("open", 7, "right"),
                    Column("hide", 7, "right"),
                    Column("keep", 7, "right"),
                ],
                [self._row(entry) for entry in self._totals.values()],
                id="types",
            )
            yield Static(id="preview")
            yield Static(id="ways")

    @staticmethod
    def _row(entry: TypeTotals) -> Row:
        counts = (f"{entry.undecided:,}", f"{entry.hidden:,}", f"{entry.kept:,}")
        return Row(entry.entity, (short_name(entry.entity), styled(words_for(entry.entity), "$muted"), *counts))

    def on_mount(self) -> None:
        """Begin with the type of the marked value."""
        if self._first:
            self.query_one(RowList).mark(self._first)
        self._show()

    def on_row_list_marked(self) -> None:
        """Another type, another preview."""
        self._show()

    def on_row_list_taken(self) -> None:
        """Do it."""
        self.action_take()

    @property
    def choice(self) -> BulkChoice | None:
        """What enter would do."""
        totals = self._totals.get(self.query_one(RowList).marked_key or "")
        return None if totals is None else choice_of(totals, self.action, undecided_only=self.undecided_only)

    def _show(self) -> None:
        chosen, choice = glyphs(self), self.choice
        if choice is None:
            return
        words = plain(preview_words(self._totals[choice.entity], choice), chosen)
        mark = chosen.bad if choice.action == "keep" else chosen.done
        tone = "$warning" if choice.action == "keep" else "$success"
        self.query_one("#preview", Static).update(styled(f"{mark} ", tone) + Content(words))
        scope = "o All of them" if self.undecided_only else "o Open ones only"
        other = "x Keep instead" if self.action == "hide" else "a Hide instead"
        keys = Content("   ").join(
            styled(key, "bold $accent") + Content(f" {label}")
            for key, _, label in (words.partition(" ") for words in ("enter Do it", other, scope, "esc Back"))
        )
        self.query_one("#ways", Static).update(keys)

    def action_plan(self, action: str) -> None:
        """Hide or keep: shows what it would change."""
        self.action = "keep" if action == "keep" else "hide"
        self._show()

    def action_scope(self) -> None:
        """Only what is open, or also what was decided."""
        self.undecided_only = not self.undecided_only
        self._show()

    def action_take(self) -> None:
        """Do it."""
        choice = self.choice
        if choice is not None and choice.changes:
            self.dismiss(choice)

    def action_close(self) -> None:
        """Change nothing."""
        self.dismiss(None)
