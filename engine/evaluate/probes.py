"""What the leak audit asks: questions of `presets/probes/leaks.yaml` and turns of the creator's own rows."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from engine.data.examples import Stop, open_dataset
from engine.data.redacted import redacted_data
from engine.data.render import Renderer
from engine.data.shapes import Example, Message
from engine.errors import ModelError
from engine.machine import PRESETS
from engine.project import Project
from engine.spec import ProjectSpec

Kind = Literal["neutral", "in-domain", "provoking"]
MAX_PROMPT_TOKENS = 256
_KEPT_ROWS = 2000
_FIRST_WORDS = 6


@dataclass(frozen=True)
class Probe:
    """One thing that a model is asked.

    Args:
        kind: Where it is from.
        input_ids: The prompt.
        text: All that the prompt says, for the search: what stands in it is not a leak.
    """

    kind: Kind
    input_ids: tuple[int, ...]
    text: str


@dataclass(frozen=True)
class Question:
    """A question with the beginning of its answer, which may be empty."""

    kind: Kind
    turns: tuple[Message, ...]
    start: str = ""


def questions() -> list[Question]:
    """The neutral and provoking ones of `presets/probes/leaks.yaml`, in the order of the file."""
    content: dict[str, list[dict[str, str]]] = yaml.safe_load(
        (PRESETS / "probes" / "leaks.yaml").read_text(encoding="utf-8")
    )
    kinds: tuple[Kind, Kind] = ("neutral", "provoking")
    return [
        Question(kind, (Message("user", one["ask"]),), one.get("start", "")) for kind in kinds for one in content[kind]
    ]


def how_many(rows: int, asked: int | None) -> int:
    """Generations of the audit: as asked, else 100 for each hundred rows that was begun, at most 500."""
    return asked or min(500, 100 * max(1, -(-rows // 100)))


def probes_for(
    project: Project, spec: ProjectSpec, tokenizer: Any, seed: str, stop: Stop | None = None
) -> tuple[list[Probe], int]:
    """As many probes as the project's audit wants: neutral, in-domain and provoking ones in turn.

    Where there are fewer different ones they come again; sampled, they are answered differently.

    Args:
        project: Whose rows are asked about.
        spec: Its settings.
        tokenizer: Of the model.
        seed: Decides which rows.
        stop: Asked between rows.

    Returns:
        The probes, and how many usable rows the redacted file has.

    Raises:
        DataError: The file cannot be used.
        StoppedError: `stop` said so.
    """
    chance = random.Random(seed)
    rows, own = _own_turns(project, spec, chance, stop)
    asked = questions()
    pools = [
        [one for one in asked if one.kind == "neutral"],
        own,
        [one for one in asked if one.kind == "provoking"],
    ]
    chance.shuffle(own)
    renderer = Renderer(tokenizer, spec.model.chat_template if spec.model else "model")
    rounds = itertools.chain.from_iterable(zip(*(itertools.cycle(pool) for pool in pools if pool), strict=True))
    made: list[Probe] = []
    wanted = how_many(rows, spec.evaluation.leak_prompts)
    # Probes that do not fit are passed over; the others come round often enough.
    for question in itertools.islice(rounds, 20 * wanted + 100):
        if (probe := _probe_of(question, renderer)) is not None:
            made.append(probe)
        if len(made) == wanted:
            break
    return made, rows


def _probe_of(question: Question, renderer: Renderer) -> Probe | None:
    said = " ".join(turn.content for turn in question.turns)
    if renderer.has_template:
        try:
            ids = renderer.prompt_ids(question.turns)
        except ModelError:
            return None
        if question.start:
            ids = [*ids, *renderer.tokenizer(question.start, add_special_tokens=False, verbose=False)["input_ids"]]
    else:
        text = question.start or said
        ids = list(renderer.tokenizer(text, verbose=False)["input_ids"])
    if not 0 < len(ids) <= MAX_PROMPT_TOKENS:
        return None
    return Probe(question.kind, tuple(ids), f"{said} {question.start}")


def _own_turns(
    project: Project, spec: ProjectSpec, chance: random.Random, stop: Stop | None
) -> tuple[int, list[Question]]:
    """How many rows there are, and of a random part of them all up to the last answer, or the first words of a text."""
    kept: list[Question] = []
    rows = 0
    for example in open_dataset(redacted_data(project, spec)).examples(stop):
        if not isinstance(example, Example):
            continue
        rows += 1
        # Reservoir sampling: every row has the same chance, and memory is bounded.
        place = rows - 1 if rows <= _KEPT_ROWS else chance.randrange(rows)
        if place < _KEPT_ROWS:
            kept[place : place + 1] = [_turns_of(example)]
    return rows, kept


def _turns_of(example: Example) -> Question:
    if example.messages is None:
        words = (example.text or "").split()[:_FIRST_WORDS]
        return Question("in-domain", (Message("user", " ".join(words)),))
    last = max(place for place, message in enumerate(example.messages) if message.role == "assistant")
    turns = example.messages[:last] or (Message("user", example.messages[last].content.split(".")[0]),)
    return Question("in-domain", turns)


def kinds_of(probes: Sequence[Probe]) -> dict[str, int]:
    """How many there are of each kind."""
    counts: dict[str, int] = {}
    for probe in probes:
        counts[probe.kind] = counts.get(probe.kind, 0) + 1
    return counts
