"""Step 3, privacy: look for personal details, decide about them, write the redacted file, prove it.

One of four pages is in sight: `scan` (nothing was looked for yet, or the data changed), `review`, `work` (a job
runs) and `proof`. Which one follows from the project alone, so that leaving and coming back never loses a place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult

from engine.actions import read_json
from engine.errors import PrivacyRefusedError, TunesmithError
from engine.jobs.state import JobView
from engine.privacy.findings import ValueRow
from engine.privacy.gate import check_privacy
from engine.privacy.preview import Preview
from engine.privacy.store import FindingsStore
from engine.spec import ProjectSpec, RedactionSpec
from tui.proof import read_proof
from tui.screens.frame import Tone
from tui.screens.privacy_decide import REVIEW_WORDS, DecidingScreen, Page
from tui.screens.privacy_pages import KnownField, ProofPage, ScanPage, WorkPage
from tui.screens.privacy_review import ReviewPage
from tui.threads import in_thread, is_open

_PAGES_OF: dict[str, tuple[Page, ...]] = {
    "scan": ("scan",),
    "commit": ("review",),
    "go_on": ("proof",),
    "decide": ("review",),
    "decide_here": ("review",),
    "later": ("review",),
    "extend": ("review",),
    "undo": ("review",),
    "find": ("review",),
    "toggle_filter": ("review",),
    "toggle_order": ("review",),
    "bulk": ("review",),
    "retype": ("review",),
    "ends": ("review",),
    "point": ("review",),
    "rule": ("review",),
    "rules": ("review",),
    "blind": ("review", "proof"),
    "consent": ("proof",),
    "stop_job": ("work",),
    "known": ("scan", "review", "proof"),
    "own": ("scan", "review", "proof"),
}
"""On which pages an action can be taken; actions that are not listed can be taken on all."""

_SCAN_REASONS = {
    "original_changed": "Your data changed since it was searched.",
    "profile_changed": "What to look for changed: your own words or the profile.",
}
_COMMIT_REASONS = {
    "decisions_changed": "Your decisions changed since the redacted file was written. enter writes it again.",
    "redaction_stale": "The redacted file was made from older data. enter writes it again.",
    "step_stale": "The data was read in another way since. enter writes the redacted file again.",
    "redacted_missing": "The redacted file is gone. enter writes it again.",
    "redacted_changed": "The redacted file was changed by hand. enter writes it again from your own file.",
}


class PrivacyScreen(DecidingScreen):
    """Scan, review, redact, proof."""

    NAME = "privacy"
    STEP_NAME = "privacy"
    TERMS = ("finding", "known values")
    JOB_KINDS = ("scan", "redact")
    CSS_PATH = "privacy.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (72, "-narrow"), (100, "-wide")]  # noqa: RUF012 as Textual declares it
    HELP = """
    Here names, addresses, numbers, user names, passwords and keys are taken out of your rows before anything is
    learned from them. All of it happens on this machine. Your own file is read and never changed; what is trained on
    is a new file.

    The list shows each thing that was found once, however often it occurs. On the right you see it in its places, and
    what it becomes. a hides it everywhere, x keeps it everywhere. A hidden thing becomes the same in all rows; where a
    made-up value stands for it, the one that is shown is an example. What is underlined beside it is hidden too.

    What you do not decide is hidden. Nothing is kept because nobody looked. You may press enter at any time.

    ≠ marks a word that is found with different meanings, as May the month and May the name, or not as surely
    everywhere. tab goes to the places; A then does at the marked place the opposite of what happens there. The last
    line says why it was found there.

    J marks this value and the next, K fewer, shift+pagedown a page; a and x then decide all that are marked. t decides
    a whole type.

    1 to 9 say that it is something else, and hide it as that. e moves its ends, n marks something that was missed and
    finds it in all rows. r makes a rule of it, which also holds for the next file. v shows the rows in which nothing
    was found, and what a random sample of them proves. u takes back whatever came last, as often as you like.

    w takes words that only you know to be personal. p takes word lists and patterns of your own, with a box to try them
    in and a look at your first 1,000 rows.

    `sure` says how sure the search is, from 0 to 1. The list begins with what most needs a look: things that would
    name somebody, and of these the unsure ones. Passwords and keys are shown by their first two letters only.

    After enter the new file is searched once more. The proof says how many were hidden, who decided, and whether
    anything is left. Rows about the intimate life of somebody who is named are left out until you state that this
    person agreed: c on that page.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.page: Page = "scan"
        self._standing: tuple[str, Tone] = ("", "quiet")
        self._reason = ""
        self._wants_review = False
        self._preview: tuple[RedactionSpec, Preview] | None = None
        """What values become, by the settings that it was made for."""
        self._wants_words = False
        """Whether the page with the creator's own words was opened; it stays until they leave it."""

    def body(self) -> ComposeResult:
        """The four pages."""
        yield ScanPage(id="scan")
        yield ReviewPage(id="review")
        yield WorkPage(id="work")
        yield ProofPage(id="proof")

    def words(self) -> str:
        """What the last look at the files said."""
        return self._standing[0]

    def stale_words(self, reason: str) -> str:
        """The same: it names the file that changed, which says more than the step's own reason."""
        return self._standing[0] or super().stale_words(reason)

    def _stand(self, words: str, tone: Tone = "quiet") -> None:
        """Say how it stands; nothing when it stands as before, so that the words of the last key stay."""
        if (words, tone) != self._standing:
            self._standing = (words, tone)
            self.say(words, tone)

    # -- which page ---------------------------------------------------------------------------------------------

    def spec_changed(self) -> None:
        """Show at once what is surely right, then look closely whether files changed."""
        self._show_standing()
        self.remember_files()

    def _show_standing(self) -> None:
        if self.job_runs or (self._wants_words and self.page == "scan"):
            return
        self._show_page(self._first_guess())
        if self.page == "review" and not self._standing[0] and self.status.state != "stale":
            # Until the gate has looked at the files, what holds in any case.
            self.say(REVIEW_WORDS)
        self._settle()

    def _first_guess(self) -> Page:
        """The page by the spec and the findings alone; no file is hashed."""
        if self.spec.data is None or not self.project.findings_file.is_file():
            return "scan"
        try:
            self._open_review()
        except TunesmithError as error:
            self.show_problem(error)
            return "scan"
        review = self.query_one(ReviewPage)
        if review.store is None or not review.store.scanned():
            return "scan"
        return "proof" if self.status.state == "done" and not self._wants_review else "review"

    @work(exclusive=True, group="settle")
    async def _settle(self) -> None:
        """Ask the gate, which hashes the files where they changed, and show the page that follows from its answer."""
        spec = self.spec
        if spec.data is None:
            self._reason = ""
            self._show_page("scan")
            self._stand("Choose your data first: escape goes there.", "attention")
            return
        code = await self.ask_quietly(lambda: _gate_code(self, spec))
        if code is None or self.job_runs:
            return
        if code == "passed" and self.status.state == "stale":
            code = "step_stale"
        self._reason = _SCAN_REASONS.get(code, "")
        if code in ("never_scanned", "original_missing", *_SCAN_REASONS):
            self._show_page("scan")
            self._say_scan(code)
        elif code == "passed" and not self._wants_review:
            self._show_page("proof")
            self._stand("enter goes on with the redacted file.")
        else:
            self._show_page("review")
            self._stand(_COMMIT_REASONS.get(code, REVIEW_WORDS), "attention" if code in _COMMIT_REASONS else "quiet")

    async def ask_quietly(self, work: Callable[[], str]) -> str | None:
        """As `ask_engine`, but an error that is on the screen already stays there."""
        try:
            return await in_thread(self, work)
        except TunesmithError as error:
            if is_open(self):
                self.show_problem(error)
            return None

    def _say_scan(self, code: str) -> None:
        if code == "original_missing":
            path = self.spec.data.path if self.spec.data else ""
            self._stand(f"{path} is gone. Put it back, or choose the data again: escape goes there.", "danger")
        elif self._reason:
            self._stand(f"{self._reason} enter searches again, and keeps what you decided.", "attention")
        else:
            self._stand("enter begins. It is safe to leave while it runs. w adds your own words first.")

    def _show_page(self, page: Page) -> None:
        if page == "scan":
            self.query_one(ScanPage).show(self.spec, self._reason, self._rows())
        elif page == "proof" and not self._show_proof():
            page = "review"
        self.page = page
        for name in ("scan", "review", "work", "proof"):
            self.query_one(f"#{name}").display = name == page
        review = self.query_one(ReviewPage)
        if page == "review" and self.focused not in (review.values, review.places) and not self._searching:
            review.values.focus()
        elif page in ("work", "proof"):
            self.set_focus(None)
        self.refresh_bindings()

    @property
    def _searching(self) -> bool:
        return self.focused is not None and self.focused.id == "search"

    def _show_proof(self) -> bool:
        try:
            proof = read_proof(self.project, self.spec)
        except TunesmithError as error:
            self.show_problem(error)
            return False
        if proof is not None:
            self.query_one(ProofPage).show(proof)
        return proof is not None

    def _open_review(self) -> None:
        review = self.query_one(ReviewPage)
        review.open(self.project.findings_file)
        review.becomes = self._becomes

    def _becomes(self, row: ValueRow) -> str:
        """What a value becomes when the file is written; an example, since the whole file decides."""
        if self._preview is None or self._preview[0] != self.spec.redaction:
            self._preview = self.spec.redaction, Preview(self.spec)
        with FindingsStore(self.project.findings_file) as store:
            return self._preview[1].of(row.value, row.entity, store)

    def _rows(self) -> int | None:
        try:
            rows = read_json(self.project.check_file).get("rows")
        except TunesmithError:
            # Only a figure in a sentence; the data page shows what is wrong with that report.
            return None
        return rows if isinstance(rows, int) else None

    # -- jobs ---------------------------------------------------------------------------------------------------

    def job_changed(self, job: JobView) -> None:
        """A running job has the page."""
        if job.active:
            self._wants_words = False
            self.query_one(WorkPage).show(job)
            if self.page != "work":
                self._show_page("work")
                self.say("s stops it; it goes on from there next time.")

    def job_ended(self, job: JobView) -> None:
        """The page that follows is being found out already."""
        self.query_one(WorkPage).note = ""
        self._wants_review = False

    def job_refused(self, error: TunesmithError) -> None:
        """The page that asked is still in sight."""
        self.query_one(WorkPage).note = ""

    def past_job(self, job: JobView) -> None:
        """A job that failed earlier says so until it is done again."""
        if self.status.state != "done":
            self.show_past_problem(job)

    # -- what keys do -------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what the page in sight can do."""
        if action in _PAGES_OF and self.page not in _PAGES_OF[action]:
            return False
        if action == "review":
            return self.page == "proof" or (self.page == "scan" and self._can_review)
        if action == "scan":
            return self.spec.data is not None
        if action == "consent":
            return self.query_one(ProofPage).waits_for_consent
        return True

    @property
    def _can_review(self) -> bool:
        store = self.query_one(ReviewPage).store if self.is_mounted else None
        return store is not None and not self._reason and store.scanned()

    def action_scan(self) -> None:
        """Keep the creator's own words, then look."""
        if self._keep_known(self.query_one(ScanPage).typed):
            self.start_job("scan")

    def action_commit(self) -> None:
        """Write the redacted file; what nobody looked at stays hidden."""
        try:
            undecided = self.query_one(ReviewPage).undecided
        except TunesmithError as error:
            self.show_problem(error)
            return
        note = "You looked at every value."
        if undecided:
            stays = (
                "1 value you did not look at stays"
                if undecided == 1
                else f"{undecided:,} values you did not look at stay"
            )
            note = f"{stays} hidden."
        self.query_one(WorkPage).note = note
        self.start_job("redact")

    def action_go_back(self) -> None:
        """To the step before; first out of the field, the search or the own words, so that nobody is sent too far."""
        if isinstance(self.focused, KnownField):
            self.set_focus(None)
        elif self._wants_words and self.page == "scan" and self._can_review:
            self.action_review()
        elif self.page == "review" and (self.review.values.let_go() or self.review.end_search()):
            self.say(REVIEW_WORDS)
        else:
            super().action_go_back()

    def action_review(self) -> None:
        """Back to the values."""
        self._wants_review, self._wants_words = True, False
        self._show_page("review")
        self._stand(REVIEW_WORDS)

    def action_known(self) -> None:
        """To the field for the creator's own words."""
        if self.page != "scan":
            self._reason, self._wants_words = "", True
            self._show_page("scan")
            self.say("enter keeps your words, enter again searches with them. esc twice: back.")
        self.query_one("#known").focus()

    @on(ScanPage.Known)
    def _known_typed(self, message: ScanPage.Known) -> None:
        message.stop()
        self._keep_known(message.values)

    def _keep_known(self, values: list[str]) -> bool:
        """Write the creator's own words to the project; False after an error was shown."""
        if values == self.spec.redaction.known_values:
            return True
        try:
            self.spec = self.project.update(lambda spec: _with_known(spec, values))
        except TunesmithError as error:
            self.show_problem(error)
            return False
        words = "1 word of yours is" if len(values) == 1 else f"{len(values)} words of yours are"
        self.say(
            f"Kept: {words} looked for. enter begins." if values else "Kept: no words of your own. enter begins.",
            "good",
        )
        return True


def _gate_code(screen: PrivacyScreen, spec: ProjectSpec) -> str:
    """`passed`, or the code with which the gate refuses."""
    try:
        check_privacy(screen.project, spec)
    except PrivacyRefusedError as error:
        return error.error_code
    return "passed"


def _with_known(spec: ProjectSpec, values: list[str]) -> ProjectSpec:
    redaction = spec.redaction.model_copy(update={"known_values": values})
    return spec.model_copy(update={"redaction": redaction})
