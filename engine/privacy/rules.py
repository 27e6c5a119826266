"""Rules of the person: always hide, or never flag, a value, a pattern, a type below a score, or a field.

They are kept with the project's findings and applied again after every scan, so that the next file needs fewer
decisions. A rule decides only what no person and no policy decided; where rules disagree, hiding wins. Taking a rule
off the list takes its decisions back with it.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import regex
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.errors import ProjectError, UsageError
from engine.privacy import journal
from engine.privacy.counts import CERTAIN_SCORE
from engine.privacy.findings import CERTAIN_ENTITIES, SECRET_ENTITIES, Action, masked
from engine.privacy.schema import transaction

if TYPE_CHECKING:
    from engine.privacy.store import FindingsStore

RuleKind = Literal["value", "pattern", "below", "field"]
_INDEX = re.compile(r"(?<=\.)\d+(?=\.|$)")
_EXAMPLES = 4
_VALUE_SECONDS, _ALL_SECONDS = 0.5, 20.0
"""The longest a pattern may take on one value, and on all of them together."""


class Rule(BaseModel):
    """One rule.

    `value`: `text` in any case of letters. `pattern`: `text` is a regular expression, searched in the value.
    `below`: values of the type `entity` whose best score is lower than `score`. `field`: places in the field `text`,
    with `*` for the number of a turn, said by `role`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: RuleKind
    action: Action
    text: str = ""
    entity: str = ""
    role: str = ""
    score: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0

    @model_validator(mode="after")
    def _complete(self) -> Rule:
        if self.kind == "below" and not (self.entity and self.score):
            raise ValueError("a rule about scores needs a type and a score")
        if self.kind != "below" and not self.text.strip():
            raise ValueError("the rule is empty")
        if self.kind == "pattern":
            try:
                compiled = regex.compile(self.text)
            except (regex.error, RecursionError, OverflowError) as error:
                raise ValueError(f"the pattern is not valid: {error}") from error
            if compiled.search(""):
                raise ValueError("the pattern matches everything")
        return self


@dataclass(frozen=True)
class Kept:
    """A rule of the list, and the entry of the log that made it."""

    id: int
    rule: Rule


@dataclass(frozen=True)
class Preview:
    """What a rule would change: distinct values and places that get another fate, and values that stay as decided."""

    values: int
    places: int
    stays: int
    examples: tuple[str, ...] = ()


def make_rule(**content: object) -> Rule:
    """A rule of what a person typed.

    Raises:
        UsageError: It says nothing, or its pattern or score is not valid.
    """
    try:
        return Rule.model_validate(content)
    except ValidationError as error:
        what = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise UsageError(
            "This cannot be a rule.", f"{what[:1].upper()}{what[1:]}.", "Change it, or leave it."
        ) from error


def field_key(field: str) -> str:
    """The field with `*` for the numbers of turns: `messages.*.content`."""
    return _INDEX.sub("*", field)


def pattern_for(value: str, entity: str) -> str:
    """A pattern that finds values of the same form: the same domain, or the same signs with other digits.

    For a secret only what a list may show of it is in the pattern.
    """
    if entity == "EMAIL_ADDRESS" and "@" in value:
        return f"@{re.escape(value.rpartition('@')[2])}$"
    if entity in SECRET_ENTITIES:
        return f"^{re.escape(value[:2])}.+$"
    parts = [r"\d+" if piece.isdigit() else re.escape(piece) for piece in re.findall(r"\d+|\D+", value)]
    return f"^{''.join(parts)}$".replace("\\ ", " ")


def rules_of(store: FindingsStore) -> list[Kept]:
    """The rules that hold now, the oldest first.

    Raises:
        ProjectError: A rule in the file is not one.
    """
    with store.lock:
        return _active(store.connection)


def preview(store: FindingsStore, rule: Rule) -> Preview:
    """What `add_rule` would change. Reads only."""
    with store.lock:
        if rule.kind == "field":
            found = _field_places(store.connection, rule)
            values = {value_id: shown for _, value_id, shown in found}
            return Preview(len(values), len(found), 0, tuple(list(values.values())[:_EXAMPLES]))
        matches = _matcher(rule)
        changed: list[str] = []
        places = stays = 0
        query = "SELECT entity, value, max_score, decision, decided_by, count FROM vals WHERE count > 0"
        where, parameters = _candidates(rule)
        rows = store.connection.execute(f"{query} AND {where} ORDER BY risk DESC, id", parameters)
        for entity, value, score, decision, by, count in rows:
            if not matches(entity, value, score) or (decision or "hide") == rule.action == decision:
                continue
            if by in ("person", "policy") and rule.kind != "value":
                stays += 1
                continue
            changed.append(masked(value, entity))
            places += count
        return Preview(len(changed), places, stays, tuple(changed[:_EXAMPLES]))


