"""What is searched for in a new file, and what a search by letters cannot decide.

A hidden "Maya Lindqvist" is searched as a whole and by its telling words. "Maya Stone" leaves a doubt: "Stone" by
itself may be Maya or a stone. Such words are hidden where the text says that they are a name; what is left of them is
counted here, so that the proof says "possible remains" in place of a 0 that nobody can vouch for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.privacy.cases import opens_sentence
from engine.privacy.parts import doubtful_words, is_doubtful, tells, words_of_name
from engine.privacy.replace import Edit
from engine.privacy.spans import meeting
from engine.privacy.store import FindingsStore
from engine.privacy.sweep import Sweeper, Wanted, can_be_swept

_SURE_NAME = 0.6
_MOST_WORDS = 4
_LEAST_SIGNS = 3
_LISTED, _WORDS_LISTED = 1000, 200
_NAMES = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "NRP"})
"""Types whose values are words; one that is an everyday word too may still stand in small letters."""

StandsAt = Callable[[str, int, int], bool]


@dataclass(frozen=True)
class Hidden:
    """What is to be hidden in the whole file.

    Args:
        searched: Hidden, and searched in the new file, wherever it stands.
        doubtful: Words and short values that tell too little for that.
    """

    searched: list[Wanted]
    doubtful: list[str]


def hidden_values(store: FindingsStore, *, parts: bool) -> Hidden:
    """Every value that is hidden somewhere, and the words of the names among them.

    Args:
        store: Findings and decisions.
        parts: Search the telling words of names too, as the sweep of the scan does.
    """
    rows = store.query(
        "SELECT v.entity, v.value, v.max_score FROM vals v WHERE v.count > 0 AND coalesce(v.decision, 'hide') = 'hide'"
        " AND EXISTS (SELECT 1 FROM findings f WHERE f.value_id = v.id AND coalesce(f.decision, 'hide') = 'hide')"
        " ORDER BY v.id"
    )
    kept = {str(row[0]).casefold() for row in store.query("SELECT value FROM vals WHERE decision = 'keep'")}
    searched: list[Wanted] = []
    telling: dict[str, None] = {}
    doubtful: dict[str, None] = {}
    for entity, value, score in rows:
        unsure = entity in _NAMES and is_doubtful(value)
        if can_be_swept(value, entity):
            searched.append(Wanted(value, entity))
        elif sum(sign.isalnum() for sign in value) >= _LEAST_SIGNS:
            unsure = True
        if unsure:
            doubtful[value] = None
        if entity == "PERSON":
            doubtful.update(dict.fromkeys(doubtful_words(value)))
            if parts and score >= _SURE_NAME and len(value.split()) <= _MOST_WORDS:
                telling.update(dict.fromkeys(word for word in words_of_name(value) if tells(word)))
    known = {one.value.casefold() for one in searched} | kept
    searched += [Wanted(word, "PERSON") for word in telling if word.casefold() not in known]
    return Hidden(searched, [word for word in doubtful if word.casefold() not in kept])


@dataclass
class Remains:
    """Counts the places where something doubtful stands in the new file.

    Args:
        words: Of `Hidden.doubtful`.
    """

    words: Iterable[str]
    as_name: Counter[str] = field(default_factory=Counter)
    """Places where it is written as a name is: with a capital inside a sentence. Numbers count here too."""
    as_word: Counter[str] = field(default_factory=Counter)
    """All other places: in small letters, or where a sentence begins."""
    listed: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._sweeper = Sweeper(Wanted(word, "KNOWN_VALUE") for word in self.words)

    def look(self, row: int, path: str, text: str, ours: Sequence[Edit], kept: StandsAt) -> None:
        """Count what stands in one text.

        Args:
            row: Of the new file.
            path: The field.
            text: As it stands there.
            ours: Our replacements in it, in its own offsets.
            kept: Whether something that the person kept stands around a stretch.
        """
        if not self._sweeper:
            return
        for match in self._sweeper.find(text):
            at, end, word = match.start, match.end, match.wanted.value
            if meeting(ours, at, end) or kept(text, at, end):
                continue
            if text[at].islower() or (text[at].isupper() and opens_sentence(text, at)):
                self.as_word[word] += 1
                continue
            self.as_name[word] += 1
            if len(self.listed) < _LISTED:
                self.listed.append({"row": row, "field": path, "start": at, "word": word})

    def as_dict(self) -> dict[str, Any]:
        """`count` (written as a name), `as_words` (everywhere else), `by_word`, and the `listed` first places."""
        order = sorted(
            {*self.as_name, *self.as_word}, key=lambda word: (-self.as_name[word], -self.as_word[word], word)
        )
        return {
            "count": self.as_name.total(),
            "as_words": self.as_word.total(),
            "by_word": [
                {"word": word, "as_name": self.as_name[word], "as_word": self.as_word[word]}
                for word in order[:_WORDS_LISTED]
            ],
            "listed": self.listed,
        }
