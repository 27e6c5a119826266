"""Step 8, shipping: where the adapter lies, what it must carry, and one locked file to take away."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from engine.errors import TunesmithError, UsageError
from engine.evaluate.gate import Gate, judge
from tui.charset import glyphs, plain
from tui.clipboard import Copyable, fetch_command
from tui.model_facts import Fact, licence_words
from tui.passphrase import remove_passphrases, write_passphrase
from tui.screens.base import StepScreen
from tui.screens.frame import Rule
from tui.threads import in_thread
from tui.widgets.facts import Facts
from tui.widgets.secret_field import SecretField
from tui.widgets.text import fit_path, size_text, styled

if TYPE_CHECKING:
    from engine.jobs.state import JobView


class ShipScreen(StepScreen):
    """Pack the adapter into one file that may leave this machine."""

    NAME = "ship"
    STEP_NAME = "ship"
    TERMS = ("adapter", "base model", "licence")
    JOB_KINDS = ("ship",)
    CSS_PATH = "ship.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""
    HELP = """
    The adapter is what training made. It lies in the project's folder and works with its base model only. Here it is
    checked and packed into one file that you can take with you, with a card that says what it is, whose licence it
    is under and how it was made. Your data is not in the package.

    Type a passphrase twice to lock the file. Four or five words are good. It is not kept anywhere: without it nobody
    can open the file again, not even you. The command tunesmith decrypt opens it.

    p packs it without a lock. Then whoever gets the file can use the adapter, and a model that learned from chats can
    give away how people write, even after their details were hidden.

    Once it is packed, Y copies where the file lies, the command that fetches it to your own computer, and the one that
    opens it.

    Nothing is packed while the gate is closed: g shows it, line by line.

    The base model's licence binds the adapter too. Where it is unknown, find out before you share it.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self._result: dict[str, Any] = {}
        self._gate: Gate | None = None

    def body(self) -> ComposeResult:
        """Facts, the two fields, the result."""
        yield Static(styled("Ready to take it away?", "bold"), id="question")
        with VerticalScroll(id="page", can_focus=False):
            yield Facts(id="adapter")
            yield Rule("what it carries", id="carries-rule")
            yield Static(id="carries")
            with Vertical(id="locking"):
                yield Rule("lock it", id="lock-rule")
                yield SecretField(placeholder="a passphrase of 10 characters or more", id="first")
                yield SecretField(placeholder="the same once more", id="second")
            with Vertical(id="done"):
                yield Rule("the file", id="done-rule")
                yield Facts(id="result")

    def words(self) -> str:
        """What enter does."""
        if self.spec.run is None:
            return "There is no trained run yet: train first."
        if self._gate is not None and not self._gate.open:
            packed = "what lies here was packed before" if self._result else "nothing is packed"
            return f"The gate is closed, so {packed}. g shows why."
        if self._result:
            return "Packed. Y copies where it is, or what fetches it. enter goes home."
        return "The passphrase is kept nowhere. Without it nobody can open the file again."

    def spec_changed(self) -> None:
        """Show what is known, then look at the files in a thread."""
        self.query_one("#done").display = bool(self._result)
        self.query_one("#locking").display = self._may_pack and not self._result
        self._look()

    @property
    def _may_pack(self) -> bool:
        """Whether there is an adapter and the gate does not hold it back, as far as is known."""
        return self.spec.run is not None and (self._gate is None or self._gate.open)

    def _ask_gate(self) -> Gate | None:
        """The verdict; None where there is nothing to judge: the packing job then says why."""
        try:
            return judge(self.project, self.spec)
        except TunesmithError:
            return None

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        chosen = glyphs(self)
        size = await in_thread(self, self._adapter_size)
        self._gate = await in_thread(self, self._ask_gate)
        run, model = self.spec.run, self.spec.model
        if run is None:
            self.query_one("#adapter", Facts).show((Fact("adapter", "none yet: train first", attention=True),))
            return
        self.query_one("#carries-rule").display = True
        room = max(30, self.size.width - 18)
        where = fit_path(str(self.project.run_folder(run) / "adapter"), room, chosen)
        licence = model.licence if model else "unknown"
        unknown = licence == "unknown"
        base = model.source if model else "unknown"
        self.query_one("#adapter", Facts).show(
            (
                Fact("adapter", where),
                Fact("size", size_text(size) if size else "no files there", attention=not size),
                Fact("base model", fit_path("the bundled demo model" if base == "demo" else base, room, chosen)),
                Fact("licence", licence_words(licence), attention=unknown),
                self._gate_fact(),
            )
        )
        self.query_one("#locking").display = self._may_pack and not self._result
        if not self._may_pack:
            self.set_focus(None)
            self.say(self.words(), "danger" if self._gate and self._gate.red else "attention")
        self.refresh_bindings()
        self.query_one("#carries", Static).update(self._carries(licence))

    def _gate_fact(self) -> Fact:
        gate = self._gate
        if gate is None:
            return Fact("gate", "not judged", attention=True)
        if gate.open:
            reasons = f", {len(gate.amber)} passed with your reason" if gate.amber else ""
            return Fact("gate", f"open{reasons}")
        counts = [f"{len(gate.red)} red"] * bool(gate.red) + [f"{len(gate.unexplained)} amber"] * bool(gate.unexplained)
        return Fact("gate", f"closed: {', '.join(counts)}", attention=True)

    def _adapter_size(self) -> int:
        if self.spec.run is None:
            return 0
        folder = self.project.run_folder(self.spec.run) / "adapter"
        return sum(file.stat().st_size for file in folder.glob("*") if file.is_file())

    def _carries(self, licence: str) -> Content:
        chosen = glyphs(self)
        lines = [
            "the adapter and its settings, without any path of this machine",
            "a card: base model, how it was made, what was measured; none of your rows",
        ]
        if licence != "unknown":
            lines.append(f"the base model's licence ({licence}), which binds the adapter too")
        shown = [styled(f" {chosen.done} ", "$success") + Content(plain(line, chosen)) for line in lines]
        if licence == "unknown":
            words = "no licence: the base model's files do not say it; find out before you share it"
            shown.append(styled(f" {chosen.stale} {words}", "$warning"))
        return Content("\n").join(shown)

    def copyable(self) -> list[Copyable]:
        """First what has to do with the package."""
        found = super().copyable()
        file = str(self._result.get("file", ""))
        if not file:
            return found
        mine = [Copyable("file", "the packed file", file)]
        if fetch := fetch_command(file, os.environ):
            mine.insert(0, Copyable("fetch", "what fetches it", fetch))
        if self._result.get("encrypted"):
            mine.append(Copyable("open", "what opens it", f"tunesmith decrypt {shlex.quote(Path(file).name)}"))
        mine.append(Copyable("sha256", "its sha256", str(self._result.get("sha256", ""))))
        return [*mine, *found]

    # -- doing --------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """The first field is ready to be typed into."""
        if self.spec.run is not None and self.status.state != "done":
            self.query_one("#first", SecretField).focus()

    def past_job(self, job: JobView) -> None:
        """It was packed before: show that file."""
        if job.state == "finished" and self.status.state == "done":
            self._show_result(job.snapshot.result)
        else:
            self.show_past_problem(job)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Packing needs a run and no packing job."""
        if action in ("go_on", "pack_plain", "type_passphrase"):
            return (self._may_pack or bool(self._result)) and not self.job_runs
        return super().check_action(action, parameters)

    def on_descendant_focus(self) -> None:
        """Say what enter does in a field."""
        if isinstance(self.focused, SecretField):
            words = "goes to the second field" if self.focused.id == "first" else "locks and packs it"
            self.say(f"enter {words}; esc, then p, packs unlocked. A lost passphrase stays lost.")

    @on(Input.Submitted)
    def _typed(self, message: Input.Submitted) -> None:
        if message.input.id == "first" and not self.query_one("#second", SecretField).value:
            problem = passphrase_problem(message.value, message.value)
            self.show_problem(problem)
            if problem is None:
                self.query_one("#second", SecretField).focus()
            else:
                self.query_one("#first", SecretField).value = ""
        else:
            self._lock()

    def action_go_on(self) -> None:
        """Type the passphrase; once packed, home."""
        if self._result:
            self.wizard.go_home()
        else:
            self.action_type_passphrase()

    def action_type_passphrase(self) -> None:
        """To the first field."""
        self.query_one("#locking").display = True
        self.query_one("#first", SecretField).focus()

    def action_go_back(self) -> None:
        """Out of a field first, then to the step before."""
        if isinstance(self.focused, Input):
            self.set_focus(None)
            self.say(self.words())
        else:
            self.go_back()

    @work(exclusive=True, group="lock")
    async def _lock(self) -> None:
        first, second = self.query_one("#first", SecretField), self.query_one("#second", SecretField)
        passphrase, again = first.value, second.value
        first.value = second.value = ""
        if problem := passphrase_problem(passphrase, again):
            self.show_problem(problem)
            first.focus()
            return
        file = await self.ask_engine(lambda: write_passphrase(passphrase))
        if file is None:
            return
        self.set_focus(None)
        self.start_job("ship", {"passphrase_file": str(file), "encrypt": True})

    def action_show_gate(self) -> None:
        """Back to the gate."""
        self.go_to("evaluate")

    @work(exclusive=True, group="lock")
    async def action_pack_plain(self) -> None:
        """Pack without a lock, after a question."""
        from tui.screens.ask import ChooseScreen

        title = "Pack it without a lock?"
        meaning = "Whoever gets the file can use the adapter, and may learn from it how people in your rows write."
        choices = [("", "Not now", "a passphrase locks it"), ("plain", "Pack unlocked", "no passphrase is needed")]
        if await self.app.push_screen_wait(ChooseScreen(title, meaning, choices)):
            self.start_job("ship", {"encrypt": False})

    def job_changed(self, job: JobView) -> None:
        """The job reads the passphrase before its first phase; from then on the file is not needed."""
        if job.snapshot.phase:
            remove_passphrases()
        if job.active:
            self.say("It is safe to leave: the packing goes on.")

    def job_ended(self, job: JobView) -> None:
        """Show the file, or leave the error where it is."""
        remove_passphrases()
        if job.state == "finished":
            self._show_result(job.snapshot.result)

    def job_refused(self, error: TunesmithError) -> None:
        """It did not start: nothing of the passphrase stays."""
        remove_passphrases()

    def _show_result(self, result: dict[str, Any]) -> None:
        self._result = result
        chosen = glyphs(self)
        locked = bool(result.get("encrypted"))
        lock = "locked with your passphrase" if locked else "not locked: whoever has it can use it"
        file = str(result.get("file", ""))
        facts = [
            Fact("file", fit_path(file, max(30, self.size.width - 18), chosen)),
            Fact("size", size_text(int(result.get("bytes", 0)))),
            Fact("sha256", str(result.get("sha256", ""))),
            Fact("lock", lock, attention=not locked),
        ]
        if fetch := fetch_command(file, os.environ):
            named = "; HOST in it is the name you log in by" if " HOST:" in fetch else ""
            facts.append(Fact("to fetch it", f"Y copies the command for your own computer{named}"))
        if locked:
            facts.append(Fact("to open it", f"tunesmith decrypt {file.rsplit('/', 1)[-1]}"))
        facts.append(Fact("to use it", "load it over its base model with PEFT; it does nothing alone"))
        self.query_one("#result", Facts).show(facts)
        self.query_one("#done").display = True
        self.query_one("#locking").display = False
        self.say(self.words(), "good")
        self.call_after_refresh(self.query_one("#page").scroll_end, animate=False)


def passphrase_problem(first: str, second: str) -> UsageError | None:
    """What is wrong with the two passphrases; None when they can be used."""
    from engine.ship.passphrase import MIN_LENGTH

    if first != second:
        return UsageError("The two passphrases differ.", "", "Type it twice again; both fields are empty now.")
    if len(first) < MIN_LENGTH:
        what = f"It has {len(first)} characters; {MIN_LENGTH} are the least."
        return UsageError("The passphrase is too short.", what, "Use four or five words.")
    return None
