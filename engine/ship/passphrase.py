"""Where a passphrase comes from: a private file or the environment. Never the command line, never the job's record."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from engine.errors import UsageError
from engine.files import is_text

MIN_LENGTH = 10
"""Characters. scrypt slows guessing down; it cannot save a short passphrase."""


def read_passphrase(file: str | None, variable: str | None) -> str:
    """The passphrase from the first line of a file (mode 0600) or from an environment variable.

    Raises:
        UsageError: `no_passphrase`, `passphrase_file` (others can read it), `short_passphrase`.
    """
    if file:
        passphrase = _from_file(Path(file).expanduser())
    elif variable:
        passphrase = os.environ.get(variable, "")
    else:
        passphrase = ""
    if not passphrase:
        what = f"{file} is empty." if file else f"${variable} is not set." if variable else "None was given."
        hint = "Write it into a file that only you can read (chmod 600) and name that file."
        raise UsageError("A passphrase is needed.", what, hint, code="no_passphrase")
    if len(passphrase) < MIN_LENGTH:
        what = f"It has {len(passphrase)} characters; {MIN_LENGTH} are the least."
        raise UsageError("The passphrase is too short.", what, "Use four or five words.", code="short_passphrase")
    return must_be_text(passphrase)


def must_be_text(passphrase: str) -> str:
    """The passphrase itself.

    Raises:
        UsageError: It came as bytes that are no UTF-8, which no other machine would read the same way.
    """
    if not is_text(passphrase):
        hint = "Type it in a terminal that sends UTF-8, or put it into a UTF-8 file."
        raise UsageError("The passphrase is not UTF-8.", "", hint, code="no_passphrase")
    return passphrase


def _from_file(file: Path) -> str:
    try:
        # Some editors begin a file with a mark of its encoding, which nobody would type.
        with file.open(encoding="utf-8-sig") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if not stat.S_ISREG(mode):
                hint = "Write the passphrase into a file of its own."
                raise UsageError("This is not a plain file.", str(file), hint, code="passphrase_file")
            if mode & 0o077:
                raise UsageError(
                    "The passphrase file can be read by others.",
                    f"{file} has mode {stat.S_IMODE(mode):04o}.",
                    f"Run `chmod 600 {file}` and try again.",
                    code="passphrase_file",
                )
            return stream.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        hint = "Check the path; it must be a text file."
        raise UsageError("The passphrase file cannot be read.", str(file), hint, code="passphrase_file") from error
