"""The blind test: two answers in random order, and the person says which is better."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.errors import TunesmithError
from engine.evaluate.blind import BlindTest, Choice, choose, result_words
from engine.project import Project
from tui.charset import glyphs
from tui.commands import TABLE, bindings
from tui.evaluation import two_answers
from tui.screens.ask import key_words
from tui.screens.frame import Problem
from tui.threads import in_thread
from tui.widgets.logview import TextView
from tui.widgets.text import styled


class BlindTestScreen(ModalScreen[None]):
    """One pair after the other; each choice is saved at once, so the test can be left and gone on with."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["ab"])
    DEFAULT_CSS = """
    BlindTestScreen TextView { height: 1fr; margin: 1 0; }
    """

    def __init__(self, project: Project, test: BlindTest) -> None:
        super().__init__()
        self._project, self.test = project, test
        self._saving = False

    def compose(self) -> ComposeResult:
        """Where one is, both answers, the keys."""
        with Vertical(classes="dialog"):
            yield Static(id="where")
            yield TextView()
            yield Problem()
            yield Static(id="keys")

    def on_mount(self) -> None:
        """The first pair without a choice."""
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        """Answers stand beside each other where there is room."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        place, count, view = self.test.place, len(self.test.pairs), self.query_one(TextView)
        where, keys = self.query_one("#where", Static), self.query_one("#keys", Static)
        if place == count:
            where.update(styled("The blind test is done.", "bold"))
            view.set_lines([Content(result_words(self.test.result()))])
            keys.update(key_words(("u", "Undo"), ("esc", "Back")))
            return
        where.update(styled("Which answer is better?", "bold") + styled(f"   {place + 1} of {count}", "$muted"))
        pair = self.test.pairs[place]
        view.set_lines(two_answers(pair.prompt, *pair.shown, view.size.width - 1, glyphs(self)))
        view.scroll_home(animate=False)
        keys.update(
            key_words(("1", "First"), ("2", "Second"), ("0", "Neither"), ("u", "Undo"), ("esc", "Back, kept so far"))
        )

    @work(exclusive=True, group="judge")
    async def _save(self, place: int, choice: Choice | None) -> None:
        try:
            self.test = await in_thread(self, choose, self._project, self.test, place, choice)
        except TunesmithError as error:
            self.query_one(Problem).error = error
        finally:
            self._saving = False
        self._draw()

    def action_judge(self, choice: Choice) -> None:
        """The first, the second, or neither."""
        place = self.test.place
        if place < len(self.test.pairs) and not self._saving:
            self._saving = True
            self._save(place, choice)

    def action_undo(self) -> None:
        """Back to the pair before."""
        place = self.test.place - 1
        if place >= 0 and not self._saving:
            self._saving = True
            self._save(place, None)

    def action_page(self, by: int) -> None:
        """Scroll long answers."""
        view = self.query_one(TextView)
        view.scroll_page_down(animate=False) if by > 0 else view.scroll_page_up(animate=False)

    def action_close(self) -> None:
        """Back to the gate."""
        self.dismiss(None)
