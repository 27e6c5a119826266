"""The screen of a step: it has a project, knows where it stands, and starts and follows jobs.

How to add a screen
-------------------
1. Add its rows to the table in `tui/commands.py` under its name: keys, action, label, tooltip. `enter` should take
   the safe default and go on. Keys of every step (escape, [ ], !, F2, F3, q, ?) are there already.
2. Write `tui/screens/NAME.py`::

       class PreviewScreen(StepScreen):
           NAME = "preview"                 # its name in the table of commands
           STEP_NAME = "preview"            # its step in engine.steps
           JOB_KINDS = ("preview",)         # a running job of these kinds is found again when the screen opens
           HELP = "What this page is for, in the user's words."
           CSS_PATH = "preview.tcss"

           def body(self) -> ComposeResult: ...          # widgets; use tui.widgets.rows.RowList for lists
           def spec_changed(self) -> None: ...           # self.spec is fresh: put it on the screen
           def job_changed(self, job: JobView) -> None: ...   # twice a second while something is new
           def job_ended(self, job: JobView) -> None: ...     # once, after spec_changed
           def action_go_on(self) -> None: ...           # what enter does; end with self.go_on()

3. `tui/app.py` knows the eight steps by name already (`PLACES`).

What you have
-------------
`self.project`, `self.spec`     the project and its spec; `refresh_spec()` reads it again (done on opening, on coming
                                back and when a job ended). Never keep a spec across an `await`.
`await self.ask_engine(work)`   runs `work()` in a thread, shows a TunesmithError in place and returns None then.
                                Use it for engine.actions; call it from a method decorated with `@work`.
`self.statuses`, `self.status`  the steps and this one, with the data stale where its file was changed meanwhile.
`await in_thread(self, work)`   the same without the catching (tui.threads); ends the worker if the page is closed.
`self.start_job(kind, spec)`    launches a job and follows it; `self.job` is the latest `JobView` (frozen) or None.
`self.stop_job()`               asks it to stop (it saves what it has).
`self.say(words, tone)`         the line that speaks: quiet, good, attention, danger.
`self.show_problem(error)`      title, what and hint in place, above the line that speaks.
`self.go_on()`, `go_back()`, `go_to(place)`; `self.wizard` is the app; `glyphs(self)` the charset.
A two-line progress bar appears by itself while a job runs (`SHOWS_PROGRESS = False` if the screen draws its own).
Text that people typed goes into `Content(...)`, `styled(...)` or `fit(...)`, never into markup.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.reactive import reactive
from textual.worker import Worker

from engine.errors import JobFailedError, TunesmithError
from engine.jobs.control import request_stop
from engine.jobs.events import FailedEvent
from engine.jobs.folder import JobFolder
from engine.jobs.launch import launch
from engine.jobs.state import JobView
from engine.project import Project
from engine.spec import STEPS, ProjectSpec, StepName
from engine.steps import TITLES, StepStatus, step_statuses
from tui.charset import glyphs
from tui.clipboard import Copyable
from tui.copyable import of_project
from tui.jobs import JobFollower, latest_job
from tui.key_hints import with_keys
from tui.on_disk import QUICK, file_reason, with_file
from tui.screens.frame import FrameScreen, Rule, SpeakLine, TopLine
from tui.threads import in_thread
from tui.widgets.progress import JobProgress
from tui.widgets.stepper import Stepper, step_words

_POLL_SECONDS = 0.5
STARTING = "Starting."
"""What the line that speaks says until a job is seen."""


class StepScreen(FrameScreen):
    """One step of the way. See the module's docstring for how to write one."""

    STEP_NAME: ClassVar[StepName]
    JOB_KINDS: ClassVar[tuple[str, ...]] = ()
    SHOWS_PROGRESS: ClassVar[bool] = True
    IS_STEP: ClassVar[bool] = True

    job: reactive[JobView | None] = reactive(None, init=False, always_update=True, repaint=False)
    """The job this screen follows, as it was at the last look."""

    def __init__(self, project: Project) -> None:
        super().__init__()
        self.project = project
        self.spec: ProjectSpec = project.load()
        self._file_reason = ""
        """Why the data's file is not the one that was read; empty where it is."""

    def way(self) -> ComposeResult:
        """The stepper."""
        yield Stepper()

    def below(self) -> ComposeResult:
        """The progress of the job."""
        if self.SHOWS_PROGRESS:
            yield JobProgress()

    def on_mount(self) -> None:
        """Show the project and find a running job again."""
        self.query_one(TopLine).project = self.spec.name
        self._show_spec()
        self.run_worker(self._open_up(), group="job", exclusive=True)
        self.run_worker(self._look_at_file(), group="file", exclusive=True)

    def on_screen_resume(self) -> None:
        """Another program may have written the project meanwhile."""
        if self.is_mounted and self.may_be_stale():
            self.refresh_spec()
            self.run_worker(self._look_at_file(), group="file", exclusive=True)

    def may_be_stale(self) -> bool:
        """Whether what is shown may be out of date after another page was open over this one; pages may know better."""
        return True

    # -- where we stand -----------------------------------------------------------------------------------------

    @property
    def statuses(self) -> list[StepStatus]:
        """The state of each step."""
        return with_file(step_statuses(self.spec), self._file_reason)

    @property
    def status(self) -> StepStatus:
        """The state of this step."""
        return next(status for status in self.statuses if status.step == self.STEP_NAME)

    async def _open_up(self) -> None:
        """First whether the data is what it was, for a page may decide by it what to do; then the job of this page.

        A file that takes long to read is looked at beside this: a running job is not kept waiting for it.
        """
        if await self._file_became_other(QUICK):
            self._show_spec()
        if self.JOB_KINDS:
            await self._find_job()

    async def _look_at_file(self) -> None:
        """Show it where the data's file became another one."""
        if await self._file_became_other():
            self._show_spec()

    async def _read_anew(self) -> None:
        """The spec that a job left, and whether the file is the one it read; pages show it when the job has ended."""
        try:
            self.spec = await in_thread(self, self.project.load)
        except TunesmithError as error:
            self.show_problem(error)
            return
        await self._file_became_other(QUICK)

    async def _file_became_other(self, at_most: int | None = None) -> bool:
        """Whether what is known of the file changed; one that is too large for now leaves it as it was."""
        reason = await in_thread(self, file_reason, self.project, self.spec, at_most)
        before, self._file_reason = self._file_reason, self._file_reason if reason is None else reason
        return self._file_reason != before

    def refresh_spec(self) -> None:
        """Read the spec again and show it; where it cannot be read, the error is shown and the old one stays."""
        try:
            self.spec = self.project.load()
        except TunesmithError as error:
            self.show_problem(error)
            return
        self._show_spec()

    def _show_spec(self) -> None:
        statuses = self.statuses
        self.query_one(Stepper).set_steps(statuses, self.STEP_NAME)
        self._show_stale(statuses)
        self._say_standing()
        self.spec_changed()

    def _say_standing(self) -> None:
        if self.status.state == "stale":
            self.say(self.stale_words(self.status.reason), "attention")
        else:
            self.say(self.words())

    def _show_stale(self, statuses: Sequence[StepStatus]) -> None:
        """Why the first stale step is stale, and what leads there; it stays while other words come and go."""
        mending = self.STEP_NAME if self.job_runs else None
        stale = [status for status in statuses if status.state == "stale" and status.step != mending]
        self.query_one("#under-way", Rule).title = self._stale_words(stale) if stale else ""

    def _stale_words(self, stale: Sequence[StepStatus]) -> str:
        first, more = stale[0], f", {len(stale) - 1} more" if len(stale) > 1 else ""
        why = f"{glyphs(self).stale} {TITLES[first.step]}{more}: {first.reason}"
        return why if first.step == self.NAME else f"{why}. Press ! to go there"

    def spec_changed(self) -> None:
        """`self.spec` is fresh: put it on the screen."""

    def words(self) -> str:
        """What the speaking line says when nothing else is to be said."""
        return ""

    def stale_words(self, reason: str) -> str:
        """What the speaking line says when this step is stale."""
        return f"Needs another look: {reason} since. enter does this step again."

    def copyable(self) -> list[Copyable]:
        """The error, where things lie, and the command that does this step without the wizard."""
        return [*super().copyable(), *of_project(self.project, self.spec, self.STEP_NAME)]

    # -- the way ------------------------------------------------------------------------------------------------

    def reachable(self, step: StepName) -> bool:
        """Whether a step can be opened: all steps before it were taken once."""
        statuses = {status.step: status.state for status in self.statuses}
        return all(statuses[before] != "todo" for before in STEPS[: STEPS.index(step)])

    def go_to(self, place: str) -> None:
        """Open another page of this project: a step, or `confirm`; where that cannot be, the error is shown."""
        try:
            self.wizard.open_place(self.project, place)
        except TunesmithError as error:
            self.show_problem(error)

    def go_on(self) -> None:
        """To the next step; the speaking line says why when it cannot be opened yet."""
        index = STEPS.index(self.STEP_NAME) + 1
        if index < len(STEPS):
            self._go_if_reachable(STEPS[index])
        else:
            self.wizard.go_home()

    def go_back(self) -> None:
        """To the step before; from the first one, home."""
        index = STEPS.index(self.STEP_NAME)
        if index:
            self.go_to(STEPS[index - 1])
        else:
            self.wizard.go_home()

    def _go_if_reachable(self, step: StepName) -> None:
        self.refresh_spec()
        if self.reachable(step):
            self.go_to(step)
        else:
            missing = next(status for status in self.statuses if status.state == "todo")
            self.say(f"{TITLES[missing.step]} comes first.", "attention")

    def action_go_on(self) -> object:
        """What enter does. Screens that have something to decide replace it; a worker may do it."""
        self.go_on()
        return None

    def action_go_back(self) -> None:
        """What escape does."""
        self.go_back()

    def action_previous_step(self) -> None:
        """The step to the left."""
        if STEPS.index(self.STEP_NAME):
            self.go_back()

    def action_next_step(self) -> None:
        """The step to the right."""
        index = STEPS.index(self.STEP_NAME) + 1
        if index < len(STEPS):
            self._go_if_reachable(STEPS[index])

    def action_go_stale(self) -> None:
        """The first step that needs another look."""
        self.refresh_spec()
        stale = next((status.step for status in self.statuses if status.state == "stale"), None)
        if stale is None:
            self.say("No step needs another look.")
        elif stale != self.NAME:
            self.go_to(stale)

    @work(exclusive=True, group="where")
    async def action_where_to(self) -> None:
        """All steps and where each stands; the one that is taken is opened."""
        from tui.screens.ask import ChooseScreen

        self.refresh_spec()
        statuses = self.statuses
        missing = next((status.step for status in statuses if status.state == "todo"), None)
        choices = [(str(one.step), *step_words(one, missing, glyphs(self))) for one in statuses]
        meaning = "Nothing is lost by going back."
        step = await self.app.push_screen_wait(ChooseScreen("Where to?", meaning, choices, self.STEP_NAME, "Go there"))
        if step is not None and step != self.NAME:
            self._go_if_reachable(cast("StepName", step))

    @on(Stepper.Chosen)
    def _step_clicked(self, message: Stepper.Chosen) -> None:
        message.stop()
        if message.step != self.NAME:
            self._go_if_reachable(message.step)

    # -- jobs ---------------------------------------------------------------------------------------------------

    def start_job(self, kind: str, spec: dict[str, Any] | None = None, *, force: bool = False) -> Worker[None]:
        """Launch a job of this project and follow it. Errors are shown in place."""
        self.show_problem(None)
        return self.run_worker(self._launch(kind, spec or {}, force), group="job", exclusive=True)

    def follow_job(self, folder: JobFolder) -> Worker[None]:
        """Follow a job that was started elsewhere."""
        return self.run_worker(self._follow(folder), group="job", exclusive=True)

    def stop_job(self) -> None:
        """Ask the followed job to stop; it saves what it has first."""
        if self.job is not None and self.job.active:
            self.say("Asked to stop; it saves what it has first.")
            self.run_worker(asyncio.to_thread(request_stop, self.job.folder, "you"), group="stop")

    def action_stop_job(self) -> None:
        """The same, as a command; screens that offer it have a row for it in the table."""
        self.stop_job()

    @property
    def job_runs(self) -> bool:
        """Whether the followed job is active."""
        return self.job is not None and self.job.active

    async def _launch(self, kind: str, spec: dict[str, Any], force: bool) -> None:
        self.say(STARTING)
        try:
            folder = await in_thread(self, launch, self.project.root, kind, spec, force=force)
        except TunesmithError as error:
            self.say(self.words())
            self.show_problem(error)
            self.job_refused(error)
            return
        await self._follow(folder)

    async def _find_job(self) -> None:
        folder = await in_thread(self, latest_job, self.project.root, self.JOB_KINDS)
        if folder is None:
            self.no_job()
            return
        job = await in_thread(self, JobFollower(folder).look)
        if job.active:
            await self._follow(folder)
        else:
            self.past_job(job)

    async def _follow(self, folder: JobFolder) -> None:
        follower = JobFollower(folder)
        while True:
            try:
                job = await in_thread(self, follower.look)
            except TunesmithError as error:
                self.show_problem(error)
                return
            if job is not self.job:
                began = job.active and not self.job_runs
                self.job = job
                if began:
                    self._show_stale(self.statuses)
                self.job_changed(job)
                if job.active and self.query_one(SpeakLine).words == STARTING:
                    self.say("It is safe to leave: the work goes on, tunesmith shows it again.")
            if not job.active:
                await self._read_anew()
                self._ended(job)
                return
            await asyncio.sleep(_POLL_SECONDS)

    def watch_job(self, job: JobView | None) -> None:
        """Hand the picture to the progress bar."""
        for progress in self.query(JobProgress):
            progress.job = job
        self.refresh_bindings()

    def show_problem(self, error: TunesmithError | None) -> None:
        """Show an error in place, with the keys that mend it where another page does; None takes it away."""
        super().show_problem(None if error is None else with_keys(error, self.NAME))

    def show_past_problem(self, job: JobView) -> None:
        """Show how a job failed or died; nothing when it did neither, or when the project was changed since it failed.

        What failed may be mended then: doing the step again tells.
        """
        if job.state == "failed" and isinstance(job.snapshot.end, FailedEvent):
            if self._changed_after(job):
                return
            end = job.snapshot.end
            self.show_problem(TunesmithError(end.title, end.what, end.hint, code=end.code))
        elif job.state == "died":
            self.show_problem(died_error(job))

    def _changed_after(self, job: JobView) -> bool:
        """Whether something was decided after a job ended."""
        try:
            return self.project.file.stat().st_mtime > (job.snapshot.last_seen or job.record.created)
        except OSError:
            # Gone: whoever reads it next says so.
            return False

    def _ended(self, job: JobView) -> None:
        self.refresh_spec()
        self.show_past_problem(job)
        if job.state == "stopped":
            self.say("Stopped, as you asked. What it had is saved.", "attention")
        self.job_ended(job)

    def job_changed(self, job: JobView) -> None:
        """The job has news. `self.job` is the same picture."""

    def job_ended(self, job: JobView) -> None:
        """The job is over; the spec is fresh and an error is on the screen already."""

    def job_refused(self, error: TunesmithError) -> None:
        """The job could not be started; the error is on the screen already."""

    def past_job(self, job: JobView) -> None:
        """On opening: the newest job of these kinds ended earlier."""

    def no_job(self) -> None:
        """On opening: there never was a job of these kinds."""


def died_error(job: JobView) -> JobFailedError:
    """The message for a job whose process is gone without a word, with the tail of its log."""
    tail = "\n".join(job.folder.log_tail(3))
    return JobFailedError(
        "The job died without a word.",
        tail or "Its log is empty: it was killed, or the machine went down.",
        f"What was saved before is still there. The whole log: {job.folder.log_file}",
        code="died",
    )
