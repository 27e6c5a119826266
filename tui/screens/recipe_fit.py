"""What would be faster here, or what would fit: the changes, why, and what each alternative would cost."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.charset import Glyphs, glyphs, plain
from tui.commands import TABLE, bindings
from tui.knobs import knob, value_text
from tui.screens.ask import key_words
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import gib, styled

if TYPE_CHECKING:
    from tui.memory import PlanShown, Suggestion

Answer = dict[str, Any] | str | None
_SETTINGS, _SHORTER, _MODEL, _CARD = "settings", "shorter", "model", "card"


class FitScreen(ModalScreen[Answer]):
    """Returns knobs to change, `model` or `card` to go there, or None."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["fit"])
    CSS = """
    FitScreen > .dialog { width: 78; padding: 0 1; height: auto; max-height: 100%; }
    FitScreen RowList { height: auto; max-height: 4; margin: 1 0 0 0; }
    FitScreen #reasons { height: auto; max-height: 17; margin: 1 0 0 0; }
    FitScreen #why { height: auto; }
    FitScreen #keys { margin: 1 0 0 0; }
    """

    def __init__(self, shown: PlanShown) -> None:
        super().__init__()
        self._shown = shown

    def compose(self) -> ComposeResult:
        """What is so, what can be done, why."""
        chosen, found = glyphs(self), self._shown.suggestion
        ways = ways_out(self._shown)
        with Vertical(classes="dialog"):
            yield Static(headline(self._shown, chosen))
            if ways:
                rows = [
                    Row(key, (plain(title, chosen), styled(plain(note, chosen), "$muted"))) for key, title, note in ways
                ]
                yield RowList([Column(width=30), Column()], rows)
            if found is not None:
                with VerticalScroll(id="reasons", can_focus=False):
                    yield Static(Content("\n").join(reasons(found, chosen)), id="why")
            keys = (("enter", "Take it"), ("esc", "Leave it as it is")) if ways else (("esc", "Back"),)
            yield Static(key_words(*keys), id="keys")

    def on_row_list_taken(self, message: RowList.Taken) -> None:
        """Close with what was chosen."""
        found = self._shown.suggestion
        if found is not None and message.key == _SETTINGS:
            self.dismiss(_then(found.changes))
        elif found is not None and message.key == _SHORTER:
            self.dismiss(_then(found.shorter))
        else:
            self.dismiss(message.key)

    def action_close(self) -> None:
        """No change."""
        self.dismiss(None)


def headline(shown: PlanShown, chosen: Glyphs) -> Content:
    """Whether it fits, against what."""
    against = plain(shown.target.words, chosen) if shown.target else ""
    found = shown.suggestion
    if shown.fits is False:
        room = 0.9 * (shown.target.room if shown.target else 0)
        said = styled(f"{chosen.bad} It does not fit.", "bold $error")
        return said + Content(f"\n  It takes at least {gib(shown.low)} GiB; {gib(room)} GiB is 90 % of {against}.")
    if found is None:
        return styled("The alternatives are not worked out yet.", "bold") + Content("\nThe page says when they are.")
    if not found.changes:
        return styled(f"{chosen.done} This is the fastest setting that fits.", "bold $success")
    if not found.worth_saying:
        return styled(f"{chosen.done} Nothing that fits is much faster.", "bold $success")
    return styled(f"{found.faster:.1f} {chosen.times} faster, and it still fits.", "bold $success") + Content(
        f"\n{against}"
    )


def ways_out(shown: PlanShown) -> list[tuple[str, str, str]]:
    """What can be taken: (key, title, note)."""
    found = shown.suggestion
    if found is None and shown.fits is not False:
        return []
    if found is not None and found.fits:
        if not found.changes or (shown.fits and not found.worth_saying):
            return []
        note = f"{gib(found.memory)} GiB; it learns the same"
        return [(_SETTINGS, "Change these settings", note)]
    ways = []
    if found is not None and found.shorter:
        length = found.shorter["max_length"][1] if "max_length" in found.shorter else None
        title = f"Rows of at most {length:,} tokens" if length else "Everything as lean as can be"
        ways.append((_SHORTER, title, "longer ones lose their end"))
    ways.append((_MODEL, "A smaller model", "to the first step"))
    ways.append((_CARD, "A card with more memory, or more", "type it, and plan against it"))
    return ways


def reasons(found: Suggestion, chosen: Glyphs) -> list[Content]:
    """The changes knob by knob, then the sentences, then the alternatives."""
    lines = [
        styled(f"  {knob(name).title:<18}", "$muted")
        + Content(f"{value_text(now):>12} {chosen.arrow} ")
        + styled(value_text(then), "bold $accent")
        for name, (now, then) in (found.changes or found.shorter).items()
    ]
    for sentence in (*found.nearest, *found.why):
        lines += [Content(line) for line in textwrap.wrap(plain(sentence, chosen), 72, subsequent_indent="  ")]
    if found.alternatives:
        lines.append(styled("against that", "$muted"))
    for what, time, memory, fits in found.alternatives:
        mark, colour = (chosen.done, "$success") if fits else (chosen.bad, "$error")
        lines.append(
            Content(f"  {plain(what, chosen):<29}{time:>6.2f} {chosen.times} time  {gib(memory):>5} GiB  ")
            + styled(f"{mark} {'fits' if fits else 'does not fit'}", colour)
        )
    return lines


def _then(changes: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {name: then for name, (_, then) in changes.items()}
