"""Files that are surely not a dataset, known by their first bytes, and what to do with each."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Known:
    """A kind of file: its name with article, and what to do instead."""

    name: str
    hint: str


_SHEET = "Open it and save the sheet as CSV (UTF-8), then choose that file."
_UNPACK = "Unpack it first, then choose the dataset inside."
_DOCUMENT = "Save the text as .txt, or put your chats into JSONL or CSV."
_OTHER = "Choose a .jsonl, .json, .csv, .parquet or .txt file."

_MARKS: tuple[tuple[bytes, Known], ...] = (
    (b"\x1f\x8b", Known("a gzip archive", "Unpack it first: gunzip FILE.")),
    (b"BZh", Known("a bzip2 archive", "Unpack it first: bunzip2 FILE.")),
    (b"\xfd7zXZ\x00", Known("an xz archive", "Unpack it first: unxz FILE.")),
    (b"\x28\xb5\x2f\xfd", Known("a zstd archive", "Unpack it first: unzstd FILE.")),
    (b"7z\xbc\xaf\x27\x1c", Known("a 7-Zip archive", _UNPACK)),
    (b"Rar!\x1a\x07", Known("a RAR archive", _UNPACK)),
    (b"\xd0\xcf\x11\xe0", Known("an old Microsoft Office file", _SHEET)),
    (b"%PDF", Known("a PDF", _DOCUMENT)),
    (b"SQLite format 3\x00", Known("an SQLite database", "Export the table as CSV or JSONL.")),
    (b"ARROW1", Known("an Arrow file", "Save it as Parquet: datasets' to_parquet, or pandas' to_parquet.")),
    (b"GGUF", Known("a model (GGUF)", "Models are chosen in the step before; here comes the data.")),
    (b"\x89PNG", Known("a picture", _OTHER)),
    (b"\xff\xd8\xff", Known("a picture", _OTHER)),
    (b"GIF8", Known("a picture", _OTHER)),
    (b"\x7fELF", Known("a program", _OTHER)),
    (b"ID3", Known("a sound file", _OTHER)),
    (b"OggS", Known("a sound file", _OTHER)),
    (b"Obj\x01", Known("an Avro file", "Export the data as JSONL, CSV or Parquet.")),
)


def known_binary(path: Path, block: bytes) -> Known | None:
    """Name a file that is no dataset; None when its first bytes say nothing.

    Args:
        path: The file; looked into only when it is a zip archive.
        block: Its first bytes, at least 512 of them where there are as many.
    """
    if block.startswith(b"PK\x03\x04"):
        return _zip(path)
    if block[4:8] == b"ftyp":
        return Known("a film", _OTHER)
    if block[257:262] == b"ustar":
        return Known("a tar archive", _UNPACK)
    return next((known for mark, known in _MARKS if block.startswith(mark)), None)


def _zip(path: Path) -> Known:
    """Office files are zip archives too; the names inside tell which."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:200]
    except (OSError, zipfile.BadZipFile):
        return Known("a damaged zip archive", "Copy or download it again, then unpack it.")
    if any(name.startswith("xl/") for name in names):
        return Known("an Excel file", _SHEET)
    if any(name.startswith("word/") for name in names):
        return Known("a Word file", _DOCUMENT)
    if "mimetype" in names and "content.xml" in names:
        return Known("a LibreOffice file", _SHEET)
    if any(name.endswith("data.pkl") for name in names):
        return Known("a pickled model", "Models are chosen in the step before; here comes the data.")
    return Known("a zip archive", _UNPACK)
