"""The commands and their options, with help that shows how each is used.

A command names its function instead of importing it, so that `tunesmith jobs` starts without the rooms that
other commands need.
"""

from __future__ import annotations

import argparse
import difflib
from importlib.metadata import version
from typing import Any, NoReturn

from engine.errors import UsageError

OPERATORS = ("surrogate", "placeholder", "mask", "drop_row", "hash", "aes")
"""As `engine.spec.Operator`, which takes too long to import for `--help`."""
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


class Parser(argparse.ArgumentParser):
    """Says what is wrong the way every other error is said, and knows options by their whole names only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing and leaving."""
        raise UsageError("The command cannot be understood.", f"{self.prog}: {message}", f"See `{self.prog} --help`.")


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
    table = _Table(commands, common)
    _project_commands(table)
    _privacy_commands(table)
    _training_commands(table)
    _job_commands(table)
    _shipping_commands(table)
    _machine_commands(table)
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


class _Table:
    """Adds commands that all look alike."""

    def __init__(self, commands: Any, common: argparse.ArgumentParser) -> None:
        self._commands, self._common = commands, common

    def add(self, name: str, function: str, text: str, example: str) -> Parser:
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


def _project_commands(table: _Table) -> None:
    demo = table.add(
        "demo",
        "engine.cli.demo:demo",
        "the whole way on a bundled model and bundled chats, in a few minutes without a GPU",
        "tunesmith demo --headless",
    )
    demo.add_argument("--project", metavar="DIR", help="where to make the demo project")
    demo.add_argument("--headless", action="store_true", help="do not open the wizard, go all the way at once")
    demo.add_argument("--force", action="store_true", help="run although another heavy job is running")

    new = table.add(
        "new",
        "engine.cli.projects:new",
        "make a project from a dataset and a model",
        "tunesmith new my-voice --data chats.csv --model ./SmolLM2-135M --set recipe.rank=32",
    )
    new.add_argument("project", metavar="PROJECT", help="the folder to make")
    new.add_argument("--data", required=True, metavar="FILE", help="a .jsonl, .json, .csv, .parquet or .txt file")
    new.add_argument("--model", required=True, metavar="ID_OR_PATH", help="a folder, a .gguf file, a hub id, or `demo`")
    new.add_argument("--preset", metavar="NAME", help="a recipe of presets/recipes (default: balanced)")
    _add_settings(new)
    new.add_argument("--chat-template", choices=("model", "chatml"), default="model", help="whose way to write a chat")
    _add_reading(new)

    data = table.add(
        "data",
        "engine.cli.projects:data",
        "read a dataset and list every bad row with file:line, field and what happens to it",
        "tunesmith data chats.csv --map prompt=question --map completion=reply",
    )
    data.add_argument("target", metavar="PROJECT_OR_FILE")
    data.add_argument(
        "--fix", dest="fixes", action="append", default=[], metavar="NAME", help="do this about unhealthy rows"
    )
    data.add_argument("--unfix", dest="unfixes", action="append", default=[], metavar="NAME", help="undo that fix")
    _add_reading(data)

    models = table.add("models", "engine.cli.projects:models", "the catalogue of models", "tunesmith models --json")
    models.add_argument("model", nargs="?", metavar="PATH", help="look at one local model instead")


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="such as recipe.rank=32"
    )


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", default="auto", metavar="NAME", help="jsonl, json, csv, parquet or txt")
    parser.add_argument(
        "--shape",
        default="auto",
        metavar="NAME",
        help="messages, conversations, alpaca, prompt_completion, system_input_output or text",
    )
    parser.add_argument(
        "--map",
        dest="mapping",
        action="append",
        default=[],
        metavar="PART=COLUMN",
        help="which column plays which part, such as prompt=question",
    )


