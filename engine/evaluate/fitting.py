"""Does an answer belong to its question? Rows kept apart are read once more, each after another row's question.

A model that learned to answer finds an answer likelier after its own question. Where questions and answers slipped
apart in the file, or all answers are alike, it finds both the same; and nothing else shows it, because the manner is
learned all the same: the holdout loss falls as far as it does with sound rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.data.render import Rendered
from engine.evaluate.metrics import compare, ratio
from engine.evaluate.subject import Subject

LEAST, MOST = 12, 100
"""Rows: with fewer it is not asked; more are not needed."""


def own_question(subject: Subject, rows: Sequence[Rendered], tuned: dict[str, Any]) -> dict[str, Any]:
    """By how much answers are likelier after their own question, in nats per token.

    Args:
        subject: The tuned model.
        rows: The rows kept apart.
        tuned: What `engine.evaluate.quality.summed` kept of their reading by the tuned model.

    Returns:
        `rows`, `value`, `low`, `high` (95 %); empty where too few rows have a question that another one has not.
    """
    others = with_another_question(rows, subject.spec.recipe.max_length)
    if len(others) < LEAST:
        return {}
    readings = subject.read("tuned", [row for _, row in others])
    own = [(tuned["nll"][place], tuned["tokens"][place]) for place, _ in others]
    other = [(sum(reading.losses), len(reading.losses)) for reading in readings]
    return {"rows": len(others), **compare(own, other, ratio)["difference"]}


def with_another_question(rows: Sequence[Rendered], longest: int) -> list[tuple[int, Rendered]]:
    """Up to `MOST` rows, spread evenly, with what the next row with another question has before its first answer.

    Returns:
        The row's place and the row made; none of plain texts, which have nothing before what is learned, nor of rows
        that become longer than `longest` tokens.
    """
    begins = {place: begin for place, row in enumerate(rows) if (begin := row.trained.index(True)) > 1}
    places = list(begins)
    made = []
    for number, place in enumerate(places):
        row, begin = rows[place], begins[place]
        following = (rows[other].input_ids[: begins[other]] for other in (*places[number + 1 :], *places[:number]))
        question = next((ids for ids in following if ids != row.input_ids[:begin]), None)
        if question is not None and len(question) + len(row.input_ids) - begin <= longest:
            ids, trained = [*question, *row.input_ids[begin:]], [*[False] * len(question), *row.trained[begin:]]
            made.append((place, replace(row, input_ids=ids, trained=trained)))
    return made[:: -(-len(made) // MOST)] if made else []
