"""The secret key of a project: kept with the machine, outside the project folder, readable by its owner only.

Whoever gets a copy of the project gets no key with it: neither guesses at made-up values can be tested, nor can
hashes, encrypted values or the table be read.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
import tempfile
from pathlib import Path

from engine.errors import ProjectError, from_os_error
from engine.files import make_private_folder
from engine.machine import state_folder
from engine.spec import ProjectSpec

_BYTES = 32


def key_name(spec: ProjectSpec) -> str:
    """Which key a project uses: the one recorded at its last redaction, else one by its name and birth."""
    if spec.redaction.key:
        return spec.redaction.key
    return hashlib.sha256(f"{spec.name}\n{spec.created.isoformat()}".encode()).hexdigest()[:16]


def key_file(name: str) -> Path:
    """Where the key lies.

    Raises:
        ProjectError: Not the name of a key.
    """
    if not re.fullmatch(r"[0-9a-f]{16}", name):
        raise ProjectError("`redaction.key` is not the name of a key.", name, "Remove that line from project.yaml.")
    return state_folder() / "keys" / f"{name}.key"


def load_key(name: str) -> bytes:
    """Read a key that must exist.

    Raises:
        ProjectError: It is not on this machine, or it is damaged.
    """
    path = key_file(name)
    try:
        text = path.read_text(encoding="ascii").strip()
        key = bytes.fromhex(text)
    except FileNotFoundError as error:
        raise ProjectError(
            "The key of this project is not on this machine.",
            f"{path} does not exist.",
            "Copy it from the machine that redacted the data. Without it nothing can be turned back.",
            code="no_key",
        ) from error
    except OSError as error:
        raise from_os_error(error, "reading the project's key") from error
    except ValueError as error:
        raise ProjectError("The key of this project is damaged.", str(path), "Restore it.", code="no_key") from error
    if len(key) != _BYTES:
        raise ProjectError("The key of this project is damaged.", str(path), "Restore it.", code="no_key")
    return key


def load_or_make_key(name: str) -> bytes:
    """Read a key; make it when there is none.

    Raises:
        ProjectError: It is damaged or cannot be written.
    """
    path = key_file(name)
    try:
        if not path.exists():
            make_private_folder(path.parent)
            _make_key(path)
    except OSError as error:
        raise from_os_error(error, "making the project's key") from error
    return load_key(name)


def _make_key(path: Path) -> None:
    """A new key, whole or not at all: half of one, left by a kill, would lock the project out of its own data."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(_BYTES) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):  # Another job was quicker.
            os.link(temporary, path)
    finally:
        os.unlink(temporary)


def forget_key(name: str) -> None:
    """Delete a key. What was encrypted with it can never be read again.

    Raises:
        ProjectError: It cannot be deleted.
    """
    try:
        key_file(name).unlink(missing_ok=True)
    except OSError as error:
        raise from_os_error(error, "deleting the project's key") from error


def subkey(key: bytes, purpose: str) -> bytes:
    """A key of 64 bytes for one purpose, from which the others cannot be told."""
    return hmac.digest(key, f"tunesmith {purpose}".encode(), "sha512")
