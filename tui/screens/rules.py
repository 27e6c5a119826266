"""Making a rule of the marked value, with a preview of what it changes; and the list of rules there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from engine.errors import TunesmithError
from engine.privacy.findings import Action, Place, ValueRow, masked
from engine.privacy.rules import Kept, Preview, Rule, RuleKind, field_key, make_rule, pattern_for
from tui.charset import glyphs, plain
from tui.commands import TABLE, bindings
from tui.entities import short_name
from tui.screens.ask import key_words
from tui.screens.dialog import Dialog
from tui.threads import in_thread
from tui.widgets.places import role_words
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import fit, one_line, styled


def preview_words(rule: Rule, found: Preview) -> str:
    """What a rule would change, in one or two sentences."""
    if not found.values:
        stays = f" {found.stays:,} that you decided yourself stay so." if found.stays else ""
        return f"Nothing changes now; it holds for what is found later.{stays}"
    verb = "Hides" if rule.action == "hide" else "Keeps"
    many = "1 value" if found.values == 1 else f"{found.values:,} values"
    places = "1 place" if found.places == 1 else f"{found.places:,} places"
    words = f"{verb} {many} in {places}: {', '.join(found.examples)}"
    words += ", …" if found.values > len(found.examples) else "."
    if found.stays:
        words += f" {found.stays:,} that you decided yourself stay so."
    return words + (" The model will see them." if rule.action == "keep" else "")


class RuleScreen(Dialog[Rule | None]):
    """Returns the rule; None when the person changed their mind.

    Args:
        value: What the rule is made from.
        place: Where it stands; its field can become a rule.
        preview: What a rule would change.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["rule"])
    DEFAULT_CSS = """
    RuleScreen RowList { height: 4; margin: 1 0; }
    RuleScreen #preview { height: 3; }
    RuleScreen Input { margin: 0; }
    """

    def __init__(self, value: ValueRow, place: Place | None, preview: Callable[[Rule], Preview]) -> None:
        super().__init__()
        self._row, self._place, self._preview = value, place, preview
        self.action: Action = "keep" if value.decision == "keep" else "hide"
        """As the value stands now: enter alone never shows the model what was hidden."""
        score = min(1.0, int(value.score * 100 + 1) / 100)
        self.typed: dict[RuleKind, str] = {"pattern": pattern_for(value.value, value.entity), "below": f"{score:.2f}"}
        self.rule: Rule | None = None

    def compose(self) -> ComposeResult:
        """The kinds of rule, what can be typed, the preview, the keys."""
        with Vertical(classes="dialog"):
            yield Static(styled("Make a rule", "bold") + styled("   kept with the project", "$muted"))
            yield RowList([Column(width=14), Column()], self._rows(), id="kinds")
            yield Input(id="typed", disabled=True)
            yield Static(id="preview")
            yield Static(id="ways")

    def _rows(self) -> list[Row]:
        row, chosen = self._row, glyphs(self)
        shown = plain(one_line(row.shown), chosen)
        kinds: list[tuple[RuleKind, str, str]] = [
            ("value", "this value", shown),
            ("pattern", "this form", plain(self.typed["pattern"], chosen)),
            ("below", "unsure ones", f"{short_name(row.entity)} less than {self.typed['below']} sure"),
        ]
        if self._place is not None:
            said = f", said by {role_words(self._place)}" if self._has_role else ""
            kinds.append(("field", "this field", plain(f"everything in {field_key(self._place.field)}{said}", chosen)))
        return [Row(kind, (title, styled(what, "$muted"))) for kind, title, what in kinds]

    @property
    def _has_role(self) -> bool:
        place = self._place
        return place is not None and place.role != place.field.rpartition(".")[2]

    @property
    def kind(self) -> RuleKind:
        """The marked kind of rule."""
        key = self.query_one(RowList).marked_key
        return key if key in ("pattern", "below", "field") else "value"  # type: ignore[return-value]

    def on_mount(self) -> None:
        """The list first; what it would change is counted once the dialog stands there."""
        self.query_one(RowList).focus()
        self._show_keys()
        self.call_after_refresh(self._show_preview)

    def on_row_list_marked(self) -> None:
        """Another kind, another preview."""
        self._show()

    def on_row_list_taken(self) -> None:
        """Make it."""
        self.action_take()

    def _show(self) -> None:
        self._show_keys()
        self._show_preview()

    def _show_keys(self) -> None:
        field = self.query_one(Input)
        field.disabled = self.kind not in self.typed
        with field.prevent(Input.Changed):
            field.value = self.typed.get(self.kind, "")
        verb = "a Hide instead" if self.action == "keep" else "x Keep instead"
        edit = (("e", "Edit"),) if self.kind in self.typed else ()
        keys = key_words(("enter", "Make it"), (verb[0], verb[2:]), *edit, ("esc", "Back"))
        self.query_one("#ways", Static).update(keys)

    @work(exclusive=True, group="preview")
    async def _show_preview(self) -> None:
        chosen, line = glyphs(self), self.query_one("#preview", Static)
        self.rule = None
        try:
            rule = self._made()
            found = await in_thread(self, self._preview, rule)
        except TunesmithError as error:
            line.update(styled(f"{chosen.bad} {plain(f'{error.title} {error.what}', chosen)}", "$error"))
            return
        self.rule = rule
        mark, tone = (chosen.bad, "$warning") if rule.action == "keep" else (chosen.done, "$success")
        line.update(styled(f"{mark} ", tone) + Content(plain(preview_words(rule, found), chosen)))

    def _made(self) -> Rule:
        kind, row, place = self.kind, self._row, self._place
        if kind == "pattern":
            return make_rule(kind=kind, action=self.action, text=self.typed["pattern"])
        if kind == "below":
            return make_rule(kind=kind, action=self.action, entity=row.entity, score=self.typed["below"])
        if kind == "field" and place is not None:
            role = place.role if self._has_role else ""
            return make_rule(kind=kind, action=self.action, text=field_key(place.field), role=role)
        return make_rule(kind="value", action=self.action, text=row.value, entity=row.entity)

    def on_input_changed(self, message: Input.Changed) -> None:
        """Preview what is typed."""
        if self.kind in self.typed:
            self.typed[self.kind] = message.value.strip()
            self._show_preview()

    def on_input_submitted(self) -> None:
        """Make it."""
        self.action_take()

    def action_plan(self, action: str) -> None:
        """Hide or keep."""
        self.action = "hide" if action == "hide" else "keep"
        self._show()

    def action_edit(self) -> None:
        """To the field."""
        if self.kind in self.typed:
            self.query_one(Input).focus()

    def action_take(self) -> None:
        """Make the rule that was previewed."""
        if self.rule is not None:
            self.dismiss(self.rule)

    def action_close(self) -> None:
        """Make none; from the field, back to the list first."""
        if self.focused is self.query_one(Input):
            self.query_one(RowList).focus()
            self._show()
        else:
            self.dismiss(None)


