"""A detector that is loaded when the first unknown text comes: a second scan of known texts needs none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.jobs.context import JobContext
from engine.privacy.merge import Hit
from engine.privacy.profiles import Profile
from engine.privacy.version import detector_version

if TYPE_CHECKING:
    from engine.privacy.detect import Detector


class LazyDetector:
    """Loads the detectors of a profile on first use, and passes the request to stop on to them."""

    def __init__(self, profile: Profile, ctx: JobContext) -> None:
        self.profile = profile
        self.ctx = ctx
        self.version = detector_version(profile)
        self._detector: Detector | None = None

    def detect(self, texts: Sequence[str]) -> list[list[Hit]]:
        """The findings of each text."""
        if self._detector is None:
            from engine.privacy.detect import Detector

            self._detector = Detector(self.profile)
        return self._detector.detect(texts, self.ctx.check_stop)
