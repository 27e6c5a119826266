# ruff: noqa: RUF001 (marks as people type them)
"""Text that was cut into words and joined again: "Anna , Kofi 's mum & Bea !" as "Anna, Kofi's mum & Bea!".

Collections of messages often come so, and French writes some of it. Rules know marks where English puts them; read once
more without the spaces before its marks, such a text gives what any other gives.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from engine.privacy.presidio import NlpArtifacts, RecognizerResult
from engine.privacy.recognisers.rules import RuleRecognizer

_SPACE = re.compile(
    r"[ ](?:(?<=[\w\"”’)][ ])(?=[,.!?;](?:\s|\Z)|['’](?:s|re|ll|ve|m|d)(?!\w)|n['’]t(?!\w))|(?<=[(\[][ ])(?=\w))"
)


class LooseRecognizer(RuleRecognizer):
    """A recogniser of rules that reads a text of that kind twice."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Find all matches of all rules; offsets are characters of `text`."""
        found: list[RecognizerResult] = super().analyze(text, entities, nlp_artifacts)
        cut = [match.start() for match in _SPACE.finditer(text)]
        if not cut or (len(cut) == 1 and cut[0] >= len(text) - 2):
            return found  # A space before the last mark alone hides nothing.
        joined, left = tightened(text, cut)
        for one in super().analyze(joined, entities, nlp_artifacts):
            one.start, one.end = _origin(one.start, left), _origin(one.end - 1, left) + 1
            found.append(one)
        return found


def tightened(text: str, cut: list[int]) -> tuple[str, list[int]]:
    """`text` without the characters at `cut`, and where in it each of them was missing."""
    pieces, start = [], 0
    for at in cut:
        pieces.append(text[start:at])
        start = at + 1
    pieces.append(text[start:])
    return "".join(pieces), [at - number for number, at in enumerate(cut)]


def _origin(at: int, left: list[int]) -> int:
    """Where in the text a character of the joined text stands."""
    return at + bisect_right(left, at)
