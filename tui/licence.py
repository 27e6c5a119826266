"""A licence verdict in words, for the model page and its licence page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tui.charset import Glyphs, plain
from tui.widgets.text import styled

if TYPE_CHECKING:
    from engine.licences.verdict import Verdict
    from engine.spec import UseSpec

USES = {"personal": "for yourself", "research": "for research", "commercial": "to earn money with it"}
"""What each use means, in words."""
_SHORT = {
    "allowed": "allowed",
    "conditions": "under conditions",
    "unknown": "unknown: read the terms yourself",
    "refused": "refused for you",
}
_HEADS = {
    "allowed": "You may do this",
    "conditions": "You may do this under conditions",
    "unknown": "Nobody can say this for you: read the terms",
    "refused": "The terms do not allow this",
}
_TONES = {"allowed": "$success", "conditions": "$success", "unknown": "$warning", "refused": "$error"}
_STATES = {
    "current": "You accepted this verdict.",
    "stale": "You accepted another verdict: model, data, texts or use are others now.",
    "none": "",
}


def short_verdict(verdict: Verdict) -> str:
    """The licence and what it means for the use, in one line."""
    words = _SHORT[verdict.verdict]
    return words if verdict.licence == "unknown" and verdict.verdict == "unknown" else f"{verdict.licence}: {words}"


def wants_attention(verdict: Verdict) -> bool:
    """Whether the line above should be looked at."""
    return verdict.verdict in ("unknown", "refused")


def is_allowed(verdict: Verdict) -> bool:
    """Whether the list shows it when only what is allowed is wanted."""
    return verdict.verdict in ("allowed", "conditions")


def headline(verdict: Verdict, name: str, state: str, chosen: Glyphs) -> Content:
    """The verdict with its glyph, the model and its licence, and whether it was accepted."""
    marks = {"allowed": chosen.done, "conditions": chosen.done, "unknown": chosen.stale, "refused": chosen.bad}
    head = styled(f"{marks[verdict.verdict]} {_HEADS[verdict.verdict]}", f"bold {_TONES[verdict.verdict]}")
    lines = [head, Content(plain(f"{name}, licence: {verdict.licence}", chosen))]
    if words := _STATES[state]:
        lines.append(styled(plain(words, chosen), "$warning" if state == "stale" else "$success"))
    return Content("\n").join(lines)


def use_line(use: UseSpec, data: str, chosen: Glyphs) -> Content:
    """What it is for, each part with the key that changes it."""
    parts = (
        ("u", USES[use.use]),
        ("m", f"{use.monthly_users:,} users a month"),
        ("r", use.region or "no region"),
        ("x", "sexual content" if use.adult else "nothing sexual"),
        ("d", f"data: {data or 'not said'}"),
    )
    shown = [styled(key, "bold $accent") + Content(plain(f" {words}", chosen)) for key, words in parts]
    return Content("  ").join(shown[:-1]) + Content("\n") + shown[-1]


def details(verdict: Verdict, advice: str, chosen: Glyphs) -> Content:
    """Why, what it takes, and where that stands."""
    lines: list[Content] = []
    for title, found in (
        ("Why", verdict.reasons),
        ("What it takes", () if verdict.verdict == "refused" else verdict.obligations),
        ("Where that stands", verdict.sources),
    ):
        if found:
            lines.append(styled(title, "bold"))
            lines += [Content(plain(f"- {line}", chosen)) for line in found]
            lines.append(Content(""))
    lines.append(styled(plain(advice, chosen), "$muted"))
    return Content("\n").join(lines)
