"""Further processes that look for personal data beside the scan's own: one for each further core.

Each helper is `python -m engine.privacy.helper`: it reads texts as JSON lines on its standard input and answers with
findings. It ends when its input ends, and the kernel kills it when the scan dies, so a `kill -9` leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import Empty, SimpleQueue
from typing import IO, Any, cast

import psutil

from engine.errors import JobFailedError, SpecError, TunesmithError, UsageError
from engine.privacy.hits import Hit
from engine.privacy.profiles import Profile
from engine.spec import OwnSpec

PROMISE = 1_500 * 2**20
"""What all processes of a scan take together at most, however many cores there are."""
MEMORY = "TUNESMITH_SCAN_MEMORY_GB"
"""The creator's word for more (or less) than that: a number of gigabytes."""
BYTES_OF_PROCESS = {"md": 400 * 2**20, "none": 270 * 2**20}
"""Resident memory of one process, with a margin: 325 MB measured with the names pipeline (354 MB at its peak, in a text
of many windows), 215 MB without."""
_HELPERS_AT_MOST = 63
_PIECE, _LEAST_PIECE = 48, 8
"""Texts that a process takes at a time: fewer towards the end, so that all end at about the same moment."""
_WINDOWS = 4
"""Windows of a long text that it takes at a time."""

Detect = Callable[[Sequence[str]], list[list[Hit]]]


def helpers_for(profile: Profile) -> int:
    """How many helpers this machine has room for: one for each further core, while the memory lasts.

    All processes together keep to `PROMISE`, and the helpers to half of what is free.

    Raises:
        UsageError: The setting is no number.
    """
    cores = len(os.sched_getaffinity(0))
    each = BYTES_OF_PROCESS[profile.spacy]
    room = psutil.virtual_memory().available // 2 // each
    promised = _promise() // each - 1
    return max(0, min(cores - 1, int(room), promised, _HELPERS_AT_MOST))


def _promise() -> int:
    told = os.environ.get(MEMORY)
    if not told:
        return PROMISE
    try:
        return int(float(told) * 2**30)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{MEMORY} is not a number.", f"It says {told!r}.", "Give gigabytes, such as 4, or unset it."
        ) from None


class Crew:
    """Helpers of a scan. They load in the background; until one is ready, the scan works alone.

    Args:
        profile: What they look for.
        own: The creator's own recognisers.
        count: How many helpers.
    """

    def __init__(self, profile: Profile, own: Sequence[OwnSpec], count: int) -> None:
        order = {"profile": profile.model_dump(mode="json"), "own": [one.model_dump(mode="json") for one in own]}
        self.helpers = [_Helper(json.dumps(order)) for _ in range(count)]
        self._threads = ThreadPoolExecutor(max_workers=max(1, count), thread_name_prefix="helper")
        self._loading = [self._threads.submit(helper.wait_until_ready) for helper in self.helpers]
        self._finalizer = weakref.finalize(self, _end, self.helpers, self._threads)

    def ready(self, wait: bool = False) -> list[_Helper]:
        """The helpers that have loaded.

        Raises:
            TunesmithError: A helper could not load.
        """
        for loading in self._loading:
            if wait or loading.done():
                loading.result()
        return [helper for helper, loading in zip(self.helpers, self._loading, strict=True) if loading.done()]

    def detect(
        self, texts: Sequence[str], alone: Detect, check_stop: Callable[[], None], *, windows: bool = False
    ) -> list[list[Hit]]:
        """The findings of each text, in order; `alone` is this process's share of the work.

        What is found in a text does not depend on who looks at it, nor on the texts beside it.

        Args:
            texts: Any number.
            alone: Does what a helper does.
            check_stop: Called now and then; may raise.
            windows: The texts are windows of a long one; what is found in them is not merged yet.
        """
        helpers = self.ready()
        size = _WINDOWS if windows else _PIECE
        if not helpers or len(texts) <= size:
            return alone(texts)
        # The longest first: a long piece that starts last would keep everybody waiting.
        order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
        pieces: SimpleQueue[list[int]] = SimpleQueue()
        for piece in _pieces(order, size, 1 if windows else _LEAST_PIECE, len(helpers) + 1):
            pieces.put(piece)
        found: dict[int, list[Hit]] = {}
        futures = [
            self._threads.submit(_share, pieces, texts, partial(helper.detect, windows=windows), found)
            for helper in helpers
        ]
        try:
            for piece in _left(pieces):
                check_stop()
                found.update(zip(piece, alone([texts[number] for number in piece]), strict=True))
            _await(futures, check_stop)
        except BaseException:
            self.close()
            raise
        return [found[number] for number in range(len(texts))]

    def close(self) -> None:
        """End all helpers now."""
        self._finalizer()


class _Helper:
    """One further process, and the pipe to it."""

    def __init__(self, order: str) -> None:
        command = [sys.executable, "-m", "engine.privacy.helper", str(os.getpid())]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True, encoding="ascii"
        )
        self._tell(order)

    def wait_until_ready(self) -> None:
        """Until the detectors are loaded.

        Raises:
            TunesmithError: They cannot be.
        """
        self._answer()

    def detect(self, texts: Sequence[str], *, windows: bool = False) -> list[list[Hit]]:
        """The findings of each text, or of each window of a long one."""
        self._tell(json.dumps({"windows": list(texts)} if windows else list(texts)))
        return [[Hit(*hit) for hit in hits] for hits in self._answer()]

    def _tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # The answer that does not come says so.
            pipe = cast(IO[str], self.process.stdin)
            pipe.write(line + "\n")
            pipe.flush()

    def _answer(self) -> Any:
        line = cast(IO[str], self.process.stdout).readline()
        if not line:
            raise JobFailedError(
                "A helper process of the scan died.",
                f"Process {self.process.pid} ended with {self.process.wait()}; often that means too little memory.",
                "Run the same step again: what was looked at is remembered.",
                code="helper_died",
            )
        answer = json.loads(line)
        if isinstance(answer, dict):
            kind = SpecError if answer["code"] == SpecError.code else TunesmithError
            raise kind(answer["title"], answer["what"], answer["hint"], code=answer["code"])
        return answer


def _share(pieces: SimpleQueue[list[int]], texts: Sequence[str], detect: Detect, found: dict[int, list[Hit]]) -> None:
    for piece in _left(pieces):
        found.update(zip(piece, detect([texts[number] for number in piece]), strict=True))


def _pieces(order: list[int], most: int, least: int, processes: int) -> Iterator[list[int]]:
    """Work in pieces of `most` down to `least`: half of what would be everybody's share of what is left."""
    start = 0
    while start < len(order):
        size = min(most, max(least, (len(order) - start) // (2 * processes)))
        yield order[start : start + size]
        start += size


def _left(pieces: SimpleQueue[list[int]]) -> Iterator[list[int]]:
    """What nobody has taken yet."""
    while True:
        try:
            piece = pieces.get_nowait()
        except Empty:
            return
        yield piece


def _await(futures: list[Future[None]], check_stop: Callable[[], None]) -> None:
    for future in futures:
        while True:
            check_stop()
            with contextlib.suppress(TimeoutError):
                future.result(timeout=0.2)
                break


def _end(helpers: list[_Helper], threads: ThreadPoolExecutor) -> None:
    for helper in helpers:
        helper.process.kill()
    for helper in helpers:
        helper.process.wait()
    threads.shutdown(wait=True)
    for helper in helpers:
        for pipe in (helper.process.stdin, helper.process.stdout):
            with contextlib.suppress(OSError):
                cast(IO[str], pipe).close()
