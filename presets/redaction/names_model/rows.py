# ruff: noqa: RUF001 (quotation marks as people type them)
"""Rows to tune the name model on: texts with marks, labelled corpora, and other names put in their places.

A marked row is one line of a file in `marked/`: `[[LABEL|value]]` around each personal value, a literal backslash and n
for a line break. A corpus is a JSON Lines file with `{"text", "spans": [{"start", "end", "label"}]}`.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from engine.privacy.recognisers.known import census_names, family_names, given_names, listed_names, short_surnames
from engine.privacy.recognisers.words import names_that_are_words

_MARK = re.compile(r"\[\[([A-Z_]+)\|(.*?)\]\]", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PARTICLES = {
    "de",
    "da",
    "von",
    "van",
    "der",
    "bin",
    "al",
    "the",
    "of",
    "and",
    "el",
    "la",
    "dos",
    "del",
    "di",
    "du",
    "le",
}
_HELD_OUT = 10
"""One row in so many is never trained on."""

Span = tuple[int, int, str]


@dataclass(frozen=True)
class Row:
    """A text and the personal values in it.

    Args:
        text: The text.
        spans: (start, end, label) of each value, in characters.
        complete: Whether every personal value of every kind is marked; corpora mark names only.
    """

    text: str
    spans: tuple[Span, ...]
    complete: bool = True


def marked_row(line: str) -> Row:
    """A row from a line with marks."""
    line = line.replace("\\n", "\n")
    pieces: list[str] = []
    spans: list[Span] = []
    at = length = 0
    for match in _MARK.finditer(line):
        pieces += [line[at : match.start()], match[2]]
        begin = length + match.start() - at
        length = begin + len(match[2])
        spans.append((begin, length, match[1]))
        at = match.end()
    return Row("".join([*pieces, line[at:]]), tuple(spans))


def marked_rows(folder: Path) -> list[Row]:
    """All rows of the text files of a folder, in order."""
    lines = [line for file in sorted(folder.glob("*.txt")) for line in file.read_text(encoding="utf-8").splitlines()]
    return [marked_row(line) for line in lines if line.strip()]


def corpus(path: Path) -> list[Row]:
    """The rows of a labelled corpus."""
    with path.open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return [
        Row(record["text"], tuple((one["start"], one["end"], one["label"]) for one in record["spans"]), False)
        for record in records
    ]


def is_held_out(row: Row) -> bool:
    """Whether a row is kept for measuring, by its text."""
    return int(hashlib.sha1(row.text.encode("utf-8", "surrogatepass")).hexdigest(), 16) % _HELD_OUT == 0


class Names:
    """Names to put in the places of others: of lists, words, very short ones, and made-up ones."""

    def __init__(self) -> None:
        self.given = _plain(given_names())
        self.family = _plain(listed_names() | family_names())
        self.words = sorted(names_that_are_words() | census_names())
        self.short = [name for name in _plain(set(self.given) | set(self.family) | short_surnames()) if len(name) <= 3]
        self._after: dict[str, list[str]] = {}
        for name in self.given + self.family:
            framed = f"^^{name}$"
            for place in range(2, len(framed)):
                self._after.setdefault(framed[place - 2 : place], []).append(framed[place])

    def swapped(self, row: Row, chance: random.Random) -> Row:
        """The row with other names; a word that stands twice among its names becomes the same word."""
        table: dict[str, str] = {}
        pieces: list[str] = []
        spans: list[Span] = []
        at = length = 0
        for start, end, label in sorted(row.spans):
            if start < at:
                continue
            value = row.text[start:end]
            if label == "PERSON":
                value = self._other(value, table, chance)
            pieces += [row.text[at:start], value]
            begin = length + start - at
            length = begin + len(value)
            spans.append((begin, length, label))
            at = end
        return replace(row, text="".join([*pieces, row.text[at:]]), spans=tuple(spans))

    def _other(self, value: str, table: dict[str, str], chance: random.Random) -> str:
        words = _WORD.findall(value)
        if len(words) > 4 or not (value.isascii() or chance.random() < 0.5):
            return value

        def other(match: re.Match[str]) -> str:
            word = match[0]
            small = word.casefold()
            if len(word) == 1 or small in _PARTICLES:
                return word
            if small not in table:
                table[small] = self._any(chance, is_last=len(words) > 1 and word == words[-1])
            return _written_like(word, table[small])

        return _WORD.sub(other, value)

    def _any(self, chance: random.Random, *, is_last: bool) -> str:
        draw = chance.random()
        if draw < 0.16:
            return chance.choice(self.words)
        if draw < 0.28:
            return chance.choice(self.short)
        if draw < 0.46:
            return self._made_up(chance)
        if draw < 0.50:
            return chance.choice("abcdefghijklmnoprstvwz") + chance.choice("aeiouybcdghjklmnprstwz")
        return chance.choice(self.family if is_last else self.given)

    def _made_up(self, chance: random.Random) -> str:
        while True:
            name = "^^"
            while name[-1] != "$" and len(name) < 13:
                name += chance.choice(self._after[name[-2:]])
            name = name[2:].rstrip("$")
            if 2 <= len(name) <= 10:
                return name


def recased(row: Row, chance: random.Random) -> Row:
    """The row as it is, in small letters, in capitals, or with only its names in small letters."""
    draw = chance.random()
    text = row.text
    if draw < 0.20:
        text = text.lower()
    elif draw < 0.26:
        text = text.upper()
    elif draw < 0.34:
        for start, end, label in row.spans:
            if label == "PERSON":
                text = text[:start] + text[start:end].lower() + text[end:]
    return replace(row, text=text) if len(text) == len(row.text) else row


def shuffled(rows: list[Row], chance: random.Random) -> Iterator[Row]:
    """Rows without end, each once before any comes again."""
    while True:
        yield from chance.sample(rows, len(rows))


def drawn(corpora: dict[str, list[Row]], share: Callable[[str], float], chance: random.Random) -> Iterator[Row]:
    """Rows of corpora without end, by size times `share`; of the rows without names every second is passed over."""
    names = sorted(corpora)
    weights = [len(corpora[name]) * share(name) for name in names]
    while True:
        rows = corpora[chance.choices(names, weights)[0]]
        row = chance.choice(rows)
        if not any(label == "PERSON" for _, _, label in row.spans) and chance.random() < 0.45:
            row = chance.choice(rows)
        yield row


def _plain(names: frozenset[str] | set[str]) -> list[str]:
    return sorted(name for name in names if name.isascii())


def _written_like(old: str, new: str) -> str:
    if old.isupper():
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new
