"""This machine: where tunesmith keeps its own state, and which projects were made or opened here."""

from __future__ import annotations

import fcntl
import json
import os
import platform
from pathlib import Path

from engine.errors import UsageError
from engine.files import atomic_write, make_private_folder

PRESETS = Path(__file__).resolve().parent.parent / "presets"
"""The folder of files that people edit: recipes, models, redaction profiles, the demo."""


def state_folder() -> Path:
    """Where tunesmith keeps what belongs to the machine, not to a project.

    `TUNESMITH_STATE` names it; else `$XDG_STATE_HOME/tunesmith`, else `~/.local/state/tunesmith`.
    """
    if named := os.environ.get("TUNESMITH_STATE"):
        return _absolute(named)
    return _base("XDG_STATE_HOME", ".local/state") / "tunesmith"


def models_folder() -> Path:
    """Where downloaded and converted models are kept, shared by all projects of this machine."""
    if named := os.environ.get("TUNESMITH_MODELS"):
        return _absolute(named)
    return _base("XDG_CACHE_HOME", ".cache") / "tunesmith" / "models"


def _absolute(named: str) -> Path:
    """As a shell would read it; a job has another working folder, and must find the same place (`places`)."""
    try:
        return Path(named).expanduser().absolute()
    except RuntimeError as error:
        raise _no_home() from error


def _base(variable: str, below_home: str) -> Path:
    """As the XDG base directory specification says: a relative path in the variable does not count."""
    named = os.environ.get(variable, "")
    if os.path.isabs(named):
        return Path(named)
    try:
        return Path.home() / below_home
    except RuntimeError as error:
        raise _no_home() from error


def _no_home() -> UsageError:
    return UsageError(
        "There is no home folder to keep things in.",
        "HOME is not set, and the system does not know this user.",
        "Set HOME, or name two folders in TUNESMITH_STATE and TUNESMITH_MODELS.",
        code="no_home",
    )


def places() -> dict[str, str]:
    """The environment with which another process finds the same two folders, wherever it works."""
    named = {name: os.environ.get(name) for name in ("TUNESMITH_STATE", "TUNESMITH_MODELS")}
    return {name: str(_absolute(path)) for name, path in named.items() if path}


def hostname() -> str:
    """The name of this machine, as shown on every screen."""
    return platform.node() or "localhost"


def boot_id() -> str:
    """Changes with every boot (Linux); empty elsewhere. Tells a pid of before a reboot from one of now."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def known_projects() -> list[Path]:
    """Folders of the projects made or opened on this machine, last opened first; gone ones are left out."""
    try:
        listed = json.loads((state_folder() / "projects.json").read_text())
    except (OSError, ValueError):
        return []
    paths = [Path(entry) for entry in listed if isinstance(entry, str)] if isinstance(listed, list) else []
    # Not `Path.is_file`, which raises where a folder on the way may not be looked into.
    return [path for path in paths if os.path.isfile(path / "project.yaml")]


def remember_project(root: Path) -> None:
    """Put `root` at the head of the known projects. Two processes at once lose nothing (file lock)."""
    root = root.resolve()
    folder = state_folder()
    make_private_folder(folder)
    with (folder / "projects.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        others = [path for path in known_projects() if path != root]
        atomic_write(folder / "projects.json", json.dumps([str(root), *map(str, others)], indent=1))
