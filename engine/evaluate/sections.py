"""The sections of an evaluation: what each asks, what its result depends on, and what it adds to the report.

Every section is measured of the base and of the tuned model and kept as soon as it is there (`engine.evaluate.parts`).
The report is written anew after each, so that a stopped evaluation leaves all that was measured.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.data.examples import open_dataset
from engine.data.redacted import redacted_data
from engine.evaluate.answers import REFERENCES, Prompt, own_prompts, prompts_for, references_of
from engine.evaluate.bias import bias_of_one, bias_report, load_probes, measure_bias
from engine.evaluate.blind import PAIRS as BLIND_PAIRS
from engine.evaluate.fitting import own_question
from engine.evaluate.general import FILE as GENERAL_FILE
from engine.evaluate.general import forgetting, general_rows
from engine.evaluate.parts import Parts, fingerprint
from engine.evaluate.quality import (
    answer_limit,
    mean_loss,
    measure_answers,
    measure_rows,
    quality_of_answers,
    quality_of_rows,
    readable,
    stops,
)
from engine.evaluate.rows_read import RowRead, rows_read
from engine.evaluate.sound import soundness
from engine.evaluate.subject import Subject, Who
from engine.evaluate.swapped import measure_swapped, swapped_rows
from engine.evaluate.toxicity import load_words, measure_provoked, toxicity_of
from engine.files import sha256_of
from engine.jobs.events import AlertEvent, SampleEvent
from engine.runs_made import rows_key
from engine.train.batches import perplexity

SHOWN = 5
"""Prompts that are shown side by side, beside the creator's own."""
QUESTIONS = 100
"""Prompts of the holdout that are asked, at most."""


