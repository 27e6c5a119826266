"""What the work of a job gets from the runner: its spec, a way to say how it goes, and whether to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.errors import StoppedError
from engine.jobs.emit import EventWriter
from engine.jobs.events import EndEvent, Event, PhaseEvent, ProgressEvent, WarningEvent
from engine.jobs.folder import JobFolder
from engine.project import Project

_PROGRESS_INTERVAL_S = 0.5


@dataclass
class JobContext:
    """The job as its own work sees it."""

    folder: JobFolder
    project: Project
    spec: dict[str, Any]
    writer: EventWriter
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when somebody asked the job to stop. The work saves what it has, then calls `check_stop`."""
    stop_by: str = ""
    listeners: list[Callable[[Event], None]] = field(default_factory=list)
    """See every event that is emitted, in the thread that emits it; called after it was written."""
    _last_progress: float = 0.0
    _phase_began: float = 0.0

    def emit(self, event: Event) -> None:
        """Write an event, and let those who listen see it."""
        self.writer.emit(event)
        for listener in self.listeners:
            listener(event)

    def end(self, event: EndEvent) -> None:
        """Write the event that says how the job ended: the last one, whatever the heartbeat still wants to say."""
        self.writer.emit_last(event)
        for listener in self.listeners:
            listener(event)

    def phase(self, name: str, text: str) -> None:
        """A new stretch of work begins; `text` is shown to the person."""
        self._phase_began, self._last_progress = time.monotonic(), 0.0
        self.emit(PhaseEvent(name=name, text=text))

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """How far the phase is. Call it as often as you like: at most two events a second are written."""
        now = time.monotonic()
        if now - self._last_progress < _PROGRESS_INTERVAL_S and done != total:
            return
        self._last_progress = now
        spent = now - self._phase_began
        eta = spent / done * (total - done) if total and done and spent > 1 else None
        self.emit(ProgressEvent(done=done, total=total, unit=unit, eta_s=eta))

    def warn(self, code: str, title: str, what: str = "", hint: str = "") -> None:
        """Tell the person something without ending the job."""
        self.emit(WarningEvent(code=code, title=title, what=what, hint=hint))

    def check_stop(self) -> None:
        """Raise `StoppedError` if the job was asked to stop. Call it between units of work."""
        if self.stop.is_set():
            raise StoppedError("Stopped.", f"by {self.stop_by or 'request'}")
