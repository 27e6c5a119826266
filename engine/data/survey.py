"""What is kept of every row while the health of a dataset is looked at: numbers only, about 320 bytes a row.

All questions that need the whole dataset (which rows are alike, what the usual language is, whether answers are
JSON) are answered at the end from these numbers, so that the file is read once.
"""

from __future__ import annotations

import json
import re
from array import array
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from engine.data.health_rules import HealthRules
from engine.data.language import UNCLEAR, language_of
from engine.data.minhash import Rows, Signatures, clusters, plain_text
from engine.data.shapes import Example
from engine.data.split import choose_holdout, split_key

_NO_JSON, _JSON, _BROKEN = 0, 1, 2
_FENCE = re.compile(r"\A```(?:json)?\s(.*)```\Z", re.DOTALL | re.IGNORECASE)
_LONG = 100_000
_WORD = re.compile(r"\w+")
_DENSE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Letters of scripts that do not separate words: Thai, Lao, Burmese, Japanese, Chinese."""


@dataclass
class Survey:
    """The numbers of every usable row, in the order of the file.

    Args:
        rules: The thresholds.
    """

    rules: HealthRules
    indexes: array[int] = field(default_factory=lambda: array("q"))
    lines: array[int] = field(default_factory=lambda: array("q"))
    words: array[int] = field(default_factory=lambda: array("q"))
    tokens: array[int] = field(default_factory=lambda: array("q"))
    """Estimated: a quarter of the bytes in UTF-8."""
    points: array[float] = field(default_factory=lambda: array("d"))
    ties: array[float] = field(default_factory=lambda: array("d"))
    languages: bytearray = field(default_factory=bytearray)
    json_states: bytearray = field(default_factory=bytearray)
    _names: list[str] = field(default_factory=lambda: [UNCLEAR])
    _signatures: Signatures = field(default_factory=Signatures)

    def add(self, example: Example) -> None:
        """The next usable row."""
        text = own_text(example)
        point, tie = split_key(example)
        self.indexes.append(example.index)
        self.lines.append(example.line)
        plain = plain_text(text)
        # Plain text has a blank between words; only long texts and scripts without blanks are counted by themselves.
        alike = text.isascii() and len(plain) < _LONG
        self.words.append((plain.count(" ") + 1 if plain else 0) if alike else count_words(text))
        self.tokens.append(estimated_tokens(example))
        self.points.append(point)
        self.ties.append(tie)
        self.languages.append(self._language(language_of(text)))
        self.json_states.append(_json_state(example))
        self._signatures.add(plain)

    def _language(self, name: str) -> int:
        if name not in self._names:
            self._names.append(name)
        return self._names.index(name)

    def finish(self) -> Surveyed:
        """Answer what needs all rows."""
        table = self._signatures.table()
        return Surveyed(self, table, clusters(table, self.rules.similarity), self._usual_language(), self._wants_json())

    def _usual_language(self) -> int:
        """The language of the dataset, as a number; 0 where there is none."""
        counts = Counter(self.languages)
        counts.pop(0, None)
        if counts.total() < self.rules.language_rows:
            return 0
        language, count = counts.most_common(1)[0]
        return language if count >= self.rules.language_majority * counts.total() else 0

    def _wants_json(self) -> bool:
        sound = self.json_states.count(_JSON)
        return len(self.json_states) >= self.rules.json_rows and sound >= self.rules.json_majority * len(
            self.json_states
        )

    def language_name(self, number: int) -> str:
        """The name of a language by its number."""
        return self._names[number]


@dataclass(frozen=True)
class Surveyed:
    """A survey with the answers. Rows are positions in the survey, not in the file.

    Args:
        rows: The numbers.
        table: The signatures.
        groups: Rows that are nearly the same, group by group.
        language: The dataset's own, as a number of the survey; 0: none.
        wants_json: Nearly all answers are JSON, so all should be.
    """

    rows: Survey
    table: np.typing.NDArray[np.uint16]
    groups: list[Rows]
    language: int
    wants_json: bool

    def too_short(self) -> list[int]:
        """Rows of too few words."""
        return [row for row, words in enumerate(self.rows.words) if words < self.rows.rules.fewest_words]

    def too_long(self) -> list[int]:
        """Rows of too many tokens."""
        return [row for row, tokens in enumerate(self.rows.tokens) if tokens > self.rows.rules.most_tokens]

    def wrong_language(self) -> list[int]:
        """Rows that are clearly in another language than most."""
        if not self.language:
            return []
        return [row for row, language in enumerate(self.rows.languages) if language not in (0, self.language)]

    def invalid_json(self) -> list[int]:
        """Rows whose answer is not JSON where answers should be."""
        return [row for row, state in enumerate(self.rows.json_states) if state != _JSON] if self.wants_json else []

    def leaks(self, share: float) -> list[tuple[int, int]]:
        """(held-out row, a row like it that is trained on) pairs, for a holdout of this share."""
        held_out = choose_holdout(self.rows.points, share)
        pairs: list[tuple[int, int]] = []
        for group in self.groups:
            trained = next((int(row) for row in group if not held_out[row]), None)
            if trained is not None:
                pairs += [(int(row), trained) for row in group if held_out[row]]
        return sorted(pairs)


def own_text(example: Example) -> str:
    """What makes the row itself: all turns but the system's, which rows often share."""
    return "\n".join(text for role, text in example.content() if role != "system")


def count_words(text: str) -> int:
    """Words; two characters make one in scripts that do not separate them."""
    if text.isascii():
        return len(_WORD.findall(text))
    return len(_DENSE.findall(text)) // 2 + len(_WORD.findall(_DENSE.sub(" ", text)))


def estimated_tokens(example: Example) -> int:
    """About how many tokens a row has, without a tokenizer."""
    return sum(len(text.encode("utf-8", "surrogatepass")) for _, text in example.content()) // 4


def _json_state(example: Example) -> int:
    """Whether all answers of a chat are JSON objects or lists."""
    if example.messages is None:
        return _NO_JSON
    states = {_is_json(message.content) for message in example.messages if message.role == "assistant"}
    return _JSON if states == {True} else _BROKEN


def _no_json(word: str) -> None:
    """Python reads `NaN` and `Infinity`, which are no JSON.

    Raises:
        ValueError: Always.
    """
    raise ValueError(word)


def _is_json(text: str) -> bool:
    text = text.strip()
    if fenced := _FENCE.match(text):
        text = fenced[1].strip()
    if not text.startswith(("{", "[")):
        return False
    try:
        json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return False
    return True
