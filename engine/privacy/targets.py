"""Where a file with findings, redacted rows or restored values may be written: never over what it was made from.

Somebody who types the name of the original after `--out` must not lose it.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path

from engine.errors import UsageError, from_os_error
from engine.privacy.gate import data_path
from engine.project import Project


def must_be_free(target: Path, option: str, project: Project | None = None, others: Iterable[Path] = ()) -> None:
    """Refuse a place for a new file before any work is done for it.

    Args:
        target: The new file.
        option: The option that named it, for the message.
        project: Its data and its own files are not to be overwritten.
        others: Further files that are not.

    Raises:
        UsageError: It is one of these files, a folder or a device, or its folder is not there.
    """
    again = f"Choose another file after {option}."
    try:
        # Through links too: what they lead to is what would be lost.
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "no ordinary file"
            raise UsageError(f"Nothing can be written to {target}.", f"It is {kind}.", again, code="bad_target")
        if not target.resolve().parent.is_dir():
            what = f"{target.resolve().parent} does not exist."
            raise UsageError("The folder for the new file is not there.", what, "Make it first.", code="bad_target")
        taken = [*others, *(_files_of(project) if project else ())]
        if mode is not None and any(one.exists() and one.samefile(target) for one in taken):
            what = f"{target} is the data or a file of the project."
            raise UsageError("The new file would overwrite an old one.", what, again, code="bad_target")
        if project is not None and target.resolve().parent == project.findings_file.resolve().parent:
            what = f"{target.resolve().parent} holds the project's own files."
            raise UsageError("The new file would lie among the project's own.", what, again, code="bad_target")
    except OSError as error:
        raise from_os_error(error, "looking at the place for the new file") from error


def _files_of(project: Project) -> list[Path]:
    spec = project.load()
    own = [project.file, project.findings_file, project.proof_file, project.check_file]
    if spec.data is not None:
        own.append(data_path(project, spec.data.path))
    if spec.redaction.path is not None:
        own.append(project.root / spec.redaction.path)
    return own
