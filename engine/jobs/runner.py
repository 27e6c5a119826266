"""The child process of a job: `python -m engine.jobs.runner JOB_DIR`.

Says who it is, starts the heartbeat, does the work, and says how it ended. Whatever happens short of SIGKILL,
the last line of `events.jsonl` is an end event.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import logging
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from pathlib import Path
from types import FrameType
from typing import IO, Any

from engine.errors import (
    EXIT_DONE,
    EXIT_JOB_FAILED,
    EXIT_STOPPED,
    BusyError,
    StoppedError,
    TunesmithError,
    from_os_error,
)
from engine.files import PRIVATE_UMASK, make_private_folder
from engine.jobs.context import JobContext
from engine.jobs.emit import EventWriter
from engine.jobs.events import FailedEvent, FinishedEvent, HeartbeatEvent, StartedEvent, StoppedEvent
from engine.jobs.folder import JobFolder
from engine.jobs.kinds import KINDS, JobKind
from engine.jobs.launch import busy_error, running_heavy_job
from engine.jobs.offline import QUIET_ENVIRONMENT, forbid_network
from engine.jobs.process import identity
from engine.jobs.sockets import forbid_sockets
from engine.loading import nothing_collected
from engine.machine import hostname, state_folder
from engine.project import Project

HEARTBEAT_S = 5.0
_CONTROL_POLL_S = 0.5
_NO_COMPILER = "TORCHDYNAMO_DISABLE"


def main(arguments: list[str] | None = None) -> int:
    """Run the job in the folder given as the only argument; returns the exit code of its outcome."""
    os.umask(PRIVATE_UMASK)
    os.environ.update({name: value for name, value in QUIET_ENVIRONMENT.items() if name not in os.environ})
    folder = JobFolder(Path((arguments or sys.argv[1:])[0]).resolve())
    writer = EventWriter(folder.events_file)
    record = folder.read().model_copy(update=identity())
    context = JobContext(folder, Project(Path(record.project)), record.spec, writer)
    _listen_for_sigterm(context)
    hush_libraries()
    writer.emit(StartedEvent(job=record.id, job_kind=record.kind, pid=os.getpid(), host=hostname()))
    folder.write(record)
    done = threading.Event()
    heart = threading.Thread(target=_beat, args=(context, done), name="heartbeat", daemon=True)
    heart.start()
    try:
        return _work(context, record.kind)
    finally:
        done.set()
        heart.join()
        writer.close()


def hush_libraries() -> None:
    """Keep what is known to be harmless out of the log, so that what is in it matters.

    bitsandbytes asks a hub for faster CPU kernels when it is imported; a job has no network and needs none. PEFT 0.21
    reads an attribute that transformers 5.23 renamed; both names mean the same.
    """
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)


def _work(context: JobContext, kind: str) -> int:
    """Do the work and write the end event."""
    try:
        entry = KINDS[kind]
        lock = _claim_machine(context, entry)
        if not entry.online:
            _cut_off(context, entry)
        result: dict[str, Any] = _named(entry.function)(context)
        context.end(FinishedEvent(**result))
        if lock:
            lock.close()
        return EXIT_DONE
    except StoppedError:
        context.end(StoppedEvent(by=context.stop_by or "request"))
        return EXIT_STOPPED
    except TunesmithError as error:
        _trace()
        return _failed(context, error)
    except OSError as error:
        _trace()
        return _failed(context, from_os_error(error, KINDS[kind].title))
    except MemoryError:
        _trace()
        return _failed(context, _out_of_memory("This machine has no memory left."))
    except BaseException as error:
        _trace()
        return _failed(context, _unexpected(error, context.folder))


def _cut_off(context: JobContext, entry: JobKind) -> None:
    """No network for this job, before any library is loaded that might want one."""
    forbid_network()
    if entry.talks and _named(entry.talks)(context):
        return
    if not forbid_sockets():
        print("This system cannot refuse sockets to a process: only what Python does is cut off from the network.")


def _trace() -> None:
    """Put the traceback into the log. On a full disk there is no room for it, and the end must be told all the same."""
    with contextlib.suppress(OSError):
        traceback.print_exc()


def _named(function: str) -> Any:
    """The function `module:name`.

    While its module is being imported nothing is compiled: bitsandbytes hands four functions for machines without its
    own kernels to `torch.compile`, which loads the whole compiler, a sixth of all that a training job loads before it
    can begin. `recipe.compile` asks for it later, and gets it.
    """
    module, _, name = function.partition(":")
    before = os.environ.get(_NO_COMPILER)
    os.environ[_NO_COMPILER] = "1"
    try:
        with nothing_collected():
            return getattr(importlib.import_module(module), name)
    finally:
        if before is None:
            del os.environ[_NO_COMPILER]
        else:
            os.environ[_NO_COMPILER] = before


def _failed(context: JobContext, error: TunesmithError) -> int:
    context.end(
        FailedEvent(
            code=error.error_code, title=error.title, what=error.what, hint=error.hint, exit_code=error.exit_code
        )
    )
    return error.exit_code


def _unexpected(error: BaseException, folder: JobFolder) -> TunesmithError:
    """The message for an error nobody foresaw; the traceback is in the log, not on the screen."""
    text = str(error).strip()
    if type(error).__name__ == "OutOfMemoryError":
        return _out_of_memory(text.splitlines()[0] if text else "")
    if "No space left on device" in text or "os error 28" in text or "PytorchStreamWriter failed" in text:
        return from_os_error(OSError(28, "No space left on device", str(folder.root.parent.parent)), "saving")
    first = text.splitlines()[0][:300] if text else ""
    return TunesmithError(
        "Something broke that tunesmith did not foresee.",
        f"{type(error).__name__}: {first}",
        f"What was saved before is untouched. The details are in {folder.log_file}.",
        code="internal",
    )


def _out_of_memory(what: str) -> TunesmithError:
    return TunesmithError(
        "Out of memory.",
        what,
        "Lower recipe.micro_batch or recipe.max_length, or choose the `low-memory` recipe; then `train --resume`.",
        code="out_of_memory",
    )


def _claim_machine(context: JobContext, entry: JobKind) -> IO[str] | None:
    """Hold the machine-wide lock while a heavy job runs; the kernel frees it however the process ends.

    Raises:
        BusyError: Another heavy job has it.
    """
    if not entry.heavy or context.spec.get("force"):
        return None
    make_private_folder(state_folder())
    lock = (state_folder() / "heavy.lock").open("a")
    # A job that has just written its end event needs a moment to let go.
    for _ in range(50):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            time.sleep(0.1)
    others = running_heavy_job()
    if others and others.record.id != context.folder.id:
        raise busy_error(others)
    raise BusyError(
        "Another heavy job is running on this machine.",
        f"It holds {lock.name}.",
        "Wait for it, or add --force to run both.",
    )


def _listen_for_sigterm(context: JobContext) -> None:
    def on_signal(number: int, _frame: FrameType | None) -> None:
        context.stop_by = context.stop_by or signal.Signals(number).name
        context.stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)


def _beat(context: JobContext, done: threading.Event) -> None:
    """Heartbeats, and an ear for the stop request, until `done`."""
    last = 0.0
    while not done.wait(_CONTROL_POLL_S):
        if not context.stop.is_set() and context.folder.stop_file.exists():
            context.stop_by = context.folder.stop_file.read_text().strip() or "request"
            context.stop.set()
        now = time.monotonic()
        if now - last >= HEARTBEAT_S - _CONTROL_POLL_S:
            last = now
            context.emit(HeartbeatEvent(quiet_s=round(now - context.writer.last_work, 1)))


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Libraries leave threads and atexit hooks that can hang or crash after the end event; nothing is left to do.
    os._exit(code if code in range(5) else EXIT_JOB_FAILED)
