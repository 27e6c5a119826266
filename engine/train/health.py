"""Is this run worth going on with? Rules over the events of a training job, as data and pure functions.

The thresholds and the words are in `presets/health.yaml`; what is looked at is here and in `health_checks`. The same
code judges a run while it goes (`engine.train.watch`) and a recorded one (`judge`), so both say the same. Nothing
here loads torch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from engine.errors import SpecError
from engine.jobs.events import AlertEvent, EvaluationEvent, Event
from engine.machine import PRESETS
from engine.train.health_checks import CHECKS
from engine.train.health_history import Check, Found, History, Thresholds

RULES_FILE = PRESETS / "health.yaml"
WORDS = "words"
"""The one threshold that is no number."""


class Rule(BaseModel):
    """One rule: its words, and its thresholds as further fields."""

    model_config = ConfigDict(extra="allow", frozen=True)
    id: str
    severity: Literal["note", "amber", "red"]
    means: str
    todo: str
    remedy: str = ""
    again_s: float | None = None
    """Seconds until it may speak again; None: once a run."""

    @property
    def thresholds(self) -> dict[str, float | str]:
        """By name, as the file has them."""
        return dict(self.model_extra or {})


Rules = tuple[Rule, ...]


@cache
def load_rules(file: Path = RULES_FILE) -> Rules:
    """The rules of a file.

    Raises:
        SpecError: It is gone or no YAML; a rule is unknown or missing; or one lacks a threshold, has one that its
            check does not know, or one of another kind.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SpecError("The health rules are gone.", f"{file} does not exist.", "Restore the file.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SpecError(f"{file.name} is not valid YAML.", str(error), "Correct that line.") from error
    if not isinstance(content, Mapping):
        raise SpecError(f"{file.name} holds no rules.", str(file), "Restore it.")
    rules = tuple(_rule(str(name), fields, file) for name, fields in content.items())
    if missing := sorted(CHECKS.keys() - content.keys()):
        # A rule that is not there would be silent about what it is for, and nobody would know.
        what = f"{file} has no {', '.join(missing)}."
        raise SpecError("Some health rules are missing.", what, "Restore them; a rule of severity `note` only notes.")
    return rules


def _rule(name: str, fields: object, file: Path) -> Rule:
    if name not in CHECKS:
        raise SpecError(f"There is no health rule `{name}`.", str(file), f"There are: {', '.join(CHECKS)}.")
    try:
        rule = Rule.model_validate({**(fields if isinstance(fields, Mapping) else {}), "id": name})
    except ValidationError as error:
        first = error.errors()[0]
        raise SpecError(
            f"The health rule `{name}` cannot be used.",
            f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}.",
            "Correct it, or restore the file.",
        ) from error
    wanted, given = set(CHECKS[name].thresholds), set(rule.thresholds)
    if wanted != given:
        odd = ", ".join(sorted(wanted ^ given))
        raise SpecError(f"The health rule `{name}` lacks or does not know: {odd}.", str(file), "Correct it.")
    for threshold, value in rule.thresholds.items():
        if not _fits(threshold, value):
            kind = "words" if threshold == WORDS else "a number"
            what = f"{file}: {threshold} is {value!r}, and should be {kind}."
            raise SpecError(f"The health rule `{name}` cannot be used.", what, "Correct it, or restore the file.")
    return rule


def _fits(threshold: str, value: object) -> bool:
    """Whether a threshold can be compared with: nothing is above or below NaN, and a rule with it would sleep."""
    if threshold == WORDS:
        return isinstance(value, str) and bool(value.strip())
    return type(value) in (int, float) and math.isfinite(float(str(value)))


class Watcher:
    """Judges events one after the other. Feeding the same events gives the same alerts."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._checks = [(rule, CHECKS[rule.id], rule.thresholds) for rule in rules]
        self._history = History()
        self._spoke: dict[str, float] = {}

    def feed(self, event: Event) -> list[AlertEvent]:
        """What is to be said after one more event."""
        self._history.take(event)
        return [
            alert
            for rule, check, thresholds in self._checks
            if event.__class__ in check.sees and (alert := self._alert(rule, check, thresholds, event)) is not None
        ]

    def died(self) -> list[AlertEvent]:
        """What is to be said when the events end without an end and the process is gone."""
        step = self._history.step
        where = f"at step {step.step:,} of {step.steps:,}" if step else "before the first step"
        saved = self._history.checkpoint
        kept = f"The checkpoint of step {saved:,} is whole." if saved else "No checkpoint was saved yet."
        rules = (rule for rule in self._rules if rule.id == "died")
        return [self._say(rule, f"The process is gone without a word, {where}. {kept}", 0.0) for rule in rules]

    def _alert(self, rule: Rule, check: Check, thresholds: Thresholds, event: Event) -> AlertEvent | None:
        last = self._spoke.get(rule.id)
        # A clock that was set back would else keep a rule silent until it has caught up.
        if last is not None and (rule.again_s is None or 0 <= event.t - last < rule.again_s):
            return None
        found: Found | None = check.look(self._history, event, thresholds)
        # An evaluation comes before the next step event, which may be some steps on.
        step = event.step if isinstance(event, EvaluationEvent) else None
        return None if found is None else self._say(rule, found, event.t, step)

    def _say(self, rule: Rule, seen: str, at: float, step: int | None = None) -> AlertEvent:
        """The alert; an event that has no step of its own is about the last one."""
        self._spoke[rule.id] = at
        last = self._history.step
        return AlertEvent(
            rule=rule.id,
            severity=rule.severity,
            seen=seen,
            means=rule.means,
            todo=rule.todo,
            remedy=rule.remedy,
            step=last.step if step is None and last else step,
        )


def judge(rules: Rules, history: Iterable[Event], *, died: bool = False) -> list[AlertEvent]:
    """All alerts of a recorded run, in order; those that are in the recording already are not counted again.

    Args:
        rules: As from `load_rules`.
        history: The events of one job, oldest first.
        died: Its process is gone and the events have no end.
    """
    watcher = Watcher(rules)
    alerts = []
    for event in history:
        if not isinstance(event, AlertEvent):
            for alert in watcher.feed(event):
                alert.t = event.t
                alerts.append(alert)
    return alerts + (watcher.died() if died else [])
