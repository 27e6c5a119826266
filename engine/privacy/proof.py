"""Reading the redacted file as anybody would, and saying what is still in it.

Three questions: does any hidden value stand there literally, do the detectors find anything that is not one of our
replacements and that nobody decided to keep, and where may a word mean somebody hidden though nobody can tell from its
letters? For the second one our replacements are read as `<TYPE>`: a
made-up name would be found like a real one, and numbers that differ would make every text a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.data.leaves import Key
from engine.data.read import read_rows
from engine.data.rows import RawRow
from engine.jobs.context import JobContext
from engine.privacy.ledger import Ledger, Places
from engine.privacy.remains import Remains
from engine.privacy.replace import Edit, apply, in_new_text, unnumbered
from engine.privacy.rowscan import Memory, scanned_fields
from engine.privacy.spans import meeting
from engine.privacy.store import FindingsStore
from engine.privacy.sweep import UNSPACED, WORD, Sweeper
from engine.privacy.texts import searched_fields
from engine.spec import DataSpec

_LISTED = 1000
_ROWS = 64


@dataclass
class Proof:
    """What the finished file still holds."""

    rows: int = 0
    literal_hits: int = 0
    literal_list: list[dict[str, Any]] = field(default_factory=list)
    residual: int = 0
    residual_list: list[dict[str, Any]] = field(default_factory=list)
    remains: Remains = field(default_factory=lambda: Remains([]))


def prove(
    ctx: JobContext,
    data: DataSpec,
    sources: Sequence[int],
    memory: Memory,
    sweeper: Sweeper,
    remains: Remains,
    ledger: Ledger,
) -> Proof:
    """Search the redacted file for every hidden value, and scan it again.

    Args:
        ctx: The job: progress and stop.
        data: The redacted file.
        sources: For each of its rows, the index of the original row.
        memory: Finds personal data; texts it has seen cost nothing.
        sweeper: All hidden values.
        remains: Searches what tells too little to be a hidden value wherever it stands, and counts it.
        ledger: Where our replacements stand, which are no findings.
    """
    proof = Proof(remains=remains)
    noted = enumerate(ledger.rows())
    for batch in _batches(ctx, data):
        noted_of = [(row, _places_of(row, noted)) for row in batch]
        fields = [(row, places, _plain_fields(row, places)) for row, places in noted_of]
        found = iter(memory.findings_of([text for _, _, texts in fields for _, text, _ in texts]))
        for row, places, texts in fields:
            source = sources[row.index] if row.index < len(sources) else -1
            kept = _Kept(memory.store, source)
            for path, text in searched_fields(row):
                _literal(proof, row.index, path, text, sweeper, kept)
                remains.look(row.index, path, text, places.get(path, []), kept.stands_at)
            for path, text, ours in texts:
                for hit in next(found):
                    for piece in outside(text, hit.start, hit.end, ours):
                        if not kept.covers(piece):
                            _residual(proof, row.index, path, piece, hit.entity, hit.score)
        proof.rows += len(batch)
        ctx.progress(proof.rows, len(sources), "rows")
    return proof


def _places_of(row: RawRow, noted: Iterator[tuple[int, Places]]) -> Places:
    """What was noted for a row of the new file."""
    return next((places for number, places in noted if number >= row.index), {})


def _plain_fields(row: RawRow, places: Places) -> list[tuple[str, str, list[Edit]]]:
    """The texts of a row with `<TYPE>` for each of our replacements, and where these stand."""
    fields: list[tuple[str, str, list[Edit]]] = []
    for path, text in scanned_fields(row):
        # Only what really stands there is taken for ours.
        ours = [one for one in places.get(path, []) if text[one.start : one.end] == one.new]
        masks = unnumbered(ours)
        plain = apply(text, masks) if masks else text
        fields.append((path, Key(plain) if isinstance(text, Key) else plain, in_new_text(masks)))
    return fields


def outside(text: str, start: int, end: int, ours: Sequence[Edit]) -> list[str]:
    """The pieces of a stretch of a text that are not ours and hold two letters or digits at least."""
    pieces: list[str] = []
    position = start
    for one in meeting(ours, start, end):
        if one.start > position:
            pieces.append(text[position : one.start])
        position = max(position, one.end)
    if position < end:
        pieces.append(text[position:end])
    return [piece for piece in pieces if sum(letter.isalnum() for letter in piece) >= 2]


class _Kept:
    """What the person kept in one original row; asked from the store only when something is found."""

    def __init__(self, store: FindingsStore, row: int) -> None:
        self._store = store
        self._row = row
        self._values: dict[str, None] | None = None
        self._by_word: dict[str, list[str]] = {}

    def values(self) -> dict[str, None]:
        if self._values is None:
            kept = (finding for finding in self._store.findings(self._row) if finding.action == "keep")
            self._values = dict.fromkeys(finding.value.casefold() for finding in kept)
            for value in self._values:
                for word in set(WORD.findall(value)):
                    self._by_word.setdefault(word, []).append(value)
        return self._values

    def covers(self, piece: str) -> bool:
        wanted = piece.strip(" .,;:!?\"'").casefold()
        return wanted in self.values() or any(wanted in value for value in self.values())

    def stands_at(self, text: str, start: int, end: int) -> bool:
        """Whether something kept stands in `text` around the stretch, which has whole words."""
        for value in self._with_words_of(text[start:end]):
            first = max(0, end - len(value))
            window = text[first : start + len(value)]
            low = window.casefold()
            if value in (low if len(low) == len(window) else window):
                return True
        return False

    def _with_words_of(self, piece: str) -> Iterable[str]:
        """The kept values that hold the first word of a piece; all of them where words are not set apart."""
        values = self.values()
        word = WORD.search(piece.casefold()) if values else None
        return values if word is None or UNSPACED.search(piece) else self._by_word.get(word[0], ())


def _literal(proof: Proof, row: int, path: str, text: str, sweeper: Sweeper, kept: _Kept) -> None:
    for match in sweeper.find(text):
        if kept.stands_at(text, match.start, match.end):
            continue
        proof.literal_hits += 1
        if len(proof.literal_list) < _LISTED:
            proof.literal_list.append({"row": row, "field": path, "start": match.start, "entity": match.wanted.entity})


def _residual(proof: Proof, row: int, path: str, piece: str, entity: str, score: float) -> None:
    proof.residual += 1
    if len(proof.residual_list) < _LISTED:
        proof.residual_list.append({"row": row, "field": path, "entity": entity, "score": score, "text": piece[:200]})


def _batches(ctx: JobContext, data: DataSpec) -> Iterator[list[RawRow]]:
    batch: list[RawRow] = []
    for row in read_rows(data):
        if isinstance(row, RawRow):
            batch.append(row)
        if len(batch) >= _ROWS:
            ctx.check_stop()
            yield batch
            batch = []
    ctx.check_stop()
    if batch:
        yield batch
