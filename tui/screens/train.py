"""Step 6: watch the training job. It only reads; the job does not know whether anybody looks.

The picture is drawn once a second from the job's events and the last readings of the hardware, and only what
changed is sent to the terminal.
"""

from __future__ import annotations

import asyncio
import time

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from engine.actions import before_training
from engine.errors import TunesmithError
from engine.hardware.host import HostSampler
from engine.hardware.nvml import NvmlSampler
from engine.jobs.state import JobState, JobView
from engine.project import Project
from tui.charset import glyphs
from tui.history import Past, Points, best_of, read_past, resumed_from, run_of
from tui.screens.ask import ChooseScreen
from tui.screens.base import StepScreen, died_error
from tui.training import (
    clock,
    facts_line,
    failure_of,
    legend_line,
    outcome_lines,
    share_done,
    speaking_words,
    state_line,
    warning_line,
)
from tui.widgets.chart import LossChart
from tui.widgets.curve import Curve
from tui.widgets.hardware import learning_lines, panel_lines
from tui.widgets.lines import Lines
from tui.widgets.logview import LINES, LogView
from tui.widgets.progress import bar
from tui.widgets.text import styled

_DRAW_SECONDS = 1.0
_ENDED: tuple[JobState, ...] = ("stopped", "failed", "died")


