"""Home: running jobs on top, then the projects and where they stand. Stays open below the other screens.

Imports nothing of the engine but the list of known projects, so that it paints at once; how the projects stand is
read in a thread and follows a moment later.
"""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.errors import TunesmithError
from engine.machine import PRESETS, known_projects
from tui.charset import glyphs, plain
from tui.clipboard import Copyable
from tui.screens.frame import FrameScreen
from tui.threads import in_thread
from tui.widgets.facts import Facts
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import fit, fit_path, styled

if TYPE_CHECKING:
    from engine.forget import Belongings
    from engine.jobs.state import JobView
    from tui.jobs import JobsWatch
    from tui.overview import Standing

_POLL_SECONDS = 1.0
_SHOWN_JOBS = 3
_ROOMY = 16
"""Lines beside those of the list from which on there is room for what the marked project is made of."""
_WORDY = 76
"""Cells from which on there is room to say how long the demo takes."""
_QUIET = "All data stays on this machine. Nothing is sent anywhere."


class HomeScreen(FrameScreen):
    """Projects and running jobs.

    Args:
        open_first: A project to open as soon as the screen is there.
    """

    NAME = "home"
    CSS_PATH = "home.tcss"
    HELP = """
    Here are your projects and what is running. A project is a folder: what you decided, the data after personal
    details were removed, and what training made. It is yours alone (only your user can read it).

    n makes a project. enter opens the marked one where it stands. d walks the whole way with a tiny model and
    invented chats; it takes a few minutes and needs no GPU.

    X forgets the marked project: it says what would be lost, and deletes only when you type its name. Your own file
    is never touched. It can also only take the project off this list.

    A job goes on when you leave, when the line drops and when this window is closed. It is shown on top here when
    you come back; w watches it.

    Nothing you give is sent anywhere. The only thing that uses the network is getting a model, when you ask for one.
    """

    def __init__(self, open_first: Path | None = None) -> None:
        super().__init__()
        self._open_first = open_first
        self._jobs_watch: JobsWatch | None = None
        self._active: list[JobView] = []
        self._standings: dict[str, Standing] = {}
        """Where the projects stand, by folder."""

    def body(self) -> ComposeResult:
        """Running jobs, the table, and what to do when it is empty."""
        yield Static(id="running")
        yield RowList(
            [Column("project", 18), Column("where it stands", 10), Column(""), Column("last touched", 13)],
            [Row(str(root), (root.name, "", "", "")) for root in known_projects()],
            id="projects",
        )
        yield Facts(id="about")
        yield Static(id="empty")
        yield Static(id="ways")

    def on_mount(self) -> None:
        """Paint what is known at once, then follow."""
        self.say(_QUIET)
        self._show_empty()
        # The engine is imported for the first look: after the first picture, not before it.
        self.call_after_refresh(self._follow)
        if self._open_first is not None:
            self.call_after_refresh(self._open, self._open_first)

    def on_resize(self) -> None:
        """The wide form gives the name more room."""
        self.query_one("#projects", RowList).columns = (
            Column("project", 32 if self.size.width >= 110 else 18),
            Column("where it stands", 10),
            Column(""),
            Column("last touched", 13),
        )
        self._show_ways()

    def on_screen_resume(self) -> None:
        """A project may have been made meanwhile."""
        if self._jobs_watch is not None:
            self._look_once()

    # -- following ----------------------------------------------------------------------------------------------

    @work(exclusive=True, group="follow")
    async def _follow(self) -> None:
        while True:
            # Textual calls the screen below the open one current too; drawing it sends the whole picture anew.
            if self.app.screen is self or self._jobs_watch is None:
                await self._look()
            await asyncio.sleep(_POLL_SECONDS)

    @work(exclusive=True, group="look")
    async def _look_once(self) -> None:
        await self._look()

    async def _look(self) -> None:
        jobs, standings = await in_thread(self, self._read)
        self._active = [job for job in jobs if job.active]
        await self._show(standings)

    def _read(self) -> tuple[list[JobView], list[Standing]]:
        from tui.jobs import JobsWatch
        from tui.overview import standings

        if self._jobs_watch is None:
            self._jobs_watch = JobsWatch()
        jobs = self._jobs_watch.look()
        return jobs, standings(jobs)

    async def _show(self, standings: list[Standing]) -> None:
        rows = [
            Row(
                str(one.root),
                (
                    one.name,
                    one.step,
                    styled(plain(one.words, glyphs(self)), "$warning") if one.trouble else one.words,
                    styled(one.touched, "$muted"),
                ),
            )
            for one in standings
        ]
        self._standings = {str(one.root): one for one in standings}
        projects = self.query_one("#projects", RowList)
        if rows != list(projects.rows):
            projects.set_rows(rows)
            self._show_empty()
        self._show_running()
        self._show_about()
        self.refresh_bindings()

    def _called(self, root: str) -> str:
        """What a project is called; its folder's name until that was read."""
        return self._standings[root].name if root in self._standings else Path(root).name

    @on(RowList.Marked, "#projects")
    def _show_about(self) -> None:
        """What the marked project is made of, where there is room below the list."""
        from tui.model_facts import Fact

        projects, about = self.query_one("#projects", RowList), self.query_one("#about", Facts)
        one = self._standings.get(projects.marked_key or "")
        about.display = one is not None and self.size.height - len(projects.rows) >= _ROOMY
        projects.set_class(about.display, "-short")
        if one is None or not about.display:
            return
        chosen, room = glyphs(self), max(20, self.size.width - 20)
        model = "the bundled demo model" if one.model == "demo" else one.model
        data = "the bundled chats" if one.data == str(PRESETS / "demo" / "chats.jsonl") else one.data
        facts = [
            Fact("stands at", f"{one.step}: {one.words}", attention=one.trouble),
            Fact("learns from", fit_path(data, room, chosen) if data else "nothing chosen yet"),
            Fact("model", fit_path(model, room, chosen) if model else "none chosen yet"),
            Fact("its folder", fit_path(str(one.root), room, chosen)),
        ]
        about.show(facts)

    def _show_running(self) -> None:
        from tui.overview import job_sentence

        chosen = glyphs(self)
        width = self.size.width - 2
        watch = styled("w", "bold $accent") + Content(" Watch")
        lines: list[Content] = []
        for job in self._active[-1 : -1 - _SHOWN_JOBS : -1]:
            stalled = job.state == "stalled"
            mark = styled(chosen.stale if stalled else chosen.here, "$warning" if stalled else "$accent")
            room = width - 2 - (watch.cell_length + 2 if not lines else 0)
            line = mark + Content(" ") + fit(job_sentence(job, self._called(job.record.project)), room, chosen)
            lines.append(line + Content("  ") + watch if not lines else line)
        running = self.query_one("#running", Static)
        running.display = bool(lines)
        running.update(Content("\n").join(lines))

    def _show_empty(self) -> None:
        projects = self.query_one("#projects", RowList)
        empty = self.query_one("#empty", Static)
        projects.display, empty.display = bool(projects.rows), not projects.rows
        if empty.display:
            empty.update(
                styled("No projects yet.\n\n", "bold")
                + Content("To see how it goes, press ")
                + styled("d", "bold $accent")
                + Content(
                    ": a tiny model learns from invented chats, with the same steps as a real run.\n"
                    "It takes about five minutes and needs no GPU.\n\n"
                    "To begin with your own data, press "
                )
                + styled("n", "bold $accent")
                + Content(". You need one file of chats or texts;\na model can be chosen on the way.")
            )
            self.set_focus(None)
        self._show_ways()

    def _show_ways(self) -> None:
        opens = [("enter", "Open")] if self.query_one(RowList).rows else []
        ways = [
            ("n", "New project"),
            *opens,
            ("d", "Try the demo (5 min, no GPU needed)" if self.size.width >= _WORDY else "Try the demo"),
        ]
        parts = [styled(key, "bold $accent") + Content(f"  {words}") for key, words in ways]
        self.query_one("#ways", Static).update(Content("     ").join(parts))

    def copyable(self) -> list[Copyable]:
        """The error, and the marked project."""
        if (root := self.query_one("#projects", RowList).marked_key) is None:
            return super().copyable()
        opens = Copyable("open", "what opens it", f"tunesmith {shlex.quote(root)}")
        return [*super().copyable(), opens, Copyable("folder", "its folder", root)]

    # -- doing --------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Opening and forgetting need a project, watching a running job."""
        if action in ("open", "forget"):
            return bool(self.is_mounted and self.query_one("#projects", RowList).rows)
        if action == "watch":
            return bool(self._active)
        return super().check_action(action, parameters)

    def on_row_list_taken(self, message: RowList.Taken) -> None:
        """Enter or click on a project."""
        self._open(Path(message.key))

    def action_open(self) -> None:
        """Open the marked project where it stands."""
        if key := self.query_one("#projects", RowList).marked_key:
            self._open(Path(key))

    def action_watch(self) -> None:
        """Go to the newest running job."""
        from tui.overview import page_of

        if self._active:
            job = self._active[-1]
            self._open(Path(job.record.project), page_of(job.record.kind))

    @work(exclusive=True, group="open")
    async def _open(self, root: Path, place: str | None = None) -> None:
        """Open a project, at the page where it stands unless told otherwise."""
        self.show_problem(None)
        try:
            project, stands = await in_thread(self, self.wizard.find_project, root, place)
            self.wizard.open_place(project, stands)
        except TunesmithError as error:
            self.show_problem(error)

    @work
    async def action_new_project(self) -> None:
        """Ask for a name and a folder, then begin with the model."""
        from tui.screens.new_project import NewProjectScreen

        root = await self.app.push_screen_wait(NewProjectScreen())
        if root is not None:
            self._open(root, "model")

    @work(exclusive=True, group="demo")
    async def action_demo(self) -> None:
        """Make the demo project and begin."""
        from tui.screens.new_project import fresh_folder

        def make() -> Path:
            from engine.actions import make_demo_project

            project, _ = make_demo_project(fresh_folder("demo"))
            return project.root

        self.say("Making the demo project.")
        root = await self.ask_engine(make)
        self.say(_QUIET)
        if root is not None:
            self._open(root, "model")

    @work(exclusive=True, group="forget")
    async def action_forget(self) -> None:
        """Delete the marked project or take it off the list, after saying what that means."""
        from engine.forget import belongings
        from tui.forget import CHOICES, choice_words
        from tui.screens.ask import ChooseScreen

        root = Path(self.query_one("#projects", RowList).marked_key or "")
        if any(job.record.project == str(root) for job in self._active):
            self.say(f"{self._called(str(root))} has a running job: w shows it, S there stops it.")
            return
        found = await self.ask_engine(lambda: belongings(root))
        if found is not None:
            asked = ChooseScreen(f"Forget {found.name}?", choice_words(found), CHOICES, take="Go on")
            await self._forget(found, await self.app.push_screen_wait(asked))
            self._look_once()

    async def _forget(self, found: Belongings, choice: str | None) -> None:
        """Do what was chosen; deleting asks for the name first."""
        from engine.forget import delete_project, unlist
        from tui.forget import DELETE, UNLIST, delete_words, same_name
        from tui.screens.ask import AskScreen

        def do() -> Belongings:
            if choice == DELETE:
                return delete_project(found.root)
            unlist(found.root)
            return found

        words = f"{found.name} is off the list; its folder stays: {found.root}"
        if choice == DELETE:
            meaning = delete_words(found, glyphs(self))
            asked = AskScreen(
                f"To delete {found.name}, type its name",
                "",
                meaning,
                lambda typed: same_name(typed, found.name),
                "Delete",
            )
            if await self.app.push_screen_wait(asked) is None:
                return
            words = f"{found.name} is deleted." + (f" Your own file stays: {found.data}" if found.data else "")
        if choice in (DELETE, UNLIST) and await self.ask_engine(do) is not None:
            self.say(words, "good")

    @work(exclusive=True, group="colours")
    async def action_colours(self) -> None:
        """Which colours the wizard has on this machine."""
        from tui.screens.ask import ChooseScreen
        from tui.settings import CHOICES, keep_colours, kept_colours

        meaning = "Kept on this machine, for your user."
        colours = await self.app.push_screen_wait(ChooseScreen("Which colours?", meaning, CHOICES, kept_colours()))
        if colours is None:
            return
        self.wizard.show_colours(colours)
        try:
            keep_colours(colours)
        except TunesmithError as error:
            self.show_problem(error)

    def action_doctor(self) -> None:
        """What this machine has and lacks."""
        from tui.screens.doctor import DoctorScreen

        self.app.push_screen(DoctorScreen())
