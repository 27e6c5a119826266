"""Asking a model: prompts taken from the rows kept apart, answered greedily."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import StoppingCriteria, StoppingCriteriaList

from engine.data.examples import open_dataset
from engine.data.prepare import redacted_data
from engine.data.render import Renderer
from engine.data.shapes import Example
from engine.project import Project
from engine.spec import ProjectSpec

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


def prompts_for(
    project: Project, spec: ProjectSpec, tokenizer: Any, rows: Sequence[int], more: Sequence[int], count: int
) -> list[Prompt]:
    """Up to `count` distinct prompts from the given rows of the redacted file, spread evenly over them.

    For a chat the prompt is everything before its last answer, for plain text its first twelve tokens.

    Args:
        project: Where the rows are.
        spec: How they are read and rendered.
        tokenizer: Of the model.
        rows: Indexes in the file: the rows kept apart.
        more: Indexes of further rows, taken where those are too few.
        count: At most so many.
    """
    spread = rows[:: max(1, len(rows) // count)]
    wanted = {row: place for place, row in reversed(list(enumerate([*spread, *rows, *more])))}
    renderer = Renderer(tokenizer, spec.model.chat_template if spec.model else "model")
    found: dict[str, tuple[int, Prompt]] = {}
    for example in open_dataset(redacted_data(project, spec)).examples():
        if isinstance(example, Example) and example.index in wanted:
            prompt = _prompt_of(example, renderer)
            if 0 < len(prompt.input_ids) <= MAX_PROMPT_TOKENS:
                found.setdefault(prompt.shown, (wanted[example.index], prompt))
    return [prompt for _, prompt in sorted(found.values(), key=lambda pair: pair[0])][:count]


def _prompt_of(example: Example, renderer: Renderer) -> Prompt:
    if example.messages is None or not renderer.has_template:
        text = "".join(text for _, text in example.content())
        ids = list(renderer.tokenizer(text, verbose=False)["input_ids"])
        cut = min(_TEXT_PROMPT_TOKENS, len(ids) // 2)
        shown, rest = (renderer.tokenizer.decode(part, skip_special_tokens=True) for part in (ids[:cut], ids[cut:]))
        return Prompt(ids[:cut], shown.strip(), rest.strip())
    turns = example.messages
    last = max(place for place, message in enumerate(turns) if message.role == "assistant")
    asked = next((message.content for message in reversed(turns[:last]) if message.role == "user"), "")
    return Prompt(renderer.prompt_ids(turns[:last]), asked.strip(), turns[last].content.strip())


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
