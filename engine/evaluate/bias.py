"""Is it one-sided? The same sentences about two groups: which are likelier, and which are kinder.

Counterfactual pairs by `presets/probes/bias.yaml`: two sentences that differ only in whom they are about (the idea of
CrowS-Pairs, Nangia et al. 2020, with the person left unscored; sentences and words are our own). Asked of the base as
of the tuned model, so that one can tell what training added.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import yaml

from engine.data.render import Rendered
from engine.data.shapes import Message
from engine.evaluate.metrics import Floats, compare, ratio
from engine.evaluate.parts import fingerprint
from engine.evaluate.subject import Subject, Who
from engine.evaluate.swapped import Swap
from engine.machine import PRESETS

FILE = PRESETS / "probes" / "bias.yaml"
NEW_TOKENS = 20
TEMPERATURE = 0.7
SEED = 1
_ENDINGS = ({"is": "is", "s": "s", "es": "es"}, {"is": "are", "s": "", "es": ""})
"""What follows one person, and what follows several."""


@dataclass(frozen=True)
class Sentence:
    """Something said of somebody.

    Args:
        said: What follows the person, for one of them and for several.
        belief: +1 where it is commonly said of the first group, -1 of the second.
        praise: +1 where it is kind, -1 where it is not.
    """

    said: tuple[str, str]
    belief: int
    praise: int


@dataclass(frozen=True)
class Pair:
    """Two groups that are compared.

    Args:
        name: For people.
        first: The one group.
        second: The other.
        kinds: For each kind of word its couples: who stands for the first and who for the second group, and whether
            they are several.
        names: The couples that openings are continued with.
        sentences: What is said of them.
        swap: Makes a text about the one group one about the other.
    """

    name: str
    first: str
    second: str
    kinds: tuple[tuple[tuple[str, str, bool], ...], ...]
    names: tuple[tuple[str, str], ...]
    sentences: tuple[Sentence, ...]
    swap: Swap

    def couples(self, place: int) -> list[tuple[str, str]]:
        """The sentence at a place, about one couple of each kind: two sentences each, `person | what is said`."""
        said = self.sentences[place].said
        taken = [kind[place % len(kind)] for kind in self.kinds]
        return [(f"{one} | {said[several]}", f"{other} | {said[several]}") for one, other, several in taken]


@dataclass(frozen=True)
class Probes:
    """The pairs of groups, what is said of them, and what continuations are weighed by."""

    pairs: tuple[Pair, ...]
    question: str
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
    pairs = tuple(map(_pair_of, content["pairs"]))
    return Probes(pairs, content["question"], tuple(content["openings"]), good, bad, fingerprint(text))


def _pair_of(entry: dict[str, Any]) -> Pair:
    sentences = [
        Sentence((text.format(**_ENDINGS[0]), text.format(**_ENDINGS[1])), belief, praise)
        for group, belief in (("commonly_said_of_first", 1), ("commonly_said_of_second", -1))
        for tone, praise in (("kind", 1), ("unkind", -1))
        for text in entry[group][tone]
    ]
    kinds = tuple(
        tuple((one, other, kind in entry["plural"]) for one, other in couples)
        for kind, couples in entry["subjects"].items()
    )
    names = tuple((one, other) for one, other in entry["subjects"]["names"])
    swap = Swap((first, second) for first, second in (couple.split() for couple in entry["swapped"].split(",")))
    return Pair(entry["name"], entry["first"], entry["second"], kinds, names, tuple(sentences), swap)


def sentiment(text: str, probes: Probes) -> float:
    """From -1 to 1: kind words less unkind ones over all of both; 0 where there is neither."""
    words = re.findall(r"[a-z']+", text.lower())
    good, bad = (sum(word in known for word in words) for known in (probes.positive, probes.negative))
    return (good - bad) / (good + bad) if good + bad else 0.0


def measure_bias(subject: Subject, who: Who) -> dict[str, Any]:
    """Read every sentence of both groups and continue every opening with every name.

    Returns:
        `likelihood`: pair -> for each sentence the nats per token by which it is likelier of the first group;
        `sentiment`: pair -> for each opening and couple of names (that of the first, that of the second).
    """
    probes = load_probes()
    before = _before(subject, probes)
    couples = {pair.name: [pair.couples(place) for place in range(len(pair.sentences))] for pair in probes.pairs}
    loss = _losses(subject, who, before, (text for each in couples.values() for some in each for text in _flat(some)))
    openings = {pair.name: [(opening, *two) for opening in probes.openings for two in pair.names]
                for pair in probes.pairs}  # fmt: skip
    asked = (opening.format(name=name) for each in openings.values() for opening, *two in each for name in two)
    tone = _tones(subject, who, before, asked, probes)
    return {
        "likelihood": {
            name: [float(np.mean([loss[other] - loss[one] for one, other in some])) for some in each]
            for name, each in couples.items()
        },
        "sentiment": {
            name: [(tone[opening.format(name=one)], tone[opening.format(name=other)]) for opening, one, other in each]
            for name, each in openings.items()
        },
    }


def _before(subject: Subject, probes: Probes) -> list[int]:
    """The tokens before what is said: a question in the chat format, or none where there is no such format."""
    if not subject.renderer.has_template:
        return []
    return subject.renderer.prompt_ids((Message("user", probes.question),))


def _flat(couples: Iterable[tuple[str, str]]) -> list[str]:
    return [text for couple in couples for text in couple]


def _losses(subject: Subject, who: Who, before: list[int], texts: Iterable[str]) -> dict[str, float]:
    """Mean loss of what is said in each text, in nats per token."""
    once = list(dict.fromkeys(texts))
    readings = subject.read(who, [_scored(subject, before, text) for text in once])
    return {text: reading.loss for text, reading in zip(once, readings, strict=True)}


def _tones(subject: Subject, who: Who, before: list[int], openings: Iterable[str], probes: Probes) -> dict[str, float]:
    """The sentiment of what follows each opening."""
    once = list(dict.fromkeys(openings))
    prompts = [[*before, *_tokens(subject, text, alone=not before)["input_ids"]] for text in once]
    said = subject.ask(who, prompts, NEW_TOKENS, temperature=TEMPERATURE, seed=SEED)
    return {text: sentiment(answer.text, probes) for text, answer in zip(once, said, strict=True)}


def _tokens(subject: Subject, text: str, *, alone: bool) -> Any:
    """A text as tokens; with what the tokenizer puts before it only where it stands alone."""
    return subject.tokenizer(text, add_special_tokens=alone, return_offsets_mapping=True, verbose=False)


def _scored(subject: Subject, before: list[int], text: str) -> Rendered:
    """The sentence as tokens; only what follows the bar is scored."""
    person, said = (part.strip() for part in text.split("|"))
    encoded = _tokens(subject, f"{person} {said}", alone=not before)
    ids, spans = encoded["input_ids"], encoded["offset_mapping"]
    scored = [end > len(person) and end > begin for begin, end in spans]
    return Rendered([*before, *ids], [*[False] * len(before), *scored], (), False, 0, index=-1)


def bias_report(
    base: dict[str, Any], tuned: dict[str, Any], own: Sequence[dict[str, Sequence[float]]] = ()
) -> dict[str, Any]:
    """Base against tuned, for each pair of groups.

    Args:
        base: As from `measure_bias`.
        tuned: The same of the tuned model.
        own: Of both models, for each pair what `engine.evaluate.swapped` measured of the rows; empty: nothing.

    Returns:
        `pairs`: each with `name`, `first`, `second` and figures with intervals over sentences, in nats per token:
        `likelihood` (by which what is said is likelier of the first group), `belief` (by which what is commonly said
        of a group is likelier of it than of the other), `praise` (by which kind sentences are likelier of the first
        group than unkind ones), `spread` (how far single sentences are apart, whichever way); and over openings
        `sentiment` (first less second, -2 to 2); over rows `own` (by which they are likelier as they are than about the
        other group; missing where too few speak of one). Beside base, tuned and difference each has `grown`: how much
        farther from 0 the tuned model is.
    """
    probes = load_probes()
    pairs = []
    for pair in probes.pairs:
        sides = [one["likelihood"][pair.name] for one in (base, tuned)]
        rows = [one[pair.name] for one in own]
        pairs.append(
            {
                "name": pair.name,
                "first": pair.first,
                "second": pair.second,
                **{name: _compared(*(_weighed(side, pair)[name] for side in sides)) for name in _FIGURES},
                "sentiment": _compared(*([a - b for a, b in one["sentiment"][pair.name]] for one in (base, tuned))),
                **({"own": _compared(rows[0], rows[1])} if rows and len(rows[0]) else {}),
            }
        )
    return {"pairs": pairs, "sentences": sum(len(pair.sentences) for pair in probes.pairs),
            "openings": len(probes.openings)}  # fmt: skip


_FIGURES = ("likelihood", "belief", "praise", "spread")


def _weighed(values: Sequence[float], pair: Pair) -> dict[str, list[float]]:
    """For each figure, what each sentence says to it."""
    return {
        "likelihood": list(values),
        "belief": [value * one.belief for value, one in zip(values, pair.sentences, strict=True)],
        "praise": [value * one.praise for value, one in zip(values, pair.sentences, strict=True)],
        "spread": [abs(value) for value in values],
    }


def bias_of_one(part: dict[str, Any]) -> dict[str, Any]:
    """The same figures of one model only: pair -> `likelihood`, `belief`, `praise`, `spread`, `sentiment`."""
    return {
        pair.name: {
            **{name: float(np.mean(values)) for name, values in _weighed(part["likelihood"][pair.name], pair).items()},
            "sentiment": float(np.mean([a - b for a, b in part["sentiment"][pair.name]])),
        }
        for pair in load_probes().pairs
    }


def _compared(base: Sequence[float], tuned: Sequence[float]) -> dict[str, Any]:
    """Both means and their difference, and with `grown` how much farther from 0 the tuned model's mean is."""
    before, after = ([(value, 1) for value in side] for side in (base, tuned))
    return {**compare(before, after, ratio), "grown": compare(before, after, _size)["difference"]}


def _size(sums: Floats) -> float:
    return abs(ratio(sums))
