"""A recogniser made of rules: regular expressions of which a group may be the finding, each with a check.

Presidio's own `PatternRecognizer` reports the whole match. Much of what leaks stands behind a word that must stay
("password is ..."), so a rule here names the group to hide. A rule runs only on texts that can match it at all,
which keeps dozens of rules cheaper than one pass of a language model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.privacy.presidio import AnalysisExplanation, LocalRecognizer, NlpArtifacts, RecognizerResult

Check = Callable[[re.Match[str]], bool]


@dataclass(frozen=True)
class Rule:
    """One pattern.

    Args:
        name: Says in the review why something was found.
        pattern: Must be linear in the length of the text.
        score: How sure a match is, 0 to 1.
        group: Which group is the finding.
        check: Refuses matches that the pattern alone cannot.
        needs: A cheap test; texts that fail it cannot match.
        entity: Replaces the recogniser's type.
    """

    name: str
    pattern: re.Pattern[str]
    score: float
    group: int | str = 0
    check: Check | None = None
    needs: Callable[[str], bool] | None = None
    entity: str | None = None


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
                    found.append(result(self, rule.entity or self.entity, start, end, rule.score, rule.name))
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


_DIGIT = re.compile(r"\d")
_DIGIT_RUN = re.compile(r"(?:\d[^\w\n]{0,4}){6}\d")


def has_digits(least: int) -> Callable[[str], bool]:
    """A test for texts with at least so many digits."""
    return lambda text: len(_DIGIT.findall(text)) >= least


def has_digit_run(text: str) -> bool:
    """A test for texts with seven digits that only spaces and marks stand between: less is no phone number."""
    return _DIGIT_RUN.search(text) is not None


def contains(*parts: str) -> Callable[[str], bool]:
    """A test for texts that contain one of `parts`, in any case of letters."""
    pattern = re.compile("|".join(re.escape(part) for part in parts), re.IGNORECASE)
    return lambda text: pattern.search(text) is not None
