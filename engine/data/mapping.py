"""Which shape a dataset has, and which of its columns plays which part.

The parts a mapping may name, by shape (keys are parts, values are the file's columns or, for turns, their keys):

    messages             messages, role, content, system
    conversations        conversations, from, value, system
    alpaca               instruction, input, output, system
    prompt_completion    prompt, completion, system
    system_input_output  system, input, output
    text                 text
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from engine.data.rows import RawRow
from engine.errors import DataError
from engine.spec import DataShape, DataSpec

ShapeName = Literal["messages", "conversations", "alpaca", "prompt_completion", "system_input_output", "text"]


@dataclass(frozen=True)
class Shape:
    """How the dataset is laid out.

    Args:
        shape: Its name.
        mapping: The column that plays each part.
        reason: Why it was taken for this, for the person.
    """

    shape: ShapeName
    mapping: dict[str, str] = field(default_factory=dict)
    reason: str = ""


PARTS: dict[ShapeName, tuple[str, ...]] = {
    "messages": ("messages", "role", "content", "system"),
    "conversations": ("conversations", "from", "value", "system"),
    "alpaca": ("instruction", "input", "output", "system"),
    "prompt_completion": ("prompt", "completion", "system"),
    "system_input_output": ("system", "input", "output"),
    "text": ("text",),
}
"""Parts a mapping may name, by shape."""

REQUIRED: dict[ShapeName, tuple[str, ...]] = {
    "messages": ("messages",),
    "conversations": ("conversations",),
    "alpaca": ("instruction", "output"),
    "prompt_completion": ("prompt", "completion"),
    "system_input_output": ("input", "output"),
    "text": ("text",),
}
"""Parts without which a row cannot be used."""

TURN_KEYS = {"role": "role", "content": "content", "from": "from", "value": "value"}
"""Parts that are keys inside a turn, not columns."""

_KNOWN_NAMES: tuple[tuple[ShapeName, dict[str, tuple[str, ...]]], ...] = (
    ("messages", {"messages": ("messages",)}),
    ("conversations", {"conversations": ("conversations", "conversation", "dialog", "dialogue")}),
    ("alpaca", {"instruction": ("instruction",), "output": ("output", "response", "completion", "answer")}),
    (
        "prompt_completion",
        {
            "prompt": ("prompt", "question", "query", "user", "human"),
            "completion": ("completion", "response", "answer", "reply", "assistant", "gpt", "output", "chosen"),
        },
    ),
    ("system_input_output", {"input": ("input",), "output": ("output", "response", "completion", "answer")}),
    ("text", {"text": ("text",)}),
)
_OPTIONAL = ("system", "input")


def detect_shape(columns: Sequence[str], samples: Sequence[Mapping[str, Any]]) -> Shape:
    """Tell the shape of a dataset from its columns, and from the values of some records where names are not enough.

    Raises:
        DataError: No shape we know; names the columns and how to map them.
    """
    by_lower = {column.strip().lower(): column for column in reversed(columns)}
    for shape, parts in _KNOWN_NAMES:
        found = {part: _first_of(names, by_lower) for part, names in parts.items()}
        if not all(found.values()) or (shape in ("messages", "conversations") and not _has_turns(found, samples)):
            continue
        mapping = {part: column for part, column in found.items() if column}
        for part in _OPTIONAL:
            if part in PARTS[shape] and part not in mapping and part in by_lower:
                mapping[part] = by_lower[part]
        return Shape(shape, mapping, _reason(shape, mapping, samples))
    raise _unknown_shape(columns)


def resolve_shape(data: DataSpec, columns: Sequence[str], samples: Sequence[Mapping[str, Any]]) -> Shape:
    """The shape of a dataset as the creator set it, completed by detection.

    Raises:
        DataError: The mapping names a part or a column there is not; or nothing was set and nothing is recognised.
    """
    if data.shape == "auto" and not data.mapping:
        return detect_shape(columns, samples)
    shape = _shape_for(data.shape, data.mapping)
    _check_parts(shape, data.mapping)
    mapping = dict(data.mapping)
    by_lower = {column.strip().lower(): column for column in reversed(columns)}
    known = dict(_KNOWN_NAMES)[shape]
    for part in PARTS[shape]:
        if part not in mapping and part not in TURN_KEYS and (column := _first_of(known.get(part, (part,)), by_lower)):
            mapping[part] = column
    for part, column in mapping.items():
        if part not in TURN_KEYS and column not in columns:
            raise _no_column(part, column, columns)
    missing = [part for part in REQUIRED[shape] if part not in mapping]
    if missing:
        raise DataError(
            f"The shape `{shape}` needs a column for `{missing[0]}`.",
            f"The file has: {_names(columns)}.",
            f"Say which column it is: m in the wizard, `--map {missing[0]}=COLUMN` on the command line; "
            "or choose another shape.",
            code="missing_column",
        )
    said = "you set the shape" if data.shape != "auto" else "you set the columns"
    return Shape(shape, mapping, said)


def columns_of(samples: Sequence[RawRow] | Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns of some records, in order of first appearance."""
    seen: dict[str, None] = {}
    for sample in samples:
        record = sample.record if isinstance(sample, RawRow) else sample
        seen.update(dict.fromkeys(str(key) for key in record))
    return list(seen)


