"""Looking up places among stretches by halving says what comparing each with each says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.privacy.replace import Edit, in_new_text, to_original
from engine.privacy.spans import Covers, meeting, within

PLACES = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted).map(tuple)


def in_order(cuts: list[int]) -> list[Edit]:
    """Stretches in order that do not overlap."""
    ends = sorted(set(cuts))
    return [Edit(start, end, "x" * (start % 4), "PERSON") for start, end in zip(ends[::2], ends[1::2], strict=False)]


@given(st.lists(st.integers(0, 40)), PLACES)
def test_stretches_that_meet_a_place(cuts: list[int], place: tuple[int, int]) -> None:
    ordered, (start, end) = in_order(cuts), place
    if start < end:
        assert list(meeting(ordered, start, end)) == [one for one in ordered if one.end > start and one.start < end]
        assert list(within(ordered, start, end)) == [one for one in ordered if one.start >= start and one.end <= end]


@given(st.lists(PLACES), PLACES)
def test_a_place_is_held_by_one_stretch(stretches: list[tuple[int, int]], place: tuple[int, int]) -> None:
    kept = [Edit(start, end, "", "") for start, end in stretches]
    held = any(one.start <= place[0] and place[1] <= one.end for one in kept)
    assert Covers(kept).holds(*place) == held


@given(st.lists(st.integers(0, 40)), PLACES)
def test_what_is_no_replacement_stood_in_the_original(cuts: list[int], place: tuple[int, int]) -> None:
    edits = in_order(cuts)
    made = in_new_text(edits)
    # By letter: where each one of the new text comes from, None within a replacement.
    origin: list[int | None] = []
    at = 0
    for one in edits:
        origin += [*range(at, one.start), *[None] * len(one.new)]
        at = one.end
    origin += range(at, 100)
    told = [letter for start, end in to_original(edits, made, *place) for letter in range(start, end)]
    assert told == [letter for letter in origin[place[0] : place[1]] if letter is not None]
