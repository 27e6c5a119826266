"""`gate`: may the adapter leave this machine? Every line with its figure, and the reasons given for amber ones."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from pathlib import Path

from engine.cli.out import Out
from engine.errors import EXIT_DONE, EXIT_REFUSED, UsageError
from engine.evaluate.gate import Gate, give_reason, judge
from engine.project import open_project

_NO_TERMINAL = 10_000
"""Columns of a file or a pipe: lines stay whole there."""
_NARROWEST = 30
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
    below = " " * (2 + 4 + 2 + ids + 2 + width + 2)
    for line in verdict.lines:
        _say(f"  {MARKS[line.state]}  {line.id:{ids}}  {line.title:{width}}  ", line.figure, below, out)
        if line.state != "green":
            _say(below, f"green is: {line.threshold}. {line.why}".rstrip(), below, out)
        if line.reason:
            _say(below, f"your reason: {line.reason}", below, out)
    out.say()
    if verdict.red:
        out.say("Red keeps it here.")
    elif verdict.unexplained:
        out.say(f'If that is all right, say why: tunesmith gate {named} --reason {verdict.unexplained[0].id}="..."')
    else:
        out.say(f"The gate is open: tunesmith export {named}")


def _say(first: str, words: str, below: str, out: Out) -> None:
    """Words after a beginning; in a terminal that is too narrow for them they go on under themselves."""
    room = shutil.get_terminal_size((_NO_TERMINAL, 24)).columns - len(below)
    lines = textwrap.wrap(words, max(_NARROWEST, room)) or [""]
    for number, text in enumerate(lines):
        out.say(f"{below if number else first}{text}".rstrip())
