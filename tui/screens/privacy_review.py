"""The review: the distinct values on the left, the marked one in context on the right, and every decision.

The page decides and tells in words what it did; the screen says them and starts the jobs. All it holds is the
filter, the pointer and a few pages: decisions are on disk as soon as they are made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from engine.errors import TunesmithError
from engine.privacy.edits import Change, Ends, retype
from engine.privacy.findings import Action, Place, Summary, ValueRow, masked
from engine.privacy.store import FindingsStore, Order
from tui.entities import legend, score_text, words_for
from tui.screens.privacy_parts import (
    Divider,
    Filter,
    ReviewHead,
    SearchField,
    cut,
    decided_words,
    nothing_words,
    places_words,
)
from tui.threads import in_thread
from tui.widgets.places import Places
from tui.widgets.value_list import ValueList

_REST_SECONDS = 0.15
"""A pointer that stays so long on a value rests there."""


@dataclass(frozen=True)
class _Made:
    """A decision of this sitting: where the pointer goes back to when it is undone."""

    index: int
    shown: Filter
    words: str
    entry: str
    """The words of its entry in the log."""
    changed: int = 1
    """How many places or values it changed; many take long to take back."""
    marked: int = 1
    """How many values from `index` on it was about."""


class ReviewPage(Vertical):
    """Everything of the review. Open it with `open`; the screen's actions call the methods below."""

    @dataclass
    class Failed(Message):
        """The findings could not be read or written."""

        error: TunesmithError

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.store: FindingsStore | None = None
        self._shown: Filter | None = None
        self._made: list[_Made] = []
        self.becomes: Callable[[ValueRow], str] | None = None
        """What a value becomes when the file is written; asked apart from this thread once the pointer rests."""
        self._totals: Summary | None = None
        """What the scan counted: it stays until the findings are opened again."""

    def compose(self) -> ComposeResult:
        """Head, search, list and context."""
        yield ReviewHead()
        with Horizontal(id="sides"):
            yield ValueList(id="values")
            yield Divider()
            yield Places(id="places")
        yield SearchField(placeholder=f"it is {legend()}", id="search")

    # -- opening ------------------------------------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Open the findings, or read them again when they are open.

        Raises:
            TunesmithError: They cannot be read.
        """
        if self.store is None or self.store.path != path:
            self.close()
            self.store = FindingsStore(path)
        if self._shown is None or self._shown.store is not self.store:
            self._shown, self._made = Filter(self.store), []
            # Who comes back goes on where nobody decided yet.
            open_ones = self.store.values(0, 1, undecided_only=True)
            self.values.show(self._shown, mark=self.store.position(open_ones[0].id) if open_ones else 0)
        else:
            self.values.reload()
        self._totals = None
        self.places.forget_becomes()
        self._show_head()

    def close(self) -> None:
        """Let go of the file."""
        if self.store is not None:
            self.store.close()
        self.store, self._shown = None, None

    def on_unmount(self) -> None:
        """The same."""
        self.close()

    @property
    def values(self) -> ValueList:
        """The list."""
        return self.query_one("#values", ValueList)

    @property
    def places(self) -> Places:
        """The context."""
        return self.query_one("#places", Places)

    @property
    def undecided(self) -> int:
        """How many values nobody decided yet; they stay hidden."""
        return self.store.count_values(undecided_only=True) if self.store is not None else 0

    # -- deciding -----------------------------------------------------------------------------------------------

    def decide(self, action: Action) -> str:
        """Hide or keep the marked values everywhere, and go to the next one that is open.

        Whoever changes what was decided goes on by one: the next may be wrong too.
        """
        rows, span, shown = self.values.chosen, self.values.span, self._shown
        if not rows or self.store is None or shown is None:
            return "There is no value here to decide."
        changed = self.store.decide_values([row.id for row in rows], action, "person")
        words = decided_words(rows, action)
        if changed:
            self._remember(words, sum(row.count for row in rows) if len(rows) > 1 else 1)
        was_last = span.stop >= self.values.count
        corrects = all(row.decision for row in rows)
        on = span.stop if corrects else self.values.undecided_from(span.stop)
        self.values.reload(mark=span.start if shown.undecided_only else on)
        self._show_head()
        return f"{words} {self._next_step()}" if was_last else words

    def extend(self, by: int, *, pages: bool = False) -> str:
        """Mark more values, so that one key decides them all."""
        values = self.values
        values.extend(values.page_end(by) if pages else values.marked + by)
        many = len(values.span)
        return f"{many:,} values are marked. a hides them, x keeps them, esc lets them go." if many > 1 else ""

    def _next_step(self) -> str:
        """What can be done at the end of the list."""
        left = self.undecided
        if not left:
            return "You decided everything: enter."
        many = "1 value is" if left == 1 else f"{left:,} values are"
        only_open = self._shown is not None and self._shown.undecided_only
        return f"End of the list; {many} open: {'home' if only_open else 'f'}."

    def decide_here(self) -> str:
        """Do at the marked place the opposite of what happens there now."""
        row, place, shown = self.values.current, self.places.current, self._shown
        if row is None or place is None or self.store is None or shown is None:
            return "There is no place here to decide."
        action: Action = "hide" if place.effective == "keep" else "keep"
        self.store.decide_place(place.id, action, "person")
        done = "kept" if action == "keep" else "hidden"
        elsewhere = "kept" if row.decision == "keep" else "hidden"
        words = f"Row {place.row + 1:,} only: {done}. Elsewhere {cut(row.shown)} is {elsewhere}."
        if row.count == 1:
            words = f"Row {place.row + 1:,}: {done}. Should {cut(row.shown)} turn up elsewhere, it is {elsewhere}."
        self._remember(words)
        self.places.show(row, self._places, self._difference(row))
        return words

    @property
    def last_changed(self) -> int:
        """How much the last decision of this sitting changed."""
        return self._made[-1].changed if self._made else 0

    def _remember(self, words: str, changed: int = 1) -> None:
        """Something was decided: undo will lead back to here."""
        if self._shown is not None and self.store is not None:
            entry = self.store.last_entry() or ""
            span = self.values.span
            self._made.append(_Made(span.start, self._shown, words, entry, changed, len(span)))

    def later(self) -> str:
        """Go on without a decision."""
        if self.values.let_go():
            return "One value is marked again."
        row = self.values.current
        was_last = self.values.marked >= self.values.count - 1
        on = self.values.marked + 1
        self.values.action_move_to(min(self.values.count - 1, self.values.undecided_from(on)))
        words = f"{cut(row.shown)} stays hidden until you keep it." if row is not None and not row.decision else ""
        return f"{words} {self._next_step()}".strip() if was_last and row is not None else words

    def after_undo(self, undone: str | None) -> str:
        """The last decision was taken back, perhaps one of an earlier sitting: show how it stands now."""
        if undone is None:
            self._made.clear()
            return "Nothing is left to take back."
        # Another window, or the blind spots, may have taken things back or decided others: what is said is what was
        # taken back, not what this page did last.
        at = next((at for at in reversed(range(len(self._made))) if self._made[at].entry == undone), None)
        made = self._made[at] if at is not None else None
        del self._made[at if at is not None else len(self._made) :]
        self._totals = None
        back = made is not None and made.shown == self._shown
        self.values.reload(mark=made.index if made is not None and back else None)
        if made is not None and back and made.marked > 1:
            self.values.extend(made.index + made.marked - 1)
        self._show_head()
        return f"Taken back: {made.words if made is not None else undone}"

    def retype(self, entity: str) -> str:
        """Say that the marked value is of another type."""
        row = self.values.current
        if row is None or self.store is None:
            return "There is no value here."
        if self.values.let_go():
            return "A type is given to one value at a time; only this one is marked now."
        if row.entity == entity:
            return f"{cut(row.shown)} is {words_for(entity)} already."
        return self.after_retype(retype(self.store, row.id, entity), row, entity)

    def after_retype(self, change: Change, row: ValueRow, entity: str) -> str:
        """A value is of another type now."""
        shown = cut(masked(row.value, entity))
        done = "kept" if row.decision == "keep" else "hidden as that"
        words = f"{shown} is {words_for(entity)} now, {done} in {places_words(change.places)}."
        return self._after_correction(change, words)

    def after_ends(self, change: Change, row: ValueRow, ends: Ends, entity: str) -> str:
        """A value has other ends now where the same text stands, or another type."""
        if ends.value == row.value:
            return self.after_retype(change, row, entity)
        shown = cut(masked(ends.value, entity))
        words = f"{shown} is what is found now, in {places_words(change.places)}."
        return self._after_correction(change, words)

    def _after_correction(self, change: Change, words: str) -> str:
        """A correction decides, so the pointer goes on as after a decision."""
        shown, values, store = self._shown, self.values, self.store
        if shown is None or store is None:
            return words
        now = store.position(change.value_id, shown.order, shown.undecided_only, shown.search)
        # What moved down the list, or out of it, let the next value up to where the pointer is.
        return self._changed(change, words, values.marked + (now <= values.marked and not shown.undecided_only))

    def after_point(self, change: Change, words: str) -> str:
        """Something that was missed is found now; the pointer stays on its value."""
        row, shown, store = self.values.current, self._shown, self.store
        if row is None or shown is None or store is None:
            return words
        return self._changed(change, words, store.position(row.id, shown.order, shown.undecided_only, shown.search))

    def _changed(self, change: Change, words: str, mark: int) -> str:
        """What was found is another now: show it, and let undo know."""
        self._remember(words, change.places)
        self._totals = None
        self.values.reload(mark=mark)
        self._show_head()
        return words

    def after_rule(self, words: str) -> str:
        """A rule decided or freed values; show them, and let undo know."""
        self.after_bulk(words)
        return words

    def after_bulk(self, words: str) -> None:
        """Values were decided apart from this page; show them, and let undo know."""
        self._remember(words)
        self._totals = None
        self.values.reload()
        self._show_head()

    # -- what is shown ------------------------------------------------------------------------------------------

    def toggle_filter(self) -> str:
        """All values, or those that nobody decided yet."""
        if self._shown is None:
            return ""
        only = not self._shown.undecided_only
        self._show(replace(self._shown, undecided_only=only))
        return "Only what nobody decided yet. f shows everything again." if only else "All values."

    def toggle_order(self) -> str:
        """What needs a look first, or what occurs most."""
        if self._shown is None:
            return ""
        order: Order = "count" if self._shown.order == "risk" else "risk"
        self._show(replace(self._shown, order=order))
        return "What occurs most comes first." if order == "count" else "What most needs a look comes first."

    def begin_search(self) -> str:
        """Open the search line."""
        self.query_one(SearchField).begin()
        return "Type part of a value or a type. enter takes it, esc ends the search."

    def end_search(self) -> bool:
        """Show everything again; False where nobody searched."""
        searched = self._shown is not None and bool(self._shown.search)
        if searched:
            self._leave_search(keep=False)
        return searched

    def find(self, words: str) -> None:
        """Show only values that contain `words`."""
        if self._shown is not None and words != self._shown.search:
            self._show(replace(self._shown, search=words))

    def _show(self, shown: Filter) -> None:
        self._shown = shown
        self.values.show(shown)
        self._show_head()

    def _show_head(self) -> None:
        store, shown = self.store, self._shown
        if store is None or shown is None:
            return
        totals = self._totals = self._totals or store.summary()
        progress = f"{totals.values - self.undecided:,} of {totals.values:,} values decided"
        amount = f"{totals.findings:,} findings in {totals.rows_with_findings:,} rows"
        self.values.nothing = nothing_words(shown)
        right = f"o order: {'risk' if shown.order == 'risk' else 'most seen'}"
        if shown.search:
            right = f"{self.values.count:,} found"
        elif shown.undecided_only:
            right = "undecided only"
        self.query_one(ReviewHead).show(progress, amount, right)

    def _difference(self, row: ValueRow | None) -> str:
        """Why a value has the sign for differing places."""
        if row is None or self.store is None or not row.differs:
            return ""
        types, least, best = self.store.disagreement(row.id)
        if types:
            return f"also {words_for(types[0])} elsewhere"
        return f"{score_text(least)} to {score_text(best)} sure by place"

    def _places(self, value_id: int, offset: int, limit: int) -> list[Place]:
        return self.store.places(value_id, offset, limit) if self.store is not None else []

    @on(ValueList.Marked)
    def _value_marked(self, message: ValueList.Marked) -> None:
        message.stop()
        try:
            row = self.values.current
            self.places.show(row, self._places, self._difference(row))
            self._ask_becomes()
        except TunesmithError as error:
            self.post_message(self.Failed(error))

    @work(exclusive=True, group="becomes")
    async def _ask_becomes(self) -> None:
        row, becomes = self.values.current, self.becomes
        if row is None or becomes is None or row.decision == "keep":
            return
        await asyncio.sleep(_REST_SECONDS)
        try:
            words = await in_thread(self, becomes, row)
        except TunesmithError as error:
            self.post_message(self.Failed(error))
            return
        self.places.tell_becomes(row, words)

    @on(Input.Changed)
    def _searched(self, message: Input.Changed) -> None:
        message.stop()
        try:
            self.find(message.value.strip())
        except TunesmithError as error:
            self.post_message(self.Failed(error))

    @on(Input.Submitted)
    def _search_done(self, message: Input.Submitted) -> None:
        message.stop()
        self._leave_search(keep=True)

    @on(SearchField.Left)
    def _search_left(self, message: SearchField.Left) -> None:
        message.stop()
        self._leave_search(keep=message.keep)

    def _leave_search(self, *, keep: bool) -> None:
        field = self.query_one(SearchField)
        if not keep:
            with field.prevent(Input.Changed):
                field.value = ""
            self.find("")
        self.values.focus()
        field.end()
