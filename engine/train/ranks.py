"""The other processes of a run: started by the job, watched by it, gone with it.

The job's own process is rank 0 and the only one that writes events. A rank that ends too early ends the job: what the
main thread waits for will never come, so a thread of its own says what happened and ends the process if it must.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType

import torch

from engine.data.prepare import Prepared
from engine.data.render import Rendered
from engine.errors import EXIT_JOB_FAILED, JobFailedError, TunesmithError
from engine.files import PRIVATE_UMASK
from engine.jobs.context import JobContext
from engine.jobs.events import FailedEvent
from engine.project import Project
from engine.spec import ModelSpec, ProjectSpec, RecipeSpec
from engine.train import together
from engine.train.hosts import spread_of, write_hosts
from engine.train.precision import Precision
from engine.train.run import Run, fingerprint_of
from engine.train.spread import Spread

COME_WITHIN = timedelta(minutes=5)
"""How long the processes of one machine may take to start."""
OTHERS_COME_WITHIN = timedelta(hours=1)
"""How long the job waits for other machines, which are started by hand."""
_LOOK_S = 0.2
_NOTICE_S = 10.0
"""How long the main thread may take to notice by itself that a rank is gone."""
_LEAVE_S = 60.0
_TAIL_LINES, _TAIL_BYTES = 12, 65536


@dataclass(frozen=True)
class Order:
    """All that a rank has to know; it comes from rank 0 through the process group, never over a disk."""

    project: str
    model: ModelSpec
    recipe: RecipeSpec
    run: Run
    spread: Spread
    precision: Precision
    train: list[Rendered]
    holdout: list[Rendered]
    fingerprint: str
    smoke: bool


@dataclass
class Child:
    """A process of ours, and where it writes."""

    rank: int
    process: subprocess.Popen[bytes]
    log: Path


def rank_variables(spread: Spread, rank: int, local_rank: int, meeting: Path | None) -> dict[str, str]:
    """The environment that tells a process who it is, by the names that PyTorch and accelerate read."""
    variables = {
        "RANK": str(rank),
        "LOCAL_RANK": str(local_rank),
        "WORLD_SIZE": str(spread.world),
        "LOCAL_WORLD_SIZE": str(spread.processes),
        "MASTER_ADDR": spread.hosts[0] if spread.machines > 1 else "127.0.0.1",
        "MASTER_PORT": str(spread.port),
        "OMP_NUM_THREADS": str(together.threads_of(spread.processes)),
    }
    if meeting is not None:
        variables[together.MEETING] = str(meeting)
    return variables


def start_rank(folder: Path, rank: int, variables: Mapping[str, str]) -> Child:
    """Start `python -m engine.train.rank FOLDER RANK` with its output in FOLDER/log.rank-RANK.txt."""
    log = folder / f"log.rank-{rank}.txt"
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "engine.train.rank", str(folder), str(rank)],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            env={**os.environ, **variables},
            umask=PRIVATE_UMASK,
        )
    finally:
        os.close(descriptor)
    return Child(rank, process, log)


def spread_here(project: Project, spec: ProjectSpec) -> Spread:
    """What a project's run is spread over on this machine, as PyTorch sees it.

    Raises:
        SpecError: `compute` cannot be had here.
    """
    return spread_of(project, spec, torch.cuda.device_count() if torch.cuda.is_available() else 0)


def is_shared(context: JobContext) -> bool:
    """Whether several processes train together, which then talk to each other; raises as `spread_here`."""
    return spread_here(context.project, context.project.load()).world > 1


def order_of(
    project: Project,
    spec: ProjectSpec,
    recipe: RecipeSpec,
    run: Run,
    spread: Spread,
    precision: Precision,
    prepared: Prepared,
    *,
    smoke: bool,
) -> Order:
    """What the other ranks are told; `recipe` as it is run, which for a trial is not the project's."""
    assert spec.model
    rows = (prepared.train, prepared.holdout)
    return Order(
        str(project.root), spec.model, recipe, run, spread, precision, *rows, fingerprint_of(spec), smoke=smoke
    )


