"""Forgetting a project: deleting what tunesmith made for it, or only taking it off this machine's list.

A project's folder may hold files of the person: their dataset, a model, a decrypted adapter. So only what tunesmith
makes is deleted, by its name, and never the file that the project learns from, wherever it lies. Links are removed
and not followed. `project.yaml` goes last: a deletion that broke off can be done again, from the list.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import BusyError, ProjectError, SpecError, from_os_error
from engine.files import atomic_write
from engine.jobs.state import all_jobs
from engine.machine import known_projects, state_folder
from engine.project import Project

_PRIVATE_FIRST = ("privacy", "preview", "cache", "data", "jobs", "evaluation", "runs", "hosts", "ship")
_FILES = ("plan.json", "audit.jsonl", ".lock", "project.yaml")
"""What tunesmith makes at the top of a project's folder, in the order in which it is deleted."""


@dataclass(frozen=True)
class Belongings:
    """What a project holds, so that it can be said before it is lost.

    Args:
        root: Its folder.
        name: What it is called; its folder's name where `project.yaml` cannot be read.
        data: The person's own file, as the project names it; None where none was chosen or the project is unreadable.
        size: Bytes that would be deleted.
        runs: Folders of training runs.
        packages: What was packed to be taken away.
        stays: Names of files and folders in the project's folder that tunesmith did not make, and the data file.
    """

    root: Path
    name: str
    data: Path | None
    size: int
    runs: int
    packages: tuple[Path, ...]
    stays: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return {
            "project": str(self.root),
            "name": self.name,
            "data": str(self.data) if self.data else None,
            "size_bytes": self.size,
            "runs": self.runs,
            "packages": [str(file) for file in self.packages],
            "stays": list(self.stays),
        }


def belongings(root: Path) -> Belongings:
    """Look at what forgetting a project would delete. Walks its folder: call it in a thread.

    Raises:
        ProjectError: This is no project, or its folder cannot be read.
    """
    project = Project(root.expanduser().resolve())
    if not project.file.is_file():
        raise ProjectError(
            "This is not a tunesmith project.", f"{project.file} does not exist.", "See `tunesmith`.", code="no_project"
        )
    name, data = _name_and_data(project)
    try:
        own = list(_own_files(project, data))
        runs = [path for path in (project.root / "runs").glob("*") if path.is_dir() and not path.is_symlink()]
        known = {*_PRIVATE_FIRST, *_FILES}
        names = [entry.name for entry in sorted(project.root.iterdir())]
        stays = [name for name in names if name not in known and not _is_half_written(name)]
        if data is not None and data.is_relative_to(project.root) and data.relative_to(project.root).parts[0] in known:
            stays.append(str(data.relative_to(project.root)))
        size = sum(file.lstat().st_size for file in own)
    except OSError as error:
        raise from_os_error(error, "looking at the project") from error
    packages = tuple(file for file in own if file.parent == project.ship_folder)
    return Belongings(project.root, name, data, size, len(runs), packages, tuple(stays))


def delete_project(root: Path) -> Belongings:
    """Delete what tunesmith made for a project, and take it off the list; the person's own files stay.

    Returns:
        What was deleted and what stayed.

    Raises:
        BusyError: A job of it is running.
        ProjectError, DiskFullError: It is no project, or something cannot be deleted; it stays on the list then.
    """
    found = belongings(root)
    project = Project(found.root)
    if running := [job for job in all_jobs([project.root]) if job.active]:
        raise BusyError(
            "A job of this project is running.",
            running[-1].record.id,
            f"Stop it first: `tunesmith stop {running[-1].record.id}`.",
            code="running",
        )
    try:
        for file in _own_files(project, found.data):
            file.unlink(missing_ok=True)
        _remove_empty(project.root)
    except OSError as error:
        raise from_os_error(error, "deleting the project") from error
    unlist(project.root)
    return found


def unlist(root: Path) -> None:
    """Take a project off this machine's list; its folder stays as it is.

    Raises:
        ProjectError, DiskFullError: The list cannot be written.
    """
    folder = state_folder()
    try:
        with (folder / "projects.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            others = [str(path) for path in known_projects() if path != root]
            atomic_write(folder / "projects.json", json.dumps(others, indent=1))
    except OSError as error:
        raise from_os_error(error, "writing the list of projects") from error


def _name_and_data(project: Project) -> tuple[str, Path | None]:
    try:
        spec = project.load()
    except (SpecError, ProjectError):
        return project.root.name, None
    return spec.name, (project.root / Path(spec.data.path).expanduser()).resolve() if spec.data else None


def _own_files(project: Project, data: Path | None) -> Iterator[Path]:
    """What tunesmith made, file by file and without the person's own; `project.yaml` last."""
    for name in _PRIVATE_FIRST:
        top = project.root / name
        if top.is_symlink():
            yield top
            continue
        for folder, folders, files in os.walk(top):
            links = [one for one in folders if (Path(folder) / one).is_symlink()]
            for file in (*sorted(files), *links):
                path = Path(folder) / file
                if data is None or path.resolve() != data:
                    yield path
    half = [path.name for path in project.root.iterdir() if _is_half_written(path.name)]
    for name in (*half, *_FILES):
        path = project.root / name
        if path.is_symlink() or (path.exists() and stat.S_ISREG(path.stat().st_mode)):
            yield path


def _is_half_written(name: str) -> bool:
    """What a killed process left of a file that it was writing (`engine.files`)."""
    return name.startswith((".saving.", *(f".{file}." for file in _FILES)))


def _remove_empty(root: Path) -> None:
    """The folders that hold nothing any more, the project's own included; what the person put there keeps its own."""
    made = [folder for name in _PRIVATE_FIRST for folder, _, _ in os.walk(root / name, topdown=False)]
    for folder in (*made, str(root)):
        if not os.listdir(folder):
            os.rmdir(folder)
