"""The pages beside the picture of a training run, as pure functions to lines: samples as they change, and health."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Sequence

from textual.content import Content

from engine.jobs.events import AlertEvent, SampleEvent, SpentEvent
from engine.train.remedies import REMEDIES
from tui.charset import Glyphs, plain
from tui.widgets.text import duration_text, one_line, styled

_LABEL = 14
MOST_ALERTS = 50
"""Of the newest, on the page; `tunesmith runs health` has all."""


def sample_lines(samples: Sequence[SampleEvent], width: int, chosen: Glyphs) -> list[Content]:
    """Each prompt with what the row answers, what the base model says, and the newest answers first."""
    if not samples:
        return [
            styled("No samples yet.", "bold"),
            styled("`samples every`, a knob on the recipe page, answers prompts as it learns.", "$muted"),
        ]
    lines: list[Content] = []
    for prompt in dict.fromkeys(sample.prompt for sample in samples):
        told = [sample for sample in samples if sample.prompt == prompt]
        lines += [*_said("asked", prompt, width, chosen, "bold"), *_changes(told, width, chosen)]
        if told[-1].reference:
            lines += _said("your row", told[-1].reference, width, chosen, "$muted")
        lines += [*_said("base model", told[-1].base, width, chosen, "$muted"), Content("")]
    return lines


def _changes(told: Sequence[SampleEvent], width: int, chosen: Glyphs) -> list[Content]:
    """The answers from the newest to the first; those that stayed the same are told once, with their first step."""
    lines: list[Content] = []
    kept = [
        sample
        for before, sample in zip([None, *told[:-1]], told, strict=True)
        if sample.step and (before is None or not before.step or before.tuned != sample.tuned)
    ]
    for place, sample in enumerate(reversed(kept)):
        style = "$accent" if place == 0 else ""
        lines += _said(f"step {sample.step:,}", sample.tuned or chosen.dash, width, chosen, style)
    return lines


def _said(label: str, text: str, width: int, chosen: Glyphs, style: str = "") -> list[Content]:
    wrapped = textwrap.wrap(plain(one_line(text), chosen), max(20, width - _LABEL - 2)) or [chosen.dash]
    return [
        styled(f"{label if place == 0 else '':<{_LABEL}}", "$muted") + styled(part, style)
        for place, part in enumerate(wrapped)
    ]


SEVERITY_COLOURS = {"red": "$error", "amber": "$warning", "note": "$muted"}


def severity_mark(severity: str, chosen: Glyphs) -> str:
    """A glyph for each severity, so that colour is not alone."""
    return {"red": chosen.bad, "amber": chosen.stale}.get(severity, chosen.dot)


def health_lines(
    alerts: Sequence[AlertEvent], spent: SpentEvent | None, currency: str, width: int, chosen: Glyphs, *, runs: bool
) -> list[Content]:
    """Every alert, the newest first: what was seen, what it means, what to do, and the key that does it."""
    lines = [*spent_lines(spent, currency), styled(_summary(alerts), "bold"), Content("")]
    for alert in reversed(alerts[-MOST_ALERTS:]):
        at = time.strftime("%H:%M", time.localtime(alert.t))
        where = f"  step {alert.step:,}" if alert.step is not None else ""
        mark, colour = severity_mark(alert.severity, chosen), SEVERITY_COLOURS[alert.severity]
        head = styled(f"{mark} {alert.severity}", f"bold {colour}") + styled(f"  {at}{where}  ", "$muted")
        lines.append(head + styled(alert.rule.replace("_", " "), "bold"))
        for words, style in ((alert.seen, ""), (alert.means, "$muted"), (alert.todo, "")):
            parts = textwrap.wrap(plain(one_line(words), chosen), max(20, width - 5))
            lines += [Content("    ") + styled(part, style) for part in parts]
        if runs and alert.remedy in REMEDIES:
            remedy = REMEDIES[alert.remedy]
            lines.append(Content("    ") + styled("f", "bold $accent") + Content(f" {remedy.label}: {remedy.meaning}"))
        lines.append(Content(""))
    return lines


def _summary(alerts: Sequence[AlertEvent]) -> str:
    if not alerts:
        return "Nothing unusual so far."
    counts = {severity: sum(alert.severity == severity for alert in alerts) for severity in ("red", "amber", "note")}
    named = [f"{number} {severity}" for severity, number in counts.items() if number]
    return "What was seen: " + ", ".join(named)


def spent_lines(spent: SpentEvent | None, currency: str) -> list[Content]:
    """Time, energy and money so far, in one line; nothing before the first figure."""
    if spent is None:
        return []
    parts = [f"spent on this run: {duration_text(spent.seconds)}"]
    if spent.energy_wh is not None:
        parts.append(f"{spent.energy_wh:,.0f} Wh")
    if spent.cost is not None:
        parts.append(f"{spent.cost:.2f} {currency}")
    if spent.epsilon is not None:
        parts.append(f"privacy spent: epsilon {spent.epsilon:.2f}")
    return [styled("   ".join(parts), "$muted")]


def remedies_of(alerts: Sequence[AlertEvent]) -> list[tuple[str, AlertEvent]]:
    """(remedy, newest alert that names it), the newest first, each remedy once."""
    found: dict[str, AlertEvent] = {}
    for alert in reversed(alerts):
        if alert.remedy in REMEDIES:
            found.setdefault(alert.remedy, alert)
    return list(found.items())
