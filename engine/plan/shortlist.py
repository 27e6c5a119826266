"""The models of the catalogue that somebody can use: found by words, by what fits, by what the terms allow.

Arithmetic only. A model counts as fitting when the leanest usual setting does: 4-bit weights, one row of 1,024 tokens
at a time, activations computed again. Where neither a kept profile nor the closed formula can say it, the answer is
`unknown` and the model stays on the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from engine.licences.check import verdict_for
from engine.licences.verdict import Outcome
from engine.models.catalogue import CatalogueModel
from engine.plan.architecture import checked
from engine.plan.estimate import estimate
from engine.plan.memory import FITS_SHARE, memory_of, rows_of_length
from engine.plan.report import Machine
from engine.plan.variants import NotPlannedYetError, profiles_kept
from engine.spec import RecipeSpec, UseSpec

Fits = Literal["yes", "no", "unknown"]
_LENGTH = 1024
LEAN = RecipeSpec(quantization="nf4", micro_batch=1, gradient_checkpointing=True, max_length=_LENGTH)
"""The setting by which a model fits or not."""
_LEAST_BYTES, _LEAST_WITH_EXPERTS = 0.5, 1.0
"""Bytes a parameter that a model takes at least: 4 bits; with experts, the larger part of such a model, which stay in
16 bits, more than twice that."""


@dataclass(frozen=True)
class Choice:
    """One model of the list; None: it was not asked."""

    model: CatalogueModel
    fits: Fits | None = None
    needs_bytes: int | None = None
    """Allocated at the peak; None: not known."""
    verdict: Outcome | None = None


def shortlist(
    models: Iterable[CatalogueModel],
    *,
    search: str = "",
    machine: Machine | None = None,
    use: UseSpec | None = None,
    verdicts: Callable[[str, UseSpec], Outcome] | None = None,
) -> Iterator[Choice]:
    """Leave out what is not meant, what certainly does not fit, and what the terms refuse.

    Args:
        models: The catalogue.
        search: Words that must all be in the id, the name, the note, the kind or the licence of a model.
        machine: What it is to fit; None: anything.
        use: What it is for; None: anything.
        verdicts: Of a model's terms; None: those of `engine.licences`.
    """
    ask = verdicts or (lambda model, purpose: verdict_for(model, purpose).verdict)
    words = search.lower().split()
    for model in models:
        text = " ".join((model.id, model.name, model.note, model.model_type, model.licence)).lower()
        if not all(word in text for word in words):
            continue
        fits, needs = fits_of(model, machine) if machine else (None, None)
        verdict = ask(model.id, use) if use else None
        if fits != "no" and verdict != "refused":
            yield Choice(model, fits, needs, verdict)


def fits_of(model: CatalogueModel, machine: Machine) -> tuple[Fits, int | None]:
    """Whether a model can be trained on this machine, and the bytes it takes where they are known."""
    if machine.memory is None:
        return "unknown", None
    config = model.as_config()
    architecture = checked(config, model.id, "catalogue") if config else None
    if architecture:
        try:
            planned = memory_of(
                architecture,
                LEAN,
                rows_of_length(_LENGTH),
                profiles_kept(architecture),
                on_cuda=machine.on_cuda,
                dtype=machine.dtype,
                free_ram=machine.free_ram,
                correction=machine.correction,
                products=machine.products,
            )
            return ("yes" if planned.fits(machine.memory) else "no"), planned.allocated
        except NotPlannedYetError:
            pass  # nobody planned this model here yet: the formula has to do
    found = estimate(model.as_facts(), LEAN, _LENGTH, machine.memory, on_cuda=machine.on_cuda)
    if found:
        return _word(found.fits), sum(found.breakdown.values())
    least = _LEAST_WITH_EXPERTS if architecture and architecture.has_experts else _LEAST_BYTES
    return ("no" if model.parameters * least > FITS_SHARE * machine.memory else "unknown"), None


def _word(fits: bool | None) -> Fits:
    return "unknown" if fits is None else "yes" if fits else "no"
