"""This machine: where tunesmith keeps its own state, and which projects were made or opened here."""

from __future__ import annotations

import fcntl
import json
import os
import platform
from pathlib import Path

from engine.files import atomic_write, make_private_folder

PRESETS = Path(__file__).resolve().parent.parent / "presets"
"""The folder of files that people edit: recipes, models, redaction profiles, the demo."""


def state_folder() -> Path:
    """Where tunesmith keeps what belongs to the machine, not to a project.

    `TUNESMITH_STATE` names it; else `$XDG_STATE_HOME/tunesmith`, else `~/.local/state/tunesmith`.
    """
    if named := os.environ.get("TUNESMITH_STATE"):
        return Path(named)
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "tunesmith"


def models_folder() -> Path:
    """Where downloaded and converted models are kept, shared by all projects of this machine."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("TUNESMITH_MODELS") or Path(base) / "tunesmith" / "models")


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
    paths = [Path(entry) for entry in listed if isinstance(entry, str)]
    return [path for path in paths if (path / "project.yaml").is_file()]


def remember_project(root: Path) -> None:
    """Put `root` at the head of the known projects. Two processes at once lose nothing (file lock)."""
    root = root.resolve()
    folder = state_folder()
    make_private_folder(folder)
    with (folder / "projects.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        others = [path for path in known_projects() if path != root]
        atomic_write(folder / "projects.json", json.dumps([str(root), *map(str, others)], indent=1))
