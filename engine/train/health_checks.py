"""What each health rule looks at: pure functions from what happened so far to what was seen, or None.

A check is asked after every event of the kinds it sees. Its thresholds come from `presets/health.yaml`; the names it
needs are listed beside it, so that a misspelt threshold is an error and not a rule that sleeps.
"""

from __future__ import annotations

import math
from statistics import median

from engine.jobs.events import (
    EvaluationEvent,
    Event,
    FailedEvent,
    FinishedEvent,
    MachineEvent,
    PreflightEvent,
    StepEvent,
    WarningEvent,
)
from engine.train.health_history import (
    LONG,
    WENT_BACK,
    Check,
    Found,
    History,
    Thresholds,
    greatest_gradient,
    last_of,
    number,
)
from engine.train.health_machine import disk_full, gpu_memory, slow, throttled

# -- before the first step ------------------------------------------------------------------------------------------


def nothing_supervised(h: History, event: Event, t: Thresholds) -> Found | None:
    """No token, or next to none, is trained."""
    if isinstance(event, FailedEvent):
        return event.what or event.title if event.code == "nothing_to_learn" else None
    assert isinstance(event, PreflightEvent)
    share = event.supervised_tokens / event.tokens if event.tokens else 0.0
    if share >= number(t, "least_share"):
        return None
    return f"{event.supervised_tokens:,} of {event.tokens:,} tokens are trained."


def eos_masked(h: History, event: Event, t: Thresholds) -> Found | None:
    """The end of the answers is not trained."""
    assert isinstance(event, PreflightEvent)
    return _eos(event) if event.eos_supervised_share < number(t, "below") else None


def eos_rare(h: History, event: Event, t: Thresholds) -> Found | None:
    """The end of many answers is not trained."""
    assert isinstance(event, PreflightEvent)
    return _eos(event) if number(t, "above") <= event.eos_supervised_share < number(t, "below") else None


def _eos(event: PreflightEvent) -> Found:
    return f"The end of the answer is trained in {event.eos_supervised_share:.0%} of the rows."


def holdout_in_training(h: History, event: Event, t: Thresholds) -> Found | None:
    """Rows kept apart are among the training rows."""
    assert isinstance(event, PreflightEvent)
    rows = round(event.holdout_overlap * event.holdout_rows)
    chance = rows < number(t, "rows") and event.holdout_overlap < number(t, "most")
    if not rows or event.holdout_overlap < number(t, "share") or chance:
        return None
    return f"{rows:,} of {event.holdout_rows:,} holdout rows are training rows too, token for token."


def duplicates(h: History, event: Event, t: Thresholds) -> Found | None:
    """Rows that come again."""
    assert isinstance(event, PreflightEvent)
    if event.most_repeated < number(t, "repeats") and event.duplicate_share < number(t, "share"):
        return None
    return (
        f"{event.duplicate_share:.0%} of the training rows have a twin; one row is there {event.most_repeated:,} times."
    )


def tiny_dataset(h: History, event: Event, t: Thresholds) -> Found | None:
    """Few rows, many epochs."""
    assert isinstance(event, PreflightEvent)
    if event.epochs is None or event.rows >= number(t, "rows") or event.epochs <= number(t, "epochs"):
        return None
    return f"{event.rows:,} rows, {event.epochs:.0f} times over."


# -- losses ---------------------------------------------------------------------------------------------------------


def loss_not_finite(h: History, event: Event, t: Thresholds) -> Found | None:
    """NaN or infinity."""
    if isinstance(event, FailedEvent):
        return event.what or event.title if event.code == "not_finite" else None
    if isinstance(event, WarningEvent):
        return f"{event.title} {event.what}".strip() if event.code == WENT_BACK else None
    if isinstance(event, EvaluationEvent):
        if math.isfinite(event.loss):
            return None
        return f"The holdout loss is {'NaN' if math.isnan(event.loss) else 'infinite'} at step {event.step:,}."
    assert isinstance(event, StepEvent)
    if not math.isfinite(event.loss):
        return f"The loss is {'NaN' if math.isnan(event.loss) else 'infinite'} at step {event.step:,}."
    if event.grad_norm is not None and not math.isfinite(event.grad_norm):
        return f"The gradient is no number at step {event.step:,}."
    if event.adapter_norm is not None and not math.isfinite(event.adapter_norm):
        return f"The adapter's norm is no number at step {event.step:,}."
    return None


def loss_zero(h: History, event: Event, t: Thresholds) -> Found | None:
    """A loss of nothing."""
    assert isinstance(event, StepEvent)
    return f"The loss is {event.loss:g} at step {event.step:,}." if event.loss < number(t, "below") else None


