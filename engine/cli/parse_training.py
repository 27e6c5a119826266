"""Options of the commands that plan, train and measure."""

from __future__ import annotations

from engine.cli.parsing import Table, add_settings


def training_commands(table: Table) -> None:
    """preview, plan, train, runs, evaluate, gate."""
    preview = table.add(
        "preview", "engine.cli.preview:preview", "show what the model will see", "tunesmith preview my-voice --row 12"
    )
    preview.add_argument("project", metavar="PROJECT", help="the project's folder")
    preview.add_argument("--row", type=int, metavar="N", help="only the row with this 0-based number in the file")
    preview.add_argument("--rows", type=int, default=3, metavar="N", help="how many rows to show (default: 3)")

    plan = table.add(
        "plan",
        "engine.cli.plan:plan",
        "estimate memory and time of a run before it starts",
        "tunesmith plan my-voice --set recipe.max_length=2048",
    )
    plan.add_argument("project", metavar="PROJECT", nargs="?", help="its folder; or give --model")
    plan.add_argument("--model", metavar="MODEL", help="any model: a config.json, a folder, a .gguf file, a hub id")
    plan.add_argument("--gpu-memory", metavar="SIZE", help="of the card: 24GiB, 24GB or 24; of several, 2x24GiB")
    plan.add_argument("--device", choices=("cuda", "cpu"), help="what it is planned for; a GPU where there is one")
    plan.add_argument("--price", metavar="NUMBER", type=float, help="of the machine for an hour")
    plan.add_argument("--fit", action="store_true", help="find the fastest setting that fits")
    add_settings(plan)

    train = table.add("train", "engine.cli.training:train", "train the adapter", "tunesmith train my-voice --detach")
    train.add_argument("project", metavar="PROJECT", help="the project's folder")
    train.add_argument("--detach", action="store_true", help="start it in the background and return")
    train.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    train.add_argument(
        "--promote",
        action="store_true",
        help="let a short run (quick-check) go on as the full one, with --set if wanted",
    )
    add_settings(train)
    train.add_argument(
        "--hosts-only", action="store_true", help="several machines: write the command of each, start nothing"
    )
    train.add_argument("--node-rank", type=int, metavar="K", help="several machines: be the one with this number")
    train.add_argument(
        "--mix-in",
        action="store_true",
        help="a new run with general rows among yours (a tenth, then twice as many, at a lower rate): it forgets less",
    )
    train.add_argument("--smoke", action="store_true", help="three steps, to see that everything works")
    train.add_argument(
        "--force",
        action="store_true",
        help="run although another heavy job is running, or the plan says it will not fit",
    )

    runs = table.add(
        "runs",
        "engine.cli.runs:runs",
        "the runs of a project compared; `runs health PROJECT [RUN]`, `runs rollback PROJECT --step N`",
        "tunesmith runs my-voice --csv runs.csv",
    )
    runs.add_argument(
        "words",
        nargs="+",
        metavar="PROJECT",
        help="the project's folder; or: health PROJECT [RUN], rollback PROJECT [RUN]",
    )
    runs.add_argument("--against", metavar="RUN", help="compare recipes with this run instead of the one before")
    runs.add_argument("--choose", metavar="RUN", help="evaluate and ship use this run")
    runs.add_argument("--note", nargs=2, metavar=("RUN", "TEXT"), help="note something about a run")
    runs.add_argument("--csv", metavar="FILE", help="write the table")
    runs.add_argument("--tensorboard", metavar="FOLDER", help="write the curves as TensorBoard reads them")
    runs.add_argument("--run", dest="run_name", metavar="RUN", help="for rollback: which run (default: the chosen one)")
    runs.add_argument("--step", type=int, metavar="N", help="for rollback: which checkpoint (default: the best)")

    evaluate = table.add(
        "evaluate",
        "engine.cli.training:evaluate",
        "measure the tuned model against its base on the rows kept apart",
        "tunesmith evaluate my-voice",
    )
    evaluate.add_argument("project", metavar="PROJECT", help="the project's folder")
    evaluate.add_argument("--force", action="store_true", help="run although another heavy job is running")
    evaluate.add_argument(
        "--base-only", action="store_true", help="ask the base model alone, before there is anything to compare"
    )

    gate = table.add(
        "gate",
        "engine.cli.gate:gate",
        "may the adapter leave this machine? exit code 3 while it may not",
        'tunesmith gate my-voice --reason learned="a first try, for me alone"',
    )
    gate.add_argument("project", metavar="PROJECT", help="the project's folder")
    gate.add_argument(
        "--reason",
        dest="reasons",
        action="append",
        default=[],
        metavar="LINE=TEXT",
        help="why an amber line may pass; goes to the record",
    )
