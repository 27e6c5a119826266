"""The colours: one accent, one for good, one for attention, one for danger; each always with a glyph or a word.

`tunesmith` is for terminals with many colours. `tunesmith-ansi` uses only the terminal's own 16, so that the
person's own scheme, light or dark, keeps its contrast.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="tunesmith",
    primary="#7aa2d8",
    secondary="#7aa2d8",
    accent="#7aa2d8",
    success="#8cbf82",
    warning="#e0b060",
    error="#e57a7a",
    foreground="#d5d9e0",
    background="#15171c",
    surface="#1c1f26",
    panel="#252933",
    dark=True,
    variables={
        "muted": "#8b93a1",
        "cursor": "#2b3342",
        "rule": "#3a404c",
        "field": "#20242d",
        "block-cursor-background": "#7aa2d8",
        "block-cursor-foreground": "#15171c",
        "input-cursor-background": "#d5d9e0",
        "input-cursor-foreground": "#15171c",
        "input-selection-background": "#7aa2d8 35%",
        "scrollbar": "#3a404c",
        "scrollbar-background": "#15171c",
        "scrollbar-background-hover": "#15171c",
        "scrollbar-background-active": "#15171c",
        "scrollbar-hover": "#7aa2d8",
        "scrollbar-active": "#7aa2d8",
    },
)

ANSI = Theme(
    name="tunesmith-ansi",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_cyan",
    accent="ansi_cyan",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables={
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "muted": "ansi_default",
        "cursor": "ansi_default",
        "rule": "ansi_default",
        "field": "ansi_default",
        "block-cursor-background": "ansi_cyan",
        "block-cursor-foreground": "ansi_black",
        "input-cursor-background": "ansi_cyan",
        "input-cursor-foreground": "ansi_black",
        "input-selection-background": "ansi_cyan",
        "input-selection-foreground": "ansi_black",
        "border": "ansi_default",
        "border-blurred": "ansi_default",
        "scrollbar": "ansi_cyan",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
        "scrollbar-hover": "ansi_cyan",
        "scrollbar-active": "ansi_cyan",
        "scrollbar-corner-color": "ansi_default",
        "screen-selection-background": "ansi_cyan",
        "screen-selection-foreground": "ansi_black",
    },
)
