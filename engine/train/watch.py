"""The health rules at work: what a training job emits is judged while it goes, and alerts are emitted in turn."""

from __future__ import annotations

import threading
from time import time

from engine.errors import TunesmithError
from engine.jobs.context import JobContext
from engine.jobs.events import AlertEvent, EndEvent, Event, FailedEvent
from engine.train.health import Rules, Watcher, load_rules


class LiveWatch:
    """Listens to a job's events. Events come from several threads, one after the other through the lock."""

    def __init__(self, context: JobContext, rules: Rules | None = None) -> None:
        self._context = context
        self._watcher = Watcher(rules or load_rules())
        self._lock = threading.RLock()

    def __call__(self, event: Event) -> None:
        """Judge one event. Alerts go through the same door and are not judged themselves.

        Nor is the end: nothing may stand after it. What a failure means is said by `failing`, before it.
        """
        if not isinstance(event, AlertEvent | EndEvent):
            self._judge(event)

    def failing(self, error: TunesmithError) -> None:
        """The job is about to fail with this error: say what it usually means, and what one key does about it."""
        self._judge(FailedEvent(code=error.error_code, title=error.title, what=error.what, hint=error.hint, t=time()))

    def _judge(self, event: Event) -> None:
        with self._lock:
            alerts = self._watcher.feed(event)
        for alert in alerts:
            print(f"{alert.severity}: {alert.rule}: {alert.seen}", flush=True)
            self._context.emit(alert)