class TrainScreen(StepScreen):
    """The live dashboard of a training run, and what came out of it."""

    NAME = "train"
    STEP_NAME = "train"
    JOB_KINDS = ("train",)
    SHOWS_PROGRESS = False
    CSS_PATH = "train.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 Textual's own convention
    HELP = """
    Here the model learns. The job runs by itself: you can close this window, lose the line or switch your computer
    off (not the one it runs on), and see it again later with `tunesmith`.

    The line is the training loss, how surprised the model is by the answers it learns from; the o marks are the
    holdout, rows it never trains on. Both should fall. When the holdout rises while the line falls, it memorises:
    stop it, or use fewer epochs. A mark at the top or bottom edge is a value that is no number or off the scale.

    On the right is the machine. The mark in the memory bar stands at 90 %; beyond it a run can fail at any moment.
    Ours is what this job holds.

    S ends it after the present step and saves a checkpoint; r goes on from there another time.
    """

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._gpus = NvmlSampler()
        self._host = HostSampler(project.root)
        self._past = Past()
        self._past_key: tuple[object, ...] = ()
        self._curve = Curve()
        self._drawn_points = 0
        self._paused_at = ""
        self._stopping = False
        self._shown: JobView | None = None
        self._seen: tuple[str, JobState] | None = None
        self._holdout: Points = ()

    def body(self) -> ComposeResult:
        """State, bar, curves beside the hardware, facts, last warning, outcome; the log on a page of its own."""
        with Vertical(id="watch"):
            yield Lines(id="state")
            yield Lines(id="bar")
            with Horizontal(id="middle"):
                with Vertical(id="curves"):
                    yield Lines(id="legend")
                    yield LossChart(id="chart")
                yield Lines(id="panel")
            yield Lines(id="notes")
            yield Lines(id="facts")
            yield Lines(id="warning")
            yield Lines(id="outcome")
        yield LogView(id="log")

    def on_mount(self) -> None:
        """Start the samplers and the clock of the picture."""
        self._gpus.start()
        self._host.start()
        self.set_interval(_DRAW_SECONDS, self._tick)

    def on_unmount(self) -> None:
        """Let the samplers go without waiting for a driver that hangs."""
        self._gpus.close(0.0)
        self._host.close(0.0)

    def on_resize(self) -> None:
        """Everything is drawn for the new size, even while the picture is paused."""
        self.call_after_refresh(self._draw)

    # -- the job ------------------------------------------------------------------------------------------------

    def watch_job(self, job: JobView | None) -> None:
        """The keys depend on the state only; the picture has its own clock."""
        if job is not None and (job.record.id, job.state) != self._seen:
            self.refresh_bindings()

    def job_changed(self, job: JobView) -> None:
        """Take note; draw at once when the state is another one, else with the next tick."""
        self._gpus.watch(job.record.pid)
        self._stopping = job.active and (self._stopping or job.folder.stop_file.exists())
        if not job.active:
            self._paused_at = ""
        self._follow_run(job)
        if (job.record.id, job.state) != self._seen:
            self._seen = job.record.id, job.state
            self._speak()
            self._tick()

    def job_ended(self, job: JobView) -> None:
        """Say what came of it."""
        self._speak()
        self._tick()

    def past_job(self, job: JobView) -> None:
        """Show a run that ended before, as if somebody had watched it."""
        self.job = job
        self.job_changed(job)
        if end := failure_of(job):
            self.show_problem(TunesmithError(end.title, end.what, end.hint, code=end.code))
        elif job.state == "died":
            self.show_problem(died_error(job))

    def job_refused(self, error: TunesmithError) -> None:
        """Back to what was there."""
        self._speak()

    def spec_changed(self) -> None:
        """The speaking line belongs to the job, not to the spec."""
        self._speak()

    def _speak(self) -> None:
        words, tone = speaking_words(self.job, stopping=self._stopping, paused_at=self._paused_at)
        if self.status.state == "stale" and not self.job_runs:
            words, tone = f"{self.status.reason.capitalize()} since this run. enter trains again.", "attention"
        self.say(words, tone)

    def _follow_run(self, job: JobView) -> None:
        """Read what earlier jobs of the same run did, once it is known which run that is."""
        key = (job.record.id, run_of(job.record, self.spec.run), resumed_from(job.record))
        if key != self._past_key:
            self._past_key = key
            self.run_worker(self._read_past(job), group="past", exclusive=True)

    async def _read_past(self, job: JobView) -> None:
        self._past = await asyncio.to_thread(read_past, self.project.root, job.record, self.spec.run)
        self._curve = Curve(self._past.losses)
        self._drawn_points = 0
        self._tick()

    # -- the picture --------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        """Once a second: the job as it is now, unless the picture is paused."""
        if not self._paused_at:
            self._shown = self.job
            self._draw()
        if self.has_class("-log"):
            self._read_log()

    def _draw(self) -> None:
        """Put the job on the screen; widgets send only what is different."""
        if not self.is_mounted or self.has_class("-log"):
            return
        chosen, now, job = glyphs(self), time.time(), self._shown
        self._draw_panel()
        if job is None:
            self._line("state", styled(f"{chosen.todo} not started", "$muted"))
            return
        losses, self._holdout = self._points(job)
        checkpoint = job.snapshot.checkpoint.step if job.snapshot.checkpoint else self._past.checkpoint
        self._line("state", state_line(job, now, chosen, stopping=self._stopping))
        self._line("bar", styled(bar(share_done(job), self._width("bar"), chosen), "$accent"))
        self._line("legend", legend_line(losses, self._holdout, self._width("legend"), chosen))
        self._line("facts", facts_line(job, checkpoint, self._width("facts"), chosen))
        self._line("warning", warning_line(job, now, self._width("warning"), chosen))
        self.query_one("#outcome", Lines).show(outcome_lines(job, checkpoint, self.project.root, chosen))
        best, step = best_of(self._holdout), job.snapshot.step
        chart = self.query_one(LossChart)
        chart.show(self._curve, self._holdout, best_step=best[0] if best else None, total=step.steps if step else None)

    def on_loss_chart_redrawn(self, message: LossChart.Redrawn) -> None:
        """Say in words what the chart marks at its edges."""
        chosen = glyphs(self)
        notes = [styled(f"{chosen.bad} {note}", "$error") for note in self.query_one(LossChart).picture.notes]
        self.query_one("#notes", Lines).show([Content("  ").join(notes)] if notes else [])

    def _points(self, job: JobView) -> tuple[Points, Points]:
        """Both curves of the whole run; the training curve takes in only what is new."""
        own = job.snapshot.losses
        if len(own) < self._drawn_points:
            self._curve, self._drawn_points = Curve(self._past.losses), 0
        self._curve.extend(own[self._drawn_points :])
        self._drawn_points = len(own)
        holdout = {**dict(self._past.holdout), **dict(job.snapshot.holdout)}
        return own or self._past.losses, tuple(sorted(holdout.items()))

    def _draw_panel(self) -> None:
        panel, chosen, job = self.query_one("#panel", Lines), glyphs(self), self._shown
        width, height = panel.size
        preflight = job.snapshot.preflight if job else None
        memory = job.snapshot.memory if job and job.active else None
        lines = panel_lines(
            self._gpus.latest(),
            self._gpus.why_not,
            self._host.latest(),
            max(1, width - 2),
            height,
            chosen,
            job_bytes=memory.rss_bytes if memory else None,
            on_cpu=preflight is None or preflight.device == "cpu",
        )
        more = learning_lines(preflight, max(1, width - 2), chosen)
        if more and len(lines) + len(more) < height:
            lines = [*lines, Content(""), *more]
        edge = styled(f"{chosen.column} ", "$rule")
        panel.show([edge + line for line in [*lines, *[Content("")] * (height - len(lines))]])

    def _line(self, name: str, content: Content) -> None:
        self.query_one(f"#{name}", Lines).show([content])

    def _width(self, name: str) -> int:
        return self.query_one(f"#{name}", Lines).size.width

    @work(group="log", exclusive=True)
    async def _read_log(self) -> None:
        if self.job is None:
            return
        folder = self.job.folder
        tail = await asyncio.to_thread(folder.log_tail, LINES)
        if self.is_mounted and self.job is not None:
            self.query_one(LogView).show(self.job.snapshot.warnings, tail, str(folder.log_file))

    # -- keys ---------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Which keys mean something now."""
        state = self.job.state if self.job else None
        runs = self.job_runs
        possible = {
            "toggle_log": state is not None,
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
        if state == "finished" and self.status.state != "stale":
            self.go_on()
        elif state in _ENDED and self._can_resume() and self.status.state != "stale":
            self.action_resume()
        else:
            self.action_train_again()

    def action_toggle_log(self) -> None:
        """Between the picture and the log."""
        self.toggle_class("-log")
        if self.has_class("-log"):
            self.query_one(LogView).focus()
            self._read_log()
        else:
            self.set_focus(None)
            self.call_after_refresh(self._draw)

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
                [("stay", "Go on training", "nothing happens"), ("stop", "Stop and save", "r goes on another time")],
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
            self._stopping = False
            self.start_job("train", {"resume": True})
