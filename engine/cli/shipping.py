"""`export` and `decrypt`: the adapter in one locked file, and out of it again."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path

from engine.cli.follow import follow
from engine.cli.out import Out, size
from engine.errors import EXIT_DONE, UsageError
from engine.evaluate.gate import check_gate, give_reason, judge
from engine.jobs.folder import JobFolder
from engine.jobs.launch import launch
from engine.project import Project, open_project
from engine.ship.package import decrypt as unlock
from engine.ship.passphrase import must_be_text, read_passphrase

_VARIABLE = "TUNESMITH_EXPORT_PASSPHRASE"


def export(args: argparse.Namespace, out: Out) -> int:
    """Pack the adapter of the last run, if the gate lets it pass."""
    project, spec = open_project(Path(args.project))
    if args.reason and judge(project, spec).unexplained:
        give_reason(project, args.reason)
        spec = project.load()
    check_gate(project, spec)
    result = follow(_launch(project, args), out)
    out.result(result)
    out.say()
    out.say(f"Written  {result['file']} ({size(result['bytes'])})")
    out.say(f"         licence of the base model: {result['licence']}")
    if result["encrypted"]:
        out.say("         Locked with your passphrase. Nobody can open it without, and nobody can find it out for you.")
        out.say(f"         Open it again: tunesmith decrypt {result['file']}")
    return EXIT_DONE


def _launch(project: Project, args: argparse.Namespace) -> JobFolder:
    """Start the job; a typed passphrase goes to it by its environment and is never written down."""
    if args.plain:
        return launch(project.root, "ship", {"encrypt": False})
    if args.passphrase_file:
        file = str(Path(args.passphrase_file).expanduser().resolve())
        read_passphrase(file, None)
        return launch(project.root, "ship", {"passphrase_file": file})
    os.environ[_VARIABLE] = _ask("Passphrase for the adapter: ", again="The same again: ")
    try:
        read_passphrase(None, _VARIABLE)
        return launch(project.root, "ship", {"passphrase_env": _VARIABLE})
    finally:
        del os.environ[_VARIABLE]


def decrypt(args: argparse.Namespace, out: Out) -> int:
    """Unpack a locked adapter into a new folder."""
    file = Path(args.file).expanduser()
    if not file.is_file():
        raise UsageError("The file is not there.", f"{file} does not exist.", "Check the path.", code="missing_file")
    target = Path(args.out).expanduser() if args.out else file.with_suffix("")
    passphrase = read_passphrase(args.passphrase_file, None) if args.passphrase_file else _ask("Passphrase: ")
    written = unlock(file, passphrase, target)
    out.result({"folder": str(target.resolve()), "files": [str(path) for path in written]})
    out.say(f"Unpacked into {target}:")
    for path in written:
        out.say(f"  {path.name}")
    return EXIT_DONE


def _ask(question: str, again: str = "") -> str:
    """A passphrase typed at the terminal, unseen.

    Raises:
        UsageError: There is no terminal, or the second time was another.
    """
    if not sys.stdin.isatty():
        raise UsageError(
            "A passphrase is needed.",
            "There is no terminal to ask at.",
            "Write it into a file that only you can read (chmod 600) and give --passphrase-file FILE.",
            code="no_passphrase",
        )
    typed = getpass.getpass(question, stream=sys.stderr)
    if again and getpass.getpass(again, stream=sys.stderr) != typed:
        raise UsageError("The two passphrases differ.", "", "Try again.", code="no_passphrase")
    return must_be_text(typed)
