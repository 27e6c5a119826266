"""How far a job is: a bar that is drawn only when it changes, and the words beside it. Never animated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.charset import UNICODE, Glyphs, glyphs, plain
from tui.widgets.text import duration_text

if TYPE_CHECKING:
    from engine.jobs.state import JobView


def bar(share: float, width: int, chosen: Glyphs) -> str:
    """A bar of `width` cells, filled to `share` (0-1); partial cells where the terminal has them."""
    share = min(1.0, max(0.0, share))
    eighths = round(share * width * 8)
    full, part = divmod(eighths, 8)
    if not chosen.bar_parts:
        full, part = round(share * width), 0
    middle = chosen.bar_parts[part - 1] if part else ""
    return chosen.bar_full * full + middle + chosen.bar_empty * (width - full - len(middle))


def progress_words(job: JobView, room: int = 0) -> str:
    """What a job is doing and how far it is, as one phrase: `reading rows: 812 of 1,960 rows, 40 s to go`.

    Args:
        job: The job.
        room: Letters there are; how far it is stays whole, what it does is cut. 0: as many as it takes.
    """
    from engine.jobs.kinds import KINDS

    snapshot = job.snapshot
    kind = KINDS.get(job.record.kind)
    doing = snapshot.phase_text or (kind.title if kind else job.record.kind)
    if job.state == "stalled":
        return f"{doing}: nothing heard for a while; the process is still there"
    if not snapshot.total and not snapshot.done:
        return doing
    if snapshot.unit == "bytes":
        from tui.widgets.text import size_text

        done, total = size_text(snapshot.done), size_text(snapshot.total) if snapshot.total else ""
        far = f"{done} of {total}" if total else done
    else:
        far = f"{snapshot.done:,} of {snapshot.total:,} {snapshot.unit}" if snapshot.total else ""
        far = far or f"{snapshot.done:,} {snapshot.unit}"
    left = f", {duration_text(snapshot.eta_s)} to go" if snapshot.eta_s is not None else ""
    over = len(f"{doing}: {far}{left}") - room if room else 0
    if over > 0:
        doing = doing[: max(0, len(doing) - over - 1)].rstrip() + UNICODE.ellipsis
    return f"{doing}: {far}{left}"


class JobProgress(Widget):
    """Two lines: the words, and a bar with the share. Hidden when there is no running job."""

    DEFAULT_CSS = """
    JobProgress { height: 2; padding: 0 1; display: none; }
    JobProgress.-on { display: block; }
    """

    job: reactive[JobView | None] = reactive(None, always_update=True)

    def watch_job(self, job: JobView | None) -> None:
        """Show or hide."""
        self.set_class(job is not None and job.active, "-on")

    def render(self) -> Content:
        """The two lines."""
        if self.job is None:
            return Content("")
        chosen = glyphs(self)
        mark = chosen.stale if self.job.state == "stalled" else chosen.here
        colour = "$warning" if self.job.state == "stalled" else "$accent"
        words = Content.styled(mark, colour) + Content(
            " " + plain(progress_words(self.job, self.size.width - 2), chosen)
        )
        snapshot = self.job.snapshot
        width = max(1, self.size.width - 6)
        if snapshot.total:
            share = snapshot.done / snapshot.total
            line = Content.styled(bar(share, width, chosen), "$accent") + Content(f" {share:4.0%}")
        else:
            line = Content.styled(bar(0, width, chosen), "$muted")
        return words.truncate(self.size.width) + Content("\n") + line
