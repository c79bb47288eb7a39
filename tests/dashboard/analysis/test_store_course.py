"""The course of stores against a count over the raw records in plain Python."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.store_course import store_course
from dashboard.filters import Window
from tests.dashboard import frames
from tests.dashboard.analysis import shop
from tests.dashboard.frames import Record, ago, calm, moment_of

ZONES = ["UTC", "Asia/Kolkata", "Europe/Stockholm"]


@calm
@given(
    shop.sessions,
    shop.events,
    shop.spans.filter(lambda span: span is None or span.end > span.start),
    st.sampled_from([5, 30, 60, 180]),
    st.sampled_from(ZONES),
)
def test_each_bin_has_what_the_docstring_says(
    sessions: list[Record], events: list[Record], chosen: Window | None, minutes: int, tz: str
) -> None:
    span = chosen or shop.DAY
    found = store_course(
        shop.shop(sessions, events).database, span, pd.Timedelta(minutes=minutes), tz, ("x", "", "not there")
    )
    # Bins begin on the wall clock of the zone, which doesn't change in these 24 hours.
    edges = [edge.to_pydatetime() for edge in found.edges]
    assert edges[0] <= span.start < edges[1] or span.start == span.end
    assert edges[-2] < span.end <= edges[-1]
    for edge in edges:
        local = edge.astimezone(ZoneInfo(tz))
        assert (local.hour * 60 + local.minute) % minutes == 0
    assert found.partial == (edges[0] < span.start, edges[-1] > span.end)

    def bin_of(record: Record, field: str) -> int | None:
        moment = moment_of(record, field)
        if moment is None or not span.start <= pd.Timestamp(moment) <= span.end:
            return None
        return min(bisect_right(edges, moment) - 1, len(edges) - 2)

    spaces = shop.spaces_of(sessions)
    assert list(found.counts) == ["x", "", "not there"]
    for space in ("x", "", "not there"):
        own = [event for event in events if event["sessionId"] and spaces.get(event["sessionId"]) == space]
        created = [one for one in frames.one_each(sessions) if one.get("spaceId") == space]
        for place, row in found.counts[space].iterrows():
            here = [event for event in own if bin_of(event, "eventTime") == place]
            purchases = [event for event in here if shop.is_purchase(event)]
            assert row["sessions"] == sum(bin_of(one, "sessionCreated") == place for one in created)
            assert row["visitors"] == len({event["sessionId"] for event in here if shop.is_visit(event)})
            assert row["purchases"] == len(purchases)
            for step in shop.FUNNEL:
                with_step = {e["sessionId"] for e in here if e["eventType"] == step and e["interaction"] is not False}
                assert row[step] == len(with_step)
            sums = {unit: amounts[int(str(place))] for unit, amounts in found.revenue[space].items()}
            expected = shop.revenue(purchases)
            assert {unit: amount for unit, amount in sums.items() if unit in expected} == expected
            assert all(amount == Decimal(0) for unit, amount in sums.items() if unit not in expected)


def test_without_stores_everything_is_one() -> None:
    sessions = [{"sessionId": "a", "sessionCreated": ago(minutes=50), "spaceId": "x"}]
    events = [
        {"sessionId": name, "eventTime": ago(minutes=10), "eventType": "PURCHASE", "interaction": True, "int1": 2}
        for name in ("a", "not listed")
    ]
    found = store_course(shop.shop(sessions, events).database, shop.DAY, pd.Timedelta("1h"), "UTC")
    assert list(found.counts) == [None]
    assert found.counts[None][["sessions", "visitors", "purchases"]].sum().tolist() == [1, 2, 2]
    assert sum(found.revenue[None][""]) == 4
    assert found.unreadable == 0


@pytest.mark.parametrize("tz", ZONES)
def test_the_hour_that_occurs_twice_has_two_bins(tz: str) -> None:
    end = pd.Timestamp("2026-10-25T06:00Z")
    span = Window(end - pd.Timedelta("24h"), end)
    moments = [datetime.fromisoformat(f"2026-10-25T{hour:02}:30:00+00:00") for hour in range(6)]
    events = [
        {
            "sessionId": "a",
            "eventTime": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "eventType": "SEARCH",
            "interaction": True,
        }
        for moment in moments
    ]
    found = store_course(shop.shop([], events).database, span, pd.Timedelta("1h"), tz)
    assert found.counts[None]["visitors"].max() == 1
    assert found.counts[None]["visitors"].sum() == len(moments)
