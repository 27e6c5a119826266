"""Options of the commands that make a project and look at models and data."""

from __future__ import annotations

import argparse

from engine.cli.parsing import Table, add_settings


def project_commands(table: Table) -> None:
    """demo, new, data, models."""
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
