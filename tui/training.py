"""What the training screen says, as pure functions from a job to lines: tested without an app.

Numbers keep their width while they count up, so that nothing on the line moves but digits.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from textual.content import Content

from engine.jobs.events import AlertEvent, FailedEvent, StepEvent, StoppedEvent
from engine.jobs.history import Points, best_of
from engine.jobs.state import JobState, JobView
from engine.machine import hostname
from tui.charset import Glyphs, plain
from tui.screens.frame import Tone
from tui.widgets.text import duration_text, fit, gib, one_line, styled
from tui.widgets.wrap import lines_within

STATE_COLOURS: dict[JobState, str] = {
    "starting": "$accent",
    "running": "$accent",
    "stalled": "$warning",
    "finished": "$success",
    "stopped": "$warning",
    "failed": "$error",
    "died": "$error",
}


def state_mark(state: JobState, chosen: Glyphs) -> Content:
    """The state's glyph and word in its colour."""
    marks: dict[JobState, str] = {
        "starting": chosen.here,
        "running": chosen.here,
        "stalled": chosen.stale,
        "finished": chosen.done,
        "stopped": chosen.stale,
        "failed": chosen.bad,
        "died": chosen.bad,
    }
    return styled(f"{marks[state]} {state}", f"bold {STATE_COLOURS[state]}")


def state_line(job: JobView, now: float, chosen: Glyphs, *, stopping: bool = False) -> Content:
    """Is it running, how far, how long yet; or how it ended."""
    line = state_mark(job.state, chosen)
    if job.record.host and job.record.host != hostname():
        line += styled(plain(f"  on {job.record.host}", chosen), "$warning")
    if stopping and job.active:
        return line + Content("   stopping: it saves a checkpoint first")
    match job.state:
        case "stalled":
            return line + Content(f"   {_where(job)}nothing heard since {clock(job.snapshot.last_seen, now)}")
        case "starting" | "running":
            return line + Content("   " + plain(_progress(job), chosen))
        case "finished":
            return line + Content(f"   {_where(job)}{_took(job)}")
        case "stopped":
            end = job.snapshot.end
            by = f"by {end.by}" if isinstance(end, StoppedEvent) else ""
            return line + Content(plain(f" {by}   {_where(job)}", chosen))
        case _:
            at = clock(job.snapshot.last_seen or job.record.created, now)
            return line + Content(f"   {_where(job)}{'last heard' if job.state == 'died' else 'at'} {at}")


def _progress(job: JobView) -> str:
    snapshot, step = job.snapshot, job.snapshot.step
    if step is None or snapshot.phase == "save":
        doing = snapshot.phase_text or "The process is starting"
        return f"{doing}: {snapshot.done:,} of {snapshot.total:,} {snapshot.unit}" if snapshot.total else doing
    width = len(f"{step.steps:,}")
    parts = [
        f"step {step.step:>{width},} of {step.steps:,}",
        f"epoch {step.epoch:.2f} of {step.epochs:g}",
        f"{share_done(job):4.0%}".replace("%", " %"),
    ]
    if snapshot.eta_s is not None:
        parts.append(f"{duration_text(snapshot.eta_s)} to go")
    return "   ".join(parts)


def share_done(job: JobView) -> float:
    """How much of the steps is done, 0 to 1; before the first step, of what it prepares."""
    step = job.snapshot.step
    if step is None or not step.steps:
        return min(1.0, job.snapshot.done / job.snapshot.total) if job.snapshot.total else 0.0
    return min(1.0, step.step / step.steps)


def _where(job: JobView) -> str:
    step = job.snapshot.step
    if step is None:
        return "before the first step   "
    return f"{step.steps:,} steps   " if step.step == step.steps else f"step {step.step:,} of {step.steps:,}   "


def _took(job: JobView) -> str:
    return f"took {duration_text(max(0.0, job.snapshot.last_seen - job.snapshot.started))}"


def clock(then: float, now: float) -> str:
    """A time of day, with the date where it is another day."""
    form = "%H:%M" if time.localtime(then)[:3] == time.localtime(now)[:3] else "%Y-%m-%d %H:%M"
    return time.strftime(form, time.localtime(then))


