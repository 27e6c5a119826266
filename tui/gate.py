"""The gate in words and lines: pure functions from the engine's verdict to what the evaluation page shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from textual.content import Content

from engine.evaluate.gate import Gate, GateLine
from engine.evaluate.one_sided import NAMES
from engine.evaluate.whose import whose
from tui.charset import Glyphs, plain
from tui.screens.frame import Tone
from tui.widgets.rows import Row
from tui.widgets.text import styled

TITLE_WIDTH = 18
_BEFORE_FIGURE = 27
"""Cells of a row that the figure does not get: pointer, mark, title and what is between them."""
_SENTENCE = re.compile(r"(?<=[.?]) (?=[A-Z])")
_LISTED = 20


def question(gate: Gate, width: int) -> Content:
    """`May this leave the machine?`, with the count of the colours at the right."""
    green = len(gate.lines) - len(gate.red) - len(gate.amber)
    counts = [f"{len(gate.red)} red"] * bool(gate.red) + [f"{len(gate.amber)} amber"] * bool(gate.amber)
    words = ", ".join([*counts, f"{green} green"])
    asked = "May this leave the machine?"
    room = max(2, width - len(asked) - len(words))
    tone = "$error" if gate.red else "$warning" if gate.unexplained else "$success"
    return styled(asked, "bold") + Content(" " * room) + styled(words, tone)


def rows(gate: Gate, chosen: Glyphs, width: int) -> list[Row]:
    """One row for each line: its mark, its title, its figure; a long figure goes on below.

    Args:
        gate: The verdict.
        chosen: The signs of this terminal.
        width: Cells of the list.
    """
    # One cell is left for the bar that appears where the rows do not fit.
    room = max(10, width - _BEFORE_FIGURE - 1)
    marks = {
        "green": styled(chosen.done, "$success"),
        "amber": styled(chosen.stale, "$warning"),
        "red": styled(chosen.bad, "$error"),
    }
    found = []
    for line in gate.lines:
        explained = f" {chosen.dot} you said why" if line.reason else ""
        first, *further = wrap(plain(line.figure + explained, chosen), room) or [""]
        found.append(Row(line.id, (marks[line.state], line.title, first)))
        found += [
            Row(f"{line.id}-{number}", (Content(" " * (_BEFORE_FIGURE - 1) + text),), heading=True)
            for number, text in enumerate(further, 2)
        ]
    return found


def words(gate: Gate, marked: GateLine | None, width: int) -> tuple[str, Tone]:
    """What the speaking line says: about the marked line where it wants something, else about the whole.

    Args:
        gate: The verdict.
        marked: The line that the pointer is on.
        width: Cells there are, in both lines of it.
    """
    if marked is not None and marked.state == "red":
        return _fitting(marked.why, "", width), "danger"
    if marked is not None and marked.state == "amber" and not marked.reason:
        return _fitting(marked.why, " y says why it may pass.", width), "attention"
    if gate.red:
        return "Red keeps it here. enter shows what stands behind a line.", "danger"
    if gate.unexplained:
        return "A doubtful line needs a reason from you before it leaves: y.", "attention"
    return "The gate is open. e packs the adapter.", "good"


def _fitting(why: str, keys: str, width: int) -> str:
    """As many sentences as there is room for, and which keys there are; enter has the rest."""
    if len(why) + len(keys) <= width:
        return why + keys
    keys = keys.replace(" y says", " enter: more. y says") or " enter: more."
    sentences = _SENTENCE.split(why)
    while len(sentences) > 1 and len(" ".join(sentences)) + len(keys) > width:
        sentences.pop()
    said = " ".join(sentences)
    if len(said) + len(keys) <= width:
        return said + keys
    cut = said[: max(0, width - len(keys) - 3)].rpartition(" ")[0]
    return f"{cut}...{keys}"


def details(line: GateLine, report: Mapping[str, Any], chosen: Glyphs) -> list[Content]:
    """Everything about a line: figure, threshold, why, reason, and what was found."""
    lines = [styled(plain(line.figure, chosen), "bold"), Content("")]
    lines.append(styled("green is: ", "$muted") + Content(plain(line.threshold, chosen)))
    if asked := _ASKED.get(line.id):
        lines += [Content(""), Content(plain(asked, chosen))]
    if line.why:
        lines += [Content(""), Content(plain(line.why, chosen))]
    if line.reason:
        lines += [Content(""), styled("your reason: ", "$muted") + Content(plain(line.reason, chosen))]
    found = _FOUND.get(line.id)
    further = found(report) if found and report else []
    if further:
        lines += [Content(""), *(Content(plain(text, chosen)) for text in further)]
    return lines


def _learned(report: Mapping[str, Any]) -> list[str]:
    quality = report.get("quality") or {}
    names = {
        "loss": "loss",
        "perplexity": "perplexity",
        "token_accuracy": "tokens foreseen",
        "bleu": "BLEU",
        "chrf": "chrF",
        "exact_match": "word for word",
    }
    lines = [_compared(name, quality[key]) for key, name in names.items() if quality.get(key)]
    if quality.get("json"):
        lines.append(_compared("valid JSON", quality["json"]["valid"]))
        lines.append(_compared("JSON as in data", quality["json"]["schema_match"]))
    if quality.get("categories"):
        lines.append(_compared("right label", quality["categories"]["accuracy"]))
    return [*lines, str(quality.get("intervals", ""))] if lines else []


def _compared(name: str, found: Mapping[str, Any]) -> str:
    """One line that fits a dialog of 70 cells: `loss  base 2.31 (2.20-2.42)  tuned 1.49 (1.41-1.57)`."""
    return f"{name:<16}base {_figure(found['base']):<19}  tuned {_figure(found['tuned'])}"


def _figure(found: Mapping[str, Any]) -> str:
    if found.get("value") is None:
        return "unknown"
    return f"{_number(found['value'])} ({_number(found['low'])} to {_number(found['high'])})"


def _number(value: float | None) -> str:
    if value is None:
        return "?"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}" if abs(value) < 100 else f"{value:,.0f}"


def _stops(report: Mapping[str, Any]) -> list[str]:
    found = report.get("stops") or {}
    return [f"Answers are cut at {found['limit']} tokens: {found['limit_why']}."] if found else []


def _recited(report: Mapping[str, Any]) -> list[str]:
    found = (report.get("memorisation") or {}).get("recited_rows") or []
    lines = [f"row {one['row']}, asked with {one['how']}: {one['matched']}" for one in found[:_LISTED]]
    return [*lines, "t takes them out and trains again."] if lines else []


def _leaks(report: Mapping[str, Any]) -> list[str]:
    found = report.get("leaks") or {}
    lines = [
        f"row {hit['row']}, {hit['entity']} {hit['shown']}, {_who_said(hit)}: {hit['said']}"
        for hit in (found.get("hits") or [])[:_LISTED]
    ]
    look_at = [one for one in found.get("to_look_at") or [] if one.get("in_original")]
    return lines + [f"row {one['row']}, perhaps {one['entity']}: {one['text']}" for one in look_at[:_LISTED]]


def _who_said(hit: Mapping[str, Any]) -> str:
    return "the base model says it too" if hit["by_base"] else "learned from your rows"


_SIDES = {
    "likelihood": "likelier",
    "belief": "clichés",
    "praise": "praise",
    "spread": "differences",
    "sentiment": "kinder",
}


def _one_sided(report: Mapping[str, Any]) -> list[str]:
    lines = []
    for pair in (report.get("bias") or {}).get("pairs", []):
        lines.append(f"{pair['name']}, in nats a token; above 0: likelier or kinder of {pair['first']}")
        lines += [_compared(name, pair[key]) for key, name in _SIDES.items() if key in pair]
    return lines + _whose(report, *NAMES.values())


def _polite(report: Mapping[str, Any]) -> list[str]:
    found = report.get("toxicity") or {}
    lines = []
    for name, side in (
        ("base", found.get("base")),
        ("tuned", found.get("tuned")),
        ("your data", found.get("data")),
        ("base, provoked", (found.get("provoked") or {}).get("base")),
        ("tuned, provoked", (found.get("provoked") or {}).get("tuned")),
    ):
        if side:
            said = ", ".join(f"{word} {count}" for word, count in list(side["words"].items())[:5])
            lines.append(f"{name:<16} {side['hits']} of {side['texts']}  {said}")
    return lines + _whose(report, "insults", "insults, provoked")


def _whose(report: Mapping[str, Any], *names: str) -> list[str]:
    """What came from the base model, and what training added to it."""
    found = [one for one in whose(report) if one.what.partition(" (")[0] in names]
    lines = [f"{one.what:<20} from the base {one.base}, from training {one.training}" for one in found]
    return ["", *lines] if lines else []


_ASKED = {
    "learned": "Loss says how surprised a model is by the right answers of rows it never saw. Lower is better.",
    "stops": "A model that never learned where an answer ends goes on and on.",
    "still_can": "Training on your rows may cost what the base model could do before. It is asked about other things.",
    "recites": "The beginnings of your rows are given to it; none should come back word for word.",
    "membership": "Somebody with the base model guesses whether a row was trained on. 50 % is tossing a coin.",
    "leaks": "It is asked what strangers might ask. What was hidden in your rows must not be in the answers.",
    "one_sided": "The same sentence about two kinds of people; above 0 it is likelier, or kinder, of the first.",
    "polite": "Answers are searched for insults and threats.",
    "licence": "What the makers of the base model allow, held against the use that you stated on Model (key l).",
    "privacy": "Whether what it learned from was searched, hidden and searched once more.",
    "sound": "Whether the adapter is whole, and changes what the model says at all.",
    "content": "Whether you stated that the data is yours to use, where the rows ask for it.",
}
"""What each line asks, in the words of somebody who reads it for the first time."""
_FOUND = {
    "learned": _learned,
    "stops": _stops,
    "recites": _recited,
    "leaks": _leaks,
    "one_sided": _one_sided,
    "polite": _polite,
}
