"""What the benchmark makes of its measurements is right, whatever it measures."""

from __future__ import annotations

import math

import pytest

from tests.benchmarks.figures import growth, median, percentile, ratio


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([5.0], 0.95, 5.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([float(value) for value in range(1, 101)], 0.95, 95.0),
        ([float(value) for value in range(1, 11)], 0.95, 10.0),
        ([1.0, 2.0], 0.0, 1.0),
        ([1.0, 2.0], 1.0, 2.0),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_nothing_measured_has_no_percentile_and_no_middle() -> None:
    assert math.isnan(percentile([], 0.95))
    assert math.isnan(median([]))


@pytest.mark.parametrize(("values", "expected"), [([3.0, 1.0, 2.0], 2.0), ([4.0, 1.0, 2.0, 3.0], 2.5)])
def test_the_median_is_in_the_middle(values: list[float], expected: float) -> None:
    assert median(values) == expected


@pytest.mark.parametrize(
    ("baseline", "ours", "expected"),
    [(10.0, 2.0, 5.0), (1.0, 4.0, 0.25), (None, 1.0, None), (1.0, None, None), (1.0, 0.0, None), (math.nan, 1.0, None)],
)
def test_a_ratio_says_how_many_times_less(baseline: float | None, ours: float | None, expected: float | None) -> None:
    assert ratio(baseline, ours) == expected


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([], 0.0),
        ([(0.0, 5.0)], 0.0),
        ([(1.0, 5.0), (1.0, 9.0)], 0.0),
        ([(0.0, 100.0), (5.0, 100.0), (10.0, 100.0)], 0.0),
        ([(0.0, 100.0), (5.0, 150.0), (10.0, 200.0)], 100.0),
        # Up and down again around a level is no growth, though the last sample is above the first.
        ([(0.0, 0.0), (1.0, 10.0), (2.0, 10.0), (3.0, 0.0)], 0.0),
    ],
)
def test_growth_follows_the_line(samples: list[tuple[float, float]], expected: float) -> None:
    assert growth(samples) == pytest.approx(expected)
