"""The glyphs of the wizard, once for terminals that know Unicode and once in plain ASCII.

Widgets ask `glyphs(self)`; none writes a special character itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from textual.dom import DOMNode


@dataclass(frozen=True)
class Glyphs:
    """One set of glyphs. Each is one cell wide unless it says otherwise."""

    done: str = "✓"
    here: str = "●"
    stale: str = "!"
    todo: str = "·"
    bad: str = "✗"
    pointer: str = "▸"
    differs: str = "≠"
    notice: str = "▲"
    rule: str = "─"
    column: str = "│"
    dot: str = "·"
    ellipsis: str = "…"
    dash: str = "–"  # noqa: RUF001 the dash that stands for "no value"
    mark_left: str = "▌"
    mark_right: str = "▐"
    bar_full: str = "█"
    bar_parts: str = "▏▎▍▌▋▊▉"
    bar_empty: str = "·"
    band: str = "▒"
    limit: str = "┆"
    times: str = "×"  # noqa: RUF001 the multiplication sign
    prompt: str = "›"  # noqa: RUF001 an arrow, not a quotation mark
    mask: str = "•"
    arrow: str = "→"
    best: str = "◆"
    curve: str = "━"
    learned: str = "▎"
    newline: str = "↵"
    unicode: bool = True
    """Whether braille and block characters can be used; charts ask this."""


UNICODE = Glyphs()
ASCII = Glyphs(
    done="+",
    here="*",
    stale="!",
    todo=".",
    bad="x",
    pointer=">",
    differs="~",
    notice="^",
    rule="-",
    column="|",
    dot="-",
    ellipsis="~",
    dash="-",
    mark_left="[",
    mark_right="]",
    bar_full="#",
    bar_parts="",
    bar_empty=".",
    band="=",
    limit=":",
    times="x",
    prompt=">",
    mask="*",
    arrow=">",
    best="@",
    curve="-",
    learned="|",
    newline="/",
    unicode=False,
)


def glyphs(node: DOMNode) -> Glyphs:
    """The glyph set of the app that `node` lives in; Unicode where the app has not chosen."""
    chosen = getattr(node.app, "glyphs", UNICODE)
    return chosen if isinstance(chosen, Glyphs) else UNICODE


def plain(text: str, chosen: Glyphs) -> str:
    """`text` as this terminal can show it: in an ASCII terminal, typographic signs become plain ones.

    Signs that nobody sees and that command a terminal, or turn the direction of what follows, become spaces.

    For the person's own text letters beyond ASCII become `?`, which is what such a terminal would garble anyway.
    """
    text = _COMMANDS.sub(" ", text)
    if chosen.unicode:
        return text
    for unicode_sign, ascii_sign in _TRANSLATIONS:
        text = text.replace(unicode_sign, ascii_sign)
    return text.encode("ascii", "replace").decode()


_COMMANDS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")

_TRANSLATED = (
    "done",
    "here",
    "bad",
    "pointer",
    "dot",
    "ellipsis",
    "dash",
    "times",
    "rule",
    "column",
    "arrow",
    "differs",
)
_TRANSLATIONS = (
    *((getattr(UNICODE, name), getattr(ASCII, name)) for name in _TRANSLATED),
    ("±", "+-"),
    ("≤", "<="),
    ("≥", ">="),
    ("€", "EUR"),
)
