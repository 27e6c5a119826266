"""What a dataset file is: its format, encoding and layout, told from its first block, before anything is loaded.

Everything that makes a whole file unusable is said here, with one message: missing, a folder, not readable, empty,
a spreadsheet or an archive, an image, plain garbage, a foreign encoding.
"""

from __future__ import annotations

import codecs
import csv
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.data.magic import known_binary
from engine.errors import DataError
from engine.spec import DataFormat

FormatName = Literal["jsonl", "json", "csv", "parquet", "txt"]

BLOCK_BYTES = 256 * 1024
"""How much of the file is looked at to tell what it is."""
_PARAGRAPH_SEARCH_BYTES = 64 * 1024 * 1024
_BY_EXTENSION: dict[str, FormatName] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonlines": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".txt": "txt",
    ".text": "txt",
    ".md": "txt",
}
EXTENSIONS = frozenset(_BY_EXTENSION)
"""How the names of datasets end."""
_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LIST_BEGINS = re.compile(r"\[\s*(?:[\[{\"\]]|$)")
_CONTROL_SHARE = 0.02
"""Random bytes hold 11 % control characters, text practically none."""


@dataclass(frozen=True)
class Format:
    """How to read a dataset file, and how to write one like it.

    Args:
        format: Its name.
        encoding: A Python codec; "utf-8-sig" and `bom` say that there is a byte order mark. Empty for Parquet.
        delimiter: Between the cells of a CSV file.
        unit: Of a text file: rows are its "paragraphs" or its "lines".
        bom: Whether the file begins with a byte order mark.
        newline: How its lines end.
        source: The file; a Parquet file written like it gets its column types.
        reason: Why it was taken for this, for the person.
    """

    format: FormatName
    encoding: str = "utf-8"
    delimiter: str = ","
    unit: Literal["", "paragraphs", "lines"] = ""
    bom: bool = False
    newline: str = "\n"
    source: Path | None = None
    reason: str = ""


def detect_format(path: Path | str, declared: DataFormat = "auto") -> Format:
    """Tell what a dataset file is.

    Args:
        path: The file.
        declared: What the creator said it is; "auto" to look.

    Raises:
        DataError: The file cannot be used at all.
    """
    path = Path(path).expanduser()
    block = _first_block(path)
    if block.startswith(b"PAR1"):
        if declared not in ("auto", "parquet"):
            raise _mismatch(path, declared, "a Parquet file")
        return Format("parquet", "", source=path, reason="it begins like a Parquet file")
    if known := known_binary(path, block):
        raise DataError(f"This is {known.name}, not a dataset.", str(path), known.hint, code="wrong_file")
    if declared == "parquet" or (declared == "auto" and _BY_EXTENSION.get(path.suffix.lower()) == "parquet"):
        raise DataError(
            "This Parquet file is damaged.",
            f"{path} does not begin with the mark of a Parquet file (PAR1).",
            "Copy or download it again.",
            code="damaged",
        )
    encoding, bom = _encoding(path, block)
    text = _decode_block(path, block, encoding)
    newline = "\r\n" if "\r\n" in text else "\n"
    name, reason = (declared, "you said so") if declared != "auto" else _by_content(path, text)
    delimiter = _delimiter(text) if name == "csv" else ","
    unit: Literal["", "paragraphs", "lines"] = ""
    if name == "txt":
        unit = "paragraphs" if _has_paragraphs(path, encoding) else "lines"
    return Format(name, encoding, delimiter, unit, bom, newline, path, reason)


