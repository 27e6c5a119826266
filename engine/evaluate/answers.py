"""What a model is asked: prompts taken from the rows kept apart, and the creator's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.data.examples import open_dataset
from engine.data.prepare import redacted_data
from engine.data.render import Renderer
from engine.data.shapes import Example, Message
from engine.project import Project
from engine.spec import ProjectSpec

MAX_PROMPT_TOKENS = 1024
REFERENCES = 2000
_TEXT_PROMPT_TOKENS = 12


@dataclass(frozen=True)
class Prompt:
    """What a model is asked, as tokens and for people."""

    input_ids: list[int]
    shown: str
    reference: str
    """What the row itself answers."""
    row: int = -1
    """Its 0-based number in the redacted file; -1 for a prompt that comes from no row."""


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
            prompt = replace(_prompt_of(example, renderer), row=example.index)
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


def own_prompts(texts: Sequence[str], renderer: Renderer) -> list[Prompt]:
    """The creator's own prompts, each as a first turn; plain text goes on from the text itself."""
    found = []
    for text in texts:
        if renderer.has_template:
            ids = renderer.prompt_ids((Message("user", text),))
        else:
            ids = list(renderer.tokenizer(text, verbose=False)["input_ids"])
        if 0 < len(ids) <= MAX_PROMPT_TOKENS:
            found.append(Prompt(ids, text, ""))
    return found


def references_of(project: Project, spec: ProjectSpec, limit: int = REFERENCES) -> list[str]:
    """The last answers of the first `limit` sound chats in the redacted file; empty for plain text."""
    found: list[str] = []
    for example in open_dataset(redacted_data(project, spec)).examples():
        if isinstance(example, Example) and example.messages is not None:
            answers = [message.content for message in example.messages if message.role == "assistant"]
            found.append(answers[-1].strip())
            if len(found) == limit:
                break
    return found