class Ranks:
    """The other ranks of this machine, for as long as the `with` block lasts.

    Args:
        context: The job.
        spread: As chosen; with one process nothing is started and nothing waits.
    """

    def __init__(self, context: JobContext, spread: Spread) -> None:
        self._context, self._spread = context, spread
        self._children: list[Child] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="ranks", daemon=True)
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> Ranks:
        if self._spread.world == 1:
            return self
        meeting = together.meeting_file(self._context.folder.root) if self._spread.machines == 1 else None
        if meeting is not None:
            meeting.unlink(missing_ok=True)
        own = rank_variables(self._spread, 0, 0, meeting)
        self._before = {name: os.environ.get(name) for name in own}
        for rank in range(1, self._spread.processes):
            variables = rank_variables(self._spread, rank, rank, meeting)
            self._children.append(start_rank(self._context.folder.root, rank, variables))
        os.environ.update(own)
        self._thread.start()
        return self

    @property
    def spread(self) -> Spread:
        """As chosen."""
        return self._spread

    def order(self, order: Order) -> None:
        """Meet the others, and tell them what to do.

        Raises:
            JobFailedError: Not all came.
        """
        if self._spread.world == 1:
            return
        several = self._spread.machines > 1
        if several:
            project = self._context.project
            [_, other, *_] = write_hosts(project, self._spread)
            self._context.phase("wait", f"Waiting for the other machines; on {other.host}: {other.command}")
        try:
            together.join(OTHERS_COME_WITHIN if several else COME_WITHIN, on_cuda=self._spread.on_cuda)
        except RuntimeError as error:
            raise JobFailedError(
                "Not all processes of the run came together.",
                str(error).splitlines()[0][:300],
                "Are the commands of `tunesmith train PROJECT --hosts-only` running on the other machines?"
                if several
                else f"Their logs are {self._context.folder.root}/log.rank-*.txt.",
                code="rank_missing",
            ) from error
        together.share(order)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._spread.world == 1:
            return
        foreseen = isinstance(error, TunesmithError)
        dead = self._first_dead(0.0 if error is None or foreseen else _NOTICE_S / 2)
        self._closing.set()
        if error is None:
            self._wait_for_children()
        self._kill()
        if error is None or not self._spread.on_cuda:
            # NCCL may wait for a rank that is gone; this process ends anyway.
            together.leave()
        self._restore_environment()
        if dead is not None and error is not None and not foreseen:
            raise died(dead) from error

    def _wait_for_children(self) -> None:
        deadline = time.monotonic() + _LEAVE_S
        for child in self._children:
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                # Everything is saved; what keeps it no longer matters.
                print(f"rank {child.rank} did not end by itself", flush=True)

    def _kill(self) -> None:
        for child in self._children:
            if child.process.poll() is None:
                child.process.kill()
            child.process.wait()

    def _first_dead(self, within_s: float) -> Child | None:
        """A rank that ended with an error, waiting so long for one."""
        deadline = time.monotonic() + within_s
        while True:
            dead = next((child for child in self._children if child.process.poll()), None)
            if dead is not None or time.monotonic() >= deadline:
                return dead
            time.sleep(_LOOK_S)

    def _watch(self) -> None:
        while not self._closing.wait(_LOOK_S):
            dead = self._first_dead(0.0)
            if dead is None:
                continue
            # The main thread usually sees a closed connection, and tells it. Over NCCL it may wait for ever.
            if not self._closing.wait(_NOTICE_S):
                self._end_job(died(dead))
            return

    def _end_job(self, error: JobFailedError) -> None:
        print(error, flush=True)
        self._kill()
        self._context.writer.emit_last(
            FailedEvent(
                code=error.error_code, title=error.title, what=error.what, hint=error.hint, exit_code=error.exit_code
            )
        )
        os._exit(EXIT_JOB_FAILED)

    def _restore_environment(self) -> None:
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def died(child: Child) -> JobFailedError:
    """What to say of a rank that ended before the run did."""
    code = child.process.returncode
    how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    return JobFailedError(
        f"Process {child.rank} of the run ended too early.",
        f"Rank {child.rank} ended {how}. The end of its log:\n{tail_of(child.log) or '(nothing)'}",
        f"The whole log is in {child.log}. Go on from the last checkpoint with `tunesmith train PROJECT --resume`.",
        code="rank_died",
    )


def tail_of(log: Path) -> str:
    """The last lines of a rank's log."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, 2) - _TAIL_BYTES))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-_TAIL_LINES:])
