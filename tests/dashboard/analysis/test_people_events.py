"""Spans before a span, and the events that no question about people counts."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given

from dashboard.analysis.event_filter import EVERYTHING
from dashboard.analysis.people_events import LeftOut, left_out, span_before
from dashboard.filters import Window
from tests.dashboard import shopping
from tests.dashboard.frames import NOW, Record, calm
from tests.dashboard.shopping import join

DAY = Window(NOW - pd.Timedelta("24h"), NOW)


@pytest.mark.parametrize("hours", [0.25, 1, 3, 12])
def test_the_span_before_is_as_long_and_ends_where_the_span_begins(hours: float) -> None:
    span = Window(NOW - pd.Timedelta(hours=hours), NOW)
    before = span_before(span, DAY)
    assert before is not None
    assert before.end < span.start
    assert before.end - before.start + pd.Timedelta("1us") == span.end - span.start


@pytest.mark.parametrize("hours", [12.001, 18, 24])
def test_a_span_before_that_the_day_cuts_is_none(hours: float) -> None:
    assert span_before(Window(NOW - pd.Timedelta(hours=hours), NOW), DAY) is None


@calm
@given(shopping.events())
def test_events_without_a_session_and_of_machines_are_counted(events: list[Record]) -> None:
    people = [event for event in events if not (event["eventType"] or "").lstrip().upper().startswith("MONITOR_")]
    dated = [event for event in people if event["eventTime"] is not None]
    with_session = [event for event in dated if event["sessionId"]]
    of_machines = sum(event["interaction"] is False for event in with_session)
    expected = LeftOut(len(people) - len(dated), len(dated) - len(with_session), of_machines)
    assert left_out(join([], events).database, EVERYTHING) == expected
