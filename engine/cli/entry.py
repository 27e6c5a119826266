"""Running one command: arguments in, an exit code out, and never a traceback for a person."""

from __future__ import annotations

import importlib
import os
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from engine.cli.out import Out
from engine.cli.parser import build_parser
from engine.errors import EXIT_DONE, EXIT_STOPPED, StoppedError, TunesmithError, from_os_error
from engine.files import PRIVATE_UMASK, make_private_folder
from engine.machine import state_folder


def main(argv: Sequence[str]) -> int:
    """Run the command in `argv` (without the program's name) and return its exit code."""
    os.umask(PRIVATE_UMASK)
    for stream in (sys.stdout, sys.stderr):
        # A terminal without UTF-8 gets question marks instead of an exception.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    out = Out(json="--json" in argv)
    try:
        code = _run(argv, out)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of our output has gone (`tunesmith jobs | head`). Nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except TunesmithError as error:
        out.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        out.error(StoppedError("Stopped.", "", ""))
        return EXIT_STOPPED
    except OSError as error:
        problem = from_os_error(error, "the command")
    except Exception as error:
        problem = _unforeseen(error, argv)
    out.error(problem)
    return problem.exit_code


def _run(argv: Sequence[str], out: Out) -> int:
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help(out.prose)
        return EXIT_DONE
    module, _, name = str(args.run).partition(":")
    return int(getattr(importlib.import_module(module), name)(args, out))


def _unforeseen(error: Exception, argv: Sequence[str]) -> TunesmithError:
    """Keep the traceback in a file and say where it is."""
    file = state_folder() / "errors" / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    where = _keep(file, argv, traceback.format_exc())
    text = str(error).strip()
    first = text.splitlines()[0][:300] if text else ""
    return TunesmithError(
        "Something broke that tunesmith did not foresee.",
        f"{type(error).__name__}: {first}",
        f"What was saved before is untouched. {where}",
        code="internal",
    )


def _keep(file: Path, argv: Sequence[str], trace: str) -> str:
    try:
        make_private_folder(file.parent)
        file.write_text(f"tunesmith {' '.join(argv)}\n\n{trace}", encoding="utf-8")
    except OSError as error:
        return f"The details could not be kept: {error}."
    return f"The details are in {file}."
