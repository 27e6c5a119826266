"""The scan over Ray Data: the same detectors on many machines, or on the cores of this one.

Only the looking is spread. Texts that nobody looked at go out in small tables, findings come back and are remembered in
the store by the hash of their text, as in a scan without Ray; the scan itself then finds everything known. So its
findings, their ids and its memory of texts are the same, and a scan that was stopped or killed goes on where it was.

Without a cluster of one's own, Ray is started here for this scan alone: on loopback, without dashboard, usage
statistics and runtime environments, in a private folder that is removed afterwards; each of its processes refuses
every other address. With `RAY_ADDRESS` set, a cluster
that runs already is used; rows then travel to its machines.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import psutil

from engine.errors import JobFailedError, SpecError, TunesmithError, UsageError
from engine.jobs.context import JobContext
from engine.jobs.offline import forbid_network
from engine.privacy.crew import helpers_for
from engine.privacy.hits import Hit
from engine.privacy.profiles import Profile
from engine.privacy.version import detector_version
from engine.spec import OwnSpec

INSTALL = "pip install 'tunesmith[cluster]'"
ADDRESS = "RAY_ADDRESS"
_QUIET = {
    # Without this the thread that still asks for rows after a stop would start another Ray, in a folder open to all.
    "RAY_ENABLE_AUTO_CONNECT": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
_ON_THIS_MACHINE = {
    # Ray's word for "no other machine takes part": all of it listens on loopback only, where else it would listen on
    # every interface.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_enable_metrics_collection": "0",
}
_PATIENT = {
    # Where something else computes too, a process of Ray can take a minute to start and seconds to answer. By its own
    # limits Ray takes it for dead then: a node that does not listen after 30 s, a worker that does not report in 60 s.
    "RAY_gcs_server_port_wait_time_s": "120",
    "RAY_worker_register_timeout_seconds": "600",
    "RAY_agent_register_timeout_ms": "600000",
    "RAY_health_check_initial_delay_ms": "60000",
    "RAY_health_check_timeout_ms": "60000",
    "RAY_health_check_failure_threshold": "20",
}
_ATTEMPTS = 3
"""So often a Ray of our own is started: its node waits 20 s for two helpers of its own, and that limit is fixed."""
_PREFIX, _OWNER = "tsray-", ".owner"
_OBJECT_STORE = 128 * 2**20
"""Bytes that texts and findings on their way may take; Ray asks for 75 MB at least."""
_TABLE_TEXTS, _TABLE_CHARACTERS = 256, 100_000
_POLL_S, _LEAVE_S = 0.2, 10.0


def must_have_ray() -> None:
    """Say plainly that Ray is missing, before anything starts.

    Raises:
        UsageError: It is.
    """
    if importlib.util.find_spec("ray") is None:
        raise UsageError(
            "Ray is not installed.",
            "`--engine ray` spreads a scan over several machines, and needs a package that tunesmith does without.",
            f"Install it with `{INSTALL}`, or scan without --engine.",
            code="no_ray",
        )


class Cluster:
    """Ray for one scan; a context manager.

    Args:
        ctx: The job: asked whether to stop, told about a cluster that is used.
        profile: What to look for.
        own: The creator's own recognisers.

    Raises:
        UsageError: Ray is not installed.
        JobFailedError: It does not start, or the cluster cannot be reached.
    """

    def __init__(self, ctx: JobContext, profile: Profile, own: Sequence[OwnSpec]) -> None:
        must_have_ray()
        order = {"profile": profile.model_dump(mode="json"), "own": [one.model_dump(mode="json") for one in own]}
        self._ctx, self._profile = ctx, profile
        self._order = json.dumps({**order, "version": detector_version(profile, own)})
        self._ways_out = contextlib.ExitStack()

    def __enter__(self) -> Cluster:
        with contextlib.ExitStack() as stack:
            self._start(stack)
            self._ways_out = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ways_out.close()

    def _start(self, stack: contextlib.ExitStack) -> None:
        address = os.environ.get(ADDRESS)
        os.environ.update(_QUIET)
        if not address:
            # A token of this scan alone: others on this machine cannot talk to its Ray, and ~/.ray gets no file.
            os.environ.update({**_ON_THIS_MACHINE, **_PATIENT, "RAY_AUTH_TOKEN": secrets.token_hex(32)})
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        import ray

        options: dict[str, Any] = {"log_to_driver": False, "configure_logging": False, "logging_level": "error"}
        if address:
            self._ctx.warn(
                "cluster",
                "Rows travel to the machines of your Ray cluster.",
                f"{ADDRESS} is {address}.",
                f"Unset {ADDRESS} to look on this machine alone.",
            )
            options["address"] = address
        else:
            folder = stack.enter_context(_private_folder())
            _forbid_network_in(folder, stack)
            options |= {
                "address": "local",
                "num_cpus": 1 + helpers_for(self._profile),
                "num_gpus": 0,
                "include_dashboard": False,
                "object_store_memory": _OBJECT_STORE,
                # A folder inside ours: Ray opens its own to everybody (chmod 777).
                "_temp_dir": str(folder / "r"),
                "_node_ip_address": "127.0.0.1",
            }
        stack.callback(ray.shutdown)
        try:
            self._begin(ray, options, _ATTEMPTS if not address else 1)
        except Exception as error:  # Ray raises plain ones too.
            if isinstance(error, TunesmithError):
                raise
            raise JobFailedError(
                "Ray did not start." if not address else "The Ray cluster cannot be reached.",
                f"{type(error).__name__}: {str(error).strip()[:300]}",
                "Scan without --engine, or look at the log of this job.",
                code="ray",
            ) from error
        finally:
            # Ray puts its own handlers in place, which would end this process instead of saving.
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _begin(self, ray: Any, options: dict[str, Any], attempts: int) -> None:
        """Start Ray, once more where it was too slow for its own limits; what a failed start leaves is ended."""
        for left in reversed(range(attempts)):
            self._ctx.check_stop()
            before = set(psutil.Process().children(recursive=True))
            try:
                ray.init(**options)
                return
            except Exception:
                left_over = set(psutil.Process().children(recursive=True)) - before
                ray.shutdown()
                _end(left_over)
                if not left:
                    raise

    def detect(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[list[Hit]]]]:
        """The findings of texts, in groups as they come.

        Returns:
            Pairs of the numbers of some texts, and the findings of each of them.

        Raises:
            SpecError, TunesmithError: A detector cannot be loaded or a pattern takes too long, as without Ray.
            JobFailedError: Ray lost its workers.
            StoppedError: On request.
        """
        answers: SimpleQueue[dict[str, Any] | BaseException | None] = SimpleQueue()
        threading.Thread(target=self._map, args=(texts, answers), name="ray", daemon=True).start()
        while True:
            self._ctx.check_stop()
            try:
                answer = answers.get(timeout=_POLL_S)
            except Empty:
                continue
            if answer is None:
                return
            if isinstance(answer, BaseException):
                raise _lost(answer)
            if answer["error"][0]:
                raise _told(json.loads(answer["error"][0]))
            found = [[Hit(*hit) for hit in json.loads(hits)] for hits in answer["found"]]
            yield [int(number) for number in answer["number"]], found

    def _map(self, texts: Sequence[str], answers: SimpleQueue[dict[str, Any] | BaseException | None]) -> None:
        """Ray Data's part; in a thread, because it waits where nobody hears a stop."""
        try:
            import ray.data

            context = ray.data.DataContext.get_current()
            context.enable_progress_bars = False
            context.print_on_execution_start = False
            rows = ray.data.from_arrow(_tables(texts))
            looked_at = rows.map_batches(
                look_at, batch_size=None, batch_format="pyarrow", fn_kwargs={"order": self._order}, num_cpus=1
            )
            for batch in looked_at.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
                answers.put(batch.to_pydict())
            answers.put(None)
        except BaseException as error:
            answers.put(error)