def rule_words(rule: Rule) -> tuple[str, str]:
    """What a rule does and to what, for a list."""
    verb = "always hide" if rule.action == "hide" else "never flag"
    if rule.kind == "below":
        return verb, f"{short_name(rule.entity)} below {rule.score:.2f}"
    if rule.kind == "field":
        return verb, f"everything in {rule.text}" + (f" of {rule.role}" if rule.role else "")
    return verb, f"/{rule.text}/" if rule.kind == "pattern" else masked(rule.text, rule.entity)


class RulesScreen(Dialog[int | None]):
    """The rules there are; returns the id of the one to take off the list."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["rules"])
    DEFAULT_CSS = """
    RulesScreen RowList { height: auto; max-height: 12; margin: 1 0; }
    """

    def __init__(self, rules: Sequence[Kept]) -> None:
        super().__init__()
        self._rules = rules

    def compose(self) -> ComposeResult:
        """The list."""
        chosen = glyphs(self)
        rows = []
        for kept in self._rules:
            verb, what = rule_words(kept.rule)
            rows.append(Row(str(kept.id), (verb, fit(plain(one_line(what), chosen), 52, chosen))))
        with Vertical(classes="dialog"):
            yield Static(styled("Your rules", "bold"))
            if rows:
                yield RowList([Column(width=12), Column()], rows)
                yield Static(key_words(("d", "Take it off the list, and its decisions back"), ("esc", "Back")))
            else:
                yield Static("There are none yet. r makes one of the marked value.\n")
                yield Static(key_words(("esc", "Back")))

    def action_remove(self) -> None:
        """Take the marked rule off the list."""
        for rows in self.query(RowList):
            if rows.marked_key is not None:
                self.dismiss(int(rows.marked_key))

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)
