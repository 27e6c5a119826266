"""Whether the person's file is still the one that was read.

The steps of `engine.steps` are a pure function of the spec; what lies on the disk is looked at here. A file that was
not touched since it was read is not read again, and one that was is known by its fingerprint.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from engine.files import sha256_of
from engine.project import Project
from engine.spec import ProjectSpec

CHANGED = "your file was changed"


def file_reason(project: Project, spec: ProjectSpec, since: Path, at_most: int | None = None) -> str | None:
    """Why the data needs another look: its file has other content now. Reads the file: call it in a thread.

    A file that is gone or cannot be read is no reason: what is trained on was written from it, and whoever needs it
    says what is wrong with it.

    Args:
        project: The project.
        spec: Of it.
        since: What was written when the file was read: a file that was not touched after that is the same.
        at_most: Bytes; a larger file that was touched is not read.

    Returns:
        Words; empty where it is the same, or was never read. None where it is too large to be read now.
    """
    if spec.data is None or spec.data.sha256 is None:
        return ""
    file = project.root / Path(spec.data.path).expanduser()
    try:
        facts = file.stat()
        # A file that was moved here with an older date has a newer time of change.
        if max(facts.st_mtime_ns, facts.st_ctime_ns) < since.stat().st_mtime_ns:
            return ""
        if at_most is not None and facts.st_size > at_most:
            return None
        now = _fingerprint(file, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
    except OSError:
        return ""
    return "" if now == spec.data.sha256 else CHANGED


@lru_cache(maxsize=64)
def _fingerprint(file: Path, _size: int, _changed: int, _touched: int) -> str:
    """Read once for each state of the file."""
    return sha256_of(file)
