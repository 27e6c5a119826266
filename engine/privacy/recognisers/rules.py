"""A recogniser made of rules: regular expressions of which a group may be the finding, each with a check.

Presidio's own `PatternRecognizer` reports the whole match. Much of what leaks stands behind a word that must stay
("password is ..."), so a rule here names the group to hide.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.privacy.presidio import AnalysisExplanation, LocalRecognizer, NlpArtifacts, RecognizerResult
from engine.privacy.recognisers.patterns import Rule

HINT = "?"
"""Behind the recogniser's name in a match of a rule that is only a hint, until somebody has weighed it."""


class RuleRecognizer(LocalRecognizer):  # type: ignore[misc]
    """Finds everything its rules match.

    Args:
        entity: The type of its findings, where a rule names no other.
        name: The recogniser's name in the findings.
        rules: What it looks for.
        context: Words nearby that raise the score.
    """

    def __init__(self, entity: str, name: str, rules: Sequence[Rule], context: Sequence[str] = ()) -> None:
        self.entity = entity
        self.rules = tuple(rules)
        entities = sorted({entity, *(rule.entity for rule in rules if rule.entity)})
        super().__init__(supported_entities=entities, name=name, context=list(context))

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Find all matches of all rules; offsets are characters of `text`."""
        found: list[RecognizerResult] = []
        for rule in self.rules:
            if rule.needs is not None and not rule.needs(text):
                continue
            for match in rule.pattern.finditer(text):
                start, end = match.span(rule.group)
                if end > start and (rule.check is None or rule.check(match)):
                    one = result(self, rule.entity or self.entity, start, end, rule.score, rule.name)
                    if rule.hint:
                        one.recognition_metadata[RecognizerResult.RECOGNIZER_NAME_KEY] += HINT
                    found.append(one)
        return found


def result(recogniser: LocalRecognizer, entity: str, start: int, end: int, score: float, why: str) -> RecognizerResult:
    """A Presidio result that carries who found it and why."""
    return RecognizerResult(
        entity_type=entity,
        start=start,
        end=end,
        score=score,
        analysis_explanation=AnalysisExplanation(recognizer=recogniser.name, original_score=score, pattern_name=why),
        recognition_metadata={
            RecognizerResult.RECOGNIZER_NAME_KEY: recogniser.name,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recogniser.id,
        },
    )
