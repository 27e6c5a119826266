"""A file locked with a passphrase: AES-256-GCM in chunks, the key from scrypt.

Layout, version 1: `TSMITH01`, the header's length (4 bytes, big-endian), the header (JSON: scrypt parameters, salt,
nonce prefix, chunk size, key check), then chunks. A chunk is up to `chunk` bytes of content and 16 bytes of tag. Its
nonce is 7 random bytes, a counter (4 bytes) and one byte that is 1 for the last chunk (the STREAM construction, Hoang
et al. 2015), so chunks cannot be reordered, dropped or cut off without it showing. The header is authenticated with
every chunk. The key check (half of what scrypt gives, hashed) tells a wrong passphrase from a changed file.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from engine.errors import UsageError

MAGIC = b"TSMITH01"
_TAG = 16
_CHUNK = 1024 * 1024
SCRYPT_COST = 2**17
"""N, with r = 8 and p = 1: what OWASP's password storage page recommends for scrypt. 128 MB for each guess."""
_R, _P = 8, 1
_MAX_N, _MAX_R, _MAX_P, _MAX_CHUNK, _MAX_HEADER = 2**20, 16, 4, 64 * 1024 * 1024, 4096
_MAX_CHUNKS = 2**32 - 1


@dataclass(frozen=True)
class Header:
    """What the reader must know, none of it secret; bytes as base64."""

    n: int
    r: int
    p: int
    chunk: int
    salt: str
    prefix: str
    check: str
    kdf: str = "scrypt"
    cipher: str = "AES-256-GCM"


class LockedWriter:
    """A binary stream whose content ends up locked in `target`. Close it, or the file cannot be opened again.

    Args:
        target: Where the locked bytes go.
        passphrase: What it is locked with.
        cost: scrypt's N, a power of two: how dear a guess is. It is written into the header.
    """

    def __init__(self, target: BinaryIO, passphrase: str, cost: int = SCRYPT_COST) -> None:
        salt, self._prefix = os.urandom(16), os.urandom(7)
        key, check = _derive(passphrase, salt, cost, _R, _P)
        header = Header(cost, _R, _P, _CHUNK, _text(salt), _text(self._prefix), check)
        raw = json.dumps(asdict(header), sort_keys=True).encode()
        self._head = MAGIC + len(raw).to_bytes(4, "big") + raw
        self._cipher, self._target = AESGCM(key), target
        self._pending, self._count = bytearray(), 0
        target.write(self._head)

    def write(self, content: bytes) -> int:
        """Add content; whole chunks are locked and written at once."""
        self._pending += content
        while len(self._pending) > _CHUNK:
            self._lock(bytes(self._pending[:_CHUNK]), last=False)
            del self._pending[:_CHUNK]
        return len(content)

    def close(self) -> None:
        """Write the last chunk."""
        self._lock(bytes(self._pending), last=True)
        self._pending.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is None:
            self.close()

    def _lock(self, content: bytes, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._count, last)
        self._target.write(self._cipher.encrypt(nonce, content, self._head))
        self._count += 1


