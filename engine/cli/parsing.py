"""What every command's parser is made with: one class, one way to add a command, shared options."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from typing import Any, NoReturn

from engine.errors import UsageError


class Parser(argparse.ArgumentParser):
    """Says what is wrong the way every other error is said, and knows options by their whole names only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing and leaving."""
        raise UsageError("The command cannot be understood.", f"{self.prog}: {message}", f"See `{self.prog} --help`.")

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """As argparse does, but a misspelt option is answered with the one of its command that is nearest.

        Raises:
            UsageError: Something is left that the command does not know.
        """
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            of: Parser = getattr(parsed, "parser", self)
            word = next((word for word in unknown if word.startswith("-")), unknown[0]).partition("=")[0]
            options = [option for action in of._actions for option in action.option_strings if len(option) > 2]
            near = difflib.get_close_matches(word, options, n=1, cutoff=0.6) if word.startswith("-") else []
            what = f"{of.prog}: `{word}` is " + ("no option of it." if word.startswith("-") else "one word too many.")
            hint = f"Did you mean `{near[0]}`? " if near else ""
            raise UsageError("The command cannot be understood.", what, f"{hint}See `{of.prog} --help`.")
        return parsed


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
        parser.set_defaults(run=function, parser=parser)
        return parser


def add_settings(parser: argparse.ArgumentParser) -> None:
    """`--set KEY=VALUE`, as often as wanted."""
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="such as recipe.rank=32"
    )
