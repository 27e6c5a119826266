"""The chart as rows of characters: nothing that stands out is lost, and every row has its width."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.charset import ASCII, UNICODE, Glyphs
from tui.widgets.chart import changed_spans
from tui.widgets.curve import MOST_BUCKETS, Curve
from tui.widgets.plot import Plot, Style, plot, x_end

ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)
POINTS = st.lists(st.tuples(st.integers(0, 5000), ANY_FLOAT), max_size=60)


def text_of(picture: Plot) -> list[str]:
    return ["".join(run.text for run in row) for row in picture.rows]


def roles_at(picture: Plot, row: int) -> set[str]:
    return {run.role for run in picture.rows[row]}


@given(POINTS, POINTS, st.integers(1, 130), st.integers(1, 40), st.sampled_from([UNICODE, ASCII]))
@settings(deadline=None)
def test_any_losses_fill_any_size_exactly(
    points: list[tuple[int, float]], holdout: list[tuple[int, float]], width: int, height: int, glyphs: Glyphs
) -> None:
    picture = plot(Curve(points), holdout, width, height, glyphs)
    rows = text_of(picture)
    assert len(rows) == height
    assert {len(row) for row in rows} == {width}
    if glyphs is ASCII:
        assert all(row.isascii() for row in rows)


@given(st.integers(1, 200_000), st.data(), st.integers(20, 200), st.integers(4, 40))
@settings(deadline=None, max_examples=50)
def test_a_spike_survives_any_zoom(length: int, data: st.DataObject, width: int, height: int) -> None:
    spike = data.draw(st.integers(0, length))
    every = max(1, length // 3000)
    curve = Curve((step, 1.0 + 0.1 * math.sin(step)) for step in range(0, length, every))
    calm = plot(curve, [], width, height, UNICODE, total=length)
    curve.extend([(spike, 7.0)])
    picture = plot(curve, [], width, height, UNICODE, total=length)
    assert "train" in roles_at(picture, 0) or "bad" in roles_at(picture, 0)
    assert text_of(picture) != text_of(calm)
    assert max(high for high in curve.high if high is not None) == 7.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6000))
@settings(deadline=None, max_examples=30)
def test_buckets_keep_the_least_and_the_greatest(values: list[float]) -> None:
    curve = Curve(enumerate(values))
    assert len(curve.low) <= MOST_BUCKETS
    assert min(low for low in curve.low if low is not None) == min(values)
    assert max(high for high in curve.high if high is not None) == max(values)
    assert next(first for first in curve.first if first is not None) == values[0]
    assert [last for last in curve.last if last is not None][-1] == values[-1]


@pytest.mark.parametrize("value", [0.0, 1.4, -3.0, 1e-320, 1e18, 1e308, -1e308])
@pytest.mark.parametrize("length", [1, 2, 500])
def test_a_constant_series_is_one_level_line(value: float, length: int) -> None:
    picture = plot(Curve((step, value) for step in range(length)), [], 60, 10, UNICODE)
    drawn = [row for row in range(10) if "train" in roles_at(picture, row)]
    assert len(drawn) == 1
    assert 2 <= drawn[0] <= 7
    assert not picture.notes


def test_no_losses_leave_the_chart_empty() -> None:
    picture = plot(Curve(), [], 40, 6, UNICODE, total=100)
    assert text_of(picture) == [" " * 40] * 6
    assert not picture.notes


def test_only_nan_is_visible_and_counted() -> None:
    picture = plot(Curve((step, math.nan) for step in range(20)), [], 40, 6, UNICODE)
    assert UNICODE.bad in text_of(picture)[4]
    assert picture.notes == ("20 values are not a number (NaN)",)


def test_nan_and_infinite_values_are_marked_where_they_were() -> None:
    points = [(step, 2.0 - step / 100) for step in range(101)]
    points[50], points[80] = (50, math.nan), (80, math.inf)
    picture = plot(Curve(points), [(60, math.nan)], 106, 12, UNICODE, total=100)
    rows = text_of(picture)
    assert abs(rows[10].index(UNICODE.bad) - 56) <= 1
    assert abs(rows[10].rindex(UNICODE.bad) - 66) <= 1
    assert abs(rows[0].index(UNICODE.notice) - 86) <= 1
    assert picture.notes == ("2 values are not a number (NaN)", "1 value is infinite")


def test_one_value_far_off_does_not_flatten_the_rest() -> None:
    curve = Curve((step, 2.0 + math.sin(step) if step != 700 else 1e9) for step in range(1000))
    picture = plot(curve, [], 60, 12, UNICODE)
    assert sum("train" in roles_at(picture, row) for row in range(12)) >= 8
    assert UNICODE.notice in text_of(picture)[0]
    assert picture.notes == ("above the scale: up to 1e+09",)


def test_holdout_is_drawn_over_the_line_and_the_best_is_marked() -> None:
    curve = Curve((step, 3.0 - step / 100) for step in range(101))
    holdout = [(25, 2.8), (50, 2.4), (75, 2.5), (100, 2.6)]
    picture = plot(curve, holdout, 60, 12, UNICODE, best_step=50, total=100)
    drawn = "".join(text_of(picture))
    assert drawn.count("o") == 3
    assert drawn.count(UNICODE.best) == 1


def test_labels_stand_right_aligned_in_a_gutter_that_does_not_move() -> None:
    widths = set()
    for highest in (2.0, 9.9, 12.0, 90.0, 640.0):
        rows = text_of(plot(Curve([(1, 1.0), (2, highest)]), [], 60, 10, UNICODE))
        labels = [row[:6] for row in rows[:-1] if row[:6].strip()]
        assert len(labels) >= 2
        assert all(label.endswith(" ") and label[-2] != " " for label in labels)
        widths.add(len(labels[0]))
        assert rows[-1][6] == "0"
    assert widths == {6}


def test_the_axis_stands_still_while_steps_come() -> None:
    ends = [x_end(step, 1960) for step in range(1, 1961)]
    assert ends == sorted(ends)
    assert ends[-1] == 1960
    assert len(set(ends)) < 40
    assert all(step <= end for step, end in enumerate(ends, 1))


@pytest.mark.parametrize("style", ["braille", "block", "ascii"])
def test_a_point_more_changes_few_cells(style: Style) -> None:
    curve = Curve((step, 2.0 + math.sin(step) / 10) for step in range(620))
    before = plot(curve, [], 58, 9, UNICODE, total=1960, style=style)
    curve.extend([(620, 2.0)])
    after = plot(curve, [], 58, 9, UNICODE, total=1960, style=style)
    assert sum(region.area for region in changed_spans(before, after)) < 30
    assert changed_spans(after, after) == []


def test_50000_points_are_held_in_few_buckets_and_a_spike_survives() -> None:
    curve = Curve((step, 9.0 if step == 31_337 else 2.0) for step in range(50_000))
    assert len(curve.low) == len(curve.high) <= MOST_BUCKETS
    assert max(value for value in curve.high if value is not None) == 9.0
