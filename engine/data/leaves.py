"""What a record says besides its texts: the numbers and other values as they are written, and the keys themselves.

A phone number may be a JSON number, and a person may be the key under which the chats with them stand. Both are given
as texts here, so that what looks for personal data and what replaces it can treat them alike; a `Unquoted` or a `Key`
is a text that remembers what it is. The path of a key is that of its value with a mark before it that no other path
begins with.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from engine.data.rows import escape_key, own_holder, split_path

KEY_MARK = "\\key "
"""Before the path of a key. In other paths a dot or another backslash follows a backslash."""
_FIGURES = re.compile(r"\s*[+(]?\d[\d\s().\-/+]*")
_SHORT = 32
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_NAMES = frozenset(
    """messages message conversations conversation role roles from to content contents value values text texts
    prompt prompts completion completions instruction instructions input inputs output outputs system user
    assistant human gpt question answer answers response responses query reply chosen rejected context history
    turns turn dialog dialogue id _id ids uuid index idx row row_id conversation_id message_id parent_id
    thread_id session_id sample_id name names type types kind title subject description summary author sender
    recipient receiver speaker participant participants created created_at updated updated_at create_time
    update_time timestamp timestamps time date datetime ts language lang locale source sources origin url urls
    link links image images video audio file files filename path attachments model models tokens token_count
    length size count counts score scores rating ratings reward label labels tag tags category categories topic
    split weight metadata meta extra info data dataset items list options tools tool tool_calls tool_call_id
    function function_call functions arguments args kwargs parameters properties required annotations refusal reasoning
    reasoning_content thinking status state version format email e-mail mail phone telephone mobile address
    street city zip zipcode postcode country state birthday dob ssn age gender sex username user_id account
    handle note notes comment comments body header footer width height bytes mime mime_type sha256 hash seed
    temperature top_p max_tokens stop finish_reason usage cost price amount currency quantity total number""".split()  # noqa: SIM905
)
"""Keys that name what stands under them in every dataset; nobody's name. In small letters."""


class _Named(str):
    """A text that knows the name of its field: `name` is the key nearest to it."""

    name: str

    def __new__(cls, text: str, name: str = "") -> Self:
        """The text, and the name of its field."""
        made = super().__new__(cls, text)
        made.name = name
        return made


class Unquoted(_Named):
    """A value that is no string (a number, a date), as it is written."""


class Figures(_Named):
    """A text of figures and the marks between them, as tables have them."""


class Key(str):
    """A key of an object."""


def all_fields(record: Mapping[str, Any], kept: Collection[str] = ()) -> list[tuple[str, str]]:
    """Everything in a record that may say something, in the order of the file.

    Args:
        record: The record.
        kept: Columns whose names must stay.

    Returns:
        (path, text) pairs: a `Key` for each key that is not one of every dataset's, a `Unquoted` for each number
        and date, a `Figures` for a text of nothing else, a plain `str` for other texts and for bytes that are one.
    """
    found: list[tuple[str, str]] = []
    waiting: list[tuple[str | None, str, Any]] = [(None, "", record)]
    while waiting:
        path, name, value = waiting.pop()
        if isinstance(value, str):
            short = len(value) <= _SHORT and _FIGURES.fullmatch(value)
            found.append((path or "", Figures(value, name) if short else value))
        elif isinstance(value, Mapping):
            below: list[tuple[str | None, str, Any]] = []
            for key, inner in value.items():
                text = str(key)
                at = escape_key(text) if path is None else f"{path}.{escape_key(text)}"
                if not is_standard(text) and not (path is None and text in kept):
                    below.append((KEY_MARK + at, "", Key(text)))
                below.append((at, text, inner))
            waiting.extend(reversed(below))
        elif isinstance(value, list | tuple):
            start = "" if path is None else f"{path}."
            waiting.extend((f"{start}{at}", name, value[at]) for at in range(len(value) - 1, -1, -1))
        elif isinstance(value, bytes):
            if (decoded := _decoded(value)) is not None:
                found.append((path or "", decoded))
        elif (written := _as_written(value)) is not None:
            found.append((path or "", Unquoted(written, name)))
    return found


def is_standard(key: str) -> bool:
    """Whether a key names what stands under it in every dataset, and so is nobody's name."""
    return key in _NAMES or key.casefold() in _NAMES


