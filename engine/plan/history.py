"""How fast this machine was in earlier runs of a project's model. No history, no figure."""

from __future__ import annotations

from engine.errors import TunesmithError
from engine.jobs.folder import jobs_of
from engine.jobs.state import view
from engine.machine import hostname, known_projects
from engine.plan.report import Machine
from engine.project import Project

_RUNS = 3


def past_tokens_per_second(project: Project, *, on_cuda: bool) -> tuple[float, ...]:
    """Training tokens a second of the last finished runs of this project on this machine, newest last.

    Only those on its GPU, or only those on its processor.
    """
    jobs = [view(folder) for folder in jobs_of(project.root)]
    speeds = [
        float(job.snapshot.result.get("tokens_per_second") or 0)
        for job in jobs
        if job.record.kind == "train"
        and job.state == "finished"
        and job.record.host == hostname()
        and job.snapshot.preflight is not None
        and job.snapshot.preflight.device.startswith("cuda") == on_cuda
    ]
    return tuple(speed for speed in speeds if speed > 0)[-_RUNS:]


def past_speed(project: Project, machine: Machine) -> tuple[float, float] | None:
    """The slowest and the fastest of the last runs, in tokens a second.

    Runs of this project count; where it has none, those of other projects on this machine with the same model.

    Args:
        project: Whose model it is about.
        machine: What is planned for. Of a card that was only typed in there are no runs here.
    """
    if machine.on_cuda and not machine.gpu:
        return None
    speeds = past_tokens_per_second(project, on_cuda=machine.on_cuda) or _of_others(project, machine.on_cuda)
    return (min(speeds), max(speeds)) if speeds else None


def _of_others(project: Project, on_cuda: bool) -> tuple[float, ...]:
    try:
        mine = project.load().model
    except TunesmithError:
        return ()
    found: tuple[float, ...] = ()
    for root in known_projects():
        other = Project(root)
        if mine is None or root.resolve() == project.root.resolve():
            continue
        try:
            theirs = other.load().model
        except TunesmithError:
            continue
        if theirs is not None and theirs.source == mine.source:
            found += past_tokens_per_second(other, on_cuda=on_cuda)
    return found[-_RUNS:]
