"""Writing events: one `os.write` a line to an `O_APPEND` descriptor, `seq` without gaps, whole lines only.

A full disk must not kill a training run that needs nothing but its own memory: a line that cannot be written
is kept and written when there is room again. So that at least the end of the job can be told, a small reserve
file is given back to the disk the first time it is full.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
import time
from pathlib import Path

from pydantic_core import PydanticSerializationError

from engine.jobs.events import Event, parse_line

_RESERVE_BYTES = 64 * 1024
_MAX_PENDING = 10_000


class EventWriter:
    """Appends events to one file. Safe to call from several threads."""

    def __init__(self, path: Path) -> None:
        """Open `path` for appending and go on after its last `seq`."""
        self._lock = threading.RLock()
        self._reserve = path.with_name(".reserve")
        self._seq, torn = _tail_state(path)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._pending: list[bytes] = [b"\n"] if torn else []
        self._ended = False
        self.last_work = time.monotonic()
        with contextlib.suppress(OSError):
            self._reserve.write_bytes(b"\0" * _RESERVE_BYTES)

    def emit(self, event: Event) -> None:
        """Number, time and write `event`. Never raises for a full disk."""
        with self._lock:
            if self._ended:
                return
            event.seq = self._seq + 1
            event.t = round(time.time(), 3)
            self._pending.append(_line_of(event))
            self._seq += 1
            if getattr(event, "kind", "") != "heartbeat":
                self.last_work = time.monotonic()
            self._flush()

    def emit_last(self, event: Event) -> None:
        """As `emit`; whatever another thread emits afterwards is left out."""
        with self._lock:
            self.emit(event)
            self._ended = True

    def close(self) -> None:
        """Write what is pending and give the reserve back."""
        with self._lock:
            self._flush()
            self._reserve.unlink(missing_ok=True)
            os.close(self._descriptor)

    def _flush(self) -> None:
        while self._pending:
            line = self._pending[0]
            try:
                written = os.write(self._descriptor, line)
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                    raise
                if not self._reserve.exists():
                    del self._pending[:-_MAX_PENDING]
                    return
                self._reserve.unlink(missing_ok=True)
                continue
            if written < len(line):
                # The reader skips the torn line; the event is written again, whole, after a line break.
                self._pending[0] = line if line.startswith(b"\n") else b"\n" + line
                continue
            del self._pending[0]


def _line_of(event: Event) -> bytes:
    """The event as a line. Half a character (a file's name, a broken row) becomes `?`: the end must be told anyhow."""
    try:
        return event.model_dump_json(exclude_none=True).encode() + b"\n"
    except PydanticSerializationError:
        content = event.model_dump(exclude_none=True)
        return json.dumps(content, ensure_ascii=False, default=str).encode("utf-8", "replace") + b"\n"


def _tail_state(path: Path) -> tuple[int, bool]:
    """The last `seq` in the file (-1 if none) and whether its last line is torn."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return -1, False
    for line in reversed(content.splitlines()):
        event = parse_line(line)
        if event is not None:
            return event.seq, not content.endswith(b"\n")
    return -1, bool(content) and not content.endswith(b"\n")
