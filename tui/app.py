"""The wizard's router: opens screens by name, asks before quitting, and leaves cleanly when the line drops.

It holds no work of its own. Screens are imported when they are opened, so that the first picture comes at once.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, ClassVar

from textual.actions import ActionParseResult
from textual.app import App
from textual.binding import BindingType
from textual.dom import DOMNode
from textual.events import Key
from textual.reactive import reactive
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.widgets import Input
from textual.worker import WorkerFailed

from engine.errors import TunesmithError
from engine.machine import hostname
from tui.charset import ASCII, UNICODE
from tui.settings import kept_colours, theme_name
from tui.terminal import Terminal, read_terminal
from tui.theme import ANSI, DARK, LIGHT

if TYPE_CHECKING:
    from engine.jobs.state import JobView
    from engine.project import Project
    from engine.spec import RecipeSpec
    from tui.machine import MachineFacts
    from tui.screens.home import HomeScreen

PLACES: dict[str, str] = {
    "model": "tui.screens.model:ModelScreen",
    "data": "tui.screens.data:DataScreen",
    "privacy": "tui.screens.privacy:PrivacyScreen",
    "preview": "tui.screens.preview:PreviewScreen",
    "recipe": "tui.screens.recipe:RecipeScreen",
    "confirm": "tui.screens.confirm:ConfirmScreen",
    "train": "tui.screens.train:TrainScreen",
    "evaluate": "tui.screens.evaluate:EvaluateScreen",
    "ship": "tui.screens.ship:ShipScreen",
}
"""Where the screen of each page lives: imported when it is opened."""

_HANGUP_EXIT = 129
"""128 + SIGHUP, as a shell reports it."""
_COLLECT_SECONDS, _RARELY = 60.0, 200
"""How often all garbage is looked for, and after how many smaller searches if the clock does not come to it."""


class PlainScrollBar(ScrollBarRender):
    """A scroll bar without part-filled blocks, for terminals that do not have them."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