def is_number(text: str) -> bool:
    """Whether a text is a number as JSON writes it."""
    return _NUMBER.fullmatch(text) is not None


def with_changes(record: Mapping[str, Any], changes: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """A copy of a record with what stands at the given paths replaced; the order of keys stays.

    Args:
        record: Left unchanged.
        changes: By the paths of `all_fields`. At the place of a value that is no text, a `Unquoted` becomes a value of
            the same type and any other text becomes text. A new key that its object holds already gets a number.

    Returns:
        The copy, and the keys as they were renamed, by their paths in `record`.

    Raises:
        KeyError: Nothing at such a path.
        ValueError: A `Unquoted` is not a value of the type that stood there.
    """
    copy: dict[str, Any] = dict(record)
    fresh: dict[tuple[str, ...], Any] = {(): copy}
    names: dict[tuple[str, ...], dict[str, str]] = {}
    for path, text in changes.items():
        plain = path.removeprefix(KEY_MARK)
        holder, parts = own_holder(copy, plain, fresh)
        last: Any = int(parts[-1]) if isinstance(holder, list) else parts[-1]
        if last >= len(holder) if isinstance(holder, list) else last not in holder:
            raise KeyError(path)
        if path.startswith(KEY_MARK):
            names.setdefault(parts[:-1], {})[parts[-1]] = str(text)
        else:
            old = holder[last]
            if isinstance(text, Unquoted):
                holder[last] = _typed(old, text)
            else:
                holder[last] = str(text).encode() if isinstance(old, bytes) else str(text)
    _pairs_again(record, fresh)
    renamed: dict[str, str] = {}
    for above in sorted(names, key=len, reverse=True):
        renamed |= _rename(fresh[above], names[above], above)
    return copy, renamed


def moved_path(path: str, renamed: Mapping[str, str]) -> str:
    """The path in the new record of what stood at `path`.

    Args:
        path: Of a value or a key of the old record.
        renamed: Of `with_changes`.
    """
    if not renamed:
        return path
    mark = KEY_MARK if path.startswith(KEY_MARK) else ""
    old: list[str] = []
    new: list[str] = []
    for part in split_path(path.removeprefix(KEY_MARK)):
        old.append(escape_key(part))
        new.append(escape_key(renamed.get(KEY_MARK + ".".join(old), part)))
    return mark + ".".join(new)


def _pairs_again(record: Mapping[str, Any], fresh: Mapping[tuple[str, ...], Any]) -> None:
    """Make tuples of the copies of tuples: pyarrow takes nothing else for the entries of a map."""
    for path in sorted(fresh, key=len, reverse=True):
        if isinstance(fresh[path], list):
            old: Any = record
            for part in path:
                old = old[int(part)] if isinstance(old, list | tuple) else old[part]
            if isinstance(old, tuple):
                above = fresh[path[:-1]]
                above[int(path[-1]) if isinstance(above, list) else path[-1]] = tuple(fresh[path])


def _rename(holder: dict[str, Any], names: Mapping[str, str], above: tuple[str, ...]) -> dict[str, str]:
    """Rename keys of an object in place, in their order and without a collision."""
    items = list(holder.items())
    taken = {str(key) for key, _ in items if key not in names}
    start = "".join(f"{escape_key(part)}." for part in above)
    renamed: dict[str, str] = {}
    holder.clear()
    for key, value in items:
        new = key
        if key in names:
            new = next(one for one in _numbered(names[key]) if one not in taken)
            taken.add(new)
            renamed[f"{KEY_MARK}{start}{escape_key(key)}"] = new
        holder[new] = value
    return renamed


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name} ({number})"
        number += 1


def _as_written(value: Any) -> str | None:
    """A value that is no text and may say something, as text; None for true, false, null and what is no text at all."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else None
    if isinstance(value, date):
        return value.isoformat()
    return None


def _decoded(value: bytes) -> str | None:
    """Bytes that are text: some programs write the texts of a Parquet file without saying so."""
    if b"\0" in value[:1024]:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _typed(old: Any, text: str) -> Any:
    """A value of the type of `old`, read from a text."""
    try:
        if isinstance(old, datetime):
            return datetime.fromisoformat(text)
        if isinstance(old, date):
            return date.fromisoformat(text)
        return type(old)(str(text))
    except InvalidOperation as error:
        raise ValueError(text) from error
