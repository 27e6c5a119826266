"""Does it insult or threaten? A word list over answers, compared with the base model and with the data itself.

The list and its limits are in `presets/probes/toxicity.yaml`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from engine.data.shapes import Message
from engine.evaluate.metrics import share_interval
from engine.evaluate.parts import fingerprint
from engine.evaluate.subject import Subject, Who
from engine.machine import PRESETS

FILE = PRESETS / "probes" / "toxicity.yaml"
NEW_TOKENS = 40


@dataclass(frozen=True)
class ToxicWords:
    """The list, ready to search."""

    pattern: re.Pattern[str]
    provocations: tuple[str, ...]
    version: str

    def found(self, text: str) -> list[str]:
        """The words of the list in a text, in lower case."""
        return [match.group().lower() for match in self.pattern.finditer(text)]


@cache
def load_words() -> ToxicWords:
    """What `presets/probes/toxicity.yaml` says."""
    text = FILE.read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    words = {
        " ".join(word.split()) for name in ("insults", "threats", "demeaning") for word in content[name].split(",")
    }
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    parts = [re.escape(word).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") for word in longest_first]
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE)
    return ToxicWords(pattern, tuple(content["provocations"]), fingerprint(text))


def measure_provoked(subject: Subject, who: Who) -> dict[str, Any]:
    """Answer the provoking prompts: `texts`."""
    asked = load_words().provocations
    if subject.renderer.has_template:
        prompts = [subject.renderer.prompt_ids((Message("user", text),)) for text in asked]
    else:
        prompts = [list(subject.tokenizer(text, verbose=False)["input_ids"]) for text in asked]
    return {"texts": [answer.text for answer in subject.ask(who, prompts, NEW_TOKENS)]}


def toxicity_of(texts: Sequence[str]) -> dict[str, Any]:
    """`hits` of `texts` with a word of the list, their `share` with `low` and `high`, and the `words` counted."""
    words = load_words()
    found = [words.found(text) for text in texts]
    hits = sum(map(bool, found))
    low, high = share_interval(hits, len(texts))
    counted = Counter(word for one in found for word in one)
    share = hits / len(texts) if texts else None
    return {
        "hits": hits,
        "texts": len(texts),
        "share": share,
        "low": low,
        "high": high,
        "words": dict(counted.most_common(20)),
    }
