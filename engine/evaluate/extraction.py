"""Does the model recite its rows? Asked with the user's turn and with a row's first words, against base and holdout.

Of a chat only the answers are learned, so what is looked for is its longest answer: it is asked for with all that
stands before it, and with the answer's own first tokens too. Of a plain text there are the first tokens only.

A stretch counts when it is longer than 50 characters after common phrases are taken out: runs of five words that stand
in the holdout, in the prompt, or in what the base model says to the same prompt. So does an answer of which half is
said again by runs of eight words. Reciting in this sense is "discoverable memorisation" of Carlini et al., "Quantifying
Memorization Across Neural Language Models", 2023, with a length limit in characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.data.render import Rendered
from engine.evaluate.generate import generate
from engine.evaluate.likelihood import speaking_as
from engine.evaluate.overlap import (
    COVERED,
    Phrases,
    coverage,
    longest_overlap,
    phrases_of,
    plain,
    uncommon_part,
)

VERBATIM = 50
"""Characters; a longer stretch counts."""
COVERAGE = 0.5
LEAST_RUNS = 5
"""So many runs of eight words an answer needs to be judged by its coverage: twelve words."""
OPENING = 10
"""Tokens of an answer that are given away, at most a third of it."""
NEW_TOKENS = 48
TEMPERATURE = 0.8
_HOLDOUT_ROWS = 2000


@dataclass(frozen=True)
class Passage:
    """The longest answer of a row.

    Args:
        row: The row.
        start: Its first token in the row.
        end: One after its last token.
        text: What it says.
        before: What stands before it in the row, as text.
    """

    row: Rendered
    start: int
    end: int
    text: str
    before: str

    def prompts(self) -> dict[str, list[int]]:
        """How it is asked for: kind -> tokens."""
        opening = max(1, min(OPENING, (self.end - self.start) // 3))
        asked = {"first tokens": self.row.input_ids[: self.start + opening]}
        return {"user turn": self.row.input_ids[: self.start], **asked} if self.start > 1 else asked


@dataclass(frozen=True)
class Recital:
    """A row, or a stretch of one, that the tuned model says by heart."""

    passage: Passage
    how: str
    matched: str
    coverage: float

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; holds private text."""
        return {
            "row": self.passage.row.index,
            "line": self.passage.row.line,
            "how": self.how,
            "length": len(self.matched),
            "coverage": round(self.coverage, 3),
            "matched": self.matched,
        }


def passage_of(row: Rendered, tokenizer: Any) -> Passage:
    """The longest stretch of trained tokens of a row."""
    start, end = max(_stretches(row.trained), key=lambda stretch: stretch[1] - stretch[0])
    said = tokenizer.decode(row.input_ids[start:end], skip_special_tokens=True)
    before = tokenizer.decode(row.input_ids[:start], skip_special_tokens=True)
    return Passage(row, start, end, plain(said), before)


def common_phrases(holdout: Sequence[Rendered], tokenizer: Any) -> tuple[Phrases, Phrases]:
    """Runs of five and of eight words that stand in rows never trained on."""
    texts = [tokenizer.decode(row.input_ids, skip_special_tokens=True) for row in holdout[:_HOLDOUT_ROWS]]
    return phrases_of(texts), phrases_of(texts, COVERED)


def recited_reading(
    passage: Passage, tuned: Sequence[int], base: Sequence[int], common: Phrases, tokenizer: Any
) -> Recital | None:
    """What greedy decoding would recite from some place in the answer on, told from the reading of the row alone.

    Args:
        passage: The answer.
        tuned: Places of the row's tokens that the tuned model foresees.
        base: Those that the base model foresees.
        common: Runs of five words that do not count.
        tokenizer: Of the model.
    """
    said = [text for text in _texts_said(passage, tuned, tokenizer) if len(text) > VERBATIM]
    if not said:
        return None
    own = phrases_of([*_texts_said(passage, base, tokenizer), passage.before])
    best = max((uncommon_part(text, common | own) for text in said), key=len)
    if len(best) <= VERBATIM:
        return None
    return Recital(passage, "from within", best, coverage(best, passage.text)[0])


