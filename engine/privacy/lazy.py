"""A detector that is loaded when the first unknown text comes: a second scan of known texts needs none.

When many unknown texts have come, further processes help; see `engine.privacy.crew`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.jobs.context import JobContext
from engine.privacy.hits import Hit
from engine.privacy.profiles import Profile
from engine.privacy.version import detector_version
from engine.spec import OwnSpec

if TYPE_CHECKING:
    from engine.privacy.crew import Crew
    from engine.privacy.detect import Detector

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
        """The findings of each text."""
        if self._detector is None:
            from engine.privacy.detect import Detector

            self._detector = Detector(self.profile, self.own)
        self._looked_at += len(texts)
        crew = self._help()
        if crew is None:
            return self._alone(texts)
        return crew.detect(texts, self._alone, self.ctx.check_stop)

    def close(self) -> None:
        """End the helpers."""
        if self._crew is not None:
            self._crew.close()
            self._crew = None

    def _alone(self, texts: Sequence[str]) -> list[list[Hit]]:
        assert self._detector is not None
        return self._detector.detect(texts, self.ctx.check_stop)

    def _help(self) -> Crew | None:
        """Helpers, once there is enough to do for them."""
        much = self._looked_at if self.expected is None else self.expected
        if self._crew is None and much >= int(self.ctx.spec.get("help_after", HELP_AFTER)):
            from engine.privacy.crew import Crew, helpers_for

            count = int(self.ctx.spec.get("helpers", helpers_for(self.profile)))
            if count:
                self._crew = Crew(self.profile, self.own, count)
        return self._crew
