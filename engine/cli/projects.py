"""`new`, `data`, `models`: what a project is made of."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine import actions
from engine.cli.content import say_content, say_health
from engine.cli.follow import LeftRunning, run_job
from engine.cli.left_out import change_left_out, count_left_out
from engine.cli.out import Out, count, size
from engine.cli.scratch import scratch_project, stop_jobs
from engine.errors import EXIT_DONE, DataError, StoppedError, UsageError
from engine.project import Project, open_project
from engine.spec import DataSpec, ProjectSpec

_SHOWN_BAD_ROWS = 20


def new(args: argparse.Namespace, out: Out) -> int:
    """Make a project, get its model if it is not here, and check its data. All of it or nothing."""
    root = Path(args.project)
    was_there = root.expanduser().exists()
    project, spec = actions.new_project(
        root,
        data=args.data,
        model=args.model,
        preset=args.preset,
        settings=args.settings,
        chat_template=args.chat_template,
        format=args.format,
        shape=args.shape,
        mapping=mapping_of(args.mapping),
    )
    try:
        ensure_model(project, out)
        report = check(project, out)
    except BaseException as error:
        stop_jobs(project.root)
        actions.remove_project(project, keep_folder=was_there)
        if isinstance(error, LeftRunning):
            raise StoppedError("Stopped.", "The project was not made.", "") from None
        raise
    spec = project.load()
    following = f"tunesmith scan {args.project}"
    out.result({"project": str(project.root), "model": model_facts(spec), "data": report, "next": following})
    out.say()
    out.say(f"Project  {project.root}")
    _say_model(spec, out)
    say_report(report, out, args.project)
    out.say()
    out.say(f"Next: {following}")
    return EXIT_DONE


def data(args: argparse.Namespace, out: Out) -> int:
    """Check the dataset of a project, or a bare file."""
    target = Path(args.target).expanduser()
    if target.is_dir():
        project, _ = open_project(target)
        if args.format != "auto" or args.shape != "auto" or args.mapping:
            _read_otherwise(project, args)
        if args.fixes or args.unfixes:
            actions.choose_fixes(project, args.fixes, args.unfixes)
        if args.leave_out or args.take_back is not None:
            change_left_out(project, args.leave_out, args.take_back, out)
        report = {**check(project, out), "left_out": count_left_out(project)}
    else:
        if args.leave_out or args.take_back is not None:
            raise UsageError(
                "Rows are left out of a project's training.",
                f"{target} is a file, and files stay as they are.",
                "Make a project with it first: `tunesmith new`.",
            )
        if args.fixes or args.unfixes:
            raise UsageError(
                "A fix belongs to a project.",
                f"{target} is a file, and files stay as they are.",
                "Make a project with it: `tunesmith new`, then `tunesmith data PROJECT --fix NAME`.",
            )
        with scratch_project(data_spec(args.target, args.format, args.shape, args.mapping)) as project:
            report = check(project, out)
    out.result(report)
    say_report(report, out, args.target if target.is_dir() else None)
    return EXIT_DONE


def data_spec(target: str, format: str = "auto", shape: str = "auto", mapping: Sequence[str] = ()) -> DataSpec:
    """How to read the bare file of a command.

    Raises:
        DataError, SpecError: The file, the format or the shape cannot be used.
    """
    file = actions.data_file(target)
    return actions.read_as(file, format=format, shape=shape, mapping=mapping_of(mapping))


def _read_otherwise(project: Project, args: argparse.Namespace) -> ProjectSpec:
    spec = project.load()
    if spec.data is None:
        raise DataError("No data is chosen.", str(project.file), "Choose a file in the wizard.")
    return actions.choose_data(
        project, spec.data.path, format=args.format, shape=args.shape, mapping=mapping_of(args.mapping)
    )


def mapping_of(pairs: Sequence[str]) -> dict[str, str]:
    """`["prompt=question"]` as a mapping of parts to columns.

    Raises:
        UsageError: One of them is no pair.
    """
    mapping = {}
    for pair in pairs:
        part, equals, column = pair.partition("=")
        if not (part and equals and column):
            raise UsageError(f"`{pair}` is not a mapping.", "", "Write it as --map prompt=question.")
        mapping[part] = column
    return mapping


def ensure_model(project: Project, out: Out) -> None:
    """Get a model that was chosen but is not on this machine yet.

    Raises:
        TunesmithError: It cannot be had.
    """
    spec = project.load()
    if spec.model is not None and actions.needs_fetch(spec):
        run_job(project.root, "fetch", {"source": spec.model.source, "revision": spec.model.revision}, out)


def check(project: Project, out: Out) -> dict[str, Any]:
    """Run the data check and return its report.

    Raises:
        DataError: The data cannot be used.
    """
    run_job(project.root, "check", {}, out)
    report = actions.read_json(project.check_file)
    if not report.get("usable"):
        raise DataError(
            "No row of the data can be used.",
            f"{report.get('path')}: {count(report.get('rows', 0), 'row')}, none of them usable.",
            "See what is wrong with each: `tunesmith data FILE`.",
            code="no_rows",
        )
    return report


def say_report(report: dict[str, Any], out: Out, project: str | None = None) -> None:
    """The report of a check in words."""
    chars = report["chars"]
    roles = ", ".join(f"{number:,} {role}" for role, number in report["roles"].items())
    encoding = f", {report['encoding']}" if report["encoding"] else ""
    out.say(f"Data     {report['path']}")
    out.say(f"         {size(report['size_bytes'])}, {report['format']}{encoding}: {report['format_reason']}")
    out.say(f"         {report['shape']}: {report['shape_reason']}")
    for part, column in report["mapping"].items():
        out.say(f"           {part} is the column `{column}`")
    out.say(f"         {count(report['rows'], 'row')}, {report['usable']:,} usable, {report['bad_rows']:,} not")
    out.say(f"         about {report['holdout']:,} of them kept apart to measure with; turns: {roles}")
    out.say(f"         {chars['median']:,} characters in the middle row, {chars['longest']:,} in the longest"
            f" (line {chars['longest_line']:,})")  # fmt: skip
    if report["repaired"]:
        out.say(f"         {count(report['repaired'], 'row')} with half a character, replaced by �")
    _say_bad(report, out)
    say_health(report, project, out)
    say_content(report, out)


def _say_bad(report: dict[str, Any], out: Out) -> None:
    for row in report["bad"][:_SHOWN_BAD_ROWS]:
        field = f" {row['field']}:" if row["field"] else ""
        out.say(f"  {report['path']}:{row['line']}:{field} {row['reason']} ({row['fate']})")
    more = report["bad_rows"] - min(len(report["bad"]), _SHOWN_BAD_ROWS)
    if more > 0:
        reasons = ", ".join(f"{reason['count']:,} {reason['kind'].replace('_', ' ')}" for reason in report["reasons"])
        out.say(f"  and {more:,} more; in all: {reasons}. All of them: `tunesmith data {report['path']} --json`")


def model_facts(spec: ProjectSpec) -> dict[str, Any]:
    """What is known of the project's model, ready for JSON."""
    from engine.models.inspect import inspect_model

    if spec.model is None or spec.model.path is None:
        return {}
    facts = inspect_model(Path(spec.model.path)).as_dict()
    facts.pop("weights", None)
    return {**spec.model.model_dump(mode="json"), **facts}


