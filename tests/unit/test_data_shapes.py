"""Shapes: what is recognised, what a mapping may say, and what is wrong with a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.data.examples import columns_in
from engine.data.rows import BadRow, RawRow
from engine.data.shapes import Example, Shape, detect_shape, resolve_shape, to_example
from engine.errors import DataError
from engine.spec import DataSpec

TURNS = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
SHAREGPT = [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]


def shape_of(record: dict[str, Any], **spec: Any) -> Shape:
    return resolve_shape(DataSpec(path="x", **spec), list(record), [record])


def example_of(record: dict[str, Any], **spec: Any) -> Example | BadRow:
    shape = shape_of(record, **spec)
    return to_example(RawRow(3, 7, record), shape.shape, shape.mapping)


CHATS: list[tuple[dict[str, Any], str, list[tuple[str, str]]]] = [
    ({"messages": TURNS}, "messages", [("user", "q"), ("assistant", "a")]),
    (
        {"messages": [{"role": "developer", "content": "s"}, *TURNS]},
        "messages",
        [("system", "s"), ("user", "q"), ("assistant", "a")],
    ),
    (
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "q"}, {"text": "!"}]}, TURNS[1]]},
        "messages",
        [("user", "q!"), ("assistant", "a")],
    ),
    ({"conversations": SHAREGPT}, "conversations", [("user", "q"), ("assistant", "a")]),
    (
        {"conversations": SHAREGPT, "system": "s"},
        "conversations",
        [("system", "s"), ("user", "q"), ("assistant", "a")],
    ),
    ({"conversations": TURNS}, "conversations", [("user", "q"), ("assistant", "a")]),
    (
        {"instruction": "q", "input": "more", "output": "a"},
        "alpaca",
        [("user", "q\n\nmore"), ("assistant", "a")],
    ),
    ({"instruction": "q", "input": "", "output": "a"}, "alpaca", [("user", "q"), ("assistant", "a")]),
    ({"instruction": "q", "input": None, "output": "a"}, "alpaca", [("user", "q"), ("assistant", "a")]),
    ({"prompt": "q", "completion": "a"}, "prompt_completion", [("user", "q"), ("assistant", "a")]),
    ({"Question": "q", "Answer": "a"}, "prompt_completion", [("user", "q"), ("assistant", "a")]),
    (
        {"prompt": TURNS[:1], "completion": TURNS[1:]},
        "prompt_completion",
        [("user", "q"), ("assistant", "a")],
    ),
    ({"prompt": TURNS[:1], "completion": "a"}, "prompt_completion", [("user", "q"), ("assistant", "a")]),
    (
        {"system": "s", "input": "q", "output": "a"},
        "system_input_output",
        [("system", "s"), ("user", "q"), ("assistant", "a")],
    ),
    ({"system": "", "input": "q", "output": "a"}, "system_input_output", [("user", "q"), ("assistant", "a")]),
    ({"text": "words", "id": 3}, "text", [("text", "words")]),
]


@pytest.mark.parametrize(("record", "shape", "content"), CHATS)
def test_detected_and_read(record: dict[str, Any], shape: str, content: list[tuple[str, str]]) -> None:
    found = detect_shape(list(record), [record])
    assert found.shape == shape
    assert found.reason.startswith("it has")
    example = example_of(record)
    assert isinstance(example, Example)
    assert list(example.content()) == content
    assert (example.index, example.line) == (3, 7)


def test_plain_pairs_are_known_as_such() -> None:
    bare = example_of({"prompt": "q", "completion": "a"})
    with_system = example_of({"prompt": "q", "completion": "a", "system": "s"})
    assert isinstance(bare, Example)
    assert isinstance(with_system, Example)
    assert (bare.plain, with_system.plain) == (True, False)


BAD: list[tuple[dict[str, Any], str, str, str]] = [
    ({"messages": TURNS[:1]}, "no_assistant", "messages", "no turn of the assistant"),
    ({"messages": [TURNS[0], {"role": "assistant", "content": " "}]}, "empty_answer", "messages.1.content", "empty"),
    ({"messages": [TURNS[0], {"role": "assistant", "content": None}]}, "empty_answer", "messages.1.content", "empty"),
    ({"messages": [{"role": "tool", "content": "x"}, *TURNS]}, "unknown_role", "messages.0.role", "`tool`"),
    ({"messages": [{"role": 3, "content": "x"}]}, "wrong_type", "messages.0.role", "a number"),
    ({"messages": [{"content": "x"}]}, "missing_field", "messages.0.role", "who speaks"),
    ({"messages": [{"role": "user"}]}, "missing_field", "messages.0.content", "what is said"),
    ({"messages": [{"role": "user", "content": 7}]}, "wrong_type", "messages.0.content", "a number"),
    ({"messages": ["hi"]}, "wrong_type", "messages.0", "text, not an object"),
    ({"messages": []}, "no_turns", "messages", "no turns"),
    ({"messages": "hi"}, "wrong_type", "messages", "not a list"),
    ({"messages": None}, "wrong_type", "messages", "null"),
    ({"other": 1}, "missing_field", "messages", "missing"),
    (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]},
        "wrong_type",
        "messages.0.content.0",
        "`image_url`",
    ),
]


@pytest.mark.parametrize(("record", "kind", "field", "words"), BAD)
def test_bad_chats(record: dict[str, Any], kind: str, field: str, words: str) -> None:
    bad = to_example(RawRow(3, 7, record), "messages", {"messages": "messages"})
    assert isinstance(bad, BadRow)
    assert (bad.index, bad.line, bad.kind, bad.field, bad.fate) == (3, 7, kind, field, "left out")
    assert words in bad.reason


@pytest.mark.parametrize(
    ("record", "kind", "field"),
    [
        ({"prompt": "q", "completion": ""}, "empty_answer", "completion"),
        ({"prompt": "q", "completion": None}, "empty_answer", "completion"),
        ({"prompt": "", "completion": "a"}, "empty_prompt", "prompt"),
        ({"prompt": 1, "completion": "a"}, "wrong_type", "prompt"),
        ({"prompt": "q"}, "missing_field", "completion"),
        ({"prompt": TURNS[:1], "completion": []}, "no_turns", "completion"),
        ({"prompt": [], "completion": TURNS[:1]}, "no_assistant", "completion"),
    ],
)
def test_bad_pairs(record: dict[str, Any], kind: str, field: str) -> None:
    bad = to_example(RawRow(0, 1, record), "prompt_completion", {})
    assert isinstance(bad, BadRow)
    assert (bad.kind, bad.field) == (kind, field)


def test_mapping_alone_settles_the_shape() -> None:
    record = {"question": "q", "reply": "a", "text": "not this"}
    shape = shape_of(record, mapping={"prompt": "question", "completion": "reply"})
    assert (shape.shape, shape.mapping["completion"]) == ("prompt_completion", "reply")
    assert shape_of({"body": "x"}, mapping={"text": "body"}).shape == "text"
    assert shape_of({"chat": TURNS}, mapping={"messages": "chat"}).shape == "messages"


def test_keys_of_turns_can_be_mapped() -> None:
    record = {"chat": [{"who": "user", "said": "q"}, {"who": "assistant", "said": "a"}]}
    example = example_of(record, mapping={"messages": "chat", "role": "who", "content": "said"})
    assert isinstance(example, Example)
    assert example.content() == (("user", "q"), ("assistant", "a"))


def test_a_set_shape_is_completed() -> None:
    record = {"instruction": "i", "input": "q", "output": "a", "text": "t"}
    assert shape_of(record).shape == "alpaca"
    assert shape_of(record, shape="text").mapping == {"text": "text"}
    assert shape_of(record, shape="system_input_output").mapping == {"input": "input", "output": "output"}


@pytest.mark.parametrize(
    ("spec", "title", "hint"),
    [
        ({"mapping": {"prompt": "qestion", "completion": "reply"}}, "no column `qestion`", "Did you mean `question`"),
        ({"shape": "alpaca"}, "needs a column for `instruction`", "--map instruction=COLUMN"),
        ({"shape": "text", "mapping": {"prompt": "question"}}, "no part called `prompt`", "Did you mean `text`"),
        ({"mapping": {"promt": "question"}}, "no part called `promt`", "Did you mean `prompt`"),
        ({"mapping": {"prompt": "question", "text": "reply"}}, "belong to different shapes", "Valid parts"),
        ({"mapping": {"output": "reply"}}, "does not say enough", "data.shape"),
    ],
)
def test_wrong_mappings_are_explained(spec: dict[str, Any], title: str, hint: str) -> None:
    with pytest.raises(DataError) as caught:
        shape_of({"question": "q", "reply": "a"}, **spec)
    assert title in caught.value.title
    assert hint in caught.value.hint


def test_unknown_columns_are_named() -> None:
    with pytest.raises(DataError) as caught:
        detect_shape(["id", "body"], [{"id": 1, "body": "x"}])
    assert "`id`, `body`" in caught.value.what
    assert "m in the wizard" in caught.value.hint
    assert "--map prompt=id --map completion=body" in caught.value.hint


def test_the_columns_of_a_file_are_told_whatever_they_are(tmp_path: Path) -> None:
    file = tmp_path / "captions.csv"
    file.write_text("picture,caption\na beach,Sunday light\n")
    assert columns_in(DataSpec(path=str(file))) == ["picture", "caption"]
