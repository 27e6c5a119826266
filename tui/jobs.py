"""Watching jobs from the wizard: reads only what is new, in a thread, and hands out frozen pictures."""

from __future__ import annotations

import time
from pathlib import Path

from engine.errors import TunesmithError
from engine.jobs.folder import JobFolder, jobs_of
from engine.jobs.process import is_alive
from engine.jobs.reader import EventTail
from engine.jobs.state import JobView, Snapshot, fold, state_of
from engine.machine import known_projects


class JobFollower:
    """Follows one job. `look` reads files, so call it in a thread."""

    def __init__(self, folder: JobFolder) -> None:
        self.folder = folder
        self._tail = EventTail(folder.events_file)
        self._snapshot = Snapshot()
        self._last: JobView | None = None

    def look(self) -> JobView:
        """The job as it is now; the same object as last time when nothing changed.

        Raises:
            ProjectError: The job's record cannot be read (its folder was removed).
        """
        if self._last is not None and not self._last.active and self._last.state != "died":
            return self._last
        record = self.folder.read()
        # The process is looked at before the events: an end event written in between is then still seen.
        alive = is_alive(record)
        new = self._tail.read_brief()
        if new:
            self._snapshot = fold(self._snapshot, new)
        state = state_of(record, self._snapshot, alive=alive, now=time.time())
        last = self._last
        if last is None or new or state != last.state or record != last.record:
            self._last = JobView(self.folder, record, self._snapshot, state)
        assert self._last is not None
        return self._last


class JobsWatch:
    """Follows the jobs of every known project; each event is read once."""

    def __init__(self) -> None:
        self._followers: dict[Path, JobFollower] = {}

    def look(self) -> list[JobView]:
        """All jobs of the projects known on this machine, newest last. Call it in a thread."""
        found: list[JobView] = []
        for root in known_projects():
            for folder in jobs_of(root):
                follower = self._followers.setdefault(folder.root, JobFollower(folder))
                try:
                    found.append(follower.look())
                except TunesmithError:
                    # Its folder was removed between the listing and the reading; it is no job any more.
                    self._followers.pop(folder.root, None)
        return sorted(found, key=lambda job: job.record.created)


def latest_job(root: Path, kinds: tuple[str, ...]) -> JobFolder | None:
    """The newest job of these kinds in a project."""
    found = [folder for folder in jobs_of(root) if folder.id.split("-")[0] in kinds]
    return found[-1] if found else None
