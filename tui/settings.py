"""What the person chose for the wizard on this machine: its colours. Kept beside the list of projects."""

from __future__ import annotations

import json
from pathlib import Path

from engine.files import atomic_write
from engine.machine import state_folder
from tui.terminal import Terminal
from tui.theme import ANSI, DARK, LIGHT

AUTOMATIC = "automatic"
THEMES = {"dark": DARK.name, "light": LIGHT.name, "terminal": ANSI.name}
CHOICES = [
    (AUTOMATIC, "As it fits", "what the terminal tells decides"),
    ("dark", "Dark", "light letters on a dark ground"),
    ("light", "Light", "dark letters on a light ground"),
    ("terminal", "The terminal's own", "its 16 colours, in your own scheme"),
]


def kept_colours() -> str:
    """A key of `CHOICES`; automatic where nothing was chosen or the file cannot be read."""
    try:
        content = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return AUTOMATIC
    colours = content.get("colours") if isinstance(content, dict) else None
    return colours if colours in THEMES else AUTOMATIC


def keep_colours(colours: str) -> None:
    """Remember them.

    Raises:
        DiskFullError, ProjectError: They cannot be written down.
    """
    atomic_write(_file(), json.dumps({"colours": colours}), "keeping the colours")


def theme_name(colours: str, terminal: Terminal) -> str:
    """The theme for a choice; what the terminal tells decides where nothing was chosen."""
    if colours in THEMES:
        return THEMES[colours]
    if terminal.sixteen_colours:
        return ANSI.name
    return LIGHT.name if terminal.light else DARK.name


def _file() -> Path:
    return state_folder() / "wizard.json"
