"""`state`, and what other commands say about the health and the content of the data."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.cli.out import Out, count
from engine.errors import EXIT_DONE
from engine.project import open_project
from engine.statements import state_content, withdraw_consent

_SHOWN_PLACES = 3


def state(args: argparse.Namespace, out: Out) -> int:
    """Record statements, or say which are recorded."""
    project, spec = open_project(Path(args.project))
    if args.rights or args.adults or args.consents:
        spec = state_content(project, rights=args.rights, adults=args.adults, consents=args.consents)
    if args.withdrawn:
        spec = withdraw_consent(project, args.withdrawn)
    content = spec.content
    out.result(content.model_dump(mode="json"))
    statement = content.statement
    if statement is None:
        out.say("Nothing is stated yet. `--rights --adults` states that the data is yours to use, adults only.")
    else:
        for stated, words in ((statement.rights, "The data is yours to use"), (statement.adults, "Adults only")):
            out.say(f"{words}: {'stated' if stated else 'not stated'}")
        out.say(f"Stated on {statement.at:%Y-%m-%d}.")
    for consent in content.consents:
        out.say(f"Agreed   {consent.person}, recorded on {consent.at:%Y-%m-%d}")
    if (args.consents or args.withdrawn) and spec.redaction.path:
        out.say(f"Next: tunesmith redact {args.project}, so that the rows follow")
    return EXIT_DONE


def say_health(report: dict[str, Any], project: str | None, out: Out) -> None:
    """What may harm the training, with the first places and the fix.

    Args:
        report: Of the data check.
        project: As it was named; None for a bare file, which takes no fixes.
        out: Where to.
    """
    health = report.get("health", {})
    issues = [issue for issue in health.get("issues", []) if issue["count"] and issue["fix"]]
    if not issues and not health.get("fixes"):
        return
    out.say()
    out.say(f"Health   fixes chosen: {', '.join(health['fixes']) or 'none'}")
    name = Path(report["path"]).name
    for issue in issues:
        places = ", ".join(f"{name}:{place['line']}" for place in issue["examples"][:_SHOWN_PLACES])
        more = ", ..." if issue["count"] > _SHOWN_PLACES else ""
        state = "fixed" if issue["fixed"] else "not fixed"
        out.say(f"  {count(issue['count'], 'row')} {issue['title']} ({state}): {places}{more}")
        out.say(f"    {issue['meaning']}")
        if project is not None:
            verb = "unfix" if issue["fix"] in report["health"]["fixes"] else "fix"
            if verb == "unfix" or not issue["fixed"]:
                out.say(f"    tunesmith data {project} --{verb} {issue['fix']}")


def say_content(report: dict[str, Any], out: Out) -> None:
    """The share of adult rows and what the content rules will leave out; nothing where there is neither."""
    content = report.get("content", {})
    if not content.get("adult_rows"):
        return
    out.say()
    out.say(_share(content))
    if blocked := content["blocked"]["count"]:
        out.say(
            f"  {count(blocked, 'row')} blocked: sexual content with a sign of somebody under 18. Left out, whatever"
            f" you decide: {_lines(content['blocked'])}"
        )
    out.say("  Before training you state once: tunesmith state PROJECT --rights --adults")


def say_left_out(content: dict[str, Any], out: Out) -> None:
    """What the redaction left out by the content rules, by line only."""
    if not content.get("adult_rows"):
        return
    out.say(_share(content))
    if content["blocked"]["count"]:
        out.say(f"  {count(content['blocked']['count'], 'row')} blocked and left out: {_lines(content['blocked'])}")
    waiting = content["needs_consent"]
    if waiting["count"]:
        out.say(
            f"  {count(waiting['count'], 'row')} about a named person's intimate life, left out: {_lines(waiting)}."
            ' If the person agreed: tunesmith state PROJECT --consent-of "NAME"'
        )


def _share(content: dict[str, Any]) -> str:
    return f"Adult    {content['adult_rows']:,} of {count(content['rows'], 'row')} ({content['adult_share']:.1%})"


def _lines(rows: dict[str, Any]) -> str:
    shown = ", ".join(f"{line:,}" for line in rows["lines"][:10])
    return f"line {shown}{', ...' if rows['count'] > 10 else ''}"
