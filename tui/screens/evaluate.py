"""Step 7: is the tuned model better than the base model? Two figures, and five prompts answered by both."""

from __future__ import annotations

import asyncio

from textual.app import ComposeResult

from engine.errors import TunesmithError
from engine.jobs.state import JobView
from engine.project import Project
from tui.charset import glyphs
from tui.evaluation import Answer, Report, answer_lines, answers_of, figures, meaning, read_report
from tui.screens.base import StepScreen
from tui.screens.frame import Rule, Tone
from tui.widgets.lines import Lines
from tui.widgets.logview import TextView
from tui.widgets.text import styled


class EvaluateScreen(StepScreen):
    """Starts or follows the evaluation of the project's run, then shows what came out."""

    NAME = "evaluate"
    STEP_NAME = "evaluate"
    JOB_KINDS = ("evaluate",)
    CSS_PATH = "evaluate.tcss"
    HELP = """
    Here the tuned model is measured against the base model, both on the holdout: rows that training never saw.

    The loss says how surprised a model is by the right answer; perplexity says the same as a number of words it
    wavers between. Lower is better for both. A tuned loss that is not lower means that it learned nothing that helps.

    Below are prompts from those rows, answered by both models, and what your data says. Go through them with the
    arrow keys: figures can look good while the answers do not.
    """

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self.report: Report | None = None
        self._answers: tuple[Answer, ...] = ()
        self._at = 0
        self._wanted_start = False

    def body(self) -> ComposeResult:
        """Figures, then one prompt with its answers."""
        yield Lines(id="figures")
        yield Rule(id="which")
        yield TextView(id="answer")

    def on_resize(self) -> None:
        """The answers stand beside each other where there is room."""
        self.call_after_refresh(self._draw)

    # -- the job ------------------------------------------------------------------------------------------------

    def no_job(self) -> None:
        """Nobody measured yet."""
        self.run_worker(self._load(), group="report", exclusive=True)

    def past_job(self, job: JobView) -> None:
        """It was measured before; perhaps another run."""
        self._wanted_start = job.state != "finished"
        self.run_worker(self._load(), group="report", exclusive=True)

    def job_changed(self, job: JobView) -> None:
        """Answers are shown as they come."""
        answers = answers_of(job.snapshot.samples)
        if job.active and answers != self._answers:
            self.report, self._answers = None, answers
            self._at = max(0, len(answers) - 1)
            self._draw()
        elif job.active and self.report is not None:
            self.report, self._answers = None, ()
            self._draw()
        self._speak()

    def job_ended(self, job: JobView) -> None:
        """Show the whole report."""
        self._at = 0
        self.run_worker(self._load(start=False), group="report", exclusive=True)

    def job_refused(self, error: TunesmithError) -> None:
        """Enter tries again."""
        self._speak()

    async def _load(self, *, start: bool = True) -> None:
        """Read the report of the project's run; where there is none yet, measure."""
        run = self.spec.run
        try:
            report = await asyncio.to_thread(read_report, self.project.evaluation_file(run)) if run else None
        except TunesmithError as error:
            self.show_problem(error)
            return
        if report is not None:
            self.report, self._answers = report, report.answers
        self._draw()
        self._speak()
        self.refresh_bindings()
        trained = self.reachable("evaluate") and run is not None
        if start and report is None and trained and not self._wanted_start:
            self.start_job("evaluate")

    # -- the picture --------------------------------------------------------------------------------------------

    def spec_changed(self) -> None:
        """The speaking line belongs to the report."""
        self._speak()

    def _speak(self) -> None:
        words, tone = self._words()
        self.say(words, tone)

    def _words(self) -> tuple[str, Tone]:
        if self.job_runs:
            return "It is safe to leave: the measuring goes on, tunesmith shows it again.", "quiet"
        if self.status.state == "stale":
            return f"{self.status.reason.capitalize()} since this was measured. enter measures again.", "attention"
        if self.report is None:
            return "Not measured yet. enter measures both models on rows they never saw.", "quiet"
        tuned, base = self.report.tuned_loss, self.report.base_loss
        if tuned is None or base is None:
            return meaning(self.report), "quiet"
        return meaning(self.report), "good" if tuned < base else "attention"

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        chosen = glyphs(self)
        above, view, which = self.query_one("#figures", Lines), self.query_one(TextView), self.query_one("#which", Rule)
        width = self.size.width - 2
        if self.report is not None:
            above.show(figures(self.report, width, chosen))
        else:
            above.show([styled("The figures come when both models were measured.", "$muted")])
        count = len(self._answers)
        which.title = f"the same prompt to both: {self._at + 1} of {count}" if count else "answers"
        which.refresh()
        if count:
            view.set_lines(answer_lines(self._answers[self._at], width - 1, chosen))
        else:
            view.set_lines([styled("Both models answer the same prompts here, side by side.", "$muted")])

    # -- keys ---------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Which keys mean something now."""
        possible = {
            "go_on": not self.job_runs,
            "measure_again": not self.job_runs and self.report is not None,
            "stop_job": self.job_runs,
            "leave": self.job_runs,
            "move_answer": len(self._answers) > 1,
        }
        return possible.get(action, True)

    def action_go_on(self) -> None:
        """Measure; once that is done, go on to pack."""
        if self.report is None or self.status.state == "stale":
            self.start_job("evaluate")
        else:
            self.go_on()

    def action_measure_again(self) -> None:
        """Measure both models once more."""
        self.start_job("evaluate")

    def action_move_answer(self, by: int) -> None:
        """Another prompt."""
        if self._answers:
            self._at = (self._at + by) % len(self._answers)
            self._draw()
            self.query_one(TextView).scroll_home(animate=False)

    def action_page_answer(self, by: int) -> None:
        """Scroll a long answer."""
        view = self.query_one(TextView)
        view.scroll_page_down(animate=False) if by > 0 else view.scroll_page_up(animate=False)

    def action_stop_job(self) -> None:
        """End the measuring."""
        self.stop_job()

    def action_leave(self) -> None:
        """Home; the job goes on."""
        self.wizard.go_home()
