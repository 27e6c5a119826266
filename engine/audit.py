"""The trail of a project: who decided what and when, in a file that cannot be changed without it showing.

`audit.jsonl` holds one JSON object a line: `{"t", "action", "details", "prev", "hash"}`. `hash` is the SHA-256 of the
entry without it, and `prev` is the hash of the entry before (64 zeros for the first). So a changed, removed or moved
line breaks the chain from there on. What it cannot show: that the whole file was written anew, or that its end was
cut off; keep the last hash elsewhere to see that too.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from dataclasses import dataclass
from typing import Any

from engine.errors import ProjectError, from_os_error
from engine.files import make_private_folder
from engine.project import Project

FIRST = "0" * 64
"""`prev` of the first entry."""
_BLOCK = 65536
_HOW = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW
"""A link in its place is not followed: a project that came from somebody else could name any file with it."""


@dataclass(frozen=True)
class Entry:
    """One line of the trail. `t` is in unix seconds."""

    t: float
    action: str
    details: dict[str, Any]
    prev: str
    hash: str


@dataclass(frozen=True)
class Verdict:
    """Whether the chain holds.

    Args:
        ok: All lines are as they were written.
        entries: How many lines hold, from the first on.
        last_hash: Hash of the last line that holds.
        broken_line: 1-based number of the first line that does not; None when all do.
        reason: What is wrong with it.
    """

    ok: bool
    entries: int
    last_hash: str
    broken_line: int | None = None
    reason: str = ""


def append(project: Project, action: str, details: dict[str, Any]) -> Entry:
    """Add an entry. Several processes may do so at once; it is on the disk when this returns.

    Args:
        project: The project.
        action: A short name, as `redacted` or `shipped`.
        details: What can be said about it without personal data.

    Raises:
        DiskFullError, ProjectError: The trail cannot be written.
        ProjectError: `audit_damaged`: its last line is not an entry, so nothing can be chained to it.
    """
    try:
        make_private_folder(project.audit_file.parent)
        descriptor = os.open(project.audit_file, _HOW | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            entry = _chained(time.time(), action, details, _last_hash(project, descriptor))
            _write(descriptor, entry)
        finally:
            os.close(descriptor)
    except OSError as error:
        error.filename = error.filename or str(project.audit_file)
        raise from_os_error(error, "writing the audit trail") from error
    return entry


def must_be_writable(project: Project) -> None:
    """Before something is done that has to be recorded: refuse it where it could not be.

    Raises:
        DiskFullError, ProjectError: As `append`.
    """
    try:
        descriptor = os.open(project.audit_file, _HOW)
    except FileNotFoundError:
        return
    except OSError as error:
        raise from_os_error(error, "writing the audit trail") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        _last_hash(project, descriptor)
    finally:
        os.close(descriptor)


def entries(project: Project) -> list[Entry]:
    """All entries, oldest first, whether the chain holds or not; lines that are none are left out."""
    found = (_parse(line) for line in _lines(project))
    return [entry for entry in found if entry is not None]


def verify(project: Project) -> Verdict:
    """Check every line of the trail. A project without one is fine: nothing has happened yet."""
    previous, number = FIRST, 0
    for number, line in enumerate(_lines(project), 1):
        entry = _parse(line)
        if entry is None:
            return Verdict(False, number - 1, previous, number, "the line is not an entry")
        # As it was written, to the letter: JSON may say one thing twice, and a person reads the first.
        if line != _dump(entry.__dict__) + b"\n":
            return Verdict(False, number - 1, previous, number, "it is not written as we write")
        if entry.hash != _hash_of(entry.t, entry.action, entry.details, entry.prev):
            return Verdict(False, number - 1, previous, number, "its content was changed")
        if entry.prev != previous:
            return Verdict(False, number - 1, previous, number, "a line before it was removed, added or moved")
        previous = entry.hash
    return Verdict(True, number, previous)


def _write(descriptor: int, entry: Entry) -> None:
    """One whole line, or the file as it was."""
    line = _dump(entry.__dict__) + b"\n"
    size = os.fstat(descriptor).st_size
    try:
        written = os.write(descriptor, line)
        while written < len(line):
            written += os.write(descriptor, line[written:])
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _last_hash(project: Project, descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    if size == 0:
        return FIRST
    block = _BLOCK
    while True:
        start = max(0, size - block)
        tail = os.pread(descriptor, size - start, start)
        if start == 0 or b"\n" in tail[:-1]:
            break
        block *= 2
    entry = _parse(tail.rstrip(b"\n").rpartition(b"\n")[2]) if tail.endswith(b"\n") else None
    if entry is None:
        raise ProjectError(
            "The audit trail is damaged.",
            f"{project.audit_file}: its last line is not an entry.",
            "Look at it with `tunesmith audit verify`; keep the file, and move it aside to begin a new trail.",
            code="audit_damaged",
        )
    return entry.hash


def _lines(project: Project) -> list[bytes]:
    """With their ends: a last line without one is torn, and nothing can be chained to it."""
    try:
        return project.audit_file.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise from_os_error(error, "reading the audit trail") from error


def _parse(line: bytes) -> Entry | None:
    try:
        content = json.loads(line)
        if set(content) != {"t", "action", "details", "prev", "hash"} or type(content["t"]) not in (int, float):
            return None
        texts = (content["action"], content["prev"], content["hash"])
        if not isinstance(content["details"], dict) or not all(isinstance(text, str) for text in texts):
            return None
        return Entry(**content)
    except (ValueError, TypeError, RecursionError):
        return None


def _chained(t: float, action: str, details: dict[str, Any], previous: str) -> Entry:
    # Through JSON once, so that what is hashed is what will be read back.
    clean: dict[str, Any] = json.loads(_dump(details))
    t = round(t, 3)
    return Entry(t, action, clean, previous, _hash_of(t, action, clean, previous))


def _hash_of(t: float, action: str, details: dict[str, Any], previous: str) -> str:
    content = {"t": t, "action": action, "details": details, "prev": previous}
    return hashlib.sha256(_dump(content)).hexdigest()


def _dump(content: Any) -> bytes:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    # A file's name may be no UTF-8; `json.loads` reads it back the same way.
    return text.encode("utf-8", "surrogatepass")
