"""How much privacy a run may spend and has spent: (epsilon, delta) of DP-SGD with Poisson sampling.

The accounting is Opacus': PRV (Gopi, Lee, Wutschitz 2021, "Numerical Composition of Differential Privacy"), which is
tight to its stated error; where its numbers run out, RDP (Mironov 2017), which never says too little.

What the figure means: any single row, taken out of or put into the training rows, changes the probability of any
outcome of the training by a factor of at most e^epsilon, but for a chance of delta. What it does not cover: a person
who is in k rows is covered with k times epsilon only; the rows kept apart; how many rows there are; and what was
decided by looking at the rows (the recipe, what was redacted).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from engine.errors import SpecError, UsageError
from engine.spec import RecipeSpec

_TOLERANCE = 0.02
"""How far below the wanted epsilon the noise may land, as a share of it."""
_POINTS = 10
"""Points of the curve of what is spent. Each takes the accountant a moment, so it is not asked while training."""
_SMALLEST_NOISE, _LARGEST_NOISE = 0.2, 50.0
"""Noise multipliers outside of this are refused: below it the accountants' numbers fail, above it nothing is learnt."""


@dataclass(frozen=True)
class PrivacyBudget:
    """What DP-SGD adds and how it is counted."""

    epsilon: float
    """Wanted at the end of all steps."""
    delta: float
    noise: float
    """Standard deviation of the noise over the clipping norm."""
    clip: float
    """Norm to which each row's gradient is cut."""
    sample_rate: float
    """Chance of each row to be in a step, independent of all others (Poisson)."""
    steps: int
    curve: tuple[tuple[int, float], ...]
    """(steps, epsilon spent by then), ascending; the last are all steps."""

    def spent(self, steps: int) -> float:
        """Epsilon after so many steps, at this budget's delta; between two points of the curve the later one's."""
        if steps <= 0:
            return 0.0
        return next((epsilon for at, epsilon in self.curve if at >= steps), self.curve[-1][1])

    def allows(self, steps: int) -> bool:
        """Whether so many steps stay within the budget: the noise was chosen for no more."""
        return steps <= self.steps


def make_budget(recipe: RecipeSpec, *, rows: int, steps: int) -> PrivacyBudget:
    """The noise that spends `recipe.dp_epsilon` in `steps` steps.

    Args:
        recipe: With `dp_epsilon`, `dp_delta` (None: one over ten times the rows), `dp_clip`, `effective_batch`.
        rows: Training rows.
        steps: Planned optimizer steps.

    Raises:
        SpecError: The rows are too few, delta is no small chance, or no sensible noise gives that epsilon.
    """
    assert recipe.dp_epsilon is not None
    if rows < 2 * recipe.effective_batch:
        raise SpecError(
            "There are too few rows for differential privacy.",
            f"{rows} rows and an effective batch of {recipe.effective_batch} (recipe.effective_batch).",
            "Lower recipe.effective_batch, or train without recipe.dp_epsilon.",
        )
    delta = recipe.dp_delta if recipe.dp_delta is not None else 1 / (10 * rows)
    if delta >= 1 / rows:
        raise SpecError(
            "recipe.dp_delta is too large.",
            f"With {rows} rows a delta of {delta:g} allows a run that publishes one row outright.",
            f"Give at most {1 / (10 * rows):.1e}, or leave it out.",
        )
    rate = recipe.effective_batch / rows
    safe = _safe_noise(recipe.dp_epsilon, delta, rate, steps)
    if not _SMALLEST_NOISE <= safe <= _LARGEST_NOISE:
        size = "so little noise that it means nothing" if safe < 1 else "so much noise that nothing can be learnt"
        raise SpecError(
            f"recipe.dp_epsilon = {recipe.dp_epsilon:g} cannot be used here.",
            f"{steps} steps over {rows} rows would take {size} (a multiplier of {safe:.2f}).",
            "Common values are between 1 and 8; more rows or fewer steps need less noise.",
        )
    noise = _tighten(safe, recipe.dp_epsilon, delta, rate, steps)
    points = sorted({max(1, round(steps * part / _POINTS)) for part in range(1, _POINTS + 1)})
    curve = tuple((at, epsilon_of(noise, rate, at, delta)) for at in points)
    return PrivacyBudget(recipe.dp_epsilon, delta, noise, recipe.dp_clip, rate, steps, curve)


def refuse_other_noise(budget: PrivacyBudget, before: object) -> None:
    """A run goes on with the noise of its first steps: what they spent was counted with it.

    Args:
        budget: Of the steps that are planned now.
        before: The noise that the checkpoint was made with; None where it does not say.

    Raises:
        UsageError: `changed_since`.
    """
    if not isinstance(before, int | float) or abs(before - budget.noise) <= 1e-6 * budget.noise:
        return
    raise UsageError(
        "A private run cannot go on with other noise.",
        f"Its steps so far had a noise of {before:.3f}; the {budget.steps:,} steps planned now would have "
        f"{budget.noise:.3f}, and what was spent before would be counted wrongly.",
        "Put recipe.max_steps and recipe.epochs back, or start a new run with `tunesmith train PROJECT`.",
        code="changed_since",
    )


def epsilon_of(noise: float, sample_rate: float, steps: int, delta: float) -> float:
    """Epsilon of `steps` noisy steps at `delta`."""
    # Imported where it is used: it brings half of SciPy, which runs without this kind of privacy need not wait for.
    from opacus.accountants import PRVAccountant, RDPAccountant

    if steps == 0:
        return 0.0
    history = [(noise, sample_rate, steps)]
    with _quiet():
        tight, safe = PRVAccountant(), RDPAccountant()
        tight.history = history
        safe.history = history
        bound = float(safe.get_epsilon(delta=delta))
        try:
            return min(bound, float(tight.get_epsilon(delta=delta)))
        except (RuntimeWarning, RuntimeError, ValueError):
            return bound


def _safe_noise(epsilon: float, delta: float, rate: float, steps: int) -> float:
    """Noise that is enough by RDP."""
    from opacus.accountants.utils import get_noise_multiplier

    with _quiet():
        try:
            return float(
                get_noise_multiplier(
                    target_epsilon=epsilon,
                    target_delta=delta,
                    sample_rate=rate,
                    steps=steps,
                    accountant="rdp",
                    epsilon_tolerance=_TOLERANCE * epsilon,
                )
            )
        except ValueError as error:
            raise SpecError(
                f"recipe.dp_epsilon = {epsilon:g} cannot be reached.",
                f"However much noise is added, the accountant cannot vouch for so little in {steps} steps.",
                "Allow a larger epsilon, or fewer steps.",
            ) from error


def _tighten(safe: float, epsilon: float, delta: float, rate: float, steps: int) -> float:
    """A little less noise than the safe one, where the tight accountant says that it is enough."""
    low, high = 0.84 * safe, safe
    for _ in range(4):
        middle = (low + high) / 2
        if epsilon_of(middle, rate, steps, delta) <= epsilon:
            high = middle
        else:
            low = middle
    return high


@contextmanager
def _quiet() -> Iterator[None]:
    """Opacus says when a bound could be tighter: it stays a bound. Where its numbers overflow, that is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.filterwarnings("ignore", message="Optimal order is the")
        yield
