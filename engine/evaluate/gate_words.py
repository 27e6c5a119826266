"""How the gate says its figures."""

from __future__ import annotations


def percent(change: float) -> str:
    """A change, 0.1 for a tenth more, with its sign."""
    return f"{change:+.0%}".replace("%", " %") if abs(change) >= 0.1 else f"{change:+.1%}".replace("%", " %")


def share(part: float) -> str:
    """A share, 0 to 1, in per cent."""
    return f"{100 * part:.0f} %"


def between(low: float | None, high: float | None) -> str:
    """An interval of shares in brackets, after a blank; empty where it is not known."""
    return "" if low is None or high is None else f" ({100 * low:.0f} to {100 * high:.0f} %)"


def plus_minus(half: float) -> str:
    """Half an interval, in per cent."""
    return f"±{half:.0%}".replace("%", "") if half >= 0.01 else "±1"


def count_rows(count: int) -> str:
    """So many training rows, in words."""
    return "1 training row" if count == 1 else f"{count} training rows"


def come(count: int) -> str:
    """The verb that goes with so many."""
    return "comes" if count == 1 else "come"
