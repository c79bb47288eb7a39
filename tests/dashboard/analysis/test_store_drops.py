"""The largest fall of a number, and what was out at that time."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.outages import Outage
from dashboard.analysis.store_drops import began_with, largest_drop, outages_at

START = pd.Timestamp("2026-11-23T07:00Z")


def edges(bins: int) -> pd.DatetimeIndex:
    return pd.date_range(START, periods=bins + 1, freq="h")


@pytest.mark.parametrize(
    ("numbers", "partial", "expected"),
    [
        ([5, 12, 0, 4], (False, False), (12, 0, 2)),
        ([5, 4, 3, 3], (False, False), None),
        ([2, 0, 2, 0], (False, False), None),
        ([9, 0, 0, 0], (True, False), None),
        ([9, 9, 9, 0], (False, True), None),
        ([9, 0, 9, 0], (False, False), (9, 0, 3)),
        ([], (False, False), None),
        ([7], (False, False), None),
    ],
)
def test_the_largest_fall_by_half_between_complete_bins(
    numbers: list[int], partial: tuple[bool, bool], expected: tuple[int, int, int] | None
) -> None:
    drop = largest_drop(numbers, edges(len(numbers)), partial)
    if expected is None:
        assert drop is None
        return
    before, after, place = expected
    assert drop is not None
    assert (drop.before, drop.after) == (before, after)
    assert (drop.moment, drop.end) == (START + pd.Timedelta(hours=place), START + pd.Timedelta(hours=place + 1))


@given(st.lists(st.integers(0, 30), max_size=12))
def test_no_fall_is_larger(numbers: list[int]) -> None:
    drop = largest_drop(numbers, edges(len(numbers)), (False, False))
    falls = [before - after for before, after in itertools.pairwise(numbers) if before >= 3 and 2 * after <= before]
    assert (drop.before - drop.after if drop else None) == (max(falls) if falls else None)


def outage(thing: str, start: float, end: float) -> Outage:
    begin, stop = (START + pd.Timedelta(hours=hours) for hours in (start, end))
    return Outage(thing, "Offline", "#e5484d", False, begin, stop, False, False)


def test_what_was_out_before_or_after_the_fall_or_shortly_is_not_named() -> None:
    drop = largest_drop([12, 0, 5], edges(3), (False, False))
    assert drop is not None
    there = [
        outage("gate 7", 0.9, 2.4),
        outage("long ago", 0, 1),
        outage("later", 2, 3),
        outage("within", 1.2, 1.3),
        outage("short", 1.2, 1.25),
    ]
    assert [one.thing for one in outages_at(there, drop)] == ["gate 7", "within"]


def test_what_began_with_the_fall_comes_before_what_was_out_all_day() -> None:
    drop = largest_drop([5, 12, 0, 5], edges(4), (False, False))
    assert drop is not None
    there = outages_at([outage("all day", 0, 4), outage("gate 7", 1.9, 3.4)], drop)
    assert [(one.thing, began_with(one, drop)) for one in there] == [("gate 7", True), ("all day", False)]
