"""`demo`: the whole way on the bundled model and chats, without a question, and a proof at the end."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from engine import actions, begin
from engine.cli import preview, privacy, projects, training
from engine.cli.follow import follow, run_job
from engine.cli.gate import say_gate
from engine.cli.out import Out, count
from engine.data.left_out import leave_out, recited_fingerprints
from engine.errors import EXIT_DONE, PrivacyRefusedError
from engine.evaluate.gate import Gate, check_gate, give_reason, judge
from engine.machine import PRESETS, state_folder
from engine.privacy.policy import accept_all
from engine.project import Project, open_project
from engine.spec_text import with_settings
from engine.steps import step_statuses

PLANTED = PRESETS / "demo" / "planted.yaml"
_STEPS = 8
_MOST_AGAIN = 3
"""How often recited rows are taken out and the rest learned again: now and then a tiny model learns one by heart."""
_REASON = "the demo: bundled chats that were made up, and a model that is thrown away"
_SHORTEST_IN_WEIGHTS = 6
"""A shorter value occurs in megabytes of random bytes by chance."""


def demo(args: argparse.Namespace, out: Out) -> int:
    """Go all the way: check, scan, hide, preview, train, evaluate, pass the gate, pack, and look for leaks."""
    project, _ = actions.make_demo_project(new_demo_folder(args.project))
    out.say(f"A demo project in {project.root}")
    _step(1, "Data: reading the chats", out)
    report = projects.check(project, out)
    projects.say_report(report, out)
    _step(2, "Privacy: looking for personal details", out)
    run_job(project.root, "scan", {}, out, force=args.force)
    findings = privacy.findings_summary(project)
    privacy.say_findings(findings, out)
    _step(3, "Privacy: hiding everything that was found", out)
    _hide_all(project)
    redacted = privacy.redact_project(project, out, force=args.force)
    privacy.say_redacted(redacted, out)
    _step(4, "Preview: what the model will see", out)
    summary = preview.render_preview(project, out)
    preview.say_preview(summary, out)
    trained, evaluated = _learn(project, out, force=args.force)
    for _ in range(_MOST_AGAIN):
        if not _recites(project):
            break
        _take_recited_out(project, out)
        # Of the rows that are left, so that no step asks for another look when the demo is opened.
        preview.say_preview(preview.render_preview(project, out), out)
        trained, evaluated = _learn(project, out, force=args.force)
    verdict = _pass_gate(project, out)
    shipped = run_job(project.root, "ship", {"encrypt": False}, out)
    out.say(f"  Packed, not locked: {shipped['file']}")
    _step(8, "Proof: looking for every planted personal value", out)
    planted = planted_values()
    places = [Path(redacted["path"]), Path(trained["adapter_dir"]), Path(shipped["file"])]
    _refuse_leaks(planted, places)
    out.say(
        f"  None of the {count(len(planted), 'planted value')} occurs in the redacted file, the adapter or the package."
    )
    result = {
        **_summary(project, report, findings, redacted, trained, evaluated, len(planted)),
        "gate": verdict.as_dict(),
        "exported": shipped["file"],
    }
    out.result(result)
    _say_summary(result, out)
    return EXIT_DONE


def _learn(project: Project, out: Out, *, force: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Train, measure, and show the gate: what both jobs said at their end."""
    _step(5, "Training", out)
    trained = follow(begin.start_training(project, force=force), out)
    training.say_trained(trained, out)
    _step(6, "Evaluation: the tuned model against its base", out)
    evaluated = run_job(project.root, "evaluate", {}, out, force=force)
    training.say_evaluated(evaluated, actions.read_json(Path(evaluated["report"])), out)
    _step(7, "Gate: may the adapter leave?", out)
    say_gate(judge(project, project.load()), out, str(project.root))
    return trained, evaluated


def _recites(project: Project) -> bool:
    """Whether the only thing that keeps the adapter here is that it says training rows word for word."""
    return [line.id for line in judge(project, project.load()).red] == ["recites"]


def _take_recited_out(project: Project, out: Out) -> None:
    """What the gate advises: the rows out, and one time less through the others."""
    rows = recited_fingerprints(project, project.load())
    leave_out(project, rows)
    epochs = max(1.0, project.load().recipe.epochs - 1)
    actions.change(project, lambda spec: with_settings(spec, [f"recipe.epochs={epochs:g}"]))
    out.say()
    out.say(
        f"  It came to know {count(len(rows), 'row')} by heart. Taken out; again, {epochs:g} times through the others."
    )


