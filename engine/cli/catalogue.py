"""`models` without a path: the catalogue as a list, narrowed down to what can be used."""

from __future__ import annotations

import argparse

from engine.cli.out import Out, memory
from engine.errors import EXIT_DONE
from engine.licences.regions import region_code
from engine.machine import PRESETS
from engine.models.catalogue import load_catalogue
from engine.plan.cards import amount_of
from engine.plan.machine import this_machine
from engine.plan.shortlist import Choice, shortlist
from engine.spec import UseSpec


def list_models(args: argparse.Namespace, out: Out) -> int:
    """Print the catalogue, or the part of it that was asked for.

    Raises:
        UsageError: The memory is no amount.
    """
    machine = None
    if args.fits:
        machine = this_machine(None if args.fits == "auto" else amount_of(args.fits))
    found = list(shortlist(load_catalogue(), search=args.search or "", machine=machine, use=_use(args)))
    out.result([_entry(choice, args) for choice in found])
    if out.json:
        return EXIT_DONE
    heads = ["model", "size", "licence", "revision"]
    heads += ["fits", "memory"] if machine else []
    heads += ["your use"] if found and found[0].verdict else []
    out.table(tuple(heads), [_row(choice) for choice in found], right=(1,))
    out.say()
    out.say(f"{len(found)} from {PRESETS / 'models'}. `demo` is the bundled model.")
    if machine:
        out.say("Fits: one row of 1,024 tokens at a time with 4-bit weights. `tunesmith plan --model ID` works it out.")
    return EXIT_DONE


def _use(args: argparse.Namespace) -> UseSpec | None:
    if args.use is None and args.monthly_users is None and args.region is None and args.adult is None:
        return None
    return UseSpec(
        use=args.use or "personal",
        monthly_users=args.monthly_users or 0,
        region=None if args.region is None else region_code(args.region),
        adult=bool(args.adult),
    )


def _entry(choice: Choice, args: argparse.Namespace) -> dict[str, object]:
    entry = choice.model.model_dump(mode="json")
    if args.fits:
        entry |= {"fits": choice.fits, "needs_bytes": choice.needs_bytes}
    if choice.verdict:
        entry["verdict"] = choice.verdict
    return entry


def _row(choice: Choice) -> tuple[str, ...]:
    model = choice.model
    row: tuple[str, ...] = (model.id, billions(model.parameters), model.licence, (model.revision or "")[:12])
    if choice.fits:
        row += (choice.fits, memory(choice.needs_bytes) if choice.needs_bytes else "-")
    return (*row, choice.verdict) if choice.verdict else row


def billions(parameters: int) -> str:
    """`8.0B` or `135M`."""
    return f"{parameters / 1e9:.1f}B" if parameters >= 1e9 else f"{parameters / 1e6:.0f}M"
