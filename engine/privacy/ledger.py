"""Where our replacements stand in the new file, row by row: what the proof must not take for a leak.

A temporary file without a name, so that memory does not grow with the dataset and nothing stays after a kill.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from engine.errors import from_os_error
from engine.privacy.replace import Edit, in_new_text

Places = dict[str, list[Edit]]
"""By field: the replacements in order, `start` and `end` in characters of the new text."""


class Ledger:
    """The replacements of one pass, written once and read once in the same order."""

    def __init__(self, folder: Path) -> None:
        try:
            self._file = tempfile.TemporaryFile("w+", dir=folder, encoding="ascii")  # noqa: SIM115 (closed by `with`)
        except OSError as error:
            raise from_os_error(error, "noting the replacements") from error

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, changed: Sequence[tuple[str, Sequence[Edit]]]) -> None:
        """Note one row of the new file.

        Args:
            changed: Field and replacements in the offsets of the original text.
        """
        row = [
            [path, [[one.start, one.end, one.new, one.entity] for one in in_new_text(edits)]] for path, edits in changed
        ]
        try:
            self._file.write(json.dumps(row) + "\n")
        except OSError as error:
            raise from_os_error(error, "noting the replacements") from error

    def rows(self) -> Iterator[Places]:
        """What was noted, from the beginning."""
        self._file.flush()
        self._file.seek(0)
        for line in self._file:
            yield {path: [Edit(*one) for one in edits] for path, edits in json.loads(line)}
