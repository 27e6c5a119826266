"""How long a run will take, from what this project's earlier runs did on this machine. No history, no figure."""

from __future__ import annotations

from engine.jobs.folder import jobs_of
from engine.jobs.state import view
from engine.machine import hostname
from engine.project import Project

_RUNS = 3


def past_tokens_per_second(project: Project) -> tuple[float, ...]:
    """Training tokens a second of the last finished runs of this project on this machine, newest last."""
    jobs = [view(folder) for folder in jobs_of(project.root)]
    speeds = [
        float(job.snapshot.result.get("tokens_per_second") or 0)
        for job in jobs
        if job.record.kind == "train" and job.state == "finished" and job.record.host == hostname()
    ]
    return tuple(speed for speed in speeds if speed > 0)[-_RUNS:]


def estimate_seconds(project: Project, tokens: int) -> tuple[float, float] | None:
    """Seconds to train on `tokens` tokens, from the fastest and the slowest of the last runs.

    Args:
        project: Whose runs count. A run with another model or recipe counts too; the band shows how far they differ.
        tokens: Without padding, over all epochs.

    Returns:
        (low, high), or None when this project has not finished a run here.
    """
    speeds = past_tokens_per_second(project)
    return (tokens / max(speeds), tokens / min(speeds)) if speeds else None