def loss_rises(h: History, event: Event, t: Thresholds) -> Found | None:
    """The training loss is far above what it was, by more than its noise explains.

    Either a row of losses are all above the level at the start, or their median is above the lowest one so far: a few
    losses tell at once where they are quiet. Where they scatter, the mean of more of them is above the lowest such
    mean by more than both may be off.
    """
    # The first losses, and the lowest median of a few, are low by chance sooner or later; the mean of forty is not.
    settled = h.lowest_level.value if h.lowest_level else -math.inf
    start, row = max(h.level_at_start, settled), last_of(h.losses, int(number(t, "row")))
    above = max(start * number(t, "row_factor"), start + number(t, "row_nats"))
    clear = start + number(t, "row_scatter") * h.noise(0)
    if len(row) == number(t, "row") and min(row) >= above and median(row) >= clear:
        return f"The training loss is {median(row):.2f}; it began at {start:.2f}."
    ways = ((int(number(t, "steps")), h.lowest, "scatter"), (LONG, h.lowest_long, "scatter_long"))
    for count, lowest, scatter in ways:
        before = min(max(lowest, settled), start)
        if len(h.losses) < count or not math.isfinite(before):
            continue
        now = median(last_of(h.losses, count))
        if _far_above(now, before, t) and now >= before + number(t, scatter) * h.noise(count):
            return _rose(now, before)
    now_level, lowest_level = h.level, h.lowest_level
    if now_level is None or lowest_level is None or not _far_above(now_level.value, lowest_level.value, t):
        return None
    sure = now_level.errors_above(lowest_level) >= number(t, "errors")
    return _rose(now_level.value, lowest_level.value) if sure else None


def _far_above(now: float, before: float, t: Thresholds) -> bool:
    rose = now >= before * number(t, "factor") and now >= before + number(t, "nats")
    return rose or (now >= before * number(t, "low_factor") and now >= before + number(t, "low_nats"))


def _rose(now: float, before: float) -> Found:
    return f"The training loss is {now:.2f}; it was {before:.2f}."


def loss_falls(h: History, event: Event, t: Thresholds) -> Found | None:
    """The training loss drops at once after it was steady: below all it was, and not on its way there already."""
    count, before = int(number(t, "steps")), int(number(t, "before"))
    if len(h.losses) < count + before:
        return None
    tail = last_of(h.losses, count + before)
    earlier, late = tail[:before], tail[before:]
    usual, now = median(earlier), median(late)
    if now >= usual * number(t, "factor") or now >= min(earlier) or now > usual - number(t, "scatter") * h.noise(count):
        return None
    half = before // 2
    if median(earlier[half:]) < median(earlier[:half]) * (1 - number(t, "steady")):
        return None
    return f"The training loss fell from {usual:.2f} to {now:.2f} within {count} steps."


def worse_than_base(h: History, event: Event, t: Thresholds) -> Found | None:
    """Far worse on the holdout than the base model, and no better on the training rows: it unlearns."""
    assert isinstance(event, EvaluationEvent)
    base = next((one.loss for one in h.evaluations if not one.step), math.inf)
    far = event.loss >= base * (1 + number(t, "share")) and event.loss >= base + number(t, "nats")
    if not event.step or not far or _learns(h):
        return None
    return (
        f"The holdout loss is {event.loss:.2f} at step {event.step:,}; the base model's is {base:.2f}, "
        "and the training loss did not fall either."
    )


def _learns(h: History) -> bool:
    """Whether the training loss is below where it began; also where nothing is known of it."""
    return not h.losses or median(last_of(h.losses, 5)) < h.level_at_start * 0.97


def loss_stuck(h: History, event: Event, t: Thresholds) -> Found | None:
    """The training loss stays where it began, at a rate with which it could learn."""
    return _stuck(h, t) if h.highest_rate < number(t, "rate") else None


def rate_too_high(h: History, event: Event, t: Thresholds) -> Found | None:
    """The same at a rate that no adapter takes: by itself that proves nothing, tiny models bear a lot."""
    found = _stuck(h, t) if h.highest_rate >= number(t, "rate") else None
    return found and f"{found} The learning rate went up to {h.highest_rate:.1e}."


