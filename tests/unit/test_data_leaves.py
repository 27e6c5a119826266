"""Numbers and keys beside the texts: found, changed, and put into the source without touching anything else."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.leaves import KEY_MARK, Key, Unquoted, all_fields, moved_path, with_changes
from engine.data.read import parse_object
from engine.data.rows import RawRow
from engine.data.splice import Change, csv_cells, spliced_csv, spliced_json, spliced_lines
from engine.privacy.merge import Hit
from engine.privacy.offered import answer, is_offered, named_entity, question
from engine.privacy.surrogate.keyed import Keyed
from engine.privacy.surrogate.written import candidates

NAMES = st.text(st.sampled_from('ab.\\"é\n '), max_size=4)
TEXTS = st.text(st.sampled_from('ab"\\/é😀\n\t\x01\u2028'), max_size=6)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
RECORDS = st.dictionaries(NAMES, VALUES, min_size=1, max_size=3)
QUICK = settings(max_examples=25, deadline=None)
LAYOUTS = st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":")}, {"ensure_ascii": False}])


def row_of(raw: str) -> RawRow:
    row = parse_object(raw, 0, 1)
    assert isinstance(row, RawRow)
    return row


@QUICK
@given(RECORDS, LAYOUTS, st.data())
def test_a_changed_source_says_what_the_changed_record_says(
    record: dict[str, Any], layout: dict[str, Any], data: st.DataObject
) -> None:
    raw = f" {json.dumps(record, **layout)} \r\n"
    row = row_of(raw)
    fields = all_fields(row.record)
    assert len({path for path, _ in fields}) == len(fields)
    changes: dict[str, Change] = {}
    for number, (path, text) in enumerate(fields):
        if data.draw(st.booleans()):
            if isinstance(text, Unquoted):
                new: str = data.draw(st.sampled_from([Unquoted("7.5" if set(text) & set(".e") else "7"), "<ID_1>"]))
                changes[path] = Change(path, new)
            else:
                at = data.draw(st.integers(0, len(text)))
                put = data.draw(st.sampled_from(["", "é\n", f"new{number}"]))
                changes[path] = Change(path, text[:at] + put, ((at, len(text), put),))
    before = copy.deepcopy(row.record)
    made, renamed = with_changes(row.record, {path: one.new for path, one in changes.items()})
    assert row.record == before
    again = json.loads(spliced_json(raw, changes, renamed))
    assert again == made
    assert json.dumps(again) == json.dumps(made), "keys keep their order"
    assert [type(text) for _, text in all_fields(made)].count(Key) <= [type(text) for _, text in fields].count(Key)
    there = dict(all_fields(made))
    for path, one in changes.items():
        if not isinstance(one.new, Unquoted) and not path.startswith(KEY_MARK):
            assert there[moved_path(path, renamed)] == one.new


@QUICK
@given(RECORDS, LAYOUTS)
def test_a_source_without_changes_stays_to_the_letter(record: dict[str, Any], layout: dict[str, Any]) -> None:
    raw = json.dumps(record, **layout)
    assert spliced_json(raw, {}, {}) == raw
    assert json.loads(spliced_json(raw, {}, {}, loose=True)) == record


CELLS = st.text(st.sampled_from('ab";\n é'), max_size=5)


@QUICK
@given(st.lists(CELLS, min_size=2, max_size=4), st.booleans(), CELLS)
def test_one_cell_changes_and_no_other(cells: list[str], quoted: bool, new: str) -> None:
    raw = ";".join('"' + c.replace('"', '""') + '"' if quoted or set(c) & set('";\n ') else c for c in cells) + "\r\n"
    assert csv_cells(raw, ";") == cells
    columns = [str(number) for number in range(len(cells))]
    made = spliced_csv(raw, columns, cells, ";", {"1": new})
    assert made is not None
    assert csv_cells(made, ";") == [cells[0], new, *cells[2:]]
    assert made.endswith("\r\n")


def test_lines_change_in_their_place() -> None:
    raw = "\r\n \n  a b\r\nc d\r\n"
    assert spliced_lines(raw, [(2, 3, "X"), (6, 7, "Y\nZ")]) == "\r\n \n  X b\r\nY Z d\r\n"


@pytest.mark.parametrize(
    ("name", "entity"),
    [("phoneNumber", "PHONE_NUMBER"), ("PLZ", "ADDRESS"), ("date_of_birth", "DATE_OF_BIRTH"), ("ssn", "US_SSN"),
     ("customerId", "ID"), ("lat", "LOCATION"), ("tokens", None), ("id", None), ("", None)],
)  # fmt: skip
def test_names_of_fields_say_what_numbers_are(name: str, entity: str | None) -> None:
    assert named_entity(name) == entity


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        (Unquoted("491701234567", "n"), True),
        (Unquoted("491701234567.0", "n"), True),
        (Unquoted("123456", "n"), False),
        (Unquoted("10115", "zip"), True),
        (Unquoted("0", "zip"), False),
        (Unquoted("0.9182736455", "n"), False),
        (Unquoted("1700000000123", "created_at"), False),
        (Unquoted("918273645", "message_id"), False),
        (Unquoted("918273645", "user_id"), True),
        (Key("Anna Berg"), True),
        (Key("anna.berg@web.de"), True),
        (Key("max_tokens"), False),
        (Key("conversationId"), False),
    ],
)
def test_what_is_looked_at(text: str, offered: bool) -> None:
    assert is_offered(text) is offered


def test_a_number_is_asked_about_with_its_field_and_found_whole() -> None:
    number = Unquoted("-491701234567.0", "fromNumber")
    assert question(number) == "from number: 491701234567"
    inside = Hit(15, 20, "PHONE_NUMBER", 0.4, "x")
    assert answer(number, [inside, Hit(0, 4, "PERSON", 0.9, "y")]) == [Hit(0, 15, "PHONE_NUMBER", 0.4, "x")]
    assert answer(Unquoted("10115", "zip"), [], frozenset({"PERSON"})) == []


def test_figures_in_a_table_are_told_by_their_column() -> None:
    fields = dict(all_fields({"zip": "10115", "n": "10115", "pin": 4711, "phone": "0170 / 12 34", "text": "zip 10115"}))
    found = {path: [hit.entity for hit in answer(text, [])] for path, text in fields.items() if KEY_MARK not in path}
    assert found == {"zip": ["ADDRESS"], "n": [], "pin": ["SECRET"], "phone": ["PHONE_NUMBER"], "text": []}


@QUICK
@given(
    st.integers(10, 10**18),
    st.sampled_from(["PHONE_NUMBER", "CREDIT_CARD", "US_SSN", "DATE_OF_BIRTH", "ID", "LOCATION"]),
)
def test_made_up_numbers_have_as_many_digits(number: int, kind: str) -> None:
    for not_above in (False, True):
        for made in candidates(kind, str(number), Keyed(bytes(32)), not_above=not_above):
            assert len(made) == len(str(number))
            assert made[0] != "0"
            assert not not_above or int(made) <= number or number - 10 ** (len(made) - 1) <= 20


def test_a_row_with_odd_sources_is_read_as_before(tmp_path: Path) -> None:
    row = row_of('{"a": {"k": 1, "k": 2}, "\\ud83d": "x", "\\ud83e": "y"}')
    assert row.record == {"a": {"k": 2}, "\ufffd": "y"}
    assert row.loose
    assert spliced_json(row.raw, {}, {}, loose=True) == '{"a": {"k": 2}, "\\ud83e": "y"}'
