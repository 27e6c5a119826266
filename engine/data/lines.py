"""Lines of a text file, one at a time and never too much of one: a line of gigabytes must not fill the memory."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from engine.errors import DataError

LINE_LIMIT = 64 * 1024 * 1024
"""Longest line that is read, in bytes (in characters for UTF-16 and UTF-32)."""
GIVE_UP = 256 * 1024 * 1024
"""How much of an overlong line is skipped in search of its end."""

OnBytes = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file.

    Args:
        number: 1-based.
        text: Without its end. Of a line that is not text: decoded with `surrogateescape`. Of one too long: empty.
        problem: Why it cannot be used as it is, if so.
    """

    number: int
    text: str
    problem: Literal["", "too_long", "not_text"] = ""


def read_lines(
    path: Path, encoding: str, on_bytes: OnBytes | None = None, limit: int = LINE_LIMIT, *, keep_ends: bool = False
) -> Iterator[Line]:
    """The lines of a file, split at line feeds only; a byte order mark is left out.

    Args:
        path: The file.
        encoding: As `Format.encoding`.
        on_bytes: Told the position in the file now and then.
        limit: Longest line that is read.
        keep_ends: Leave the line feed (and carriage return) at the end of the text.

    Raises:
        DataError: A line that does not end within `GIVE_UP` beyond the limit.
    """
    with path.open("rb") as raw:
        lines = _utf8_lines(raw, limit) if encoding.startswith("utf-8") else _wide_lines(raw, encoding, limit)
        for number, (text, problem) in enumerate(lines, start=1):
            if problem == "too_long":
                _skip_line(raw, path, number, limit)
            if number == 1 and text.startswith("\ufeff"):
                text = text[1:]
            yield Line(number, text if keep_ends else text.removesuffix("\n").removesuffix("\r"), problem)
            if on_bytes and number % 64 == 0:
                on_bytes(raw.tell())
        if on_bytes:
            on_bytes(raw.tell())


_Problem = Literal["", "too_long", "not_text"]


def _utf8_lines(raw: BinaryIO, limit: int) -> Iterator[tuple[str, _Problem]]:
    while line := raw.readline(limit + 1):
        if len(line) > limit and not line.endswith(b"\n"):
            yield "", "too_long"
            continue
        try:
            yield line.decode("utf-8"), ""
        except UnicodeDecodeError:
            yield line.decode("utf-8", "surrogateescape"), "not_text"


def _wide_lines(raw: BinaryIO, encoding: str, limit: int) -> Iterator[tuple[str, _Problem]]:
    wrapper = io.TextIOWrapper(raw, encoding=encoding, errors="surrogatepass", newline="\n")
    try:
        while line := wrapper.readline(limit + 1):
            if len(line) > limit and not line.endswith("\n"):
                while (rest := wrapper.readline(1 << 20)) and not rest.endswith("\n"):
                    pass
                yield "", "too_long"
            else:
                yield line, ""
    except UnicodeDecodeError:
        yield "", "not_text"
    finally:
        wrapper.detach()


def _skip_line(raw: BinaryIO, path: Path, number: int, limit: int) -> None:
    """Read on to the end of an overlong line. Wide encodings have done so themselves: nothing is left to skip."""
    skipped = 0
    while skipped < GIVE_UP:
        rest = raw.readline(1 << 20)
        if not rest or rest.endswith(b"\n"):
            return
        skipped += len(rest)
    raise DataError(
        "This file is not made of rows.",
        f"{path}:{number}: the line does not end within {(limit + skipped) >> 20} MB.",
        "Export the data again with one row on each line.",
        code="no_rows_found",
    )
