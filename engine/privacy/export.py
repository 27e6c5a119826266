"""Findings as JSON lines, one object a finding, for other programs."""

from __future__ import annotations

import json
from pathlib import Path

from engine.files import atomic_stream
from engine.privacy.store import FindingsStore


def export_findings(store: FindingsStore, path: Path) -> int:
    """Write every finding to `path`, in the order of the file.

    Each line is `{"row", "field", "start", "end", "entity", "score", "recogniser"}`; `row` is the 0-based index of
    the row in the file, `start` and `end` count Unicode characters of that field's original text.

    Returns:
        How many were written.

    Raises:
        DiskFullError, ProjectError: Nothing is written.
    """
    count = 0
    with atomic_stream(path, "writing the findings") as stream:
        for finding in store.findings():
            line = {
                "row": finding.row,
                "field": finding.field,
                "start": finding.start,
                "end": finding.end,
                "entity": finding.entity,
                "score": finding.score,
                "recogniser": finding.recogniser,
            }
            stream.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            count += 1
    return count
