"""Packing an adapter into one file, and unpacking it again: a tar, locked with a passphrase or plain."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from engine.errors import UsageError, from_os_error
from engine.files import atomic_stream, make_private_folder, sync_folder
from engine.ship.adapter import CONFIG, shipped_files
from engine.ship.locked import LockedReader, LockedWriter

_MEMBER = re.compile(r"adapter/[\w.+-]+")
_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Packed:
    """A package that is written but not yet there.

    Args:
        bytes: Its size.
        sha256: Of the whole package.
        contents: Of the adapter's own files in it, by name.
    """

    bytes: int
    sha256: str
    contents: dict[str, str]


class _Hashed:
    """A file that is read once, and hashed as it is read: what is packed, not what lies there before or after."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._hash = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(size)
        self._hash.update(content)
        return content

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def pack(
    target: Path,
    adapter: Path,
    card: str,
    config: dict[str, Any],
    passphrase: str | None,
    on_progress: Callable[[int, int], None],
    texts: Mapping[str, bytes] | None = None,
    release: Callable[[Packed], None] | None = None,
) -> None:
    """Write the package, whole or not at all.

    Args:
        target: The file to make.
        adapter: The folder of the adapter.
        card: Text of README.md.
        config: The adapter's settings, as they may leave this machine.
        passphrase: None: the package is not locked.
        on_progress: Called with (bytes packed, bytes in all).
        texts: Licences and notices that go along, by file name.
        release: Called when all is written, before the package appears under its name; what it raises keeps it from
            appearing.

    Raises:
        DiskFullError, ProjectError: The target cannot be written; an older package stays as it was.
    """
    made = {**(texts or {}), "README.md": card.encode(), CONFIG: json.dumps(config, indent=2).encode()}
    files = [path for path in shipped_files(adapter) if path.name not in made]
    total = sum(path.stat().st_size for path in files) + sum(map(len, made.values()))
    with atomic_stream(target, "packing the adapter") as stream:
        if passphrase is None:
            hashes = _write_tar(cast("IO[bytes]", stream), made, files, total, on_progress)
        else:
            with LockedWriter(stream, passphrase) as locked:
                hashes = _write_tar(cast("IO[bytes]", locked), made, files, total, on_progress)
        if release is not None:
            stream.flush()
            release(Packed(stream.tell(), _hash_of(stream.fileno()), hashes))


def decrypt(file: Path, passphrase: str, out_dir: Path) -> list[Path]:
    """Unlock and unpack a package into a new folder. Nothing appears there unless all of it is authentic.

    Args:
        file: A .tsmith file.
        passphrase: The one it was locked with.
        out_dir: The folder to make; must not exist, or be empty.

    Returns:
        The files that were written.

    Raises:
        UsageError: `missing_file`, `not_locked`, `wrong_passphrase`, `changed`, `not_empty`, `unsafe`.
        DiskFullError, ProjectError: It cannot be written.
    """
    if out_dir.exists() and (not out_dir.is_dir() or any(out_dir.iterdir())):
        raise UsageError("The folder is not empty.", str(out_dir), "Choose a new folder.", code="not_empty")
    out_dir, temporary = out_dir.absolute(), Path()
    try:
        with file.open("rb") as source:
            reader = LockedReader(source, passphrase, file.name)
            make_private_folder(out_dir.parent)
            temporary = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}.", dir=out_dir.parent))
            names = _read_tar(reader, temporary, file.name)
            reader.finish()
        os.replace(temporary, out_dir)
        sync_folder(out_dir.parent)
    except OSError as error:
        raise from_os_error(error, "unpacking the adapter") from error
    finally:
        if temporary.name and temporary.exists():
            shutil.rmtree(temporary)
    return [out_dir / name for name in names]


def _write_tar(
    stream: IO[bytes], made: dict[str, bytes], files: list[Path], total: int, on_progress: Callable[[int, int], None]
) -> dict[str, str]:
    done, hashes = 0, {}
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for name, content in made.items():
            tar.addfile(_entry(name, len(content)), io.BytesIO(content))
            done += len(content)
            on_progress(done, total)
        for path in files:
            with path.open("rb") as content_of:
                size = os.fstat(content_of.fileno()).st_size
                hashed = _Hashed(content_of)
                tar.addfile(_entry(path.name, size), cast("IO[bytes]", hashed))
            hashes[path.name] = hashed.sha256
            done += size
            on_progress(done, total)
    return hashes


def _hash_of(descriptor: int) -> str:
    """Of all that was written to a file that is open for writing and reading."""
    found, place = hashlib.sha256(), 0
    while block := os.pread(descriptor, _BLOCK, place):
        found.update(block)
        place += len(block)
    return found.hexdigest()


def _entry(name: str, size: int) -> tarfile.TarInfo:
    """A member that says nothing of this machine: no owner, no time."""
    entry = tarfile.TarInfo(f"adapter/{name}")
    entry.size, entry.mode = size, 0o600
    return entry


def _read_tar(reader: LockedReader, folder: Path, name: str) -> list[str]:
    """Plain files of one folder only, created new: what else a tar can hold is refused."""
    names = []
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", reader), mode="r|") as tar:
            for member in tar:
                if not member.isreg() or not _MEMBER.fullmatch(member.name):
                    raise UsageError(
                        "The package holds something it should not.",
                        f"{name}: `{member.name}` is not a plain file of an adapter.",
                        "Do not use it; ask whoever made it.",
                        code="unsafe",
                    )
                content = tar.extractfile(member)
                inner = member.name.partition("/")[2]
                with (folder / inner).open("xb") as target:
                    shutil.copyfileobj(cast("IO[bytes]", content), target, _BLOCK)
                names.append(inner)
    except (tarfile.TarError, FileExistsError) as error:
        hint = "Copy or download it again."
        raise UsageError("The package is damaged.", f"{name}: {error}", hint, code="changed") from error
    return names
