"""The course of a status: without gaps, with neighbours that differ, with the same totals as the numbers."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given

from dashboard.analysis.columns import stamp
from dashboard.analysis.status_course import NOT_KNOWN, course, in_words
from tests.dashboard.analysis.test_devices import answer, found, regular, report, reports
from tests.dashboard.frames import NOW, calm

START = NOW - pd.Timedelta(hours=24)


def test_a_day_in_words() -> None:
    events = [*regular(5, 5, 13, 1), *regular(100, 5, 10, 0)]
    devices = found(answer(events), events)
    segments = course(devices, 0, START, NOW)
    assert [(one.state.label, round(one.seconds / 60)) for one in segments] == [
        ("Not known", 1440 - 145), ("Offline", 55), ("Silent", 25), ("Online", 65)
    ]  # fmt: skip
    assert in_words(segments) == "Not known 21 h 35 min, Online 1 h 5 min, Offline 55 min, Silent 25 min"


def test_values_of_one_label_are_one_segment() -> None:
    """Two values without a meaning have different labels; 1 and 1.0 are one value."""
    events = [report(5, 7), report(10, 8), report(15, 1.0), report(20, 1)]
    segments = course(found(answer(events), events), 0, START, NOW)
    assert [one.state.label for one in segments] == ["Not known", "Online", "Unknown (8)", "Unknown (7)"]


@calm
@given(reports)
def test_a_course_has_no_gap_and_adds_up(past: list[tuple[int | None, object, str | None, str | None]]) -> None:
    events = [
        report(minutes or 0, int1, str1=str1, sessionId=session, **({} if minutes is not None else {"eventTime": None}))
        for minutes, int1, str1, session in past
    ]
    devices = found(answer(events), events)
    for _, row in devices.rows.iterrows():
        segments = course(devices, row["place"], START, NOW)
        assert (segments[0].begin, segments[-1].end) == (stamp(START), stamp(NOW))
        for one, other in pairwise(segments):
            assert one.end == other.begin
            assert one.state.label != other.state.label
        for kind in ("online", "offline", "unknown", "silent"):
            total = sum(one.seconds for one in segments if one.state.kind == kind)
            expected = row[f"seconds_{kind}"]
            assert total == pytest.approx(0 if pd.isna(expected) else expected)
        assert all(one.state == NOT_KNOWN for one in segments if one.state.kind == "not known")
