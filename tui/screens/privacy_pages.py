"""The quieter pages of the privacy step: before the scan, while a job runs, and the proof afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.jobs.state import JobView
from engine.spec import ProjectSpec
from tui.charset import Glyphs, glyphs, plain
from tui.proof import Proof
from tui.widgets.text import fit, fit_path, styled

_SCANNING = (
    "Names, places, numbers and keys are searched in every row. Names found in one row are searched in all others."
)
_REDACTING = (
    "Every value that is not kept is replaced, everywhere in the same way. Then the new file is searched once more, "
    "for anything left over and for every hidden value letter by letter."
)


def known_from(text: str) -> list[str]:
    """The values in a line that a person typed, separated by commas; each once, in their order."""
    return list(dict.fromkeys(part for piece in text.split(",") if (part := " ".join(piece.split()))))


class KnownField(Input):
    """The creator's own words. Leaving it keeps them; so does enter."""

    gloss = "known values"


class ScanPage(Vertical):
    """What will happen, and the values that only the creator knows."""

    @dataclass
    class Known(Message):
        """The creator's own words were typed."""

        values: list[str]

    def compose(self) -> ComposeResult:
        """The question, what happens, the field."""
        yield Static(id="scan-title")
        yield Static(id="scan-what")
        yield Static(id="known-title")
        yield KnownField(placeholder="nothing yet; for example: Maya Lindqvist, Uppsala, Fjord & Co", id="known")
        yield Static(id="known-note")

    def show(self, spec: ProjectSpec, reason: str, rows: int | None) -> None:
        """Put the project on the page.

        Args:
            spec: The project.
            reason: Why a scan is needed again, in a sentence; empty for the first one.
            rows: How many rows there are, where known.
        """
        chosen = glyphs(self)
        title = styled("Is there anything personal in your rows?", "bold")
        if reason:
            title = styled(f"{chosen.stale} {plain(reason, chosen)}", "bold $warning")
        self.query_one("#scan-title", Static).update(title)
        many = f"Each of your {rows:,} rows" if rows else "Every row"
        what = (
            f"{many} is searched on this machine for names, addresses, numbers, user names, passwords and keys. "
            "Then you look at what was found. Nothing is changed before you say so; your own file never is."
        )
        if reason:
            what = "Only rows that are new or different are searched again, and what you decided stays decided."
        self.query_one("#scan-what", Static).update(Content(plain(what, chosen)))
        title = styled("Your own words", "bold") + styled("   your name, your town, your clients", "$muted")
        self.query_one("#known-title", Static).update(title)
        field = self.query_one("#known", KnownField)
        if not field.has_focus:
            with field.prevent(Input.Changed):
                field.value = ", ".join(spec.redaction.known_values)
        note = "Separated by commas. They are found and hidden wherever they occur, however they are written."
        self.query_one("#known-note", Static).update(styled(note, "$muted"))

    @property
    def typed(self) -> list[str]:
        """The values in the field."""
        return known_from(self.query_one("#known", KnownField).value)

    def on_descendant_blur(self) -> None:
        """Leaving the field keeps what was typed."""
        self.post_message(self.Known(self.typed))

    @on(Input.Submitted)
    def _typed(self, message: Input.Submitted) -> None:
        message.stop()
        self.post_message(self.Known(self.typed))
        self.screen.set_focus(None)


class WorkPage(Widget):
    """What a running job is doing; its bar stands below."""

    DEFAULT_CSS = "WorkPage { height: 1fr; padding: 1 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._job: JobView | None = None
        self.note = ""
        """A sentence about this job, as how many values stay hidden."""

    def show(self, job: JobView) -> None:
        """The newest picture of the job."""
        self._job = job
        self.refresh()

    def render(self) -> Content:
        """What, how far in words, and that it is safe to leave."""
        if self._job is None:
            return Content("")
        chosen = glyphs(self)
        scan = self._job.record.kind == "scan"
        title = "Looking for personal details" if scan else "Writing the redacted file"
        lines = [
            _SCANNING if scan else _REDACTING,
            "",
            *([self.note, ""] if self.note else []),
            "It is safe to close this window: the work goes on, and tunesmith shows it again.",
        ]
        return styled(title, "bold") + Content("\n\n" + plain("\n".join(lines), chosen))


class ProofPage(Widget):
    """What the redaction did, and what the second look found."""

    DEFAULT_CSS = "ProofPage { height: 1fr; padding: 0 1; text-wrap: nowrap; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._proof: Proof | None = None

    def show(self, proof: Proof) -> None:
        """Put a proof on the page."""
        self._proof = proof
        self.refresh()

    @property
    def waits_for_consent(self) -> bool:
        """Whether rows were left out because somebody's consent is not recorded."""
        return self._proof is not None and self._proof.needs_consent > 0

    def render(self) -> Content:
        """The verdict, the numbers, the types, where the file lies."""
        if self._proof is None:
            return Content("")
        chosen, width = glyphs(self), self.size.width
        proof = self._proof
        clean = proof.clean
        mark = chosen.done if clean else chosen.stale
        lines = [
            styled(f"{mark} {plain(proof.verdict, chosen)}", "bold $success" if clean else "bold $warning"),
            Content(""),
        ]
        lines += [_line(name, value, note, width, chosen) for name, value, note in proof.lines]
        lines += [Content(""), *_types(proof, width, max(1, self.size.height - len(lines) - 4), chosen), Content("")]
        lines.append(
            styled("the redacted file  ", "$muted") + Content(fit_path(proof.path, max(10, width - 20), chosen))
        )
        lines.append(styled("Only this file is trained on. Yours stays as it was.", "$muted"))
        return Content("\n").join(lines)


def _line(name: str, value: int, note: str, width: int, chosen: Glyphs) -> Content:
    line = styled(f"{name:<18}", "$muted") + Content(f"{value:>9,}") + styled(f"   {plain(note, chosen)}", "$muted")
    return fit(line, width, chosen)


def _types(proof: Proof, width: int, room: int, chosen: Glyphs) -> list[Content]:
    """Findings by type in columns, as many as there is room for; what does not fit is counted."""
    columns = max(1, min(4, width // 26))
    shown = list(proof.types[: room * columns])
    if len(proof.types) > len(shown):
        rest = sum(count for _, count in proof.types[len(shown) - 1 :])
        shown[-1] = ("other", rest)
    cells = [f"{name:<10}{count:>9,}     " for name, count in shown]
    rows = -(-len(cells) // columns)
    return [fit(Content("".join(cells[row::rows])), width, chosen) for row in range(rows)] or [
        Content("Nothing personal was found.")
    ]
