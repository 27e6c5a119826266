"""Text inside records: every string is found, and replaced without touching anything else."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.rows import text_fields, value_at, with_fields

KEYS = st.text(st.sampled_from("ab.\\0é "), max_size=4)
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)
RECORDS = st.dictionaries(KEYS, VALUES, max_size=5)


def test_paths_are_dotted() -> None:
    record = {"text": "a", "n": 3, "messages": [{"role": "user", "content": "b"}, {"content": ["c", None]}]}
    assert text_fields(record) == [
        ("text", "a"),
        ("messages.0.role", "user"),
        ("messages.0.content", "b"),
        ("messages.1.content.0", "c"),
    ]
    assert text_fields(record["messages"][0], "messages.0")[1] == ("messages.0.content", "b")  # type: ignore[index]


def test_a_dot_in_a_key_is_told_from_a_level() -> None:
    record = {"a.b": "x", "a": {"b": "y"}, "": {"": "z"}}
    assert text_fields(record) == [("a\\.b", "x"), ("a.b", "y"), (".", "z")]
    assert with_fields(record, {"a\\.b": "1", ".": "2"}) == {"a.b": "1", "a": {"b": "y"}, "": {"": "2"}}


@given(RECORDS)
def test_replacing_every_text_by_itself_changes_nothing(record: dict[str, Any]) -> None:
    before = copy.deepcopy(record)
    fields = text_fields(record)
    assert len({path for path, _ in fields}) == len(fields)
    assert with_fields(record, dict(fields)) == before
    assert all(value_at(record, path) == text for path, text in fields)


@given(RECORDS)
def test_replacing_changes_all_texts_and_only_them(record: dict[str, Any]) -> None:
    before = copy.deepcopy(record)
    new = {path: f"{number}!" for number, (path, _) in enumerate(text_fields(record))}
    changed = with_fields(record, new)
    assert dict(text_fields(changed)) == new
    assert record == before
    back = {path: text for path, text in text_fields(record)}
    assert with_fields(changed, back) == before


@pytest.mark.parametrize("path", ["nothing", "list.7", "list.x", "number", "list", "text.deeper", "list.0.0"])
def test_a_path_without_text_is_an_error(path: str) -> None:
    with pytest.raises(KeyError):
        with_fields({"text": "a", "number": 1, "list": ["b"]}, {path: "new"})


def test_deep_records_do_not_exhaust_the_stack() -> None:
    record: dict[str, Any] = {"a": "x"}
    for _ in range(5000):
        record = {"a": record}
    [(path, text)] = text_fields(record)
    assert text == "x"
    assert value_at(with_fields(record, {path: "y"}), path) == "y"
