"""The blind test: the creator says which of two answers is better without knowing whose it is.

Order is random and kept, so that the test can be left and gone on with. The outcome is the share of the tuned model
among the pairs that were decided, with its interval by Wilson; a draw decides nothing. Light: no model is loaded.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from engine.actions import read_json, record
from engine.errors import UsageError
from engine.evaluate.metrics import share_interval
from engine.evaluate.parts import fingerprint
from engine.files import atomic_write
from engine.project import Project

Choice = Literal["1", "2", "0"]
"""The first answer, the second, or neither."""
PAIRS = 30


@dataclass(frozen=True)
class Pair:
    """One prompt with two answers.

    Args:
        prompt: What was asked.
        base: The base model's answer.
        tuned: The tuned model's.
        tuned_first: Whether the tuned one is shown first.
        choice: What was chosen; None: not yet.
    """

    prompt: str
    base: str
    tuned: str
    tuned_first: bool
    choice: Choice | None = None

    @property
    def shown(self) -> tuple[str, str]:
        """The answers as they are shown, first and second."""
        return (self.tuned, self.base) if self.tuned_first else (self.base, self.tuned)

    @property
    def winner(self) -> Literal["base", "tuned", "draw"] | None:
        """Whose answer was chosen."""
        if self.choice is None:
            return None
        if self.choice == "0":
            return "draw"
        return "tuned" if (self.choice == "1") == self.tuned_first else "base"


@dataclass(frozen=True)
class BlindTest:
    """A blind test on one run."""

    run: str
    answers: str
    """Fingerprint of the answers it is about."""
    pairs: tuple[Pair, ...]

    @property
    def place(self) -> int:
        """The first pair without a choice; the number of pairs when all are judged."""
        return next((number for number, pair in enumerate(self.pairs) if pair.choice is None), len(self.pairs))

    def result(self) -> dict[str, Any]:
        """How it stands.

        Returns:
            `tuned`, `base` and `draws` counted, `judged` of `pairs`, and `share` of tuned among the decided with `low`
            and `high` (95 %, Wilson; None before a pair was decided).
        """
        winners = [pair.winner for pair in self.pairs]
        tuned, base, draws = (winners.count(who) for who in ("tuned", "base", "draw"))
        low, high = share_interval(tuned, tuned + base)
        decided = tuned + base > 0
        return {
            "tuned": tuned,
            "base": base,
            "draws": draws,
            "judged": tuned + base + draws,
            "pairs": len(self.pairs),
            "share": tuned / (tuned + base) if decided else None,
            "low": low if decided else None,
            "high": high if decided else None,
        }


def blind_file(project: Project, run: str) -> Path:
    """`evaluation/RUN.blind.json`."""
    return project.evaluation_file(run).with_suffix(".blind.json")


def open_blind(project: Project, run: str) -> BlindTest:
    """The blind test of a run: as far as it got, or a new one in a new random order.

    Raises:
        UsageError: Nothing was evaluated yet, or both models say the same everywhere; or a file is damaged.
    """
    pairs = read_json(project.evaluation_file(run)).get("blind_pairs") or []
    if not pairs:
        raise UsageError(
            "There is nothing to compare blindly yet.",
            "No answers were measured, or both models say the same.",
            "Evaluate first: `tunesmith evaluate PROJECT`.",
            code="nothing_to_compare",
        )
    answers = fingerprint(pairs)
    kept = read_json(blind_file(project, run))
    if kept.get("answers") == answers:
        try:
            return BlindTest(run, answers, tuple(Pair(**pair) for pair in kept["pairs"]))
        except (KeyError, TypeError) as error:
            what = f"{blind_file(project, run)}: {error}"
            raise UsageError("The blind test cannot be read.", what, "Delete the file.", code="damaged") from error
    chance = random.SystemRandom()
    order = list(pairs)
    chance.shuffle(order)
    made = [Pair(one["prompt"], one["base"], one["tuned"], chance.random() < 0.5) for one in order]
    return BlindTest(run, answers, tuple(made))


def choose(project: Project, test: BlindTest, place: int, choice: Choice | None) -> BlindTest:
    """Judge one pair, or take its judgement back with None; saved at once.

    Raises:
        DiskFullError, ProjectError: It cannot be saved.
    """
    pairs = list(test.pairs)
    pairs[place] = replace(pairs[place], choice=choice)
    judged = replace(test, pairs=tuple(pairs))
    content = {
        "run": test.run,
        "answers": test.answers,
        "pairs": [asdict(pair) for pair in pairs],
        "result": judged.result(),
    }
    atomic_write(blind_file(project, test.run), json.dumps(content, indent=1, ensure_ascii=False), "saving the choice")
    if judged.place == len(pairs) and test.place < len(pairs):
        record(project, "blind_test", {"run": test.run, **judged.result()})
    return judged


def result_words(result: dict[str, Any]) -> str:
    """The outcome in one sentence."""
    if result["share"] is None:
        return f"{_draws(result['draws'])}; nothing is decided yet."
    words = (
        f"You preferred the tuned model in {result['tuned']} of {result['tuned'] + result['base']} decided pairs "
        f"({result['share'] * 100:.0f} %; at 95 % between {result['low'] * 100:.0f} and {result['high'] * 100:.0f} %)"
    )
    draws = f", {_draws(result['draws'])}" if result["draws"] else ""
    verdict = "It may be chance."
    if result["low"] > 0.5:
        verdict = "That is more than chance."
    elif result["high"] < 0.5:
        verdict = "You prefer the base model, and that is more than chance."
    return f"{words}{draws}. {verdict}"


def _draws(count: int) -> str:
    return "1 draw" if count == 1 else f"{count} draws"
