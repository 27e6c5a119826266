"""`train` and `evaluate`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine import actions, begin
from engine.cli.evaluation import evaluation_lines, say_base
from engine.cli.follow import follow, run_job
from engine.cli.out import Out, memory
from engine.cli.plan import ensure_planned
from engine.cli.projects import ensure_model
from engine.errors import EXIT_DONE, UsageError
from engine.jobs.folder import JobFolder, jobs_of
from engine.jobs.state import view
from engine.project import Project, open_project
from engine.train.hosts import gpu_count, run_node, several_hosts, spread_of, write_hosts
from engine.train.spread import check_spread

_SHOWN_ANSWERS = 2
_CLEARLY = 0.01
"""By this share the last holdout loss is above the best one, to be worth a word; as the rule holdout_rises."""


def train(args: argparse.Namespace, out: Out) -> int:
    """Check, start, and watch a training run; Ctrl-C asks it to save and stop."""
    project, _ = open_project(Path(args.project))
    if _other_machines(project, args, out):
        return EXIT_DONE
    ensure_model(project, out)
    if not (args.resume or args.smoke or args.promote or args.force):
        ensure_planned(project, out)
    job = _start(project, args, out)
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


def _other_machines(project: Project, args: argparse.Namespace, out: Out) -> bool:
    """With several machines: write what each is to do, or be one of them. False: this one runs the job.

    Raises:
        UsageError: The project names no other machines.
    """
    spec = project.load()
    if not several_hosts(spec):
        if args.hosts_only or args.node_rank is not None:
            raise UsageError(
                "This project runs on one machine.",
                "compute.hosts in project.yaml names no others.",
                "Name all machines there, this one first.",
            )
        return False
    spread = spread_of(project, spec, gpu_count())
    check_spread(spec.recipe, spread)
    if args.node_rank and not args.hosts_only:
        run_node(project, spread, args.node_rank)
        out.result({"node_rank": args.node_rank})
        out.say("The job on the first machine has ended.")
        return True
    commands = write_hosts(project, spread)
    if args.node_rank == 0 and not args.hosts_only:
        return False
    hosts = [{"host": one.host, "command": one.command, "config": str(one.config)} for one in commands]
    out.result({"hosts": hosts, "strategy": spread.strategy, "processes": spread.world})
    out.say(f"{spread.world} processes on {spread.machines} machines ({spread.strategy}). Nothing was started. Type:")
    for one in commands:
        out.say(f"  on {one.host}:  {one.command}")
    out.say(f"Kept in {commands[0].config.parent}, with accelerate's settings for each machine.")
    return True


def _start(project: Project, args: argparse.Namespace, out: Out) -> JobFolder:
    """The job that the options ask for.

    Raises:
        UsageError: Options that do not go together.
    """
    if args.promote:
        if args.resume or args.smoke or args.mix_in:
            raise UsageError("--promote goes on by itself.", "", "Leave out --resume, --smoke and --mix-in.")
        return begin.promote(project, args.settings, force=args.force)
    if args.settings:
        raise UsageError(
            "--set goes with --promote here.",
            " ".join(args.settings),
            "To train with other settings, change project.yaml or make the project with `tunesmith new --set`.",
        )
    if args.mix_in:
        _mix_in(project, args, out)
    if not args.resume and not args.smoke and (where := cut_short(project)):
        out.say(where)
    return begin.start_training(project, resume=args.resume, smoke=args.smoke, force=args.force)


def _mix_in(project: Project, args: argparse.Namespace, out: Out) -> None:
    """What the gate offers where a run forgot.

    Raises:
        UsageError: Options that do not go together.
        TunesmithError: A run cannot begin; nothing was changed.
    """
    if args.resume or args.smoke:
        raise UsageError("--mix-in begins a new run.", "", "Leave out --resume and --smoke.")
    from engine.evaluate.remedy import mix_general_rows_in, mix_in_offer

    # The share doubles with every time, so it is raised only where a run can begin.
    begin.before_training(project, project.load())
    offer = mix_in_offer(project, project.load())
    mix_general_rows_in(project)
    knobs = "recipe.mix_in" if offer.rate is None else "recipe.mix_in, recipe.learning_rate"
    out.say(f"General rows are mixed in: {offer.words} ({knobs}).")


def cut_short(project: Project) -> str:
    """Where the last training job ended without finishing, if it can go on; empty otherwise."""
    jobs = [view(folder) for folder in jobs_of(project.root) if folder.id.startswith("train-")]
    last = jobs[-1] if jobs else None
    if last is None or last.state not in ("died", "stopped", "failed") or last.snapshot.checkpoint is None:
        return ""
    step = last.snapshot.checkpoint.step
    return (
        f"The last run {last.state} and is saved at step {step:,}: --resume would go on from there. This is a new run."
    )


def say_trained(result: dict[str, Any], out: Out) -> None:
    """What came out of a training run, in words."""
    out.say()
    out.say(f"Trained {result['steps']:,} steps, {result['tokens_per_second']:,.0f} tokens/s, "
            f"{result['supervised_tokens']:,} trained tokens in the rows")  # fmt: skip
    out.say(f"  training loss  {result['train_loss']:.3f} on average")
    if result.get("eval_loss") is not None:
        out.say(f"  holdout loss   {result['eval_loss']:.3f}, lower is better{_base(result.get('base_eval_loss'))}")
    out.say(f"  memory         {memory(result['peak_bytes'])} at most, {result['peak_bytes_are']}")
    if result.get("went_back"):
        out.say(f"  best           the adapter is that of step {result['best_step']:,}, the best on the holdout")
    elif better := _was_better(result):
        out.say(f"  best           {better}")
    if result.get("epsilon") is not None:
        spent = f"epsilon {result['epsilon']:.2f} of {result['epsilon_limit']:g} is spent (delta {result['delta']:.1e})"
        out.say(f"  privacy        {spent}")
    if result.get("cost") is not None:
        out.say(f"  cost           {result['cost']:.2f}")
    if result.get("energy_wh") is not None:
        out.say(f"  energy         {result['energy_wh']:,.0f} Wh")
    if result.get("adapter_dir"):
        out.say(f"  adapter        {result['adapter_dir']}")
    else:
        out.say("  This was a trial of a few steps: nothing was kept.")


def _was_better(result: dict[str, Any]) -> str:
    """Where the holdout was clearly better before the end, and how to have that; empty where it was not."""
    best, last = result.get("best_loss"), result.get("eval_loss")
    if best is None or last is None or last < best * (1 + _CLEARLY):
        return ""
    back = f"tunesmith runs rollback PROJECT --step {result['best_step']}"
    return f"it was {best:.3f} at step {result['best_step']:,}: `{back}` takes that one"


def _base(loss: float | None) -> str:
    return "" if loss is None else f"; the base model has {loss:.3f}"


def evaluate(args: argparse.Namespace, out: Out) -> int:
    """Measure the tuned model against its base."""
    project, _ = open_project(Path(args.project))
    wanted = {"base_only": True} if args.base_only else {}
    if args.base_only:
        ensure_model(project, out)
    result = run_job(project.root, "evaluate", wanted, out, force=args.force)
    report = actions.read_json(Path(result["report"]))
    if args.base_only:
        out.result({**result, **report})
        say_base(report, out)
        out.say(f"The whole report: {result['report']}")
        return EXIT_DONE
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
    for line in evaluation_lines(report):
        out.say(f"  {line}")
    for answer in report.get("answers", [])[:_SHOWN_ANSWERS]:
        out.say()
        for who, text in (("asked", answer["prompt"]), ("base", answer["base"]), ("tuned", answer["tuned"])):
            out.say(f"  {who:5}  {_short(text)}")
    out.say()
    out.say(f"The whole report: {result['report']}")


def _short(text: str, width: int = 100) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
