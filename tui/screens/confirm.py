"""One page before anything starts: everything that was decided, and what leaves this machine."""

from __future__ import annotations

import textwrap
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.errors import TunesmithError
from engine.project import Project
from engine.spec import ProjectSpec
from tui.charset import Glyphs, glyphs, plain
from tui.data_report import SHAPES, read_report
from tui.knobs import knob, value_text
from tui.model_facts import licence_words
from tui.preview_facts import preview_words
from tui.screens.base import StepScreen
from tui.screens.frame import Rule
from tui.threads import in_thread
from tui.widgets.text import fit_path, styled

_NAME_WIDTH = 14


class ConfirmScreen(StepScreen):
    """Everything on one page; enter starts the training job."""

    NAME = "confirm"
    STEP_NAME = "recipe"
    CSS_PATH = "confirm.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""
    HELP = """
    This is the last page before training. It shows what was decided, in one place. Nothing has started yet, and
    everything can still be changed: escape goes back, and a click on a step above goes straight there.

    enter starts the training job on this machine. It runs by itself: you can close this window, the line may drop,
    and tunesmith shows it again when you come back.

    Nothing leaves this machine. The training job is cut off from the network before it begins, so that no library
    in it can send anything, whatever its settings are.
    """

    def body(self) -> ComposeResult:
        """The page."""
        yield Static(styled("Start training with this?", "bold"), id="question")
        with VerticalScroll(id="page", can_focus=False):
            yield Static(id="decided")
            yield Rule("what leaves this machine", id="leaves-rule")
            yield Static(id="leaves")

    def words(self) -> str:
        """What enter does."""
        return "enter starts it. It goes on when you leave or the line drops."

    def stale_words(self, reason: str) -> str:
        """The page is read anew; that mends it."""
        return self.words()

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
        width = max(60, self.app.size.width - 4)
        lines = await self.ask_engine(lambda: decided(self.project, self.spec, width, glyphs(self)))
        if lines is not None:
            self.query_one("#decided", Static).update(lines)

    @work(exclusive=True, group="start")
    async def action_start_training(self) -> None:
        """Mark the page as read, start the job, and watch it."""
        from engine import actions

        self.say("Starting.")
        self.show_problem(None)
        try:
            await in_thread(self, actions.confirm, self.project)
            await in_thread(self, actions.start_training, self.project)
        except TunesmithError as error:
            self.say(self.words())
            self.show_problem(error)
            return
        self.go_to("train")

    def action_go_back(self) -> None:
        """To the recipe."""
        self.go_to("recipe")

    def action_previous_step(self) -> None:
        """To the recipe."""
        self.go_to("recipe")


def decided(project: Project, spec: ProjectSpec, width: int, chosen: Glyphs) -> Content:
    """Everything that was decided, one line each. Reads reports: call it in a thread.

    Raises:
        TunesmithError: A report or a preset cannot be read.
    """
    lines = [
        *_model_lines(spec, width, chosen),
        *_data_lines(project, spec, width, chosen),
        *_recipe_lines(project, spec),
        ("result", fit_path(str(project.root / "runs"), width - _NAME_WIDTH - 3, chosen)),
    ]
    shown: list[Content] = []
    for name, text in lines:
        wrapped = [text] if isinstance(text, Content) else _wrapped(plain(text, chosen), width - _NAME_WIDTH - 3)
        for index, line in enumerate(wrapped):
            shown.append(styled(f"  {name if index == 0 else '':<{_NAME_WIDTH}}", "$muted") + line)
    return Content("\n").join(shown)


def _wrapped(text: str, width: int) -> list[Content]:
    return [Content(line) for line in textwrap.wrap(text, max(20, width))]


def _model_lines(spec: ProjectSpec, width: int, chosen: Glyphs) -> list[tuple[str, str | Content]]:
    model = spec.model
    if model is None:
        return [("model", styled(f"{chosen.stale} none chosen yet", "$warning"))]
    name = "the bundled demo model" if model.source == "demo" else model.source
    template = "the common one (ChatML)" if model.chat_template == "chatml" else "the model's own"
    licence = Content(model.licence)
    if model.licence == "unknown":
        licence = styled(f"{chosen.stale} {licence_words(model.licence)}", "$warning")
    return [
        ("model", fit_path(name, width - _NAME_WIDTH - 3, chosen)),
        ("", "read, never changed; what is learned goes into an adapter"),
        ("licence", licence),
        ("chat template", template),
    ]


def _data_lines(project: Project, spec: ProjectSpec, width: int, chosen: Glyphs) -> list[tuple[str, str | Content]]:
    if spec.data is None:
        return [("data", styled(f"{chosen.stale} none chosen yet", "$warning"))]
    lines: list[tuple[str, str | Content]] = [("data", fit_path(spec.data.path, width - _NAME_WIDTH - 3, chosen))]
    if report := read_report(project):
        shape = SHAPES.get(report.shape, (report.shape, ""))[0]
        lines.append(("", f"{report.usable:,} rows can be used, read as {shape}"))
    made = spec.redaction
    if made.path is None:
        lines.append(("privacy", styled(f"{chosen.stale} personal details are not hidden yet", "$warning")))
    else:
        found = made.residual or 0
        proof = f"second look: {found:,} left" if found else "second look: nothing left"
        colour = "$warning" if found else "$success"
        mark = chosen.stale if found else chosen.done
        hidden = Content("it learns from the redacted copy; ") + styled(f"{mark} {proof}", colour)
        lines.append(("privacy", hidden))
    if words := preview_words(project):
        lines.append(("rows", words))
    return lines


def _recipe_lines(project: Project, spec: ProjectSpec) -> list[tuple[str, str | Content]]:
    from engine.recipes import changed_knobs, load_recipes

    recipe = spec.recipe
    title = next((preset.title for preset in load_recipes() if preset.name == recipe.preset), recipe.preset)
    numbers = (
        f"rank {recipe.rank}, learning rate {value_text(recipe.learning_rate)}, "
        f"{value_text(recipe.epochs)} times through the rows, {recipe.effective_batch} rows per step"
    )
    lines: list[tuple[str, str | Content]] = [("recipe", title), ("", numbers)]
    changed = [
        f"{knob(key).title} {value_text(now)} (preset {value_text(was)})"
        for key, (was, now) in changed_knobs(recipe).items()
        if key != "preset"
    ]
    if changed:
        lines.append(("changed", ", ".join(changed)))
    return lines
