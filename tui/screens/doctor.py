"""The doctor's page: what this machine has, what it lacks, and what mends it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from tui.charset import glyphs, plain
from tui.screens.frame import FrameScreen
from tui.threads import in_thread
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import styled

if TYPE_CHECKING:
    from engine.cli.doctor import Check


def _next(found: Iterator[Check]) -> Check | None:
    return next(found, None)


_COLOURS = {"ok": "$success", "attention": "$warning", "problem": "$error"}
_WORDS = {"ok": "fine", "attention": "look at this", "problem": "to mend"}


class DoctorScreen(FrameScreen):
    """The same checks as `tunesmith doctor`, each shown as soon as it is known."""

    NAME = "doctor"
    CSS_PATH = "doctor.tcss"
    HELP = """
    The doctor looks at this machine: libraries, the language model that finds names, disk, terminal, GPU. What needs
    mending says how, below the list. r looks again. Nothing is changed and nothing is sent.
    """

    def __init__(self) -> None:
        super().__init__()
        self._found: list[Check] = []

    def body(self) -> ComposeResult:
        """The list and, below it, what mends the marked one."""
        yield Static(styled("Is this machine ready?", "bold"), id="question")
        yield RowList([Column(width=14), Column(width=16), Column()], id="checks")
        yield Static(id="mend")

    def on_mount(self) -> None:
        """Begin at once."""
        self.action_look_again()

    @work(exclusive=True, group="doctor")
    async def action_look_again(self) -> None:
        """Run all checks; loading the libraries takes a few seconds."""
        from engine.cli.doctor import checks

        self._found = []
        self.query_one("#checks", RowList).set_rows([])
        self.say("Looking. Loading the libraries takes some seconds.")
        found = checks(dict(os.environ))
        while (check := await in_thread(self, _next, found)) is not None:
            self._found.append(check)
            self._show()
        problems = sum(check.state == "problem" for check in self._found)
        if problems:
            self.say(f"{problems} to mend before this machine is ready.", "danger")
        else:
            self.say("This machine is ready.", "good")

    def _show(self) -> None:
        chosen = glyphs(self)
        marks = {"ok": chosen.done, "attention": chosen.stale, "problem": chosen.bad}
        self.query_one("#checks", RowList).set_rows(
            [
                Row(
                    str(index),
                    (
                        styled(f"{marks[check.state]} {_WORDS[check.state]}", _COLOURS[check.state]),
                        check.name,
                        check.text,
                    ),
                )
                for index, check in enumerate(self._found)
            ]
        )

    def on_row_list_marked(self, message: RowList.Marked) -> None:
        """The marked check in full."""
        if int(message.key) < len(self._found):
            check = self._found[int(message.key)]
            chosen = glyphs(self)
            mend = (
                styled(f"\n{chosen.arrow} ", "$accent") + Content(plain(check.mend, chosen))
                if check.mend
                else Content("")
            )
            self.query_one("#mend", Static).update(Content(plain(check.text, chosen)) + mend)

    def action_go_back(self) -> None:
        """To the projects."""
        self.app.pop_screen()