def _shape_for(shape: DataShape, mapping: Mapping[str, str]) -> ShapeName:
    if shape != "auto":
        return shape
    fitting = [name for name, parts in PARTS.items() if set(mapping) <= set(parts)]
    whole = [name for name in fitting if set(REQUIRED[name]) <= set(mapping)]
    if whole or len(fitting) == 1:
        return (whole or fitting)[0]
    if not fitting:
        parts = sorted({part for names in PARTS.values() for part in names})
        wrong = next((part for part in mapping if part not in parts), "")
        near = difflib.get_close_matches(wrong, parts, n=1, cutoff=0.0)
        raise DataError(
            f"The mapping cannot be used: there is no part called `{wrong}`."
            if wrong
            else "The mapping cannot be used: its parts belong to different shapes.",
            f"Parts given: {_names(mapping)}.",
            f"Did you mean `{near[0]}`? {_parts_text()}" if wrong and near else _parts_text(),
            code="mapping",
        )
    raise DataError(
        "The mapping does not say enough.",
        f"Parts given: {_names(mapping)}. They fit the shapes {_names(fitting)}.",
        "Set data.shape to the one you mean, or map the missing parts.",
        code="mapping",
    )


def _check_parts(shape: ShapeName, mapping: Mapping[str, str]) -> None:
    for part in mapping:
        if part not in PARTS[shape]:
            near = difflib.get_close_matches(part, PARTS[shape], n=1, cutoff=0.0)[0]
            raise DataError(
                f"The shape `{shape}` has no part called `{part}`.",
                f"Its parts are: {_names(PARTS[shape])}.",
                f"Did you mean `{near}`?",
                code="mapping",
            )


def _parts_text() -> str:
    return "Valid parts: " + "; ".join(f"{shape}: {', '.join(parts)}" for shape, parts in PARTS.items()) + "."


def _no_column(part: str, column: str, columns: Sequence[str]) -> DataError:
    near = difflib.get_close_matches(column, columns, n=1, cutoff=0.0)
    return DataError(
        f"The file has no column `{column}`.",
        f"The mapping says `{part}` is `{column}`; the file has: {_names(columns)}.",
        f"Did you mean `{near[0]}`? `--map {part}={near[0]}` says so." if near else "Choose one of its columns.",
        code="mapping",
    )


def _unknown_shape(columns: Sequence[str]) -> DataError:
    first, second = [*columns, "COLUMN", "COLUMN"][:2]
    return DataError(
        "The columns of this file are not ones we know.",
        f"It has: {_names(columns) or 'none'}. Known are messages; conversations; instruction/input/output; "
        "prompt/completion; system/input/output; text. A CSV file needs its column names in the first line.",
        "Say which column plays which part: m in the wizard; on the command line "
        f"`--map prompt={first} --map completion={second}`, or `--map text={first}` for plain text. "
        "In project.yaml it is data.mapping.",
        code="unknown_shape",
    )


def _names(names: Collection[str]) -> str:
    shown = [f"`{name}`" for name in list(names)[:20]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _first_of(names: Sequence[str], by_lower: Mapping[str, str]) -> str | None:
    return next((by_lower[name] for name in names if name in by_lower), None)


def _has_turns(found: Mapping[str, str | None], samples: Sequence[Mapping[str, Any]]) -> bool:
    column = next(iter(found.values()))
    values = [sample[cast(str, column)] for sample in samples if column in sample]
    return not values or any(isinstance(value, list) for value in values)


def _reason(shape: ShapeName, mapping: Mapping[str, str], samples: Sequence[Mapping[str, Any]]) -> str:
    columns = " and ".join(f"`{mapping[part]}`" for part in REQUIRED[shape])
    noun = "a column" if len(REQUIRED[shape]) == 1 else "the columns"
    if shape in ("messages", "conversations"):
        column = mapping[REQUIRED[shape][0]]
        keys = next((_turn_keys(s[column]) for s in samples if isinstance(s.get(column), list) and s[column]), "")
        return f"it has {noun} {columns}, a list of turns{keys}"
    return f"it has {noun} {columns}"


def _turn_keys(turns: list[Any]) -> str:
    return f" with {_names([str(key) for key in turns[0]][:4])}" if isinstance(turns[0], dict) else ""
