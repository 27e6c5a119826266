"""Whether answers belong to their questions: which rows are made for it, what is said of them, and when."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.data.render import Rendered
from engine.evaluate.fitting import LEAST, MOST, own_question, with_another_question
from engine.evaluate.gate_learned import learned
from engine.evaluate.gate_limits import load_thresholds
from engine.evaluate.gate_line import Facts
from engine.evaluate.likelihood import Reading
from engine.evaluate.quality import summed
from engine.evaluate.subject import Subject


def row(question: Sequence[int], answer: Sequence[int]) -> Rendered:
    return Rendered([*question, *answer], [*[False] * len(question), *[True] * len(answer)], (), True, 0)


class Matching:
    """A model that finds a token half as surprising where it stands before the answer, too."""

    spec = SimpleNamespace(recipe=SimpleNamespace(max_length=64))

    def read(self, who: str, rows: Sequence[Rendered]) -> list[Reading]:
        return [self._reading(one) for one in rows]

    def _reading(self, one: Rendered) -> Reading:
        begin = one.trained.index(True)
        before, places = set(one.input_ids[:begin]), range(begin, len(one.input_ids))
        losses = [0.5 if one.input_ids[place] in before else 1.0 for place in places]
        return Reading(tuple(places), tuple(losses), tuple(loss < 1 for loss in losses))


def found_in(rows: list[Rendered]) -> dict[str, Any]:
    model = Matching()
    return own_question(cast(Subject, model), rows, summed(model.read("tuned", rows)))


def test_answers_that_slipped_by_one_row_fit_any_question() -> None:
    sound = [row([1, 2, 10 + number], [10 + number, 3]) for number in range(24)]
    slipped = [row([1, 2, 10 + number], [11 + number, 3]) for number in range(24)]
    alike = [row([1, 2, 10 + number], [3, 4, 5]) for number in range(24)]
    assert found_in(sound) == {"rows": 24, "value": 0.25, "low": 0.25, "high": 0.25}
    assert found_in(slipped)["low"] <= found_in(slipped)["value"] <= 0
    assert found_in(alike)["value"] == 0
    assert found_in(sound[: LEAST - 1]) == {}


def test_only_rows_with_another_question_are_made_and_not_too_many() -> None:
    first, same, text = row([1, 2], [5, 6]), row([1, 2], [7]), row([], [1, 2, 3])
    long, other = row([1, *range(20, 40)], [8]), row([3, 4], [9, 9])
    made = with_another_question([first, text, same, long, other], 12)
    assert [(place, one.input_ids, one.trained) for place, one in made] == [
        (3, [3, 4, 8], [False, False, True]),
        (4, [1, 2, 9, 9], [False, False, True, True]),
    ]
    assert with_another_question([first, same, text], 12) == []
    many = [row([1, number], [number]) for number in range(250)]
    assert len(with_another_question(many, 12)) <= MOST


@pytest.mark.parametrize(
    ("general", "high", "state"), [(3.1, 0.61, "green"), (3.1, 0.09, "amber"), (6.9, 0.09, "green")]
)
def test_it_is_asked_of_models_that_know_something(general: float, high: float, state: str) -> None:
    loss = {"base": {"value": 2.3}, "tuned": {"value": 1.5}, "difference": {"low": -0.9, "high": -0.7}}
    own = {"rows": 24, "value": high / 3, "low": -high, "high": high}
    report = {
        "quality": {"rows": 24, "loss": loss, "own_question": own},
        "general": {"loss": {"base": {"value": general}}},
    }
    nothing = cast(Any, None)
    line = learned(Facts(nothing, nothing, nothing, report, load_thresholds()))
    assert line.state == state
    assert ("slip apart" in line.why) == (state == "amber")