def _texts_said(passage: Passage, foreseen: Sequence[int], tokenizer: Any) -> list[str]:
    """Stretches of the answer whose tokens are all foreseen."""
    there = set(foreseen)
    inside = [passage.start <= place < passage.end and place in there for place in range(len(passage.row.input_ids))]
    ids = passage.row.input_ids
    return [plain(tokenizer.decode(ids[one:two], skip_special_tokens=True)) for one, two in _stretches(inside)]


@dataclass(frozen=True)
class _Asked:
    """A passage asked for in one way."""

    passage: Passage
    common: tuple[Phrases, Phrases]
    how: str
    prompt: list[int]
    temperature: float


def recited_aloud(
    model: Any,
    tokenizer: Any,
    passages: Sequence[Passage],
    common: Sequence[tuple[Phrases, Phrases]],
    *,
    device: str,
    stop: Callable[[], bool],
    on_done: Callable[[int, int], None],
) -> tuple[list[Recital], int]:
    """Ask the tuned model for every answer, greedily and by sampling, and the base for those that it recites.

    Args:
        model: The PEFT model.
        tokenizer: Of the model.
        passages: The answers.
        common: For each, as from `common_phrases`.
        device: Where the model is.
        stop: Asked between tokens.
        on_done: Told (done, total) in answers of the tuned model.

    Returns:
        At most one recital for each passage, and how many answers the tuned model gave.
    """
    asked = [
        _Asked(passage, phrases, f"{kind}, {way}", ids, heat)
        for way, heat in (("greedy", 0.0), ("sampled", TEMPERATURE))
        for passage, phrases in zip(passages, common, strict=True)
        for kind, ids in passage.prompts().items()
    ]
    answers = _said(model, tokenizer, "tuned", asked, device, stop, lambda done: on_done(done, len(asked)))
    suspects = [
        (one, answer)
        for one, answer in zip(asked, answers, strict=True)
        if judge(one.passage, one.how, answer, (), one.common) is not None
    ]
    by_base = _said(model, tokenizer, "base", [one for one, _ in suspects], device, stop, None)
    found: dict[int, Recital] = {}
    for (one, answer), others in zip(suspects, by_base, strict=True):
        sure = judge(one.passage, one.how, answer, [others], one.common)
        best = found.get(one.passage.row.index)
        if sure is not None and (best is None or len(sure.matched) > len(best.matched)):
            found[one.passage.row.index] = sure
    return list(found.values()), len(asked)


def judge(
    passage: Passage, how: str, said: str, base_said: Sequence[str], common: tuple[Phrases, Phrases]
) -> Recital | None:
    """Whether an answer recites the row.

    Args:
        passage: What the row says.
        how: How it was asked for.
        said: What the tuned model said.
        base_said: What the base said to the same prompt.
        common: Runs of five and of eight words that do not count.
    """
    nobodys = [passage.before, *base_said]
    overlap = longest_overlap(said, passage.text, VERBATIM + 1)
    matched = uncommon_part(overlap.text, common[0] | phrases_of(nobodys)) if overlap.text else ""
    share, runs = coverage(said, passage.text, common[1] | phrases_of(nobodys, COVERED))
    covered = share >= COVERAGE and runs >= LEAST_RUNS
    if len(matched) <= VERBATIM and not covered:
        return None
    return Recital(passage, how, matched or plain(said), share)


def _said(
    model: Any,
    tokenizer: Any,
    who: str,
    asked: Sequence[_Asked],
    device: str,
    stop: Callable[[], bool],
    on_done: Callable[[int], None] | None,
) -> list[str]:
    if not asked:
        return []
    with speaking_as(model, who):
        answers = generate(
            model,
            tokenizer,
            [one.prompt for one in asked],
            max_new_tokens=NEW_TOKENS,
            device=device,
            temperature=[one.temperature for one in asked],
            on_done=on_done,
            stop=stop,
        )
    return [answer.text for answer in answers]


def _stretches(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """(first, one after the last) of each run of true values."""
    start = None
    for place, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = place
        elif not flag and start is not None:
            yield start, place
            start = None