def look_at(table: Any, order: str) -> Any:
    """What a worker does with a table of texts: `number`, `text` in, `number`, `found`, `error` out.

    An error of ours is an answer too; anything else is Ray's to report.
    """
    import pyarrow

    numbers = table.column("number").to_pylist()
    found, problem = ["[]"] * len(numbers), ""
    try:
        hits = _detector(order).detect(table.column("text").to_pylist())
        found = [json.dumps([[h.start, h.end, h.entity, h.score, h.recogniser] for h in row]) for row in hits]
    except TunesmithError as error:
        problem = json.dumps({"code": error.error_code, "title": error.title, "what": error.what, "hint": error.hint})
    return pyarrow.table({"number": numbers, "found": found, "error": [problem] * len(numbers)})


@lru_cache(maxsize=1)
def _detector(order: str) -> Any:
    """The detectors of a worker process, loaded once; from then on the process has no network but loopback."""
    forbid_network()
    from engine.privacy.detect import Detector

    wanted = json.loads(order)
    profile = Profile.model_validate(wanted["profile"])
    own = [OwnSpec.model_validate(one) for one in wanted["own"]]
    if detector_version(profile, own) != wanted["version"]:
        raise UsageError(
            "A machine of the cluster has other detectors than this one.",
            f"{os.uname().nodename} would find other things: its tunesmith, or a package of it, is another version.",
            "Install the same versions on all machines.",
            code="other_version",
        )
    return Detector(profile, own)


