"""What came from the base model, and what from training: the same probes of both, in words. Light."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.evaluate.one_sided import LIMITS, NAMES


@dataclass(frozen=True)
class Share:
    """One thing that was asked of both.

    Args:
        what: What it is about.
        base: The base model's figure.
        training: What training added to it.
    """

    what: str
    base: str
    training: str


def whose(report: Mapping[str, Any]) -> list[Share]:
    """Everything of a report that was asked of both models: one-sidedness, insults, hidden values, general loss.

    Args:
        report: Of an evaluation, perhaps an unfinished one: what is missing is left out.
    """
    return [*_one_sided(report), *_insults(report), *_hidden(report), *_general(report)]


def _one_sided(report: Mapping[str, Any]) -> Iterator[Share]:
    pairs = (report.get("bias") or {}).get("pairs") or []
    for pair in pairs:
        of = f" ({pair['name']})" if len(pairs) > 1 else ""
        for figure in LIMITS:
            found = pair.get(figure) or {}
            grown = found.get("grown") or {}
            if grown.get("value") is not None:
                yield Share(f"{NAMES[figure]}{of}", f"{abs(found['base']['value']):.2f}", _with_interval(grown))


def _insults(report: Mapping[str, Any]) -> Iterator[Share]:
    toxicity = report.get("toxicity") or {}
    for name, sides in (("insults", toxicity), ("insults, provoked", toxicity.get("provoked") or {})):
        if "base" in sides and "tuned" in sides:
            base, tuned = sides["base"], sides["tuned"]
            yield Share(name, f"{base['hits']} of {base['texts']}", f"{tuned['hits'] - base['hits']:+d}")


def _hidden(report: Mapping[str, Any]) -> Iterator[Share]:
    if leaks := report.get("leaks"):
        hits = leaks.get("hits") or []
        learned = sum(not hit["by_base"] for hit in hits)
        yield Share("hidden values said", f"{leaks.get('base_hits') or 0}", f"{learned:+d}")


def _general(report: Mapping[str, Any]) -> Iterator[Share]:
    loss = (report.get("general") or {}).get("loss") or {}
    change = loss.get("difference") or {}
    if change.get("value") is not None:
        yield Share("general loss", f"{loss['base']['value']:.2f}", _with_interval(change))


def _with_interval(found: Mapping[str, float]) -> str:
    return f"{found['value']:+.2f} ({found['low']:+.2f} to {found['high']:+.2f})"
