"""A project folder: what it holds, where, and with which permissions.

    PROJECT/
      project.yaml            what was decided (engine.spec)
      data/check.json         the last check of the dataset
      privacy/findings.sqlite findings and decisions
      privacy/redacted.*      what is trained on
      preview/                what the model will see
      runs/RUN/               checkpoints/, adapter/, summary.json
      evaluation/RUN.json     base against tuned
      ship/                   what may leave
      jobs/ID/                one folder per job
      audit.jsonl             the trail

Folders are 0700 and files 0600: the rows are private.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import ProjectError, TunesmithError, from_os_error
from engine.files import atomic_write, is_text, make_private_folder
from engine.machine import remember_project
from engine.spec import ProjectSpec
from engine.spec_text import dump_spec, parse_spec


@dataclass(frozen=True)
class Project:
    """A project folder on disk. Holds the path only; the spec is read afresh, since two programs may write it."""

    root: Path

    @property
    def file(self) -> Path:
        """`project.yaml`."""
        return self.root / "project.yaml"

    @property
    def lock_file(self) -> Path:
        """Held while `project.yaml` is read and changed."""
        return self.root / ".lock"

    @property
    def check_file(self) -> Path:
        """The last report of the data check."""
        return self.root / "data" / "check.json"

    @property
    def findings_file(self) -> Path:
        """SQLite: findings and decisions."""
        return self.root / "privacy" / "findings.sqlite"

    @property
    def proof_file(self) -> Path:
        """The report of the last redaction and its second scan."""
        return self.root / "privacy" / "proof.json"

    @property
    def preview_folder(self) -> Path:
        """`rows.jsonl` and `summary.json`: what the model will see."""
        return self.root / "preview"

    @property
    def jobs_folder(self) -> Path:
        """One folder per job."""
        return self.root / "jobs"

    @property
    def audit_file(self) -> Path:
        """The hash-chained trail."""
        return self.root / "audit.jsonl"

    @property
    def ship_folder(self) -> Path:
        """What may leave this machine."""
        return self.root / "ship"

    def run_folder(self, run: str) -> Path:
        """Checkpoints, adapter and summary of one training run."""
        return self.root / "runs" / run

    def evaluation_file(self, run: str) -> Path:
        """The evaluation of one run."""
        return self.root / "evaluation" / f"{run}.json"

    def load(self) -> ProjectSpec:
        """Read `project.yaml`.

        Raises:
            ProjectError: No such project, or it cannot be read.
            SpecError: The file says something we cannot use.
        """
        try:
            text = self.file.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise ProjectError(
                "This is not a tunesmith project.",
                f"{self.file} does not exist.",
                "Make one with `tunesmith new PROJECT --data FILE --model MODEL`, or open the wizard with `tunesmith`.",
                code="no_project",
            ) from error
        except UnicodeDecodeError as error:
            raise ProjectError("project.yaml is not readable text.", str(self.file), "Restore it.") from error
        except OSError as error:
            raise from_os_error(error, "reading the project") from error
        return parse_spec(text, self.file)

    def save(self, spec: ProjectSpec) -> None:
        """Write `project.yaml`, whole or not at all.

        Raises:
            DiskFullError, ProjectError: The old file is untouched.
        """
        atomic_write(self.file, dump_spec(spec), "saving the project")

    def update(self, change: Callable[[ProjectSpec], ProjectSpec]) -> ProjectSpec:
        """Read, change and save the spec under a lock, so that a job and the wizard never overwrite each other.

        Raises:
            DiskFullError, ProjectError, SpecError: The old file is untouched.
        """
        try:
            with self.lock_file.open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                spec = change(self.load())
                self.save(spec)
                return spec
        except OSError as error:
            raise from_os_error(error, "saving the project") from error


def open_project(root: Path) -> tuple[Project, ProjectSpec]:
    """Open an existing project and remember it on this machine.

    Raises:
        ProjectError, SpecError: As `Project.load`.
    """
    project = Project(root.expanduser().resolve())
    spec = project.load()
    remember_project(project.root)
    return project, spec


def _if_unfinished(project: Project) -> str:
    """What else can be done where there is hardly anything: whoever made it may have been killed on the way."""
    try:
        spec = project.load()
    except TunesmithError:
        return ""
    if spec.data and spec.model:
        return ""
    return f" It has no {'model' if spec.data else 'data'} yet: if nobody works on it, `rm -r {project.root}` first."


def create_project(root: Path, name: str | None = None) -> tuple[Project, ProjectSpec]:
    """Make a new project folder (0700) with a fresh `project.yaml` (0600).

    Raises:
        ProjectError: The folder holds a project already, holds other files, or cannot be written.
    """
    root = root.expanduser().resolve()
    project = Project(root)
    if not is_text(root):
        shown = os.fsencode(root).decode(errors="backslashreplace")
        raise ProjectError("This path is not UTF-8.", shown, "Choose another folder.", code="bad_path")
    if project.file.exists():
        raise ProjectError(
            "There is a project here already.",
            str(project.file),
            f"Open it with `tunesmith {root}`, or choose another folder.{_if_unfinished(project)}",
            code="exists",
        )
    if root.exists() and not root.is_dir():
        raise ProjectError("A file is in the way.", f"{root} is a file.", "Choose another folder.", code="not_empty")
    if root.exists() and any(root.iterdir()):
        raise ProjectError(
            "The folder is not empty.", str(root), "Choose a new folder for the project.", code="not_empty"
        )
    try:
        make_private_folder(root)
        os.chmod(root, 0o700)
        # Two commands may have found the folder empty: it belongs to the one that makes this file.
        project.lock_file.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        hint = "Choose another folder."
        raise ProjectError("A project is being made here already.", str(root), hint, code="exists") from error
    except OSError as error:
        raise from_os_error(error, "making the project folder") from error
    spec = ProjectSpec(name=name or root.name, created=datetime.now(UTC).replace(microsecond=0))
    try:
        project.save(spec)
        remember_project(root)
    except BaseException:
        for made in (project.file, project.lock_file):
            made.unlink(missing_ok=True)
        raise
    return project, spec
