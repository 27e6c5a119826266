"""One page before anything starts: everything that was decided, and what leaves this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.errors import TunesmithError
from engine.licences.check import project_verdict
from engine.project import Project
from engine.recipes import changed_knobs, load_recipes
from engine.spec import ProjectSpec
from engine.steps import StepStatus
from tui.charset import Glyphs, glyphs, plain
from tui.clipboard import Copyable
from tui.copyable import of_project
from tui.data_report import SHAPES, read_report
from tui.knobs import knob, value_text
from tui.licence import short_verdict
from tui.preview_facts import longest_tokens, preview_words
from tui.proof import bound_words, read_proof
from tui.screens.base import StepScreen
from tui.screens.frame import Rule
from tui.threads import in_thread
from tui.typed_card import kept_card
from tui.widgets.memory_panel import cost_words, time_words, verdict_of
from tui.widgets.text import GIB, fit_path, gib, styled

if TYPE_CHECKING:
    from tui.memory import PlanShown

_NAME_WIDTH = 12


@dataclass(frozen=True)
class Place:
    """A path, which is cut where it is too long for its line, and what is said after it."""

    path: str
    after: str = ""


Line = tuple[str, str | Content | Place]


class Decided(Static):
    """Names and what was decided, broken into lines by the width that the page really has."""

    _lines: Sequence[Line] = ()

    def show(self, lines: Sequence[Line]) -> None:
        """Replace what is shown."""
        self._lines = lines
        self._break()

    def on_resize(self) -> None:
        """A wide terminal leaves margins beside the page; only now it is known how wide they are."""
        self._break()

    def _break(self) -> None:
        room = max(20, self.content_size.width - _NAME_WIDTH - 3)
        if self.content_size.width:
            self.update(Content("\n").join(self._named(room)))

    def _named(self, room: int) -> Iterator[Content]:
        chosen = glyphs(self)
        for name, what in self._lines:
            if isinstance(what, Place):
                text = Content(fit_path(what.path, room - len(what.after), chosen) + plain(what.after, chosen))
            else:
                text = what if isinstance(what, Content) else Content(plain(what, chosen))
            for index, line in enumerate(text.wrap(room)):
                yield styled(f"  {name if index == 0 else '':<{_NAME_WIDTH}}", "$muted") + line


class ConfirmScreen(StepScreen):
    """Everything on one page; enter starts the training job."""

    NAME = "confirm"
    STEP_NAME = "recipe"
    TERMS = ("rank", "learning rate", "effective batch", "epochs", "adapter")
    CSS_PATH = "confirm.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""
    HELP = """
    This is the last page before training. It shows what was decided, in one place. Nothing has started yet, and
    everything can still be changed: escape goes back, and a click on a step above goes straight there.

    What cannot fit into the memory is not started: the recipe page says what would fit.

    enter starts the training job on this machine. It runs by itself: you can close this window, the line may drop,
    and tunesmith shows it again when you come back.

    Nothing leaves this machine. The training job is cut off from the network before it begins, so that no library
    in it can send anything, whatever its settings are.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self._plan: PlanShown | None = None

    def body(self) -> ComposeResult:
        """The page."""
        yield Static(styled("Start training with this?", "bold"), id="question")
        with VerticalScroll(id="page", can_focus=False):
            yield Decided(id="decided")
            yield Rule("what leaves this machine", id="leaves-rule")
            yield Static(id="leaves")

    def words(self) -> str:
        """What enter does."""
        return "enter starts it. It goes on when you leave or the line drops."

    def _say_standing(self) -> None:
        self.say(self.words())

    def _show_stale(self, statuses: Sequence[StepStatus]) -> None:
        """The recipe is confirmed here, and enter trains: what is said of these two is mended by this page."""
        super()._show_stale([one for one in statuses if one.step not in ("recipe", "train")])

    def copyable(self) -> list[Copyable]:
        """Enter trains here, and so does the command."""
        return [*super(StepScreen, self).copyable(), *of_project(self.project, self.spec, "train")]

    def spec_changed(self) -> None:
        """Show it."""
        chosen = glyphs(self)
        self.query_one("#leaves", Static).update(
            styled(f"  {chosen.done} nothing", "$success")
            + Content("     the job is cut off from the network before it begins;\n")
            + Content(f"{'':<16}the result stays in the project's folder")
        )
        self._show()

    @work(exclusive=True, group="show")
    async def _show(self) -> None:
        """What was decided at once; what it takes when the driver has answered."""
        if not await self._show_decided():
            return
        from tui.memory import plan_recipe, target_of

        def look() -> PlanShown:
            return plan_recipe(self.project, self.spec, self.spec.recipe, target_of(kept_card(), self.project))

        self._plan = await self.ask_engine(look)
        if self._plan is not None:
            await self._show_decided()
            self.refresh_bindings()
            if words := misfit_words(self._plan):
                self.say(words, "danger" if self._plan.fits is False else "attention")

    async def _show_decided(self) -> bool:
        lines = await self.ask_engine(lambda: decided(self.project, self.spec, glyphs(self), self._plan))
        if lines is not None:
            self.query_one("#decided", Decided).show(lines)
        return lines is not None

    @work(exclusive=True, group="start")
    async def action_start_training(self) -> None:
        """Mark the page as read, start the job, and watch it."""
        from engine import actions, begin

        if self._plan is not None and self._plan.refused:
            self.action_show_fit()
            return
        self.say("Starting.")
        self.show_problem(None)
        try:
            await in_thread(self, actions.confirm, self.project)
            await in_thread(self, begin.start_training, self.project)
        except TunesmithError as error:
            self.say(self.words())
            self.show_problem(error)
            return
        self.go_to("train")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What would fit is asked where it may not."""
        if action == "show_fit":
            return self._plan is not None and bool(misfit_words(self._plan))
        return super().check_action(action, parameters)

    def action_show_fit(self) -> None:
        """To the recipe, with what would fit."""
        from tui.screens.recipe import RecipeScreen

        self.app.switch_screen(RecipeScreen(self.project, opens_fit=True))

    def action_go_back(self) -> None:
        """To the recipe."""
        self.go_to("recipe")

    def action_previous_step(self) -> None:
        """To the recipe."""
        self.go_to("recipe")


def misfit_words(plan: PlanShown) -> str:
    """What to do about a plan that reaches over the card; empty where it does not, or where there is no card."""
    if plan.state == "none" or plan.target is None or plan.fits is True:
        return ""
    if plan.refused:
        return "It does not fit as it is set: enter shows what would."
    if plan.fits is False:
        room = 0.9 * plan.target.room
        return (
            f"By the estimate it does not fit: at least {gib(plan.low)} GiB, and the card lends {gib(room)}."
            " f shows what fits."
        )
    return "It may not fit: the upper figure is more than the card lends. f shows what fits; enter starts it."


def decided(project: Project, spec: ProjectSpec, chosen: Glyphs, plan: PlanShown | None = None) -> list[Line]:
    """Everything that was decided, one line each. Reads reports: call it in a thread.

    Raises:
        TunesmithError: A report or a preset cannot be read.
    """
    return [
        *_model_lines(project, spec, chosen),
        *_data_lines(project, spec, chosen),
        *_recipe_lines(spec),
        *_plan_lines(spec, plan, chosen),
        ("result", Place(str(project.root / "runs"))),
    ]


def _model_lines(project: Project, spec: ProjectSpec, chosen: Glyphs) -> list[Line]:
    model = spec.model
    if model is None:
        return [("model", styled(f"{chosen.stale} none chosen yet", "$warning"))]
    name = "the bundled demo model" if model.source == "demo" else model.source
    template = "; chats in ChatML" if model.chat_template == "chatml" else ""
    return [
        ("model", Place(name, f"; it is read, never changed{template}")),
        ("licence", _verdict(project, spec, chosen)),
    ]


def _verdict(project: Project, spec: ProjectSpec, chosen: Glyphs) -> Content:
    """The licence and what it means for the use, in one line."""
    try:
        verdict = project_verdict(project, spec)
    except TunesmithError as error:
        return styled(f"{chosen.stale} {plain(error.title, chosen)}", "$warning")
    marks = {
        "allowed": (chosen.done, "$success"),
        "conditions": (chosen.done, "$success"),
        "unknown": (chosen.stale, "$warning"),
        "refused": (chosen.bad, "$error"),
    }
    mark, colour = marks[verdict.verdict]
    count = len(verdict.obligations)
    things = "1 thing" if count == 1 else f"{count} things"
    duties = f"; {things} to do (l on Model)" if count and verdict.verdict != "refused" else ""
    return styled(f"{mark} {plain(short_verdict(verdict), chosen)}", colour) + Content(duties)


def _data_lines(project: Project, spec: ProjectSpec, chosen: Glyphs) -> list[Line]:
    if spec.data is None:
        return [("data", styled(f"{chosen.stale} none chosen yet", "$warning"))]
    lines: list[Line] = [("data", Place(spec.data.path))]
    if words := preview_words(project):
        lines.append(("rows", words))
        if cut := _cut(spec, longest_tokens(project)):
            lines.append(("", styled(f"{chosen.stale} {cut}", "$warning")))
    elif report := read_report(project):
        shape = SHAPES.get(report.shape, (report.shape, ""))[0]
        lines.append(("rows", f"{report.usable:,} rows can be used, read as {shape}"))
    lines += [("privacy" if not at else "", line) for at, line in enumerate(_privacy(project, spec, chosen))]
    return lines


def _cut(spec: ProjectSpec, longest: int) -> str:
    """What happens to rows that are longer than the recipe reads; empty where none is."""
    limit = spec.recipe.max_length
    if longest <= limit:
        return ""
    fate = "are left out" if spec.recipe.long_rows == "drop" else "lose their end"
    return f"rows over {limit:,} tokens {fate}; max length on Recipe changes it"


def _privacy(project: Project, spec: ProjectSpec, chosen: Glyphs) -> list[Content]:
    """What was proved of the redacted copy."""
    proof = read_proof(project, spec)
    if proof is None:
        if spec.redaction.path is None:
            return [styled(f"{chosen.stale} personal details are not hidden yet", "$warning")]
        found = spec.redaction.residual or 0
        said = f"second look: {found:,} left" if found else "second look: nothing left"
        mark, colour = (chosen.stale, "$warning") if found else (chosen.done, "$success")
        return [Content("it learns from the redacted copy; ") + styled(f"{mark} {said}", colour)]
    mark, colour = (chosen.done, "$success") if proof.clean else (chosen.stale, "$warning")
    lines = [styled(f"{mark} {plain(proof.verdict, chosen)}", colour)]
    if proof.sample is not None and proof.sample.looked_at:
        lines.append(Content(f"you read a sample: {plain(bound_words(proof.sample), chosen)}"))
    return lines


def _recipe_lines(spec: ProjectSpec) -> list[Line]:
    recipe = spec.recipe
    title = next((preset.title for preset in load_recipes() if preset.name == recipe.preset), recipe.preset)
    length = (
        f"{recipe.max_steps:,} steps" if recipe.max_steps else f"{value_text(recipe.epochs)} times through the rows"
    )
    numbers = (
        f"{title}: rank {recipe.rank}, learning rate {value_text(recipe.learning_rate)}, {length}, "
        f"{recipe.effective_batch} rows per step"
    )
    lines: list[Line] = [("recipe", numbers)]
    changed = [
        f"{knob(key).title} {value_text(now)} (preset {value_text(was)})"
        for key, (was, now) in changed_knobs(recipe).items()
        if key != "preset"
    ]
    if changed:
        lines.append(("changed", ", ".join(changed)))
    return lines


def _plan_lines(spec: ProjectSpec, plan: PlanShown | None, chosen: Glyphs) -> list[Line]:
    """Memory, time, cost and budget."""
    return [("memory", _memory(plan, chosen)), *_time(plan), ("budget", _budget(spec))]


def _memory(plan: PlanShown | None, chosen: Glyphs) -> Content:
    if plan is None:
        return styled("asking this machine", "$muted")
    if plan.state == "none" or plan.target is None:
        return styled(plain(plan.why_not, chosen), "$muted")
    mark, word, colour = verdict_of(plan, chosen)
    words = f"  {gib(plan.low)} - {gib(plan.high)} GiB of {plan.target.room / GIB:.0f}, {plan.target.words}"
    return styled(f"{mark} {word}", f"bold {colour}") + Content(plain(words, chosen))


def _time(plan: PlanShown | None) -> list[Line]:
    if plan is None or plan.state == "none":
        return []
    # Without a price there is no cost to confirm; the recipe page asks for one.
    cost = Content("   ") + cost_words(plan) if plan.price is not None else Content("")
    return [("time", time_words(plan) + cost)]


def _budget(spec: ProjectSpec) -> str:
    budget = spec.budget
    limits = [] if budget.limit is None else [f"{budget.limit:g} {budget.currency}"]
    limits += [] if budget.hours is None else [f"{budget.hours:g} hours"]
    return f"it saves and stops at {' or '.join(limits)}" if limits else "no limit; b on the recipe page sets one"
