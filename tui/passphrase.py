"""Handing a passphrase to a job: through a file only this user can read, which is gone as soon as the job has read it.

The command line and the job's record are no place for it: both can be read long afterwards.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from engine.errors import from_os_error
from engine.files import make_private_folder
from engine.machine import state_folder

_PREFIX = "passphrase-"


def write_passphrase(passphrase: str) -> Path:
    """Write it to a new file with mode 0600 in the machine's own folder.

    Raises:
        DiskFullError, ProjectError: It cannot be written.
    """
    folder = state_folder()
    try:
        make_private_folder(folder)
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=folder)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(passphrase + "\n")
    except OSError as error:
        raise from_os_error(error, "handing over the passphrase") from error
    return Path(name)


def remove_passphrases() -> None:
    """Remove what was handed over; also what a wizard left behind that was killed in that moment."""
    for file in state_folder().glob(f"{_PREFIX}*"):
        file.unlink(missing_ok=True)
