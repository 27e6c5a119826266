"""Step 7: may the adapter leave this machine? The gate, line by line, and both models' answers side by side."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Static

from engine.errors import TunesmithError, UsageError
from engine.evaluate.gate import LEAST_REASON, Gate, GateLine, give_reason, judge
from engine.jobs.state import JobView
from engine.project import Project
from tui import gate as gate_words
from tui.charset import glyphs
from tui.evaluation import Answer, Report, answer_lines, answers_of, figures, meaning, read_report
from tui.screens.base import StepScreen
from tui.screens.frame import Rule, Tone
from tui.threads import in_thread
from tui.widgets.lines import Lines
from tui.widgets.logview import TextView
from tui.widgets.rows import Column, RowList
from tui.widgets.text import styled

_TALL = 38
"""From so many lines on the answers stand below the gate."""


class EvaluateScreen(StepScreen):
    """Starts or follows the evaluation of the project's run, then shows what came out."""

    NAME = "evaluate"
    STEP_NAME = "evaluate"
    TERMS = ("holdout", "loss", "perplexity", "base model", "canaries")
    JOB_KINDS = ("evaluate",)
    CSS_PATH = "evaluate.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""
    HELP = """
    Here the tuned model is measured against the base model on rows that training never saw, and asked what strangers
    might ask. Then the gate says whether the adapter may leave this machine.

    Green passes. Amber is doubtful: look at it with enter, and if it is all right type why with y. Your words go to the
    record. Red stays here, whatever is said: mend it and train again.

    Loss says how surprised a model is by the right answer, perplexity the same as a number of words it wavers between;
    lower is better for both. The figures in brackets are the range in which the true value lies, 19 times out of 20.

    a shows both models' answers side by side. b is a blind test: you say which answer is better without knowing whose
    it is. Figures can look good while the answers do not.
    """

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self.report: Report | None = None
        self.gate: Gate | None = None
        self._answers: tuple[Answer, ...] = ()
        self._at = 0
        self._wanted_start = False
        self._answers_wanted = False
        self._looked = False
        """Whether the report was looked for once."""

    def body(self) -> ComposeResult:
        """The gate; figures, then one prompt with its answers."""
        yield Static(id="question")
        yield RowList([Column(width=1), Column(width=gate_words.TITLE_WIDTH), Column()], id="gate")
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
            self.report, self.gate, self._answers = None, None, answers
            self._at = max(0, len(answers) - 1)
            self._draw()
        elif job.active and self.report is not None:
            self.report, self.gate, self._answers = None, None, ()
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
            report = await in_thread(self, read_report, self.project.evaluation_file(run)) if run else None
        except TunesmithError as error:
            self._looked = True
            self.show_problem(error)
            self._speak()
            return
        self._looked = True
        if report is not None:
            self.report, self._answers = report, report.answers
            await self._judge()
        self._draw()
        self._speak()
        self.refresh_bindings()
        trained = self.reachable("evaluate") and run is not None
        if start and report is None and trained and not self._wanted_start:
            self.start_job("evaluate")

    async def _judge(self) -> None:
        """Ask the gate; without an adapter on disk there is nothing to judge."""
        try:
            self.gate = await in_thread(self, judge, self.project, self.project.load())
        except UsageError as error:
            self.gate = None
            if error.error_code != "no_run":
                self.show_problem(error)
        except TunesmithError as error:
            self.gate = None
            self.show_problem(error)

    # -- the picture --------------------------------------------------------------------------------------------

    def spec_changed(self) -> None:
        """The speaking line belongs to the report; another run may have been chosen meanwhile."""
        if self.report is not None and self.spec.run != self.report.run and not self.job_runs:
            self.report, self.gate, self._answers = None, None, ()
            self.run_worker(self._load(start=False), group="report", exclusive=True)
        self._speak()

    def _speak(self) -> None:
        words, tone = self._words()
        self.say(words, tone)

    def _words(self) -> tuple[str, Tone]:
        if self.job_runs:
            return "It is safe to leave: the measuring goes on, tunesmith shows it again.", "quiet"
        if self.status.state == "stale":
            return f"{self.status.reason.capitalize()} since this was measured. enter measures again.", "attention"
        if self.gate is not None and self.report is not None:
            return gate_words.words(self.gate, self._marked_line(), 2 * self.size.width - 18)
        if self.report is None and not self._looked:
            return "Looking for what was measured.", "quiet"
        if self.report is None:
            return "Not measured yet. enter measures both models on rows they never saw.", "quiet"
        tuned, base = self.report.tuned_loss, self.report.base_loss
        if tuned is None or base is None:
            return meaning(self.report), "quiet"
        return meaning(self.report), "good" if tuned < base else "attention"

    def _marked_line(self) -> GateLine | None:
        key = self.query_one("#gate", RowList).marked_key
        lines = self.gate.lines if self.gate is not None else ()
        return next((line for line in lines if line.id == key), None)

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        self._draw_gate()
        self._draw_answers()

    def _draw_gate(self) -> None:
        """The gate in front, unless the answers are wanted or there is no verdict yet; a tall screen holds both."""
        shown = self.gate is not None and not self._answers_wanted
        both = shown and self.size.height >= _TALL
        asked, listed = self.query_one("#question", Static), self.query_one("#gate", RowList)
        asked.display = listed.display = shown
        for name in ("#figures", "#which", "#answer"):
            self.query_one(name).display = both or not shown
        if self.gate is None:
            return
        asked.update(gate_words.question(self.gate, self.size.width - 2))
        before = listed.marked_key
        worst = next((line.id for line in (*self.gate.red, *self.gate.unexplained)), None)
        rows = gate_words.rows(self.gate, glyphs(self), self.size.width)
        listed.set_rows(rows, mark=None if before else worst)
        listed.styles.height = len(rows) if both else "1fr"
        if shown:
            listed.focus()
        else:
            self.set_focus(None)

    def _draw_answers(self) -> None:
        chosen = glyphs(self)
        above, view, which = self.query_one("#figures", Lines), self.query_one(TextView), self.query_one("#which", Rule)
        width = self.size.width - 2
        if self.report is not None:
            above.show(figures(self.report, width, chosen))
        else:
            above.show([styled("The figures come when both models were measured.", "$muted")])
        count = len(self._answers)
        which.title = f"the same prompt to both: {self._at + 1} of {count}" if count else "answers"
        if count:
            view.set_lines(answer_lines(self._answers[self._at], width - 1, chosen))
        else:
            view.set_lines([styled("Both models answer the same prompts here, side by side.", "$muted")])

    # -- keys ---------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Which keys mean something now."""
        idle, line = not self.job_runs, self._marked_line() if self.is_mounted else None
        gate = self.gate if idle else None
        possible = {
            "go_on": idle,
            "measure_again": idle and self.report is not None,
            "stop_job": self.job_runs,
            "leave": self.job_runs,
            "move_answer": len(self._answers) > 1 and (self.gate is None or self._answers_wanted),
            "show_answers": self.gate is not None and bool(self._answers),
            "export": gate is not None and gate.open,
            "blind_test": idle and self.report is not None and bool(self.report.content.get("blind_pairs")),
            "give_reason": gate is not None and line is not None and line.state == "amber",
            "take_out": gate is not None and bool(self._recited()),
            "mix_in": gate is not None and line is not None and line.key == "m",
            "compare_runs": idle and self.report is not None,
        }
        return possible.get(action, True)

    def action_go_on(self) -> None:
        """Measure; once that is done, go on to pack."""
        if self.report is None or self.status.state == "stale":
            self.start_job("evaluate")
        else:
            self.go_on()

    @on(RowList.Marked, "#gate")
    def _line_marked(self) -> None:
        self._speak()
        self.refresh_bindings()

    @on(RowList.Taken, "#gate")
    def _line_taken(self) -> None:
        """Show what stands behind the marked line; where the evaluation is stale, measure."""
        if self.status.state == "stale":
            self.start_job("evaluate")
            return
        line = self._marked_line()
        if line is not None:
            from tui.screens.gate_line import GateLineScreen

            report = self.report.content if self.report is not None else {}
            self.app.push_screen(GateLineScreen(line.title, gate_words.details(line, report, glyphs(self))))

    def action_export(self) -> None:
        """Go on to pack."""
        self.go_on()

    def action_show_answers(self) -> None:
        """The answers, or back to the gate."""
        self._answers_wanted = not self._answers_wanted
        self._draw()
        self.refresh_bindings()

    @work(exclusive=True, group="reason")
    async def action_give_reason(self) -> None:
        """Type why the marked line may pass."""
        from tui.screens.ask import AskScreen

        line = self._marked_line()
        if line is None:
            return
        meaning = f"{line.figure}. Say why it may leave all the same; your words go to the record."
        said = await self.app.push_screen_wait(
            AskScreen(f"Why may it pass: {line.title}?", line.reason, meaning, _words)
        )
        if said is None:
            return
        gate = await self.ask_engine(lambda: give_reason(self.project, said, [line.id]))
        if gate is not None:
            self.gate = gate
            self.refresh_spec()
            self._draw()
            self._speak()
            self.refresh_bindings()

    def _recited(self) -> list[str]:
        """Fingerprints of the rows that came back word for word."""
        found = (self.report.content.get("memorisation") or {}) if self.report is not None else {}
        return [row["fingerprint"] for row in found.get("recited_rows") or []]

    async def _asked(self, title: str, note: str) -> bool:
        """Whether to train again: a key that is pressed by mistake must not cost an hour."""
        from tui.screens.ask import ChooseScreen

        meaning = "It starts now and takes about as long as the last run, which is kept."
        choices = [("", "Not now", "nothing happens"), ("train", "Train again", note)]
        answer: str | None = await self.app.push_screen_wait(ChooseScreen(title, meaning, choices))
        return bool(answer)

    @work(exclusive=True, group="train")
    async def action_take_out(self) -> None:
        """Take the recited rows out of training and train again."""
        from engine.begin import start_training
        from engine.data.left_out import leave_out

        rows = self._recited()
        what = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
        if not await self._asked(f"Take {what} out and train again?", "they stay in your file"):
            return

        def again() -> bool:
            leave_out(self.project, rows)
            start_training(self.project)
            return True

        if await self.ask_engine(again):
            self.go_to("train")

    @work(exclusive=True, group="train")
    async def action_mix_in(self) -> None:
        """Mix general rows in and train again."""
        from engine.begin import start_training
        from engine.evaluate.remedy import mix_general_rows_in, mix_in_offer

        offer = await self.ask_engine(lambda: mix_in_offer(self.project, self.project.load()))
        if offer is None or not await self._asked("Mix general rows in and train again?", offer.words):
            return

        def again() -> bool:
            mix_general_rows_in(self.project)
            start_training(self.project)
            return True

        if await self.ask_engine(again):
            self.go_to("train")

    @work(exclusive=True, group="blind")
    async def action_blind_test(self) -> None:
        """The blind test; as far as it got it is kept."""
        from engine.evaluate.blind import open_blind, result_words
        from tui.screens.ab import BlindTestScreen

        run = self.spec.run
        test = await self.ask_engine(lambda: open_blind(self.project, str(run)))
        if test is None:
            return
        screen = BlindTestScreen(self.project, test)
        await self.app.push_screen_wait(screen)
        result = screen.test.result()
        if result["judged"]:
            self.say(result_words(result))

    def action_compare_runs(self) -> None:
        """All runs of this project, where another one can be chosen."""
        from tui.screens.runs import RunsScreen

        self.app.push_screen(RunsScreen(self.project))

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

    def action_leave(self) -> None:
        """Home; the job goes on."""
        self.wizard.go_home()


def _words(said: str) -> None:
    """Refuse what is no reason before the dialog closes.

    Raises:
        UsageError: Too few letters.
    """
    if sum(letter.isalnum() for letter in said) < LEAST_REASON:
        raise UsageError("This is no reason.", "", "Say in a few words why it may pass.")
