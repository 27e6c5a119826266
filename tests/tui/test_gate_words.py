"""The gate in lines: nothing that matters is cut in a terminal of 80 cells."""

from __future__ import annotations

import pytest

from engine.evaluate.gate import Gate, GateLine
from tui import gate as gate_words
from tui.charset import UNICODE

FIGURE = "0 of 3,981 hidden values said in 214 answers; 3 more the base model says too"
WHY = "It says what you hid: see rows 1, 2, 3 of your data. Hide it wherever it stands, and train again."
LINE = GateLine("leaks", "it leaks nothing", "amber", FIGURE, "none", f"{WHY} {WHY}")
BIAS = {
    "base": {"value": 0.1, "low": 0.0, "high": 0.2},
    "tuned": {"value": -0.3, "low": -0.4, "high": -0.2},
    "grown": {"value": 0.2, "low": 0.1, "high": 0.3},
}


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_long_figure_goes_on_below(width: int) -> None:
    first, *further = gate_words.rows(Gate("train-1", (LINE,)), UNICODE, width)
    assert (first.heading, {row.heading for row in further}) == (False, {True} if width < 120 else set())
    said = [str(first.cells[2]), *(str(row.cells[0]) for row in further)]
    assert " ".join(text.strip() for text in said) == FIGURE
    assert all(len(text) < width for text in said[1:])
    # A row begins with the pointer, the mark and the title; what goes on stands under the figure.
    assert all(len(text) - len(text.lstrip()) == 26 for text in said[1:])


@pytest.mark.parametrize("width", [60, 76, 142, 400])
def test_the_words_keep_the_key_and_whole_sentences(width: int) -> None:
    words, tone = gate_words.words(Gate("train-1", (LINE,)), LINE, width)
    assert (tone, words.endswith("y says why it may pass.")) == ("attention", True)
    assert len(words) <= width
    assert ("enter: more" in words) == (width < 400)


def test_what_stands_behind_a_line_says_what_training_added() -> None:
    sided = GateLine("one_sided", "it is even-handed", "amber", "clichés", "none", "Look.")
    pair = {"name": "women and men", "first": "women", **dict.fromkeys(("belief", "praise", "spread"), BIAS)}
    text = "\n".join(map(str, gate_words.details(sided, {"bias": {"pairs": [pair]}}, UNICODE)))
    assert "clichés         base 0.10 (0.00 to 0.20)" in text
    assert "praise               from the base 0.10, from training +0.20 (+0.10 to +0.30)" in text
