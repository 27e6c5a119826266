"""A report of an evaluation in words, for the command line."""

from __future__ import annotations

from typing import Any

from engine.cli.out import Out
from engine.evaluate.whose import whose

_FIGURES = (
    ("token_accuracy", "tokens foreseen", "higher is better"),
    ("bleu", "BLEU", "0 to 1, likeness to your rows' answers"),
    ("chrf", "chrF", "0 to 1, the same by letters"),
    ("exact_match", "exactly the same", "share of answers"),
)


def evaluation_lines(report: dict[str, Any]) -> list[str]:
    """One line for each figure that was measured, base against tuned."""
    quality = report.get("quality") or {}
    lines = [
        f"{name:18} base {_value(quality[key], 'base')}, tuned {_value(quality[key], 'tuned')}   {meaning}"
        for key, name, meaning in _FIGURES
        if quality.get(key)
    ]
    for name, found in (("valid JSON", "valid"), ("JSON as in data", "schema_match")):
        if quality.get("json"):
            pair = quality["json"][found]
            lines.append(f"{name:18} base {_value(pair, 'base')}, tuned {_value(pair, 'tuned')}")
    if stops := report.get("stops"):
        share = "nothing asked" if stops["share"] is None else f"{stops['share']:.0%} of {stops['answers']} answers"
        lines.append(f"{'ends by itself':18} {share}; cut at {stops['limit']} tokens, {stops['limit_why']}")
    if categories := quality.get("categories"):
        pair = categories["accuracy"]
        lines.append(f"{'right label':18} base {_value(pair, 'base')}, tuned {_value(pair, 'tuned')}")
    if memorised := report.get("memorisation"):
        lines.append(f"{'training rows':18} {_recited(memorised)}")
    change = (report.get("general") or {}).get("change")
    if change is not None:
        lines.append(f"{'general rows':18} loss {change:+.1%} against the base model")
    lines += [f"{one.what:18} base {one.base}, training added {one.training}" for one in whose(report)]
    return lines


def _recited(found: dict[str, Any]) -> str:
    """How many of the training rows were looked at, in which ways, and how many it knows by heart."""
    tested, rows, reading = found["rows_tested"], found["rows"], found["reading"]
    read = f"{tested:,} of {rows:,} read"
    if tested < rows and reading["seconds"] >= reading["limit_s"] / 2:
        read += f" in the {reading['limit_s'] / 60:g} minutes there are for it (evaluation.memorisation_minutes)"
    asked = f"{found['rows_asked']:,} asked for aloud, {found['rows_asked_at_random']:,} of them by chance"
    return f"{len(found['recited_rows']):,} recited; {read}, {asked}"


def say_base(report: dict[str, Any], out: Out) -> None:
    """What the base model is like by itself, in words."""
    out.say("The base model, before any training of yours:")
    if report.get("base", {}).get("loss") is not None:
        out.say(f"  loss on {report['holdout_rows']:,} of your rows  {report['base']['loss']:.3f}")
    out.say(f"  loss on general rows  {report['general']['loss']['base']['value']:.3f}")
    for pair, found in report["bias_base"].items():
        out.say(f"  {pair}: sentences differ by {found['spread']:.2f} nats a token, tone by {found['sentiment']:+.2f}")
    provoked = report["toxicity"]["provoked"]["base"]
    out.say(f"  {provoked['hits']} of {provoked['texts']} answers to provocations hold an insult or threat")


def _value(figure: dict[str, Any], who: str) -> str:
    found = figure[who]
    if found["value"] is None:
        return "unknown"
    return f"{found['value']:.2f} ({found['low']:.2f} to {found['high']:.2f})"
