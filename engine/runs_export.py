"""Runs for other programs: a CSV table, and TensorBoard's event files. Both stay on this machine.

TensorBoard's format is a TFRecord file of `Event` messages (tensorflow/core/util/event.proto): each record is its
length, a masked CRC-32C of that, the message, and a masked CRC-32C of it. Four fields are enough for curves, so they
are written here instead of installing TensorBoard for it.
"""

from __future__ import annotations

import csv
import struct
import time
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from engine.files import atomic_stream
from engine.runs import RunRow

_FIGURES = (
    "name",
    "chosen",
    "state",
    "started",
    "step",
    "steps",
    "train_loss",
    "eval_loss",
    "base_eval_loss",
    "best_step",
    "best_loss",
    "seconds",
    "energy_wh",
    "cost",
    "currency",
    "tokens_per_second",
    "model",
    "rows",
    "note",
)


def write_csv(rows: Sequence[RunRow], file: Path) -> None:
    """One line a run: figures, metrics as `metric.NAME`, and every knob as `recipe.NAME`.

    Raises:
        DiskFullError, ProjectError: It cannot be written.
    """
    metrics = sorted({name for row in rows for name in row.metrics})
    knobs = list(dict.fromkeys(name for row in rows for name in row.recipe))
    lines = [[*_FIGURES, *(f"metric.{name}" for name in metrics), *(f"recipe.{name}" for name in knobs)]]
    for row in rows:
        figures = [getattr(row, name) for name in _FIGURES]
        lines.append(
            ["" if cell is None else _harmless(cell) for cell in
             (*figures, *(row.metrics.get(name) for name in metrics), *(row.recipe.get(name) for name in knobs))]
        )  # fmt: skip
    with atomic_stream(file.expanduser().resolve(), "writing the table") as stream:
        for line in lines:
            stream.write(_csv_line(line))


def _harmless(cell: object) -> str:
    """As text; a note that a spreadsheet would run as a formula gets an apostrophe before it."""
    text = str(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(("=", "+", "-", "@")) else text


def _csv_line(cells: Sequence[str]) -> bytes:
    from io import StringIO

    text = StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def write_tensorboard(rows: Sequence[RunRow], folder: Path) -> list[Path]:
    """One folder a run with its curves as `loss/train` and `loss/holdout`; look at them with `tensorboard --logdir`.

    Returns:
        The files.

    Raises:
        DiskFullError, ProjectError: They cannot be written.
    """
    written = []
    for row in rows:
        at = row.started or time.time()
        file = folder.expanduser().resolve() / row.name / f"events.out.tfevents.{int(at):010d}.tunesmith"
        with atomic_stream(file, "writing the curves") as stream:
            stream.write(record(_double(1, at) + _text(3, "brain.Event:2")))
            for tag, points in (("loss/train", row.losses), ("loss/holdout", row.holdout)):
                for step, value in points:
                    stream.write(record(_scalar(at, step, tag, value)))
        written.append(file)
    return written


def record(message: bytes) -> bytes:
    """One TFRecord."""
    length = struct.pack("<Q", len(message))
    return length + struct.pack("<I", _masked(length)) + message + struct.pack("<I", _masked(message))


def _masked(content: bytes) -> int:
    crc = crc32c(content)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def crc32c(content: bytes) -> int:
    """CRC-32C (Castagnoli, RFC 3720), as TFRecord asks for."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = crc >> 8 ^ _table()[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    def entry(value: int) -> int:
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        return value

    return tuple(entry(value) for value in range(256))


def _scalar(at: float, step: int, tag: str, value: float) -> bytes:
    """An `Event` with one `Summary.Value`: wall time 1, step 2, summary 5 holding tag 1 and simple value 2."""
    inner = _text(1, tag) + bytes([2 << 3 | 5]) + struct.pack("<f", value)
    return _double(1, at) + bytes([2 << 3]) + _varint(step) + _nested(5, _nested(1, inner))


def _double(field: int, value: float) -> bytes:
    return bytes([field << 3 | 1]) + struct.pack("<d", value)


def _text(field: int, text: str) -> bytes:
    return _nested(field, text.encode())


def _nested(field: int, content: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts: list[int] = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def read_records(content: bytes) -> Iterable[bytes]:
    """The messages of a TFRecord file; raises ValueError where a checksum is wrong."""
    at = 0
    while at < len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        message = content[at + 12 : at + 12 + length]
        (of_length,) = struct.unpack_from("<I", content, at + 8)
        (of_message,) = struct.unpack_from("<I", content, at + 12 + length)
        if of_length != _masked(content[at : at + 8]) or of_message != _masked(message):
            raise ValueError("a checksum is wrong")
        yield message
        at += 16 + length
