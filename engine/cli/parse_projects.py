"""Options of the commands that make a project and look at models and data."""

from __future__ import annotations

import argparse

from engine.cli.parsing import Table, add_settings


def project_commands(table: Table) -> None:
    """demo, new, forget, data, models, license."""
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
    add_settings(new)
    new.add_argument("--chat-template", choices=("model", "chatml"), default="model", help="whose way to write a chat")
    _add_reading(new)

    forget = table.add(
        "forget",
        "engine.cli.forget:forget",
        "delete a project after saying what is lost, or only take it off the list; your own files stay",
        "tunesmith forget my-voice --delete my-voice",
    )
    forget.add_argument("project", metavar="PROJECT", help="its folder")
    forget.add_argument("--delete", metavar="NAME", help="delete it; its name, so that it cannot happen by mistake")
    forget.add_argument("--keep-files", action="store_true", help="only off the list of projects; its folder stays")

    data = table.add(
        "data",
        "engine.cli.projects:data",
        "read a dataset and list every bad row with file:line, field and what happens to it",
        "tunesmith data chats.csv --map prompt=question --map completion=reply",
    )
    data.add_argument("target", metavar="PROJECT_OR_FILE", help="a project's folder, or a dataset alone")
    data.add_argument(
        "--fix",
        dest="fixes",
        action="append",
        default=[],
        metavar="NAME",
        help="leave unhealthy rows out: the list names the fixes",
    )
    data.add_argument("--unfix", dest="unfixes", action="append", default=[], metavar="NAME", help="undo that fix")
    data.add_argument(
        "--leave-out",
        nargs="+",
        action="extend",
        default=[],
        metavar="ROW",
        help="do not train on these rows: their numbers as in `preview`, or `recited`: all that the model recited",
    )
    data.add_argument(
        "--take-back", nargs="*", action="extend", metavar="ROW", help="train on these rows again; on all without ROW"
    )
    _add_reading(data)

    models = table.add(
        "models",
        "engine.cli.projects:models",
        "the catalogue of models: by words, by what fits, by what the terms allow",
        "tunesmith models --search instruct --fits 24GiB --use commercial",
    )
    models.add_argument("model", nargs="?", metavar="PATH", help="look at one local model instead")
    models.add_argument("--search", metavar="WORDS", help="in the id, the name, the note or the licence")
    models.add_argument("--fits", metavar="MEMORY", help="only what fits: 24GiB, or `auto`: this machine")
    _add_use(models)

    licence = table.add(
        "license",
        "engine.cli.license:license",
        "what a model's terms allow for your use, and what you must do for it",
        "tunesmith license meta-llama/Llama-3.1-8B --use commercial --monthly-users 2000 --region EU --adult",
    )
    licence.add_argument("model", metavar="MODEL", help="a folder, .gguf file, hub id, catalogue name, or a project")
    _add_use(licence)
    licence.add_argument("--data-license", metavar="ID", help="of the dataset: an id such as cc-by-nc-4.0, or `own`")
    licence.add_argument("--data", metavar="FILE", help="the dataset: its licence is looked for beside it")
    licence.add_argument("--accept", action="store_true", help="keep the verdict in the project: you read it and agree")
    licence.add_argument("--fetch", action="store_true", help="ask the hub for the card and the licence texts first")


def _add_use(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--use", choices=("personal", "research", "commercial"), help="what it is for (personal)")
    parser.add_argument("--monthly-users", type=_count, metavar="N", help="people who will use it in a month (0)")
    parser.add_argument("--region", metavar="XX", help="where you live or your company sits: EU, US, DE, ...")
    parser.add_argument("--adult", action=argparse.BooleanOptionalAction, default=None, help="the content is sexual")


def _count(typed: str) -> int:
    """A whole number of people; `800,000,000` and `800M` are the same."""
    plain = typed.strip().lower().replace(",", "").replace("_", "")
    factor = {"k": 1_000, "m": 1_000_000}.get(plain[-1:], 1)
    digits = plain[:-1] if factor > 1 else plain
    if not digits.isdigit():
        raise argparse.ArgumentTypeError(f"`{typed}` is not a number of users")
    return int(digits) * factor


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
