"""Options of the commands that plan, train and measure."""

from __future__ import annotations

from engine.cli.parsing import Table, add_settings


def training_commands(table: Table) -> None:
    """preview, plan, train, evaluate."""
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
    add_settings(plan)

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
