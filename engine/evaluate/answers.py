"""Asking a model: prompts taken from rendered rows, answered greedily."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import StoppingCriteria, StoppingCriteriaList

from engine.data.render import Rendered

MAX_PROMPT_TOKENS = 1024
MAX_NEW_TOKENS = 96
_TEXT_PROMPT_TOKENS = 12


@dataclass(frozen=True)
class Prompt:
    """What a model is asked, as tokens and for people."""

    input_ids: list[int]
    shown: str
    reference: str
    """What the row itself answers."""


def prompts_from(rows: Sequence[Rendered], tokenizer: Any, count: int) -> list[Prompt]:
    """The first `count` distinct prompts of `rows`, spread evenly over them.

    Args:
        rows: Rendered rows; the prompt is what comes before the first trained token (for plain text, its first
            twelve tokens), the reference is the first stretch of trained tokens.
        tokenizer: Of the model.
        count: At most so many.
    """
    step = max(1, len(rows) // count)
    order = [*rows[::step], *rows]
    found: dict[tuple[int, ...], Prompt] = {}
    for row in order:
        prompt = _prompt_of(row, tokenizer)
        if prompt and len(prompt.input_ids) <= MAX_PROMPT_TOKENS:
            found.setdefault(tuple(prompt.input_ids), prompt)
        if len(found) == count:
            break
    return list(found.values())


def _prompt_of(row: Rendered, tokenizer: Any) -> Prompt | None:
    if True not in row.trained:
        return None
    begin = row.trained.index(True)
    if begin <= 1:
        begin = min(_TEXT_PROMPT_TOKENS, len(row.input_ids) // 2)
    end = next((place for place in range(begin, len(row.trained)) if not row.trained[place]), len(row.trained))
    shown = row.prompt or tokenizer.decode(row.input_ids[:begin], skip_special_tokens=True)
    reference = tokenizer.decode(row.input_ids[begin:end], skip_special_tokens=True)
    return Prompt(list(row.input_ids[:begin]), shown.strip(), reference.strip()) if begin else None


class _Stop(StoppingCriteria):  # type: ignore[misc]
    """Ends a generation when the job was asked to stop."""

    def __init__(self, asked: Callable[[], bool]) -> None:
        self._asked = asked

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), self._asked(), dtype=torch.bool, device=input_ids.device)


@torch.no_grad()
def answer(model: Any, tokenizer: Any, input_ids: list[int], *, device: str, stop: Callable[[], bool]) -> str:
    """Continue `input_ids` greedily until the model ends by itself, at most `MAX_NEW_TOKENS` tokens."""
    ids = torch.tensor([input_ids], device=device)
    out = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=MAX_NEW_TOKENS,
        do_sample=False,
        pad_token_id=tokenizer.pad_token_id,
        stopping_criteria=StoppingCriteriaList([_Stop(stop)]),
    )
    return str(tokenizer.decode(out[0, len(input_ids) :], skip_special_tokens=True)).strip()