def _privacy_commands(table: _Table) -> None:
    scan = table.add(
        "scan",
        "engine.cli.privacy:scan",
        "look for personal data and secrets",
        "tunesmith scan chats.jsonl --findings found.jsonl",
    )
    scan.add_argument("target", metavar="PROJECT_OR_FILE")
    scan.add_argument("--findings", metavar="OUT.jsonl", help="write one JSON object a finding to this file")
    scan.add_argument(
        "--format", default="auto", metavar="NAME", help="jsonl, json, csv, parquet or txt; for a bare file"
    )
    scan.add_argument("--profile", metavar="NAME", help="a file of presets/redaction (default: the project's)")
    scan.add_argument("--force", action="store_true", help="run although another heavy job is running")

    review = table.add(
        "review",
        "engine.cli.privacy:review",
        "decide what is hidden; what is not decided stays hidden",
        "tunesmith review my-voice --policy keep-places.yaml",
    )
    review.add_argument("project", metavar="PROJECT")
    how = review.add_mutually_exclusive_group()
    how.add_argument("--policy", metavar="FILE", help="decisions by type and value, as YAML")
    how.add_argument("--accept-all", action="store_true", help="hide everything that was found")

    redact = table.add(
        "redact",
        "engine.cli.privacy:redact",
        "write a copy of the data with personal data replaced, and look over it again",
        "tunesmith redact my-voice",
    )
    redact.add_argument("project", metavar="PROJECT")
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

    state = table.add(
        "state",
        "engine.cli.content:state",
        "state once that the data is yours to use; record who agreed to rows about their intimate life",
        'tunesmith state my-voice --rights --adults --consent-of "Maya Lindqvist"',
    )
    state.add_argument("project", metavar="PROJECT")
    state.add_argument("--rights", action="store_true", help="the data is mine to use, and those in it agreed")
    state.add_argument("--adults", action="store_true", help="everybody in anything sexual is an adult")
    for option, dest, text in (
        ("--consent-of", "consents", "this person agreed that rows about their intimate life are trained on"),
        ("--withdraw", "withdrawn", "this person does not agree any more"),
    ):
        state.add_argument(option, dest=dest, action="append", default=[], metavar="NAME", help=text)


def _training_commands(table: _Table) -> None:
    preview = table.add(
        "preview", "engine.cli.preview:preview", "show what the model will see", "tunesmith preview my-voice --row 12"
    )
    preview.add_argument("project", metavar="PROJECT")
    preview.add_argument("--row", type=int, metavar="N", help="only the row with this 0-based number in the file")
    preview.add_argument("--rows", type=int, default=3, metavar="N", help="how many rows to show (default: 3)")

    plan = table.add(
        "plan",
        "engine.cli.plan:plan",
        "estimate memory and time of a run before it starts",
        "tunesmith plan my-voice --set recipe.max_length=2048",
    )
    plan.add_argument("project", metavar="PROJECT")
    plan.add_argument("--gpu-memory", metavar="SIZE", help="of the card it is planned for, such as 24GiB")
    _add_settings(plan)

    train = table.add("train", "engine.cli.training:train", "train the adapter", "tunesmith train my-voice --detach")
    train.add_argument("project", metavar="PROJECT")
    train.add_argument("--detach", action="store_true", help="start it in the background and return")
    train.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    train.add_argument("--smoke", action="store_true", help="two steps, to see that everything works")
    train.add_argument("--force", action="store_true", help="run although another heavy job is running")

    evaluate = table.add(
        "evaluate",
        "engine.cli.training:evaluate",
        "measure the tuned model against its base on the rows kept apart",
        "tunesmith evaluate my-voice",
    )
    evaluate.add_argument("project", metavar="PROJECT")
    evaluate.add_argument("--force", action="store_true", help="run although another heavy job is running")


def _job_commands(table: _Table) -> None:
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


def _shipping_commands(table: _Table) -> None:
    export = table.add(
        "export", "engine.cli.shipping:export", "pack the adapter into one encrypted file", "tunesmith export my-voice"
    )
    export.add_argument("project", metavar="PROJECT")
    export.add_argument("--plain", action="store_true", help="do not lock it: a plain .tar file")
    _add_passphrase(export)
    decrypt = table.add(
        "decrypt",
        "engine.cli.shipping:decrypt",
        "unpack an encrypted adapter",
        "tunesmith decrypt my-voice.tsmith --out adapter",
    )
    decrypt.add_argument("file", metavar="FILE")
    decrypt.add_argument("--out", metavar="DIR", help="the folder to make (default: the file's name without ending)")
    _add_passphrase(decrypt)
    audit = table.add(
        "audit",
        "engine.cli.trail:trail",
        "the trail of what was decided and done",
        "tunesmith audit verify my-voice",
    )
    audit.add_argument("what", choices=("verify", "show"))
    audit.add_argument("project", metavar="PROJECT")


def _add_passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--passphrase-file", metavar="FILE", help="read the passphrase from the first line of a file")


def _machine_commands(table: _Table) -> None:
    table.add("doctor", "engine.cli.doctor:doctor", "check that this machine is ready", "tunesmith doctor")
    locate = table.add("locate", "engine.cli.locate:locate", "where everything lies", "tunesmith locate my-voice")
    locate.add_argument("project", nargs="?", metavar="PROJECT")
