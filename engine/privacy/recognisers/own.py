"""The creator's own recognisers, as one Presidio recogniser."""

from __future__ import annotations

from collections.abc import Sequence

from engine.privacy.merge import OWN
from engine.privacy.own import compile_own
from engine.privacy.presidio import LocalRecognizer, NlpArtifacts, RecognizerResult
from engine.privacy.recognisers.rules import result
from engine.spec import OwnSpec


class OwnRecognizer(LocalRecognizer):  # type: ignore[misc]
    """Finds what the creator listed or described in `redaction.own`.

    Raises:
        SpecError: A pattern is none.
    """

    def __init__(self, own: Sequence[OwnSpec]) -> None:
        self.own = compile_own(own)
        super().__init__(supported_entities=sorted({one.entity for one in self.own}), name=OWN)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """All matches; offsets are characters of `text`.

        Raises:
            SpecError: A pattern takes too long.
        """
        return [
            result(self, found.entity, found.start, found.end, found.score, found.name)
            for one in self.own
            for found in one.find(text)
        ]
