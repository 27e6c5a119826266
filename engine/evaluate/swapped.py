"""The creator's own rows, and the same rows about the other group: does the model know which way round they were?

A list of sentences cannot hold every trait that rows may tie to a group, and a small model does not carry over to other
sentences what it learned. So rows that speak of "she" or "my brother" are read as they are and with those words swapped
throughout. A model that ties traits to a group finds the row likelier as it is; one that does not finds both alike.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

from engine.data.render import Rendered
from engine.data.shapes import Example, Message
from engine.evaluate.subject import Subject, Who

MOST, LEAST = 60, 12
"""Rows that are read, at most; and where it begins to say something."""
_FIRST_WITHIN = 40
_LONGEST = 600
"""Characters: where the first such word stands at the latest, so that there is something to score after it; and of an
answer."""


@dataclass(frozen=True)
class Swapped:
    """A row as it is, and with the words of the two groups swapped; only what follows the first of them is scored."""

    as_is: Rendered
    swapped: Rendered


class Swap:
    """Swaps the words of two groups in a text."""

    def __init__(self, couples: Iterable[tuple[str, str]]) -> None:
        listed = list(couples)
        self._other = {one: two for one, two in listed} | {two: one for one, two in listed}
        words = "|".join(map(re.escape, sorted(self._other, key=len, reverse=True)))
        self.pattern = re.compile(rf"\b(?:{words})\b", re.IGNORECASE)

    def __call__(self, text: str) -> str:
        """The text about the other group; letters large where they were."""
        return self.pattern.sub(lambda match: self._like(match[0], self._other[match[0].lower()]), text)

    @staticmethod
    def _like(was: str, now: str) -> str:
        return now[:1].upper() + now[1:] if was[0].isupper() else now


def swapped_rows(subject: Subject, examples: Iterable[object], swap: Swap, seed: int = 0) -> list[Swapped]:
    """Rows whose last answer, or text, speaks of somebody of a group; none where there are fewer than `LEAST`."""
    found = []
    for example in examples:
        if isinstance(example, Example) and (parts := _parts(example, subject)):
            first = swap.pattern.search(parts[1])
            if first and first.start() <= _FIRST_WITHIN and len(parts[1]) <= _LONGEST:
                found.append(parts)
    if len(found) < LEAST:
        return []
    chosen = random.Random(seed).sample(found, min(MOST, len(found)))
    rows = [Swapped(_scored(subject, turns, said, swap), _scored(subject, *_other(turns, said, swap), swap))
            for turns, said in chosen]  # fmt: skip
    return [row for row in rows if any(row.as_is.trained[1:]) and any(row.swapped.trained[1:])]


def _parts(example: Example, subject: Subject) -> tuple[tuple[Message, ...], str] | None:
    """The turns before the last answer, and the answer; of a text no turns. None where they cannot be rendered."""
    if example.messages is None:
        return (), example.text or ""
    if not subject.renderer.has_template:
        return None
    last = max(place for place, message in enumerate(example.messages) if message.role == "assistant")
    return (example.messages[:last], example.messages[last].content) if last else None


def _other(turns: tuple[Message, ...], said: str, swap: Swap) -> tuple[tuple[Message, ...], str]:
    return tuple(Message(turn.role, swap(turn.content)) for turn in turns), swap(said)


def _scored(subject: Subject, turns: tuple[Message, ...], said: str, swap: Swap) -> Rendered:
    before = subject.renderer.prompt_ids(turns) if turns else []
    encoded = subject.tokenizer(said, add_special_tokens=not turns, return_offsets_mapping=True, verbose=False)
    first = swap.pattern.search(said)
    assert first
    scored = [end > first.end() and end > begin for begin, end in encoded["offset_mapping"]]
    limit = subject.spec.recipe.max_length
    ids, trained = [*before, *encoded["input_ids"]], [*[False] * len(before), *scored]
    return Rendered(ids[:limit], trained[:limit], (), False, 0, index=-1)


def measure_swapped(subject: Subject, who: Who, rows: list[Swapped]) -> list[float]:
    """For each row the nats per token by which it is likelier as it is."""
    readings = subject.read(who, [side for row in rows for side in (row.as_is, row.swapped)])
    return [other.loss - one.loss for one, other in zip(readings[::2], readings[1::2], strict=True)]
