"""Getting a hub model onto this machine: only what is needed, pinned to a commit, resumed where it broke off.

Files are written to `NAME-COMMIT.part/` and the folder gets its name when all of them are there and their hashes are
right, so a folder with the final name is always whole. huggingface_hub gives the session, the addresses and the
errors; the partial files are ours, because its own download begins a file anew after the process ended and loses up
to 10 MB with every cut.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from engine.errors import BusyError, DiskFullError, ModelError, StoppedError, from_os_error
from engine.files import make_private_folder, sync_folder
from engine.machine import models_folder
from engine.models.hub import HubFile, HubModel, endpoint, explain
from engine.models.safetensors_header import INDEX

Progress = Callable[[int, int], None]
"""Called with (bytes there, bytes wanted)."""

_AT_ONCE = 4
_TRIES = 5
_PAUSE_S = 1.0
_TIMEOUT_S = 30.0
"""Without a byte for so long, a connection counts as broken."""
_SPARE_BYTES = 256 * 1024 * 1024
"""Left free on the disk, so that a download does not take the last of it."""


def folder_of(model: HubModel) -> Path:
    """Where this commit of the model lies, or will lie."""
    return models_folder() / f"{model.repo.replace('/', '--')}-{model.commit[:12]}"


def download(model: HubModel, on_progress: Progress, stop: threading.Event) -> Path:
    """Bring the model here and return its folder. What is there already is not fetched again.

    Args:
        model: From `hub.look_up`.
        on_progress: Called often, from several threads.
        stop: When set, the download ends soon; what was fetched stays for the next time.

    Raises:
        ModelError: `gated`, `no_network`, `hub`, `damaged`, `missing_shard`.
        DiskFullError: Not enough room, found before the first byte where the sizes are known.
        BusyError: Another process downloads the same model.
        StoppedError: `stop` was set.
    """
    final = folder_of(model)
    if final.is_dir():
        return final
    part = final.with_name(final.name + ".part")
    try:
        make_private_folder(part)
        with _locked(part):
            _Download(model, part, on_progress, stop).run()
            (part / ".lock").unlink()
            os.replace(part, final)
            sync_folder(final.parent)
    except OSError as error:
        raise from_os_error(error, "downloading the model") from error
    return final


class _Download:
    """One download under way: counts bytes over all files."""

    def __init__(self, model: HubModel, part: Path, on_progress: Progress, stop: threading.Event) -> None:
        self.model = model
        self.part = part
        self.on_progress = on_progress
        self.stop = stop
        self.halt = threading.Event()
        self.there: dict[str, int] = {}
        self.total = 0
        self.lock = threading.Lock()

    def run(self) -> None:
        # The settings first: they are small, they tell at once that a repo is gated, and the index names the shards.
        self._take(self.model.small, self.model.small + self.model.safetensors[:1])
        index = self.part / INDEX
        weights = self.model.weights(_shards(index) if index.is_file() else None)
        self._take(weights, self.model.small + weights)

    def _take(self, files: tuple[HubFile, ...], needed: tuple[HubFile, ...]) -> None:
        self.total = sum(file.size for file in needed)
        self._check_room(needed)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            tasks = [pool.submit(self._take_one, file) for file in files]
            try:
                for task in tasks:
                    task.result()
            except BaseException:
                self.halt.set()
                raise

    def _check_room(self, needed: tuple[HubFile, ...]) -> None:
        missing = sum(max(0, file.size - _size_of(self.part, file)) for file in needed)
        free = shutil.disk_usage(self.part).free
        if missing and missing + _SPARE_BYTES > free:
            raise DiskFullError(
                "There is not enough room for this model.",
                f"{missing:,} bytes are still to come and {free:,} are free where {self.part.parent} lies.",
                "Free some space, or set TUNESMITH_MODELS to a folder on a larger disk, and try again.",
            )

    def _take_one(self, file: HubFile) -> None:
        target = self.part / file.name
        if not target.exists():
            partial = target.with_name(target.name + ".partial")
            self._transfer(file, partial)
            _check_hash(file, partial)
            os.replace(partial, target)
        self._report(file.name, file.size)

    def _transfer(self, file: HubFile, partial: Path) -> None:
        """Append to `partial` until it has all bytes. Gives up after some tries that bring nothing new."""
        from httpx2 import TransportError

        tries = _TRIES
        with partial.open("ab") as stream:
            while (had := stream.tell()) != file.size:
                self._check_stop()
                try:
                    self._receive(file, stream, had)
                    if stream.tell() == had:
                        raise _not_as_announced(file)
                except TransportError as error:
                    tries = _TRIES if stream.tell() > had else tries - 1
                    if tries <= 0:
                        raise explain(error, self.model.repo) from error
                    self.stop.wait(_PAUSE_S)
                except OSError as error:
                    # The hub's own errors are OSErrors without a number; those of the disk have one.
                    raise error if error.errno else explain(error, self.model.repo) from error
            stream.flush()
            os.fsync(stream.fileno())

    def _receive(self, file: HubFile, stream: IO[bytes], had: int) -> None:
        from huggingface_hub import get_session, hf_hub_url
        from huggingface_hub.utils._headers import build_hf_headers
        from huggingface_hub.utils._http import hf_raise_for_status

        url = hf_hub_url(self.model.repo, file.name, revision=self.model.commit, endpoint=endpoint())
        headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
        if 0 < had < file.size:
            headers["Range"] = f"bytes={had}-"
        with get_session().stream("GET", url, headers=headers, timeout=_TIMEOUT_S) as response:
            if response.is_error:
                response.read()
            hf_raise_for_status(response)
            if response.status_code != 206:
                stream.truncate(0)
            for chunk in response.iter_bytes():
                stream.write(chunk)
                self._report(file.name, stream.tell())
        if stream.tell() > file.size:
            raise _not_as_announced(file)

    def _report(self, name: str, at: int) -> None:
        self._check_stop()
        with self.lock:
            self.there[name] = at
            self.on_progress(sum(self.there.values()), self.total)

    def _check_stop(self) -> None:
        if self.stop.is_set() or self.halt.is_set():
            raise StoppedError("Stopped.", "What was downloaded is kept.", "Start it again to go on.")


@contextmanager
def _locked(part: Path) -> Iterator[None]:
    with (part / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "Wait for it, then choose the model again."
            raise BusyError("This model is being downloaded already.", str(part), hint) from error
        yield


def _shards(index: Path) -> list[str]:
    try:
        return sorted({str(name) for name in json.loads(index.read_bytes())["weight_map"].values()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "Choose another model or revision."
        raise ModelError("The model's index of weights is damaged.", str(index), hint, code="damaged") from error


def _size_of(part: Path, file: HubFile) -> int:
    for name in (file.name, file.name + ".partial"):
        if (part / name).exists():
            return (part / name).stat().st_size
    return 0


def _check_hash(file: HubFile, partial: Path) -> None:
    """Compare with the hash the hub gave. A wrong file is removed, so that the next try begins anew."""
    with partial.open("rb") as stream:
        if file.sha256:
            right = hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
        elif file.git_sha1:
            start = hashlib.sha1(b"blob %d\0" % partial.stat().st_size, usedforsecurity=False)
            start.update(stream.read())
            right = start.hexdigest() == file.git_sha1
        else:
            right = partial.stat().st_size == file.size
    if not right:
        partial.unlink()
        raise _not_as_announced(file)


def _not_as_announced(file: HubFile) -> ModelError:
    return ModelError(
        "A downloaded file is damaged.",
        f"{file.name} is not what the hub announced (its size or hash differs).",
        "Start the download again; only this file is fetched anew.",
        code="damaged",
    )
