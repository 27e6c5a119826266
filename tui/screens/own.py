"""The creator's own recognisers: a list of them, and a page to write one and try it while writing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar

from pydantic import ValidationError
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from engine.errors import TunesmithError
from engine.privacy.own import OwnFinding, entity_of, pattern_problem, try_own
from engine.privacy.own_try import ROWS, Tried
from engine.spec import OwnSpec
from tui.charset import Glyphs, glyphs, plain
from tui.commands import TABLE, bindings
from tui.screens.ask import key_words
from tui.screens.dialog import Dialog
from tui.screens.privacy_pages import known_from
from tui.threads import in_thread
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import fit, one_line, styled
from tui.widgets.wrap import wrap_ranges

_LIVE_SECONDS = 0.5
"""The longest a pattern may take on the sample text."""
_REST_SECONDS = 0.1
_BOX_LINES, _FOUND_LINES = 3, 5
_SAMPLE = "Type or paste a text in which it should be found."


def what_of(spec: OwnSpec) -> str:
    """What a recogniser looks for, in one line."""
    return ", ".join(spec.words) if spec.words is not None else f"/{spec.pattern}/"


class OwnScreen(Dialog[list[OwnSpec] | None]):
    """The list; returns it where it was changed, else None.

    Args:
        own: What the project has.
        on_rows: Tries one on the first rows of the data; None where there is no data yet.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["own"])
    DEFAULT_CSS = """
    OwnScreen RowList { height: auto; max-height: 10; margin: 1 0; }
    """

    def __init__(self, own: Sequence[OwnSpec], on_rows: Callable[[OwnSpec], Tried] | None) -> None:
        super().__init__()
        self._before, self.own, self._on_rows = list(own), list(own), on_rows

    def compose(self) -> ComposeResult:
        """What they are for, the list, the keys."""
        with Vertical(classes="dialog"):
            yield Static(styled("Your patterns", "bold") + styled("   kept with the project", "$muted"))
            yield Static(
                styled("Order numbers, code names, the way your clients are called: found and hidden.", "$muted")
            )
            yield RowList([Column(width=18), Column()], self._rows())
            yield Static(id="ways")

    def on_mount(self) -> None:
        """To the list."""
        self._show()

    def _rows(self) -> list[Row]:
        chosen = glyphs(self)
        return [
            Row(str(number), (plain(one.name, chosen), plain(one_line(what_of(one)), chosen)))
            for number, one in enumerate(self.own)
        ]

    def _show(self, mark: int = 0) -> None:
        rows = self.query_one(RowList)
        rows.display = bool(self.own)
        rows.set_rows(self._rows(), mark=str(mark) if self.own else None)
        some = (("enter", "Edit"), ("d", "Remove")) if self.own else ()
        self.query_one("#ways", Static).update(key_words(("n", "New"), *some, ("esc", "Back")))
        if self.own:
            rows.focus()

    @property
    def _marked(self) -> int | None:
        key = self.query_one(RowList).marked_key if self.own else None
        return None if key is None else int(key)

    @work(exclusive=True)
    async def action_new(self) -> None:
        """Write another one."""
        made = await self.app.push_screen_wait(OwnEditScreen(None, self._taken(None), self._on_rows))
        if made is not None:
            self.own.append(made)
            self._show(len(self.own) - 1)

    def action_edit(self) -> None:
        """Change the marked one."""
        if self._marked is not None:
            self._edit(self._marked)

    def on_row_list_taken(self, message: RowList.Taken) -> None:
        """The same."""
        self._edit(int(message.key))

    @work(exclusive=True)
    async def _edit(self, number: int) -> None:
        made = await self.app.push_screen_wait(OwnEditScreen(self.own[number], self._taken(number), self._on_rows))
        if made is not None:
            self.own[number] = made
            self._show(number)

    def _taken(self, besides: int | None) -> frozenset[str]:
        return frozenset(entity_of(one.name) for number, one in enumerate(self.own) if number != besides)

    def action_remove(self) -> None:
        """Look for the marked one no more."""
        if (number := self._marked) is not None:
            del self.own[number]
            self._show(max(0, min(number, len(self.own) - 1)))

    def action_close(self) -> None:
        """Back, with what was changed."""
        self.dismiss(self.own if self.own != self._before else None)


