"""Leaving while a job runs: what is to become of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.charset import glyphs, plain
from tui.commands import TABLE, bindings
from tui.widgets.progress import progress_words
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import styled

if TYPE_CHECKING:
    from engine.jobs.state import JobView

QuitChoice = Literal["keep", "stop", "cancel"]


class QuitScreen(ModalScreen[QuitChoice]):
    """Asks; keeping the job running is the default."""

    DEFAULT_CSS = "QuitScreen RowList { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["quit"])

    def __init__(self, running: Sequence[JobView]) -> None:
        super().__init__()
        self._active = tuple(running)

    def compose(self) -> ComposeResult:
        """The jobs, then the three ways."""
        chosen = glyphs(self)
        with Vertical(classes="dialog"):
            yield Static(styled("A job is running. Leave it?", "bold"))
            for job in self._active[:3]:
                words = f"{chosen.here} {Path(job.record.project).name}: {progress_words(job)}"
                yield Static(Content(plain(words, chosen)))
            yield Static("")
            yield RowList(
                [Column(width=1), Column()],
                [
                    Row("keep", ("k", "Keep it running in the background")),
                    Row("stop", ("s", "Stop it and save what it has")),
                    Row("cancel", ("c", "Stay here")),
                ],
                id="ways",
            )
            yield Static("")
            yield Static(styled("tunesmith shows it again when you come back.", "$muted"))

    def on_row_list_taken(self, message: RowList.Taken) -> None:
        """The marked way."""
        self.action_choose(message.key)

    def action_choose(self, way: str) -> None:
        """Leave with an answer."""
        if way == "keep":
            self.dismiss("keep")
        elif way == "stop":
            self.dismiss("stop")
        else:
            self.dismiss("cancel")
