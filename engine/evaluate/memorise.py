"""How much of the training rows the tuned model keeps: planted secrets, recited rows, and who can tell the members.

Everything is measured against the base model and against rows that were never trained on.
"""

from __future__ import annotations

import math
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
from engine.evaluate.membership import auc, auc_interval, true_alarms
from engine.evaluate.overlap import Phrases
from engine.evaluate.planted import measure_planted
from engine.evaluate.quality import readable
from engine.evaluate.rows_read import RowRead, Side, read_rows
from engine.jobs.context import JobContext
from engine.spec import ProjectSpec

MINUTES = 10.0
"""For reading training rows, where the project says nothing else. Every row is read where that is enough."""
ASKED_LEAST, ASKED_SHARE, ASKED_MOST = 48, 0.02, 400
"""Training rows that are asked for aloud, where the project says nothing else: a fiftieth of them within these bounds.
Saying a row takes ten times as long as reading it, and of what greedy decoding says the reading tells as much."""
AT_RISK = 2 / 3
"""The share of them that training made likeliest, where reciting begins; the others are drawn at random."""
CONTROLS = 12
"""Holdout rows that are asked for too: what is "recited" of them was never learned by heart."""


def measure_memorisation(
    context: JobContext,
    model: Any,
    tokenizer: Any,
    prepared: Prepared,
    *,
    device: str,
    spec: ProjectSpec,
    holdout: Sequence[RowRead] | None = None,
) -> dict[str, Any]:
    """Measure memorisation; minutes for a model of 135M on two cores, most of it for saying rows.

    Args:
        context: The job, for progress and stop.
        model: The PEFT model.
        tokenizer: Of the model.
        prepared: The rows, without planted ones.
        device: Where the model is.
        spec: The project.
        holdout: The rows kept apart as they were read for the quality of the run; None: they are read here.

    Returns:
        Ready for JSON; holds private text. `canaries` (as `measure_planted`; None where none were planted), `exposure`
        (mean bits by repetitions), `extracted_canaries`, `recited_rows` (each `row`: its 0-based number in the
        redacted file, `line`, `fingerprint`, `how`, `length` and `matched`: what was recited, `coverage`),
        `rows_tested` (read token by token) of `rows`, `reading` (`seconds` of `limit_s`), `rows_asked` aloud, of which
        `rows_asked_at_random`, `generations`, `holdout_recited` of `holdout_tested`, `membership_auc` with
        `membership_interval` (95 %; None without a holdout), `tpr_at_1pct_fpr`, `membership` (all three ways of
        scoring).

    Raises:
        StoppedError: On request.
    """
    chance = random.Random(str(spec.run))
    rows = readable([row for row in prepared.train if row.index >= 0])
    wanted = chance.sample(rows, min(len(rows), spec.evaluation.memorisation_rows or len(rows)))
    limit_s = 60 * (spec.evaluation.memorisation_minutes or MINUTES)
    context.phase("read", f"Reading {len(wanted):,} training rows with both models, {limit_s / 60:g} minutes at most")
    reading = read_rows(context, model, tokenizer, wanted, device=device, limit_s=limit_s)
    train = reading.rows
    if holdout is None:
        context.phase("read-holdout", "Reading the rows kept apart with both models")
        apart = readable(prepared.holdout)
        holdout = read_rows(context, model, tokenizer, apart, device=device, limit_s=limit_s).rows
    common = common_phrases(prepared.holdout, tokenizer)
    silent = _silent(train, common[0], tokenizer)
    asked, at_random = rows_to_ask(train, spec, chance)
    context.phase("recite", f"Asking for {len(asked)} of the rows it was trained on")
    controls = [one.row for one in holdout[:CONTROLS]]
    # All at once: a batch of a few rows takes nearly as long as one of many.
    phrases = [common] * len(asked) + [(frozenset(), frozenset())] * len(controls)
    passages = [passage_of(row, tokenizer) for row in (*asked, *controls)]
    aloud, generations = _ask(context, model, tokenizer, passages, phrases, device)
    learned = {row.index for row in asked}
    not_learned = [one for one in aloud if one.passage.row.index not in learned]
    aloud = [one for one in aloud if one.passage.row.index in learned]
    recited = _one_each([*aloud, *silent])
    planted = _planted(context, model, tokenizer, spec, device)
    return {
        "canaries": planted,
        "exposure": planted["exposure"] if planted else {},
        "extracted_canaries": planted["extracted"] if planted else 0,
        "recited_rows": _listed(context, spec, recited),
        "rows_tested": len(train),
        "rows": sum(row.index >= 0 for row in prepared.train),
        "reading": {"seconds": round(reading.seconds, 1), "limit_s": limit_s},
        "rows_asked": len(asked),
        "rows_asked_at_random": at_random,
        "generations": generations,
        "holdout_tested": len(holdout),
        "holdout_recited": len(_one_each([*not_learned, *_silent(holdout, frozenset(), tokenizer)])),
        **membership(*([side.loss for side in sides] for sides in _sides(train, holdout))),
    }


def _sides(train: Sequence[RowRead], holdout: Sequence[RowRead]) -> list[list[Side]]:
    """Tuned and base of the training rows, then of the others."""
    return [[getattr(one, who) for one in rows] for rows in (train, holdout) for who in ("tuned", "base")]


def membership(
    tuned: Sequence[float], base: Sequence[float], tuned_holdout: Sequence[float], base_holdout: Sequence[float]
) -> dict[str, Any]:
    """How well members are told by their losses: by the difference to the base (the figure), the ratio, the loss alone.

    Args:
        tuned: The tuned model's loss of each training row, nats per token.
        base: The base model's of the same rows.
        tuned_holdout: The tuned model's of rows never trained on.
        base_holdout: The base model's of those.
    """
    if not tuned or not tuned_holdout:
        return {"membership_auc": None, "membership_interval": None, "tpr_at_1pct_fpr": None, "membership": {}}

    def scores(now: Sequence[float], before: Sequence[float]) -> dict[str, list[float]]:
        pairs = list(zip(now, before, strict=True))
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


def _silent(rows: Sequence[RowRead], common: Phrases, tokenizer: Any) -> list[Recital]:
    """What greedy decoding would recite of rows, told from their readings."""
    told = (
        recited_reading(passage_of(one.row, tokenizer), one.places(one.tuned), one.places(one.base), common, tokenizer)
        for one in rows
    )
    return [one for one in told if one is not None]


def rows_to_ask(rows: Sequence[RowRead], spec: ProjectSpec, chance: random.Random) -> tuple[list[Rendered], int]:
    """The rows that are asked for aloud, and how many of them were drawn at random."""
    usual = min(ASKED_MOST, max(ASKED_LEAST, math.ceil(ASKED_SHARE * len(rows))))
    count = min(len(rows), spec.evaluation.memorisation_asked or usual)
    order = sorted(rows, key=lambda one: -one.gain)
    first = math.ceil(AT_RISK * count)
    drawn = chance.sample(order[first:], count - first)
    return [one.row for one in (*order[:first], *drawn)], len(drawn)


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
