"""A detector that is loaded when the first unknown text comes: a second scan of known texts needs none.

When many unknown texts have come, or a long one, further processes help; see `engine.privacy.crew`.
"""

from __future__ import annotations

import sys
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
_CHARACTERS_OF_TEXT = 130
"""A usual text of a chat has so many; work is counted in such texts."""
HELP_AFTER = 1_500
"""Unknown texts for each process: with fewer left, loading a helper takes longer than it saves."""


class LazyDetector:
    """Loads the detectors of a profile on first use, and passes the request to stop on to them.

    Args:
        profile: What to look for.
        ctx: The job.
        own: The creator's own recognisers.
    """

    def __init__(self, profile: Profile, ctx: JobContext, own: Sequence[OwnSpec] = ()) -> None:
        self.profile = profile
        self.ctx = ctx
        self.own = tuple(own)
        self.version = detector_version(profile, self.own)
        self._detector: Detector | None = None
        self._crew: Crew | None = None
        self._looked_at = 0
        self._least, self._most = 0, sys.maxsize

    def expect(self, most: int, known: int = 0) -> None:
        """Say how much is to come, so that helpers are started at once, and not for the last few texts.

        Args:
            most: Texts at most, of `work_of`.
            known: So many of them may be known already.
        """
        self._least, self._most = max(0, most - known), most

    def detect(self, texts: Sequence[str]) -> list[list[Hit]]:
        """The findings of each text. Of a long one all processes take a share, and the job says how far it is."""
        if self._detector is None:
            # Helpers load beside this process.
            self._help(sum(map(work_of, texts)))
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
        work = sum(map(work_of, texts))
        crew = self._help(work)
        found = self._alone(texts) if crew is None else crew.detect(texts, self._alone, self.ctx.check_stop)
        self._looked_at += work
        return found

    def _alone(self, texts: Sequence[str]) -> list[list[Hit]]:
        assert self._detector is not None
        return self._detector.detect(texts, self.ctx.check_stop)

    def _long(self, text: str, detector: Detector) -> list[Hit]:
        """The findings of one long text: as the detector alone would say, but window by window."""
        from engine.privacy.detect import moved
        from engine.privacy.merge import merge_hits

        windows, began = detector.windows(text), time.monotonic()
        found: list[Hit] = []
        for at in range(0, len(windows), _TOGETHER):
            part = windows[at : at + _TOGETHER]
            looked = self._windows([window for _, window in part], detector, work_of(text))
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
        self._looked_at += work_of(text)
        return merge_hits(text, found)

    def _windows(self, windows: Sequence[str], detector: Detector, work: int) -> list[list[Hit]]:
        crew = self._help(work)
        if crew is None:
            return detector.look(windows, self.ctx.check_stop)
        return crew.detect(windows, detector.look, self.ctx.check_stop, windows=True)

    def _help(self, work: int) -> Crew | None:
        """Helpers, once there is enough to do for them, and no more than that.

        Args:
            work: What is to be looked at now.
        """
        enough = int(self.ctx.spec.get("help_after", HELP_AFTER))
        if self._crew is None and max(self._least, self._looked_at + work) >= enough:
            from engine.privacy.crew import Crew, helpers_for

            count = self.ctx.spec.get("helpers")
            if count is None:
                left = (self._least if self._least >= enough else self._most) - self._looked_at
                count = min(helpers_for(self.profile), left // enough - 1)
            if int(count) > 0:
                self._crew = Crew(self.profile, self.own, int(count))
        return self._crew


def work_of(text: str) -> int:
    """How many usual texts a text is worth."""
    return 1 + len(text) // _CHARACTERS_OF_TEXT