class LockedReader:
    """A binary stream of what is locked in `source`. Content that is read was authentic up to there.

    Raises:
        UsageError: `not_locked`, `newer_version`, `wrong_passphrase`; while reading `changed`.
    """

    def __init__(self, source: BinaryIO, passphrase: str, name: str) -> None:
        self._source, self._name = source, name
        self._head, header = _read_header(source, name)
        self._prefix, self._chunk = base64.b64decode(header.prefix), header.chunk
        try:
            key, check = _derive(passphrase, base64.b64decode(header.salt), header.n, header.r, header.p)
        except MemoryError as error:
            needed = 128 * header.n * header.r / 1e9
            raise UsageError(
                "There is not enough memory to open this file.",
                f"{name}: its header asks for {needed:.1f} GB; ours ask for 0.1 GB.",
                "Open it on a larger machine, if you trust whoever made it.",
                code="memory",
            ) from error
        if check != header.check:
            raise UsageError(
                "The passphrase is wrong.",
                f"{name} was locked with another one, or its beginning was changed on the way.",
                "Try again; upper and lower case and spaces count. Without the passphrase nobody can open it.",
                code="wrong_passphrase",
            )
        self._cipher = AESGCM(key)
        self._ready, self._count, self._ended = bytearray(), 0, False
        self._ahead = source.read(self._chunk + _TAG)

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; empty at the end."""
        while not self._ended and (size < 0 or len(self._ready) < size):
            self._unlock()
        taken = bytes(self._ready) if size < 0 else bytes(self._ready[:size])
        del self._ready[: len(taken)]
        return taken

    def finish(self) -> None:
        """Read to the end, so that the last chunk was authentic too."""
        while not self._ended:
            self._unlock()

    def _unlock(self) -> None:
        current, self._ahead = self._ahead, self._source.read(self._chunk + _TAG)
        last = not self._ahead
        try:
            self._ready += self._cipher.decrypt(_nonce(self._prefix, self._count, last), current, self._head)
        except (InvalidTag, ValueError) as error:
            raise UsageError(
                "The file was changed or is not whole.",
                f"{self._name}: part {self._count + 1} is not as it was locked.",
                "Copy or download it again. Nothing of it was unpacked.",
                code="changed",
            ) from error
        self._count, self._ended = self._count + 1, last


def _read_header(source: BinaryIO, name: str) -> tuple[bytes, Header]:
    start = source.read(len(MAGIC) + 4)
    if start[:6] != MAGIC[:6] or len(start) < len(MAGIC) + 4:
        raise UsageError("This is not a locked adapter.", name, "Give a .tsmith file.", code="not_locked")
    if start[: len(MAGIC)] != MAGIC:
        raise _newer_version(name)
    length = int.from_bytes(start[len(MAGIC) :], "big")
    raw = source.read(length) if length <= _MAX_HEADER else b""
    try:
        header = Header(**json.loads(raw))
        limits = ((header.n, _MAX_N), (header.r, _MAX_R), (header.p, _MAX_P), (header.chunk, _MAX_CHUNK))
        sound = all(isinstance(value, int) and 0 < value <= limit for value, limit in limits)
        sound = sound and header.n & (header.n - 1) == 0 and header.n > 1
        sound = sound and len(base64.b64decode(header.prefix)) == 7 and len(base64.b64decode(header.salt)) >= 8
    except (ValueError, TypeError, RecursionError) as error:
        raise _damaged_header(name) from error
    if not sound:
        raise _damaged_header(name)
    if (header.kdf, header.cipher) != (Header.kdf, Header.cipher):
        raise _newer_version(name)
    return start + raw, header


def _newer_version(name: str) -> UsageError:
    hint = "Use the version of tunesmith it was made with, or a newer one."
    return UsageError("This file is of a version we do not know.", name, hint, code="newer_version")


def _damaged_header(name: str) -> UsageError:
    hint = "Copy or download it again."
    return UsageError("The file was changed or is not whole.", f"{name}: its header is damaged.", hint, code="changed")


def _derive(passphrase: str, salt: bytes, n: int, r: int, p: int) -> tuple[bytes, str]:
    """The key (32 bytes), and a check value that says nothing about it."""
    material = Scrypt(salt=salt, length=64, n=n, r=r, p=p).derive(passphrase.encode())
    return material[:32], hashlib.sha256(material[32:]).hexdigest()


def _nonce(prefix: bytes, count: int, last: bool) -> bytes:
    if count > _MAX_CHUNKS:
        raise UsageError("The file is too large to lock.", f"More than {_MAX_CHUNKS:,} parts.", "", code="too_large")
    return prefix + count.to_bytes(4, "big") + (b"\x01" if last else b"\x00")


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
