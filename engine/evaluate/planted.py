"""What a tuned model keeps of the planted secrets: their exposure, and whether it tells them."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.data.render import Rendered
from engine.evaluate.beginnings import common_length
from engine.evaluate.canaries import Canary, Planted, all_of, draw, render_planted, space_of, with_secret
from engine.evaluate.exposure import exposure_by_rank, exposure_by_sample
from engine.evaluate.generate import generate
from engine.evaluate.likelihood import score_continuations, speaking_as
from engine.spec import ProjectSpec

SAMPLE = 256
"""Random secrets that a planted one is compared with where not all of them are."""
TRIES = 4
"""Sampled answers beside the likeliest one."""
ANSWER_TOKENS = 40


@dataclass(frozen=True)
class Choices:
    """A planted secret among others, as tokens.

    Args:
        context: What stands before all of them.
        secret: The planted one's own tokens.
        others: Those of the others.
    """

    context: list[int]
    secret: list[int]
    others: list[list[int]]


def choices_of(tokenizer: Any, row: Rendered, canary: Canary, others: Sequence[str]) -> Choices:
    """The tokens in which a planted secret and others differ, in the row of the planted one.

    What follows the secret is left out: it is the same for all.
    """
    text = "".join(piece for piece, _ in row.text_pieces)
    texts = [text, *(with_secret(text, canary, other) for other in others)]
    rows: list[list[int]] = tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
    before = common_length(rows)
    after = common_length([list(reversed(ids[before:])) for ids in rows])
    parts = [ids[before : len(ids) - after] for ids in rows]
    return Choices(rows[0][:before], parts[0], parts[1:])


def measure_planted(
    model: Any,
    tokenizer: Any,
    planted: Planted,
    spec: ProjectSpec,
    *,
    device: str,
    on_progress: Callable[[int, int], None],
) -> dict[str, Any]:
    """Exposure and extraction of every planted secret, of the tuned model and of the base.

    Args:
        model: The PEFT model.
        tokenizer: Of the model.
        planted: The secrets of the run.
        spec: How rows are rendered.
        device: Where the model is.
        on_progress: Told (done, total) in secrets; may raise to end the work.

    Returns:
        `planted`, `rows`, `extracted`, `exposure` and `base_exposure` (mean bits by the number of repetitions), and
        `list`: for each secret `id`, `format`, `repetitions`, `exposure`, `base_exposure`, `most` (log2 of how many
        there are), `by` ("rank" or "sample"), `extracted`. The secrets themselves are not in it.
    """
    rows = render_planted(planted, spec, tokenizer)
    told = _told(model, tokenizer, planted, rows, device)
    listed: list[dict[str, Any]] = []
    for canary, row in zip(planted.canaries, rows, strict=True):
        figures = _exposures(model, tokenizer, planted, canary, row, device)
        listed.append(
            {
                "id": canary.id,
                "format": canary.format,
                "repetitions": canary.repetitions,
                **figures,
                "extracted": canary.id in told,
            }
        )
        on_progress(len(listed), len(rows))
    return {
        "planted": len(rows),
        "rows": planted.rows,
        "extracted": len(told),
        "exposure": _means(listed, "exposure"),
        "base_exposure": _means(listed, "base_exposure"),
        "list": listed,
    }


def _exposures(
    model: Any, tokenizer: Any, planted: Planted, canary: Canary, row: Rendered, device: str
) -> dict[str, Any]:
    everything = all_of(canary.format)
    if everything is not None:
        others = [secret for secret in everything if secret != canary.secret]
    else:
        chance = random.Random(f"{planted.seed}:sample:{canary.id}")
        drawn = (draw(canary.format, chance) for _ in range(SAMPLE))
        others = [secret for secret in dict.fromkeys(drawn) if secret != canary.secret]
    choices = choices_of(tokenizer, row, canary, others)
    space = space_of(canary.format)
    figures: dict[str, Any] = {"most": round(math.log2(space), 2), "by": "sample" if everything is None else "rank"}
    for who, name in (("tuned", "exposure"), ("base", "base_exposure")):
        with speaking_as(model, who):
            losses = score_continuations(model, choices.context, [choices.secret, *choices.others], device=device)
        if everything is None:
            bits = exposure_by_sample(losses[0], losses[1:], space)
        else:
            bits = exposure_by_rank(losses[0], losses[1:])
        figures[name] = round(bits, 2)
    return figures


def _told(model: Any, tokenizer: Any, planted: Planted, rows: Sequence[Rendered], device: str) -> set[int]:
    """Numbers of the secrets that the tuned model tells when asked, and the base does not."""
    prompts: list[list[int]] = []
    owners: list[Canary] = []
    for canary, row in zip(planted.canaries, rows, strict=True):
        chance = random.Random(f"{planted.seed}:told:{canary.id}")
        others = [draw(canary.format, chance) for _ in range(8)]
        first = next(place for place, trained in enumerate(row.trained) if trained)
        for prompt in (row.input_ids[:first], choices_of(tokenizer, row, canary, others).context):
            if prompt:
                prompts.append(prompt)
                owners.append(canary)
    found: dict[str, set[int]] = defaultdict(set)
    for who in ("tuned", "base"):
        with speaking_as(model, who):
            for temperature, times in ((0.0, 1), (1.0, TRIES)):
                answers = generate(
                    model,
                    tokenizer,
                    prompts * times,
                    max_new_tokens=ANSWER_TOKENS,
                    device=device,
                    temperature=temperature,
                )
                found[who] |= {
                    canary.id
                    for canary, answer in zip(owners * times, answers, strict=True)
                    if squeezed(canary.secret) in squeezed(answer.text)
                }
    return found["tuned"] - found["base"]


def squeezed(text: str) -> str:
    """Letters, digits and @ only, in small letters."""
    return "".join(letter for letter in text.casefold() if letter.isalnum() or letter == "@")


def _means(listed: Sequence[dict[str, Any]], name: str) -> dict[str, float]:
    by_repetitions: dict[int, list[float]] = defaultdict(list)
    for one in listed:
        by_repetitions[one["repetitions"]].append(one[name])
    return {str(times): round(sum(bits) / len(bits), 2) for times, bits in sorted(by_repetitions.items())}