def _pass_gate(project: Project, out: Out) -> Gate:
    """The gate as for any project; a doubtful line gets its reason on the record, a red one ends the demo.

    Raises:
        RefusedError: The gate is closed.
    """
    verdict = judge(project, project.load())
    if verdict.unexplained and not verdict.red:
        verdict = give_reason(project, _REASON)
        out.say(f"  Said why, for the record: {_REASON}.")
    return check_gate(project, project.load())


def _step(number: int, text: str, out: Out) -> None:
    out.say()
    out.say(f"[{number}/{_STEPS}] {text}")


def new_demo_folder(named: str | None) -> Path:
    """Where the next demo goes: as named, else `demo`, `demo-2`, ... in the machine's state folder."""
    if named:
        return Path(named)
    folders = (state_folder() / ("demo" if number == 1 else f"demo-{number}") for number in range(1, 10_000))
    return next(folder for folder in folders if not folder.exists())


def demo_for_wizard(named: str | None) -> Path:
    """The demo that the wizard opens: one that was begun and not trained yet, else a new one.

    Raises:
        TunesmithError: It cannot be made.
    """
    if named and (Path(named).expanduser() / "project.yaml").is_file():
        return open_project(Path(named))[0].root
    begun = [] if named else sorted(state_folder().glob("demo*/project.yaml"))
    for file in begun:
        project, spec = open_project(file.parent)
        if any(status.step == "train" and status.state != "done" for status in step_statuses(spec)):
            return project.root
    return actions.make_demo_project(new_demo_folder(named))[0].root


def _hide_all(project: Project) -> None:
    with privacy.open_findings(project) as store:
        hidden = accept_all(store, by="default")
    actions.record(project, "decisions", {"by": "demo", "hide": hidden})


def planted_values() -> list[str]:
    """Every personal value that was put into the demo data on purpose."""
    by_type: dict[str, list[object]] = yaml.safe_load(PLANTED.read_text(encoding="utf-8"))
    return sorted({str(value) for values in by_type.values() for value in values})


def _refuse_leaks(values: list[str], places: Iterable[Path]) -> None:
    found = list(leaks(values, places))
    if found:
        shown = "\n".join(f"{file}: {value}" for file, value in found[:10])
        raise PrivacyRefusedError(
            f"{count(len(found), 'personal value')} got through.",
            shown,
            "Look at these places in the review and add the values to redaction.known_values.",
            code="leak",
        )


def leaks(values: Iterable[str], places: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Which of `values` occur, as whole words and in any case of letters, in the files of `places`."""
    wanted = list(values)
    pattern = _pattern(wanted)
    in_weights = _pattern([value for value in wanted if len(value) >= _SHORTEST_IN_WEIGHTS])
    for place in places:
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file():
                searched = in_weights if file.suffix in (".safetensors", ".tar") else pattern
                text = file.read_bytes().decode("utf-8", "replace")
                yield from ((file, value) for value in sorted(set(searched.findall(text))))


def _pattern(values: list[str]) -> re.Pattern[str]:
    longest_first = sorted(values, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)


def _summary(
    project: Project,
    report: dict[str, Any],
    findings: dict[str, Any],
    redacted: dict[str, Any],
    trained: dict[str, Any],
    evaluated: dict[str, Any],
    planted: int,
) -> dict[str, Any]:
    return {
        "project": str(project.root),
        "rows": report["rows"],
        "usable": report["usable"],
        "bad": report["bad_rows"],
        "rows_with_findings": findings["rows_with_findings"],
        "findings": findings["findings"],
        "by_entity": findings["by_entity"],
        "redacted_file": redacted["path"],
        "residual": redacted["residual"],
        "base_loss": evaluated["base_loss"],
        "tuned_loss": evaluated["tuned_loss"],
        "tokens_per_second": trained["tokens_per_second"],
        "adapter_dir": trained["adapter_dir"],
        "planted_values": planted,
        "planted_found": 0,
    }


def _say_summary(result: dict[str, Any], out: Out) -> None:
    kinds = sorted(result["by_entity"].items(), key=lambda item: -item[1])
    out.say()
    out.say("Summary")
    out.say(f"  rows in        {result['rows']:,}, {result['bad']:,} of them bad and left out")
    out.say(f"  redacted       {result['findings']:,} findings in {result['rows_with_findings']:,} rows, all hidden")
    for entity, number in kinds:
        out.say(f"                 {number:>6,} {entity}")
    out.say(f"  holdout loss   {result['base_loss']:.3f} before, {result['tuned_loss']:.3f} after; lower is better")
    out.say(f"  leaks          0 of {result['planted_values']:,} planted values found in the outcome")
    out.say(f"  adapter        {result['adapter_dir']}")
    out.say(f"  package        {result['exported']}")
    out.say()
    out.say(f"Look at it in the wizard: tunesmith {result['project']}")