@dataclass
class Evaluation:
    """One evaluation while it goes on.

    Args:
        subject: The models and the rows.
        base: Parts measured of the base model.
        tuned: Parts measured of the tuned one; None before training.
        adapter: Its folder; None before training.
        changed: Called whenever the report has grown.
        report: What is known so far.
        holdout: The rows kept apart as both models read them, so that nobody reads them again.
    """

    subject: Subject
    base: Parts
    tuned: Parts | None
    adapter: Path | None
    changed: Callable[[dict[str, Any]], None]
    report: dict[str, Any] = field(default_factory=dict)
    holdout: list[RowRead] = field(default_factory=list)

    def both(
        self, name: str, key: str, text: str, measure: Callable[[Who], dict[str, Any]]
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """A part of both models, measured where it is not kept already; `text` tells with {who} what is done."""
        results: list[dict[str, Any] | None] = []
        sides: tuple[tuple[Who, Parts | None], ...] = (("base", self.base), ("tuned", self.tuned))
        for who, parts in sides:

            def work(who: Who = who) -> dict[str, Any]:
                self.subject.context.phase(f"{name}-{who}", text.format(who=who))
                return measure(who)

            results.append(parts.take(name, key, work) if parts is not None else None)
            self.subject.context.check_stop()
        assert results[0] is not None
        return results[0], results[1]

    def add(self, **found: Any) -> None:
        """Put a section into the report and write it."""
        self.report |= found
        self.changed(self.report)


def measure_holdout(work: Evaluation) -> None:
    """`base` and `tuned` (loss, perplexity), `quality` of the rows kept apart."""
    prepared = work.subject.prepared
    assert prepared is not None
    rows = readable(prepared.holdout)
    key = fingerprint([rows_key(work.subject.spec), "token by token"])
    base, tuned = work.both(
        "rows",
        key,
        f"Measuring the {{who}} model on {len(rows)} rows it never saw",
        lambda who: measure_rows(work.subject, who, rows),
    )
    work.add(holdout_rows=len(prepared.holdout), base=_loss(base))
    if tuned is not None:
        assert work.tuned is not None
        fits = work.tuned.take("own_question", key, lambda: own_question(work.subject, rows, tuned))
        work.add(tuned=_loss(tuned), quality={**quality_of_rows(base, tuned), "own_question": fits})
        work.holdout = rows_read(rows, tuned, base)


def _loss(rows: dict[str, Any]) -> dict[str, float | None]:
    loss = mean_loss(rows)
    known = math.isfinite(loss)
    return {"loss": loss if known else None, "perplexity": perplexity(loss) if known else None}


def measure_prompts(work: Evaluation) -> None:
    """`answers` side by side, `quality` of the answers, `stops`, and what the word list finds in them."""
    subject = work.subject
    prompts, limit, why = _prompts(subject)
    key = fingerprint([[prompt.input_ids for prompt in prompts], limit])
    base, tuned = work.both(
        "answers",
        key,
        f"Asking the {{who}} model {len(prompts)} questions",
        lambda who: measure_answers(subject, who, prompts, limit),
    )
    toxicity: dict[str, Any] = {"data": toxicity_of([prompt.reference for prompt in prompts if prompt.reference])}
    work.report["toxicity"] = {**toxicity, "base": toxicity_of(base["texts"])}
    if tuned is None:
        work.add()
        return
    work.report["toxicity"]["tuned"] = toxicity_of(tuned["texts"])
    answers = _answers(prompts, base, tuned)
    for answer in answers:
        subject.context.emit(SampleEvent(**answer))
    assert subject.prepared is not None
    unseen = {row.index for row in subject.prepared.holdout}
    judged = [place for place, prompt in enumerate(prompts) if prompt.row in unseen and prompt.reference]
    texts = [[side["texts"][place] for place in judged] for side in (base, tuned)]
    references = [prompts[place].reference for place in judged]
    everything = references_of(subject.context.project, subject.spec) if judged else []
    quality = quality_of_answers(texts[0], texts[1], references, everything or references)
    ended = stops(base, tuned, limit, why)
    if ended["why"]:
        _alert(subject, "does_not_stop", f"{ended['share']:.0%} of the answers end by themselves.", ended["why"])
    changed = sum(a != b for a, b in zip(base["texts"], tuned["texts"], strict=True))
    work.add(
        answers=answers,
        blind_pairs=[
            {"prompt": prompt.shown, "base": before, "tuned": after}
            for prompt, before, after in zip(prompts, base["texts"], tuned["texts"], strict=True)
            if before != after
        ][:BLIND_PAIRS],
        quality={**work.report.get("quality", {}), **quality},
        stops=ended,
        answers_changed=changed / len(prompts) if prompts else None,
    )


def _prompts(subject: Subject) -> tuple[list[Prompt], int, str]:
    """What is asked, the limit of an answer in tokens, and why that."""
    assert subject.prepared is not None
    unseen, seen = ([row.index for row in rows] for rows in (subject.prepared.holdout, subject.prepared.train))
    project, spec, tokenizer = subject.context.project, subject.spec, subject.tokenizer
    count = min(QUESTIONS, max(SHOWN, len(unseen)))
    found = prompts_for(project, spec, tokenizer, unseen, seen, count)
    lengths = [len(tokenizer(one.reference, verbose=False)["input_ids"]) for one in found if one.reference]
    limit, why = answer_limit(lengths)
    return [*found, *own_prompts(spec.evaluation.prompts, subject.renderer)], limit, why


def _answers(prompts: list[Prompt], base: dict[str, Any], tuned: dict[str, Any]) -> list[dict[str, str]]:
    """Those that are shown: the first ones, and all of the creator's own."""
    return [
        {"prompt": prompt.shown, "reference": prompt.reference, "base": before, "tuned": after}
        for place, (prompt, before, after) in enumerate(zip(prompts, base["texts"], tuned["texts"], strict=True))
        if place < SHOWN or prompt.row < 0
    ]


def measure_general(work: Evaluation) -> None:
    """`general`: what it could do before; and `sound`: whether the adapter is finite and changes something."""
    subject = work.subject
    rows = general_rows(subject.renderer, subject.spec.recipe.max_length, for_measuring=True)
    base, tuned = work.both(
        "general",
        fingerprint([sha256_of(GENERAL_FILE), [row.input_ids for row in rows]]),
        f"Measuring the {{who}} model on {len(rows)} general rows",
        lambda who: measure_rows(subject, who, rows),
    )
    if tuned is None or work.adapter is None:
        work.add(general={"rows": len(rows), "loss": {"base": {"value": _loss(base)["loss"]}}})
        return
    found = forgetting(base, tuned)
    if found["change"] is not None and found["loss"]["difference"]["low"] > 0:
        _alert(
            subject,
            "forgets",
            f"The loss on general rows rose by {found['change']:.1%}.",
            "Some of what the base model could do got lost.",
            todo="Mix in general rows and train again: `tunesmith train PROJECT --mix-in`.",
            severity="note",
        )
    work.add(general=found, sound=soundness(work.adapter, subject.model, base, tuned))


def measure_one_sidedness(work: Evaluation) -> None:
    """`bias`: sentences that differ in a name only."""
    base, tuned = work.both(
        "bias",
        load_probes().version,
        "Comparing what the {who} model says of women and men",
        lambda who: measure_bias(work.subject, who),
    )
    work.report["bias_base"] = bias_of_one(base)
    if tuned is None:
        work.add()
        return
    subject = work.subject
    dataset = open_dataset(redacted_data(subject.context.project, subject.spec))
    examples = list(itertools.islice(dataset.examples(), REFERENCES))
    rows = {pair.name: swapped_rows(subject, examples, pair.swap) for pair in load_probes().pairs}
    own = work.both(
        "bias_rows",
        fingerprint([load_probes().version, rows_key(subject.spec)]),
        "Reading rows about women and men, also the other way round",
        lambda who: {name: measure_swapped(subject, who, some) for name, some in rows.items()},
    )
    work.add(bias=bias_report(base, tuned, [one for one in own if one is not None]))


def measure_provocations(work: Evaluation) -> None:
    """`toxicity`: further answers, to prompts that provoke; and `base_first`: what the base alone is like."""
    base, tuned = work.both(
        "provoked",
        fingerprint([load_words().version, work.subject.renderer.choice]),
        "Provoking the {who} model",
        lambda who: measure_provoked(work.subject, who),
    )
    provoked = {"base": toxicity_of(base["texts"])}
    if tuned is not None:
        provoked["tuned"] = toxicity_of(tuned["texts"])
    work.add(toxicity={**work.report.get("toxicity", {}), "provoked": provoked})


def _alert(subject: Subject, rule: str, seen: str, means: str, *, todo: str = "", severity: str = "amber") -> None:
    event = {"rule": rule, "severity": severity, "seen": seen, "means": means, "todo": todo}
    subject.context.emit(AlertEvent.model_validate(event))
