"""What an event says to a person, in one line. Pure: tested without a job."""

from __future__ import annotations

from engine.cli.out import count, duration
from engine.jobs.events import (
    AlertEvent,
    CheckpointEvent,
    EvaluationEvent,
    Event,
    PhaseEvent,
    PreflightEvent,
    WarningEvent,
)
from engine.jobs.state import Snapshot


def event_line(event: Event) -> str | None:
    """The line of an event that must not be missed; None for those that only move the status."""
    match event:
        case PhaseEvent():
            return event.text[:1].upper() + event.text[1:]
        case PreflightEvent():
            return _preflight(event)
        case EvaluationEvent():
            best = ", the best so far" if event.best else ""
            return f"  step {event.step:,}: holdout loss {event.loss:.3f} (perplexity {event.perplexity:.2f}){best}"
        case CheckpointEvent():
            return f"  step {event.step:,}: saved; a stopped run can go on from here"
        case AlertEvent():
            return f"  {event.severity}: {event.seen} {event.means} {event.todo}"
        case WarningEvent():
            return "  note: " + " ".join(part for part in (event.title, event.what, event.hint) if part)
    return None


def _preflight(event: PreflightEvent) -> str:
    lines = [
        f"  {count(event.rows, 'row')} to learn from, {event.holdout_rows:,} kept apart to measure with",
        f"  {count(event.tokens, 'token')}, {event.supervised_tokens:,} of them trained; "
        f"end of the answer trained in {event.eos_supervised_share:.0%} of the rows",
        f"  {count(event.trainable_parameters, 'trainable parameter')}, {event.compute_dtype} on {event.device}, "
        f"rows up to {event.max_length:,} tokens",
    ]
    if event.truncated_rows:
        lines.append(f"  {count(event.truncated_rows, 'row')} longer than that: their ends are cut")
    if event.dropped_rows:
        lines.append(f"  {count(event.dropped_rows, 'row')} left out")
    return "\n".join(lines)


def status_line(snapshot: Snapshot) -> str:
    """Where the job is now; empty when there is nothing to count."""
    to_go = f", {duration(snapshot.eta_s)} to go" if snapshot.eta_s is not None else ""
    step = snapshot.step
    if step is not None and snapshot.unit == "steps":
        return (
            f"  step {_of(step.step, step.steps)}, loss {step.loss:.3f}, {step.tokens_per_second:,.0f} tokens/s{to_go}"
        )
    if not snapshot.unit:
        return ""
    return f"  {_of(snapshot.done, snapshot.total)} {snapshot.unit}{to_go}"


def _of(done: int, total: int | None) -> str:
    return f"{done:,} of {total:,}" if total is not None else f"{done:,}"
