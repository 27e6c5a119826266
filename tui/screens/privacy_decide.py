"""What the keys of the review do: decisions, corrections, rules, and the pages that open over it.

Apart from `privacy.py`, which shows the pages and starts the jobs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

from textual import on, work

from engine.errors import TunesmithError
from engine.privacy.blind import survey_of
from engine.privacy.consents import waiting_for
from engine.privacy.edits import Change, Ends, alike, move_ends, retype
from engine.privacy.findings import ValueRow
from engine.privacy.gate import data_path
from engine.privacy.own_try import try_on_rows
from engine.privacy.pointed import point_at, texts_of_row
from engine.privacy.review import ids_of_type, type_totals
from engine.privacy.rules import add_rule, preview, remove_rule, rules_of
from engine.privacy.store import FindingsStore
from engine.spec import DataSpec, OwnSpec, ProjectSpec
from engine.statements import state_content
from tui.entities import TYPE_KEYS, short_name
from tui.screens.ask import ChooseScreen
from tui.screens.base import StepScreen
from tui.screens.blind import BlindScreen
from tui.screens.bulk import BulkChoice, BulkScreen
from tui.screens.ends import EndsScreen
from tui.screens.frame import Tone
from tui.screens.new_finding import NewFindingScreen
from tui.screens.own import OwnScreen
from tui.screens.privacy_review import ReviewPage
from tui.screens.rules import RuleScreen, RulesScreen, rule_words

T = TypeVar("T")
Page = Literal["scan", "review", "work", "proof"]
_MANY = 300
"""Places from which on a change takes long enough that it is announced."""
REVIEW_WORDS = "Undecided stays hidden. J marks more, t a whole type. enter writes the file."


class DecidingScreen(StepScreen):
    """A step with a review in it."""

    page: Page = "scan"
    _seen: tuple[object, ...] = ()
    """The files of this step as they were when they were last looked at."""

    def may_be_stale(self) -> bool:
        """Whether a file of this step is another one now, or another program wrote to the findings.

        Leaving a dialog must not cost what opening the step costs.
        """
        return self._seen != self._files()

    def remember_files(self) -> None:
        """What is shown is what the files say now."""
        self._seen = self._files()

    def _files(self) -> tuple[object, ...]:
        spec, store = self.spec, self.review.store
        paths = [self.project.file, self.project.proof_file]
        paths += [data_path(self.project, path) for path in (spec.data and spec.data.path, spec.redaction.path) if path]
        # In WAL mode the date of the file does not tell whether somebody wrote to it.
        findings = store.data_version() if store is not None else self.project.findings_file.is_file()
        return (*map(_stamp, paths), findings)

    @property
    def review(self) -> ReviewPage:
        """The review."""
        return self.query_one(ReviewPage)

    @property
    def data(self) -> DataSpec | None:
        """The dataset, with an absolute path."""
        if self.spec.data is None:
            return None
        return self.spec.data.model_copy(update={"path": str(data_path(self.project, self.spec.data.path))})

    def _do(self, decide: Callable[[], str], tone: Tone = "quiet") -> None:
        """Run a decision; it is on disk when this returns, or the error is on the screen."""
        self.show_problem(None)
        try:
            words = decide()
        except TunesmithError as error:
            self.show_problem(error)
            return
        self.remember_files()
        self.say(words or REVIEW_WORDS, tone if words else "quiet")

    @on(ReviewPage.Failed)
    def _review_failed(self, message: ReviewPage.Failed) -> None:
        message.stop()
        self.show_problem(message.error)

    # -- deciding -----------------------------------------------------------------------------------------------

    def action_decide(self, action: str) -> None:
        """Hide or keep the marked value."""
        review = self.review
        self._do(
            lambda: review.decide("keep" if action == "keep" else "hide"), "attention" if action == "keep" else "good"
        )

    def action_extend(self, by: int, pages: bool = False) -> None:
        """Mark more values, or fewer."""
        self._do(lambda: self.review.extend(by, pages=pages))

    def action_decide_here(self) -> None:
        """The opposite at the marked place only."""
        self._do(self.review.decide_here, "good")

    def action_later(self) -> None:
        """Go on without a decision."""
        self._do(self.review.later)

    async def action_undo(self) -> None:
        """Take the last decision back, apart from this thread: it may have been a rule about every place there is."""
        review = self.review
        if review.store is None:
            return
        path = review.store.path
        if review.last_changed > _MANY:
            self.say("Taking it back.")
        undone = await self.ask_engine(lambda: (_apart(path, FindingsStore.undo),))
        if undone is not None:
            self._do(lambda: review.after_undo(*undone))

    def action_toggle_filter(self) -> None:
        """Undecided or all."""
        self._do(self.review.toggle_filter)

    def action_toggle_order(self) -> None:
        """By risk or by count."""
        self._do(self.review.toggle_order)

    def action_find(self) -> None:
        """Open the search line."""
        self._do(self.review.begin_search)

    # -- correcting ---------------------------------------------------------------------------------------------

    async def action_retype(self, number: int) -> None:
        """Say that the marked value is of the type behind a key; apart from this thread where it stands everywhere."""
        review, entity = self.review, TYPE_KEYS[number - 1]
        row, store = review.values.current, review.store
        several = len(review.values.span) > 1
        if row is None or store is None or row.count <= _MANY or row.entity == entity or several:
            self._do(lambda: review.retype(entity), "good")
            return
        path = store.path
        self.say(f"Changing {row.count:,} places.")
        change = await self.ask_engine(lambda: _apart(path, lambda own: retype(own, row.id, entity)))
        if change is not None:
            self._do(lambda: review.after_retype(change, row, entity), "good")

    @work(exclusive=True, group="dialog")
    async def action_ends(self) -> None:
        """Move the ends of the marked value."""
        review = self.review
        row, place = review.values.current, review.places.current
        if row is None or place is None or review.store is None:
            return
        path = review.store.path

        def same(ends: Ends) -> int:
            return _apart(path, lambda store: alike(store, row.id, ends))

        corrected = await self.app.push_screen_wait(EndsScreen(row, place, same))
        if corrected is None:
            return
        change = await self.ask_engine(lambda: _apart(path, lambda store: _correct(store, row, *corrected)))
        if change is not None:
            self._after_dialog(lambda: review.after_ends(change, row, *corrected))

    @work(exclusive=True, group="dialog")
    async def action_point(self) -> None:
        """Mark something in the row of the marked place, and search it everywhere."""
        review, data = self.review, self.data
        row, place = review.values.current, review.places.current
        if data is None or row is None or place is None or review.store is None:
            return
        self.say(f"Reading row {place.row + 1:,}.")
        fields = await self.ask_engine(lambda: texts_of_row(data, place.row))
        if fields is None:
            return
        self.say(REVIEW_WORDS)
        screen = NewFindingScreen(place.row, fields, place.field, place.end, row.entity)
        pointed = await self.app.push_screen_wait(screen)
        if pointed is None:
            return
        self.say("Searching it in all rows.")
        path = review.store.path
        change = await self.ask_engine(
            lambda: _apart(path, lambda store: point_at(store, data, pointed.value, pointed.entity))
        )
        if change is None:
            return
        if not change.places:
            self.say("It stands only inside what is found already.", "attention")
            return
        where = "1 place" if change.places == 1 else f"{change.places:,} places"
        self._after_dialog(lambda: review.after_point(change, f"Found in {where}, and hidden. u takes it back."))

    def _after_dialog(self, decide: Callable[[], str]) -> None:
        """As `_do`, once the screen is back and has said its own words."""
        self.call_after_refresh(self._do, decide, "good")

    # -- rules and blind spots ----------------------------------------------------------------------------------

    @work(exclusive=True, group="dialog")
    async def action_rule(self) -> None:
        """Make a rule of the marked value."""
        review = self.review
        row, store = review.values.current, review.store
        if row is None or store is None:
            return
        path = store.path
        screen = RuleScreen(row, review.places.current, lambda rule: _apart(path, lambda own: preview(own, rule)))
        rule = await self.app.push_screen_wait(screen)
        if rule is None:
            return
        changed = await self.ask_engine(lambda: _apart(path, lambda own: add_rule(own, rule)))
        if changed is not None:
            verb, what = rule_words(rule)
            words = f"Rule: {verb} {what[:30]}. {changed:,} decided by it."
            self._after_dialog(lambda: review.after_rule(words))

    @work(exclusive=True, group="dialog")
    async def action_rules(self) -> None:
        """The rules there are."""
        review = self.review
        store = review.store
        if store is None:
            return
        path = store.path
        kept = await self.ask_engine(lambda: _apart(path, rules_of))
        if kept is None:
            return
        gone = await self.app.push_screen_wait(RulesScreen(kept))
        if gone is None:
            return
        changed = await self.ask_engine(lambda: _apart(path, lambda own: remove_rule(own, gone)))
        if changed is not None:
            words = f"The rule is off the list. {changed:,} decisions of it are open again."
            self._after_dialog(lambda: review.after_rule(words))

    @work(exclusive=True, group="dialog")
    async def action_blind(self) -> None:
        """Rows in which nothing was found."""
        store, data = self.review.store, self.data
        if data is None or store is None:
            return
        path = store.path
        self.say("Looking for rows in which nothing was found.")
        # The page is large: that the key was heard is on the screen before it is made.
        await self.wait_for_refresh()
        known = await self.ask_engine(lambda: _apart(path, survey_of))
        self.say(REVIEW_WORDS)
        await self.app.push_screen_wait(BlindScreen(path, data, self.spec.name, known))

    @work(exclusive=True, group="dialog")
    async def action_own(self) -> None:
        """The creator's own recognisers; changed ones are kept at once, and ask for another search."""
        data = self.data
        on_rows = (lambda spec: try_on_rows(data, spec)) if data is not None else None
        own = await self.app.push_screen_wait(OwnScreen(self.spec.redaction.own, on_rows))
        if own is None:
            return
        kept = await self.ask_engine(lambda: self.project.update(lambda spec: _with_own(spec, own)))
        if kept is not None:
            self.call_after_refresh(self.refresh_spec)

    @work(exclusive=True, group="dialog")
    async def action_consent(self) -> None:
        """Record that a person agreed, and write the file again, so that the rows about them come back."""
        waiting = await self.ask_engine(lambda: waiting_for(self.project, self.spec))
        if waiting is None:
            return
        if not waiting:
            self.say("No row waits for anybody any more. enter on the review page writes the file again.")
            return
        choices = [(one.name, one.name, "1 row" if one.rows == 1 else f"{one.rows:,} rows") for one in waiting]
        meaning = "Rows about their intimate life are then trained on. It is kept in the project with today's date."
        title = "Who agreed? You state that this person did."
        name = await self.app.push_screen_wait(ChooseScreen(title, meaning, choices))
        if name is None:
            return
        stated = await self.ask_engine(lambda: state_content(self.project, consents=[name]))
        if stated is not None:
            self.start_job("redact")

    # -- a whole type -------------------------------------------------------------------------------------------

    @work(exclusive=True, group="bulk")
    async def action_bulk(self) -> None:
        """Ask which type and what, then do it apart from this thread: it may be many thousands of values."""
        review = self.review
        if review.store is None:
            return
        path, current = review.store.path, review.values.current
        self.say("Counting each type.")
        entries = await self.ask_engine(lambda: _apart(path, type_totals))
        self.say(REVIEW_WORDS)
        if not entries:
            return
        choice = await self.app.push_screen_wait(BulkScreen(entries, current.entity if current else ""))
        if choice is None:
            return
        done = await self.ask_engine(lambda: _decide_type(self, choice))
        if done is not None and self.page == "review":
            review.after_bulk(done)
            self.say(f"{done} u takes it back.", "attention" if choice.action == "keep" else "good")


