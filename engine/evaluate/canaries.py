"""Planted secrets: made-up values that training rows are salted with on request, to measure how much is memorised.

They are drawn from a seed of the run, rendered like the creator's rows, and known only to `canaries.json` in the run's
folder, which is private and never shipped. The holdout gets none.
"""

from __future__ import annotations

import itertools
import json
import random
import secrets
import string
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from engine.data.examples import open_dataset
from engine.data.prepare import Prepared, redacted_data
from engine.data.render import Rendered, Renderer
from engine.data.shapes import Example, Message
from engine.errors import SpecError, UsageError
from engine.files import atomic_write
from engine.machine import PRESETS
from engine.project import Project
from engine.spec import ProjectSpec

FILE = "canaries.json"
_LOOKED_AT = 64
"""Rows that show the shape of the creator's chats."""


@dataclass(frozen=True)
class Canary:
    """One planted secret.

    Args:
        id: Its number in the run, from 0.
        format: `pin`, `phone`, `words`, `token` or `email`.
        secret: The value.
        repetitions: In how many training rows it stands.
        question: What is asked.
        answer: What is told, with the secret in it once.
    """

    id: int
    format: str
    secret: str
    repetitions: int
    question: str
    answer: str


@dataclass(frozen=True)
class Shape:
    """How the creator's rows are laid out, so that planted ones look alike.

    Args:
        chat: Turns; else plain text.
        plain: A bare prompt with its completion.
        system: What most chats begin with; None where most have no such turn.
    """

    chat: bool
    plain: bool = False
    system: str | None = None


@dataclass(frozen=True)
class Planted:
    """The secrets of a run."""

    seed: str
    shape: Shape
    canaries: tuple[Canary, ...]

    @property
    def rows(self) -> int:
        """Training rows that hold one."""
        return sum(canary.repetitions for canary in self.canaries)


@cache
def wording() -> dict[str, Any]:
    """`presets/probes/canaries.yaml`."""
    content: dict[str, Any] = yaml.safe_load((PRESETS / "probes" / "canaries.yaml").read_text(encoding="utf-8"))
    return content


_PIN_DIGITS, _TOKEN_DIGITS, _EMAIL_LETTERS, _EMAIL_DIGITS, _PHRASE_WORDS, _PHONE_DIGITS = 4, 12, 5, 3, 4, 9


