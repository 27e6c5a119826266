"""A field whose content is masked, with the terminal's own mask sign."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Input

from tui.charset import glyphs


class SecretField(Input):
    """A masked input."""

    def __init__(self, *, placeholder: str, id: str) -> None:
        super().__init__(placeholder=placeholder, password=True, id=id, select_on_focus=False)

    @property
    def _value(self) -> Text:
        """What is drawn in place of the value; Textual's own uses a sign that ASCII terminals do not have."""
        return Text(glyphs(self).mask * len(self.value), no_wrap=True, overflow="ignore", end="")
