"""Searching what the person pointed at in every row: what no detector found, found once, is found everywhere.

Light on purpose (no detector, no dictionary), because the review does it while the person waits, and the scan does it
again. A value stands where its words stand, in any case of letters and across any white space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from engine.data.read import read_rows
from engine.data.rows import RawRow
from engine.errors import ProjectError, UsageError
from engine.files import sha256_of
from engine.privacy.edits import OWN, Change, add_own
from engine.privacy.findings import NewFinding
from engine.privacy.hits import Hit
from engine.privacy.store import FindingsStore
from engine.privacy.texts import new_finding, role_of, scanned_fields, text_hash
from engine.spec import DataSpec

_SPACE = re.compile(r"\s+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts without spaces between words; a value in one of them may stand anywhere."""


def pattern_of(value: str) -> re.Pattern[str]:
    """What finds a value in a text.

    Raises:
        UsageError: There is no letter and no digit in it.
    """
    if not any(letter.isalnum() for letter in value):
        raise UsageError("There is no letter and no digit in this.", repr(value), "Mark at least one word.")
    clean = value.strip()
    body = r"\s+".join(re.escape(word) for word in _SPACE.split(clean))
    if _UNSPACED.search(value):
        return re.compile(body, re.IGNORECASE)
    left = r"(?<!\w)" if re.match(r"\w", clean[0]) else ""
    right = r"(?!\w)" if re.match(r"\w", clean[-1]) else ""
    return re.compile(f"{left}{body}{right}", re.IGNORECASE)


def places(
    data: DataSpec, wanted: Sequence[tuple[str, str]], on_row: Callable[[int], None] | None = None
) -> Iterator[NewFinding]:
    """Every place of the wanted values, row by row.

    Args:
        data: The dataset; `path` must be absolute.
        wanted: (value, type) pairs.
        on_row: Told the number of each row, perhaps twice; may raise to stop.

    Raises:
        DataError: The file cannot be read.
        UsageError: A value has no letter and no digit.
    """
    patterns = [(pattern_of(value), entity) for value, entity in wanted]
    if not patterns:
        return
    words = [_letters(value) for value, _ in wanted]

    def may_hold(index: int, line: str) -> bool:
        if on_row:
            on_row(index)
        # Letters stand in JSON as they are, unless it writes them by their number.
        return "\\u" in line or any(all(word.search(line) for word in one) for one in words)

    for row in read_rows(data, wanted=may_hold):
        if not isinstance(row, RawRow):
            continue
        if on_row:
            on_row(row.index)
        for path, text in scanned_fields(row):
            for pattern, entity in patterns:
                for match in pattern.finditer(text):
                    hit = Hit(match.start(), match.end(), entity, 1.0, OWN)
                    yield new_finding(row.index, path, text, hit, role_of(row.record, path), text_hash(text))


def _letters(value: str) -> list[re.Pattern[str]]:
    """What a line of JSON must hold that holds a value; not its digits, because a number can be written in two ways."""
    return [re.compile(re.escape(word), re.IGNORECASE) for word in re.findall(r"[^\W\d_]{2,}", value)]


def point_at(store: FindingsStore, data: DataSpec, value: str, entity: str) -> Change:
    """Search a value in all rows and keep it as a finding of the person's own, hidden by their decision.

    Raises:
        DataError: The file cannot be read.
        ProjectError: It is not the file that was scanned.
        UsageError: The value has no letter and no digit.
    """
    must_be_scanned_file(store, data)
    # Read before the file of findings is locked for writing: other programs must not wait for a long dataset.
    return add_own(store, value, entity, list(places(data, [(value, entity)])))


def must_be_scanned_file(store: FindingsStore, data: DataSpec) -> None:
    """Refuse a dataset that is not the one the findings are of.

    Raises:
        ProjectError: It changed since.
        DataError: It cannot be read.
    """
    try:
        same = sha256_of(Path(data.path)) == store.meta("source_sha256")
    except OSError:
        same = False
    if not same:
        raise ProjectError(
            "The data changed since it was scanned.", data.path, "Go to the scan and search again.",
            code="original_changed",
        )  # fmt: skip


def texts_of_row(data: DataSpec, index: int) -> list[tuple[str, str]]:
    """(field, text) of one row, by its number in the file.

    Raises:
        DataError: The file cannot be read.
        ProjectError: There is no such row; the data changed since the scan.
    """
    for row in read_rows(data, wanted=lambda number, _: number == index):
        if row.index == index and isinstance(row, RawRow):
            return scanned_fields(row)
    raise ProjectError(
        "This row is no longer there.", f"{data.path} has no row {index + 1:,}.", "Scan the data again.",
        code="original_changed",
    )  # fmt: skip
