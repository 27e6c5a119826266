"""`jobs`, `attach`, `stop`, `log`: the jobs of every project made or opened on this machine."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from engine.cli.follow import follow
from engine.cli.lines import status_line
from engine.cli.out import Out, duration
from engine.errors import EXIT_DONE, JobFailedError, UsageError
from engine.jobs.control import stop_job
from engine.jobs.events import FinishedEvent
from engine.jobs.state import JobView, all_jobs, find_job, view


def list_jobs(args: argparse.Namespace, out: Out) -> int:
    """All jobs, newest last."""
    jobs = all_jobs([Path(args.project).resolve()] if args.project else None)
    if args.running:
        jobs = [job for job in jobs if job.active]
    out.result([job.as_dict() for job in jobs])
    if not jobs:
        out.say("No job is running." if args.running else "There is no job yet.")
        return EXIT_DONE
    if not out.json:
        now = time.time()
        rows = [(job.record.id, Path(job.record.project).name, job.state, _where(job), _age(job, now)) for job in jobs]
        out.table(("job", "project", "state", "where it stands", "last seen"), rows)
    return EXIT_DONE


def _where(job: JobView) -> str:
    if job.active or job.state in ("died", "stopped"):
        return status_line(job.snapshot).strip() or job.snapshot.phase_text
    if isinstance(job.snapshot.end, FinishedEvent):
        return "done"
    return str(job.as_dict()["title"] or "")


def _age(job: JobView, now: float) -> str:
    return f"{duration(now - (job.snapshot.last_seen or job.record.created))} ago"


def attach(args: argparse.Namespace, out: Out) -> int:
    """Watch a job; Ctrl-C only stops watching."""
    result = follow(find_job(args.job), out, on_interrupt="leave", events=True)
    out.say("Done.")
    for name, value in result.items():
        if isinstance(value, str | int | float):
            out.say(f"  {name.replace('_', ' ')}: {_number(value)}")
    return EXIT_DONE


def _number(value: str | int | float) -> str:
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value


def stop(args: argparse.Namespace, out: Out) -> int:
    """Stop a job after it saved, and wait until it is gone."""
    folder = find_job(args.job)
    before = view(folder)
    if not before.active:
        out.result({"id": folder.id, "state": before.state})
        out.say(f"{folder.id} is not running: {before.state}.")
        return EXIT_DONE
    out.say(f"Asking {folder.id} to save and stop.")
    state = stop_job(folder, by="tunesmith stop", grace_s=args.grace)
    if state not in ("stopped", "finished", "failed", "died"):
        raise JobFailedError(
            "The job does not stop.",
            f"{folder.id} is {state}, process {before.record.pid}.",
            "It may wait for a disk that does not answer. Look at its log: " + str(folder.log_file),
        )
    out.result({"id": folder.id, "state": state})
    out.say(f"{folder.id}: {state}.")
    return EXIT_DONE


def log(args: argparse.Namespace, out: Out) -> int:
    """The end of a job's log."""
    if args.lines < 1:
        raise UsageError("The number of lines must be at least 1.", f"-n {args.lines}", "Write -n 40.")
    folder = find_job(args.job)
    lines = folder.log_tail(args.lines)
    out.result({"id": folder.id, "file": str(folder.log_file), "lines": lines})
    if not out.json:
        for line in lines:
            out.say(line)
    return EXIT_DONE
