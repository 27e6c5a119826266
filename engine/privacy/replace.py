"""Replacing hidden values in one text: which stretches, and by what.

Pure: no store, no files. What stands for a value is the business of `replacer`; here are the numbered placeholders that
every operator falls back on. A placeholder belongs to a distinct value, so the same person is the same `<PERSON_1>` in
the whole file, and the numbers follow the order of first appearance.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from engine.privacy.innerjson import is_json, json_parts, meant, spelt, widened, with_letters
from engine.privacy.spans import Covers, within

if TYPE_CHECKING:
    # The sweep brings the detectors' words with it; the wizard shows replacements without them.
    from engine.privacy.sweep import Sweeper

_SPACE = re.compile(r"\s+")
_BEFORE_FIRST = {"AGE": 100}
"""`<AGE_15>` would say an age, to the content rules and to a model."""


@dataclass(frozen=True)
class Stretch:
    """A part of a text that is hidden or kept. Offsets are characters; `value` is the text there."""

    start: int
    end: int
    entity: str
    value: str


@dataclass(frozen=True)
class Edit:
    """One replacement: the stretch of the original, and what stands there now."""

    start: int
    end: int
    new: str
    entity: str


class Replaces(Protocol):
    """Says what stands for a value."""

    def of(self, entity: str, value: str, written: str = "") -> str:
        """The replacement.

        Args:
            entity: The type.
            value: As it was found first.
            written: As it is written at this place; empty: as `value`.
        """
        ...


@dataclass
class Placeholders:
    """Hands out `<TYPE_n>`, one for each distinct value.

    Args:
        taken: Placeholders that the original holds already; they are never handed out.
    """

    taken: frozenset[str] = frozenset()
    known: dict[tuple[str, str], str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def of(self, entity: str, value: str, written: str = "") -> str:
        """The placeholder of a value; case, white space and a leading @ make no difference."""
        key = (entity, normalised(value))
        if key not in self.known:
            number = self.counts.get(entity, _BEFORE_FIRST.get(entity, 0)) + 1
            while f"<{entity}_{number}>" in self.taken:
                number += 1
            self.counts[entity] = number
            self.known[key] = f"<{entity}_{number}>"
        return self.known[key]


def normalised(value: str) -> str:
    """What makes two spellings the same value."""
    return _SPACE.sub(" ", value).strip().strip("@.,;:!?").casefold()


def stretches_to_hide(text: str, hide: Iterable[Stretch], keep: Sequence[Stretch], sweeper: Sweeper) -> list[Stretch]:
    """What is replaced in a text: the findings to hide and every other place where a hidden value stands.

    A hidden value that the sweep meets inside something the person kept stays; a finding to hide that overlaps
    something kept is hidden. Stretches that overlap become one.

    Args:
        text: The original.
        hide: Findings to hide.
        keep: Findings to keep.
        sweeper: All hidden values.
    """
    found, kept = list(hide), Covers(keep)
    for match in sweeper.find(text):
        if not kept.holds(match.start, match.end):
            found.append(Stretch(match.start, match.end, match.wanted.entity, match.wanted.value))
    return _united(text, [_whole(text, one) for one in found])


def _whole(text: str, one: Stretch) -> Stretch:
    """A stretch that cuts no escape in two."""
    start, end = widened(text, one.start, one.end)
    return one if (start, end) == (one.start, one.end) else replace(one, start=start, end=end)


def _united(text: str, stretches: list[Stretch]) -> list[Stretch]:
    united: list[Stretch] = []
    longest: list[Stretch] = []
    for one in sorted(stretches, key=lambda one: (one.start, -one.end)):
        if united and one.start < united[-1].end:
            lead = max(longest[-1], one, key=lambda part: part.end - part.start)
            end = max(united[-1].end, one.end)
            whole = lead if (lead.start, lead.end) == (united[-1].start, end) else None
            value = whole.value if whole else with_letters(text[united[-1].start : end])
            united[-1], longest[-1] = Stretch(united[-1].start, end, lead.entity, value), lead
        else:
            united.append(one)
            longest.append(one)
    return united


def edit(
    text: str, stretches: Sequence[Stretch], replacements: Replaces, *, in_json: bool = False
) -> tuple[str, list[Edit]]:
    """The text with its stretches replaced, and the replacements in order.

    Args:
        text: The original.
        stretches: What is replaced.
        replacements: By what.
        in_json: Whether the stretches stand between quotation marks of JSON, whose escapes the replacements must use.
    """
    parts: list[str] = []
    edits: list[Edit] = []
    at = 0
    for one in stretches:
        written = text[one.start : one.end]
        if in_json:
            said, times = meant(written)
            new = spelt(replacements.of(one.entity, one.value, said), max(1, times))
        else:
            new = replacements.of(one.entity, one.value, with_letters(written))
        parts += [text[at : one.start], new]
        edits.append(Edit(one.start, one.end, new, one.entity))
        at = one.end
    parts.append(text[at:])
    return "".join(parts), edits


def unnumbered(edits: Sequence[Edit]) -> list[Edit]:
    """The same replacements with `<TYPE>` for `<TYPE_n>`.

    The detectors read texts in this form, since a number that moves from one pass to the next would make every text
    a new one that has to be looked at again.
    """
    return [Edit(one.start, one.end, f"<{one.entity}>", one.entity) for one in edits]


def apply(text: str, edits: Sequence[Edit]) -> str:
    """`text` with the replacements made."""
    parts: list[str] = []
    at = 0
    for one in edits:
        parts += [text[at : one.start], one.new]
        at = one.end
    return "".join([*parts, text[at:]])


def breaks_json(text: str, edits: Sequence[Edit]) -> bool:
    """Whether a piece of JSON in a text would be none any more."""
    for start, end in json_parts(text) if edits else ():
        inside = [replace(one, start=one.start - start, end=one.end - start) for one in within(edits, start, end)]
        piece = text[start:end]
        if inside and is_json(piece) and not is_json(apply(piece, inside)):
            return True
    return False


def in_new_text(edits: Sequence[Edit]) -> list[Edit]:
    """Replacements with the offsets of the text they made."""
    moved: list[Edit] = []
    shift = 0
    for one in edits:
        start = one.start + shift
        moved.append(Edit(start, start + len(one.new), one.new, one.entity))
        shift += len(one.new) - (one.end - one.start)
    return moved


def to_original(edits: Sequence[Edit], made: Sequence[Edit], start: int, end: int) -> list[tuple[int, int]]:
    """Where a stretch of the new text stood in the original, without the parts that are placeholders.

    Args:
        edits: What was done to the original, in order.
        made: The same, of `in_new_text`.
        start: In characters of the new text.
        end: In characters of the new text.

    Returns:
        (start, end) in the original, one for each piece between placeholders.
    """
    pieces: list[tuple[int, int]] = []
    at = bisect_right(made, start, key=lambda one: one.end)
    shift = made[at - 1].end - edits[at - 1].end if at else 0
    position = start
    while at < len(made) and made[at].start < end:
        if made[at].start > position:
            pieces.append((position - shift, made[at].start - shift))
        shift = made[at].end - edits[at].end
        position = max(position, made[at].end)
        at += 1
    if position < end:
        pieces.append((position - shift, end - shift))
    return pieces
