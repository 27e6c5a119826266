"""Options of the commands about jobs, about what leaves, and about this machine."""

from __future__ import annotations

import argparse

from engine.cli.parsing import Table


def job_commands(table: Table) -> None:
    """jobs, attach, stop, log."""
    jobs = table.add("jobs", "engine.cli.jobs:list_jobs", "the jobs of this machine", "tunesmith jobs --json")
    jobs.add_argument("--project", metavar="PROJECT", help="only this project's")
    jobs.add_argument("--running", action="store_true", help="only those that run now")
    for name, text in (
        ("attach", "watch a job; Ctrl-C only stops watching"),
        ("stop", "ask a job to save and stop"),
        ("log", "the end of a job's log"),
    ):
        parser = table.add(name, f"engine.cli.jobs:{name}", text, f"tunesmith {name} train-20261122")
        parser.add_argument("job", metavar="JOB", help="a job's id, or how it begins")
        if name == "log":
            parser.add_argument("-n", dest="lines", type=int, default=40, metavar="N", help="lines (default: 40)")
        if name == "stop":
            parser.add_argument(
                "--grace", type=float, default=120.0, metavar="S", help="seconds it may take to save (default: 120)"
            )


def shipping_commands(table: Table) -> None:
    """export, decrypt, audit."""
    export = table.add(
        "export", "engine.cli.shipping:export", "pack the adapter into one encrypted file", "tunesmith export my-voice"
    )
    export.add_argument("project", metavar="PROJECT", help="the project's folder")
    export.add_argument("--plain", action="store_true", help="do not lock it: a plain .tar file")
    export.add_argument("--reason", metavar="TEXT", help="why what is amber at the gate may pass; goes to the record")
    _add_passphrase(export)
    decrypt = table.add(
        "decrypt",
        "engine.cli.shipping:decrypt",
        "unpack an encrypted adapter",
        "tunesmith decrypt my-voice.tsmith --out adapter",
    )
    decrypt.add_argument("file", metavar="FILE", help="the .tsmith file that export made")
    decrypt.add_argument("--out", metavar="DIR", help="the folder to make (default: the file's name without ending)")
    _add_passphrase(decrypt)
    audit = table.add(
        "audit",
        "engine.cli.trail:trail",
        "the trail of what was decided and done",
        "tunesmith audit verify my-voice",
    )
    audit.add_argument("what", choices=("verify", "show"), help="whether the trail is whole, or what it says")
    audit.add_argument("project", metavar="PROJECT", help="the project's folder")


def _add_passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--passphrase-file", metavar="FILE", help="read the passphrase from the first line of a file")


def machine_commands(table: Table) -> None:
    """doctor, locate."""
    table.add("doctor", "engine.cli.doctor:doctor", "check that this machine is ready", "tunesmith doctor")
    locate = table.add("locate", "engine.cli.locate:locate", "where everything lies", "tunesmith locate my-voice")
    locate.add_argument("project", nargs="?", metavar="PROJECT", help="its folder; without: those of the program")