def legend_line(losses: Points, holdout: Points, width: int, chosen: Glyphs) -> Content:
    """What the curves are, with their last values and the best."""
    if not losses and not holdout:
        return fit(styled("loss  the first value comes with the first step", "$muted"), width, chosen)
    train = loss_text(losses[-1][1]) if losses else chosen.dash
    line = styled("loss ", "$muted") + styled(chosen.curve, "$accent") + Content(f" train {train}")
    if not holdout:
        return fit(line, width, chosen)
    line += Content("  ") + styled("o", "bold $warning") + Content(f" holdout {loss_text(holdout[-1][1])}")
    if best := best_of(holdout):
        line += Content("  ") + styled(chosen.best, "bold $success")
        line += Content(f" best {loss_text(best[1])} at {best[0]:,}")
    return fit(line, width, chosen)


def loss_text(value: float) -> str:
    """A loss with three decimals; what is no number is named."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "infinite"
    return f"{value:.3f}" if abs(value) < 1e4 else f"{value:.2e}"


def facts_line(job: JobView, checkpoint: int | None, width: int, chosen: Glyphs) -> Content:
    """Learning rate, gradient, speed, last save."""
    step = job.snapshot.step
    gap = "   "
    parts = [
        _fact("learning rate", rate_text(step.learning_rate) if step else chosen.dash),
        _fact("gradient", f"{_gradient(step, chosen):>4}"),
        Content(f"{step.tokens_per_second if step else 0:>6,.0f} ") + styled("tokens/s", "$muted"),
        _fact("last save", f"step {checkpoint:,}" if checkpoint else "none yet"),
    ]
    if width >= 110:
        if step:
            parts.append(_fact("tokens so far", f"{step.tokens:,}"))
        if preflight := job.snapshot.preflight:
            parts.append(Content(plain(f"{preflight.compute_dtype} on {preflight.device}", chosen)))
    return fit(Content(gap).join(parts), width, chosen)


def rate_text(rate: float) -> str:
    """A learning rate as people write it: `1.6e-4`."""
    mantissa, _, exponent = f"{rate:.1e}".partition("e")
    return f"{mantissa}e{int(exponent)}" if rate else "0"


def _gradient(step: StepEvent | None, chosen: Glyphs) -> str:
    if step is None or step.grad_norm is None:
        return chosen.dash
    return f"{step.grad_norm:.1f}" if math.isfinite(step.grad_norm) else "NaN"


def _fact(name: str, value: str) -> Content:
    return styled(f"{name} ", "$muted") + Content(value)


def warning_lines(job: JobView, now: float, width: int, chosen: Glyphs) -> list[Content]:
    """The last warning or alert in at most two lines; the pages behind tab and h have all of them whole."""
    warnings, alerts = job.snapshot.warnings, job.snapshot.alerts
    if not warnings and not alerts:
        return [fit(styled("no warnings so far" if job.active else "no warnings", "$muted"), width, chosen)]
    if alerts and (not warnings or alerts[-1].seq > warnings[-1].seq):
        return _alert_lines(alerts, now, width, chosen)
    last = warnings[-1]
    more = f" ({len(warnings)} in all: tab)" if len(warnings) > 1 else ""
    head = styled(f"{chosen.notice} ", "$warning") + styled(f"{clock(last.t, now)}  ", "$muted")
    return _lines(head, " ".join(part for part in (last.title, last.hint) if part), more, width, chosen)


def _alert_lines(alerts: tuple[AlertEvent, ...], now: float, width: int, chosen: Glyphs) -> list[Content]:
    last = alerts[-1]
    mark = {"red": chosen.bad, "amber": chosen.notice}.get(last.severity, chosen.dot)
    colour = {"red": "$error", "amber": "$warning"}.get(last.severity, "$muted")
    head = styled(f"{mark} ", colour) + styled(f"{clock(last.t, now)}  ", "$muted")
    more = f" ({len(alerts)} in all: h)" if len(alerts) > 1 else " (h)"
    return _lines(head, f"{last.seen} {last.todo}", more, width, chosen)


def _lines(head: Content, words: str, more: str, width: int, chosen: Glyphs) -> list[Content]:
    room = max(10, width - head.cell_length - len(more))
    lines = lines_within(plain(one_line(words), chosen), room, 2, chosen)
    first = head + Content(lines[0])
    rest = [Content(" " * head.cell_length + line) for line in lines[1:]]
    return [*[first, *rest][:-1], [first, *rest][-1] + styled(more, "$muted")]


def outcome_lines(job: JobView, checkpoint: int | None, project: Path, chosen: Glyphs) -> list[Content]:
    """What came out, with its meaning; empty while it runs."""
    if job.state == "finished":
        return _finished_lines(job.snapshot.result, project, chosen)
    if job.state in ("stopped", "failed", "died"):
        if checkpoint:
            words = f"A checkpoint of step {checkpoint:,} is saved. g goes on from there, n starts a new run."
        else:
            words = "No checkpoint was saved yet. n starts a new run."
        return [styled(f"{chosen.arrow} ", "$accent") + Content(words)]
    return []


def _finished_lines(result: dict[str, Any], project: Path, chosen: Glyphs) -> list[Content]:
    lines: list[Content] = []
    tuned, base = result.get("eval_loss"), result.get("base_eval_loss")
    if isinstance(tuned, float):
        line = styled("holdout loss  ", "$muted") + styled(loss_text(tuned), "bold") + Content(" - lower is better")
        if isinstance(base, float):
            line += Content(f"; the base model has {loss_text(base)}") + verdict(base, tuned, chosen)
        if result.get("went_back"):
            line += styled(f"  best, of step {result.get('best_step')}", "$muted")
        lines.append(line)
    else:
        lines.append(styled("holdout loss  ", "$muted") + Content("no rows were kept apart, so nobody can tell"))
    # The mean of the whole run begins where nothing was learned yet; the table of runs shows the last steps too.
    final = result.get("final_loss")
    train = final or result.get("train_loss")
    when = "over the last steps" if final else "on average"
    speed, peak = result.get("tokens_per_second"), result.get("peak_bytes")
    parts = [styled("training loss ", "$muted") + Content(f"{loss_text(train)} {when}")] if train else []
    if isinstance(speed, int | float):
        parts.append(Content(f"{speed:,.0f} tokens/s"))
    if isinstance(peak, int):
        parts.append(Content(f"{gib(peak)} GiB at most"))
    lines.append(Content("   ").join(parts))
    adapter = result.get("adapter_dir")
    if isinstance(adapter, str):
        shown = Path(adapter)
        relative = shown.relative_to(project) if shown.is_relative_to(project) else shown
        lines.append(styled("adapter       ", "$muted") + Content(plain(str(relative), chosen)))
    return lines


def verdict(base: float, tuned: float, chosen: Glyphs) -> Content:
    """How much lower the tuned loss is, with a glyph."""
    if not base or not math.isfinite(base) or not math.isfinite(tuned):
        return Content("")
    change = (tuned - base) / base
    mark, colour = (chosen.done, "$success") if change < 0 else (chosen.stale, "$warning")
    return styled(f"  {mark} {change:+.0%}".replace("%", " %"), colour)


def speaking_words(job: JobView | None, *, stopping: bool, paused_at: str) -> tuple[str, Tone]:
    """(words, tone) of the line that speaks."""
    if paused_at:
        return f"The picture stands still since {paused_at}; the job goes on. p lets it move again.", "attention"
    if job is None:
        return "Nothing has been trained with this project yet. enter goes to the start page.", "quiet"
    if stopping and job.active:
        return "It ends after the step it is at and saves a checkpoint. You can leave meanwhile.", "quiet"
    words: dict[JobState, tuple[str, Tone]] = {
        "starting": ("It is safe to close this window: training goes on, tunesmith shows it again.", "quiet"),
        "running": ("It is safe to close this window: training goes on, tunesmith shows it again.", "quiet"),
        "stalled": ("Silent, but its process is there: a slow disk, swapping, or hung. tab: log", "attention"),
        "finished": ("Done. enter measures it against the base model on rows it never saw.", "good"),
        "stopped": (_stopped_words(job), "attention"),
        "failed": ("It ended by an error. What was saved before is there. tab shows the log.", "danger"),
        "died": ("Its process is gone without a word. tab shows the end of its log.", "danger"),
    }
    return words[job.state]


def _stopped_words(job: JobView) -> str:
    end = job.snapshot.end
    forced = isinstance(end, StoppedEvent) and end.forced
    if isinstance(end, StoppedEvent) and "budget" in end.by:
        return f"Stopped: {end.by} is reached. What it had is saved."
    return "It had to be forced; the last checkpoint stays." if forced else "Stopped as asked. What it had is saved."


def failure_of(job: JobView) -> FailedEvent | None:
    """The error a job ended with."""
    return job.snapshot.end if isinstance(job.snapshot.end, FailedEvent) else None