def _apart(path: Path, work: Callable[[FindingsStore], T]) -> T:
    """Do it through a connection of its own, so that the list can be read and drawn meanwhile."""
    with FindingsStore(path) as store:
        return work(store)


def _correct(store: FindingsStore, row: ValueRow, ends: Ends, entity: str) -> Change:
    """Give a value other ends, or another type, or both."""
    change = Change(row.id, row.value, row.count)
    if (ends.left, ends.right) != (0, 0):
        change = move_ends(store, row.id, ends)
    return retype(store, change.value_id, entity) if entity != row.entity and change.places else change


def _stamp(path: Path) -> tuple[int, int] | None:
    """When a file was written and how long it is; None where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _with_own(spec: ProjectSpec, own: list[OwnSpec]) -> ProjectSpec:
    return spec.model_copy(update={"redaction": spec.redaction.model_copy(update={"own": own})})


def _decide_type(screen: DecidingScreen, choice: BulkChoice) -> str:
    """Decide all values of a type, through a connection of its own."""
    with FindingsStore(screen.project.findings_file) as store:
        ids = ids_of_type(store, choice.entity, undecided_only=choice.undecided_only)
        words = f"{choice.action} {len(ids):,} values of the type {short_name(choice.entity)}"
        changed = store.decide_values(ids, choice.action, "person", words)
    done = "kept" if choice.action == "keep" else "hidden"
    many = "1 value" if changed == 1 else f"{changed:,} values"
    return f"{many} of the type {short_name(choice.entity)}: {done}."
