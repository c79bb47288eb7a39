"""The furthest step of sessions and the circles of accuracy, against the raw records in plain Python."""

from __future__ import annotations

import statistics

import pandas as pd
from hypothesis import given

from dashboard.analysis.furthest_step import accuracy_circles, furthest_steps
from dashboard.analysis.map_points import split_located
from tests.dashboard import frames
from tests.dashboard.analysis import shop
from tests.dashboard.analysis.test_store_places import is_located
from tests.dashboard.frames import Record, calm


@calm
@given(shop.sessions, shop.events)
def test_the_last_step_that_a_session_has(sessions: list[Record], events: list[Record]) -> None:
    joined = shop.shop(sessions, events)
    found = furthest_steps(joined.database, len(joined.sessions))
    assert len(found) == len(joined.sessions)
    for sessionId, step in zip(joined.sessions.frame["sessionId"], found, strict=True):
        own = [
            shop.FUNNEL.index(event["eventType"]) + 1
            for event in events
            if event["sessionId"]
            and event["sessionId"] == sessionId
            and event["eventType"] in shop.FUNNEL
            and event["interaction"] is not False
        ]
        assert (None if pd.isna(step) else step) == (f"{max(own)} {shop.FUNNEL[max(own) - 1]}" if own else None)


@calm
@given(shop.sessions)
def test_a_circle_has_the_median_accuracy_of_its_position(sessions: list[Record]) -> None:
    joined = shop.shop(sessions, [])
    located, _ = split_located(joined.sessions.frame)
    found = accuracy_circles(located)
    metres: dict[tuple[float, float], list[float]] = {}
    for one in frames.one_each(sessions):
        accuracy = one.get("locationAccuracy")
        if is_located(one) and accuracy is not None and 0 < accuracy <= 2e7:
            metres.setdefault((one["latitude"], one["longitude"]), []).append(accuracy)
    expected = {place: statistics.median(own) for place, own in metres.items()}
    assert {(row.lat, row.lon): row.metres for row in found.itertuples()} == expected
