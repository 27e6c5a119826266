"""`runs`: the runs of a project compared, exported, noted, chosen; their health; and back to a checkpoint."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from engine.cli.out import Out, count, duration
from engine.errors import EXIT_DONE, UsageError
from engine.project import Project, open_project
from engine.runs import RunRow, choose_run, no_run, runs_of, write_note
from engine.spec import ProjectSpec


def runs(args: argparse.Namespace, out: Out) -> int:
    """`runs PROJECT`, `runs health PROJECT [RUN]`, `runs rollback PROJECT --step N`."""
    first, *more = args.words
    if first in ("health", "rollback") and more:
        project, spec = open_project(Path(more[0]))
        name = more[1] if len(more) > 1 else args.run_name
        if len(more) > 2:
            raise _too_many(args.words)
        return _health(project, spec, name, out) if first == "health" else _roll_back(project, spec, name, args, out)
    if more:
        raise _too_many(args.words)
    project, spec = open_project(Path(first))
    if args.choose:
        spec = choose_run(project, args.choose)
    if args.note:
        write_note(project, *args.note)
    rows = runs_of(project, spec, against=args.against)
    _export(rows, args, out)
    out.result([row.as_dict() for row in rows])
    if not out.json:
        _say(rows, out)
    return EXIT_DONE


def _too_many(words: Sequence[str]) -> UsageError:
    return UsageError(
        "The command cannot be understood.",
        f"runs {' '.join(words)}",
        "Write `runs PROJECT`, `runs health PROJECT [RUN]` or `runs rollback PROJECT --step N`.",
    )


def _export(rows: list[RunRow], args: argparse.Namespace, out: Out) -> None:
    from engine.runs_export import write_csv, write_tensorboard

    if args.csv:
        write_csv(rows, Path(args.csv))
        out.say(f"The table: {args.csv}")
    if args.tensorboard:
        written = write_tensorboard(rows, Path(args.tensorboard))
        out.say(f"The curves: tensorboard --logdir {args.tensorboard}" if written else "There are no curves yet.")


def _say(rows: list[RunRow], out: Out) -> None:
    if not rows:
        out.say("There is no run yet.")
        return
    head = ("", "run", "state", "steps", "train", "holdout", "best", "time", "cost", "changed", "note")
    out.table(head, [_cells(row) for row in rows], right=(3, 4, 5, 7, 8))


def _cells(row: RunRow) -> tuple[str, ...]:
    best = "" if row.best_loss is None else f"{row.best_loss:.3f} at {row.best_step:,}"
    return (
        "*" if row.chosen else "",
        row.name,
        row.state,
        f"{row.step:,}" if row.steps in (None, row.step) else f"{row.step:,} of {row.steps:,}",
        "" if row.train_loss is None else f"{row.train_loss:.3f}",
        "" if row.eval_loss is None else f"{row.eval_loss:.3f}",
        best,
        "" if row.seconds is None else duration(row.seconds),
        "" if row.cost is None else f"{row.cost:.2f} {row.currency}",
        " ".join(f"{knob}={now}" for knob, (_, now) in row.diff.items() if knob != "rows") or "",
        row.note,
    )


def _named(project: Project, spec: ProjectSpec, name: str | None) -> str:
    run = name or spec.run
    if not run:
        raise no_run(project, "")
    return run


def _health(project: Project, spec: ProjectSpec, name: str | None, out: Out) -> int:
    from engine.train.replay import health_of

    found = health_of(project, _named(project, spec, name))
    out.result(
        [{**alert.model_dump(exclude={"v", "seq", "kind"}), "job": job} for job, alerts in found for alert in alerts]
    )
    alerts = [alert for _, listed in found for alert in listed]
    out.say(f"{count(len(alerts), 'alert')}." if alerts else "Nothing to say: no rule spoke.")
    for alert in alerts:
        at = time.strftime("%H:%M", time.localtime(alert.t)) if alert.t else "--:--"
        step = f" step {alert.step:,}" if alert.step is not None else ""
        out.say(f"{at} {alert.severity:5} {alert.rule}{step}: {alert.seen}")
        out.say(f"      {alert.means} {alert.todo}")
    return EXIT_DONE


def _roll_back(project: Project, spec: ProjectSpec, name: str | None, args: argparse.Namespace, out: Out) -> int:
    from engine.train.rollback import roll_back

    result = roll_back(project, _named(project, spec, name), args.step)
    out.result(result)
    loss = result["eval_loss"]
    out.say(
        f"The adapter of {result['run']} is that of step {result['step']:,}"
        + (f", holdout loss {loss:.3f}." if loss is not None else ".")
    )
    out.say(f"Next: tunesmith evaluate {project.root}")
    return EXIT_DONE