class TunesmithApp(App[int], inherit_bindings=False):
    """The wizard.

    Args:
        project: A project folder to open at once; None begins at home.
        ascii: Plain letters only, whatever the terminal says.
        terminal: What the terminal can show; read from the environment where not given.
    """

    TITLE = "tunesmith"
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = []
    ESCAPE_TO_MINIMIZE = False

    machine: reactive[str] = reactive(hostname)
    """This machine, as shown on every screen: its name, then its GPUs once they are known."""

    def __init__(self, project: Path | None = None, *, ascii: bool = False, terminal: Terminal | None = None) -> None:
        super().__init__()
        terminal = terminal or read_terminal(os.environ)
        self.glyphs = ASCII if ascii or not terminal.unicode else UNICODE
        self._terminal = terminal
        for theme in (DARK, LIGHT, ANSI):
            self.register_theme(theme)
        self.show_colours(kept_colours())
        self.set_class(not self.glyphs.unicode, "-ascii")
        ScrollBar.renderer = ScrollBarRender if self.glyphs.unicode else PlainScrollBar
        self.machine_facts: MachineFacts | None = None
        self._first = project
        self.recipes_before: dict[Path, list[RecipeSpec]] = {}
        """By project: the recipes before each change of this sitting, so that undo outlives the page."""

    def on_mount(self) -> None:
        """Home first; a project given on the command line is opened over it."""
        from tui.screens.home import HomeScreen

        self.push_screen(HomeScreen(open_first=self._first))
        self.call_after_refresh(self._collect_from_now_on)
        self.call_after_refresh(self.run_worker, self._name_machine, thread=True, group="machine")

    def on_key(self, event: Key) -> None:
        """A letter that was on its way to a list when a field took the focus belongs to the field.

        Over a slow line keys come in bursts: `/gemma` is read at once, while `/` is what opens the field. A field
        stops what it gets itself, so no letter comes here twice. Dialogs have no key for help of their own.
        """
        if isinstance(self.focused, Input) and event.character and event.is_printable:
            event.prevent_default()
            self.focused.insert_text_at_cursor(event.character)
        elif event.key in ("question_mark", "f1") and self.screen.is_modal:
            from tui.screens.help import HelpScreen

            # Else the key would be tried as one of the help itself, which closes it.
            event.prevent_default()
            self.push_screen(HelpScreen(self.screen))

    def show_colours(self, colours: str) -> None:
        """Take other colours: a key of `tui.settings.CHOICES`."""
        self.theme = theme_name(colours, self._terminal)

    # -- places -------------------------------------------------------------------------------------------------

    def open_project(self, root: Path, place: str | None = None) -> None:
        """Open a project where it stands, or at a given page.

        Raises:
            TunesmithError: It cannot be opened.
        """
        self.open_place(*self.find_project(root, place))

    def find_project(self, root: Path, place: str | None = None) -> tuple[Project, str]:
        """A project and the page to open. Reads files and jobs: call it in a thread where time matters.

        Raises:
            TunesmithError: It cannot be read.
        """
        from engine.project import open_project

        project, _ = open_project(root)
        return project, place or self.standing_place(project)

    def open_place(self, project: Project, place: str) -> None:
        """Open a page of a project in place of the one that is open.

        Raises:
            TunesmithError: The project cannot be read.
        """
        module, _, name = PLACES[place].partition(":")
        screen = getattr(importlib.import_module(module), name)(project)
        self._close_dialogs()
        if self._is_home(self.screen):
            self.push_screen(screen)
        else:
            self.switch_screen(screen)

    def standing_place(self, project: Project) -> str:
        """Where a project stands: its running or killed job's page, else its first step that is not done."""
        from engine.jobs.state import all_jobs
        from tui.on_disk import QUICK, file_reason
        from tui.overview import place_of

        jobs, pages = all_jobs([project.root]), {"train": "train", "evaluate": "evaluate"}
        running = [job for job in jobs if job.active and job.record.kind in pages]
        if running:
            return pages[running[-1].record.kind]
        spec = project.load()
        return place_of(spec, jobs, file_reason(project, spec, QUICK) or "")

    def go_home(self) -> None:
        """Back to all projects."""
        self._close_dialogs()
        while not self._is_home(self.screen) and len(self.screen_stack) > 2:
            self.pop_screen()

    def action_go_home(self) -> None:
        """The same, as a command."""
        self.go_home()

    def home(self) -> HomeScreen:
        """The home screen, which stays open below the others."""
        from tui.screens.home import HomeScreen

        return next(screen for screen in self.screen_stack if isinstance(screen, HomeScreen))

    def _close_dialogs(self) -> None:
        while self.screen.is_modal:
            self.pop_screen()

    @staticmethod
    def _is_home(screen: object) -> bool:
        from tui.screens.home import HomeScreen

        return isinstance(screen, HomeScreen)

    # -- leaving ------------------------------------------------------------------------------------------------

    def action_ask_quit(self) -> None:
        """Quit; while a job runs, ask what is to become of it."""
        from tui.screens.quit import QuitScreen

        if not isinstance(self.screen, QuitScreen):
            if isinstance(self.focused, Input):
                # A field keeps what was typed when it is left.
                self.set_focus(None)
            self.run_worker(self._ask_quit(), group="quit", exclusive=True)

    async def _ask_quit(self) -> None:
        import asyncio

        from engine.jobs.control import request_stop
        from engine.jobs.state import all_jobs
        from tui.screens.quit import QuitScreen

        def look() -> list[JobView]:
            # A plan is worked out again in seconds; nobody is to be asked about it.
            return [job for job in all_jobs() if job.active and job.record.kind != "plan"]

        try:
            running = await asyncio.to_thread(look)
        except TunesmithError:
            # A record that cannot be read must not hold anybody here; the job goes on by itself.
            running = []
        if not running:
            self.exit(0)
            return
        choice = await self.push_screen_wait(QuitScreen(running))
        if choice == "stop":
            for job in running:
                await asyncio.to_thread(request_stop, job.folder, "you")
        if choice != "cancel":
            self.exit(0)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run a command; an error that a person can meet, as a project that is gone, is shown and not the end."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except TunesmithError as error:
            self._show_error(error)
            return True

    def _handle_exception(self, error: Exception) -> None:
        """The same for what runs beside the pages."""
        if isinstance(error, WorkerFailed) and isinstance(error.error, TunesmithError):
            self._show_error(error.error)
        else:
            super()._handle_exception(error)

    def _show_error(self, error: TunesmithError) -> None:
        """In place, on the page or in the dialog that is uppermost and has a place for it."""
        from tui.screens.frame import Problem

        for screen in reversed(self.screen_stack):
            if places := list(screen.query(Problem)):
                places[0].error = error
                return

    def _fatal_error(self) -> None:
        """An error nobody foresaw: no traceback over the screen, least of all with values in it.

        They could be rows of the person's data. The traceback, without values, goes to a file only they can read.
        """
        from traceback import format_exc

        from engine.files import atomic_write
        from engine.machine import state_folder

        file = state_folder() / "wizard-error.txt"
        words = "Something broke in the wizard that tunesmith did not foresee. Jobs go on; nothing saved is lost."
        try:
            atomic_write(file, format_exc(), "writing down what broke")
            words += f"\nThe details are in {file}."
        except TunesmithError as error:
            words += f"\nThe details could not be written: {error.title}"
        self.panic(words)

    def _name_machine(self) -> None:
        """Add the GPUs to the machine's name; asked in a thread, because a driver may take its time."""
        from tui.machine import look_at_machine

        facts = look_at_machine(self.glyphs)
        self.call_from_thread(self._machine_known, facts)

    def _machine_known(self, facts: MachineFacts) -> None:
        self.machine_facts = facts
        self.machine = facts.words

    def _collect_from_now_on(self) -> None:
        """Collect garbage, but not among what stays, and by the clock: by keys each search would hold one up."""
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
            gc.set_threshold(*gc.get_threshold()[:2], _RARELY)
            self.set_interval(_COLLECT_SECONDS, _collect)


def _collect() -> None:
    gc.collect()


def leave_on_hangup() -> None:
    """When the terminal goes away, leave at once; jobs have their own session and go on.

    The handler is synchronous and ends in `os._exit`: a handler on the event loop can hang behind a frozen link,
    and ignoring the signal leaves a process that spins for ever. There is nothing to save: every step was
    written when it was taken.
    """

    def leave(_number: int, _frame: FrameType | None) -> None:
        os._exit(_HANGUP_EXIT)

    signal.signal(signal.SIGHUP, leave)


def run_wizard(project: Path | None = None, ascii: bool = False) -> int:
    """Run the wizard until the person leaves it.

    Args:
        project: A project folder to open at once.
        ascii: Plain letters only.

    Returns:
        The exit code.
    """
    leave_on_hangup()
    # Collecting garbage while the first picture is made costs about a tenth of it; the app switches it on again.
    gc.disable()
    app = TunesmithApp(project, ascii=ascii)
    code = app.run()
    return code if code is not None else (app.return_code or 0)
