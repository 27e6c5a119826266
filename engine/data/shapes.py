"""From a record to an example: the same chat or text whatever the file looked like, or what is wrong with the row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.data.mapping import PARTS, REQUIRED, Shape, ShapeName, columns_of, detect_shape, resolve_shape
from engine.data.rows import BadRow, RawRow

__all__ = [
    "PARTS",
    "REQUIRED",
    "Example",
    "Message",
    "Role",
    "Shape",
    "ShapeName",
    "columns_of",
    "detect_shape",
    "resolve_shape",
    "to_example",
]

Role = Literal["system", "user", "assistant"]

ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
}
"""Names of roles that are understood, in lower case: OpenAI's, ShareGPT's and Gemma's."""


@dataclass(frozen=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


@dataclass(frozen=True)
class Example:
    """What is trained on: a chat, or a plain text.

    Args:
        messages: The chat; None for plain text.
        text: The plain text; None for a chat.
        index: Of the row in the file.
        line: Of the row in the file, 1-based.
        plain: The chat was a bare prompt with its completion, so a model without a chat template can learn it too.
    """

    messages: tuple[Message, ...] | None
    text: str | None
    index: int
    line: int = 0
    plain: bool = False
    split_point: float | None = None
    """Where it lies between holdout (0) and training (1), when that of a row like it decides and not its own."""

    def content(self) -> tuple[tuple[str, str], ...]:
        """(role, text) of every turn; plain text has the role "text". Equal for rows that are trained on alike."""
        if self.messages is None:
            return (("text", self.text or ""),)
        return tuple((message.role, message.content) for message in self.messages)


class _Bad(Exception):
    def __init__(self, field: str, reason: str, kind: str) -> None:
        super().__init__(reason)
        self.field, self.reason, self.kind = field, reason, kind


def to_example(raw: RawRow, shape: ShapeName, mapping: Mapping[str, str]) -> Example | BadRow:
    """Read one record as an example.

    Args:
        raw: The record.
        shape: Of the dataset.
        mapping: The column of each part; parts that are missing keep their usual name.
    """
    columns = {part: mapping.get(part, part) for part in PARTS[shape]}
    try:
        if shape == "text":
            return Example(None, _text(raw.record, columns["text"], "text"), raw.index, raw.line)
        messages, plain = _messages(raw.record, shape, columns)
        _check_chat(messages)
        return Example(tuple(m for m, _ in messages), None, raw.index, raw.line, plain)
    except _Bad as bad:
        return BadRow(raw.index, raw.line, bad.field, bad.reason, kind=bad.kind)


_Located = list[tuple[Message, str]]
"""Turns, each with the path of its content in the record."""


def _messages(record: Mapping[str, Any], shape: ShapeName, columns: Mapping[str, str]) -> tuple[_Located, bool]:
    """The chat of a record, and whether it is a bare prompt with its completion."""
    if shape == "messages":
        turns = _turns(record, columns["messages"], columns["role"], columns["content"])
        return _with_system(record, columns, turns), False
    if shape == "conversations":
        turns = _turns(record, columns["conversations"], columns["from"], columns["value"])
        return _with_system(record, columns, turns), False
    if shape == "prompt_completion":
        return _prompt_completion(record, columns)
    question, answer = ("instruction", "output") if shape == "alpaca" else ("input", "output")
    prompt = _text(record, columns[question], question, empty_ok=shape == "alpaca")
    if shape == "alpaca" and (more := _optional(record, columns["input"])).strip():
        prompt = f"{prompt}\n\n{more}" if prompt.strip() else more
    if not prompt.strip():
        raise _Bad(columns[question], f"the {question} is empty", "empty_prompt")
    turns = [
        (Message("user", prompt), columns[question]),
        (Message("assistant", _answer(record, columns[answer])), columns[answer]),
    ]
    return _with_system(record, columns, turns), False


def _prompt_completion(record: Mapping[str, Any], columns: Mapping[str, str]) -> tuple[_Located, bool]:
    prompt, completion = columns["prompt"], columns["completion"]
    for column in (prompt, completion):
        _present(record, column)
    if isinstance(record[prompt], list) or isinstance(record[completion], list):
        turns: _Located = []
        for column, role in ((prompt, "user"), (completion, "assistant")):
            if isinstance(record[column], list):
                turns += _turns(record, column, "role", "content", empty_ok=column == prompt)
            else:
                turns.append((Message("user" if role == "user" else "assistant", _text(record, column, role)), column))
        return _with_system(record, columns, turns), False
    turns = [
        (Message("user", _text(record, prompt, "prompt")), prompt),
        (Message("assistant", _answer(record, completion)), completion),
    ]
    whole = _with_system(record, columns, turns)
    return whole, len(whole) == len(turns)


def _turns(record: Mapping[str, Any], column: str, role_key: str, text_key: str, *, empty_ok: bool = False) -> _Located:
    turns = _present(record, column)
    if not isinstance(turns, list):
        raise _Bad(column, f"`{column}` is {_kind_of(turns)}, not a list of turns", "wrong_type")
    if not turns and not empty_ok:
        raise _Bad(column, f"`{column}` has no turns", "no_turns")
    return [_turn(turn, f"{column}.{number}", role_key, text_key) for number, turn in enumerate(turns)]


def _turn(turn: Any, path: str, role_key: str, text_key: str) -> tuple[Message, str]:
    if not isinstance(turn, dict):
        raise _Bad(path, f"the turn is {_kind_of(turn)}, not an object", "wrong_type")
    role_key = _present_key(turn, (role_key, "role", "from"), path, "who speaks")
    text_key = _present_key(turn, (text_key, "content", "value"), path, "what is said")
    role, content = turn[role_key], turn[text_key]
    if not isinstance(role, str):
        raise _Bad(f"{path}.{role_key}", f"the role is {_kind_of(role)}, not text", "wrong_type")
    known = ROLES.get(role.strip().lower())
    if known is None:
        raise _Bad(
            f"{path}.{role_key}", f"the role `{role[:40]}` is not one of system, user, assistant", "unknown_role"
        )
    if content is None and known == "assistant":
        content = ""
    return Message(known, _content(content, f"{path}.{text_key}")), f"{path}.{text_key}"


def _present_key(turn: Mapping[str, Any], keys: tuple[str, ...], path: str, what: str) -> str:
    for key in keys:
        if key in turn:
            return key
    raise _Bad(f"{path}.{keys[0]}", f"the turn does not say {what}: `{keys[0]}` is missing", "missing_field")


def _content(content: Any, path: str) -> str:
    """The text of a turn: a string, or a list of OpenAI's text parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise _Bad(path, f"the content is {_kind_of(content)}, not text", "wrong_type")
    texts = []
    for number, part in enumerate(content):
        text = part.get("text") if isinstance(part, dict) and part.get("type", "text") == "text" else part
        if not isinstance(text, str):
            kind = part.get("type") if isinstance(part, dict) else None
            found = f"a part of type `{str(kind)[:40]}`" if kind and kind != "text" else _kind_of(text)
            raise _Bad(f"{path}.{number}", f"the content holds {found}; only text can be trained on", "wrong_type")
        texts.append(text)
    return "".join(texts)


def _with_system(record: Mapping[str, Any], columns: Mapping[str, str], turns: _Located) -> _Located:
    """The turns with the system text of its own column before them, where there is one."""
    system = _optional(record, columns["system"])
    if not system.strip() or (turns and turns[0][0].role == "system"):
        return turns
    return [(Message("system", system), columns["system"]), *turns]


def _check_chat(messages: _Located) -> None:
    answers = [(message, path) for message, path in messages if message.role == "assistant"]
    if not answers:
        raise _Bad(messages[0][1].split(".")[0], "no turn of the assistant: there is nothing to learn", "no_assistant")
    for message, path in answers:
        if not message.content.strip():
            raise _Bad(path, "the answer is empty", "empty_answer")


def _answer(record: Mapping[str, Any], column: str) -> str:
    """The answer; an empty one (or null) is told as such by `_check_chat`."""
    return "" if _present(record, column) is None else _text(record, column, "answer", empty_ok=True)


def _text(record: Mapping[str, Any], column: str, what: str, *, empty_ok: bool = False) -> str:
    value = _present(record, column)
    if not isinstance(value, str):
        raise _Bad(column, f"`{column}` is {_kind_of(value)}, not text", "wrong_type")
    if not empty_ok and not value.strip():
        kind = "empty_text" if what == "text" else "empty_prompt"
        raise _Bad(column, f"the {what} is empty", kind)
    return value


def _optional(record: Mapping[str, Any], column: str) -> str:
    value = record.get(column)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Bad(column, f"`{column}` is {_kind_of(value)}, not text", "wrong_type")
    return value


def _present(record: Mapping[str, Any], column: str) -> Any:
    if column not in record:
        raise _Bad(column, f"`{column}` is missing", "missing_field")
    return record[column]


def _kind_of(value: Any) -> str:
    if value is None:
        return "empty (null)"
    names: dict[type, str] = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list"}
    return names.get(type(value), "an object" if isinstance(value, dict) else f"a {type(value).__name__}")
