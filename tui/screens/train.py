"""Step 6: watch the training job. It only reads; the job does not know whether anybody looks.

The picture is drawn once a second from the job's events and the last readings of the hardware, and only what
changed is sent to the terminal.
"""

from __future__ import annotations

import time

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from engine.errors import TunesmithError
from engine.hardware.host import HostSampler
from engine.hardware.nvml import NvmlSampler
from engine.jobs.history import Points, best_of, read_past, resumed_from, run_of
from engine.jobs.state import JobState, JobView
from engine.project import Project
from engine.runs import rolled_back_to
from tui.charset import glyphs
from tui.screens.base import died_error
from tui.screens.train_keys import TrainKeys
from tui.threads import in_thread, is_open
from tui.training import (
    facts_line,
    failure_of,
    legend_line,
    outcome_lines,
    share_done,
    speaking_words,
    state_line,
    warning_lines,
)
from tui.widgets.chart import LossChart
from tui.widgets.curve import Curve
from tui.widgets.hardware import learning_lines, panel_lines
from tui.widgets.lines import Lines
from tui.widgets.logview import LogView, PageView
from tui.widgets.progress import bar
from tui.widgets.text import styled

_DRAW_SECONDS = 1.0


class TrainScreen(TrainKeys):
    """The live dashboard of a training run, and what came out of it."""

    NAME = "train"
    STEP_NAME = "train"
    TERMS = ("loss", "holdout", "step", "epoch", "learning rate", "gradient", "token", "checkpoint")
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

    S ends it after the present step and saves a checkpoint; g goes on from there another time. b makes an earlier
    checkpoint the result. A short run (quick check) becomes the full one with P, without starting again.

    Rules watch the run. What they see stands below the curve; h shows all of it, what it usually means and what to do,
    and f does it. s shows the same prompts answered as it learns, r compares the runs of this project.
    """

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._gpus = NvmlSampler()
        self._host = HostSampler(project.root)
        self._past_key: tuple[object, ...] = ()
        self._curve = Curve()
        self._drawn_points = 0
        self._shown: JobView | None = None
        self._seen: tuple[str, JobState] | None = None

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
        yield PageView(id="samples")
        yield PageView(id="health")

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
        if self._page:
            words, tone = f"esc goes back to the picture{'; the job goes on' if self.job_runs else ''}.", "quiet"
        self.say(words, tone)

    def _follow_run(self, job: JobView) -> None:
        """Read what earlier jobs of the same run did, once it is known which run that is."""
        key = (job.record.id, run_of(job.record, self.spec.run), resumed_from(job.record))
        if key != self._past_key:
            self._past_key = key
            self.run_worker(self._read_past(job), group="past", exclusive=True)

    async def _read_past(self, job: JobView) -> None:
        past = await in_thread(self, read_past, self.project.root, job.record, self.spec.run)
        if past.losses != self._past.losses:
            self._curve, self._drawn_points = Curve(past.losses), 0
        self._past = past
        if run := run_of(job.record, self.spec.run):
            self._rolled_back = await in_thread(self, rolled_back_to, self.project.run_folder(run))
        self._tick()

    # -- the picture --------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        """Once a second: the job as it is now, unless the picture is paused."""
        if not self._paused_at:
            self._shown = self.job
            self._draw()
        if self._page:
            self._draw_page()

    def _draw(self) -> None:
        """Put the job on the screen; widgets send only what is different."""
        if not self.is_mounted or not is_open(self) or self._page:
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
        self.query_one("#warning", Lines).show(warning_lines(job, now, self._width("warning"), chosen))
        goes_on = self._rolled_back or checkpoint
        self.query_one("#outcome", Lines).show(outcome_lines(job, goes_on, self.project.root, chosen))
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
