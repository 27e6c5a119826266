"""The table that links hidden values to what stands for them, encrypted with AES-256-GCM under the project's key.

Lines of base64, each a sealed group of pairs. Its number and whether it is the last one are authenticated, so that no
line can be taken away, moved or added unnoticed.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import ProjectError, from_os_error
from engine.files import atomic_stream

_NONCE = 12
_GROUP = 1000


@dataclass(frozen=True)
class Pair:
    """One hidden value and what stands for it; `row` is -1 where that holds for the whole file.

    `typed`: the value was no text but a number, and is turned back into one.
    """

    entity: str
    old: str
    new: str
    row: int = -1
    typed: bool = False


def write_table(path: Path, pairs: Iterable[Pair], key: bytes) -> int:
    """Write the table, whole or not at all.

    Args:
        path: Where; readable by the owner only.
        pairs: What stands for what.
        key: 32 bytes.

    Returns:
        How many pairs it holds.
    """
    count = number = 0
    with atomic_stream(path, "saving the table of replacements") as stream:
        cipher = AESGCM(key)
        group: list[Pair] = []
        for pair in pairs:
            if len(group) == _GROUP:
                stream.write(_sealed(cipher, group, number, last=False))
                number, group = number + 1, []
            group.append(pair)
            count += 1
        stream.write(_sealed(cipher, group, number, last=True))
    return count


def read_table(path: Path, key: bytes) -> Iterator[Pair]:
    """The pairs of a table.

    Raises:
        ProjectError: Another key, or the file was changed or cut.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise from_os_error(error, "reading the table of replacements") from error
    for number, line in enumerate(lines or [b""]):
        try:
            content = base64.b64decode(line, validate=True)
            last = number == len(lines) - 1
            plain = AESGCM(key).decrypt(content[:_NONCE], content[_NONCE:], _place(number, last))
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise ProjectError(
                "The table of replacements cannot be read.",
                f"{path}: line {number + 1} was made with another key, or was changed.",
                "Use the machine that redacted the data.",
                code="table_broken",
            ) from error
        yield from (Pair(*entry) for entry in json.loads(plain))


def _sealed(cipher: AESGCM, group: list[Pair], number: int, *, last: bool) -> bytes:
    plain = json.dumps([[one.entity, one.old, one.new, one.row, one.typed] for one in group]).encode()
    nonce = secrets.token_bytes(_NONCE)
    return base64.b64encode(nonce + cipher.encrypt(nonce, plain, _place(number, last))) + b"\n"


def _place(number: int, last: bool) -> bytes:
    return f"tunesmith table {number} {'end' if last else 'more'}".encode()
