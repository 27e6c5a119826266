# ruff: noqa: RUF001 (quotation marks as people type them)
"""From rows to findings: what of a row is looked at, and what is remembered about each place."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.data.leaves import Unquoted
from engine.data.rows import RawRow
from engine.privacy.findings import NewFinding
from engine.privacy.innerjson import whole_escapes, with_letters
from engine.privacy.merge import Hit, merge_hits
from engine.privacy.offered import answer, question
from engine.privacy.parts import SWEEP, lone_words, tells
from engine.privacy.recognisers.handles import is_site
from engine.privacy.recognisers.things import in_known_thing
from engine.privacy.recognisers.words import is_common
from engine.privacy.schema import explained, transaction
from engine.privacy.store import FindingsStore
from engine.privacy.sweep import Sweeper, Wanted, can_be_swept
from engine.privacy.texts import CONTEXT, is_role, new_finding, role_of, scanned_fields, text_hash
from engine.privacy.titles import is_title, without_relation

__all__ = [
    "CONTEXT",
    "Memory",
    "NameList",
    "findings_of_row",
    "is_role",
    "new_finding",
    "role_of",
    "scanned_fields",
    "telling",
    "text_hash",
]

_SURE_NAME, _SURE_WORD = 0.6, 0.85
"""How sure a whole name must be to be searched in every row, and a name whose words are searched by themselves: of what
was less sure, no word that stood elsewhere was one of a person."""

DetectTexts = Callable[[Sequence[str]], list[list[Hit]]]


@dataclass
class Memory:
    """Findings by text, kept in the store: what was looked at once is not looked at again."""

    store: FindingsStore
    version: str
    detect: DetectTexts
    entities: frozenset[str] | None = None
    """Types that are looked for; None: all."""

    def findings_of(self, texts: Sequence[str]) -> list[list[Hit]]:
        """The findings of each text, from the store where they are known, else from the detector."""
        asked = [question(text) for text in texts]
        names = [text_hash(text) for text in asked]
        known = self._known(set(names))
        fresh = {name: text for name, text in zip(names, asked, strict=True) if name not in known}
        if fresh:
            found = dict(zip(fresh, self.detect(list(fresh.values())), strict=True))
            self._keep(found)
            known.update(found)
        return [answer(text, known[name], self.entities) for text, name in zip(texts, names, strict=True)]

    def unknown(self, texts: Sequence[str]) -> list[str]:
        """Those texts that nobody looked at, each once, as the detectors are asked about them."""
        by_name = {text_hash(text): text for text in map(question, texts)}
        known = self._known(set(by_name))
        return [text for name, text in by_name.items() if name not in known]

    def keep(self, texts: Sequence[str], found: Sequence[list[Hit]]) -> None:
        """Remember the findings of texts of `unknown` that somebody else looked at."""
        self._keep({text_hash(text): hits for text, hits in zip(texts, found, strict=True)})

    def _known(self, names: set[str]) -> dict[str, list[Hit]]:
        known: dict[str, list[Hit]] = {}
        asked = sorted(names)
        for start in range(0, len(asked), 500):
            part = asked[start : start + 500]
            marks = ",".join("?" * len(part))
            with self.store.lock, explained(self.store.path):
                rows = self.store.connection.execute(
                    f"SELECT text_hash, found FROM seen WHERE version = ? AND text_hash IN ({marks})",
                    (self.version, *part),
                ).fetchall()
            known.update((name, [Hit(*hit) for hit in json.loads(found)]) for name, found in rows)
        return known

    def _keep(self, found: dict[str, list[Hit]]) -> None:
        rows = [
            (name, self.version, json.dumps([[h.start, h.end, h.entity, h.score, h.recogniser] for h in hits]))
            for name, hits in found.items()
        ]
        with self.store.lock, transaction(self.store.connection, self.store.path) as connection:
            connection.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", rows)

    def texts_known(self) -> int:
        """How many texts were looked at by these detectors."""
        return int(self.store.query("SELECT count(*) FROM seen WHERE version = ?", (self.version,))[0][0])

    def forget_others(self) -> None:
        """Drop what older versions of the detectors found."""
        with self.store.lock, transaction(self.store.connection, self.store.path) as connection:
            connection.execute("DELETE FROM seen WHERE version != ?", (self.version,))


@dataclass
class NameList:
    """The names met anywhere in the file, on their way into the sweep."""

    names: dict[str, float] = field(default_factory=dict)
    handles: set[str] = field(default_factory=set)
    singles: Counter[str] = field(default_factory=Counter)

    def learn(self, text: str, hits: Iterable[Hit]) -> None:
        """Remember the names and user names among the findings of one text."""
        self.take(telling(text, hits))

    def take(self, told: Iterable[Sequence[Any]]) -> None:
        """Remember what `telling` said about a text."""
        for value, entity, score in told:
            if entity == "USERNAME":
                self.handles.add(value)
            elif " " in value:
                self.names[value] = max(self.names.get(value, 0.0), score)
            else:
                self.singles[value] += 1

    def wanted(self, known: Sequence[str]) -> list[Wanted]:
        """What to search for in every row: whole names, their parts, single names, user names, known values."""
        found = [Wanted(value, "KNOWN_VALUE", 1.0, "KnownValues") for value in known if value.strip()]
        found += [Wanted(name, "PERSON", max(0.8, score)) for name, score in self.names.items()]
        for name, score in self.names.items():
            first, _, last = name.rpartition(" ")
            found.append(Wanted(f"{last}, {first}", "PERSON", max(0.8, score)))
        parts = {part for name, score in self.names.items() if score >= _SURE_WORD for part in _parts(name)}
        singles = parts | set(self.singles)
        found += [Wanted(part, "PERSON", 0.6) for part in sorted(singles) if tells(part) and not is_title(part)]
        found += [Wanted(handle, "USERNAME", 0.7) for handle in sorted(self.handles) if _tells_handle(handle)]
        return [one for one in found if one.entity == "KNOWN_VALUE" or can_be_swept(one.value, one.entity)]


def telling(text: str, hits: Iterable[Hit]) -> list[tuple[str, str, float]]:
    """What the findings of one text add to the names that are searched in every row: (value, type, score)."""
    told: list[tuple[str, str, float]] = []
    for hit in hits:
        if hit.score < _SURE_NAME or hit.entity not in ("PERSON", "USERNAME"):
            continue
        value = " ".join(with_letters(text[hit.start : hit.end]).split())
        if hit.entity == "USERNAME":
            told.append((value.lstrip("@/").removeprefix("u/"), hit.entity, hit.score))
            continue
        value = without_relation(value)
        words = value.count(" ") + 1
        if 2 <= words <= 4 or (words == 1 and hit.score >= _SURE_WORD):
            told.append((value, hit.entity, hit.score))
    return told


def _parts(name: str) -> list[str]:
    """The words of a name; without those in small letters where others have a capital: "saya Dewi", "Hej då Ole"."""
    words = [word.strip(".,'’\"()") for word in name.split()]
    return words if name == name.lower() else [word for word in words if not word[:1].islower()]


def _tells_handle(handle: str) -> bool:
    return len(handle) >= 4 and not is_common(handle) and not is_site(handle)


def findings_of_row(
    row: RawRow, fields: Sequence[tuple[str, str]], hits: Sequence[Sequence[Hit]], sweeper: Sweeper
) -> Iterator[NewFinding]:
    """Detector and sweep together, as rows for the store."""
    swept_in = [
        [
            Hit(match.start, match.end, match.wanted.entity, match.wanted.score, match.wanted.source)
            for match in sweeper.find(text)
            if match.wanted.source != SWEEP or not in_known_thing(text, match.start, match.end)
        ]
        for _, text in fields
    ]
    lone = lone_words(fields, [[*found, *swept] for found, swept in zip(hits, swept_in, strict=True)])
    for number, ((path, text), found) in enumerate(zip(fields, hits, strict=True)):
        swept = swept_in[number] + (lone[number] if lone else [])
        if swept and isinstance(text, Unquoted):
            swept = [replace(hit, start=0, end=len(text)) for hit in swept]
        merged = whole_escapes(text, merge_hits(text, [*found, *swept])) if swept else found
        role = role_of(row.record, path) if merged else ""
        name = text_hash(text) if merged else ""
        for hit in merged:
            yield new_finding(row.index, path, text, hit, role, name)
