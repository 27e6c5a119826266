"""The licence page: what the terms of the marked model mean for my use, and accepting that."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.errors import TunesmithError, UsageError
from engine.project import Project
from tui.charset import glyphs, plain
from tui.commands import TABLE, bindings
from tui.licence import USES, details, headline, use_line
from tui.screens.ask import AskScreen, key_words
from tui.screens.frame import Problem
from tui.threads import in_thread
from tui.widgets.text import styled

if TYPE_CHECKING:
    from engine.licences.verdict import Verdict
    from engine.spec import ProjectSpec, UseSpec


class LicenceScreen(ModalScreen[bool]):
    """Shows the verdict on one model and lets the use be changed. Returns whether anything was changed.

    Args:
        project: Whose use, data and acceptance it is about.
        source: The model, as the engine takes it.
        name: As the list calls it.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["licence"])
    AUTO_FOCUS: ClassVar[str | None] = "#why"
    DEFAULT_CSS = """
    LicenceScreen #why { height: 1fr; margin: 1 0 0 0; scrollbar-size-vertical: 1; }
    LicenceScreen #use { margin: 1 0 0 0; height: auto; }
    LicenceScreen Problem { padding: 0; }
    """

    def __init__(self, project: Project, source: str, name: str) -> None:
        super().__init__()
        self._project, self._source, self._called = project, source, name
        self._spec = project.load()
        self._verdict: Verdict | None = None
        self._changed = False

    @property
    def _taken(self) -> bool:
        return self._spec.model is not None and self._spec.model.source == self._source

    def compose(self) -> ComposeResult:
        """The verdict, the use, the reasons, the keys."""
        with Vertical(classes="dialog"):
            yield Static("Reading the terms.", id="head")
            yield Static(id="use")
            with VerticalScroll(id="why"):
                yield Static(id="details")
            yield Problem()
            yield Static(id="said")
            yield Static(key_words(("enter", "Accept"), ("down", "Read on"), ("esc", "Back")))

    def on_mount(self) -> None:
        """Read and show."""
        self._read()

    @work(exclusive=True, group="verdict")
    async def _read(self) -> None:
        await self._engine(lambda: self._project.load())

    async def _engine(self, change: Callable[[], ProjectSpec]) -> bool:
        """Change the project, judge again, and show it; an error is shown in place."""

        def run() -> tuple[ProjectSpec, Verdict]:
            from engine.licences.check import marked_verdict

            spec = change()
            return spec, marked_verdict(self._project, spec, self._source)

        problem = self.query_one(Problem)
        try:
            self._spec, self._verdict = await in_thread(self, run)
        except TunesmithError as error:
            problem.error = error
            return False
        problem.error = None
        self._show()
        return True

    def _show(self) -> None:
        from engine.licences.check import acceptance
        from engine.licences.verdict import ADVICE

        verdict, chosen = self._verdict, glyphs(self)
        if verdict is None:
            return
        state = acceptance(self._spec, verdict) if self._taken else "none"
        self.query_one("#head", Static).update(headline(verdict, self._called, state, chosen))
        said = self._spec.licence.data_licence or verdict.data_licence
        self.query_one("#use", Static).update(use_line(self._spec.licence.use, said, chosen))
        self.query_one("#details", Static).update(details(verdict, ADVICE, chosen))

    def _say(self, words: str, tone: str = "$muted") -> None:
        self.query_one("#said", Static).update(styled(plain(words, glyphs(self)), tone))

    # -- what it is for -----------------------------------------------------------------------------------------

    def action_change_use(self) -> None:
        """For oneself, for research, to earn money, and round again."""
        kinds = list(USES)
        now = kinds.index(self._spec.licence.use.use)
        self._set(use=kinds[(now + 1) % len(kinds)])

    def action_toggle_adult(self) -> None:
        """Whether the content is sexual."""
        self._set(adult=not self._spec.licence.use.adult)

    @work(exclusive=True, group="ask")
    async def action_ask_users(self) -> None:
        """How many people will use it."""
        now = self._spec.licence.use.monthly_users
        meaning = "People in a month, of everything you offer. Some licences end at a number: 100 or 700 million."
        typed = await self.app.push_screen_wait(AskScreen("How many will use it?", str(now), meaning, _users))
        if typed is not None:
            self._set(monthly_users=_users(typed))

    @work(exclusive=True, group="ask")
    async def action_ask_region(self) -> None:
        """Where the person lives or the company sits."""
        now = self._spec.licence.use.region or ""
        meaning = "Two letters of the country, or EU. Some models are not licensed everywhere. Empty: not said."
        typed = await self.app.push_screen_wait(
            AskScreen("Where do you live, or your company sit?", now, meaning, _region)
        )
        if typed is not None:
            self._set(region=_region(typed))

    @work(exclusive=True, group="ask")
    async def action_ask_data(self) -> None:
        """Whose the data is."""
        from engine.licences.check import check_data_licence

        now = self._spec.licence.data_licence or ""
        meaning = "`own` if you wrote it, or the licence it came under, such as cc-by-4.0. `unknown` if nobody can say."
        typed = await self.app.push_screen_wait(
            AskScreen("Whose is the data?", now or "own", meaning, check_data_licence)
        )
        if typed:
            self._set(data=typed)

    @work(exclusive=True, group="verdict")
    async def _set(self, data: str | None = None, **changes: object) -> None:
        from engine.licences.check import set_use

        def change() -> ProjectSpec:
            use: UseSpec = self._project.load().licence.use.model_copy(update=changes)
            return set_use(self._project, use, data)

        if await self._engine(change):
            self._changed = True
            self._say("")

    # -- accepting ----------------------------------------------------------------------------------------------

    def action_accept(self) -> None:
        """Keep this verdict in the project."""
        if self._verdict is None:
            return
        if self._verdict.verdict == "refused":
            self._say("There is nothing to accept: choose another model, or change what it is for.", "$error")
        elif not self._taken:
            self._say("This is not your model yet: esc, then enter takes it. The verdict stays the same.", "$warning")
        else:
            self._accept()

    @work(exclusive=True, group="verdict")
    async def _accept(self) -> None:
        from engine.licences.check import accept

        if await self._engine(lambda: accept(self._project)):
            self._changed = True
            self._say("Kept in the project, with the hashes of the texts it rests on.", "$success")

    def action_close(self) -> None:
        """Back to the models."""
        self.dismiss(self._changed)


def _users(typed: str) -> int:
    """A number of people.

    Raises:
        UsageError: It is none.
    """
    plain_number = typed.replace(",", "").replace("_", "").replace(" ", "")
    if not plain_number.isdigit():
        raise UsageError("This is not a number.", typed, "Type digits, such as 2000.")
    return int(plain_number)


def _region(typed: str) -> str | None:
    """Two letters of a country, `EU`, or nothing.

    Raises:
        UsageError: Something else.
    """
    from engine.licences.regions import region_code

    return region_code(typed) if typed.strip() else None
