"""The keys of the training page, and the pages beside its picture: log, samples, health.

Apart from the picture so that each can be read alone; `tui.screens.train` is the page.
"""

from __future__ import annotations

import time

from textual import work

from engine.begin import before_training
from engine.jobs.history import Past, Points
from engine.jobs.state import JobState
from engine.project import Project
from tui.charset import glyphs
from tui.screens.ask import ChooseScreen
from tui.screens.base import StepScreen
from tui.screens.train_ask import ask_promote, ask_remedy, ask_rollback
from tui.threads import in_thread
from tui.training import clock
from tui.training_pages import health_lines, remedies_of, sample_lines
from tui.widgets.logview import LINES, LogView, PageView

_ENDED: tuple[JobState, ...] = ("stopped", "failed", "died")
_PAGES = ("log", "samples", "health")


class TrainKeys(StepScreen):
    """What can be done on the training page. The picture is that of the subclass."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._past = Past()
        self._holdout: Points = ()
        self._paused_at = ""
        self._rolled_back: int | None = None
        """The step of the checkpoint whose adapter was made the result: enter measures it, g goes on from there."""
        self._stopping = False
        self._page = ""
        """Which page stands in place of the picture; empty: none."""

    def _draw(self) -> None:
        """Put the job on the screen."""

    def _tick(self) -> None:
        """The job as it is now."""

    def _speak(self) -> None:
        """The line that speaks."""

    # -- the pages beside it ------------------------------------------------------------------------------------

    def _open_page(self, page: str) -> None:
        """Show a page, or the picture where the page is shown already."""
        page = "" if page == self._page else page
        self.remove_class(*(f"-{name}" for name in _PAGES))
        self._page = page
        if page:
            self.add_class(f"-{page}")
            self.query_one(f"#{page}").focus()
            self._draw_page()
        else:
            self.set_focus(None)
            self.call_after_refresh(self._draw)
        self._speak()
        self.refresh_bindings()

    def _draw_page(self) -> None:
        if self._page == "log":
            self._read_log()
        elif self.job is not None and self._page:
            snapshot, chosen, page = self.job.snapshot, glyphs(self), self.query_one(f"#{self._page}", PageView)
            width = max(40, self.size.width - 3)
            if self._page == "samples":
                page.show((len(snapshot.samples), width), lambda: sample_lines(snapshot.samples, width, chosen))
            else:
                key = (len(snapshot.alerts), snapshot.spent, width, self.job.active)
                currency = self.spec.budget.currency
                page.show(
                    key,
                    lambda: health_lines(
                        snapshot.alerts, snapshot.spent, currency, width, chosen, runs=self._can_help()
                    ),
                )

    @work(group="log", exclusive=True)
    async def _read_log(self) -> None:
        if self.job is None:
            return
        folder = self.job.folder
        tail = await in_thread(self, folder.log_tail, LINES)
        if self.job is not None:
            self.query_one(LogView).show(self.job.snapshot.warnings, tail, str(folder.log_file))

    # -- keys ---------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Which keys mean something now."""
        state = self.job.state if self.job else None
        runs = self.job_runs
        possible = {
            "toggle_log": state is not None,
            "show_samples": state is not None,
            "show_health": state is not None,
            "show_runs": state is not None,
            "help_it": self._can_help(),
            "roll_back": not runs and self._can_resume(),
            "promote": not runs and self._can_resume() and self.spec.recipe.max_steps is not None,
            "toggle_pause": runs,
            "ask_stop": runs,
            "leave": runs,
            "resume": state in _ENDED and self._can_resume(),
            "train_again": not runs and state is not None,
            "go_on": not runs,
        }
        return possible.get(action, True)

    def _can_resume(self) -> bool:
        return self.job is not None and bool(self.job.snapshot.checkpoint or self._past.checkpoint)

    def action_go_on(self) -> None:
        """The default of each state: measure, go on, or start."""
        state = self.job.state if self.job else None
        if (state == "finished" or self._rolled_back) and self.status.state != "stale":
            self.go_on()
        elif state in _ENDED and self._can_resume() and self.status.state != "stale":
            self.action_resume()
        else:
            self.action_train_again()

    def _can_help(self) -> bool:
        """Whether an alert has a remedy: while it runs, or where it ended badly."""
        job = self.job
        return job is not None and (job.active or job.state in _ENDED) and bool(remedies_of(job.snapshot.alerts))

    def action_toggle_log(self) -> None:
        """Between the picture and the log."""
        self._open_page("log")

    def action_show_samples(self) -> None:
        """The same prompts, answered as it learns."""
        self._open_page("samples")

    def action_show_health(self) -> None:
        """All that the rules saw."""
        self._open_page("health")

    def action_show_runs(self) -> None:
        """The runs of this project, compared."""
        from tui.screens.runs import RunsScreen

        self.app.push_screen(RunsScreen(self.project))

    def action_go_back(self) -> None:
        """From a page to the picture; from there to the step before."""
        if self._page:
            self._open_page(self._page)
        else:
            self.go_back()

    @work(group="remedy", exclusive=True)
    async def action_help_it(self) -> None:
        """Do what one of the alerts advises, after a question."""
        assert self.job is not None
        done = await ask_remedy(self, remedies_of(self.job.snapshot.alerts))
        self.refresh_spec()
        if done is not None:
            if done.job is not None:
                self._stopping = False
                self.follow_job(done.job)
            self.say(done.words, "good")

    @work(group="remedy", exclusive=True)
    async def action_roll_back(self) -> None:
        """Make an earlier checkpoint the result, after a question."""
        step = await ask_rollback(self, self._past, dict(self._holdout))
        if step is not None:
            self._rolled_back = step
            self.refresh_spec()
            self.say(f"The adapter is that of step {step:,} now. enter measures it.", "good")
            self._draw()

    @work(group="remedy", exclusive=True)
    async def action_promote(self) -> None:
        """Let a short run go on as the full one, after a question."""
        job = await ask_promote(self)
        self.refresh_spec()
        if job is not None:
            self._stopping = False
            self.follow_job(job)

    def action_toggle_pause(self) -> None:
        """Freeze the picture or let it go on."""
        self._paused_at = "" if self._paused_at else clock(time.time(), time.time())
        self._speak()
        self._tick() if not self._paused_at else self._draw()

    @work(group="stop")
    async def action_ask_stop(self) -> None:
        """Stop and save, after a question."""
        choice = await self.app.push_screen_wait(
            ChooseScreen(
                "Stop training and save?",
                "The checkpoint it saves is where it goes on later.",
                [("stay", "Go on training", "nothing happens"), ("stop", "Stop and save", "g goes on another time")],
            )
        )
        if choice == "stop" and self.job_runs:
            self._stopping = True
            self.stop_job()
            self._speak()
            self._draw()

    def action_leave(self) -> None:
        """Home; the job goes on."""
        self.wizard.go_home()

    def action_train_again(self) -> None:
        """To the page that confirms everything; it starts the job."""
        self.go_to("confirm")

    @work(group="resume", exclusive=True)
    async def action_resume(self) -> None:
        """Go on from the last checkpoint."""
        project, spec = self.project, self.project.load()

        def check() -> bool:
            before_training(project, spec)
            return True

        if await self.ask_engine(check):
            self._rolled_back = None
            self._stopping = False
            self.start_job("train", {"resume": True})
