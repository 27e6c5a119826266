"""Is it better on rows it never saw? Loss and answers, base against tuned, each figure with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.data.render import Rendered
from engine.evaluate.answers import Prompt
from engine.evaluate.likelihood import Reading
from engine.evaluate.metrics import (
    RESAMPLES,
    SEED,
    Floats,
    bleu,
    bleu_statistics,
    chrf,
    chrf_statistics,
    compare,
    compare_shares,
    infer_labels,
    infer_schema,
    parsed,
    plain,
    ratio,
    share_interval,
)
from engine.evaluate.subject import Subject, Who
from engine.train.batches import perplexity

LONGEST_ANSWER = 256
SHORTEST_LIMIT = 32
STOPS_AT_LEAST = 0.95
METHOD = (
    f"95 % percentile bootstrap: {RESAMPLES:,} times the rows are drawn anew, base and tuned together (seed {SEED}); "
    "shares of answers by Wilson, their differences by Newcombe"
)
FEW_ROWS = 5
"""Drawn from fewer rows, an interval is too narrow: they may all be better by chance once in 2 to the power of them."""


def readable(rows: Sequence[Rendered]) -> list[Rendered]:
    """Rows with a token to foresee: the first token of a row has nothing before it."""
    return [row for row in rows if any(row.trained[1:])]


def measure_rows(subject: Subject, who: Who, rows: Sequence[Rendered]) -> dict[str, Any]:
    """Read rows: for each the summed loss in nats, its trained tokens, and how many were the likeliest."""
    return summed(subject.read(who, rows))


def summed(readings: Sequence[Reading]) -> dict[str, Any]:
    """`nll`, `tokens` and `right` of each row, and `foreseen`: for each of its tokens "1" or "0"."""
    return {
        "nll": [sum(reading.losses) for reading in readings],
        "tokens": [len(reading.losses) for reading in readings],
        "right": [sum(reading.right) for reading in readings],
        "foreseen": ["".join("01"[right] for right in reading.right) for reading in readings],
    }


def mean_loss(rows: dict[str, Any]) -> float:
    """Nats per trained token over all rows; NaN without any."""
    tokens = sum(rows["tokens"])
    return sum(rows["nll"]) / tokens if tokens else math.nan


def answer_limit(lengths: Sequence[int]) -> tuple[int, str]:
    """Where answers are cut, in tokens, and why there: twice what 95 % of the data's own answers need.

    Args:
        lengths: Of the data's own answers to the same prompts, in tokens.
    """
    usual = int(np.quantile(lengths, 0.95)) if lengths else SHORTEST_LIMIT
    limit = min(LONGEST_ANSWER, max(SHORTEST_LIMIT, 2 * usual))
    why = f"twice the length of 95 % of your data's own answers ({usual} tokens)"
    if limit == LONGEST_ANSWER:
        why = f"the most that is asked for here; 95 % of your data's own answers have up to {usual} tokens"
    elif limit == SHORTEST_LIMIT:
        why = f"the least that is allowed; 95 % of your data's own answers have up to {usual} tokens"
    return limit, why


def measure_answers(subject: Subject, who: Who, prompts: Sequence[Prompt], limit: int) -> dict[str, Any]:
    """Answer the prompts greedily: `texts`, and whether each `ended` by itself."""
    answers = subject.ask(who, [prompt.input_ids for prompt in prompts], limit)
    return {"texts": [answer.text.strip() for answer in answers], "ended": [answer.ended for answer in answers]}


def stops(base: dict[str, Any], tuned: dict[str, Any], limit: int, why: str) -> dict[str, Any]:
    """How many answers end by themselves: `share` of the tuned model with `low` and `high`, `base_share`, `limit`."""
    count, ended = len(tuned["ended"]), sum(tuned["ended"])
    low, high = share_interval(ended, count)
    share = ended / count if count else None
    found: dict[str, Any] = {
        "answers": count,
        "ended": ended,
        "share": share,
        "low": low,
        "high": high,
        "base_share": sum(base["ended"]) / count if count else None,
        "limit": limit,
        "limit_why": why,
        "why": "",
    }
    if share is not None and share < STOPS_AT_LEAST:
        found["why"] = (
            f"{count - ended} of {count} answers were cut at {limit} tokens, {why}, before the model ended them. "
            "Usually the end of the turn was not learned: see in the preview whether it is trained, or train longer."
        )
    return found


def quality_of_rows(base: dict[str, Any], tuned: dict[str, Any]) -> dict[str, Any]:
    """`loss` (nats per token), `perplexity` and `token_accuracy` over the rows kept apart."""
    if not base["tokens"]:
        return {"rows": 0, "intervals": METHOD}

    def of(name: str, figure: Any) -> dict[str, Any]:
        sides = [list(zip(rows[name], rows["tokens"], strict=True)) for rows in (base, tuned)]
        return compare(sides[0], sides[1], figure)

    return {
        "rows": len(base["tokens"]),
        "intervals": METHOD + ("; of so few rows too narrow to be relied on" if len(base["tokens"]) < FEW_ROWS else ""),
        "loss": of("nll", ratio),
        "perplexity": of("nll", lambda sums: perplexity(ratio(sums))),
        "token_accuracy": of("right", ratio),
    }


def quality_of_answers(
    base: Sequence[str], tuned: Sequence[str], references: Sequence[str], all_references: Sequence[str]
) -> dict[str, Any]:
    """`bleu`, `chrf`, `exact_match`, and where the data's answers are such `json` and `categories`; all 0 to 1.

    Args:
        base: Answers of the base model.
        tuned: Of the tuned one, to the same prompts.
        references: What the data says there.
        all_references: Answers all over the data: from them a schema or labels are inferred.
    """
    if not references:
        return {"answers": 0, "json": None, "categories": None}
    found: dict[str, Any] = {
        "answers": len(references),
        "bleu": compare(bleu_statistics(base, references), bleu_statistics(tuned, references), _at_most_one(bleu)),
        "chrf": compare(chrf_statistics(base, references), chrf_statistics(tuned, references), _at_most_one(chrf)),
        "exact_match": compare_shares(
            [plain(a) == plain(r) for a, r in zip(base, references, strict=True)],
            [plain(a) == plain(r) for a, r in zip(tuned, references, strict=True)],
        ),
        "json": None,
        "categories": None,
    }
    if schema := infer_schema(all_references):
        values = [[parsed(text) for text in texts] for texts in (base, tuned)]
        valid = [[value is not None for value in side] for side in values]
        match = [[value is not None and schema.accepts(value) for value in side] for side in values]
        required = {key: sorted(types) for key, types in sorted(schema.required.items())}
        found["json"] = {
            "valid": compare_shares(*valid),
            "schema_match": compare_shares(*match),
            "schema": {"type": schema.kind, "required": required, "known": sorted(schema.known)},
        }
    elif labels := infer_labels(all_references):
        found["categories"] = {
            "labels": sorted(labels),
            "accuracy": found["exact_match"],
            "known_label": compare_shares(*([plain(text) in labels for text in texts] for texts in (base, tuned))),
        }
    return found


def _at_most_one(figure: Any) -> Any:
    def limited(sums: Floats) -> float:
        return min(1.0, float(figure(sums)))

    return limited
