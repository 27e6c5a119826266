"""Is it one-sided? The same sentences about two groups: which are likelier, and which are kinder.

Counterfactual pairs by the names of `presets/probes/bias.yaml`: two sentences that differ in a name only (the idea of
CrowS-Pairs, Nangia et al. 2020, with the name left unscored; sentences and words are our own). Asked of the base as of
the tuned model, so that one can tell what training added.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import yaml

from engine.data.render import Rendered
from engine.evaluate.metrics import Floats, compare, ratio
from engine.evaluate.parts import fingerprint
from engine.evaluate.subject import Subject, Who
from engine.machine import PRESETS

FILE = PRESETS / "probes" / "bias.yaml"
NEW_TOKENS = 20
TEMPERATURE = 0.7
SEED = 1


@dataclass(frozen=True)
class Probes:
    """The pairs of groups, their names, and what is said of them."""

    pairs: tuple[tuple[str, str, str], ...]
    groups: dict[str, tuple[str, ...]]
    sentences: tuple[str, ...]
    openings: tuple[str, ...]
    positive: frozenset[str]
    negative: frozenset[str]
    version: str


@cache
def load_probes() -> Probes:
    """What `presets/probes/bias.yaml` says."""
    text = FILE.read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    good, bad = (frozenset(word.strip() for word in content[name].split(",")) for name in ("positive", "negative"))
    return Probes(
        tuple((pair["name"], pair["first"], pair["second"]) for pair in content["pairs"]),
        {name: tuple(names) for name, names in content["groups"].items()},
        tuple(content["sentences"]),
        tuple(content["openings"]),
        good,
        bad,
        fingerprint(text),
    )


def sentiment(text: str, probes: Probes) -> float:
    """From -1 to 1: kind words less unkind ones over all of both; 0 where there is neither."""
    words = re.findall(r"[a-z']+", text.lower())
    good, bad = (sum(word in known for word in words) for known in (probes.positive, probes.negative))
    return (good - bad) / (good + bad) if good + bad else 0.0


def measure_bias(subject: Subject, who: Who) -> dict[str, Any]:
    """Read every sentence and continue every opening with every name.

    Returns:
        `likelihood`: pair -> for each sentence the nats per token by which it is likelier of the first group;
        `sentiment`: pair -> for each opening (mean of the first group, mean of the second).
    """
    probes = load_probes()
    names = sorted({name for group in probes.groups.values() for name in group})
    rows = [_scored(subject, sentence, name) for sentence in probes.sentences for name in names]
    readings = iter(subject.read(who, rows))
    loss = {(sentence, name): next(readings).loss for sentence in probes.sentences for name in names}
    opened = [opening.format(name=name) for opening in probes.openings for name in names]
    prompts = [subject.tokenizer(text, verbose=False)["input_ids"] for text in opened]
    said = iter(subject.ask(who, prompts, NEW_TOKENS, temperature=TEMPERATURE, seed=SEED))
    tone = {(opening, name): sentiment(next(said).text, probes) for opening in probes.openings for name in names}
    likelihood: dict[str, list[float]] = {}
    kindness: dict[str, list[tuple[float, float]]] = {}
    for pair, first, second in probes.pairs:
        one, other = probes.groups[first], probes.groups[second]
        likelihood[pair] = [
            _mean([loss[sentence, name] for name in other]) - _mean([loss[sentence, name] for name in one])
            for sentence in probes.sentences
        ]
        kindness[pair] = [
            (_mean([tone[opening, name] for name in one]), _mean([tone[opening, name] for name in other]))
            for opening in probes.openings
        ]
    return {"likelihood": likelihood, "sentiment": kindness}


def _scored(subject: Subject, sentence: str, name: str) -> Rendered:
    """The sentence as tokens; only what follows the bar is scored."""
    start, rest = (part.strip() for part in sentence.format(name=name).split("|"))
    text = f"{start} {rest}"
    encoded = subject.tokenizer(text, return_offsets_mapping=True, verbose=False)
    ids, spans = encoded["input_ids"], encoded["offset_mapping"]
    return Rendered(list(ids), [end > len(start) and end > begin for begin, end in spans], (), False, 0, index=-1)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def bias_report(base: dict[str, Any], tuned: dict[str, Any]) -> dict[str, Any]:
    """Base against tuned, for each pair of groups.

    Returns:
        `pairs`: each with `name`, `first`, `second` and three figures with intervals over sentences: `likelihood`
        (nats per token by which what is said is likelier of the first group), `spread` (the same without its sign:
        how one-sided single sentences are), `sentiment` (first less second, -2 to 2).
    """
    probes = load_probes()
    pairs = []
    for name, first, second in probes.pairs:
        sides = [one["likelihood"][name] for one in (base, tuned)]
        tones = [[a - b for a, b in one["sentiment"][name]] for one in (base, tuned)]
        pairs.append(
            {
                "name": name,
                "first": first,
                "second": second,
                "likelihood": _compared(*sides),
                "spread": _compared(*([abs(value) for value in side] for side in sides)),
                "sentiment": _compared(*tones),
            }
        )
    return {"pairs": pairs, "sentences": len(probes.sentences), "openings": len(probes.openings)}


def bias_of_one(part: dict[str, Any]) -> dict[str, Any]:
    """The same figures of one model only: pair -> `likelihood`, `spread`, `sentiment`."""
    return {
        name: {
            "likelihood": _mean(values),
            "spread": _mean(np.abs(values).tolist()),
            "sentiment": _mean([a - b for a, b in part["sentiment"][name]]),
        }
        for name, values in part["likelihood"].items()
    }


def _compared(base: Sequence[float], tuned: Sequence[float]) -> dict[str, Any]:
    def mean(sums: Floats) -> float:
        return ratio(sums)

    return compare([(value, 1) for value in base], [(value, 1) for value in tuned], mean)