class OwnEditScreen(Dialog[OwnSpec | None]):
    """One recogniser: its name, its words or its pattern, and a box that shows at once what it finds.

    Args:
        spec: The one to change; None for a new one.
        taken: Types that the other recognisers have.
        on_rows: Tries it on the first rows of the data.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["own_edit"])
    DEFAULT_CSS = """
    OwnEditScreen Horizontal { height: 1; }
    OwnEditScreen .label { width: 12; }
    OwnEditScreen Input { width: 1fr; }
    OwnEditScreen #problem { height: 2; }
    OwnEditScreen #box { height: 3; margin: 0 0 0 12; }
    OwnEditScreen #found { height: 5; margin: 1 0 0 0; }
    """

    def __init__(self, spec: OwnSpec | None, taken: frozenset[str], on_rows: Callable[[OwnSpec], Tried] | None) -> None:
        super().__init__()
        self._spec, self._taken, self._on_rows = spec, taken, on_rows
        self.found: list[OwnFinding] | None = None
        """What is found in the sample text; None while that is not known."""
        self.tried: Tried | None = None

    def compose(self) -> ComposeResult:
        """Four fields, what is wrong, what is found."""
        spec = self._spec
        with Vertical(classes="dialog"):
            yield Static(styled("A pattern of yours", "bold") + styled("   tab goes to the next field", "$muted"))
            for name, label, value, hint in (
                ("name", "name", spec.name if spec else "", "client code"),
                ("words", "words", ", ".join(spec.words or []) if spec else "", "Blue Heron, Fjord & Co"),
                ("pattern", "or pattern", spec.pattern or "" if spec else "", r"ORD-\d{6}"),
                ("sample", "try it on", "", _SAMPLE),
            ):
                with Horizontal():
                    yield Static(styled(label, "$muted"), classes="label")
                    yield Input(value, placeholder=hint, id=name, select_on_focus=False)
                if name == "pattern":
                    yield Static(id="problem")
            yield Static(id="box")
            yield Static(id="found")
            yield Static(key_words(("enter", "Keep it"), ("F5", f"Try on my first {ROWS:,} rows"), ("esc", "Back")))

    def on_mount(self) -> None:
        """To the first field that is empty."""
        self.query_one("#sample" if self._spec else "#name", Input).focus()
        self._try()

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value

    # -- what is typed ------------------------------------------------------------------------------------------

    def made(self) -> OwnSpec | str:
        """The recogniser as typed, or what is wrong with it."""
        name, words, pattern = self._typed("name").strip(), known_from(self._typed("words")), self._typed("pattern")
        if words and pattern:
            return "Give words or a pattern, not both."
        if not words and not pattern:
            return "Type words, separated by commas, or a pattern."
        if pattern and (problem := pattern_problem(pattern)):
            return f"The pattern stops making sense at letter {problem[1] + 1}: {problem[0]}."
        if name and entity_of(name) in self._taken:
            return f"Another one has that name: {entity_of(name)}."
        try:
            return OwnSpec(name=name or "mine", words=words or None, pattern=pattern or None, score=self._score)
        except ValidationError as error:
            return str(error.errors()[0]["msg"])

    @property
    def _score(self) -> float:
        return self._spec.score if self._spec is not None else 0.9

    def on_input_changed(self) -> None:
        """Try it again."""
        self.tried = None
        self._try()

    def on_input_submitted(self) -> None:
        """Keep it."""
        self.action_take()

    @work(exclusive=True, group="try")
    async def _try(self) -> None:
        """Look at what was typed, and search the sample apart from this thread."""
        made, sample = self.made(), self._typed("sample")
        self.found = None
        self._show(made if isinstance(made, str) else "")
        if isinstance(made, str) or not sample:
            return
        await asyncio.sleep(_REST_SECONDS)
        try:
            self.found = await in_thread(self, try_own, sample, made, _LIVE_SECONDS)
        except TunesmithError as error:
            self._show(f"{error.title} {error.hint}")
            return
        self._show("")

    @work(exclusive=True, group="rows")
    async def action_rows(self) -> None:
        """Search the first rows of the data."""
        made = self.made()
        if isinstance(made, str) or self._on_rows is None:
            self._show(made if isinstance(made, str) else "Choose your data first.")
            return
        self.query_one("#found", Static).update(styled(f"Searching the first {ROWS:,} rows.", "$muted"))
        try:
            self.tried = await in_thread(self, self._on_rows, made)
        except TunesmithError as error:
            self._show(f"{error.title} {error.hint}")
            return
        self._show("")

    def action_take(self) -> None:
        """Keep it if it makes sense."""
        made = self.made()
        if isinstance(made, str):
            self._show(made)
        elif not self._typed("name").strip():
            self._show("Give it a name: it is the type that the review shows.")
            self.query_one("#name", Input).focus()
        else:
            self.dismiss(made)

    def action_close(self) -> None:
        """Change nothing."""
        self.dismiss(None)

    # -- what is shown ------------------------------------------------------------------------------------------

    def _show(self, problem: str) -> None:
        chosen = glyphs(self)
        empty = not (self._typed("words") or self._typed("pattern"))
        self.query_one("#problem", Static).update(self._problem(problem, empty, chosen))
        self.query_one("#box", Static).update(self._box(chosen))
        self.query_one("#found", Static).update(self._found(chosen))

    def _problem(self, problem: str, empty: bool, chosen: Glyphs) -> Content:
        """A caret under the letter that is wrong, then the words."""
        if not problem:
            name = self._typed("name").strip()
            return styled(f"its findings are called {entity_of(name)}" if name else "", "$muted")
        line = styled(plain(problem, chosen), "$muted" if empty else "$error")
        wrong = pattern_problem(self._typed("pattern"))
        field = self.query_one("#pattern", Input)
        at = wrong[1] - field.scroll_offset.x if wrong else -1
        if not self._typed("words") and 0 <= at < max(1, field.size.width - 2):
            return styled(" " * (13 + at) + "^\n", "$error") + line
        return line

    def _box(self, chosen: Glyphs) -> Content:
        """The sample text with what is found in it marked; where it is long, from the first finding on."""
        text = plain(one_line(self._typed("sample")), chosen)
        if not text or not self.found:
            return Content("")
        lines = wrap_ranges(text, 58)
        first = next((n for n, (_, end) in enumerate(lines) if self.found[0].start < end), 0)
        first = max(0, min(first, len(lines) - _BOX_LINES))
        drawn: list[Content] = []
        for begin, end in lines[first : first + _BOX_LINES]:
            line, at = Content(""), begin
            for one in self.found:
                left, right = max(one.start, at), min(one.end, end)
                if left < right:
                    line += Content(text[at:left]) + styled(text[left:right], "bold reverse $warning")
                    at = right
            drawn.append(line + Content(text[at:end]))
        return Content("\n").join(drawn)

    def _found(self, chosen: Glyphs) -> Content:
        lines = [self._in_sample(chosen)]
        if (tried := self.tried) is not None:
            rows = f"your first {tried.rows:,} rows" + (", then the time was up" if tried.time_was_up else "")
            hits = "1 hit" if tried.hits == 1 else f"{tried.hits:,} hits"
            lines = [Content(f"{hits} in {tried.rows_with_hits:,} of {rows}")]
            for one in tried.examples[: _FOUND_LINES - 1]:
                where = styled(f"  row {one.row + 1:,}".ljust(11), "$accent")
                before = Content(plain(one_line(one.before), chosen))
                match = styled(plain(one_line(one.match), chosen), "bold $warning")
                lines.append(fit(where + before + match + Content(plain(one_line(one.after), chosen)), 71, chosen))
        return Content("\n").join(lines)

    def _in_sample(self, chosen: Glyphs) -> Content:
        if self.found is None:
            return Content("")
        if not self.found:
            return styled(f"{chosen.bad} nothing is found in this text", "$warning")
        text = self._typed("sample")
        hits = "1 hit" if len(self.found) == 1 else f"{len(self.found):,} hits"
        words = ", ".join(plain(one_line(text[one.start : one.end]), chosen) for one in self.found[:4])
        return fit(styled(f"{chosen.done} {hits}: ", "$success") + Content(words), 71, chosen)
