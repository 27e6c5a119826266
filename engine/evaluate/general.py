"""What the model could do before: a small bundled set of general rows, to measure forgetting and to mix in against it.

The rows (`presets/general`) are our own. A hash of the question says whether a row is for measuring or for mixing in,
so that what is measured was never trained on.
"""

from __future__ import annotations

import hashlib
import json
import random
from functools import cache
from typing import Any

from engine.data.prepare import Prepared
from engine.data.render import Rendered, Renderer
from engine.data.shapes import Example, Message
from engine.errors import ModelError
from engine.evaluate.metrics import compare, ratio
from engine.machine import PRESETS

FILE = PRESETS / "general" / "facts.jsonl"
REPEATS = 4
"""So often at most a row is mixed in."""


@cache
def general_examples(*, for_measuring: bool) -> tuple[Example, ...]:
    """The bundled rows of one half, as chats without a place in any file (index -1)."""
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    chosen = [row for row in rows if _for_measuring(row["question"]) == for_measuring]
    return tuple(
        Example((Message("user", row["question"]), Message("assistant", row["answer"])), None, -1) for row in chosen
    )


def _for_measuring(question: str) -> bool:
    return hashlib.sha256(question.encode()).digest()[0] % 2 == 0


def general_rows(renderer: Renderer, max_length: int, *, for_measuring: bool) -> list[Rendered]:
    """The bundled rows as the model reads chats; as plain text where it has no chat template."""
    examples = general_examples(for_measuring=for_measuring)
    if not renderer.has_template:
        texts = ["\n".join(text for _, text in example.content()) for example in examples]
        examples = tuple(Example(None, text, -1) for text in texts)
    rendered = renderer.render_many(examples, max_length)
    return [row for row in rendered if not isinstance(row, ModelError) and any(row.trained[1:])]


def mix_in(prepared: Prepared, renderer: Renderer, share: float, seed: int) -> int:
    """Add general rows to the training rows, so that they are `share` of them; never to the holdout.

    Args:
        prepared: Its `train` grows, and its counts with it. The rows have the index -1.
        renderer: As for the other rows.
        share: 0 up to, not including, 1.
        seed: Which rows come first where not all are needed.

    Returns:
        How many were added: at most each of the bundled rows `REPEATS` times.
    """
    wanted = round(len(prepared.train) * share / (1 - share))
    rows = general_rows(renderer, prepared.max_length, for_measuring=False)
    random.Random(seed).shuffle(rows)
    added = (rows * REPEATS)[:wanted]
    ended = prepared.eos_supervised_share * len(prepared.train) + sum(row.eos_trained for row in added)
    prepared.train += added
    prepared.tokens += sum(len(row.input_ids) for row in added)
    prepared.supervised_tokens += sum(row.supervised for row in added)
    prepared.eos_supervised_share = ended / len(prepared.train)
    return len(added)


def forgetting(base: dict[str, Any], tuned: dict[str, Any]) -> dict[str, Any]:
    """Loss on the general rows, base against tuned.

    Args:
        base: As from `engine.evaluate.quality.measure_rows`.
        tuned: The same rows.

    Returns:
        `loss` (nats per token, with intervals), `change` (tuned over base - 1), `rows`.
    """
    sides = [list(zip(rows["nll"], rows["tokens"], strict=True)) for rows in (base, tuned)]
    loss = compare(sides[0], sides[1], ratio)
    before, after = loss["base"]["value"], loss["tuned"]["value"]
    known = before is not None and after is not None and before > 0
    return {"loss": loss, "change": after / before - 1 if known else None, "rows": len(base["tokens"])}
