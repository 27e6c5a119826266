"""The texts of a row, and one place in them as the store keeps it. Light: no detector is loaded for this."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from engine.data.leaves import KEY_MARK, Key, Unquoted, all_fields
from engine.data.rows import RawRow, split_path
from engine.privacy.findings import NewFinding
from engine.privacy.hits import Hit
from engine.privacy.innerjson import with_letters
from engine.privacy.offered import is_offered

CONTEXT = 60
"""Characters kept on each side of a finding."""
MATCH_SHOWN = 400

_ROLES = frozenset(
    {"user", "assistant", "system", "human", "gpt", "tool", "function", "bot", "chatgpt", "model", "developer", "bard"}
    | {"instruction", "input", "output", "observation", "chatbot", "ai", "prompt", "completion"}
)
_ROLE_KEYS = frozenset({"role", "from", "type"})
_ID_KEYS = frozenset(
    {"id", "_id", "uuid", "conversation_id", "message_id", "row_id", "index", "tool_call_id", "call_id", "tool_use_id"}
)
_OPAQUE = re.compile(
    r"[A-Za-z]{0,16}[-_:]?(?:\d{1,6}|[0-9a-f]{8,32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"|(?:call|fc|toolu|tooluse|msg|chatcmpl)[-_](?:[A-Za-z0-9]{4,6}|[A-Za-z0-9]{16,40})"
)


def scanned_fields(row: RawRow) -> list[tuple[str, str]]:
    """What of a row is looked at: the texts that people wrote, and the numbers and keys that may be somebody's.

    All but role names, opaque record numbers, and what `engine.privacy.offered` leaves out.
    """
    return [
        (path, text)
        for path, text in all_fields(row.record, row.kept)
        if text.strip()
        and (
            is_offered(text)
            if isinstance(text, Unquoted | Key)
            else not is_role(path, text) and not is_record_number(path, text)
        )
    ]


def searched_fields(row: RawRow) -> list[tuple[str, str]]:
    """What of a row is searched for hidden values: everything but role names and the keys that every dataset has."""
    return [(path, text) for path, text in all_fields(row.record, row.kept) if not is_role(path, text)]


def is_role(path: str, text: str) -> bool:
    """Whether a text only says who speaks, in a field made for that."""
    return path.rpartition(".")[2].casefold() in _ROLE_KEYS and text.casefold() in _ROLES


def is_record_number(path: str, text: str) -> bool:
    """Whether a text is an opaque number of a row or a message, in a field made for that."""
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
        value=with_letters(text[hit.start : hit.end]),
        score=hit.score,
        recogniser=hit.recogniser,
        before=text[max(0, hit.start - CONTEXT) : hit.start],
        match=text[hit.start : hit.end][:MATCH_SHOWN],
        after=text[hit.end : hit.end + CONTEXT],
        role=role,
        text_hash=name,
    )


def role_of(record: dict[str, Any], path: str) -> str:
    """Who says the text at `path`: the role beside it in a chat, else the name of its field; "key" for a key."""
    if path.startswith(KEY_MARK):
        return "key"
    parts = split_path(path)
    holder: Any = record
    for part in parts[:-1]:
        if isinstance(holder, list | tuple):
            holder = holder[int(part)] if part.isdigit() and int(part) < len(holder) else None
        elif isinstance(holder, dict):
            holder = holder.get(part)
    if isinstance(holder, dict) and len(parts) > 1:
        for key in ("role", "from"):
            if isinstance(holder.get(key), str):
                return str(holder[key])
    return parts[-1]