def add_rule(store: FindingsStore, rule: Rule) -> int:
    """Keep a rule and apply it; one entry in the log. A rule about a value also replaces a decision about it.

    Returns:
        How many values and places have another decision now.
    """
    with store.lock, transaction(store.connection, store.path) as connection:
        log_id = journal.write(connection, "person", "rule", f"the rule {words_for_rule(rule)}")
        connection.execute("INSERT INTO rules VALUES (?, ?, NULL)", (log_id, rule.model_dump_json()))
        changed = 0
        if rule.kind == "value":
            changed = _replace_decisions(connection, log_id, rule)
        return changed + settle_rules(connection, log_id)


def remove_rule(store: FindingsStore, rule_id: int) -> int:
    """Take a rule off the list, and its decisions back; one entry in the log.

    Returns:
        How many values and places have another decision now.
    """
    with store.lock, transaction(store.connection, store.path) as connection:
        found = connection.execute("SELECT content FROM rules WHERE log_id = ?", (rule_id,)).fetchone()
        if found is None:
            return 0
        words = f"removing the rule {words_for_rule(_parsed(found[0]))}"
        log_id = journal.write(connection, "person", "rule", words)
        connection.execute("UPDATE rules SET removed_by = ? WHERE log_id = ?", (log_id, rule_id))
        return settle_rules(connection, log_id)


def take_back(connection: sqlite3.Connection, log_id: int) -> None:
    """An entry about a rule is being undone: the rules that hold then decide again."""
    connection.execute("UPDATE rules SET removed_by = NULL WHERE removed_by = ?", (log_id,))
    settle_rules(connection)


def settle_rules(connection: sqlite3.Connection, log_id: int | None = None) -> int:
    """Decide by the rules all that no person and no policy decided; free what no rule speaks of any more.

    Args:
        connection: Inside a transaction.
        log_id: Where what was there before is kept; None after a scan, which is no entry.

    Returns:
        How many values and places have another decision now.
    """
    rules = [kept.rule for kept in _active(connection)]
    of_values = [rule for rule in rules if rule.kind != "field"]
    decide = _decider(of_values)
    query = (
        "SELECT id, entity, value, max_score, decision FROM vals"
        " WHERE count > 0 AND (decision IS NULL OR decided_by = 'rule')"
    )
    changes: list[tuple[Action | None, str | None, int]] = []
    for value_id, entity, value, score, decision in connection.execute(query):
        wanted = decide(entity, value, score)
        if wanted != decision:
            changes.append((wanted, "rule" if wanted else None, value_id))
    _change_values(connection, log_id, changes)
    return len(changes) + _settle_fields(connection, log_id, [rule for rule in rules if rule.kind == "field"])


def words_for_rule(rule: Rule) -> str:
    """The rule in a few words: `keep PERSON below .45`."""
    verb = "always hide" if rule.action == "hide" else "never flag"
    if rule.kind == "below":
        return f"{verb} {rule.entity} below {rule.score:.2f}"
    if rule.kind == "field":
        return f"{verb} what stands in {rule.text}" + (f" of {rule.role}" if rule.role else "")
    return f"{verb} /{rule.text}/" if rule.kind == "pattern" else f"{verb} {masked(rule.text, rule.entity)}"


def _active(connection: sqlite3.Connection) -> list[Kept]:
    rows = connection.execute(
        "SELECT r.log_id, r.content FROM rules r JOIN log ON log.id = r.log_id LEFT JOIN log gone ON"
        " gone.id = r.removed_by WHERE log.undone = 0 AND (r.removed_by IS NULL OR gone.undone = 1) ORDER BY r.log_id"
    ).fetchall()
    return [Kept(int(log_id), _parsed(content)) for log_id, content in rows]


def _parsed(content: str) -> Rule:
    try:
        return Rule.model_validate_json(content)
    except ValidationError as error:
        raise ProjectError(
            "A rule in the findings file is damaged.",
            f"{content[:200]}: {error.errors()[0]['msg']}.",
            "Restore the file from a copy, or delete it and scan again.",
            code="findings_broken",
        ) from error


def _candidates(rule: Rule) -> tuple[str, tuple[object, ...]]:
    """What SQLite can say about the values that a rule may match; it is asked again about each of these.

    SQLite knows the cases of plain letters only, so that a value with other letters always stays in.
    """
    if rule.kind == "below":
        return "entity = ? AND max_score < ?", (rule.entity, rule.score)
    if rule.kind == "value" and (plain := rule.text.casefold().strip()).isascii():
        return "(instr(lower(value), ?) OR value GLOB '*[^ -~]*')", (plain,)
    return "1", ()


_Matches = Callable[[str, str, float], bool]


def _matcher(rule: Rule) -> _Matches:
    if rule.kind == "below":
        return lambda entity, _value, score: entity == rule.entity and score < rule.score
    if rule.kind == "pattern":
        return _pattern_matcher(rule)
    wanted = rule.text.casefold().strip()
    return lambda _entity, value, _score: value.casefold().strip() == wanted


