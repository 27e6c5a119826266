"""The doctor's page: what this machine has, what it lacks, and what mends it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.errors import JobFailedError, TunesmithError
from tui.charset import glyphs, plain
from tui.clipboard import Copyable
from tui.screens.frame import FrameScreen
from tui.threads import is_open
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import styled

_COLOURS = {"ok": "$success", "attention": "$warning", "problem": "$error"}
_WORDS = {"ok": "fine", "attention": "look at this", "problem": "to mend"}
_TIMEOUT_S = 240.0


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: `state` is ok, attention or problem."""

    name: str
    state: str
    text: str
    mend: str = ""


class DoctorScreen(FrameScreen):
    """Shows what `tunesmith doctor` says; the command runs as a process of its own, because it loads the libraries."""

    NAME = "doctor"
    CSS_PATH = "doctor.tcss"
    AUTO_FOCUS: ClassVar[str | None] = "#checks"
    HELP = """
    The doctor looks at this machine: libraries, the language model that finds names, disk, terminal, GPU. What needs
    mending says how, below the list. r looks again. Nothing is changed and nothing is sent.
    """

    def __init__(self) -> None:
        super().__init__()
        self._found: tuple[Finding, ...] = ()

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
        self.show_problem(None)
        self.say("Looking. Loading the libraries takes some seconds.")
        try:
            self._found = await ask_doctor()
        except TunesmithError as error:
            self.say("")
            self.show_problem(error)
            return
        if not is_open(self):
            return
        self._show()
        problems = sum(finding.state == "problem" for finding in self._found)
        if problems:
            self.say(f"{problems} to mend before this machine is ready.", "danger")
        else:
            self.say("This machine is ready.", "good")

    def _show(self) -> None:
        chosen = glyphs(self)
        marks = {"ok": chosen.done, "attention": chosen.stale, "problem": chosen.bad}
        rows = []
        for index, finding in enumerate(self._found):
            state = styled(f"{marks[finding.state]} {_WORDS[finding.state]}", _COLOURS[finding.state])
            rows.append(Row(str(index), (state, finding.name, finding.text)))
        self.query_one("#checks", RowList).set_rows(rows)

    def on_row_list_marked(self, message: RowList.Marked) -> None:
        """The marked check in full."""
        if int(message.key) < len(self._found):
            finding = self._found[int(message.key)]
            chosen = glyphs(self)
            shown = Content(plain(finding.text, chosen))
            if finding.mend:
                shown += styled(f"\n{chosen.arrow} ", "$accent") + Content(plain(finding.mend, chosen))
            self.query_one("#mend", Static).update(shown)

    def copyable(self) -> list[Copyable]:
        """The error, and what mends each thing that is not fine."""
        mends = [Copyable(f"mend-{at}", one.name, one.mend) for at, one in enumerate(self._found) if one.mend]
        return [*super().copyable(), *mends]

    def action_go_back(self) -> None:
        """To the projects."""
        self.app.pop_screen()


async def ask_doctor() -> tuple[Finding, ...]:
    """Run `tunesmith doctor --json` and read what it says. Whoever leaves meanwhile need not wait for it.

    Raises:
        JobFailedError: It did not answer.
    """
    process = _start_doctor()
    try:
        said, complaint = await asyncio.wait_for(asyncio.to_thread(process.communicate), _TIMEOUT_S)
    except TimeoutError as error:
        what = f"It said nothing for {_TIMEOUT_S:.0f} s."
        raise JobFailedError(
            "The doctor did not answer.", what, "Run `tunesmith doctor` to see how far it gets."
        ) from error
    finally:
        if process.returncode is None:
            # The thread that listens then hears the end, and goes too.
            process.kill()
    try:
        checks = json.loads(said)["checks"]
        return tuple(Finding(one["name"], one["state"], one["text"], one.get("mend", "")) for one in checks)
    except (ValueError, KeyError, TypeError) as error:
        tail = "\n".join(complaint.decode(errors="replace").strip().splitlines()[-3:])
        raise JobFailedError("The doctor could not finish.", tail, "Run `tunesmith doctor` to see it all.") from error


def _start_doctor() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "engine.cli", "doctor", "--json"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
