"""What opens quickly: a page or a dialog that was just made has its styles, and they are not worked out once more."""

from __future__ import annotations

from textual import events, on
from textual.screen import ModalScreen, Screen, ScreenResultType


class FreshScreen(Screen[ScreenResultType]):
    """Its styles are looked at again when it comes back, but not when it comes up first: a third of opening it."""

    _came_up = False

    @on(events.ScreenResume)
    def _look_at_styles(self, event: events.ScreenResume) -> None:
        """Textual's own handler, which runs after this one, reads the flag."""
        event.refresh_styles = event.refresh_styles and self._came_up
        self._came_up = True


class Dialog(ModalScreen[ScreenResultType], FreshScreen[ScreenResultType]):
    """A dialog over a page. The modal screen is named first: a style sheet knows a widget by its first base only."""
