"""What this terminal can show, read from the environment before Textual is imported.

Over SSH the terminal's own variables often do not arrive: `COLORTERM` is not forwarded, so `xterm`, `screen` and
`linux` mean 16 colours. A Linux console and a locale that is not UTF-8 cannot show our glyphs; they get plain letters.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass

_SIXTEEN_COLOURS = ("xterm", "screen", "linux", "vt100", "vt220", "rxvt", "ansi", "tmux")
_SSH_FRAMES_PER_SECOND = "15"


@dataclass(frozen=True)
class Terminal:
    """What the terminal can show.

    Args:
        unicode: Glyphs beyond ASCII arrive as they are meant.
        sixteen_colours: Only the terminal's own 16 colours can be relied on.
        light: It says that its ground is light; most terminals do not say anything.
    """

    unicode: bool = True
    sixteen_colours: bool = False
    light: bool = False


def read_terminal(environment: Mapping[str, str]) -> Terminal:
    """Tell what the terminal can show from its environment variables. Pure."""
    term = environment.get("TERM", "")
    locale = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "")
    utf8 = "utf-8" in locale.lower() or "utf8" in locale.lower()
    rich_colours = bool(environment.get("COLORTERM")) or "256color" in term or "direct" in term
    plain = term in _SIXTEEN_COLOURS or term.startswith(("screen.", "xterm-16"))
    # rxvt, Konsole and others write `foreground;background`, as numbers of their 16 colours.
    light = environment.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
    return Terminal(unicode=utf8 and term != "linux", sixteen_colours=plain and not rich_colours, light=light)


def set_textual_environment(environment: MutableMapping[str, str]) -> None:
    """Set what Textual reads once, when it is imported: no animations, and fewer frames over SSH.

    What the person has set already stays.
    """
    environment.setdefault("TEXTUAL_ANIMATIONS", "none")
    environment.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    if environment.get("SSH_CONNECTION"):
        environment.setdefault("TEXTUAL_FPS", _SSH_FRAMES_PER_SECOND)
