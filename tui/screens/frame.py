"""The anatomy that every screen shares, without anything of the engine, so that the first picture comes at once.

Line 1: project and machine. Line 2: the way (steps only), then a rule. The body, which is the screen's own. One
line that speaks. The keys.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar, cast

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.reactive import Reactive, reactive
from textual.widget import Widget

from engine.errors import TunesmithError
from tui.charset import Glyphs, glyphs, plain
from tui.clipboard import Copyable, copy_text
from tui.command import Command
from tui.commands import WAYS_OUT, bindings, commands_of
from tui.screens.dialog import FreshScreen
from tui.threads import in_thread
from tui.widgets.keyline import KeyLine, quiet_key
from tui.widgets.text import fit, fit_path, styled
from tui.widgets.wrap import lines_within

if TYPE_CHECKING:
    from tui.app import TunesmithApp

Tone = Literal["quiet", "good", "attention", "danger"]
T = TypeVar("T")
_WHAT_LINES = 5
"""Of an error's details, at most; a log's tail can be long."""
_SPEAK_LINES = 2
_COPY_ROOM = 52
"""Cells of a line of what can be copied: its words and the end of its text."""
_LEAST_RULE = 3
"""Cells of a line between its title and its keys."""
_LEAST = Size(60, 18)
"""Below this, parts of a page are out of sight."""
_SMALL = "small: 80x24 shows all"


class TopLine(Widget):
    """Line 1: what is open on the left, the machine on the right. A click on the left goes home.

    In a window that is too small for a page, the right says so.
    """

    DEFAULT_CSS = "TopLine { height: 1; }"
    project: reactive[str] = reactive("")
    machine: reactive[str] = reactive("")
    small: reactive[bool] = reactive(False)

    def render(self) -> Content:
        """The line; the machine's name is never cut before the project's is."""
        chosen = glyphs(self)
        machine = plain(_SMALL if self.small else self.machine, chosen)[: self.size.width // 2]
        name = f" {chosen.dot} {self.project}" if self.project else ""
        left = styled("tunesmith", "bold $accent") + Content(plain(name, chosen))
        left = fit(left, self._room(machine), chosen)
        return Content(" ") + left + Content("  ") + styled(machine, "$warning" if self.small else "$muted")

    def _room(self, machine: str) -> int:
        return max(9, self.size.width - len(machine) - 4)

    async def on_click(self, event: events.Click) -> None:
        """Home."""
        if event.x < 10:
            await self.app.run_action("app.go_home")


class Rule(Widget):
    """A horizontal line, with a title let into it where there is one, and keys at its right end where there is room."""

    DEFAULT_CSS = "Rule { height: 1; color: $rule; }"
    title: reactive[str] = reactive("")

    def __init__(
        self, title: str = "", *, id: str | None = None, style: str = "$muted", keys: Sequence[Command] = ()
    ) -> None:
        super().__init__(id=id)
        self.set_reactive(Rule.title, title)
        self._style = style
        self._keys = keys

    def render(self) -> Content:
        """The line, its title and its keys."""
        chosen = glyphs(self)
        head = Content("")
        if self.title:
            head = Content(f" {chosen.rule * 2} ") + styled(plain(self.title, chosen), self._style) + Content(" ")
        tail = self._ways(self.size.width - head.cell_length - _LEAST_RULE, chosen)
        rest = max(0, self.size.width - head.cell_length - tail.cell_length)
        return fit(head + Content(chosen.rule * rest) + tail, self.size.width, chosen)

    def _ways(self, room: int, chosen: Glyphs) -> Content:
        """As many of the keys as there is room for."""
        for count in range(len(self._keys), 0, -1):
            keys = Content("  ").join(quiet_key(command) for command in self._keys[:count])
            tail = Content(" ") + keys + Content(f" {chosen.rule}")
            if tail.cell_length <= room:
                return tail
        return Content("")

    async def on_click(self, event: events.Click) -> None:
        """Run the command that was clicked."""
        if action := event.style.meta.get("command"):
            await self.screen.run_action(action)


class SpeakLine(Widget):
    """The line that speaks, with a glyph for its tone; it takes a second line where the words need one."""

    DEFAULT_CSS = "SpeakLine { height: 1; padding: 0 1; text-wrap: nowrap; }"
    words: reactive[str] = reactive("")
    tone: reactive[Tone] = reactive("quiet")

    def watch_words(self) -> None:
        """Other words may need another height; most do not, and then nothing is laid out anew."""
        self._grow()

    def on_resize(self) -> None:
        """Another width."""
        self._grow()

    def _grow(self) -> None:
        lines = len(self._lines()) if self.size.width else 1
        if self.styles.height is None or self.styles.height.value != lines:
            self.styles.height = lines

    def _lines(self) -> list[str]:
        chosen, mark = glyphs(self), self._mark()
        words = lines_within(plain(self.words, chosen), max(10, self.size.width - len(mark)), _SPEAK_LINES, chosen)
        return [(mark if at == 0 else " " * len(mark)) + line for at, line in enumerate(words)]

    def _mark(self) -> str:
        chosen = glyphs(self)
        marks = {"good": chosen.done, "attention": chosen.stale, "danger": chosen.bad}
        return f"{marks[self.tone]} " if self.tone in marks else ""

    def render(self) -> Content:
        """The words after their glyph; quiet words have none."""
        colours = {"quiet": "$muted", "good": "$success", "attention": "$warning", "danger": "$error"}
        return styled("\n".join(self._lines()), colours[self.tone])


class Problem(Widget):
    """An error in place: what is wrong, where, and what to do next. Hidden when there is none."""

    DEFAULT_CSS = """
    Problem { height: auto; max-height: 9; padding: 0 1; margin: 0 0 0 0; display: none; }
    Problem.-on { display: block; }
    """
    error: reactive[TunesmithError | None] = reactive(None, layout=True)

    def watch_error(self, error: TunesmithError | None) -> None:
        """Show or hide."""
        self.set_class(error is not None, "-on")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Lines at this width."""
        return len(self._lines(width))

    def render(self) -> Content:
        """Title with a glyph, the details, the hint after an arrow."""
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Content]:
        if self.error is None:
            return []
        chosen = glyphs(self)
        title, what, hint = (plain(text, chosen) for text in (self.error.title, self.error.what, self.error.hint))
        lines = [styled(line, "bold $error") for line in _hanging(f"{chosen.bad} {title}", width)]
        details = [line for part in what.splitlines() for line in _hanging(f"  {part}", width)]
        lines.extend(Content(line) for line in details[:_WHAT_LINES])
        if hint:
            first, *more = _hanging(f"{chosen.arrow} {' '.join(hint.split())}", width)
            lines.append(styled(first[:2], "$accent") + Content(first[2:]))
            lines.extend(Content(line) for line in more)
        return lines


