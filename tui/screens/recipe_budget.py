"""What may be spent: a price an hour, and the money and hours at which a run saves and stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.errors import SpecError, TunesmithError
from engine.spec_text import with_settings
from tui.charset import glyphs, plain
from tui.commands import TABLE, bindings
from tui.screens.ask import key_words
from tui.screens.recipe_knobs import problem_words
from tui.threads import in_thread
from tui.widgets.text import styled

if TYPE_CHECKING:
    from engine.project import Project
    from engine.spec import ProjectSpec

_FIELDS = (
    ("price_per_hour", "price an hour", "what the card costs; 0 for your own"),
    ("currency", "currency", "for the words only"),
    ("limit", "at most, money", "saves and stops there; empty: no limit"),
    ("hours", "at most, hours", "saves and stops there; empty: no limit"),
)


class BudgetScreen(ModalScreen[bool]):
    """Four fields, checked as they are typed. Returns whether something was saved."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["budget"])
    CSS = """
    BudgetScreen > .dialog { width: 78; }
    BudgetScreen Horizontal { height: 1; margin: 1 0 0 0; }
    BudgetScreen .name { width: 17; }
    BudgetScreen Input { width: 12; }
    BudgetScreen .note { width: 1fr; padding: 0 1; }
    BudgetScreen #problem { height: 2; margin: 1 0 0 0; }
    """

    def __init__(self, project: Project, spec: ProjectSpec) -> None:
        super().__init__()
        self._project, self._spec = project, spec

    def compose(self) -> ComposeResult:
        """The fields."""
        now = self._spec.budget.model_dump()
        with Vertical(classes="dialog"):
            yield Static(styled("What may it cost?", "bold"))
            for name, title, note in _FIELDS:
                value = now[name]
                with Horizontal():
                    yield Static(title, classes="name")
                    yield Input(
                        "" if value is None else f"{value:g}" if isinstance(value, float) else str(value), id=name
                    )
                    yield Static(styled(note, "$muted"), classes="note")
            yield Static(id="problem")
            yield Static(key_words(("tab", "Next field"), ("enter", "Keep"), ("esc", "Leave it as it was")))

    def _settings(self) -> list[str]:
        values = {name: self.query_one(f"#{name}", Input).value.strip() for name, _, _ in _FIELDS}
        if values["limit"] and not values["price_per_hour"]:
            raise SpecError("A limit in money needs a price an hour.", "", "Type both.")
        values["currency"] = values["currency"] or "EUR"
        return [f"budget.{name}={_number(value) or 'null'}" for name, value in values.items()]

    @on(Input.Changed)
    def _check(self) -> None:
        chosen, problem = glyphs(self), self.query_one("#problem", Static)
        try:
            with_settings(self._spec, self._settings())
        except TunesmithError as error:
            problem.update(styled(plain(f"{chosen.bad} {problem_words(error)}", chosen), "$error"))
            return
        problem.update("")

    @on(Input.Submitted)
    @work(exclusive=True)
    async def _keep(self) -> None:
        from engine import actions

        try:
            settings = self._settings()
            await in_thread(self, lambda: actions.change(self._project, lambda spec: with_settings(spec, settings)))
        except TunesmithError as error:
            chosen = glyphs(self)
            words = plain(f"{chosen.bad} {problem_words(error)}", chosen)
            self.query_one("#problem", Static).update(styled(words, "$error"))
            return
        self.dismiss(True)

    def action_close(self) -> None:
        """Change nothing."""
        self.dismiss(False)


def _number(text: str) -> str:
    """`0,42` is `0.42` in half of Europe."""
    return text.replace(",", ".") if text.replace(",", "").replace(".", "").isdigit() else text
