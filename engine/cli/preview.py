"""`preview`: what the model will see, before it sees it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine import actions
from engine.cli.follow import run_job
from engine.cli.out import Out, count
from engine.cli.projects import ensure_model
from engine.errors import EXIT_DONE, UsageError
from engine.privacy.gate import check_privacy
from engine.project import Project, open_project
from engine.steps import step_statuses

_BEGIN, _END = "«", "»"


def preview(args: argparse.Namespace, out: Out) -> int:
    """Render the redacted rows as the model will see them."""
    project, _ = open_project(Path(args.project))
    if args.rows < 0:
        raise UsageError("The number of rows cannot be negative.", f"--rows {args.rows}", "Write --rows 5.")
    summary = render_preview(project, out)
    rows = list(preview_rows(project))
    chosen = rows[: args.rows] if args.row is None else [_row(rows, args.row)]
    out.result({**summary, "preview": rows if args.row is None else chosen})
    if not out.json:
        for row in chosen:
            _say_row(row, out)
        out.say(f"What stands between {_BEGIN} and {_END} is learned.")
    say_preview(summary, out)
    out.say()
    out.say(f"Next: tunesmith train {args.project}")
    return EXIT_DONE


def render_preview(project: Project, out: Out) -> dict[str, Any]:
    """The summary of the preview; the job runs only where there is none, or one of other data or settings.

    Raises:
        PrivacyRefusedError: The redacted file does not fit the data and the decisions of now.
    """
    ensure_model(project, out)
    spec = project.load()
    check_privacy(project, spec)
    done = next(status for status in step_statuses(spec) if status.step == "preview").state == "done"
    if not (done and (project.preview_folder / "rows.jsonl").is_file()):
        run_job(project.root, "preview", {}, out)
    return actions.read_json(project.preview_folder / "summary.json")


def preview_rows(project: Project) -> Iterator[dict[str, Any]]:
    """The rows that the last preview rendered."""
    with (project.preview_folder / "rows.jsonl").open(encoding="utf-8") as stream:
        yield from map(json.loads, stream)


def _row(rows: list[dict[str, Any]], index: int) -> dict[str, Any]:
    found = next((row for row in rows if row["index"] == index), None)
    if found is None:
        last = max((row["index"] for row in rows), default=0)
        raise UsageError(
            f"Row {index} is not in the preview.",
            f"It shows the first rows (up to {last}) and those that are cut; a row that cannot be used has no preview.",
            "Give the 0-based number of another row.",
            code="no_row",
        )
    return found


def _say_row(row: dict[str, Any], out: Out) -> None:
    kept = ", kept apart to measure with" if row.get("holdout") else ""
    cut = f", the last {row['cut_tokens']:,} are cut" if row["cut_tokens"] else ""
    out.say(f"row {row['index']} (line {row['line']}): {count(row['tokens'], 'token')}, "
            f"{row['supervised_tokens']:,} learned{cut}{kept}")  # fmt: skip
    for piece in "".join(_marked(text, learned) for text, learned in row["pieces"]).splitlines():
        out.say(f"  {piece}")
    out.say()


def _marked(text: str, learned: bool) -> str:
    """A stretch of text; what is learned stands between marks."""
    if not learned or not text:
        return text
    return f"{_BEGIN}{text}{_END}"


def say_preview(summary: dict[str, Any], out: Out) -> None:
    """The counts of a preview in words."""
    out.say(f"{count(summary['rows'], 'row')}: {summary['train_rows']:,} to learn from, "
            f"{summary['holdout_rows']:,} kept apart to measure with")  # fmt: skip
    out.say(f"{count(summary['tokens'], 'token')}, {summary['supervised_tokens']:,} of them learned; "
            f"{summary['median_tokens']:,} in the middle row, {summary['longest_tokens']:,} at most")  # fmt: skip
    out.say(f"The end of the answer is learned in {summary['eos_supervised_share']:.0%} of the rows.")
    if summary["truncated"]:
        out.say(f"{count(summary['truncated'], 'row')} longer than {summary['max_length']:,} tokens: "
                f"{count(summary['cut_tokens'], 'token')} cut")  # fmt: skip
    for reason, number in summary["dropped_reasons"].items():
        out.say(f"{count(number, 'row')} left out: {reason.replace('_', ' ')}")