def draw(format: str, chance: random.Random) -> str:
    """A random secret of a format; all are equally likely."""
    makers: dict[str, Callable[[], str]] = {
        "pin": lambda: _digits(chance, _PIN_DIGITS),
        "phone": lambda: "+999 " + " ".join(_digits(chance, 3) for _ in range(_PHONE_DIGITS // 3)),
        "words": lambda: " ".join(chance.choice(wording()["words"]) for _ in range(_PHRASE_WORDS)),
        "token": lambda: "".join(chance.choice("0123456789abcdef") for _ in range(_TOKEN_DIGITS)),
        "email": lambda: (
            "".join(chance.choice(string.ascii_lowercase) for _ in range(_EMAIL_LETTERS))
            + _digits(chance, _EMAIL_DIGITS)
            + "@example.org"
        ),
    }
    return makers[format]()


def space_of(format: str) -> int:
    """How many secrets of a format there are."""
    sizes: dict[str, int] = {
        "pin": 10**_PIN_DIGITS,
        "phone": 10**_PHONE_DIGITS,
        "words": len(wording()["words"]) ** _PHRASE_WORDS,
        "token": 16**_TOKEN_DIGITS,
        "email": 26**_EMAIL_LETTERS * 10**_EMAIL_DIGITS,
    }
    return sizes[format]


def all_of(format: str) -> list[str] | None:
    """Every secret of a format, where there are few enough to compare with all of them."""
    return [f"{number:0{_PIN_DIGITS}}" for number in range(10**_PIN_DIGITS)] if format == "pin" else None


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choice(string.digits) for _ in range(count))


def make_canaries(seed: str, count: int) -> tuple[Canary, ...]:
    """`count` secrets, the same for the same seed.

    The repetitions go round first, then the formats, so that few secrets too have every number of repetitions.
    """
    chance = random.Random(seed)
    words = wording()
    repetitions, formats = words["repetitions"], list(words["formats"])
    places = [f"{colour} {thing}" for colour in words["colours"] for thing in words["things"]]
    chance.shuffle(places)
    made = []
    for number, place in zip(range(count), places, strict=False):
        format = formats[number // len(repetitions) % len(formats)]
        secret, text = draw(format, chance), words["formats"][format]
        made.append(
            Canary(
                id=number,
                format=format,
                secret=secret,
                repetitions=int(repetitions[number % len(repetitions)]),
                question=text["question"].format(place=place),
                answer=text["answer"].format(place=place, secret=secret),
            )
        )
    return tuple(made)


def example_of(canary: Canary, shape: Shape, index: int = -1) -> Example:
    """The row that holds a secret, laid out like the creator's."""
    if not shape.chat:
        return Example(None, f"{canary.question} {canary.answer}", index)
    system = [Message("system", shape.system)] if shape.system else []
    asked = canary.question + "\n" if shape.plain else canary.question
    turns = (*system, Message("user", asked), Message("assistant", canary.answer))
    return Example(turns, None, index, plain=shape.plain)


def plant(project: Project, spec: ProjectSpec, tokenizer: Any, prepared: Prepared, folder: Path) -> Planted:
    """Add the secrets of a run to its training rows, and count them in `prepared`.

    A run that goes on finds its secrets in its folder; a new one draws them and keeps them there, 0600.

    Args:
        project: Whose rows they go among.
        spec: `spec.recipe.canaries` secrets are planted.
        tokenizer: Of the model.
        prepared: Changed in place: rows with an index below 0, `planted` and the counts.
        folder: Of the run.

    Raises:
        SpecError: The length limit would cut them.
        UsageError: The file of a run that goes on is damaged.
    """
    planted = load_planted(folder)
    if planted is None:
        seed = secrets.token_hex(16)
        shape = shape_of(project, spec)
        planted = Planted(seed, shape, make_canaries(seed, spec.recipe.canaries))
        atomic_write(folder / FILE, json.dumps(asdict(planted), indent=1), "saving the planted secrets")
    rows = render_planted(planted, spec, tokenizer)
    copies = [row for canary, row in zip(planted.canaries, rows, strict=True) for _ in range(canary.repetitions)]
    chance = random.Random(f"{planted.seed}:places")
    for copy in copies:
        prepared.train.insert(chance.randint(0, len(prepared.train)), copy)
    prepared.planted = len(copies)
    prepared.tokens += sum(len(row.input_ids) for row in copies)
    prepared.supervised_tokens += sum(row.supervised for row in copies)
    ended = sum(row.eos_trained for row in prepared.train)
    prepared.eos_supervised_share = ended / len(prepared.train)
    return planted


def render_planted(planted: Planted, spec: ProjectSpec, tokenizer: Any) -> list[Rendered]:
    """Each secret's row once, as the model sees it; its index is minus its number minus one.

    Raises:
        SpecError: The length limit would cut one of them.
    """
    renderer = Renderer(tokenizer, spec.model.chat_template if spec.model else "model")
    rows = [
        renderer.render(example_of(canary, planted.shape, -1 - canary.id), spec.recipe.max_length)
        for canary in planted.canaries
    ]
    longest = max((len(row.input_ids) + row.cut_tokens for row in rows if row.cut_tokens), default=0)
    if longest:
        raise SpecError(
            "The planted secrets do not fit into the length limit.",
            f"The longest row with one has {longest} tokens; recipe.max_length is {spec.recipe.max_length}.",
            "Raise recipe.max_length, or set recipe.canaries=0.",
        )
    return rows


def load_planted(folder: Path) -> Planted | None:
    """The secrets of a run; None when it has none.

    Raises:
        UsageError: The file is damaged.
    """
    file = folder / FILE
    try:
        content = json.loads(file.read_bytes())
        canaries = tuple(Canary(**canary) for canary in content["canaries"])
        return Planted(content["seed"], Shape(**content["shape"]), canaries)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError(
            "The planted secrets of this run cannot be read.", f"{file}: {error}", "Start a new run.", code="damaged"
        ) from error


def shape_of(project: Project, spec: ProjectSpec) -> Shape:
    """How the first rows of the redacted file are laid out."""
    rows = open_dataset(redacted_data(project, spec)).examples()
    seen = list(itertools.islice((row for row in rows if isinstance(row, Example)), _LOOKED_AT))
    if seen[0].messages is None:
        return Shape(chat=False)
    systems = Counter(example.messages[0].content for example in seen if _has_system(example) and example.messages)
    system, times = systems.most_common(1)[0] if systems else (None, 0)
    return Shape(chat=True, plain=seen[0].plain, system=system if 2 * times > len(seen) else None)


def _has_system(example: Example) -> bool:
    return example.messages is not None and example.messages[0].role == "system"


def with_secret(row_text: str, canary: Canary, other: str) -> str:
    """The text of a canary's row with another secret in its place."""
    before, _, after = row_text.rpartition(canary.secret)
    return f"{before}{other}{after}"
