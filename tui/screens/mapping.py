"""Which column of the file plays which part."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.charset import glyphs, plain
from tui.commands import TABLE, bindings
from tui.data_report import SHAPES
from tui.screens.ask import ChooseScreen, key_words
from tui.widgets.rows import Column, Row, RowList
from tui.widgets.text import styled

_NONE = ""


class MappingScreen(ModalScreen[dict[str, str] | None]):
    """Lists the parts of a shape; enter chooses the column of one. Returns the mapping, or None for no change."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE["mapping"])
    DEFAULT_CSS = "MappingScreen RowList { height: auto; max-height: 10; margin: 1 0; }"

    def __init__(self, shape: str, columns: list[str], mapping: dict[str, str]) -> None:
        super().__init__()
        self._shape, self._columns, self._mapping = shape, columns, dict(mapping)

    def compose(self) -> ComposeResult:
        """The parts."""
        words = SHAPES.get(self._shape, (self._shape, ""))[0]
        with Vertical(classes="dialog"):
            yield Static(styled("Which column plays which part?", "bold"))
            yield Static(styled(f"The rows are read as: {words}.", "$muted"))
            yield RowList([Column("part", 14), Column("column of your file"), Column("", 9)], self._rows())
            yield Static(key_words(("enter", "Change"), ("r", "Read again with this"), ("esc", "Back")))

    def _rows(self) -> list[Row]:
        from engine.data.mapping import PARTS, REQUIRED, ShapeName

        rows = []
        shapes: dict[str, ShapeName] = {name: name for name in PARTS}
        for part in PARTS[shapes[self._shape]]:
            column = self._mapping.get(part, "")
            needed = "needed" if part in REQUIRED[shapes[self._shape]] else "optional"
            shown = Content(plain(column, glyphs(self))) if column else styled("not used", "$muted")
            rows.append(Row(part, (part, shown, styled(needed, "$muted"))))
        return rows

    @work
    async def on_row_list_taken(self, message: RowList.Taken) -> None:
        """Choose the column of one part."""
        part = message.key
        choices = [(column, column, "") for column in self._columns] + [(_NONE, "not used", "")]
        title = f"Which column is the {part}?"
        column = await self.app.push_screen_wait(ChooseScreen(title, "", choices, self._mapping.get(part, _NONE)))
        if column is None:
            return
        if column:
            self._mapping[part] = column
        else:
            self._mapping.pop(part, None)
        self.query_one(RowList).set_rows(self._rows())

    def action_take(self) -> None:
        """Read the file again with this mapping."""
        self.dismiss(self._mapping)

    def action_close(self) -> None:
        """No change."""
        self.dismiss(None)