def _stuck(h: History, t: Thresholds) -> Found | None:
    """The training loss stays where it began; said as soon as its noise would not hide that it moved."""
    # A resumed run is at its level from the first step on.
    if h.seen_steps - h.warm_at < number(t, "after") or len(h.losses) < 25 or h.first_step > 5:
        return None
    if h.seen_steps > 100 and h.seen_steps % 10:
        return None
    count = max(5, min(len(h.first_losses), h.seen_steps // 3))
    first = max(median(h.first_losses[:5]), median(h.first_losses[:count]))
    now = median(last_of(h.losses, count))
    # Where it rose, another rule speaks.
    if now <= first * (1 - number(t, "share")) or now > median(h.first_losses[:5]) * 1.2:
        return None
    # The error of a difference of two medians of so many values with normal noise.
    if 1.25 * h.noise(0) * math.sqrt(2 / count) > number(t, "sure") * first:
        return None
    return f"The training loss is {now:.3f} after {h.seen_steps:,} looks; it began at {first:.3f}."


def holdout_rises(h: History, event: Event, t: Thresholds) -> Found | None:
    """The holdout loss is above its best for several evaluations."""
    count = int(number(t, "evaluations"))
    known = [one for one in h.evaluations if math.isfinite(one.loss)]
    if len(known) <= count:
        return None
    best = min(known[:-count], key=lambda one: one.loss)
    if not best.step and not _learns(h):
        # It never learned anything that it could now know by heart; other rules speak.
        return None
    if any(one.loss < best.loss * (1 + number(t, "share")) for one in known[-count:]):
        return None
    return f"The holdout loss is {known[-1].loss:.3f}; its best was {best.loss:.3f} at step {best.step:,}."


def perplexity_low(h: History, event: Event, t: Thresholds) -> Found | None:
    """Surprisingly little surprise on the holdout."""
    assert isinstance(event, EvaluationEvent)
    if not event.step or not event.perplexity < number(t, "below"):
        return None
    return f"The holdout perplexity is {event.perplexity:.2f} at step {event.step:,}."


def perplexity_unusual(h: History, event: Event, t: Thresholds) -> Found | None:
    """A perplexity that is not in the usual band, late in the run."""
    assert isinstance(event, EvaluationEvent)
    late = h.step is not None and event.step >= number(t, "after_share") * h.step.steps
    low, high = number(t, "low"), number(t, "high")
    if not event.step or not late or low <= event.perplexity <= high or not math.isfinite(event.perplexity):
        return None
    return f"The holdout perplexity is {event.perplexity:.1f}, outside {low:.0f} to {high:.0f}."


def bleu_high(h: History, event: Event, t: Thresholds) -> Found | None:
    """Answers too like the references."""
    bleu = _bleu(event)
    return f"BLEU is {bleu:.2f}." if bleu is not None and bleu > number(t, "above") else None


def bleu_low(h: History, event: Event, t: Thresholds) -> Found | None:
    """Answers unlike the references."""
    bleu = _bleu(event)
    return f"BLEU is {bleu:.2f}." if bleu is not None and bleu < number(t, "below") else None


def _bleu(event: Event) -> float | None:
    """BLEU as a share of 1, where an evaluation gives it; figures above 1 are taken as of 100."""
    given = (event.model_extra or {}).get("bleu")
    if not isinstance(given, int | float):
        return None
    return float(given) / 100 if given > 1 else float(given)


# -- gradients and the adapter --------------------------------------------------------------------------------------


def gradient_spike(h: History, event: Event, t: Thresholds) -> Found | None:
    """One gradient far above the usual."""
    number_of, gradient, times = h.jumps[-1] if h.jumps else (0, 0.0, 0.0)
    if number_of != h.seen_steps or times < number(t, "factor") or gradient < number(t, "least"):
        return None
    return f"The gradient jumped to {gradient:.1f} (usually {h.usual_gradient:.1f}) and was clipped."


def gradient_spikes(h: History, event: Event, t: Thresholds) -> Found | None:
    """Gradients far above the usual, again and again."""
    if not h.jumps or h.jumps[-1][0] != h.seen_steps:
        return None
    within, factor, least = (number(t, name) for name in ("within", "factor", "least"))
    recent = [jump for jump in h.jumps if jump[0] > h.seen_steps - within]
    jumps = sum(1 for _, gradient, times in recent if times >= factor and gradient >= least)
    return f"The gradient jumped {jumps} times within {within:.0f} steps." if jumps >= number(t, "count") else None


def overshoots(h: History, event: Event, t: Thresholds) -> Found | None:
    """In its first steps the gradient jumps and the loss with it: before there is a usual to compare with."""
    assert isinstance(event, StepEvent)
    before, gradient = list(h.gradients)[:-1], greatest_gradient(event)
    if event.step > number(t, "within") or h.first_step > 1 or not before or gradient is None:
        return None
    far = gradient >= number(t, "factor") * median(before) and gradient >= number(t, "least")
    if not far or event.loss < h.level_at_start * number(t, "loss_factor"):
        return None
    return (
        f"At step {event.step:,} the gradient was {gradient:.1f} ({median(before):.1f} before) and the loss "
        f"{event.loss:.2f} ({h.level_at_start:.2f} at the start)."
    )


def adapter_inert(h: History, event: Event, t: Thresholds) -> Found | None:
    """The adapter stays at its start."""
    if isinstance(event, FailedEvent):
        return event.what or event.title if event.code == "inert" else None
    assert isinstance(event, StepEvent)
    if event.step < number(t, "after") or event.adapter_norm is None or event.adapter_norm != 0:
        return None
    return f"After {event.step:,} steps the adapter's norm is 0."


def rate_zero(h: History, event: Event, t: Thresholds) -> Found | None:
    """No learning rate in the middle of a run."""
    assert isinstance(event, StepEvent)
    inside = number(t, "after") < event.step < number(t, "end_share") * event.steps
    # A schedule with restarts touches 0 once in a while.
    if not inside or h.zero_rates < min(number(t, "in_a_row"), h.seen_steps):
        return None
    return f"The learning rate is 0 at step {event.step:,}."


def out_of_memory(h: History, event: Event, t: Thresholds) -> Found | None:
    """Memory ran out; whether it went on or ended there."""
    if isinstance(event, FailedEvent | WarningEvent) and event.code == "out_of_memory":
        return f"{event.title} {event.what}".strip()
    return None


def never(h: History, event: Event, t: Thresholds) -> Found | None:
    """For rules that are not seen in events; `Watcher.died` speaks for this one."""
    return None


_STEP, _BEFORE, _MACHINE, _END = (StepEvent,), (PreflightEvent,), (MachineEvent,), (EvaluationEvent, FinishedEvent)
_OF_RISES = (
    "steps",
    "factor",
    "nats",
    "low_factor",
    "low_nats",
    "scatter",
    "scatter_long",
    "errors",
    "row",
    "row_factor",
    "row_nats",
    "row_scatter",
)
CHECKS: dict[str, Check] = {
    "nothing_supervised": Check((*_BEFORE, FailedEvent), ("least_share",), nothing_supervised),
    "eos_masked": Check(_BEFORE, ("below",), eos_masked),
    "eos_rare": Check(_BEFORE, ("below", "above"), eos_rare),
    "holdout_in_training": Check(_BEFORE, ("share", "rows", "most"), holdout_in_training),
    "duplicates": Check(_BEFORE, ("repeats", "share"), duplicates),
    "tiny_dataset": Check(_BEFORE, ("rows", "epochs"), tiny_dataset),
    "loss_not_finite": Check((*_STEP, EvaluationEvent, WarningEvent, FailedEvent), (), loss_not_finite),
    "loss_zero": Check(_STEP, ("below",), loss_zero),
    "loss_rises": Check(_STEP, _OF_RISES, loss_rises),
    "loss_falls": Check(_STEP, ("steps", "factor", "before", "steady", "scatter"), loss_falls),
    "worse_than_base": Check((EvaluationEvent,), ("share", "nats"), worse_than_base),
    "loss_stuck": Check(_STEP, ("after", "share", "sure", "rate"), loss_stuck),
    "rate_too_high": Check(_STEP, ("after", "share", "sure", "rate"), rate_too_high),
    "holdout_rises": Check((EvaluationEvent,), ("evaluations", "share"), holdout_rises),
    "perplexity_low": Check((EvaluationEvent,), ("below",), perplexity_low),
    "perplexity_unusual": Check((EvaluationEvent,), ("low", "high", "after_share"), perplexity_unusual),
    "bleu_high": Check(_END, ("above",), bleu_high),
    "bleu_low": Check(_END, ("below",), bleu_low),
    "gradient_spike": Check(_STEP, ("factor", "least"), gradient_spike),
    "gradient_spikes": Check(_STEP, ("count", "within", "factor", "least"), gradient_spikes),
    "overshoots": Check(_STEP, ("within", "factor", "least", "loss_factor"), overshoots),
    "adapter_inert": Check((*_STEP, FailedEvent), ("after",), adapter_inert),
    "rate_zero": Check(_STEP, ("after", "end_share", "in_a_row"), rate_zero),
    "gpu_memory": Check(_MACHINE, ("share", "readings"), gpu_memory),
    "too_hot": Check(_MACHINE, ("readings", "words"), throttled),
    "power_held": Check(_MACHINE, ("readings", "words"), throttled),
    "slow": Check(_STEP, ("factor", "nearly_all", "steps", "known"), slow),
    "disk_full": Check((*_MACHINE, FailedEvent), ("factor",), disk_full),
    "out_of_memory": Check((WarningEvent, FailedEvent), (), out_of_memory),
    "died": Check((), (), never),
}
