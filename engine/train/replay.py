"""A recorded run judged again: its events through the health rules of now. Reads files; loads nothing heavy."""

from __future__ import annotations

from engine.jobs.events import AlertEvent, Event, FinishedEvent
from engine.jobs.folder import JobFolder, jobs_of
from engine.jobs.history import resumed_from, run_of
from engine.jobs.reader import read_events
from engine.jobs.state import view
from engine.project import Project
from engine.runs import check_run, metrics_of
from engine.train.health import judge, load_rules


def health_of(project: Project, run: str) -> list[tuple[str, list[AlertEvent]]]:
    """(job, alerts) of every job that worked on a run, oldest first; the evaluation's figures count with the last.

    Raises:
        UsageError: There is no such run.
    """
    check_run(project, run)
    rules = load_rules()
    jobs = [folder for folder in jobs_of(project.root) if _worked_on(folder, run)]
    found = []
    for number, folder in enumerate(jobs):
        events: list[Event] = [*read_events(folder.events_file)]
        if number == len(jobs) - 1 and (bleu := metrics_of(project, run).get("bleu")) is not None:
            events.append(FinishedEvent.model_validate({"bleu": bleu}))
        found.append((folder.id, judge(rules, events, died=view(folder).state == "died")))
    return found


def _worked_on(folder: JobFolder, run: str) -> bool:
    record = folder.read()
    return record.kind == "train" and resumed_from(record) is not None and run_of(record, None) == run
