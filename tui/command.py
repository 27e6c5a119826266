"""One command of the wizard: what the table of commands is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One thing the person can do on a screen.

    Args:
        id: Unique, `screen.verb`; a keymap can refer to it.
        keys: Textual key names, comma-separated; the first is the one that is shown.
        action: What runs: `name` is `action_name` of the screen, `app.name` of the app.
        label: One or two words for the keys line.
        tooltip: A sentence for the help page: what happens.
        show: Whether the keys line shows it; help and palette always do.
        priority: Taken before the focused widget sees the key.
    """

    id: str
    keys: str
    action: str
    label: str
    tooltip: str
    show: bool = True
    priority: bool = False

    @property
    def key_labels(self) -> tuple[str, ...]:
        """Its keys as people write them: `enter`, `?`, `n`."""
        return tuple(_KEY_NAMES.get(key, key) for key in self.keys.split(","))

    @property
    def key_label(self) -> str:
        """The key that is shown for it."""
        return self.key_labels[0]

    @property
    def all_keys(self) -> str:
        """All its keys, for the help page."""
        return ", ".join(self.key_labels)


_KEY_NAMES = {
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "comma": ",",
    "slash": "/",
    "escape": "esc",
    "f1": "F1",
    "f2": "F2",
    "f3": "F3",
    "f5": "F5",
    "exclamation_mark": "!",
    "full_stop": ".",
    "plus": "+",
    "minus": "-",
}
