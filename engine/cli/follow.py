"""Watching a job from the command line: progress lines, Ctrl-C, and how it ended.

The watcher only reads. With a terminal the status is one line that changes in place; without one it is a line
every few seconds, so that a log stays readable.
"""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from shutil import get_terminal_size
from types import FrameType, TracebackType
from typing import Any, Literal

from engine.cli.lines import event_line, status_line
from engine.cli.out import Out
from engine.cli.signals import ENDING
from engine.errors import JobFailedError, RefusedError, StoppedError, TunesmithError, UsageError
from engine.jobs.control import request_stop
from engine.jobs.events import FailedEvent, KnownEvent, StoppedEvent, UnknownEvent
from engine.jobs.folder import JobFolder
from engine.jobs.launch import launch
from engine.jobs.process import is_alive
from engine.jobs.reader import EventTail
from engine.jobs.state import Snapshot, fold

_POLL_S = 0.1
_LINE_EVERY_S = 5.0
_ERRORS: dict[int, type[TunesmithError]] = {2: UsageError, 3: RefusedError, 4: StoppedError}


class LeftRunning(StoppedError):
    """The watcher was asked to go while the job goes on. Not a failure of the job."""

    code = "left_running"


def run_job(
    root: Path, kind: str, spec: dict[str, Any], out: Out, *, force: bool = False, events: bool = False
) -> dict[str, Any]:
    """Launch a job, watch it, and return what it found.

    Raises:
        TunesmithError: It could not start, failed, died or was stopped.
    """
    return follow(launch(root, kind, spec, force=force), out, events=events)


def follow(
    folder: JobFolder, out: Out, *, on_interrupt: Literal["stop", "leave"] = "stop", events: bool = False
) -> dict[str, Any]:
    """Watch a job to its end.

    Args:
        folder: The job.
        out: Where the lines go.
        on_interrupt: What Ctrl-C does: ask the job to save and stop, or only stop watching.
        events: With `--json`, print every event on stdout as it comes.

    Returns:
        The further fields of its `finished` event.

    Raises:
        LeftRunning: Ctrl-C, and the job goes on.
        StoppedError: It was stopped.
        TunesmithError: It failed; same code, words and exit code as the job's own error.
        JobFailedError: It died without a word; has the end of its log.
    """
    screen = _Screen(out)
    tail, snapshot = EventTail(folder.events_file), Snapshot()
    with _Interrupts() as interrupts:
        while True:
            # The process is looked at before the events: an end event written in between is then still seen.
            alive = is_alive(folder.read())
            fresh = tail.read()
            snapshot = fold(snapshot, fresh)
            _show(fresh, snapshot, screen, out if events else None)
            if snapshot.end is not None:
                screen.clear()
                return _outcome(snapshot, folder)
            if alive is False:
                screen.clear()
                raise died(folder, snapshot)
            if interrupts.ended or (on_interrupt == "leave" and not out.heard):
                raise _left(folder, stopping=False)
            if interrupts.take():
                screen.clear()
                if on_interrupt == "leave" or interrupts.count > 1:
                    raise _left(folder, stopping=on_interrupt == "stop")
                request_stop(folder, "Ctrl-C")
                out.say("Asked it to save and stop. Ctrl-C again leaves it to do that in the background.")
            time.sleep(_POLL_S)


def _show(fresh: list[KnownEvent | UnknownEvent], snapshot: Snapshot, screen: _Screen, raw: Out | None) -> None:
    for event in fresh:
        if raw is not None:
            raw.line(event.model_dump_json(exclude_none=True))
        if (line := event_line(event)) is not None:
            screen.line(line)
    if fresh:
        screen.status(status_line(snapshot))


def _outcome(snapshot: Snapshot, folder: JobFolder) -> dict[str, Any]:
    match snapshot.end:
        case StoppedEvent() as end:
            how = " It had to be ended by force." if end.forced else ""
            raise StoppedError(
                f"Stopped by {end.by}.{how}", "What was done until then is kept.", _resume(folder, snapshot)
            )
        case FailedEvent() as end:
            raise error_of(end)
    return snapshot.result


def _resume(folder: JobFolder, snapshot: Snapshot) -> str:
    """How a training run that saved a checkpoint goes on; empty for everything else."""
    record = folder.read()
    if record.kind != "train" or snapshot.checkpoint is None:
        return ""
    return f"Go on from step {snapshot.checkpoint.step:,}: tunesmith train {record.project} --resume"


def error_of(event: FailedEvent) -> TunesmithError:
    """The error a job ended with, with the exit code it had there."""
    kind = _ERRORS.get(event.exit_code, JobFailedError)
    return kind(event.title, event.what, event.hint, code=event.code)


def died(folder: JobFolder, snapshot: Snapshot) -> JobFailedError:
    """The message for a job whose process is gone without an end event."""
    tail = "\n".join(folder.log_tail(12))
    hint = f"The whole log: {folder.log_file}. If the machine ran out of memory, lower recipe.max_length."
    return JobFailedError(
        "The job died without a word.",
        f"Its process was killed or crashed. The end of its log:\n{tail}" if tail else "Its log is empty.",
        "\n".join(part for part in (hint, _resume(folder, snapshot)) if part),
        code="died",
    )


def _left(folder: JobFolder, *, stopping: bool) -> LeftRunning:
    if stopping:
        return LeftRunning(
            "Left it to save and stop in the background.",
            f"The job is {folder.id}.",
            f"See how it ends: tunesmith attach {folder.id}",
        )
    return LeftRunning(
        "Stopped watching. The job goes on in the background.",
        f"The job is {folder.id}.",
        f"Watch it again: tunesmith attach {folder.id}\nStop it:        tunesmith stop {folder.id}",
    )


class _Interrupts:
    """Notes Ctrl-C, and the signals that end a command, instead of raising in the middle of something.

    A signal that is ignored stays so: a shell's background job must not hear the Ctrl-C of another.
    """

    def __init__(self) -> None:
        self.count = 0
        self.ended = False
        self._taken = 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> _Interrupts:
        for number in (signal.SIGINT, *ENDING):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def take(self) -> bool:
        """Whether there was another Ctrl-C since the last call."""
        new = self.count > self._taken
        self._taken = self.count
        return new

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            self.count += 1
        else:
            self.ended = True


@dataclass
class _Screen:
    """One line that changes in place on a terminal; a line now and then elsewhere."""

    out: Out
    _shown: str = ""
    _shown_line: str = ""
    _last: float = field(default_factory=time.monotonic)

    def line(self, text: str) -> None:
        self.clear()
        self.out.say(text)
        self._last = time.monotonic()

    def status(self, text: str) -> None:
        if self.out.prose.isatty():
            shown = text[: get_terminal_size().columns - 1]
            if shown != self._shown:
                self.out.put(f"\r\x1b[K{shown}")
                self._shown = shown
        elif text and text != self._shown_line and time.monotonic() - self._last >= _LINE_EVERY_S:
            self.line(text)
            self._shown_line = text

    def clear(self) -> None:
        if self._shown:
            self.out.put("\r\x1b[K")
            self._shown = ""
