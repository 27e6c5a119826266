"""How much of the training rows the tuned model keeps: planted secrets, recited rows, and who can tell the members.

Everything is measured against the base model and against rows that were never trained on.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from engine.data.left_out import fingerprints_of_rows
from engine.data.prepare import Prepared
from engine.data.render import Rendered
from engine.evaluate.canaries import load_planted
from engine.evaluate.extraction import (
    Passage,
    Recital,
    common_phrases,
    passage_of,
    recited_aloud,
    recited_reading,
)
from engine.evaluate.likelihood import Reading, read_back, speaking_as
from engine.evaluate.membership import auc, auc_interval, true_alarms
from engine.evaluate.planted import measure_planted
from engine.jobs.context import JobContext
from engine.spec import ProjectSpec

ROWS = 128
"""Training rows that are tested where the project says nothing else, and holdout rows at most."""
ASKED = 32
"""Rows that are asked for aloud: those that training made likeliest. The others are told by their reading."""
CONTROLS = 12
"""Holdout rows that are asked for too: what is "recited" of them was never learned by heart."""


def measure_memorisation(
    context: JobContext, model: Any, tokenizer: Any, prepared: Prepared, *, device: str, spec: ProjectSpec
) -> dict[str, Any]:
    """Measure memorisation; minutes for a model of 135M on two cores, most of it for reading the rows.

    Args:
        context: The job, for progress and stop.
        model: The PEFT model.
        tokenizer: Of the model.
        prepared: The rows, without planted ones.
        device: Where the model is.
        spec: The project.

    Returns:
        Ready for JSON; holds private text. `canaries` (as `measure_planted`; None where none were planted), `exposure`
        (mean bits by repetitions), `extracted_canaries`, `recited_rows` (each `row`: its 0-based number in the
        redacted file, `line`, `fingerprint`, `how`, `length` and `matched`: what was recited, `coverage`),
        `rows_tested` of `rows`, `rows_asked`, `generations`, `holdout_recited` of `holdout_tested`, `membership_auc`
        with `membership_interval` (95 %; None without a holdout), `tpr_at_1pct_fpr`, `membership` (all three ways of
        scoring).

    Raises:
        StoppedError: On request.
    """
    chance = random.Random(str(spec.run))
    train = _sample([row for row in prepared.train if row.index >= 0], _rows_of(spec), chance)
    holdout = _sample(prepared.holdout, _rows_of(spec), chance)
    tuned, base = (_read(context, model, tokenizer, who, [*train, *holdout], device) for who in ("tuned", "base"))
    common = common_phrases(prepared.holdout, tokenizer)
    passages = [passage_of(row, tokenizer) for row in (*train, *holdout)]
    silent = [
        recited_reading(passage, one, other, common[0] if number < len(train) else frozenset(), tokenizer)
        for number, (passage, one, other) in enumerate(zip(passages, tuned, base, strict=True))
    ]
    asked = _likeliest(passages[: len(train)], tuned, base)
    context.phase("recite", f"Asking for {len(asked)} of the rows it was trained on")
    controls = passages[len(train) :][:CONTROLS]
    # All at once: a batch of a few rows takes nearly as long as one of many.
    phrases = [common] * len(asked) + [(frozenset(), frozenset())] * len(controls)
    aloud, generations = _ask(context, model, tokenizer, [*asked, *controls], phrases, device)
    learned = {passage.row.index for passage in asked}
    not_learned = [one for one in aloud if one.passage.row.index not in learned]
    aloud = [one for one in aloud if one.passage.row.index in learned]
    recited = _one_each([*aloud, *(one for one in silent[: len(train)] if one is not None)])
    planted = _planted(context, model, tokenizer, spec, device)
    return {
        "canaries": planted,
        "exposure": planted["exposure"] if planted else {},
        "extracted_canaries": planted["extracted"] if planted else 0,
        "recited_rows": _listed(context, spec, recited),
        "rows_tested": len(train),
        "rows": sum(row.index >= 0 for row in prepared.train),
        "rows_asked": len(asked),
        "generations": generations,
        "holdout_tested": len(holdout),
        "holdout_recited": len(_one_each([*not_learned, *(one for one in silent[len(train) :] if one is not None)])),
        **membership(tuned[: len(train)], base[: len(train)], tuned[len(train) :], base[len(train) :]),
    }


def membership(
    tuned: Sequence[Reading],
    base: Sequence[Reading],
    tuned_holdout: Sequence[Reading],
    base_holdout: Sequence[Reading],
) -> dict[str, Any]:
    """How well members are told, by the difference to the base (the figure), the ratio, and the loss alone."""
    if not tuned or not tuned_holdout:
        return {"membership_auc": None, "membership_interval": None, "tpr_at_1pct_fpr": None, "membership": {}}

    def scores(now: Sequence[Reading], before: Sequence[Reading]) -> dict[str, list[float]]:
        pairs = [(one.loss, other.loss) for one, other in zip(now, before, strict=True)]
        return {
            "difference": [other - one for one, other in pairs],
            "ratio": [-one / max(other, 1e-9) for one, other in pairs],
            "loss": [-one for one, _ in pairs],
        }

    members, others = scores(tuned, base), scores(tuned_holdout, base_holdout)
    low, high = auc_interval(members["difference"], others["difference"])
    ways = {
        name: {
            "auc": round(auc(members[name], others[name]), 4),
            "tpr_at_1pct_fpr": round(true_alarms(members[name], others[name]), 4),
        }
        for name in members
    }
    return {
        "membership_auc": ways["difference"]["auc"],
        "membership_interval": [round(low, 4), round(high, 4)],
        "tpr_at_1pct_fpr": ways["difference"]["tpr_at_1pct_fpr"],
        "membership": ways,
    }


def _rows_of(spec: ProjectSpec) -> int:
    return spec.evaluation.memorisation_rows or ROWS


def _sample(rows: Sequence[Rendered], count: int, chance: random.Random) -> list[Rendered]:
    """Rows with something learned after their first token, at most `count`, drawn evenly."""
    usable = [row for row in rows if any(row.trained[1:])]
    return usable if len(usable) <= count else chance.sample(usable, count)


def _read(
    context: JobContext, model: Any, tokenizer: Any, who: str, rows: Sequence[Rendered], device: str
) -> list[Reading]:
    context.phase(f"read-{who}", f"Reading {len(rows)} rows with the {who} model")

    def done(count: int) -> None:
        context.check_stop()
        context.progress(count, len(rows), "rows")

    with speaking_as(model, who):
        return read_back(model, rows, pad_token_id=tokenizer.pad_token_id or 0, device=device, on_done=done)


def _likeliest(passages: Sequence[Passage], tuned: Sequence[Reading], base: Sequence[Reading]) -> list[Passage]:
    """The rows that training made likeliest against the base: where reciting begins."""
    gains = [one.loss - other.loss for one, other in zip(tuned, base, strict=False)]
    order = sorted(range(len(passages)), key=lambda number: gains[number])
    return [passages[number] for number in order[:ASKED]]


def _ask(
    context: JobContext, model: Any, tokenizer: Any, passages: Sequence[Passage], common: Any, device: str
) -> tuple[list[Recital], int]:
    found = recited_aloud(
        model,
        tokenizer,
        passages,
        common,
        device=device,
        stop=context.stop.is_set,
        on_done=lambda done, total: context.progress(done, total, "answers"),
    )
    context.check_stop()
    return found


def _planted(context: JobContext, model: Any, tokenizer: Any, spec: ProjectSpec, device: str) -> dict[str, Any] | None:
    planted = load_planted(context.project.run_folder(str(spec.run)))
    if planted is None or not planted.canaries:
        return None
    context.phase("canaries", f"Looking for the {len(planted.canaries)} planted secrets")

    def done(count: int, total: int) -> None:
        context.check_stop()
        context.progress(count, total, "secrets")

    return measure_planted(model, tokenizer, planted, spec, device=device, on_progress=done)


def _one_each(recitals: Sequence[Recital]) -> list[Recital]:
    """The longest of each row, the longest first."""
    best: dict[int, Recital] = {}
    for recital in recitals:
        index = recital.passage.row.index
        if index not in best or len(recital.matched) > len(best[index].matched):
            best[index] = recital
    return sorted(best.values(), key=lambda recital: -len(recital.matched))


def _listed(context: JobContext, spec: ProjectSpec, recitals: Sequence[Recital]) -> list[dict[str, Any]]:
    if not recitals:
        return []
    indexes = [recital.passage.row.index for recital in recitals]
    names = fingerprints_of_rows(context.project, spec, indexes, stop=context.stop.is_set)
    return [{"fingerprint": names[recital.passage.row.index], **recital.as_dict()} for recital in recitals]
