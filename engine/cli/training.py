"""`train` and `evaluate`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine import actions
from engine.cli.follow import follow, run_job
from engine.cli.out import Out, size
from engine.cli.projects import ensure_model
from engine.errors import EXIT_DONE
from engine.project import open_project

_SHOWN_ANSWERS = 2


def train(args: argparse.Namespace, out: Out) -> int:
    """Check, start, and watch a training run; Ctrl-C asks it to save and stop."""
    project, _ = open_project(Path(args.project))
    ensure_model(project, out)
    job = actions.start_training(project, resume=args.resume, smoke=args.smoke, force=args.force)
    if args.detach:
        out.result({"job": job.id, "project": str(project.root), "folder": str(job.root)})
        out.say(f"Training in the background: {job.id}")
        out.say(f"Watch it: tunesmith attach {job.id}")
        out.say(f"Stop it:  tunesmith stop {job.id}")
        return EXIT_DONE
    out.say(f"{job.id}: Ctrl-C saves and stops.")
    say_trained(follow(job, out, events=True), out)
    if not args.smoke:
        out.say()
        out.say(f"Next: tunesmith evaluate {args.project}")
    return EXIT_DONE


def say_trained(result: dict[str, Any], out: Out) -> None:
    """What came out of a training run, in words."""
    out.say()
    out.say(f"Trained {result['steps']:,} steps, {result['tokens_per_second']:,.0f} tokens/s, "
            f"{result['supervised_tokens']:,} trained tokens in the rows")  # fmt: skip
    out.say(f"  training loss  {result['train_loss']:.3f} on average")
    if result.get("eval_loss") is not None:
        out.say(f"  holdout loss   {result['eval_loss']:.3f}, lower is better{_base(result.get('base_eval_loss'))}")
    out.say(f"  memory         {size(result['peak_bytes'])} at most, {result['peak_bytes_are']}")
    if result.get("adapter_dir"):
        out.say(f"  adapter        {result['adapter_dir']}")
    else:
        out.say("  This was a trial of a few steps: nothing was kept.")


def _base(loss: float | None) -> str:
    return "" if loss is None else f"; the base model has {loss:.3f}"


def evaluate(args: argparse.Namespace, out: Out) -> int:
    """Measure the tuned model against its base."""
    project, _ = open_project(Path(args.project))
    result = run_job(project.root, "evaluate", {}, out, force=args.force)
    report = actions.read_json(Path(result["report"]))
    out.result({**result, "answers": report.get("answers", [])})
    say_evaluated(result, report, out)
    return EXIT_DONE


def say_evaluated(result: dict[str, Any], report: dict[str, Any], out: Out) -> None:
    """Base against tuned, in words."""
    out.say()
    if result["base_loss"] is None or result["tuned_loss"] is None:
        out.say("No rows were kept apart, so there is no loss to compare.")
    else:
        verdict = "better" if result["tuned_loss"] < result["base_loss"] else "not better"
        out.say(f"On {result['holdout_rows']:,} rows it never saw, the tuned model is {verdict}:")
        for who in ("base", "tuned"):
            out.say(f"  {who:5}  loss {result[who + '_loss']:.3f}, perplexity {result[who + '_perplexity']:.2f}")
    for answer in report.get("answers", [])[:_SHOWN_ANSWERS]:
        out.say()
        for who, text in (("asked", answer["prompt"]), ("base", answer["base"]), ("tuned", answer["tuned"])):
            out.say(f"  {who:5}  {_short(text)}")
    out.say()
    out.say(f"The whole report: {result['report']}")


def _short(text: str, width: int = 100) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
