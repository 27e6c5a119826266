"""Running one command: arguments in, an exit code out, and never a traceback for a person."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import time
import traceback
from collections.abc import Sequence

from engine.cli.out import Out
from engine.cli.parser import build_parser
from engine.cli.signals import Ended, ended_by_signals
from engine.errors import EXIT_DONE, StoppedError, TunesmithError, UsageError, from_os_error
from engine.files import PRIVATE_UMASK, is_text, make_private_folder
from engine.machine import state_folder


def main(argv: Sequence[str]) -> int:
    """Run the command in `argv` (without the program's name) and return its exit code."""
    os.umask(PRIVATE_UMASK)
    _open_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        # A terminal without UTF-8 gets question marks instead of an exception.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    out = Out(json="--json" in argv)
    try:
        with ended_by_signals():
            code = _run(argv, out)
            sys.stdout.flush()
            return code
    except TunesmithError as error:
        problem = error
    except KeyboardInterrupt:
        problem = StoppedError("Stopped.", "", "")
    except Ended as ended:
        problem = StoppedError("Stopped.", f"by {ended.name}", "")
    except OSError as error:
        problem = from_os_error(error, "the command")
    except RuntimeError as error:
        problem = _no_home(error) if "home directory" in str(error) else _unforeseen(error, argv)
    except Exception as error:
        problem = _unforeseen(error, argv)
    out.error(problem)
    return problem.exit_code


def _open_standard_streams() -> None:
    """Where a standard stream was closed (`>&-`) the next file that is opened would be taken for it."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, "w" if descriptor else "r", closefd=False))


def _run(argv: Sequence[str], out: Out) -> int:
    _must_be_text(argv)
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.command is None:
        if out.json:
            raise UsageError("No command was given.", "--json goes with a command.", "See `tunesmith --help`.")
        parser.print_help(out.prose)
        return EXIT_DONE
    module, _, name = str(args.run).partition(":")
    return int(getattr(importlib.import_module(module), name)(args, out))


def _must_be_text(argv: Sequence[str]) -> None:
    """Names of files are kept in YAML and JSON, so they must be text.

    Raises:
        UsageError: One of the words, or the folder we are in, is not UTF-8.
    """
    words = list(argv)
    with contextlib.suppress(FileNotFoundError):  # it was removed: whole paths can still be used
        words.append(os.getcwd())
    for word in words:
        if not is_text(word):
            shown = os.fsencode(word).decode(errors="backslashreplace")
            raise UsageError(
                "This name is not UTF-8.",
                shown,
                "Rename the file or folder (`convmv -f latin1 -t utf8` does it for many), then try again.",
                code="bad_path",
            )


def _no_home(error: Exception) -> TunesmithError:
    return UsageError("A `~` cannot be read.", str(error), "Write the whole path.", code="bad_path")


def _unforeseen(error: Exception, argv: Sequence[str]) -> TunesmithError:
    """Keep the traceback in a file and say where it is."""
    where = _keep(argv, traceback.format_exc())
    text = str(error).strip()
    first = text.splitlines()[0][:300] if text else ""
    return TunesmithError(
        "Something broke that tunesmith did not foresee.",
        f"{type(error).__name__}: {first}",
        f"What was saved before is untouched. {where}",
        code="internal",
    )


def _keep(argv: Sequence[str], trace: str) -> str:
    try:
        file = state_folder() / "errors" / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
        make_private_folder(file.parent)
        file.write_text(f"tunesmith {' '.join(argv)}\n\n{trace}", encoding="utf-8", errors="backslashreplace")
    except (OSError, TunesmithError) as error:
        return f"The details could not be kept: {error}."
    return f"The details are in {file}."
