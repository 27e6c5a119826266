"""The blind spots of a scan: rows in which nothing was found, and what a random sample of them proves.

Two views. Rows that look suspicious although nothing was found in them, the most suspicious first. And a random
sample that a person reads: from the leaks in it follows how many such rows there can be at most.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import math
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.data.read import Progress, read_rows
from engine.data.rows import RawRow
from engine.errors import UsageError
from engine.privacy import journal
from engine.privacy.content import may_be_shown
from engine.privacy.schema import transaction
from engine.privacy.store import FindingsStore
from engine.privacy.texts import scanned_fields
from engine.spec import DataSpec

Verdict = Literal["clean", "leak"]

SAMPLE, CONFIDENCE = 300, 0.95
LISTED = 1000
"""Suspicious rows that are kept to look at; the others are only counted."""
_TEXT_KEPT = 4_000
_TOLD, _TELL_SECONDS = 50, 0.4
"""How many rows are told while the others are read, and how often."""
_Sign = tuple[str, int, tuple[str, ...], re.Pattern[str]]
# Name, weight, what must stand in the text in small letters so that the pattern need be asked at all, pattern. Most
# rows hold none of it, and looking for a few letters takes a hundredth of the time. A pattern without such letters
# begins with the sign that is rarest, which is as quick.
_SIGNS: tuple[_Sign, ...] = (
    (
        "says a name", 5, ("name", "call me", "i am called", "i'm called"),
        re.compile(r"\b(?:my name(?:'s| is)|call me|i am called|i'm called|named|name's)\b", re.I),
    ),
    (
        "says a place", 3, ("live", "from", "born in", "address", "my street"),
        re.compile(r"\b(?:i live|we live|i'm from|i am from|born in|address|my street)\b", re.I),
    ),
    ("an @", 4, ("@", "(at)", "[at]"), re.compile(r"@\w|\w\s*(?:\(at\)|\[at\])\s*\w", re.I)),
    ("many digits", 4, (), re.compile(r"\d(?:[ ().\-/]?\d){5,}")),
    (
        "a link", 2, ("://", "www.", ".com", ".net", ".org", ".me", ".io", ".de", ".fr", ".uk"),
        re.compile(r"\b(?:https?://|www\.)|\b\w+\.(?:com|net|org|me|io|de|fr|uk)\b", re.I),
    ),
    (
        "a word like password", 3, ("passw", "pwd", "pin code", "api key", "token"),
        re.compile(r"\b(?:password|passwd|pwd|pin code|api key|token)\b", re.I),
    ),
    ("capitals inside", 2, (), re.compile(r"[A-ZÀ-Þ](?<=[a-zà-ÿ,;] .)[a-zà-ÿ]{2,}")),
)  # fmt: skip


_Fields = Sequence[tuple[str, str]]
_Entry = tuple[float, int, _Fields, Sequence[str]]
_Heap = list[_Entry]


@dataclass(frozen=True)
class BlindRow:
    """A row in which nothing was found."""

    row: int
    signs: tuple[str, ...]
    kept: str
    """Its texts as they are kept; a list shows a thousand rows, and only the marked one is read."""
    position: int = -1
    """Its place in the sample."""
    verdict: Verdict | None = None

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """(field, text) pairs; long texts are cut."""
        return tuple((str(path), str(text)) for path, text in json.loads(self.kept))


@dataclass(frozen=True)
class Survey:
    """What is known about the rows in which nothing was found."""

    clean_rows: int
    suspicious: int
    draw: int
    size: int
    seed: str


@dataclass(frozen=True)
class SampleFacts:
    """What the sample says so far."""

    rows: int
    looked_at: int
    leaks: int
    clean_rows: int
    draw: int
    confidence: float = CONFIDENCE

    @property
    def bound(self) -> float:
        """The greatest share of such rows that may still leak; exact where every one of them was read."""
        if self.clean_rows and self.looked_at >= self.clean_rows:
            return self.leaks / self.clean_rows
        return upper_bound(self.leaks, self.looked_at, self.confidence)

    def as_dict(self) -> dict[str, Any]:
        """For `proof.json`."""
        return {
            "rows": self.rows,
            "looked_at": self.looked_at,
            "leaks": self.leaks,
            "rows_without_findings": self.clean_rows,
            "at_most": round(self.bound, 6),
            "confidence": self.confidence,
            "draw": self.draw,
        }


def upper_bound(leaks: int, rows: int, confidence: float = CONFIDENCE) -> float:
    """The exact one-sided upper bound for a share, of `leaks` in a random sample of `rows`.

    The p for which `leaks` or fewer would be seen with probability 1 - confidence: P(X <= k | n, p) = 1 - confidence
    (Clopper and Pearson, "The use of confidence or fiducial limits", Biometrika 26, 1934). Without a leak that is
    1 - (1 - confidence)^(1/n), which at 95 % is close to 3/n, the rule of three (Hanley and Lippman-Hand, JAMA 249,
    1983). Drawing without replacement from few rows only makes the true bound smaller.

    Args:
        leaks: k, from 0 to `rows`.
        rows: n; without any row nothing is proven, and the bound is 1.
        confidence: Between 0 and 1.
    """
    if rows <= 0 or leaks >= rows:
        return 1.0
    if leaks == 0:
        return float(1.0 - (1.0 - confidence) ** (1.0 / rows))
    low, high = leaks / rows, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(leaks, rows, middle) > 1 - confidence else (low, middle)
    return high


def signs_of(text: str) -> tuple[list[str], int]:
    """Why a text looks personal although nothing was found in it, and how much so."""
    small = text.lower()
    found = [(name, weight) for name, weight, hints, pattern in _SIGNS if _search(pattern, hints, text, small)]
    return [name for name, _ in found], sum(weight for _, weight in found)


def first_sign(texts: Sequence[tuple[str, str]]) -> tuple[str, int]:
    """The field and the letter at which a row looks most suspicious; the first letter where it does not."""
    found = [
        (-weight, number, match.end() - 1 if name.startswith("says") else match.start(), path)
        for number, (path, text) in enumerate(texts)
        for name, weight, hints, pattern in _SIGNS
        if (match := _search(pattern, hints, text, text.lower()))
    ]
    if not found:
        return (texts[0][0], 0) if texts else ("", 0)
    _, _, at, path = min(found)
    return path, at


def survey_of(store: FindingsStore) -> Survey | None:
    """The survey of the present scan; None where none was made yet."""
    content = json.loads(store.meta("blind") or "{}")
    if content.pop("scan_id", None) != store.meta("scan_id") or not content:
        return None
    return Survey(**content)


def look(
    store: FindingsStore,
    data: DataSpec,
    size: int = SAMPLE,
    on_progress: Progress | None = None,
    on_found: Callable[[list[BlindRow]], None] | None = None,
) -> Survey:
    """Read the dataset once: list the suspicious rows without findings and draw a sample of all rows without.

    The sample follows from the scan and the number of the draw alone: each row gets a random number, and the rows
    with the smallest make the sample, in that order, so that any first part of it is a random sample too.

    Args:
        store: The findings of a scan.
        data: The dataset, with an absolute path.
        size: How many rows the sample has.
        on_progress: Told how far it is, now and then.
        on_found: Given the most suspicious rows so far, twice a second at most: a person can begin with them.

    Raises:
        DataError: The file cannot be read.
        UsageError: The size is not between 1 and 10,000.
    """
    if not 1 <= size <= 10_000:
        raise UsageError("A sample has 1 to 10,000 rows.", f"It says {size:,}.", "Type another number.")
    before = json.loads(store.meta("blind") or "{}")
    draw = int(before.get("draw") or 0) + 1
    seed = hashlib.sha256(f"{store.meta('scan_id')} {draw}".encode()).hexdigest()[:16]
    found = {int(str(row[0])) for row in store.query("SELECT DISTINCT row FROM findings")}
    chance = random.Random(seed)
    clean = suspicious = 0
    sample: _Heap = []
    listed: _Heap = []
    told = time.monotonic()
    for row in read_rows(data, on_progress=on_progress, wanted=lambda index, _: index not in found):
        if not isinstance(row, RawRow) or row.index in found or not may_be_shown(row.record):
            continue
        fields = scanned_fields(row)
        if not fields:
            continue
        clean += 1
        _offer(sample, (-chance.random(), -row.index), size, fields)
        signs, weight = signs_of("\n".join(text for _, text in fields))
        if weight:
            suspicious += 1
            _offer(listed, (weight, -row.index), LISTED, fields, signs)
        if on_found is not None and time.monotonic() - told > _TELL_SECONDS:
            on_found([_row_of(one) for one in heapq.nlargest(_TOLD, listed, key=_rank)])
            told = time.monotonic()
    survey = Survey(clean, suspicious, draw, min(size, clean), seed)
    _keep(store, survey, sample, listed)
    return survey


def suspicious_rows(store: FindingsStore, offset: int = 0, limit: int = LISTED) -> list[BlindRow]:
    """A page of the suspicious rows in which still nothing is found, the most suspicious first."""
    rows = store.query(
        "SELECT row, signs, texts FROM blind_rows b WHERE NOT EXISTS (SELECT 1 FROM findings f WHERE f.row = b.row)"
        " ORDER BY weight DESC, row LIMIT ? OFFSET ?",
        (limit, offset),
    )
    return [BlindRow(int(row), tuple(json.loads(signs)), str(texts)) for row, signs, texts in rows]


def count_suspicious(store: FindingsStore, survey: Survey) -> int:
    """How many suspicious rows are left; what was found in them meanwhile is taken off, of those that are listed."""
    listed, left = store.query(
        "SELECT count(*), coalesce(sum(NOT EXISTS (SELECT 1 FROM findings f WHERE f.row = b.row)), 0) FROM blind_rows b"
    )[0]
    return survey.suspicious - int(listed) + int(left)


def sample_rows(store: FindingsStore, offset: int = 0, limit: int = 10_000) -> list[BlindRow]:
    """A page of the sample of the last draw, in its order."""
    survey = survey_of(store)
    rows = store.query(
        "SELECT position, row, texts, verdict FROM blind_sample WHERE draw = ? ORDER BY position LIMIT ? OFFSET ?",
        (survey.draw if survey else -1, limit, offset),
    )
    return [BlindRow(int(row), (), str(texts), int(at), verdict) for at, row, texts, verdict in rows]


def judge(store: FindingsStore, position: int, verdict: Verdict | None) -> None:
    """Say what a row of the sample is; one entry in the log, undone as every other.

    Raises:
        UsageError: There is no such row in the sample.
    """
    survey = survey_of(store)
    with store.lock, transaction(store.connection, store.path) as connection:
        key = (survey.draw if survey else -1, position)
        found = connection.execute(
            "SELECT row, verdict FROM blind_sample WHERE draw = ? AND position = ?", key
        ).fetchone()
        if found is None:
            raise UsageError("This sample is no longer there.", "The data was scanned again.", "Draw another one.")
        if found[1] == verdict:
            return
        words = f"row {found[0] + 1:,} of the sample is {verdict or 'open'}"
        log_id = journal.write(connection, "person", "sample", words)
        connection.execute("INSERT INTO log_sample VALUES (?, ?, ?, ?)", (log_id, *key, found[1]))
        connection.execute("UPDATE blind_sample SET verdict = ? WHERE draw = ? AND position = ?", (verdict, *key))


def sample_facts(store: FindingsStore) -> SampleFacts | None:
    """What the sample of the present scan says; None where nobody looked at any row of it."""
    survey = survey_of(store)
    if survey is None:
        return None
    looked, leaks = store.query(
        "SELECT count(verdict), coalesce(sum(verdict = 'leak'), 0) FROM blind_sample WHERE draw = ?", (survey.draw,)
    )[0]
    if not looked:
        return None
    return SampleFacts(survey.size, int(looked), int(leaks), survey.clean_rows, survey.draw)


def _keep(store: FindingsStore, survey: Survey, sample: _Heap, listed: _Heap) -> None:
    content = {**survey.__dict__, "scan_id": store.meta("scan_id")}
    with store.lock, transaction(store.connection, store.path) as connection:
        connection.execute("DELETE FROM blind_rows")
        connection.executemany(
            "INSERT INTO blind_rows VALUES (?, ?, ?, ?)",
            [(-row, weight, json.dumps(signs), _dumped(fields)) for weight, row, fields, signs in listed],
        )
        connection.executemany(
            "INSERT OR REPLACE INTO blind_sample VALUES (?, ?, ?, ?, NULL)",
            [
                (survey.draw, at, -row, _dumped(fields))
                for at, (_, row, fields, _) in enumerate(sorted(sample, key=_rank, reverse=True))
            ],
        )
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('blind', ?)", (json.dumps(content),))


def _offer(heap: _Heap, rank: tuple[float, int], size: int, fields: _Fields, signs: Sequence[str] = ()) -> None:
    """Keep the `size` greatest entries; no two rows have the same rank."""
    if len(heap) < size:
        heapq.heappush(heap, (*rank, fields, signs))
    elif rank > heap[0][:2]:
        heapq.heapreplace(heap, (*rank, fields, signs))


def _rank(entry: _Entry) -> tuple[float, int]:
    return entry[:2]


def _row_of(entry: _Entry) -> BlindRow:
    _, row, fields, signs = entry
    return BlindRow(-row, tuple(signs), _dumped(fields))


def _dumped(fields: _Fields) -> str:
    return json.dumps([(path, text[:_TEXT_KEPT]) for path, text in fields])


def _search(pattern: re.Pattern[str], hints: tuple[str, ...], text: str, small: str) -> re.Match[str] | None:
    """The match, where anything stands in the text (`small`: in small letters) without which there is none."""
    if hints and not any(hint in small for hint in hints):
        return None
    return pattern.search(text)


def _at_most(leaks: int, rows: int, share: float) -> float:
    """P(X <= leaks) for a binomial of `rows` and `share`."""
    if share >= 1:
        return 0.0
    logs = [
        math.lgamma(rows + 1) - math.lgamma(k + 1) - math.lgamma(rows - k + 1)
        + k * math.log(share) + (rows - k) * math.log1p(-share)
        for k in range(leaks + 1)
    ]  # fmt: skip
    return math.fsum(math.exp(log) for log in logs)
