"""Writing files so that a crash, a full disk or a curious neighbour cannot hurt: atomic, synced, 0600."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from engine.errors import from_os_error

PRIVATE_UMASK = 0o077
_NO_SYNC = (errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.ENOSYS)
_LONGEST_NAME = 240
"""Bytes of a name that a temporary file may bear with what is added to it; most file systems allow 255."""


def atomic_write(path: Path, content: bytes | str, doing: str = "saving") -> None:
    """Replace `path` by `content`, whole or not at all, readable by the owner only.

    Raises:
        DiskFullError: No space; the old file is untouched.
        ProjectError: The folder cannot be written; the old file is untouched.
    """
    with atomic_stream(path, doing) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def atomic_stream(path: Path, doing: str = "saving") -> Iterator[BinaryIO]:
    """Like `atomic_write`, for content that is written piece by piece.

    The file appears under its name only when the block ends without an exception.
    """
    temporary = ""
    try:
        make_private_folder(path.parent)
        prefix = f".{path.name}." if len(os.fsencode(path.name)) <= _LONGEST_NAME else ".saving."
        descriptor, temporary = tempfile.mkstemp(prefix=prefix, dir=path.parent)
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        temporary = ""
        sync_folder(path.parent)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise from_os_error(error, doing) from error
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def make_private_folder(path: Path) -> None:
    """Create `path` and its missing parents with mode 0700; existing folders keep theirs."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)


def sync_folder(path: Path) -> None:
    """Make a rename inside `path` survive a power cut, where the file system can."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # What was renamed is in place: network and FUSE file systems only have nothing to sync a folder with.
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(descriptor)


def is_text(path: Path | str) -> bool:
    """Whether a path is UTF-8, so that it can be written down; on a disk a name may be any bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file, read in blocks so that its size does not matter."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
