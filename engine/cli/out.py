"""Where a command's words go: prose on stdout, or JSON on stdout and prose on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

from engine.errors import TunesmithError

_CONTROL = {code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}
"""Rows and logs may hold escape sequences; a terminal must show them, not obey them."""


@dataclass(frozen=True)
class Out:
    """The two voices of a command.

    Args:
        json: `--json` was given.
    """

    json: bool = False

    @property
    def prose(self) -> TextIO:
        """The stream that people read."""
        return sys.stderr if self.json else sys.stdout

    def say(self, text: str = "") -> None:
        """A line for people."""
        print(text.translate(_CONTROL), file=self.prose, flush=True)

    def result(self, value: object) -> None:
        """The command's one result, for machines; nothing without `--json`."""
        if self.json:
            print(json.dumps(value, ensure_ascii=False, default=str), flush=True)

    def line(self, text: str) -> None:
        """A line of JSON that is ready as it is; nothing without `--json`."""
        if self.json:
            print(text, flush=True)

    def error(self, error: TunesmithError) -> None:
        """Title, what and hint on stderr; with `--json` the same as data on stdout."""
        self.result({"error": error.as_dict()})
        print(str(error).translate(_CONTROL), file=sys.stderr, flush=True)

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