def _first_block(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(
            "The dataset is not there.", f"{path} does not exist.", "Check the path.", code="missing_file"
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    if stat.S_ISDIR(mode):
        raise DataError(
            "This is a folder, not a dataset.",
            str(path),
            "Choose one file inside it: .jsonl, .json, .csv, .parquet or .txt.",
            code="folder",
        )
    if not stat.S_ISREG(mode):
        raise DataError("This is not an ordinary file.", str(path), "Save the data to a file first.", code="no_file")
    try:
        with path.open("rb") as stream:
            block = stream.read(BLOCK_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from error
    if not block.strip(b" \t\r\n\x0b\x0c\xef\xbb\xbf\xff\xfe"):
        size = os.path.getsize(path)
        if size <= BLOCK_BYTES:
            raise empty_file(path, size)
    return block


def empty_file(path: Path, size: int | None = None) -> DataError:
    """The error for a dataset without a row."""
    what = f"{path} is empty (0 bytes)." if size == 0 else f"{path} holds no row."
    return DataError("The dataset has no rows.", what, "Choose the file your chats were exported to.", code="no_rows")


def _unreadable(path: Path, error: OSError) -> DataError:
    hint = "Allow yourself to read it: chmod u+r FILE." if isinstance(error, PermissionError) else "Check the disk."
    return DataError("The dataset cannot be read.", f"{path}: {error.strerror or error}.", hint, code="unreadable")


def _mismatch(path: Path, declared: str, found: str) -> DataError:
    return DataError(
        f"The file is not {declared}.", f"{path} is {found}.", "Set data.format to auto.", code="wrong_format"
    )


def _encoding(path: Path, block: bytes) -> tuple[str, bool]:
    """The codec of a text file, and whether it begins with a byte order mark.

    Raises:
        DataError: It is no text.
    """
    for mark, codec in _BOMS:
        if block.startswith(mark):
            return codec, True
    if guess := _utf16_without_mark(block):
        return guess, False
    controls = len(_CONTROL.findall(block))
    if controls > _CONTROL_SHARE * len(block) and not _mostly_clean(block):
        first = _CONTROL.search(block)
        offset = first.start() if first else 0
        line = block.count(b"\n", 0, offset) + 1
        raise DataError(
            "This file is not text.",
            f"{path}:{line}: byte 0x{block[offset]:02X} at position {offset} is no character; "
            f"{controls} of the first {len(block)} bytes are like that.",
            "Export the data again as JSONL, CSV, Parquet or plain text.",
            code="not_text",
        )
    return "utf-8", False


def _mostly_clean(block: bytes) -> bool:
    """Whether most lines hold no control character: then a damaged stretch costs its rows, not the file."""
    lines = [line for line in block.split(b"\n") if line.strip()]
    return sum(not _CONTROL.search(line) for line in lines) > 0.5 * len(lines)


def _utf16_without_mark(block: bytes) -> str:
    """UTF-16 text in a Latin script has a zero in every other byte, and none in the rest."""
    even, odd = block[0::2], block[1::2]
    for zeros, others, codec in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if len(zeros) >= 2 and zeros.count(0) > 0.6 * len(zeros) and others.count(0) < 0.02 * len(others):
            return codec
    return ""


def _decode_block(path: Path, block: bytes, encoding: str) -> str:
    """The first block as text.

    Raises:
        DataError: More of its lines than a few are not in that encoding: the file is in another one.
    """
    text = codecs.getincrementaldecoder(encoding)("surrogateescape" if "8" in encoding else "replace").decode(block)
    lines = text.split("\n")
    wrong = [number for number, line in enumerate(lines, start=1) if first_undecodable(line) is not None]
    told = sum(1 for line in lines if line.strip())
    if len(wrong) > max(3, 0.1 * len(lines)) or (len(wrong) > 1 and 2 * len(wrong) > told):
        raise foreign_encoding(path, wrong[0], lines[wrong[0] - 1], len(wrong))
    return text


def first_undecodable(line: str) -> tuple[int, int] | None:
    """(0-based column, byte) of the first byte that is not UTF-8 in a line decoded with `surrogateescape`."""
    if line.isascii():
        return None
    found = re.search("[\udc80-\udcff]", line)
    return (found.start(), ord(found.group()) - 0xDC00) if found else None


def foreign_encoding(path: Path, line_number: int, line: str, count: int) -> DataError:
    """The error for a file in an encoding we cannot know."""
    column, byte = first_undecodable(line) or (0, 0)
    meant = bytes([byte]).decode("cp1252", "replace")
    guess = f"; in Windows-1252 it would be `{meant}`" if meant.isprintable() and meant != "\ufffd" else ""
    return DataError(
        "The file is not UTF-8 text.",
        f"{path}:{line_number}: byte 0x{byte:02X} at column {column + 1} is not UTF-8{guess}. "
        f"{count} {'line is' if count == 1 else 'lines are'} like that.",
        "Convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW (or whatever encoding it was saved in).",
        code="encoding",
    )


def _by_content(path: Path, text: str) -> tuple[FormatName, str]:
    extension = path.suffix.lower()
    named = _BY_EXTENSION.get(extension)
    head = text.lstrip("\ufeff \t\r\n\0")
    if named in ("csv", "txt"):
        return named, f"its name ends in {extension}"
    if _LIST_BEGINS.match(head) and not (named == "jsonl" and _is_whole_list(head)):
        return "json", "it begins with a list"
    if head.startswith("{"):
        second = head.partition("\n")[2].lstrip()
        if named == "jsonl" or second.startswith("{") or _is_whole_object(head.partition("\n")[0]):
            if named == "json" and not second.strip():
                return "json", f"its name ends in {extension}"
            return "jsonl", "every line begins an object" if named != "jsonl" else f"its name ends in {extension}"
        return "json", "it begins with an object that spans lines"
    if named:
        return named, f"its name ends in {extension}"
    return ("csv", "its lines have cells") if _looks_tabular(text) else ("txt", "it is plain text")


def _is_whole_object(line: str) -> bool:
    return line.rstrip().endswith("}") and line.count("{") == line.count("}")


def _is_whole_list(head: str) -> bool:
    """Whether the first line is a list that is closed, and other lines follow."""
    line, _, rest = head.partition("\n")
    return line.rstrip().endswith("]") and line.count("[") == line.count("]") and bool(rest.strip())


def _looks_tabular(text: str) -> bool:
    lines = [line for line in text.splitlines()[:6] if line.strip()]
    return len(lines) >= 2 and any(
        lines[0].count(mark) >= 1 and all(line.count(mark) == lines[0].count(mark) for line in lines[:5])
        for mark in "\t;,"
    )


def _delimiter(text: str) -> str:
    """The mark that splits the header and the first rows into most cells, the same number in each."""
    sample = text.lstrip("\ufeff").splitlines(keepends=True)[:200]
    best, best_score = ",", (0.0, 0)
    for mark in (",", ";", "\t", "|"):
        try:
            rows = [row for row in csv.reader(sample, delimiter=mark) if row][:30]
        except csv.Error:
            continue
        if not rows or len(rows[0]) < 2:
            continue
        alike = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        if (alike, len(rows[0])) > best_score:
            best, best_score = mark, (alike, len(rows[0]))
    return best


def _has_paragraphs(path: Path, encoding: str) -> bool:
    """Whether a blank line stands between two pieces of text within the first 64 MB."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    between = re.compile(r"\n[^\S\n]*\n\s*(?=\S)")
    carried, done = "", 0
    with path.open("rb") as stream:
        while done < _PARAGRAPH_SEARCH_BYTES and (block := stream.read(1 << 20)):
            done += len(block)
            text = carried + decoder.decode(block)
            if any(text[: found.start()].strip() for found in between.finditer(text)):
                return True
            # Blank lines at the end of a block may have their second neighbour in the next one.
            carried = text[len(text.rstrip()) - 1 :][-4096:] if text.strip() else ""
    return False
