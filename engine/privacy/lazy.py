"""A detector that is loaded when the first unknown text comes: a second scan of known texts needs none.

When many unknown texts have come, or a long one, further processes help; see `engine.privacy.crew`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.jobs.context import JobContext
from engine.jobs.events import ProgressEvent
from engine.privacy.hits import Hit
from engine.privacy.profiles import Profile
from engine.privacy.version import detector_version
from engine.spec import OwnSpec

if TYPE_CHECKING:
    from engine.privacy.crew import Crew
    from engine.privacy.detect import Detector

LONG = 100_000
"""Characters of a text that is shared out by windows: a second or more of work for one process."""
_TOGETHER = 64
"""Windows of a long text that are looked at before the job says how far it is."""
_TEXTS_OF_WINDOW = 30
"""A window takes about as long as so many usual texts of a chat."""
HELP_AFTER = 1_500
"""Unknown texts after which helpers are started: with fewer left, loading them takes longer than they save."""


class LazyDetector:
    """Loads the detectors of a profile on first use, and passes the request to stop on to them.

    Args:
        profile: What to look for.
        ctx: The job.
        own: The creator's own recognisers.
        expected: How many texts will come at most, where that is known.
    """

    def __init__(
        self, profile: Profile, ctx: JobContext, own: Sequence[OwnSpec] = (), expected: int | None = None
    ) -> None:
        self.profile = profile
        self.ctx = ctx
        self.own = tuple(own)
        self.expected = expected
        self.version = detector_version(profile, self.own)
        self._detector: Detector | None = None
        self._crew: Crew | None = None
        self._looked_at = 0

    def detect(self, texts: Sequence[str]) -> list[list[Hit]]:
        """The findings of each text. Of a long one all processes take a share, and the job says how far it is."""
        if self._detector is None:
            from engine.privacy.detect import Detector

            self._detector = Detector(self.profile, self.own)
        usual = iter(self._many([text for text in texts if len(text) <= LONG]))
        return [next(usual) if len(text) <= LONG else self._long(text, self._detector) for text in texts]

    def close(self) -> None:
        """End the helpers."""
        if self._crew is not None:
            self._crew.close()
            self._crew = None

    def _many(self, texts: Sequence[str]) -> list[list[Hit]]:
        self._looked_at += len(texts)
        crew = self._help()
        if crew is None:
            return self._alone(texts)
        return crew.detect(texts, self._alone, self.ctx.check_stop)

    def _alone(self, texts: Sequence[str]) -> list[list[Hit]]:
        assert self._detector is not None
        return self._detector.detect(texts, self.ctx.check_stop)

    def _long(self, text: str, detector: Detector) -> list[Hit]:
        """The findings of one long text: as the detector alone would say, but window by window."""
        from engine.privacy.detect import moved
        from engine.privacy.merge import merge_hits

        windows, began = detector.windows(text), time.monotonic()
        self._looked_at += len(windows) * _TEXTS_OF_WINDOW
        found: list[Hit] = []
        for at in range(0, len(windows), _TOGETHER):
            part = windows[at : at + _TOGETHER]
            looked = self._windows([window for _, window in part], detector)
            for (offset, _), hits in zip(part, looked, strict=True):
                found += moved(hits, offset)
            done, spent = part[-1][0] + len(part[-1][1]), time.monotonic() - began
            # The job's own progress counts rows, and may stand still for minutes in this one.
            self.ctx.emit(
                ProgressEvent(
                    done=done,
                    total=len(text),
                    unit="characters of a long text",
                    eta_s=spent / done * (len(text) - done),
                )
            )
        return merge_hits(text, found)

    def _windows(self, windows: Sequence[str], detector: Detector) -> list[list[Hit]]:
        crew = self._help()
        if crew is None:
            return detector.look(windows, self.ctx.check_stop)
        return crew.detect(windows, detector.look, self.ctx.check_stop, windows=True)

    def _help(self) -> Crew | None:
        """Helpers, once there is enough to do for them."""
        much = self._looked_at if self.expected is None else self.expected
        if self._crew is None and much >= int(self.ctx.spec.get("help_after", HELP_AFTER)):
            from engine.privacy.crew import Crew, helpers_for

            count = int(self.ctx.spec.get("helpers", helpers_for(self.profile)))
            if count:
                self._crew = Crew(self.profile, self.own, count)
        return self._crew
