"""The one exception tree of the product.

Every error a person can meet is a `TunesmithError`: a stable code, a title, what happened, and what to do
next. The wizard, the command line and the end event of a job show these four fields verbatim; nobody composes
a second text for the same error. The exit code belongs to the class because it is a contract of the command line.
"""

from __future__ import annotations

import errno
import os
import re
from typing import ClassVar

EXIT_DONE = 0
EXIT_JOB_FAILED = 1
EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_STOPPED = 4


class TunesmithError(Exception):
    """Something that must be told to the person.

    Args:
        title: One short sentence: what is wrong.
        what: The details: where (file:line, field) and what was found there.
        hint: What to do next, as an instruction.
        code: Replaces the class's code where one class covers several causes.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = EXIT_JOB_FAILED

    def __init__(self, title: str, what: str = "", hint: str = "", *, code: str | None = None) -> None:
        super().__init__(title)
        self.title = title
        self.what = what
        self.hint = hint
        self.error_code = code or self.code

    def as_dict(self) -> dict[str, object]:
        """The fields every front end shows, ready for JSON."""
        return {
            "code": self.error_code,
            "title": self.title,
            "what": self.what,
            "hint": self.hint,
            "exit_code": self.exit_code,
        }

    def __str__(self) -> str:
        return "\n".join(part for part in (self.title, self.what, self.hint) if part)


class UsageError(TunesmithError):
    """The command or setting cannot be understood."""

    code = "usage"
    exit_code = EXIT_USAGE


class SpecError(UsageError):
    """`project.yaml` (or a preset) does not say something we can read."""

    code = "spec"


class ProjectError(UsageError):
    """The project folder cannot be used: missing, not a project, read-only."""

    code = "project"


class DataError(UsageError):
    """The dataset cannot be used."""

    code = "data"


class ModelError(UsageError):
    """The model cannot be used."""

    code = "model"


class BusyError(UsageError):
    """Another heavy job is running on this machine."""

    code = "busy"


class RefusedError(TunesmithError):
    """A gate says no: licence, privacy, fit or acceptance."""

    code = "refused"
    exit_code = EXIT_REFUSED


class PrivacyRefusedError(RefusedError):
    """Personal data may still be in what would be trained on."""

    code = "privacy"


class JobFailedError(TunesmithError):
    """A job ended without doing what it was asked."""

    code = "job_failed"


class DiskFullError(JobFailedError):
    """No space left where we must write."""

    code = "disk_full"


class StoppedError(TunesmithError):
    """The work was stopped on request. Not a failure."""

    code = "stopped"
    exit_code = EXIT_STOPPED


def _first_of(error: OSError) -> OSError:
    """Copying a folder collects what went wrong with each file, as text (`shutil.Error`); the first of it."""
    several = error.args[0] if error.errno is None and error.args else None
    if not (isinstance(several, list) and several):
        return error
    target, text = str(several[0][1]), str(several[0][-1])
    number = re.match(r"\[Errno (\d+)\]", text)
    code = int(number[1]) if number else errno.EIO
    return OSError(code, os.strerror(code), target)


def from_os_error(error: OSError, doing: str) -> TunesmithError:
    """Turn an `OSError` into the message a person can act on.

    Args:
        error: The operating system's error.
        doing: What was being done, as "writing the checkpoint".
    """
    error = _first_of(error)
    where = str(error.filename or "")
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFullError(
            f"The disk is full: {doing} did not finish.",
            f"No space is left for {where or 'the file'}. Everything saved before is still there.",
            "Free some space, then run the same step again; a training run goes on with `train --resume`.",
        )
    if error.errno in (errno.EACCES, errno.EPERM) and doing.startswith("reading"):
        return ProjectError(
            f"Not allowed: {doing}.",
            f"{where} cannot be read ({error.strerror}).",
            "Make it readable for yourself (`chmod u+r`, and `chmod u+x` for each folder on the way).",
            code="not_readable",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ProjectError(
            f"Not allowed: {doing} needs write access.",
            f"{where or 'The folder'} cannot be written ({error.strerror}).",
            "Make the folder writable (`chmod u+w`), or use a project folder elsewhere.",
            code="read_only",
        )
    if error.errno == errno.ENOENT:
        return UsageError(
            f"A file is missing: {doing} could not go on.",
            f"{where} does not exist.",
            "Check the path and try again.",
            code="missing_file",
        )
    if error.errno in (errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP):
        return UsageError(
            f"A path cannot be used: {doing} did not begin.",
            f"{where}: {(error.strerror or '').lower()}.",
            "Check the path: is one of its parts a file, or a folder where a file is meant?",
            code="bad_path",
        )
    return JobFailedError(
        f"The operating system refused: {doing} did not finish.",
        f"{where}: {error.strerror or error}",
        "Look at the disk and the permissions of that path, then run the step again.",
        code="os_error",
    )
