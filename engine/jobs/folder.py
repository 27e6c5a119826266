"""A job's folder on disk: `job.json`, `events.jsonl`, `log.txt`, `control/`."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from engine.errors import ProjectError
from engine.files import atomic_write, make_private_folder


class JobRecord(BaseModel):
    """The content of `job.json`. The launcher writes what was asked, the runner adds who it is."""

    v: int = 1
    id: str
    kind: str
    project: str
    spec: dict[str, Any] = Field(default_factory=dict)
    created: float
    pid: int | None = None
    process_start: float | None = None
    """`psutil.Process.create_time()` of the pid: excludes a pid that was given to another process since."""
    start_ticks: int | None = None
    """The same in the kernel's ticks since boot, which setting the clock does not change; Linux only."""
    host: str = ""
    boot_id: str = ""


@dataclass(frozen=True)
class JobFolder:
    """The paths of one job."""

    root: Path

    @property
    def id(self) -> str:
        """The job's id: the folder's name."""
        return self.root.name

    @property
    def record_file(self) -> Path:
        """`job.json`."""
        return self.root / "job.json"

    @property
    def events_file(self) -> Path:
        """`events.jsonl`."""
        return self.root / "events.jsonl"

    @property
    def log_file(self) -> Path:
        """Standard output and error of the child."""
        return self.root / "log.txt"

    @property
    def stop_file(self) -> Path:
        """Exists when somebody asked the job to stop; holds who."""
        return self.root / "control" / "stop"

    def read(self) -> JobRecord:
        """Read `job.json`.

        Raises:
            ProjectError: Missing or damaged.
        """
        try:
            return JobRecord.model_validate_json(self.record_file.read_bytes())
        except (OSError, ValidationError) as error:
            raise ProjectError("This job's record cannot be read.", str(self.record_file), "", code="no_job") from error

    def write(self, record: JobRecord) -> None:
        """Replace `job.json` atomically."""
        atomic_write(self.record_file, record.model_dump_json(indent=1), "recording the job")

    def log_tail(self, lines: int = 20) -> list[str]:
        """The last lines of the log, for telling how a job died. Reads at most 64 KiB."""
        try:
            with self.log_file.open("rb") as stream:
                size = stream.seek(0, 2)
                stream.seek(max(0, size - 65536))
                text = stream.read().decode("utf-8", "replace")
        except OSError:
            return []
        return [line.rsplit("\r", 1)[-1] for line in text.splitlines()][-lines:]


def new_job(project_root: Path, kind: str, spec: dict[str, Any]) -> JobFolder:
    """Make the folder of a new job in a project, with its `job.json` and an empty `control/`.

    Raises:
        DiskFullError, ProjectError: The project folder cannot be written.
    """
    name = f"{kind}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
    folder = JobFolder(project_root / "jobs" / name)
    folder.write(JobRecord(id=name, kind=kind, project=str(project_root), spec=spec, created=time.time()))
    make_private_folder(folder.stop_file.parent)
    return folder


def jobs_of(project_root: Path) -> list[JobFolder]:
    """The jobs of a project, oldest first."""
    found = [path.parent for path in (project_root / "jobs").glob("*/job.json")]
    return [JobFolder(path) for path in sorted(found, key=lambda path: path.name.split("-")[1:])]
