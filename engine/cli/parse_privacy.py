"""Options of the commands that find, decide on and hide personal data."""

from __future__ import annotations

from engine.cli.parsing import Table

OPERATORS = ("surrogate", "placeholder", "mask", "drop_row", "hash", "aes")
"""As `engine.spec.Operator`, which takes too long to import for `--help`."""


def privacy_commands(table: Table) -> None:
    """scan, review, redact, restore, state."""
    scan = table.add(
        "scan",
        "engine.cli.privacy:scan",
        "look for personal data and secrets",
        "tunesmith scan chats.jsonl --findings found.jsonl",
    )
    scan.add_argument("target", metavar="PROJECT_OR_FILE", help="a project's folder, or a dataset alone")
    scan.add_argument("--findings", metavar="OUT.jsonl", help="write one JSON object a finding to this file")
    scan.add_argument(
        "--format", default="auto", metavar="NAME", help="jsonl, json, csv, parquet or txt; for a bare file"
    )
    scan.add_argument("--profile", metavar="NAME", help="a file of presets/redaction (default: the project's)")
    scan.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="ray: spread the rows over a Ray cluster (needs `pip install 'tunesmith[cluster]'`)",
    )
    scan.add_argument("--force", action="store_true", help="run although another heavy job is running")

    review = table.add(
        "review",
        "engine.cli.privacy:review",
        "decide what is hidden; what is not decided stays hidden",
        "tunesmith review my-voice --policy keep-places.yaml",
    )
    review.add_argument("project", metavar="PROJECT", help="the project's folder")
    how = review.add_mutually_exclusive_group()
    how.add_argument("--policy", metavar="FILE", help="decisions by type and value, as YAML")
    how.add_argument("--accept-all", action="store_true", help="hide everything that was found")

    redact = table.add(
        "redact",
        "engine.cli.privacy:redact",
        "write a copy of the data with personal data replaced, and look over it again",
        "tunesmith redact my-voice",
    )
    redact.add_argument("project", metavar="PROJECT", help="the project's folder")
    redact.add_argument("--out", metavar="FILE", help="put a copy of the redacted file here as well")
    redact.add_argument(
        "--operator",
        choices=OPERATORS,
        help="what stands for hidden values from now on (default: the project's, else surrogate)",
    )
    redact.add_argument(
        "--forget-key", action="store_true", help="delete the project's key afterwards; nothing leads back then"
    )
    redact.add_argument("--force", action="store_true", help="run although another heavy job is running")

    restore = table.add(
        "restore",
        "engine.cli.restore:restore",
        "turn replacements back into the hidden values, with the project's key and table",
        "tunesmith restore my-voice --in answers.jsonl --out answers-restored.jsonl",
    )
    restore.add_argument("project", metavar="PROJECT", help="the project's folder")
    restore.add_argument("--in", dest="source", required=True, metavar="FILE", help="a file with replacements in it")
    restore.add_argument("--out", dest="target", required=True, metavar="FILE", help="where the values are written")

    state = table.add(
        "state",
        "engine.cli.content:state",
        "state once that the data is yours to use; record who agreed to rows about their intimate life",
        'tunesmith state my-voice --rights --adults --consent-of "Maya Lindqvist"',
    )
    state.add_argument("project", metavar="PROJECT", help="the project's folder")
    state.add_argument("--rights", action="store_true", help="the data is mine to use, and those in it agreed")
    state.add_argument("--adults", action="store_true", help="everybody in anything sexual is an adult")
    for option, dest, text in (
        ("--consent-of", "consents", "this person agreed that rows about their intimate life are trained on"),
        ("--withdraw", "withdrawn", "this person does not agree any more"),
    ):
        state.add_argument(option, dest=dest, action="append", default=[], metavar="NAME", help=text)
