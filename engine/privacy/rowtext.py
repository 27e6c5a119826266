"""All that a row says, for the content rules: its texts, and what its other columns say of somebody's age.

Numbers and keys are no text (`engine.data.rows.text_fields`), but `{"age": 15}` says what "age: 15" does, and
`{"is_adult": false}` what "is adult: false" does (`engine.privacy.rowkeys`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.privacy.rowkeys import field_says, label_of

_TRUE = frozenset({"true", "yes", "1", "y", "t"})


def row_text(record: Mapping[str, Any]) -> str:
    """All text of a record, one piece a line; ages, years of birth and the like with a word for what they are.

    Args:
        record: As it stands in the file.
    """
    pieces: list[str] = []
    waiting: list[tuple[str, Any]] = [("", record)]
    while waiting:
        label, value = waiting.pop()
        if isinstance(value, str):
            pieces.append(_written(label, value) if label else value)
        elif isinstance(value, Mapping):
            # A key that is a sentence is trained on like any text, in the arguments of a tool call.
            pieces += [str(key) for key in value if " " in str(key)]
            pieces += [said for key, inner in value.items() if (said := field_says(key, inner, value))]
            waiting += [(label_of(key) or label, inner) for key, inner in reversed(list(value.items()))]
        elif isinstance(value, list | tuple):
            if len(value) > 1 and (joined := _joined(value)):
                pieces.append(joined)
            waiting += [(label, inner) for inner in reversed(value)]
        elif label and (said := _said(label, value)):
            pieces.append(said)
    return "\n".join(pieces)


def _joined(parts: list[Any] | tuple[Any, ...]) -> str:
    """A turn in several parts in one piece, as it is trained on (`engine.data.shapes`); empty where it is none."""
    texts = [part.get("text") if isinstance(part, Mapping) and "role" not in part else part for part in parts]
    return "".join(text for text in texts if isinstance(text, str)) if any(isinstance(t, str) for t in texts) else ""


def _written(label: str, text: str) -> str:
    """A text under such a label; whether somebody is a minor may be written in words."""
    if label == "minor: ":
        return "a minor." if text.strip().casefold() in _TRUE else text
    return f"{label}{text}"


def _said(label: str, value: Any) -> str:
    """A value that is no text, in words; empty where it says nothing."""
    if isinstance(value, bool) or value is None:
        return "a minor." if value and label == "minor: " else ""
    if label == "minor: ":
        return "a minor." if value == 1 else ""
    if isinstance(value, float):
        value = int(value) if math.isfinite(value) else ""
    return f"{label}{value}" if isinstance(value, int | date) else ""
