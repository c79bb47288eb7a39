"""What a device's things reported around a span, against a loop over the records."""

from __future__ import annotations

from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.device_reports import device_reports
from tests.dashboard import frames
from tests.dashboard.frames import NOW, Record, ago, calm, moment_of
from tests.dashboard.shopping import in_order, join

SESSIONS = [{"sessionId": "a", "deviceId": "d"}, {"sessionId": "b", "deviceId": "e"}, {"sessionId": "c"}]
START, END = NOW - pd.Timedelta("1h"), NOW - pd.Timedelta("30min")
reports = st.lists(
    st.fixed_dictionaries(
        {
            "sessionId": st.sampled_from(["a", "a", "b", "c", None]),
            "eventTime": st.sampled_from([None, *(ago(minutes=n) for n in (90, 61, 60, 45, 30, 29, 0))]),
            "eventType": st.sampled_from(["MONITOR_X", "SEARCH"]),
            "str1": st.sampled_from([None, "gate", "xovis"]),
            "int1": st.sampled_from([None, 0, 1, -1, 7]),
        }
    ),
    max_size=20,
).map(frames.with_ids)


@calm
@given(reports)
def test_reports_are_those_before_and_by_the_end(events: list[Record]) -> None:
    things: dict[str, list[Record]] = {}
    for event in events:
        moment = moment_of(event, "eventTime")
        if event["sessionId"] == "a" and event["eventType"] == "MONITOR_X" and moment is not None and moment <= END:
            things.setdefault(event["str1"] or "", []).append(event)
    expected: dict[str, tuple[Any, Any, Any, Any, int]] = {}
    for thing, own in things.items():
        ordered = in_order(own)
        before = [event for event in ordered if pd.Timestamp(event["eventTime"]) <= START]
        expected[thing] = (
            before[-1]["int1"] if before else None,
            pd.Timestamp(before[-1]["eventTime"]) if before else None,
            ordered[-1]["int1"],
            pd.Timestamp(ordered[-1]["eventTime"]),
            len(ordered) - len(before),
        )
    found = device_reports(join(SESSIONS, events).database, "d", START, END)
    assert {
        thing: tuple(None if pd.isna(value) else value for value in values)
        for thing, *values in found.itertuples(index=False, name=None)
    } == expected
