"""The texts of a row, and one place in them as the store keeps it. Light: no detector is loaded for this."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from engine.data.rows import RawRow, text_fields
from engine.privacy.findings import NewFinding
from engine.privacy.merge import Hit

CONTEXT = 60
"""Characters kept on each side of a finding."""
MATCH_SHOWN = 400

_ROLES = frozenset(
    {"user", "assistant", "system", "human", "gpt", "tool", "function", "bot", "chatgpt", "model", "developer", "bard"}
    | {"instruction", "input", "output", "observation", "chatbot", "ai", "prompt", "completion"}
)
_ROLE_KEYS = frozenset({"role", "from", "type"})
_ID_KEYS = frozenset({"id", "_id", "uuid", "conversation_id", "message_id", "row_id", "index"})
_OPAQUE = re.compile(r"[A-Za-z]{0,16}[-_:]?(?:\d{1,6}|[0-9a-f]{8,32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def scanned_fields(row: RawRow) -> list[tuple[str, str]]:
    """The texts of a row that people wrote: all but role names and opaque record numbers."""
    return [
        (path, text)
        for path, text in text_fields(row.record)
        if text.strip() and not is_role(path, text) and not _is_record_number(path, text)
    ]


def is_role(path: str, text: str) -> bool:
    """Whether a text only says who speaks, in a field made for that."""
    return path.rpartition(".")[2].casefold() in _ROLE_KEYS and text.casefold() in _ROLES


def _is_record_number(path: str, text: str) -> bool:
    return path.rpartition(".")[2].casefold() in _ID_KEYS and _OPAQUE.fullmatch(text) is not None


def text_hash(text: str) -> str:
    """A short name for a text, by its content."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def new_finding(row: int, path: str, text: str, hit: Hit, role: str, name: str) -> NewFinding:
    """One place with its context."""
    return NewFinding(
        row=row,
        field=path,
        start=hit.start,
        end=hit.end,
        entity=hit.entity,
        value=text[hit.start : hit.end],
        score=hit.score,
        recogniser=hit.recogniser,
        before=text[max(0, hit.start - CONTEXT) : hit.start],
        match=text[hit.start : hit.end][:MATCH_SHOWN],
        after=text[hit.end : hit.end + CONTEXT],
        role=role,
        text_hash=name,
    )


def role_of(record: dict[str, Any], path: str) -> str:
    """Who says the text at `path`: the role beside it in a chat, else the name of its field."""
    parts = path.split(".")
    holder: Any = record
    for part in parts[:-1]:
        if isinstance(holder, list):
            holder = holder[int(part)] if part.isdigit() and int(part) < len(holder) else None
        elif isinstance(holder, dict):
            holder = holder.get(part)
    if isinstance(holder, dict) and len(parts) > 1:
        for key in ("role", "from"):
            if isinstance(holder.get(key), str):
                return str(holder[key])
    return parts[-1]
