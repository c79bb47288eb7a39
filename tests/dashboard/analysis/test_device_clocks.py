"""When a device was last heard and last used."""

from __future__ import annotations

from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.device_clocks import DeviceClocks, device_clocks
from dashboard.analysis.event_filter import EventFilter
from dashboard.analysis.joined_events import joined
from dashboard.filters import Condition
from gridrt_client.schema import EVENT, SESSION, is_monitor
from tests.dashboard.frames import NOW, Record, ago, calm, decoded

SESSIONS: list[Record] = [
    {"sessionId": "old", "deviceId": "kiosk", "spaceId": "a", "sessionCreated": ago(hours=5)},
    {"sessionId": "new", "deviceId": "kiosk", "spaceId": "a", "sessionCreated": ago(hours=1)},
    {"sessionId": "ahead", "deviceId": "kiosk", "spaceId": "a", "sessionCreated": ago(hours=-1)},
    {"sessionId": "other", "deviceId": "screen", "spaceId": "a", "sessionCreated": ago(minutes=1)},
    {"deviceId": "kiosk", "spaceId": "a", "sessionCreated": ago(minutes=2)},
]


def clocks(events: list[Record], device: str = "kiosk", chosen: EventFilter | None = None) -> DeviceClocks:
    past = joined(decoded(SESSION, SESSIONS), decoded(EVENT, events), now=NOW).database
    return device_clocks(past, device, NOW, chosen or EventFilter())


def test_a_device_without_events_has_no_clocks() -> None:
    assert clocks([]) == DeviceClocks(None, None, "new")
    assert clocks([], "nobody") == DeviceClocks(None, None, None)


def test_a_filter_leaves_events_out() -> None:
    events = [{"sessionId": "new", "eventTime": ago(minutes=3), "eventType": "SEARCH", "interaction": True}]
    elsewhere = EventFilter((Condition("spaceId", ("b",)),))
    assert clocks(events).last_interaction == NOW - pd.Timedelta(minutes=3)
    assert clocks(events, chosen=elsewhere).last_event is None


@calm
@given(
    st.lists(
        st.tuples(
            st.one_of(st.integers(-60, 1500), st.none()),
            st.sampled_from(["MONITOR_X", "SEARCH", "", None]),
            st.sampled_from([True, False, None]),
            st.sampled_from(["old", "new", "other", "nobody", None]),
        ),
        max_size=12,
    )
)
def test_clocks_against_a_loop(made: list[tuple[int | None, Any, bool | None, str | None]]) -> None:
    events = [
        {
            "eventTime": None if minutes is None else ago(minutes=minutes),
            "eventType": kind,
            "interaction": interaction,
            "sessionId": session,
        }
        for minutes, kind, interaction, session in made
    ]
    own = [one for one in made if one[3] in ("old", "new") and one[0] is not None and one[0] >= 0]
    used = [minutes for minutes, kind, interaction, _ in own if interaction and not is_monitor(kind)]
    heard = [minutes for minutes, *_ in own]
    found = clocks(events)
    assert found.last_event == (NOW - pd.Timedelta(minutes=min(heard)) if heard else None)  # type: ignore[type-var]
    assert found.last_interaction == (NOW - pd.Timedelta(minutes=min(used)) if used else None)  # type: ignore[type-var]
