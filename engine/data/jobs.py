"""The jobs of this room: the check of the dataset, and the preview of what the model will see."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.data.check import CheckReport, check_data
from engine.errors import DataError, ModelError
from engine.files import atomic_stream, atomic_write
from engine.jobs.context import JobContext
from engine.project import Project
from engine.spec import DataSpec, ProjectSpec
from engine.steps import take_step

PREVIEW_ROWS = 200
"""Rows from the beginning of the file that the preview shows."""
PREVIEW_TRUNCATED = 20
"""Further rows it shows because they are cut."""


def run_check(ctx: JobContext) -> dict[str, Any]:
    """Check the dataset, write `data/check.json` and mark the step "data".

    Raises:
        DataError: No dataset was chosen, or it cannot be used.
        StoppedError: On request; nothing is written.
    """
    data = ctx.project.load().data
    if data is None:
        raise _no_data(ctx.project)
    path = ctx.project.root / Path(data.path).expanduser()
    ctx.phase("check", f"Reading {path.name}")
    report = check_data(data.model_copy(update={"path": str(path)}), ctx.progress, ctx.stop.is_set)
    text = json.dumps(report.as_dict(), indent=1)
    atomic_write(ctx.project.check_file, text, "writing the data check")
    ctx.project.update(lambda spec: _with_check(spec, data, report))
    return {
        "rows": report.rows,
        "usable": report.usable,
        "bad": report.bad_rows,
        "duplicates": report.duplicates,
        "shape": report.shape,
        "format": report.format,
        "report": str(ctx.project.check_file),
    }


def run_preview(ctx: JobContext) -> dict[str, Any]:
    """Render the redacted dataset, write `preview/rows.jsonl` and `preview/summary.json`, mark the step "preview".

    Raises:
        DataError, ModelError: The data or the tokenizer cannot be used.
        PrivacyRefusedError: The redacted file does not fit the data and the decisions of now.
        StoppedError: On request.
    """
    from engine.models.load import load_tokenizer
    from engine.privacy.gate import check_privacy

    spec = ctx.project.load()
    if spec.data is None:
        raise _no_data(ctx.project)
    if spec.model is None:
        raise ModelError("No model was chosen yet.", str(ctx.project.file), "Choose one in step 1.")
    check_privacy(ctx.project, spec)
    ctx.phase("tokenizer", "Loading the tokenizer")
    tokenizer = load_tokenizer(spec.model)
    ctx.phase("render", "Rendering the rows")
    summary = write_preview(ctx, spec, tokenizer)
    lost = summary["truncated"] or {"too_long", "nothing_to_learn"} & summary["dropped_reasons"].keys()
    whole = None if lost else summary["longest_tokens"]
    ctx.project.update(lambda now: take_step("preview", now, longest=whole) if _same_preview(now, spec) else now)
    return {key: value for key, value in summary.items() if not isinstance(value, list | dict)}


def write_preview(ctx: JobContext, spec: ProjectSpec, tokenizer: Any) -> dict[str, Any]:
    """Render everything, write both files, and return the summary.

    Raises:
        As `prepare`.
    """
    from engine.data.prepare import prepare

    prepared = prepare(ctx.project, spec, tokenizer, ctx.progress, ctx.stop.is_set)
    held_out = {row.index for row in prepared.holdout}
    rows = sorted([*prepared.train, *prepared.holdout], key=lambda row: row.index)
    lengths = [len(row.input_ids) + row.cut_tokens for row in rows]
    longest = max(range(len(rows)), key=lengths.__getitem__)
    shown = {row.index for row in rows[:PREVIEW_ROWS]} | {rows[longest].index}
    cut = [row.index for row in rows if row.cut_tokens and row.index not in shown]
    shown |= set(cut[:PREVIEW_TRUNCATED])
    summary: dict[str, Any] = {
        "rows": len(rows),
        "train_rows": len(prepared.train),
        "holdout_rows": len(prepared.holdout),
        "tokens": prepared.tokens,
        "supervised_tokens": prepared.supervised_tokens,
        "median_tokens": round(statistics.median(lengths)),
        "longest_tokens": lengths[longest],
        "longest_line": rows[longest].line,
        "length_quantiles": _quantiles(lengths),
        "most_supervised_tokens": max(row.supervised + row.cut_tokens for row in rows),
        "truncated": prepared.truncated,
        "cut_tokens": sum(row.cut_tokens for row in rows),
        "dropped": prepared.dropped,
        "dropped_reasons": dict(prepared.reasons),
        "dropped_rows": [note.as_dict() for note in prepared.notes[:100]],
        "eos_supervised_share": prepared.eos_supervised_share,
        "max_length": prepared.max_length,
        "template": (spec.model.chat_template if spec.model else "model") if prepared.template else "none",
        "shown": len(shown),
    }
    folder = ctx.project.preview_folder
    with atomic_stream(folder / "rows.jsonl", "writing the preview") as stream:
        for row in _preview_rows(ctx, spec, tokenizer, shown):
            row["holdout"] = row["index"] in held_out
            stream.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    atomic_write(folder / "summary.json", json.dumps(summary, indent=1), "writing the preview")
    return summary


def _quantiles(lengths: list[int]) -> list[int]:
    """The shortest row, 99 between in equal steps, the longest: the lengths of any number of rows in little room."""
    ordered = sorted(lengths)
    return [ordered[round(at * (len(ordered) - 1) / 100)] for at in range(101)]


def _preview_rows(ctx: JobContext, spec: ProjectSpec, tokenizer: Any, shown: set[int]) -> Iterator[dict[str, Any]]:
    """The rows to show, with their text in learned and other stretches. Reads the file a second time."""
    from engine.data.examples import open_dataset
    from engine.data.prepare import redacted_data
    from engine.data.render import Renderer
    from engine.data.shapes import Example

    renderer = Renderer(tokenizer, spec.model.chat_template if spec.model else "model")
    last = max(shown)
    for example in open_dataset(redacted_data(ctx.project, spec)).examples(ctx.stop.is_set):
        if isinstance(example, Example) and example.index in shown:
            row = renderer.render(example, spec.recipe.max_length)
            yield {
                "index": row.index,
                "line": row.line,
                "tokens": len(row.input_ids) + row.cut_tokens,
                "cut_tokens": row.cut_tokens,
                "supervised_tokens": row.supervised,
                "eos_trained": row.eos_trained,
                "pieces": [[text, learned] for text, learned in row.text_pieces],
            }
        if example.index >= last:
            return


def _with_check(spec: ProjectSpec, checked: DataSpec, report: CheckReport) -> ProjectSpec:
    """The spec after the check; unchanged if the creator chose other data in the meantime."""
    if spec.data is None or spec.data.model_copy(update={"sha256": checked.sha256}) != checked:
        return spec
    data = spec.data.model_copy(update={"sha256": report.sha256})
    return take_step("data", spec.model_copy(update={"data": data}))


def _same_preview(now: ProjectSpec, then: ProjectSpec) -> bool:
    same_file = now.redaction.sha256 == then.redaction.sha256
    return same_file and now.model == then.model and now.recipe.max_length == then.recipe.max_length


def _no_data(project: Project) -> DataError:
    return DataError(
        "No dataset was chosen yet.", str(project.file), "Choose one in step 2, or with `tunesmith new --data FILE`."
    )
