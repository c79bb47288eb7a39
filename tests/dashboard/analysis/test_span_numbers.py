"""Numbers of a span against a count over the raw records in plain Python."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.event_filter import EventFilter
from dashboard.analysis.overview_numbers import overview
from dashboard.analysis.people_events import span_before
from dashboard.analysis.span_numbers import SpanNumbers, comparison, span_numbers
from dashboard.filters import Condition, Window
from tests.dashboard import frames
from tests.dashboard.analysis import shop
from tests.dashboard.frames import NOW, Record, calm

HOUR = pd.Timedelta(hours=1)


@calm
@given(shop.sessions, shop.events, shop.spans, st.sampled_from(["", "SEARCH", "PURCHASE"]))
def test_a_span_has_what_its_docstring_says(
    sessions: list[Record], events: list[Record], span: Window | None, eventType: str
) -> None:
    conditions = (Condition("eventType", (eventType,)),) if eventType else ()
    found = span_numbers(shop.shop(sessions, events).database, span, EventFilter(conditions))
    matching = [event for event in events if not eventType or event["eventType"] == eventType]
    inside = [event for event in matching if shop.in_span(event, "eventTime", span)]
    listed = [one for one in frames.one_each(sessions) if shop.in_span(one, "sessionCreated", span)]
    if eventType:
        having = {event["sessionId"] for event in matching} - {None, ""}
        listed = [one for one in listed if one["sessionId"] in having]
    visitors = {event["sessionId"] for event in inside if shop.is_visit(event)}
    purchases = [event for event in inside if shop.is_purchase(event)]
    assert found == SpanNumbers(
        sessions=len(listed),
        events=len(inside),
        interactive=sum(event["interaction"] is True for event in inside),
        said=sum(event["interaction"] is not None for event in inside),
        visitors=len(visitors),
        converted=len(visitors & {event["sessionId"] for event in purchases}),
        purchases=len(purchases),
        of_machines=sum(event["eventType"] == "PURCHASE" and event["interaction"] is False for event in inside),
        unreadable=sum(event.get("int1") is None for event in purchases),
        revenue=shop.revenue(purchases),
    )


@calm
@given(shop.sessions, shop.events)
def test_all_of_the_day_is_what_the_overview_says(sessions: list[Record], events: list[Record]) -> None:
    database = shop.shop(sessions, events).database
    found = span_numbers(database, None)
    same = SpanNumbers.of_overview(overview(database, NOW))
    assert found == same
    assert list(found.revenue) == list(same.revenue)


@calm
@given(shop.sessions, shop.events)
def test_the_last_hour_and_the_one_before_are_those_of_the_overview(
    sessions: list[Record], events: list[Record]
) -> None:
    database = shop.shop(sessions, events).database
    compared = comparison(None, shop.DAY)
    hours = overview(database, NOW).hour
    assert compared.earlier is not None
    for place, span in enumerate((compared.newer, compared.earlier)):
        numbers = span_numbers(database, span)
        assert numbers.events == hours["events"][place]
        assert numbers.sessions == hours["sessions"][place]
        assert numbers.purchases == hours["purchases"][place]


@pytest.mark.parametrize(("hours", "is_compared"), [(1, True), (11.9, True), (12.1, False), (24, False)])
def test_a_span_is_compared_with_an_equally_long_one_that_is_completely_in_the_day(
    hours: float, is_compared: bool
) -> None:
    span = Window(NOW - hours * HOUR, NOW)
    compared = comparison(span, shop.DAY)
    assert (compared.shown, compared.newer) == (span, span)
    assert (compared.earlier is not None) == is_compared


def test_the_span_before_touches_the_span_and_shares_no_moment_with_it() -> None:
    span = Window(NOW - 2 * HOUR, NOW - HOUR)
    assert span_before(span, shop.DAY) == Window(NOW - 3 * HOUR, span.start - pd.Timedelta(1, unit="us"))
    assert span_before(Window(NOW - 23.5 * HOUR, NOW - 22 * HOUR), shop.DAY) is None