def _hanging(text: str, width: int) -> list[str]:
    """Lines of `text`, those after the first under its third letter."""
    return textwrap.wrap(text, max(20, width), subsequent_indent="  ", drop_whitespace=True) or [text]


def _shortened(text: str, room: int, chosen: Glyphs) -> str:
    """A path without its beginning, anything else without its end."""
    line = " ".join(text.split())
    return fit_path(line, room, chosen) if line.startswith("/") else fit(line, room, chosen).plain


class FrameScreen(FreshScreen[None]):
    """A screen with the common anatomy. Subclasses write `body` and their actions."""

    NAME: ClassVar[str] = ""
    """Its name in the table of commands."""
    HELP: ClassVar[str] = ""
    """What this screen is for, in the user's words; paragraphs are separated by empty lines."""
    TERMS: ClassVar[tuple[str, ...]] = ()
    """Words of this page that the help explains, as `tui.gloss` has them."""
    IS_STEP: ClassVar[bool] = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 as Textual declares it
    AUTO_FOCUS: ClassVar[str | None] = "RowList, Input"
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As Textual's, but another focus draws only the widgets that have to do with it, not the whole screen again."""
    DEFAULT_CSS = """
    FrameScreen { layout: vertical; overflow: hidden; background: $background; }
    FrameScreen > #body { height: 1fr; }
    """

    def __init_subclass__(cls, **options: bool) -> None:
        """Make the bindings from the table, so that no screen can have a key the table does not know."""
        super().__init_subclass__(**options)
        if cls.NAME:
            cls.BINDINGS = bindings(cls.commands())
            cls._merged_bindings = cls._merge_bindings()

    @classmethod
    def commands(cls) -> tuple[Command, ...]:
        """All commands of this screen, from the table."""
        return commands_of(cls.NAME, step=cls.IS_STEP)

    @property
    def wizard(self) -> TunesmithApp:
        """The app, by its own type."""
        return cast("TunesmithApp", self.app)

    def compose(self) -> ComposeResult:
        """The anatomy, with the body of the subclass in it."""
        yield TopLine()
        yield from self.way()
        yield Rule(id="under-way", style="$warning", keys=[one for one in self.commands() if one.id in WAYS_OUT])
        with Vertical(id="body"):
            yield from self.body()
        yield Problem()
        yield from self.below()
        yield SpeakLine()
        yield KeyLine(self.commands())

    def way(self) -> ComposeResult:
        """Line 2; only steps have one."""
        yield from ()

    def body(self) -> ComposeResult:
        """The widgets of the body."""
        yield from ()

    def below(self) -> ComposeResult:
        """What stands between the body and the line that speaks."""
        yield from ()

    def on_mount(self) -> None:
        """Fill line 1."""
        self.watch(self.wizard, "machine", self._show_machine)

    @on(events.Resize)
    def _say_small(self, event: events.Resize) -> None:
        """Say it where the window is too small for a page."""
        self.query_one(TopLine).small = event.size.width < _LEAST.width or event.size.height < _LEAST.height

    def _show_machine(self, machine: str) -> None:
        self.query_one(TopLine).machine = machine

    def say(self, words: str, tone: Tone = "quiet") -> None:
        """Say something in the line that speaks; a page that was left meanwhile has none any more."""
        for line in self.query(SpeakLine):
            line.tone, line.words = tone, words

    def show_problem(self, error: TunesmithError | None) -> None:
        """Show an error in place; None takes it away. A page that was left meanwhile has no place for it."""
        for place in self.query(Problem):
            place.error = error

    async def ask_engine(self, work: Callable[[], T]) -> T | None:
        """Run a short piece of engine work in a thread; an error a person can meet is shown in place.

        Returns:
            What `work` returned; None after an error was shown.
        """
        self.show_problem(None)
        try:
            return await in_thread(self, work)
        except TunesmithError as error:
            self.show_problem(error)
            return None

    def action_help(self) -> None:
        """Open the help of this screen."""
        from tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self))

    def copyable(self) -> list[Copyable]:
        """What can be copied from this page; the error that is shown comes first."""
        shown = next((place.error for place in self.query(Problem) if place.error is not None), None)
        return [Copyable("error", "the error", str(shown))] if shown is not None else []

    @work(exclusive=True, group="copy")
    async def action_copy(self) -> None:
        """Copy a path, a command or the error: what, is asked."""
        from tui.screens.ask import ChooseScreen

        offered = self.copyable()
        if not offered:
            self.say("There is nothing to copy here yet.")
            return
        chosen, room = glyphs(self), _COPY_ROOM - max(len(one.words) for one in offered)
        choices = [(one.key, one.words, _shortened(one.text, room, chosen)) for one in offered]
        asked = ChooseScreen("Copy what?", "To your own computer's clipboard.", choices, take="Copy it")
        key = await self.app.push_screen_wait(asked)
        text = next((one.text for one in offered if one.key == key), None)
        if text is None:
            return
        try:
            self.say(await in_thread(self, copy_text, text, os.environ, self._ask_terminal), "good")
        except TunesmithError as error:
            self.show_problem(error)

    def _ask_terminal(self, text: str) -> None:
        """OSC 52, from the thread of the pages: the terminal is theirs."""
        self.app.call_from_thread(self.app.copy_to_clipboard, text)

    def action_palette(self) -> None:
        """Open the list of commands."""
        from tui.screens.palette import PaletteScreen

        self.app.push_screen(PaletteScreen(self))

    def action_go_home(self) -> None:
        """All projects."""
        self.wizard.go_home()