def _tables(texts: Sequence[str]) -> list[Any]:
    """Texts in tables of about the same work; the longest first, so that all workers end at about the same moment."""
    import pyarrow

    order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
    groups: list[list[int]] = []
    characters = 0
    for number in order:
        if not groups or len(groups[-1]) >= _TABLE_TEXTS or characters + len(texts[number]) > _TABLE_CHARACTERS:
            groups.append([])
            characters = 0
        groups[-1].append(number)
        characters += len(texts[number])
    return [pyarrow.table({"number": group, "text": [texts[number] for number in group]}) for group in groups]


@contextlib.contextmanager
def _private_folder() -> Iterator[Path]:
    """Where a Ray of ours puts its sockets and logs: short, since a socket's path has 107 letters, and ours alone.

    What a scan that was killed left behind is removed first.
    """
    home = Path(tempfile.gettempdir())
    if len(str(home)) > 30:
        home = Path("/tmp")
    _sweep(home)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=home))
    try:
        with (folder / _OWNER).open("w") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX)
            yield folder
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a folder in which processes that are being ended may still write a last line."""
    end = time.monotonic() + _LEAVE_S
    while folder.exists() and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(_POLL_S / 4)


def _forbid_network_in(folder: Path, stack: contextlib.ExitStack) -> None:
    """Let every Python process of this Ray cut itself off first: one of them asks whether it runs in a cloud."""
    (folder / "site").mkdir(mode=0o700)
    (folder / "site" / "sitecustomize.py").write_text(
        "from engine.jobs.offline import forbid_network\n\nforbid_network()\n", encoding="utf-8"
    )
    before = os.environ.get("PYTHONPATH")
    path = [str(folder / "site"), *([before] if before else [])]
    os.environ["PYTHONPATH"] = os.pathsep.join(path)
    stack.callback(_set_environment, "PYTHONPATH", before)


def _end(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def _set_environment(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _sweep(home: Path) -> None:
    for folder in home.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with (folder / _OWNER).open("a") as owner:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)


def _told(error: dict[str, str]) -> TunesmithError:
    kind = {SpecError.code: SpecError, "other_version": UsageError}.get(error["code"], TunesmithError)
    return kind(error["title"], error["what"], error["hint"], code=error["code"])


def _lost(error: BaseException) -> TunesmithError:
    lines = str(error).strip().splitlines()
    return JobFailedError(
        "Ray could not finish looking at the rows.",
        f"{type(error).__name__}: {lines[0][:300] if lines else ''}",
        "Run the same scan again: what was looked at is remembered. Without --engine it needs no Ray.",
        code="ray",
    )
