"""The health of a dataset: what may harm the training though every row can be read, and what is done about it.

Each kind of trouble has a count, places and a fix. A fix is a word in `data.fixes` of the project; it is applied
whenever rows are read (`engine.data.examples`), so the file stays as it is and removing the word undoes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.data.health_rules import RULES_FILE, load_health_rules
from engine.data.language import covered
from engine.data.minhash import repeats
from engine.data.rows import BadRow
from engine.data.shapes import Example
from engine.data.survey import Survey, Surveyed
from engine.spec import DataSpec, FixName

_EXAMPLES = 20
Place = tuple[int, str]
"""A row of the survey, and what is wrong with it."""


@dataclass(frozen=True)
class Kind:
    """A kind of trouble.

    Args:
        name: Stable, for machines.
        title: For people.
        meaning: Why it matters, and what the fix does.
        fix: The word in `data.fixes`.
        row_kind: Under which name rows are listed that the fix leaves out.
    """

    name: str
    title: str
    meaning: str
    fix: FixName
    row_kind: str


KINDS: tuple[Kind, ...] = (
    Kind(
        "near_duplicates",
        "nearly the same as another row",
        "Rows that repeat each other are learned by heart. The fix keeps the first of each such group.",
        "drop_near_duplicates",
        "near_duplicate",
    ),
    Kind(
        "leakage",
        "kept apart, but nearly the same is trained on",
        "The measured result looks better than it is. The fix keeps rows that are alike on the same side.",
        "keep_near_duplicates_together",
        "",
    ),
    Kind(
        "too_short",
        "very short",
        "They teach next to nothing. The fix leaves them out.",
        "drop_too_short",
        "too_short",
    ),
    Kind(
        "too_long",
        "very long",
        "They are cut when they are trained on, or need much memory. The fix leaves them out.",
        "drop_too_long",
        "too_long",
    ),
    Kind(
        "wrong_language",
        "in another language than most",
        "A few stray rows make it answer in the wrong language now and then. The fix leaves them out.",
        "drop_wrong_language",
        "wrong_language",
    ),
    Kind(
        "invalid_json",
        "answers that should be JSON and are not",
        "Nearly all other answers are JSON, so these teach it to break the form. The fix leaves them out.",
        "drop_invalid_json",
        "invalid_json",
    ),
)


@dataclass(frozen=True)
class Treatment:
    """What the chosen fixes do to single rows, by the row's index in the file.

    Args:
        left_out: Rows to leave out: kind and reason.
        points: Rows that go to holdout or training by another point than their own.
    """

    left_out: dict[int, tuple[str, str]] = field(default_factory=dict)
    points: dict[int, float] = field(default_factory=dict)

    def bad_row(self, example: Example) -> BadRow | None:
        """The row as one that is left out, where it is."""
        found = self.left_out.get(example.index)
        return None if found is None else BadRow(example.index, example.line, "", found[1], kind=found[0])


def survey(examples: Callable[[], Any]) -> Surveyed:
    """Look at all usable rows of a dataset.

    Args:
        examples: Gives the rows, bad ones among them.

    Raises:
        As `examples`.
        SpecError: The rules cannot be read.
    """
    found = Survey(load_health_rules())
    for example in examples():
        if isinstance(example, Example):
            found.add(example)
    return found.finish()


def treatment(surveyed: Surveyed, fixes: Sequence[FixName]) -> Treatment:
    """What these fixes do."""
    made = Treatment()
    rows = surveyed.rows
    dropped: set[int] = set()
    for kind in KINDS:
        if kind.fix in fixes and kind.name in _SIMPLE:
            for row, reason in _SIMPLE[kind.name](surveyed):
                if row not in dropped:
                    made.left_out[rows.indexes[row]] = (kind.row_kind, reason)
                    dropped.add(row)
    if "drop_near_duplicates" in fixes:
        for row, reason in _near_duplicates(surveyed, dropped):
            made.left_out[rows.indexes[row]] = ("near_duplicate", reason)
            dropped.add(row)
    if "keep_near_duplicates_together" in fixes:
        for group in surveyed.groups:
            left = [int(row) for row in group if int(row) not in dropped]
            # The row that decides is chosen by chance, not by its place in the file nor by its point, so that the
            # holdout keeps its size and stays the same when the file is sorted.
            leader = min(left, key=rows.ties.__getitem__, default=None)
            made.points.update({rows.indexes[row]: rows.points[leader] for row in left if leader is not None})
    return made


def health(surveyed: Surveyed, data: DataSpec, always: Sequence[tuple[str, str, int, int]]) -> dict[str, Any]:
    """The report, ready for JSON.

    Args:
        surveyed: The whole dataset, without any fix.
        data: Which fixes are chosen, and how much is held out.
        always: (name, title, count, line of the first) of what is left out of every dataset.

    Returns:
        `issues` with name, title, meaning, count, examples (line and note), fix and fixed; `language`, `json`,
        `fixes`, `rows`, `rules` and `languages_covered`.
    """
    rows = surveyed.rows
    together = {"drop_near_duplicates", "keep_near_duplicates_together"} & set(data.fixes)
    issues: list[dict[str, Any]] = []
    for kind in KINDS:
        places = _places(kind.name, surveyed, data.holdout)
        issues.append(
            {
                "name": kind.name,
                "title": kind.title,
                "meaning": kind.meaning,
                "count": len(places),
                "examples": [{"line": rows.lines[row], "note": note} for row, note in places[:_EXAMPLES]],
                "fix": kind.fix,
                "fixed": bool(together) if kind.name == "leakage" else kind.fix in data.fixes,
            }
        )
    for name, title, count, line in always:
        examples = [{"line": line, "note": "the first of them"}] if count else []
        meaning = "Such rows are always left out; b on the data page lists them."
        issues.append(
            {"name": name, "title": title, "meaning": meaning, "count": count, "examples": examples,
             "fix": None, "fixed": True}
        )  # fmt: skip
    return {
        "rows": len(rows.indexes),
        "issues": issues,
        "fixes": list(data.fixes),
        "language": rows.language_name(surveyed.language),
        "json": surveyed.wants_json,
        "rules": {"file": f"{RULES_FILE.parent.name}/{RULES_FILE.name}", **rows.rules.model_dump()},
        "languages_covered": covered(),
    }


def _places(name: str, surveyed: Surveyed, share: float) -> list[Place]:
    if name == "near_duplicates":
        return _near_duplicates(surveyed, set())
    if name == "leakage":
        lines = surveyed.rows.lines
        return [(row, f"line {lines[other]:,} is nearly the same") for row, other in surveyed.leaks(share)]
    return _SIMPLE[name](surveyed)


def _near_duplicates(surveyed: Surveyed, dropped: set[int]) -> list[Place]:
    """Rows to leave out, in order; rows that are gone already hold nobody back."""
    lines, similarity = surveyed.rows.lines, surveyed.rows.rules.similarity
    found: list[Place] = []
    for group in surveyed.groups:
        left = group[[int(row) not in dropped for row in group]] if dropped else group
        pairs = repeats(surveyed.table, left, similarity)
        found += [(row, f"nearly the same as line {lines[kept]:,}") for row, kept in pairs]
    return sorted(found)


def _too_short(surveyed: Surveyed) -> list[Place]:
    words, least = surveyed.rows.words, surveyed.rows.rules.fewest_words
    return [(row, f"{_words(words[row])}, fewer than {least}") for row in surveyed.too_short()]


def _too_long(surveyed: Surveyed) -> list[Place]:
    tokens, most = surveyed.rows.tokens, surveyed.rows.rules.most_tokens
    return [(row, f"about {tokens[row]:,} tokens, more than {most:,}") for row in surveyed.too_long()]


def _wrong_language(surveyed: Surveyed) -> list[Place]:
    rows = surveyed.rows
    usual = rows.language_name(surveyed.language)
    return [
        (row, f"looks like {rows.language_name(rows.languages[row])}, most rows are {usual}")
        for row in surveyed.wrong_language()
    ]


def _invalid_json(surveyed: Surveyed) -> list[Place]:
    return [(row, "the answer is not JSON, unlike most") for row in surveyed.invalid_json()]


def _words(count: int) -> str:
    return "1 word" if count == 1 else f"{count} words"


_SIMPLE: dict[str, Callable[[Surveyed], list[Place]]] = {
    "too_short": _too_short,
    "too_long": _too_long,
    "wrong_language": _wrong_language,
    "invalid_json": _invalid_json,
}
