"""Reading events: from the start, and on as they come. Only ever reads."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterator
from pathlib import Path

from engine.jobs.events import KnownEvent, StepPoint, UnknownEvent, is_step, parse_line, step_point

_MANY = 5000


class EventTail:
    """Follows one `events.jsonl`. `read()` returns what is new since the last call.

    A last line without a line break is left for the next call: it is still being written, or torn by a crash.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._inode = 0
        self._rest = b""

    def read(self) -> list[KnownEvent | UnknownEvent]:
        """New whole events, oldest first; empty when there are none or the file does not exist yet."""
        lines = self._new_lines()
        with _undisturbed(len(lines)):
            return [event for line in lines if line and (event := parse_line(line)) is not None]

    def read_brief(self) -> list[KnownEvent | UnknownEvent | StepPoint]:
        """The same for `fold`: of the steps between the first event and the last step only their points.

        That is all it keeps of them; of the first and the last events it keeps more.
        """
        lines = self._new_lines()
        last = next((number for number in range(len(lines) - 1, -1, -1) if is_step(lines[number])), 0)
        with _undisturbed(len(lines)):
            return [
                event
                for number, line in enumerate(lines)
                if line and (event := (step_point(line) if 0 < number < last else None) or parse_line(line)) is not None
            ]

    def _new_lines(self) -> list[bytes]:
        try:
            with self._path.open("rb") as stream:
                facts = os.fstat(stream.fileno())
                if facts.st_ino != self._inode or facts.st_size < self._offset:
                    self._inode, self._offset, self._rest = facts.st_ino, 0, b""
                if facts.st_size == self._offset:
                    return []
                stream.seek(self._offset)
                new = stream.read()
        except FileNotFoundError:
            return []
        self._offset += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        return lines


@contextlib.contextmanager
def _undisturbed(lines: int) -> Iterator[None]:
    """No search for garbage while many events are made: none of them is any, and looking costs a quarter of it."""
    pause = lines > _MANY and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()


def read_events(path: Path) -> list[KnownEvent | UnknownEvent]:
    """All whole events of a file, from the start."""
    return EventTail(path).read()


def read_brief(path: Path) -> list[KnownEvent | UnknownEvent | StepPoint]:
    """All of a file for `fold`, from the start."""
    return EventTail(path).read_brief()
