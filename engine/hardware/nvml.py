"""What the GPUs are doing, read from the NVIDIA driver (NVML) by a thread of its own.

A driver call can fail, be unsupported, or hang for minutes when a card falls off the bus; none of that may
touch the picture. So a daemon thread asks and keeps the last answer, and whoever draws takes that answer: each
value or None, never an exception. Nothing of NVML is loaded or called at import.

Memory figures are the driver's. They include the context of each process (about 0.3-0.5 GB), so they are larger
than what the training job counts for itself; the two must not be compared.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import psutil

SILENCE_S = 10.0
"""A reading older than this is not shown as a reading any more: the driver hangs."""

_THROTTLE: tuple[tuple[int, str], ...] = (
    (0x40 | 0x20, "slowed down: too hot"),
    (0x80, "slowed down: the power supply asks for it"),
    (0x04, "held by its power limit"),
    (0x08, "slowed down by the hardware"),
)
"""Bits of nvmlClocksEventReason* in nvml.h, with the words for them, the gravest first."""

T = TypeVar("T")


@dataclass(frozen=True)
class GpuReading:
    """One GPU at one moment; each value is None where the driver does not say.

    Memory in bytes as the driver counts it, utilisation in percent, temperature in degrees Celsius, power in watts.
    """

    index: int
    name: str | None = None
    memory_used: int | None = None
    memory_total: int | None = None
    utilisation: int | None = None
    temperature: int | None = None
    power_w: float | None = None
    power_limit_w: float | None = None
    ours_bytes: int | None = None
    """Memory held by the watched job: 0 when it holds none, None when that cannot be known."""
    throttled: str = ""
    """Why the clocks are held down, in words; empty when they are not, or not known."""
    trouble: str = ""
    """What is wrong with this GPU, in words; empty when it answers."""


class NvmlSampler:
    """Reads all GPUs every `interval_s` seconds on a daemon thread.

    Use it as a context manager, or call `start` and `close`.
    """

    def __init__(self, interval_s: float = 1.0, pid: int | None = None) -> None:
        """`pid` is the job whose memory counts as ours; `watch` changes it."""
        self._interval_s = interval_s
        self._pid = pid
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._readings: tuple[GpuReading, ...] | None = None
        self._why_not = ""
        self._heard = time.monotonic()

    def start(self) -> None:
        """Begin sampling. Returns at once; does nothing when already started."""
        if self._thread is None:
            self._heard = time.monotonic()
            self._thread = threading.Thread(target=self._run, name="nvml", daemon=True)
            self._thread.start()

    def close(self, timeout_s: float = 1.0) -> bool:
        """End sampling; the driver is let go by the thread itself.

        Returns:
            Whether the thread has ended. A thread inside a hanging driver call stays behind; it is a daemon and
            does not keep the program from ending.
        """
        self._stop.set()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def __enter__(self) -> NvmlSampler:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def watch(self, pid: int | None) -> None:
        """From the next reading on, memory of this process and its group is ours."""
        self._pid = pid

    def latest(self) -> tuple[GpuReading, ...] | None:
        """The last reading of all GPUs, or None when there is none (`why_not` says why).

        While the driver hangs, the GPUs are still listed, without values.
        """
        readings = self._readings
        if readings is not None and self._silent_s() > SILENCE_S:
            return tuple(GpuReading(gpu.index, gpu.name, trouble="does not answer") for gpu in readings)
        return readings

    @property
    def why_not(self) -> str:
        """Why there is no reading, as one sentence; empty when there is one or it is still being made."""
        if not self._why_not and self._thread is not None and (silent := self._silent_s()) > SILENCE_S:
            return f"The NVIDIA driver has not answered for {silent:.0f} s."
        return self._why_not

    def _silent_s(self) -> float:
        return time.monotonic() - self._heard

    def _run(self) -> None:
        try:
            import pynvml
        except ImportError:
            self._why_not = "The library that reads NVIDIA GPUs (nvidia-ml-py) is not installed."
            return
        # Whatever the driver does, the thread ends with words and not with a traceback over the screen.
        try:
            pynvml.nvmlInit()
        except Exception as error:
            self._why_not = _words_for(error, pynvml)
            return
        try:
            self._sample_until_stopped(pynvml)
        except Exception as error:
            self._why_not = _words_for(error, pynvml)
            self._readings = None
        finally:
            with contextlib.suppress(Exception):
                pynvml.nvmlShutdown()

    def _sample_until_stopped(self, nvml: Any) -> None:
        count = int(nvml.nvmlDeviceGetCount())
        if count == 0:
            self._why_not = "The NVIDIA driver is there, but it sees no GPU."
            return
        gpus = [_Gpu(index) for index in range(count)]
        while not self._stop.is_set():
            self._readings = tuple(gpu.read(nvml, self._pid) for gpu in gpus)
            self._heard = time.monotonic()
            self._stop.wait(self._interval_s)


class _Gpu:
    """One GPU: its handle and name are asked for until they are had, then kept."""

    def __init__(self, index: int) -> None:
        self._handle: Any = None
        self._known = GpuReading(index)

    def read(self, nvml: Any, pid: int | None) -> GpuReading:
        """All values of now. What the driver does not say is None."""
        ask = _Asker()
        if self._handle is None:
            self._handle = ask(lambda: nvml.nvmlDeviceGetHandleByIndex(self._known.index))
        if self._handle is None:
            return replace(self._known, trouble=ask.trouble(nvml) or "cannot be opened")
        handle = self._handle
        if self._known.name is None:
            self._known = replace(self._known, name=ask(lambda: _text(nvml.nvmlDeviceGetName(handle))))
        memory = ask(lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
        power = ask(lambda: nvml.nvmlDeviceGetPowerUsage(handle))
        limit = ask(lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(handle))
        return replace(
            self._known,
            memory_used=None if memory is None else int(memory.used),
            memory_total=None if memory is None else int(memory.total),
            utilisation=ask(lambda: int(nvml.nvmlDeviceGetUtilizationRates(handle).gpu)),
            temperature=ask(lambda: int(nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU))),
            power_w=None if power is None else power / 1000,
            power_limit_w=None if limit is None else limit / 1000,
            ours_bytes=None if pid is None else ask(lambda: _ours(nvml, handle, pid)),
            throttled=_throttle_words(ask(lambda: _throttle_bits(nvml, handle))),
            trouble=ask.trouble(nvml),
        )


class _Asker:
    """Asks the driver one thing at a time: the answer, or None and the error remembered."""

    def __init__(self) -> None:
        self._errors: list[int] = []

    def __call__(self, question: Callable[[], T]) -> T | None:
        # A broken driver raises more than its own errors (undecodable names, missing symbols, odd sizes).
        try:
            return question()
        except Exception as error:
            self._errors.append(int(getattr(error, "value", 0)))
            return None

    def trouble(self, nvml: Any) -> str:
        """What the errors say of the whole GPU; that single values are not supported is no trouble."""
        words = {
            nvml.NVML_ERROR_GPU_IS_LOST: "lost: the driver cannot reach it any more",
            nvml.NVML_ERROR_RESET_REQUIRED: "needs a reset",
            nvml.NVML_ERROR_NO_PERMISSION: "may not be read by this user",
        }
        return next((words[error] for error in self._errors if error in words), "")


def _words_for(error: Exception, nvml: Any) -> str:
    words = {
        nvml.NVML_ERROR_LIBRARY_NOT_FOUND: "No NVIDIA driver on this machine.",
        nvml.NVML_ERROR_DRIVER_NOT_LOADED: "The NVIDIA driver is installed but not loaded.",
        nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "The NVIDIA driver was updated and waits for a reboot.",
        nvml.NVML_ERROR_NO_PERMISSION: "This user may not talk to the NVIDIA driver.",
    }
    return words.get(getattr(error, "value", None), f"The NVIDIA driver does not work ({error}).")


def _text(name: object) -> str:
    """Old versions of the library give bytes, new ones text; both become the name without its maker."""
    text = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    return text.removeprefix("NVIDIA ").removeprefix("GeForce ").strip()


def _ours(nvml: Any, handle: Any, pid: int) -> int | None:
    """Bytes held by `pid` and its process group, compute and graphics together.

    None when the driver gives no figures, or lists processes none of which exists here: in a container it counts
    in another pid space.
    """
    held: dict[int, int | None] = {}
    asked = False
    for kind in ("Compute", "Graphics"):
        for version in ("_v3", "_v2"):
            try:
                listed = getattr(nvml, f"nvmlDeviceGet{kind}RunningProcesses{version}")(handle)
            except nvml.NVMLError_FunctionNotFound:
                continue
            except nvml.NVMLError_NotSupported:
                break
            asked = True
            held.update({int(process.pid): process.usedGpuMemory for process in listed})
            break
    ours = [size for other, size in held.items() if _belongs(other, pid)]
    if not asked or None in ours or (not ours and held and not any(psutil.pid_exists(other) for other in held)):
        return None
    return sum(size for size in ours if size is not None)


def _belongs(other: int, pid: int) -> bool:
    """Whether `other` is `pid` or in the process group it leads (a job leads its own)."""
    if other == pid:
        return True
    try:
        return os.getpgid(other) == pid
    except OSError:
        return False


def _throttle_bits(nvml: Any, handle: Any) -> int:
    try:
        return int(nvml.nvmlDeviceGetCurrentClocksEventReasons(handle))
    except nvml.NVMLError_FunctionNotFound:
        # The name before driver 535.
        return int(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle))


def _throttle_words(bits: int | None) -> str:
    return next((words for mask, words in _THROTTLE if bits and bits & mask), "")
