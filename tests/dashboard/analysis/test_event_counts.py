"""Events by the value of a column, and versions of apps, against counts in plain Python."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.app_versions import app_versions
from dashboard.analysis.event_counts import event_counts
from dashboard.analysis.event_filter import EventFilter
from dashboard.filters import Window
from tests.dashboard import frames, shopping
from tests.dashboard.frames import Record, calm, one_each
from tests.dashboard.shopping import SPAN, join


def none(value: object) -> object:
    return None if pd.isna(value) else value


@calm
@given(
    shopping.sessions,
    shopping.events(),
    st.sampled_from([None, SPAN]),
    st.sampled_from(["productId", "categoryId", "eventType", "spaceId"]),
    st.sampled_from([None, "CART_ADD", "MONITOR_X", "unknown"]),
)
def test_events_count_by_value(
    sessions: list[Record], events: list[Record], span: Window | None, by: str, eventType: str | None
) -> None:
    spaces = {session["sessionId"]: session["spaceId"] for session in one_each(sessions) if session["sessionId"]}
    chosen = [
        event
        for event in events
        if (eventType is None or event["eventType"] == eventType) and (span is None or shopping.is_dated(event, span))
    ]

    def value(event: Record) -> str | None:
        return (spaces.get(event["sessionId"]) if by == "spaceId" else event.get(by)) or None

    found = event_counts(join(sessions, events).database, by, eventType, EventFilter(span=span))
    assert {none(key): number for key, number in zip(found[by], found["events"], strict=True)} == Counter(
        map(value, chosen)
    )
    for key, sessions_of, interactive in zip(found[by], found["sessions"], found["interactive"], strict=True):
        mine = [event for event in chosen if value(event) == none(key)]
        assert sessions_of == len({event["sessionId"] for event in mine if event["sessionId"]})
        assert interactive == sum(event["interaction"] is True for event in mine)


def test_only_listed_columns_count() -> None:
    with pytest.raises(ValueError, match="can't be counted by 'clientId'"):
        event_counts(join([], []).database, "clientId")


@calm
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "sessionId": shopping.ids,
                "sessionCreated": shopping.times,
                "appId": st.sampled_from([None, "", "shop", "kiosk"]),
                "appVersion": st.sampled_from([None, "1.0", "2.0"]),
                "installationId": st.sampled_from([None, "i", "j"]),
            }
        ),
        max_size=12,
    ).map(frames.with_ids),
    st.sampled_from([None, SPAN]),
)
def test_versions_count_sessions(sessions: list[Record], span: Window | None) -> None:
    kept = one_each(sessions)
    if span is not None:
        kept = [one for one in kept if shopping.is_dated({"eventTime": one["sessionCreated"]}, span)]
    found = app_versions(join(sessions, []).database, EventFilter(created=span))
    expected = Counter((one["appId"], one["appVersion"]) for one in kept)
    listed = {
        (none(app), none(version)): number
        for app, version, number in zip(found["appId"], found["appVersion"], found["sessions"], strict=True)
    }
    assert listed == expected
    for app, version, number in zip(found["appId"], found["appVersion"], found["installations"], strict=True):
        own = [one for one in kept if (one["appId"], one["appVersion"]) == (none(app), none(version))]
        assert number == len({one["installationId"] for one in own} - {None})
