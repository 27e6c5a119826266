"""The commands and their options, with help that shows how each is used.

A command names its function instead of importing it, so that `tunesmith jobs` starts without the rooms that
other commands need.
"""

from __future__ import annotations

import argparse
import difflib
from importlib.metadata import version

from engine.cli.parse_machine import job_commands, machine_commands, shipping_commands
from engine.cli.parse_privacy import privacy_commands
from engine.cli.parse_projects import project_commands
from engine.cli.parse_training import training_commands
from engine.cli.parsing import Parser, Table

_ABOUT = "Fine-tune an open language model on your own GPU without leaking anyone's data."
_EPILOG = """\
Without a command, tunesmith opens the wizard: `tunesmith` or `tunesmith PROJECT`.
Every command takes --json: data on stdout, prose on stderr.

exit codes:
  0 done   1 the job failed   2 usage or unusable input   3 refused by a gate   4 stopped on request

examples:
  tunesmith demo
  tunesmith new my-voice --data chats.jsonl --model HuggingFaceTB/SmolLM2-135M-Instruct
  tunesmith scan my-voice && tunesmith review my-voice && tunesmith redact my-voice
  tunesmith train my-voice --detach && tunesmith jobs
"""


def build_parser() -> Parser:
    """The whole command line."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="data on stdout, prose on stderr"
    )
    parser = Parser(
        prog="tunesmith",
        description=_ABOUT,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )
    parser.add_argument("--version", action="version", version=f"tunesmith {version('tunesmith')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser, title="commands")
    table = Table(commands, common)
    project_commands(table)
    privacy_commands(table)
    training_commands(table)
    job_commands(table)
    shipping_commands(table)
    machine_commands(table)
    return parser


def command_names() -> tuple[str, ...]:
    """All commands, for telling them from a project's path."""
    return tuple(_subparsers(build_parser()))


def nearest_command(word: str) -> str | None:
    """The command that was probably meant."""
    found = difflib.get_close_matches(word, command_names(), n=1, cutoff=0.6)
    return found[0] if found else None


def _subparsers(parser: argparse.ArgumentParser) -> list[str]:
    choices: list[str] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            choices.extend(action.choices)
    return choices
