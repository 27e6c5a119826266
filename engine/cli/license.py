"""`license`: what the terms of a model allow for a use, and what has to be done for it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.cli.out import Out
from engine.errors import EXIT_DONE, EXIT_REFUSED, UsageError
from engine.licences.cards import fetch_cards
from engine.licences.check import accept, acceptance, project_verdict, set_use, verdict_for
from engine.licences.regions import region_code
from engine.licences.verdict import ADVICE, Verdict
from engine.project import Project
from engine.spec import UseSpec

_WORDS = {
    "allowed": "Allowed.",
    "conditions": "Allowed under conditions.",
    "unknown": "Unknown: nobody but you can answer it, by reading the terms.",
    "refused": "Refused: the terms do not allow it.",
}


def license(args: argparse.Namespace, out: Out) -> int:
    """The verdict for a model, or for a project with its model, its data and its use."""
    folder = Path(args.model).expanduser()
    if (folder / "project.yaml").is_file():
        return _project(Project(folder.resolve()), args, out)
    if args.accept:
        raise UsageError(
            "Only a project can keep an accepted verdict.",
            f"{args.model} is not a project folder.",
            "Give the project: `tunesmith license PROJECT --accept`.",
        )
    use = _use(UseSpec(), args)
    if args.fetch:
        _fetch(args.model, out)
    verdict = verdict_for(args.model, use, args.data_license, Path(args.data).expanduser() if args.data else None)
    _show(verdict, out, {"model": args.model, "use": use.model_dump(mode="json")})
    return EXIT_REFUSED if verdict.verdict == "refused" else EXIT_DONE


def _project(project: Project, args: argparse.Namespace, out: Out) -> int:
    if args.data:
        raise UsageError(
            "A project has its data already.", "--data goes with a MODEL.", "State its licence with --data-license."
        )
    spec = project.load()
    use = _use(spec.licence.use, args)
    asked = use != spec.licence.use or bool(args.data_license)
    if asked:
        stated = {"data_licence": args.data_license.strip().lower()} if args.data_license else {}
        changed: dict[str, Any] = {"use": use, **stated}
        spec = spec.model_copy(update={"licence": spec.licence.model_copy(update=changed)})
    if args.fetch and spec.model:
        _fetch(spec.model.source, out)
    verdict = project_verdict(project, spec)
    if args.accept and verdict.verdict != "refused":
        if asked:
            set_use(project, use, args.data_license)
        spec = accept(project)
    state = acceptance(spec, verdict)
    details = {
        "model": spec.model.source if spec.model else None,
        "use": use.model_dump(mode="json"),
        "accepted": state,
    }
    _show(verdict, out, details)
    out.say()
    out.say(
        {
            "current": "You accepted this verdict; it is kept in project.yaml with the hashes of the texts.",
            "stale": "You accepted a verdict before; model, data or use are others now. --accept takes this one.",
            "none": "Not accepted yet: --accept keeps this verdict in the project.",
        }[state]
        if verdict.verdict != "refused"
        else "There is nothing to accept; nothing was kept."
    )
    return EXIT_REFUSED if verdict.verdict == "refused" else EXIT_DONE


def _use(given: UseSpec, args: argparse.Namespace) -> UseSpec:
    changed = {
        "use": args.use,
        "monthly_users": args.monthly_users,
        "region": None if args.region is None else region_code(args.region),
        "adult": args.adult,
    }
    return given.model_copy(update={key: value for key, value in changed.items() if value is not None})


def _fetch(model: str, out: Out) -> None:
    for repo in fetch_cards(model):
        out.say(f"Got the card of {repo}.")


def _show(verdict: Verdict, out: Out, details: dict[str, Any]) -> None:
    out.result({**verdict.as_dict(), **details})
    out.say(f"{_WORDS[verdict.verdict]} Licence: {verdict.licence}.")
    for title, lines in (
        ("Why", verdict.reasons),
        ("What it takes", () if verdict.verdict == "refused" else verdict.obligations),
        ("Where that stands", verdict.sources),
    ):
        if lines:
            out.say()
            out.say(title)
            for line in lines:
                out.say(f"  - {line}")
    out.say()
    out.say(ADVICE)
