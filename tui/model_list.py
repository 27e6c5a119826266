"""The lines of the model list, and which of them stay when only some are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ModelError
from engine.models.source import classify
from tui.charset import Glyphs
from tui.licence import USES, is_allowed
from tui.model_facts import count_text
from tui.widgets.text import size_text

if TYPE_CHECKING:
    from engine.licences.verdict import Verdict
    from engine.models.catalogue import CatalogueModel
    from engine.plan.shortlist import Fits
    from engine.spec import ModelSpec

GATED_WORDS = "Ask first: its makers want you to accept their terms on its page at the hub."


@dataclass(frozen=True)
class Choice:
    """One line of the list: what it is, and the source to give to the engine."""

    source: str
    name: str
    size: str = ""
    licence: str = ""
    gated: bool = False
    note: str = ""
    first_choice: bool = False


@dataclass(frozen=True)
class Fitting:
    """Which models of the catalogue can be trained here, and what was asked: `RTX 4090 24 GiB`."""

    words: str
    fits: Mapping[str, Fits]
    on_gpu: bool = False


def read_choices() -> tuple[Choice, ...]:
    """The models of the catalogue as lines of the list.

    Raises:
        SpecError: A file of the catalogue cannot be used.
    """
    from engine.models.catalogue import load_catalogue

    return tuple(choice_of(model) for model in load_catalogue())


def choice_of(model: CatalogueModel) -> Choice:
    """A model of the catalogue as a line of the list."""
    size = f"{count_text(model.parameters)}  {size_text(model.size_bytes)}"
    return Choice(model.source, model.name, size, model.licence, bool(model.gated), model.note, model.first_choice)


def suggestion_of(
    catalogue: Iterable[Choice], verdicts: Mapping[str, Verdict], machine: Fitting
) -> tuple[Choice, str] | None:
    """What to take without a wish of one's own, and why; None where nothing surely fits and is allowed.

    Args:
        catalogue: From the smallest to the largest.
        verdicts: For the use of now.
        machine: What fits. Without a GPU the smallest is suggested: a larger one would learn for days.
    """
    fitting = [
        choice
        for choice in catalogue
        if choice.first_choice
        and machine.fits.get(choice.source) == "yes"
        and choice.source in verdicts
        and is_allowed(verdicts[choice.source])
    ]
    if not fitting:
        return None
    if machine.on_gpu:
        return fitting[-1], f"Suggested: the largest of the well-tried ones that surely fits {machine.words}."
    return fitting[0], "Suggested: without a GPU a larger one would learn for days."


def mark_of(
    choice: Choice, now: str, judged: Verdict | None, chosen: Glyphs, *, here: bool, suggested: bool = False
) -> str:
    """What stands at the end of a line; `now` is the source that was taken, `here` whether it is on this machine."""
    if choice.source == now:
        return f"{chosen.done} taken" if here else "taken"
    if judged is not None and judged.verdict == "refused":
        return f"{chosen.bad} refused"
    if suggested:
        return "suggested"
    return "ask first" if choice.gated else ""


def short(source: str) -> str:
    """A model as a sentence can hold it: the name of its folder, or its hub id."""
    return Path(source).name if source.startswith("/") else source


def path_of(model: ModelSpec | None, source: str) -> Path | None:
    """Where a model lies on this machine, `model` being the one that was taken; None when it has to be got first."""
    if model is not None and model.source == source:
        return Path(model.path) if model.path else None
    try:
        return classify(source).path
    except ModelError:
        return None


def read_fitting() -> Fitting:
    """Ask whether each model of the catalogue fits: the card that was typed, else this machine's. May take seconds.

    Raises:
        SpecError: A file of the catalogue cannot be used.
    """
    from engine.models.catalogue import load_catalogue
    from engine.plan.machine import this_machine
    from engine.plan.shortlist import fits_of
    from tui.typed_card import kept_card

    card = kept_card()
    if card is not None:
        machine, words = this_machine(card.memory, card=card.name), card.words
    else:
        machine = this_machine()
        words = machine.gpu or "this machine's RAM"
    fits = {model.source: fits_of(model, machine)[0] for model in load_catalogue()}
    return Fitting(words, fits, on_gpu=machine.on_cuda)


def chosen_of(
    catalogue: Iterable[Choice],
    words: Iterable[str],
    verdicts: Mapping[str, Verdict] | None,
    fitting: Fitting | None,
) -> list[Choice]:
    """The lines that stay.

    Args:
        catalogue: All of them.
        words: Parts of a name that all have to be there, in lower case.
        verdicts: Only those whose terms allow the use; None: all.
        fitting: Leave out those that certainly do not fit; None: all.
    """
    found = [choice for choice in catalogue if all(word in _text(choice) for word in words)]
    if verdicts is not None:
        found = [choice for choice in found if choice.source in verdicts and is_allowed(verdicts[choice.source])]
    if fitting is not None:
        found = [choice for choice in found if fitting.fits.get(choice.source) != "no"]
    return found


def filter_words(use: str | None, fitting: Fitting | None, shown: int, count: int) -> str:
    """What the list shows; `use` is given where only allowed models are shown."""
    if fitting is not None and use is not None:
        return f"{shown} of {count}: allowed, and may fit {fitting.words}"
    if fitting is not None:
        return f"{shown} of {count} may fit {fitting.words}"
    if use is not None:
        return f"{shown} of {count}: allowed {USES[use]}"
    return f"{count} open models, the demo, or your own" if count else ""


def licence_of(choice: Choice, verdict: Verdict | None) -> str:
    """The licence that decides: not the one of its card where the base has stricter terms."""
    return choice.licence if verdict is None or verdict.licence in ("", "unknown") else verdict.licence


def filter_note(fitting: bool, allowed: bool) -> str:
    """What the filters mean and how to take them off; empty where there is none."""
    if fitting and allowed:
        return "m also shows what does not fit, f what your use is not allowed; l says why."
    if fitting:
        return "By a lean setting: 4-bit weights, rows of 1,024 tokens. m shows all again."
    if allowed:
        return "For your use as stated: l shows and changes it. f shows all again."
    return ""


def _text(choice: Choice) -> str:
    return f"{choice.name} {choice.source} {choice.licence}".lower()
