"""Where a command's words go: prose on stdout, or JSON on stdout and prose on stderr."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from engine.errors import TunesmithError

_NOBODY_THERE = (errno.EPIPE, errno.EIO)
"""The reader of a pipe has gone, or the terminal was hung up."""
_CONTROL = {code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}
"""Rows and logs may hold escape sequences; a terminal must show them, not obey them."""


@dataclass
class Out:
    """The two voices of a command.

    A reader that goes early (`tunesmith new ... | head -1`) does not end the work: what is said then is lost.

    Args:
        json: `--json` was given.
    """

    json: bool = False
    heard: bool = field(default=True, init=False)
    """Whether somebody still reads all that is said. Who only shows something may end when nobody does."""

    @property
    def prose(self) -> TextIO:
        """The stream that people read."""
        return sys.stderr if self.json else sys.stdout

    def say(self, text: str = "") -> None:
        """A line for people."""
        self._write(text.translate(_CONTROL) + "\n", self.prose)

    def put(self, text: str) -> None:
        """Text for people as it is, without a line's end: for a line that changes in place."""
        self._write(text, self.prose)

    def result(self, value: object) -> None:
        """The command's one result, for machines; nothing without `--json`. A number that is none becomes null."""
        if self.json:
            self._write(_strict(value) + "\n", sys.stdout)

    def line(self, text: str) -> None:
        """A line of JSON that is ready as it is; nothing without `--json`. NaN and Infinity become null, as above."""
        if self.json:
            odd = "NaN" in text or "Infinity" in text
            self._write((_strict(json.loads(text)) if odd else text) + "\n", sys.stdout)

    def error(self, error: TunesmithError) -> None:
        """Title, what and hint on stderr; with `--json` the same as data on stdout."""
        # Where not even that can be written, the exit code is all that is left to tell.
        with contextlib.suppress(OSError):
            self.result({"error": error.as_dict()})
        with contextlib.suppress(OSError):
            self._write(str(error).translate(_CONTROL) + "\n", sys.stderr)

    def _write(self, text: str, stream: TextIO) -> None:
        try:
            print(text, end="", file=stream, flush=True)
        except OSError as error:
            # What is still in the stream's memory would be tried again at the very end, and fail there.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if error.errno not in _NOBODY_THERE:
                raise
            self.heard = False

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> None:
        """Columns of text for people.

        Args:
            head: The columns' names.
            rows: The cells.
            right: Which columns hold numbers and are set to the right.
        """
        table = [list(head), *map(list, rows)]
        widths = [max(len(row[column]) for row in table) for column in range(len(head))]
        numbers = set(right)
        for row in table:
            cells = [
                cell.rjust(width) if column in numbers else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            self.say("  ".join(cells).rstrip())


def _strict(value: object) -> str:
    """JSON that every program reads: Python's own NaN and Infinity are none."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        plain = json.loads(json.dumps(value, default=str), parse_constant=lambda _: None)
        return json.dumps(plain, ensure_ascii=False)


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 row`, `2,140 rows`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """`38 s`, `12 min`, `2 h 05 min`: as a person says it."""
    if seconds < 90:
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


def size(number: float) -> str:
    """Bytes in decimal units, as disks and downloads are sold: `98 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if number >= 10 or unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def memory(number: float) -> str:
    """Memory in GiB (2^30 bytes), as drivers count it and every page says it: `13.1 GiB`, `0.021 GiB`."""
    amount = number / 2**30
    digits = 0 if amount >= 99.95 else 1 if amount >= 9.95 else 2 if amount >= 0.0995 else 3
    return f"{amount:.{digits}f} GiB"