def _say_model(spec: ProjectSpec, out: Out) -> None:
    facts = model_facts(spec)
    if not facts:
        return
    parameters = f"{facts['parameters']:,} parameters, " if facts["parameters"] else ""
    template = "with its own chat template" if facts["has_chat_template"] else "without a chat template"
    out.say(f"Model    {facts['source']}: {facts['architecture']}, {parameters}{size(facts['size_bytes'])}")
    out.say(f"         licence: {facts['licence']}; {template}")


def models(args: argparse.Namespace, out: Out) -> int:
    """The catalogue, or one local model."""
    if args.model:
        return _one_model(args.model, out)
    from engine.cli.catalogue import list_models

    return list_models(args, out)


def _one_model(source: str, out: Out) -> int:
    from engine.models.inspect import inspect_model
    from engine.models.source import classify

    kind, path = classify(source)
    if path is None:
        raise UsageError(
            "This model is on the hub, not on this machine.",
            source,
            f"Make a project with it: `tunesmith new PROJECT --data FILE --model {source}`.",
            code="not_fetched",
        )
    facts = inspect_model(path).as_dict()
    facts.pop("weights", None)
    out.result({"source": source, **facts})
    if not out.json:
        width = max(map(len, facts))
        for name, value in {"kind": kind, **facts}.items():
            if value not in (None, "", {}, ()):
                out.say(f"{name.replace('_', ' '):{width}}  {value}")
    return EXIT_DONE
