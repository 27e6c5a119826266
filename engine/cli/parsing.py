"""What every command's parser is made with: one class, one way to add a command, shared options."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from engine.errors import UsageError


class Parser(argparse.ArgumentParser):
    """Says what is wrong the way every other error is said, and knows options by their whole names only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing and leaving."""
        raise UsageError("The command cannot be understood.", f"{self.prog}: {message}", f"See `{self.prog} --help`.")


class Table:
    """Adds commands that all look alike."""

    def __init__(self, commands: Any, common: argparse.ArgumentParser) -> None:
        self._commands, self._common = commands, common

    def add(self, name: str, function: str, text: str, example: str) -> Parser:
        """A command: its name, `module:function`, one line of help, and an example."""
        parser: Parser = self._commands.add_parser(
            name,
            help=text,
            description=text[:1].upper() + text[1:] + ".",
            epilog=f"example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[self._common],
        )
        parser.set_defaults(run=function)
        return parser


def add_settings(parser: argparse.ArgumentParser) -> None:
    """`--set KEY=VALUE`, as often as wanted."""
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="such as recipe.rank=32"
    )
