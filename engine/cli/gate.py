"""`gate`: may the adapter leave this machine? Every line with its figure, and the reasons given for amber ones."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.out import Out
from engine.errors import EXIT_DONE, EXIT_REFUSED, UsageError
from engine.evaluate.gate import Gate, give_reason, judge
from engine.project import open_project

MARKS = {"green": "ok  ", "amber": "!   ", "red": "STOP"}


def gate(args: argparse.Namespace, out: Out) -> int:
    """Show the gate; exit code 3 while it is closed."""
    project, spec = open_project(Path(args.project))
    for given in args.reasons:
        line, _, words = given.partition("=")
        if not words.strip():
            raise UsageError("A reason names its line.", given, "Write it as --reason LINE=TEXT.", code="no_reason")
        give_reason(project, words, [line.strip()])
        spec = project.load()
    verdict = judge(project, spec)
    out.result(verdict.as_dict())
    say_gate(verdict, out, args.project)
    return EXIT_DONE if verdict.open else EXIT_REFUSED


def say_gate(verdict: Gate, out: Out, named: str) -> None:
    """The gate in words."""
    out.say(f"May this leave the machine?  {len(verdict.red)} red, {len(verdict.amber)} amber")
    width = max(len(line.title) for line in verdict.lines)
    ids = max(len(line.id) for line in verdict.lines)
    for line in verdict.lines:
        out.say(f"  {MARKS[line.state]}  {line.id:{ids}}  {line.title:{width}}  {line.figure}")
        if line.state != "green":
            out.say(f"  {'':4}  {'':{ids}}  {'':{width}}  green is: {line.threshold}. {line.why}".rstrip())
        if line.reason:
            out.say(f"  {'':4}  {'':{ids}}  {'':{width}}  your reason: {line.reason}")
    out.say()
    if verdict.red:
        out.say("Red keeps it here.")
    elif verdict.unexplained:
        out.say(f'If that is all right, say why: tunesmith gate {named} --reason {verdict.unexplained[0].id}="..."')
    else:
        out.say(f"The gate is open: tunesmith export {named}")
