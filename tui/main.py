"""The entry of the program `tunesmith`: a command goes to the command line, everything else opens the wizard.

The command line and the project are imported where they are needed: `tunesmith` alone must paint at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from engine.errors import EXIT_STOPPED, TunesmithError, UsageError
from engine.files import PRIVATE_UMASK

_WIZARD_OPTIONS = ("--ascii",)


def main() -> None:
    """Run `sys.argv` and leave with its exit code."""
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        # Before a command could listen for it.
        code = EXIT_STOPPED
    sys.exit(code)


def run(argv: list[str]) -> int:
    """Run the wizard or a command.

    Args:
        argv: Without the program's name.

    Returns:
        The exit code.
    """
    words = [word for word in argv if word not in _WIZARD_OPTIONS]
    if words[:1] == ["demo"] and _at_a_terminal() and not {"--headless", "--json", "-h", "--help"} & set(words):
        return _told(lambda: _demo(words, ascii_only="--ascii" in argv))
    if words and _is_command(words):
        from engine.cli import main as run_command

        return run_command(argv)
    return _told(lambda: _wizard(words, ascii_only="--ascii" in argv))


def _is_command(words: list[str]) -> bool:
    from engine.cli.parser import command_names

    return any(word.startswith("-") for word in words) or words[0] in command_names()


def _told(work: Callable[[], int]) -> int:
    """Do the work; tell an error as every command does."""
    os.umask(PRIVATE_UMASK)
    try:
        return work()
    except TunesmithError as error:
        from engine.cli.out import Out

        Out().error(error)
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_STOPPED


def _demo(words: list[str], *, ascii_only: bool) -> int:
    from engine.cli.demo import demo_for_wizard
    from engine.cli.parser import build_parser
    from tui.app import run_wizard

    args = build_parser().parse_args(words)
    return run_wizard(demo_for_wizard(args.project), ascii_only)


def _at_a_terminal() -> bool:
    # A stream that was closed (`<&-`) is None.
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _wizard(words: list[str], *, ascii_only: bool) -> int:
    project = _project(words)
    if not _at_a_terminal():
        raise UsageError(
            "The wizard needs a terminal.",
            "Input or output is a file or a pipe.",
            "Use the commands instead: `tunesmith --help`.",
            code="no_terminal",
        )
    from tui.app import run_wizard

    return run_wizard(project, ascii_only)


def _is_there(word: str) -> bool:
    """Whether a word names something here; too long, not ours to look into, or the `~` of nobody: it does not."""
    try:
        return Path(word).expanduser().exists()
    except (OSError, RuntimeError):
        return False


def _project(words: list[str]) -> Path | None:
    """The project that was named; a misspelt command is told as such.

    Raises:
        UsageError: Neither a command nor a project.
        ProjectError, SpecError: The project cannot be opened.
    """
    if not words:
        return None
    if len(words) == 1 and _is_there(words[0]):
        from engine.project import open_project

        project, _ = open_project(Path(words[0]))
        return project.root
    from engine.machine import known_projects

    # The wizard makes projects in a folder of its own: their names are enough.
    named = [root for root in known_projects() if root.name == words[0]]
    if len(words) == 1 and len(named) == 1:
        return named[0]
    from engine.cli.parser import nearest_command

    near = nearest_command(words[0])
    raise UsageError(
        f"`{words[0]}` is neither a command nor a project.",
        "" if len(words) > 1 else f"{Path(words[0]).absolute()} does not exist.",
        f"Did you mean `tunesmith {near}`?" if near else "See `tunesmith --help`.",
    )


if __name__ == "__main__":
    main()