def _pattern_matcher(rule: Rule) -> _Matches:
    """Search the pattern, but not for ever.

    Raises (what it returns):
        UsageError: The pattern takes too long. Whoever asked is inside a transaction, so nothing was changed.
    """
    pattern = regex.compile(rule.text, regex.IGNORECASE)
    spent = 0.0

    def matches(_entity: str, value: str, _score: float) -> bool:
        nonlocal spent
        began = time.monotonic()
        try:
            found = pattern.search(value, timeout=_VALUE_SECONDS, concurrent=True) is not None
        except TimeoutError:
            raise _too_slow(rule, f"over {_VALUE_SECONDS:g} seconds on a value of {len(value)} letters") from None
        spent += time.monotonic() - began
        if spent > _ALL_SECONDS:
            raise _too_slow(rule, f"over {_ALL_SECONDS:g} seconds on the values together")
        return found

    return matches


def _too_slow(rule: Rule, how: str) -> UsageError:
    return UsageError(
        "The pattern of this rule takes too long.",
        f"/{rule.text[:200]}/ ran {how}. Nothing was changed.",
        "Repetitions inside repetitions, such as (a+)+, do that. Write it without them, or take the rule off the list.",
        code="slow_pattern",
    )


def _decider(rules: Sequence[Rule]) -> Callable[[str, str, float], Action | None]:
    """Hiding wins over keeping, a form that a checksum proves over a rule about scores."""
    matchers = [(rule, _matcher(rule)) for rule in rules]

    def decide(entity: str, value: str, score: float) -> Action | None:
        fates = {rule.action for rule, matches in matchers if matches(entity, value, score)}
        if "hide" in fates:
            return "hide"
        if "keep" in fates:
            return "keep"
        return "hide" if entity in CERTAIN_ENTITIES and score >= CERTAIN_SCORE else None

    return decide


def _replace_decisions(connection: sqlite3.Connection, log_id: int, rule: Rule) -> int:
    """A rule about the very value counts more than what was decided about it before."""
    matches = _matcher(rule)
    query = "SELECT id, entity, value, max_score FROM vals WHERE count > 0 AND decided_by IN ('person', 'policy')"
    query += " AND decision != ?"
    found = [row[0] for row in connection.execute(query, (rule.action,)) if matches(*row[1:])]
    _change_values(connection, log_id, [(rule.action, "rule", value_id) for value_id in found])
    return len(found)


def _change_values(
    connection: sqlite3.Connection, log_id: int | None, changes: Iterable[tuple[Action | None, str | None, int]]
) -> None:
    rows = list(changes)
    if log_id is not None:
        connection.executemany(
            "INSERT INTO log_values SELECT ?, id, decision, decided_by FROM vals WHERE id = ?",
            [(log_id, value_id) for _, _, value_id in rows],
        )
    connection.executemany("UPDATE vals SET decision = ?, decided_by = ? WHERE id = ?", rows)


def _settle_fields(connection: sqlite3.Connection, log_id: int | None, rules: Sequence[Rule]) -> int:
    """Decide single places by the rules about fields; hiding comes last, and so wins."""
    before: dict[int, str] = dict(
        connection.execute("SELECT id, decision FROM findings WHERE decision IS NOT NULL AND decided_by = 'rule'")
    )
    wanted: dict[int, str] = {}
    for rule in sorted(rules, key=lambda rule: rule.action == "hide"):
        wanted.update((int(place[0]), rule.action) for place in _field_places(connection, rule))
    changes = [
        (wanted.get(place), "rule" if place in wanted else None, place)
        for place in sorted(before.keys() | wanted.keys())
        if before.get(place) != wanted.get(place)
    ]
    if log_id is not None:
        connection.executemany(
            "INSERT INTO log_places SELECT ?, value_id, text_hash, field, row, start, end, decision, decided_by"
            " FROM findings WHERE id = ?",
            [(log_id, place) for _, _, place in changes],
        )
    connection.executemany("UPDATE findings SET decision = ?, decided_by = ? WHERE id = ?", changes)
    return len(changes)


def _field_places(connection: sqlite3.Connection, rule: Rule) -> list[tuple[int, int, str]]:
    """(place, value, its text) of what a rule about a field decides; what was hidden on purpose is not kept by it."""
    names = connection.execute("SELECT DISTINCT field, role FROM findings").fetchall()
    wanted = [(field, role) for field, role in names if field_key(field) == rule.text and rule.role in ("", role)]
    found: list[tuple[int, int, str]] = []
    for field, role in wanted:
        query = (
            "SELECT f.id, f.value_id, v.value, v.entity FROM findings f JOIN vals v ON v.id = f.value_id"
            " WHERE f.field = ? AND f.role = ? AND (f.decision IS NULL OR f.decided_by = 'rule')"
        )
        if rule.action == "keep":
            query += " AND coalesce(v.decision, '') != 'hide'"
        rows = connection.execute(query, (field, role)).fetchall()
        found += [(int(place), int(value_id), masked(value, entity)) for place, value_id, value, entity in rows]
    return found
