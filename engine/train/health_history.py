"""What health rules remember of a run, bounded whatever its length; and what a check is made of."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from engine.jobs.events import (
    CheckpointEvent,
    EvaluationEvent,
    Event,
    MachineEvent,
    PreflightEvent,
    StepEvent,
    WarningEvent,
)

Found = str
"""What was seen, in words with figures."""
Thresholds = Mapping[str, float | str]
_KNOWN_GRADIENTS = 10
_KEPT = 400
"""Step events that are remembered; no rule looks further back."""
LONG = 20
"""Losses in the steadier of the two medians."""
LEVEL = 40
"""Losses that make a level: enough to see a rise through the noise of single-row batches."""
SPEEDS = 10
"""Step events of which one median speed is kept: all of them would be sorted after every event."""
WENT_BACK = "went_back"
"""Code of the warning that a run returned to an earlier step; its field `step` says to which."""


@dataclass
class History:
    """What happened so far, as far as rules look at it. Bounded, whatever the length of the run."""

    preflight: PreflightEvent | None = None
    step: StepEvent | None = None
    steps: deque[StepEvent] = field(default_factory=lambda: deque(maxlen=_KEPT))
    seen_steps: int = 0
    first_step: int = 0
    """Of the first step event: a resumed job begins in the middle of its run."""
    losses: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))
    """Finite ones of step events."""
    first_losses: list[float] = field(default_factory=list)
    """Up to a hundred."""
    lowest: float = math.inf
    """Of the medians of five successive losses."""
    lowest_long: float = math.inf
    """Of the medians of twenty."""
    level: Level | None = None
    """Of the last forty losses; None before there are so many, and after going back."""
    lowest_level: Level | None = None
    """The lowest of those before it."""
    highest_rate: float = 0.0
    warm_at: int = 0
    """Number of the step event from which on the learning rate no longer rose."""
    zero_rates: int = 0
    """Successive step events without a learning rate, up to the last one."""
    gradients: deque[float] = field(default_factory=lambda: deque(maxlen=50))
    usual_gradient: float = 0.0
    """Median of the gradients before the last one; 0 before the eleventh."""
    jumps: deque[tuple[int, float, float]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    """(number of the step event, gradient, how many times the usual) of those that are above the usual."""
    speeds: deque[float] = field(default_factory=lambda: deque(maxlen=2 * SPEEDS))
    usual_speeds: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT // SPEEDS))
    """Median speed of each ten step events, the last ten left out."""
    evaluations: list[EvaluationEvent] = field(default_factory=list)
    machines: deque[MachineEvent] = field(default_factory=lambda: deque(maxlen=40))
    checkpoint: int | None = None
    checkpoint_times: deque[float] = field(default_factory=lambda: deque(maxlen=3))

    @property
    def level_at_start(self) -> float:
        """The first loss or the base model's on the holdout, whichever is higher; infinite before there is any.

        The first batch alone can be low by chance; without a holdout the highest of the first three stands for it.
        """
        base = [one.loss for one in self.evaluations if not one.step and math.isfinite(one.loss)]
        return max([*self.first_losses[: 1 if base else 3], *base], default=math.inf)

    def noise(self, leave: int) -> float:
        """How far single losses scatter about their level, as a standard deviation; the last `leave` left out."""
        known = last_of(self.losses, 40 + leave)
        return noise_of(known[:-leave] if leave and len(known) > 12 + leave else known)

    def take(self, event: Event) -> None:
        """Remember one more event."""
        match event:
            case StepEvent():
                self._take_step(event)
            case PreflightEvent():
                self.preflight = event
            case EvaluationEvent():
                if event.step or not self.evaluations:
                    self.evaluations.append(event)
            case MachineEvent():
                self.machines.append(event)
            case CheckpointEvent():
                self.checkpoint = event.step
                self.checkpoint_times.append(event.t)
            case WarningEvent(code="went_back"):
                self._forget()
            case _:
                pass

    def _take_step(self, event: StepEvent) -> None:
        self.step = event
        self.seen_steps += 1
        self.first_step = self.first_step or event.step
        self.steps.append(event)
        self.speeds.append(event.tokens_per_second)
        if self.seen_steps % SPEEDS == 0 and len(self.speeds) == 2 * SPEEDS:
            self.usual_speeds.append(median(list(self.speeds)[:SPEEDS]))
        self.zero_rates = 0 if event.learning_rate else self.zero_rates + 1
        if event.learning_rate > self.highest_rate:
            self.highest_rate, self.warm_at = event.learning_rate, self.seen_steps
        if len(self.losses) >= 5:
            self.lowest = min(self.lowest, median(last_of(self.losses, 5)))
        if len(self.losses) >= LONG:
            self.lowest_long = min(self.lowest_long, median(last_of(self.losses, LONG)))
        if math.isfinite(event.loss):
            self.losses.append(event.loss)
            self._take_level()
            if len(self.first_losses) < 100:
                self.first_losses.append(event.loss)
        gradient = greatest_gradient(event)
        if gradient is not None and math.isfinite(gradient):
            self._take_gradient(gradient)

    def _take_level(self) -> None:
        before = self.level
        if before is not None and (self.lowest_level is None or before.value < self.lowest_level.value):
            self.lowest_level = before
        if len(self.losses) >= LEVEL:
            self.level = level_of(last_of(self.losses, LEVEL))

    def _take_gradient(self, gradient: float) -> None:
        self.usual_gradient = median(self.gradients) if len(self.gradients) >= _KNOWN_GRADIENTS else 0.0
        if self.usual_gradient and gradient > 2 * self.usual_gradient:
            self.jumps.append((self.seen_steps, gradient, gradient / self.usual_gradient))
        self.gradients.append(gradient)

    def _forget(self) -> None:
        """It went back: what the losses did before says nothing about what they do now."""
        self.losses.clear()
        self.steps.clear()
        self.gradients.clear()
        self.jumps.clear()
        self.lowest = self.lowest_long = math.inf
        self.level = self.lowest_level = None


@dataclass(frozen=True)
class Check:
    """One check: the kinds of event it is asked after, the thresholds it needs, and what it does."""

    sees: tuple[type[Event], ...]
    thresholds: tuple[str, ...]
    look: Callable[[History, Event, Thresholds], Found | None]


def noise_of(losses: Sequence[float]) -> float:
    """How far losses scatter about their level, as a standard deviation, in nats.

    By what successive ones differ by, which a slope or a step does not change: for normal noise the median of that is
    0.954 standard deviations and the mean 1.128. The greater of the two counts, the mean without its greatest
    twentieth: where rows are of two kinds, easy and hard, most successive losses are of one kind, and the median alone
    says that there is hardly any noise.
    """
    differences = sorted(abs(later - before) for before, later in itertools.pairwise(losses))
    if not differences:
        return 0.0
    kept = differences[: len(differences) - len(differences) // 20]
    spread = max(median(differences) / 0.954, sum(kept) / len(kept) / 1.128)
    # Of a few differences it is often too low.
    return spread * (1 + 4 / len(differences))


@dataclass(frozen=True)
class Level:
    """Where losses stand, and how far by chance that may be off (a standard error), both in nats."""

    value: float
    error: float

    def errors_above(self, other: Level) -> float:
        """How many standard errors of their difference it lies above another one."""
        error = math.hypot(self.error, other.error)
        apart = self.value - other.value
        return apart / error if error else math.copysign(math.inf, apart) if apart else 0.0


def level_of(losses: Sequence[float]) -> Level:
    """The mean without the lowest and the highest tenth: nearly as steady as the mean, and no single loss moves it.

    Its standard error with normal noise is 1.03 times the mean's; 1.1 allows for what leans to one side.
    """
    cut = len(losses) // 10
    kept = sorted(losses)[cut : len(losses) - cut]
    return Level(sum(kept) / len(kept), 1.1 * noise_of(losses) / math.sqrt(len(losses)))


def greatest_gradient(event: StepEvent) -> float | None:
    """The greatest gradient norm of the steps in an event."""
    return event.grad_norm if event.grad_norm_max is None else event.grad_norm_max


def last_of(values: Sequence[float] | deque[float], count: int) -> list[float]:
    """The last so many, in order; without walking a long deque from its front."""
    size = len(values)
    return [values[place] for place in range(max(0, size - count), size)]


def number(t: Thresholds, name: str) -> float:
    """A threshold as a number."""
    return float(t[name])
